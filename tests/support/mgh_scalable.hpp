#pragma once
// Problems 20 to 35 of mgh_problems.hpp: those of any number of variables.

#include <support/mgh_residuals.hpp>

namespace downhill::mgh {

// 20: fi = sum over j > 1 of (j - 1) xj t^(j-2) - (sum over j of xj t^(j-1))^2 - 1, t = i / 29, i = 1, ..., 29;
// f30 = x1, f31 = x2 - x1^2 - 1
struct Watson {
  static constexpr std::string_view name = "Watson";
  std::size_t n = 6;  // 2, ..., 31
  std::vector<double> start() const { return std::vector<double>(n, 0.0); }
  std::vector<double> minima() const {
    switch (n) {
      case 6: return {2.287670053552454e-3};
      case 9: return {1.399760138100834e-6};
      case 12: return {4.722381105644971e-10};
      default: return {};
    }
  }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using X = NumberOf<V>;
    auto f = room_for<V>(31);
    for (std::size_t i = 1; i <= 29; ++i) {
      const double t = double(i) / 29;
      X slope(0.0), value = x[0];
      double power = 1;  // t^(j-1)
      for (std::size_t j = 1; j < n; ++j) {
        slope += double(j) * power * x[j];
        power *= t;
        value += power * x[j];
      }
      f.push_back(slope - value * value - 1);
    }
    f.push_back(x[0]);
    f.push_back(x[1] - x[0] * x[0] - 1);
    return f;
  }
};

// 21: Rosenbrock's two residuals, of each pair of variables
struct ExtendedRosenbrock {
  static constexpr std::string_view name = "Extended Rosenbrock";
  std::size_t n = 10;  // even
  std::vector<double> start() const {
    std::vector<double> x(n, 1.0);
    for (std::size_t i = 0; i < n; i += 2) x[i] = -1.2;
    return x;
  }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    auto f = room_for<V>(n);
    for (std::size_t i = 0; i < n; i += 2) {
      f.push_back(10 * (x[i + 1] - x[i] * x[i]));
      f.push_back(1 - x[i]);
    }
    return f;
  }
};

// 22: Powell's four residuals, of each four variables
struct ExtendedPowell {
  static constexpr std::string_view name = "Extended Powell singular";
  std::size_t n = 12;  // a multiple of 4
  std::vector<double> start() const {
    static constexpr std::array four = {3.0, -1.0, 0.0, 1.0};
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = four[i % 4];
    return x;
  }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using X = NumberOf<V>;
    auto f = room_for<V>(n);
    for (std::size_t i = 0; i < n; i += 4) {
      f.push_back(x[i] + 10 * x[i + 1]);
      f.push_back(std::sqrt(5.0) * (x[i + 2] - x[i + 3]));
      f.push_back(square_of<X>(x[i + 1] - 2 * x[i + 2]));
      f.push_back(std::sqrt(10.0) * square_of<X>(x[i] - x[i + 3]));
    }
    return f;
  }
};

// 23: fi = sqrt(10^-5) (xi - 1), i = 1, ..., n; f(n+1) = sum of xj^2 - 1/4
struct PenaltyI {
  static constexpr std::string_view name = "Penalty I";
  static constexpr double weight = 1e-5;
  std::size_t n = 4;
  std::vector<double> start() const {
    return sequence(n, [](double j) { return j; });
  }
  // All xi are one number there, the positive root of weight (x - 1) + 2 x (n x^2 - 1/4).
  std::vector<double> minima() const {
    const double count = double(n);
    double x = 1;
    for (int step = 0; step < 60; ++step)
      x -= (weight * (x - 1) + 2 * x * (count * x * x - 0.25)) / (weight + 6 * count * x * x - 0.5);
    return {weight * count * square_of(x - 1) + square_of(count * x * x - 0.25)};
  }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    auto f = room_for<V>(n + 1);
    NumberOf<V> sum(-0.25);
    for (std::size_t i = 0; i < n; ++i) {
      f.push_back(std::sqrt(weight) * (x[i] - 1));
      sum += x[i] * x[i];
    }
    f.push_back(sum);
    return f;
  }
};

// 24: f1 = x1 - 1/5; fi = sqrt(10^-5) (e(xi) + e(x(i-1)) - e(i) - e(i-1)), i = 2, ..., n, e(z) = exp(z / 10);
// f(n+i-1) = sqrt(10^-5) (e(xi) - e(-1)), i = 2, ..., n; f(2n) = sum of (n - j + 1) xj^2 - 1
struct PenaltyII {
  static constexpr std::string_view name = "Penalty II";
  static constexpr double weight = 1e-5;
  std::size_t n = 4;
  std::vector<double> start() const { return std::vector<double>(n, 0.5); }
  std::vector<double> minima() const {
    switch (n) {
      case 4: return {9.376293007355447e-6};
      case 10: return {2.936605374567459e-4};
      default: return {};
    }
  }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using std::exp;
    using X = NumberOf<V>;
    auto f = room_for<V>(2 * n);
    const double root = std::sqrt(weight);
    f.push_back(x[0] - 0.2);
    for (std::size_t i = 1; i < n; ++i) {
      const double y = std::exp(double(i + 1) / 10) + std::exp(double(i) / 10);
      f.push_back(root * (exp(x[i] / 10) + exp(x[i - 1] / 10) - y));
    }
    for (std::size_t i = 1; i < n; ++i) f.push_back(root * (exp(x[i] / 10) - std::exp(-0.1)));
    X sum(-1.0);
    for (std::size_t j = 0; j < n; ++j) sum += double(n - j) * x[j] * x[j];
    f.push_back(sum);
    return f;
  }
};

// 25: fi = xi - 1, i = 1, ..., n; f(n+1) = sum of j (xj - 1), f(n+2) = f(n+1)^2
struct VariablyDimensioned {
  static constexpr std::string_view name = "Variably dimensioned";
  std::size_t n = 10;
  std::vector<double> start() const {
    return sequence(n, [this](double j) { return 1 - j / double(n); });
  }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    auto f = room_for<V>(n + 2);
    NumberOf<V> sum(0.0);
    for (std::size_t j = 0; j < n; ++j) {
      f.push_back(x[j] - 1);
      sum += double(j + 1) * (x[j] - 1);
    }
    f.push_back(sum);
    f.push_back(sum * sum);
    return f;
  }
};

// 26: fi = sum of 1 - cos xj + i (1 - cos xi) - sin xi
struct Trigonometric {
  static constexpr std::string_view name = "Trigonometric";
  std::size_t n = 10;
  std::vector<double> start() const { return std::vector<double>(n, 1 / double(n)); }
  std::vector<double> minima() const {
    if (n != 10) return {0};
    return {0, 4.473565812806295e-7, 2.795056121879456e-5, 4.218633887923726e-5, 8.788225221821898e-4};
  }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using std::cos, std::sin;
    auto f = room_for<V>(n);
    NumberOf<V> sum(0.0);
    for (std::size_t j = 0; j < n; ++j) sum += 1 - cos(x[j]);
    for (std::size_t i = 0; i < n; ++i) f.push_back(sum + double(i + 1) * (1 - cos(x[i])) - sin(x[i]));
    return f;
  }
};

// 27: fi = xi + sum of xj - (n + 1), i < n; fn = product of xj - 1. (0, ..., 0, n + 1) is stationary: 1
struct BrownAlmostLinear {
  static constexpr std::string_view name = "Brown almost-linear";
  std::size_t n = 10;
  std::vector<double> start() const { return std::vector<double>(n, 0.5); }
  std::vector<double> minima() const {
    if (n != 10) return {0, 1};
    return {0, 0.9179000997857038, 1, 1.841248366088505};
  }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using X = NumberOf<V>;
    auto f = room_for<V>(n);
    X sum(-double(n + 1)), product(1.0);
    for (std::size_t j = 0; j < n; ++j) {
      sum += x[j];
      product *= x[j];
    }
    for (std::size_t i = 0; i + 1 < n; ++i) f.push_back(x[i] + sum);
    f.push_back(product - 1);
    return f;
  }
};

// 28: fi = 2 xi - x(i-1) - x(i+1) + h^2 (xi + ti + 1)^3 / 2, h = 1 / (n + 1), ti = i h, x0 = x(n+1) = 0
struct DiscreteBoundaryValue {
  static constexpr std::string_view name = "Discrete boundary value";
  std::size_t n = 10;
  std::vector<double> start() const {
    return sequence(n, [this](double j) { return j / double(n + 1) * (j / double(n + 1) - 1); });
  }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using X = NumberOf<V>;
    auto f = room_for<V>(n);
    const double h = 1 / double(n + 1);
    for (std::size_t i = 0; i < n; ++i) {
      X fi = 2 * x[i] + h * h / 2 * cube_of<X>(x[i] + double(i + 1) * h + 1);
      if (i > 0) fi -= x[i - 1];
      if (i + 1 < n) fi -= x[i + 1];
      f.push_back(fi);
    }
    return f;
  }
};

// 29: fi = xi + h ((1 - ti) sum over j <= i of tj cj + ti sum over j > i of (1 - tj) cj) / 2, cj = (xj + tj + 1)^3,
// h = 1 / (n + 1), ti = i h
struct DiscreteIntegral {
  static constexpr std::string_view name = "Discrete integral equation";
  std::size_t n = 10;
  std::vector<double> start() const { return DiscreteBoundaryValue{n}.start(); }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using X = NumberOf<V>;
    auto f = room_for<V>(n);
    const double h = 1 / double(n + 1);
    for (std::size_t i = 0; i < n; ++i) {
      const double t = double(i + 1) * h;
      X before(0.0), after(0.0);
      for (std::size_t j = 0; j < n; ++j) {
        const double s = double(j + 1) * h;
        const X cube = cube_of<X>(x[j] + s + 1);
        if (j <= i)
          before += s * cube;
        else
          after += (1 - s) * cube;
      }
      f.push_back(x[i] + h / 2 * ((1 - t) * before + t * after));
    }
    return f;
  }
};

// 30: fi = (3 - 2 xi) xi - x(i-1) - 2 x(i+1) + 1, x0 = x(n+1) = 0. Tens of local minima, from 0.397 on, are left out
struct BroydenTridiagonal {
  static constexpr std::string_view name = "Broyden tridiagonal";
  std::size_t n = 10;
  std::vector<double> start() const { return std::vector<double>(n, -1.0); }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    auto f = room_for<V>(n);
    for (std::size_t i = 0; i < n; ++i) {
      NumberOf<V> fi = (3 - 2 * x[i]) * x[i] + 1;
      if (i > 0) fi -= x[i - 1];
      if (i + 1 < n) fi -= 2 * x[i + 1];
      f.push_back(fi);
    }
    return f;
  }
};

// 31: fi = xi (2 + 5 xi^2) + 1 - sum of xj (1 + xj) over j from i - 5 to i + 1 without i, 1 <= j <= n
struct BroydenBanded {
  static constexpr std::string_view name = "Broyden banded";
  std::size_t n = 10;
  std::vector<double> start() const { return std::vector<double>(n, -1.0); }
  std::vector<double> minima() const {
    if (n != 10) return {0};
    return {0, 2.680219920726136, 3.057278432425819, 12.59394180783145};
  }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    auto f = room_for<V>(n);
    for (std::size_t i = 0; i < n; ++i) {
      NumberOf<V> fi = x[i] * (2 + 5 * x[i] * x[i]) + 1;
      for (std::size_t j = i < 5 ? 0 : i - 5; j < std::min(n, i + 2); ++j)
        if (j != i) fi -= x[j] * (1 + x[j]);
      f.push_back(fi);
    }
    return f;
  }
};

// 32: fi = xi - 2/m sum of xj - 1, i <= n; fi = -2/m sum of xj - 1, i > n
struct LinearFullRank {
  static constexpr std::string_view name = "Linear, full rank";
  std::size_t n = 5, m = 10;  // n <= m
  std::vector<double> start() const { return std::vector<double>(n, 1.0); }
  std::vector<double> minima() const { return {double(m - n)}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using X = NumberOf<V>;
    auto f = room_for<V>(m);
    X sum(0.0);
    for (std::size_t j = 0; j < n; ++j) sum += x[j];
    const X rest = -2 / double(m) * sum - 1;
    for (std::size_t i = 0; i < m; ++i) f.push_back(i < n ? X(x[i] + rest) : rest);
    return f;
  }
};

// 33: fi = i (sum of j xj) - 1
struct LinearRankOne {
  static constexpr std::string_view name = "Linear, rank 1";
  std::size_t n = 5, m = 10;  // n <= m
  std::vector<double> start() const { return std::vector<double>(n, 1.0); }
  std::vector<double> minima() const { return {double(m * (m - 1)) / (2 * double(2 * m + 1))}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    auto f = room_for<V>(m);
    NumberOf<V> sum(0.0);
    for (std::size_t j = 0; j < n; ++j) sum += double(j + 1) * x[j];
    for (std::size_t i = 0; i < m; ++i) f.push_back(double(i + 1) * sum - 1);
    return f;
  }
};

// 34: f1 = fm = -1; fi = (i - 1) (sum of j xj over 1 < j < n) - 1 else
struct LinearRankOneZero {
  static constexpr std::string_view name = "Linear, rank 1 with zero columns and rows";
  std::size_t n = 5, m = 10;  // 3 <= n <= m
  std::vector<double> start() const { return std::vector<double>(n, 1.0); }
  std::vector<double> minima() const { return {double(m * m + 3 * m - 6) / (2 * double(2 * m - 3))}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using X = NumberOf<V>;
    auto f = room_for<V>(m);
    X sum(0.0);
    for (std::size_t j = 1; j + 1 < n; ++j) sum += double(j + 1) * x[j];
    f.push_back(X(-1.0));
    for (std::size_t i = 1; i + 1 < m; ++i) f.push_back(double(i) * sum - 1);
    f.push_back(X(-1.0));
    return f;
  }
};

// 35: fi = mean of Ti(xj) - integral of Ti over 0..1, Ti the shifted Chebyshev polynomial; the integral is 0 for odd i,
// -1 / (i^2 - 1) for even i; m = n
struct Chebyquad {
  static constexpr std::string_view name = "Chebyquad";
  std::size_t n = 8;
  std::vector<double> start() const {
    return sequence(n, [this](double j) { return j / double(n + 1); });
  }
  std::vector<double> minima() const {
    switch (n) {
      case 8: return {3.516873725677930e-3};
      case 10: return {4.772713696375350e-3, 6.503954800882308e-3, 9.500628850221670e-3};
      default: return n <= 9 ? std::vector<double>{0} : std::vector<double>{};
    }
  }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using X = NumberOf<V>;
    Residuals<V> f(n, X(0.0));
    for (std::size_t j = 0; j < n; ++j) {
      const X z = 2 * x[j] - 1;
      X last(1.0), now = z;
      for (std::size_t i = 0; i < n; ++i) {
        f[i] += now / double(n);
        X next = 2 * z * now - last;
        last = now;
        now = next;
      }
    }
    for (std::size_t i = 2; i <= n; i += 2) f[i - 1] += 1 / double(i * i - 1);
    return f;
  }
};

}  // namespace downhill::mgh
