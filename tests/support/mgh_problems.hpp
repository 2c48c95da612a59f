#pragma once
// The 35 problems of J. J. More, B. S. Garbow, K. E. Hillstrom, "Testing Unconstrained Optimization Software", ACM
// Transactions on Mathematical Software 7 (1981), 17-41.
//
// Each is a vector of residuals f1, ..., fm of x1, ..., xn; the objective is the sum of their squares. start() is the
// paper's standard start. minima() are values of that sum: the global minimum first, then other local minima and
// infima at infinity, those of the paper and those that a search from random starts found; there may be more. They
// come from a closed form, or were computed with 113 bits at a stationary point. With an n that is not the default,
// local minima may be missing; where not even the global one is tabulated, minima() is empty.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/autodiff.hpp>

namespace downhill::mgh {

/// The number type of a vector of variables.
template <class V>
using NumberOf = std::remove_cvref_t<decltype(std::declval<const V&>()[0])>;
/// f1, ..., fm.
template <class V>
using Residuals = std::vector<NumberOf<V>>;

/// No residuals yet, with room for m.
template <class V>
Residuals<V> room_for(std::size_t m) {
  Residuals<V> f;
  f.reserve(m);
  return f;
}

template <class X>
X square_of(const X& x) {
  return x * x;
}
template <class X>
X cube_of(const X& x) {
  return x * x * x;
}

/// The first n numbers of the form at(j), j = 1, 2, ...
template <class At>
std::vector<double> sequence(std::size_t n, const At& at) {
  std::vector<double> x(n);
  for (std::size_t j = 1; j <= n; ++j) x[j - 1] = at(double(j));
  return x;
}

// 1: f1 = 10 (x2 - x1^2), f2 = 1 - x1
struct Rosenbrock {
  static constexpr std::string_view name = "Rosenbrock";
  std::vector<double> start() const { return {-1.2, 1}; }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    return {10 * (x[1] - x[0] * x[0]), 1 - x[0]};
  }
};

// 2: f1 = x1 - 13 + ((5 - x2) x2 - 2) x2, f2 = x1 - 29 + ((x2 + 1) x2 - 14) x2
struct FreudensteinRoth {
  static constexpr std::string_view name = "Freudenstein and Roth";
  std::vector<double> start() const { return {0.5, -2}; }
  std::vector<double> minima() const { return {0, 48.98425367924002}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    return {x[0] - 13 + ((5 - x[1]) * x[1] - 2) * x[1], x[0] - 29 + ((x[1] + 1) * x[1] - 14) * x[1]};
  }
};

// 3: f1 = 10^4 x1 x2 - 1, f2 = exp(-x1) + exp(-x2) - 1.0001. 10^-8 is the limit at (0, infinity)
struct PowellBadlyScaled {
  static constexpr std::string_view name = "Powell badly scaled";
  std::vector<double> start() const { return {0, 1}; }
  std::vector<double> minima() const { return {0, 1e-8, 1.040294003961639}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using std::exp;
    return {1e4 * x[0] * x[1] - 1, exp(-x[0]) + exp(-x[1]) - 1.0001};
  }
};

// 4: f1 = x1 - 10^6, f2 = x2 - 2 10^-6, f3 = x1 x2 - 2
struct BrownBadlyScaled {
  static constexpr std::string_view name = "Brown badly scaled";
  std::vector<double> start() const { return {1, 1}; }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    return {x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2};
  }
};

// 5: fi = yi - x1 (1 - x2^i), i = 1, 2, 3. Limits: 0.45 at (-infinity, 1), 7.3125 at (0, -infinity)
struct Beale {
  static constexpr std::string_view name = "Beale";
  std::vector<double> start() const { return {1, 1}; }
  std::vector<double> minima() const { return {0, 6.328125 / 14, 7.3125}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    return {1.5 - x[0] * (1 - x[1]), 2.25 - x[0] * (1 - x[1] * x[1]), 2.625 - x[0] * (1 - cube_of(x[1]))};
  }
};

// 6: fi = 2 + 2 i - (exp(i x1) + exp(i x2)), i = 1, ..., 10
struct JennrichSampson {
  static constexpr std::string_view name = "Jennrich and Sampson";
  static constexpr std::size_t m = 10;
  std::vector<double> start() const { return {0.3, 0.4}; }
  std::vector<double> minima() const { return {124.3621823556149}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using std::exp;
    auto f = room_for<V>(m);
    for (std::size_t i = 1; i <= m; ++i)
      f.push_back(2 + 2 * double(i) - (exp(double(i) * x[0]) + exp(double(i) * x[1])));
    return f;
  }
};

// 7: f1 = 10 (x3 - 10 theta), f2 = 10 (sqrt(x1^2 + x2^2) - 1), f3 = x3;
// theta = atan(x2 / x1) / (2 pi), + 1/2 where x1 < 0
struct HelicalValley {
  static constexpr std::string_view name = "Helical valley";
  std::vector<double> start() const { return {-1, 0, 0}; }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using std::sqrt;
    return {10 * (x[2] - 10 * theta(x[0], x[1])), 10 * (sqrt(x[0] * x[0] + x[1] * x[1]) - 1), x[2]};
  }

 private:
  template <class X>
  static X theta(const X& x, const X& y) {
    using std::atan;
    constexpr double turn = 2 * std::numbers::pi;
    if (x > 0) return atan(y / x) / turn;
    if (x < 0) return atan(y / x) / turn + 0.5;
    return (y < 0 ? -0.25 : 0.25) - atan(x / y) / turn;
  }
};

// 8: fi = yi - (x1 + i / (v x2 + w x3)), v = 16 - i, w = min(i, v). 17.4 is the limit at x2, x3 = -infinity
struct Bard {
  static constexpr std::string_view name = "Bard";
  static constexpr std::array y = {0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39,
                                   0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39};
  std::vector<double> start() const { return {1, 1, 1}; }
  std::vector<double> minima() const {
    return {8.214877306578980e-3, 0.9327752438983007, 1.003820586821947, 1.774926777815261,
            1.886274813591353,    2.289905818556589,  2.362916297191846, 17.42869333333333};
  }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    auto f = room_for<V>(y.size());
    for (std::size_t i = 1; i <= y.size(); ++i) {
      const double u = double(i), v = 16 - u, w = std::min(u, v);
      f.push_back(y[i - 1] - (x[0] + u / (v * x[1] + w * x[2])));
    }
    return f;
  }
};

// 9: fi = x1 exp(-x2 (t - x3)^2 / 2) - yi, t = (8 - i) / 2
struct Gaussian {
  static constexpr std::string_view name = "Gaussian";
  static constexpr std::array y = {0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989,
                                   0.3521, 0.2420, 0.1295, 0.0540, 0.0175, 0.0044, 0.0009};
  std::vector<double> start() const { return {0.4, 1, 0}; }
  std::vector<double> minima() const { return {1.127932769619011e-8}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using std::exp;
    auto f = room_for<V>(y.size());
    for (std::size_t i = 1; i <= y.size(); ++i) {
      const double t = (8 - double(i)) / 2;
      f.push_back(x[0] * exp(-x[1] * square_of<NumberOf<V>>(t - x[2]) / 2) - y[i - 1]);
    }
    return f;
  }
};

// 10: fi = x1 exp(x2 / (t + x3)) - yi, t = 45 + 5 i
struct Meyer {
  static constexpr std::string_view name = "Meyer";
  static constexpr std::array y = {34780.0, 28610.0, 23650.0, 19630.0, 16370.0, 13720.0, 11540.0, 9744.0,
                                   8261.0,  7030.0,  6005.0,  5147.0,  4427.0,  3820.0,  3307.0,  2872.0};
  std::vector<double> start() const { return {0.02, 4000, 250}; }
  std::vector<double> minima() const { return {87.94585517085112}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using std::exp;
    auto f = room_for<V>(y.size());
    for (std::size_t i = 1; i <= y.size(); ++i) f.push_back(x[0] * exp(x[1] / (45 + 5 * double(i) + x[2])) - y[i - 1]);
    return f;
  }
};

// 11: fi = exp(-|yi - x2|^x3 / x1) - t, t = i / 100, yi = 25 + (-50 log t)^(2/3), i = 1, ..., 99
struct GulfResearch {
  static constexpr std::string_view name = "Gulf research and development";
  static constexpr std::size_t m = 99;
  std::vector<double> start() const { return {5, 2.5, 0.15}; }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using std::abs, std::exp, std::pow;
    auto f = room_for<V>(m);
    for (std::size_t i = 1; i <= m; ++i) {
      const double t = double(i) / 100, y = 25 + std::pow(-50 * std::log(t), 2.0 / 3);
      f.push_back(exp(-pow(abs(y - x[1]), x[2]) / x[0]) - t);
    }
    return f;
  }
};

// 12: fi = exp(-t x1) - exp(-t x2) - x3 (exp(-t) - exp(-10 t)), t = i / 10, i = 1, ..., 10
struct BoxThreeDimensional {
  static constexpr std::string_view name = "Box three-dimensional";
  static constexpr std::size_t m = 10;
  std::vector<double> start() const { return {0, 10, 20}; }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using std::exp;
    auto f = room_for<V>(m);
    for (std::size_t i = 1; i <= m; ++i) {
      const double t = double(i) / 10;
      f.push_back(exp(-t * x[0]) - exp(-t * x[1]) - x[2] * (std::exp(-t) - std::exp(-10 * t)));
    }
    return f;
  }
};

// 13: f1 = x1 + 10 x2, f2 = sqrt 5 (x3 - x4), f3 = (x2 - 2 x3)^2, f4 = sqrt 10 (x1 - x4)^2
struct PowellSingular {
  static constexpr std::string_view name = "Powell singular";
  std::vector<double> start() const { return {3, -1, 0, 1}; }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using X = NumberOf<V>;
    return {x[0] + 10 * x[1], std::sqrt(5.0) * (x[2] - x[3]), square_of<X>(x[1] - 2 * x[2]),
            std::sqrt(10.0) * square_of<X>(x[0] - x[3])};
  }
};

// 14: f1 = 10 (x2 - x1^2), f2 = 1 - x1, f3 = sqrt 90 (x4 - x3^2), f4 = 1 - x3, f5 = sqrt 10 (x2 + x4 - 2),
// f6 = (x2 - x4) / sqrt 10
struct Wood {
  static constexpr std::string_view name = "Wood";
  std::vector<double> start() const { return {-3, -1, -3, -1}; }
  std::vector<double> minima() const { return {0}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    return {10 * (x[1] - x[0] * x[0]),
            1 - x[0],
            std::sqrt(90.0) * (x[3] - x[2] * x[2]),
            1 - x[2],
            std::sqrt(10.0) * (x[1] + x[3] - 2),
            (x[1] - x[3]) / std::sqrt(10.0)};
  }
};

// 15: fi = yi - x1 (u^2 + u x2) / (u^2 + u x3 + x4), u = ui. 1.03e-3 is the limit at (infinity, -14.07, -inf., -inf.)
struct KowalikOsborne {
  static constexpr std::string_view name = "Kowalik and Osborne";
  static constexpr std::array y = {0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627,
                                   0.0456, 0.0342, 0.0323, 0.0235, 0.0246};
  static constexpr std::array u = {4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625};
  std::vector<double> start() const { return {0.25, 0.39, 0.415, 0.39}; }
  std::vector<double> minima() const {
    return {3.075056038492378e-4, 4.236746264698342e-4, 1.027343048695458e-3, 1.594352026021962e-3,
            1.622955515064394e-3, 1.627285421160937e-3, 1.636019706701568e-3, 1.648524288087304e-3,
            1.739220051357617e-3, 7.112945427718349e-2};
  }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    auto f = room_for<V>(y.size());
    for (std::size_t i = 0; i < y.size(); ++i)
      f.push_back(y[i] - x[0] * (u[i] * (u[i] + x[1])) / (u[i] * (u[i] + x[2]) + x[3]));
    return f;
  }
};

// 16: fi = (x1 + t x2 - exp t)^2 + (x3 + x4 sin t - cos t)^2, t = i / 5, i = 1, ..., 20
struct BrownDennis {
  static constexpr std::string_view name = "Brown and Dennis";
  static constexpr std::size_t m = 20;
  std::vector<double> start() const { return {25, 5, -5, -1}; }
  std::vector<double> minima() const { return {85822.20162635631}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using X = NumberOf<V>;
    auto f = room_for<V>(m);
    for (std::size_t i = 1; i <= m; ++i) {
      const double t = double(i) / 5;
      f.push_back(square_of<X>(x[0] + t * x[1] - std::exp(t)) + square_of<X>(x[2] + std::sin(t) * x[3] - std::cos(t)));
    }
    return f;
  }
};

// 17: fi = yi - (x1 + x2 exp(-t x4) + x3 exp(-t x5)), t = 10 (i - 1)
struct Osborne1 {
  static constexpr std::string_view name = "Osborne 1";
  static constexpr std::array y = {0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751,
                                   0.718, 0.685, 0.658, 0.628, 0.603, 0.580, 0.558, 0.538, 0.522, 0.506, 0.490,
                                   0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420, 0.414, 0.411, 0.406};
  std::vector<double> start() const { return {0.5, 1.5, -1, 0.01, 0.02}; }
  std::vector<double> minima() const { return {5.464894697482912e-5}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using std::exp;
    auto f = room_for<V>(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double t = 10 * double(i);
      f.push_back(y[i] - (x[0] + x[1] * exp(-t * x[3]) + x[2] * exp(-t * x[4])));
    }
    return f;
  }
};

// 18: fi = x3 exp(-t x1) - x4 exp(-t x2) + x6 exp(-t x5) - yi, t = i / 10, i = 1, ..., 13,
// yi = exp(-t) - 5 exp(-10 t) + 3 exp(-4 t)
struct BiggsExp6 {
  static constexpr std::string_view name = "Biggs EXP6";
  static constexpr std::size_t m = 13;
  std::vector<double> start() const { return {1, 2, 1, 1, 1, 1}; }
  std::vector<double> minima() const { return {0, 5.655649925499952e-3, 0.3063667726247899}; }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using std::exp;
    auto f = room_for<V>(m);
    for (std::size_t i = 1; i <= m; ++i) {
      const double t = double(i) / 10, y = std::exp(-t) - 5 * std::exp(-10 * t) + 3 * std::exp(-4 * t);
      f.push_back(x[2] * exp(-t * x[0]) - x[3] * exp(-t * x[1]) + x[5] * exp(-t * x[4]) - y);
    }
    return f;
  }
};

// 19: fi = yi - (x1 exp(-t x5) + sum over k = 2, 3, 4 of xk exp(-x(k+4) (t - x(k+7))^2)), t = (i - 1) / 10
struct Osborne2 {
  static constexpr std::string_view name = "Osborne 2";
  static constexpr std::array y = {1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746,
                                   0.679, 0.608, 0.655, 0.616, 0.606, 0.602, 0.626, 0.651, 0.724, 0.649, 0.649,
                                   0.694, 0.644, 0.624, 0.661, 0.612, 0.558, 0.533, 0.495, 0.500, 0.423, 0.395,
                                   0.375, 0.372, 0.391, 0.396, 0.405, 0.428, 0.429, 0.523, 0.562, 0.607, 0.653,
                                   0.672, 0.708, 0.633, 0.668, 0.645, 0.632, 0.591, 0.559, 0.597, 0.625, 0.739,
                                   0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098, 0.054};
  std::vector<double> start() const { return {1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5}; }
  std::vector<double> minima() const {
    return {4.013773629354776e-2, 8.759472409341583e-2, 8.829665321543376e-2, 0.1136073478090496,
            0.1190740978682181,   0.1240979378611383,   0.2120055727375311,   0.3012175922978756,
            0.3045063887092270,   0.3133425345316188,   0.3292818786486102,   0.5372054914580294};
  }
  template <class V>
  Residuals<V> operator()(const V& x) const {
    using std::exp;
    using X = NumberOf<V>;
    auto f = room_for<V>(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double t = double(i) / 10;
      X model = x[0] * exp(-t * x[4]);
      for (std::size_t k = 1; k <= 3; ++k) model += x[k] * exp(-x[k + 4] * square_of<X>(t - x[k + 7]));
      f.push_back(y[i] - model);
    }
    return f;
  }
};

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

/// Calls visit with each problem, in the paper's order.
template <class Visit>
void for_each(Visit&& visit) {
  visit(Rosenbrock{});
  visit(FreudensteinRoth{});
  visit(PowellBadlyScaled{});
  visit(BrownBadlyScaled{});
  visit(Beale{});
  visit(JennrichSampson{});
  visit(HelicalValley{});
  visit(Bard{});
  visit(Gaussian{});
  visit(Meyer{});
  visit(GulfResearch{});
  visit(BoxThreeDimensional{});
  visit(PowellSingular{});
  visit(Wood{});
  visit(KowalikOsborne{});
  visit(BrownDennis{});
  visit(Osborne1{});
  visit(BiggsExp6{});
  visit(Osborne2{});
  visit(Watson{});
  visit(ExtendedRosenbrock{});
  visit(ExtendedPowell{});
  visit(PenaltyI{});
  visit(PenaltyII{});
  visit(VariablyDimensioned{});
  visit(Trigonometric{});
  visit(BrownAlmostLinear{});
  visit(DiscreteBoundaryValue{});
  visit(DiscreteIntegral{});
  visit(BroydenTridiagonal{});
  visit(BroydenBanded{});
  visit(LinearFullRank{});
  visit(LinearRankOne{});
  visit(LinearRankOneZero{});
  visit(Chebyquad{});
}

}  // namespace downhill::mgh
