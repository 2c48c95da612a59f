#pragma once
// Problems 1 to 19 of mgh_problems.hpp: those of a fixed number of variables.

#include <support/mgh_residuals.hpp>

namespace downhill::mgh {

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

}  // namespace downhill::mgh
