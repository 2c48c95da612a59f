#pragma once
// The table of operations for random programs. The operators and a few functions are called in every mix of operands;
// the others, which go the same way, with Vars of their own: moved ones, whose statement may fold, and copies. Values
// and slopes are the formulas of a textbook, in long double: for operands of about 1 they need no care.

#include <numbers>
#include <numeric>

#include "support/operations.hpp"

namespace operations {

// clang-format off
inline Real digamma(Real x) {
  if (!(x > 0.1L)) return std::numeric_limits<Real>::quiet_NaN();
  Real shift = 0;
  for (; x < 20; ++x) shift -= 1 / x;
  const Real s = 1 / (x * x);
  return shift + std::log(x) - 0.5L / x - s * (1.0L / 12 - s * (1.0L / 120 - s * (1.0L / 252 - s * (1.0L / 240 - s / 132))));
}
inline Real logistic(Real x) { return 1 / (1 + std::exp(-x)); }
inline Real normal_density(Real x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi_v<Real>); }
inline Real normal(Real x) { return std::erfc(-x / std::numbers::sqrt2_v<Real>) / 2; }
inline Real sign_of(Real x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
inline Real one_or_zero(bool condition) { return condition ? 1 : 0; }
using Two = std::array<Real, 2>;
using Three = std::array<Real, 3>;
inline constexpr Real two_over_root_pi = 2 * std::numbers::inv_sqrtpi_v<Real>, log_2 = std::numbers::ln2_v<Real>;

template <class T>
std::vector<Operation<T>> unary_operations() {
  const auto none = [](Real) -> Real { return 0; };
  return {
      unary<T>("-x", one([](Real x) { return -x; }, [](Real) { return -1.0L; }), [](auto&& x) { return -std::forward<decltype(x)>(x); }),
      unary<T>("+x", one([](Real x) { return x; }, [](Real) { return 1.0L; }), [](auto&& x) { return +std::forward<decltype(x)>(x); }),
      unary<T>("x * 3", one([](Real x) { return 3 * x; }, [](Real) { return 3.0L; }), [](auto&& x) { return std::forward<decltype(x)>(x) * 3; }),
      unary<T>("2u - x", one([](Real x) { return 2 - x; }, [](Real) { return -1.0L; }), [](auto&& x) { return 2U - std::forward<decltype(x)>(x); }),
      unary<T>("x + 0.5", one([](Real x) { return x + 0.5L; }, [](Real) { return 1.0L; }), [](auto&& x) { return std::forward<decltype(x)>(x) + T(0.5); }),
      unary<T>("x / 4L", one([](Real x) { return x / 4; }, [](Real) { return 0.25L; }), [](auto&& x) { return std::forward<decltype(x)>(x) / 4L; }),
      by_value1<T>("square", one([](Real x) { return x * x; }, [](Real x) { return 2 * x; }),
          [](Var<T> x) { return square(std::move(x)); }),
      by_value1<T>("cube", one([](Real x) { return x * x * x; }, [](Real x) { return 3 * x * x; }),
          [](Var<T> x) { return cube(std::move(x)); }),
      by_value1<T>("sqrt", one([](Real x) { return std::sqrt(x); }, [](Real x) { return 1 / (2 * std::sqrt(x)); }),
          [](Var<T> x) { return sqrt(std::move(x)); }),
      by_value1<T>("cbrt", one([](Real x) { return std::cbrt(x); }, [](Real x) { return 1 / (3 * std::cbrt(x) * std::cbrt(x)); }),
          [](Var<T> x) { return cbrt(std::move(x)); }),
      by_value1<T>("reciprocal", one([](Real x) { return 1 / x; }, [](Real x) { return -1 / (x * x); }),
          [](Var<T> x) { return reciprocal(std::move(x)); }),
      unary<T>("exp", one([](Real x) { return std::exp(x); }, [](Real x) { return std::exp(x); }),
          [](auto&& x) { return exp(std::forward<decltype(x)>(x)); }),
      by_value1<T>("exp2", one([](Real x) { return std::exp2(x); }, [](Real x) { return std::exp2(x) * log_2; }),
          [](Var<T> x) { return exp2(std::move(x)); }),
      by_value1<T>("expm1", one([](Real x) { return std::expm1(x); }, [](Real x) { return std::exp(x); }),
          [](Var<T> x) { return expm1(std::move(x)); }),
      by_value1<T>("log", one([](Real x) { return std::log(x); }, [](Real x) { return 1 / x; }),
          [](Var<T> x) { return log(std::move(x)); }),
      by_value1<T>("log2", one([](Real x) { return std::log2(x); }, [](Real x) { return 1 / (x * log_2); }),
          [](Var<T> x) { return log2(std::move(x)); }),
      by_value1<T>("log10", one([](Real x) { return std::log10(x); }, [](Real x) { return 1 / (x * std::numbers::ln10_v<Real>); }),
          [](Var<T> x) { return log10(std::move(x)); }),
      by_value1<T>("log1p", one([](Real x) { return std::log1p(x); }, [](Real x) { return 1 / (1 + x); }),
          [](Var<T> x) { return log1p(std::move(x)); }),
      by_value1<T>("sin", one([](Real x) { return std::sin(x); }, [](Real x) { return std::cos(x); }),
          [](Var<T> x) { return sin(std::move(x)); }),
      by_value1<T>("cos", one([](Real x) { return std::cos(x); }, [](Real x) { return -std::sin(x); }),
          [](Var<T> x) { return cos(std::move(x)); }),
      by_value1<T>("tan", one([](Real x) { return std::tan(x); }, [](Real x) { return 1 / (std::cos(x) * std::cos(x)); }),
          [](Var<T> x) { return tan(std::move(x)); }),
      by_value1<T>("asin", one([](Real x) { return std::asin(x); }, [](Real x) { return 1 / std::sqrt(1 - x * x); }),
          [](Var<T> x) { return asin(std::move(x)); }),
      by_value1<T>("acos", one([](Real x) { return std::acos(x); }, [](Real x) { return -1 / std::sqrt(1 - x * x); }),
          [](Var<T> x) { return acos(std::move(x)); }),
      by_value1<T>("atan", one([](Real x) { return std::atan(x); }, [](Real x) { return 1 / (1 + x * x); }),
          [](Var<T> x) { return atan(std::move(x)); }),
      by_value1<T>("sinh", one([](Real x) { return std::sinh(x); }, [](Real x) { return std::cosh(x); }),
          [](Var<T> x) { return sinh(std::move(x)); }),
      by_value1<T>("cosh", one([](Real x) { return std::cosh(x); }, [](Real x) { return std::sinh(x); }),
          [](Var<T> x) { return cosh(std::move(x)); }),
      unary<T>("tanh", one([](Real x) { return std::tanh(x); }, [](Real x) { return 1 / (std::cosh(x) * std::cosh(x)); }),
          [](auto&& x) { return tanh(std::forward<decltype(x)>(x)); }),
      by_value1<T>("asinh", one([](Real x) { return std::asinh(x); }, [](Real x) { return 1 / std::sqrt(x * x + 1); }),
          [](Var<T> x) { return asinh(std::move(x)); }),
      by_value1<T>("acosh", one([](Real x) { return std::acosh(x); }, [](Real x) { return 1 / std::sqrt(x * x - 1); }),
          [](Var<T> x) { return acosh(std::move(x)); }),
      by_value1<T>("atanh", one([](Real x) { return std::atanh(x); }, [](Real x) { return 1 / (1 - x * x); }),
          [](Var<T> x) { return atanh(std::move(x)); }),
      by_value1<T>("erf", one([](Real x) { return std::erf(x); }, [](Real x) { return two_over_root_pi * std::exp(-x * x); }),
          [](Var<T> x) { return erf(std::move(x)); }),
      by_value1<T>("erfc", one([](Real x) { return std::erfc(x); }, [](Real x) { return -two_over_root_pi * std::exp(-x * x); }),
          [](Var<T> x) { return erfc(std::move(x)); }),
      by_value1<T>("lgamma", one([](Real x) { return std::lgamma(x); }, [](Real x) { return digamma(x); }),
          [](Var<T> x) { return lgamma(std::move(x)); }),
      by_value1<T>("tgamma", one([](Real x) { return std::tgamma(x); }, [](Real x) { return std::tgamma(x) * digamma(x); }),
          [](Var<T> x) { return tgamma(std::move(x)); }),
      by_value1<T>("xlogx", one([](Real x) { return x * std::log(x); }, [](Real x) { return 1 + std::log(x); }),
          [](Var<T> x) { return xlogx(std::move(x)); }),
      by_value1<T>("sigmoid", one([](Real x) { return logistic(x); }, [](Real x) { return logistic(x) * logistic(-x); }),
          [](Var<T> x) { return sigmoid(std::move(x)); }),
      by_value1<T>("softplus", one([](Real x) { return std::log1p(std::exp(x)); }, [](Real x) { return logistic(x); }),
          [](Var<T> x) { return softplus(std::move(x)); }),
      by_value1<T>("log_sigmoid", one([](Real x) { return -std::log1p(std::exp(-x)); }, [](Real x) { return logistic(-x); }),
          [](Var<T> x) { return log_sigmoid(std::move(x)); }),
      by_value1<T>("relu", one([](Real x) { return std::max(x, 0.0L); }, [](Real x) { return one_or_zero(x > 0); }),
          [](Var<T> x) { return relu(std::move(x)); }),
      by_value1<T>("gelu", one([](Real x) { return x * normal(x); }, [](Real x) { return normal(x) + x * normal_density(x); }),
          [](Var<T> x) { return gelu(std::move(x)); }),
      by_value1<T>("silu", one([](Real x) { return x * logistic(x); }, [](Real x) { return logistic(x) * (1 + x * logistic(-x)); }),
          [](Var<T> x) { return silu(std::move(x)); }),
      by_value1<T>("abs", one([](Real x) { return std::abs(x); }, [](Real x) { return sign_of(x); }),
          [](Var<T> x) { return abs(std::move(x)); }),
      by_value1<T>("sign", one([](Real x) { return sign_of(x); }, none),
          [](Var<T> x) { return sign(std::move(x)); }),
      by_value1<T>("floor", one([](Real x) { return std::floor(x); }, none),
          [](Var<T> x) { return floor(std::move(x)); }),
      by_value1<T>("ceil", one([](Real x) { return std::ceil(x); }, none),
          [](Var<T> x) { return ceil(std::move(x)); }),
      by_value1<T>("round", one([](Real x) { return std::round(x); }, none),
          [](Var<T> x) { return round(std::move(x)); }),
      by_value1<T>("trunc", one([](Real x) { return std::trunc(x); }, none),
          [](Var<T> x) { return trunc(std::move(x)); }),
  };
}

template <class T>
std::vector<Operation<T>> binary_operations() {
  const auto plus = two([](Real x, Real y) { return x + y; }, [](Real, Real) { return Two{1, 1}; });
  const auto minus = two([](Real x, Real y) { return x - y; }, [](Real, Real) { return Two{1, -1}; });
  const auto times = two([](Real x, Real y) { return x * y; }, [](Real x, Real y) { return Two{y, x}; });
  const auto over = two([](Real x, Real y) { return x / y; }, [](Real x, Real y) { return Two{1 / y, -x / (y * y)}; });
  return {
      binary<T>("x + y", plus, [](auto&& x, auto&& y) { return std::forward<decltype(x)>(x) + std::forward<decltype(y)>(y); }),
      binary<T>("x - y", minus, [](auto&& x, auto&& y) { return std::forward<decltype(x)>(x) - std::forward<decltype(y)>(y); }),
      binary<T>("x * y", times, [](auto&& x, auto&& y) { return std::forward<decltype(x)>(x) * std::forward<decltype(y)>(y); }),
      binary<T>("x / y", over, [](auto&& x, auto&& y) { return std::forward<decltype(x)>(x) / std::forward<decltype(y)>(y); }),
      binary<T>("pow", two([](Real x, Real y) { return std::pow(x, y); }, [](Real x, Real y) { return Two{y * std::pow(x, y - 1), std::pow(x, y) * std::log(x)}; }),
          [](auto&& x, auto&& y) { return pow(std::forward<decltype(x)>(x), std::forward<decltype(y)>(y)); }),
      by_value2<T>("hypot", two([](Real x, Real y) { return std::sqrt(x * x + y * y); }, [](Real x, Real y) { const Real v = std::sqrt(x * x + y * y); return Two{x / v, y / v}; }),
          [](Var<T> x, Var<T> y) { return hypot(std::move(x), std::move(y)); }),
      by_value2<T>("logaddexp", two([](Real x, Real y) { return std::log(std::exp(x) + std::exp(y)); }, [](Real x, Real y) { return Two{logistic(x - y), logistic(y - x)}; }),
          [](Var<T> x, Var<T> y) { return logaddexp(std::move(x), std::move(y)); }),
      by_value2<T>("atan2", two([](Real x, Real y) { return std::atan2(x, y); }, [](Real x, Real y) { const Real s = x * x + y * y; return Two{y / s, -x / s}; }),
          [](Var<T> x, Var<T> y) { return atan2(std::move(x), std::move(y)); }),
      by_value2<T>("leaky_relu", two([](Real x, Real y) { return x > 0 ? x : x * y; }, [](Real x, Real y) { return x > 0 ? Two{1, 0} : Two{y, x}; }),
          [](Var<T> x, Var<T> y) { return leaky_relu(std::move(x), std::move(y)); }),
      by_value2<T>("elu", two([](Real x, Real y) { return x > 0 ? x : y * std::expm1(x); }, [](Real x, Real y) { return x > 0 ? Two{1, 0} : Two{y * std::exp(x), std::expm1(x)}; }),
          [](Var<T> x, Var<T> y) { return elu(std::move(x), std::move(y)); }),
      by_value2<T>("min", two([](Real x, Real y) { return std::min(x, y); }, [](Real x, Real y) { return Two{one_or_zero(x < y), one_or_zero(y < x)}; }),
          [](Var<T> x, Var<T> y) { return min(std::move(x), std::move(y)); }),
      binary<T>("max", two([](Real x, Real y) { return std::max(x, y); }, [](Real x, Real y) { return Two{one_or_zero(x > y), one_or_zero(y > x)}; }),
          [](auto&& x, auto&& y) { return max(std::forward<decltype(x)>(x), std::forward<decltype(y)>(y)); }),
      by_value2<T>("fmod", two([](Real x, Real y) { return std::fmod(x, y); }, [](Real x, Real y) { return Two{1, -std::trunc(x / y)}; }),
          [](Var<T> x, Var<T> y) { return fmod(std::move(x), std::move(y)); }),
      by_value2<T>("xlogy", two([](Real x, Real y) { return x * std::log(y); }, [](Real x, Real y) { return Two{std::log(y), x / y}; }),
          [](Var<T> x, Var<T> y) { return xlogy(std::move(x), std::move(y)); }),
      by_value2<T>("remainder", two([](Real x, Real y) { return std::remainder(x, y); }, [](Real x, Real y) { return Two{1, -std::rint(x / y)}; }),
          [](Var<T> x, Var<T> y) { return remainder(std::move(x), std::move(y)); }),
      by_value2<T>("copysign", two([](Real x, Real y) { return std::copysign(x, y); }, [](Real x, Real y) { return Two{sign_of(x) * sign_of(y), 0}; }),
          [](Var<T> x, Var<T> y) { return copysign(std::move(x), std::move(y)); }),
      by_value2<T>("fmax", two([](Real x, Real y) { return std::max(x, y); }, [](Real x, Real y) { return Two{one_or_zero(x > y), one_or_zero(y > x)}; }),
          [](Var<T> x, Var<T> y) { return fmax(std::move(x), std::move(y)); }),
      by_value2<T>("fmin", two([](Real x, Real y) { return std::min(x, y); }, [](Real x, Real y) { return Two{one_or_zero(x < y), one_or_zero(y < x)}; }),
          [](Var<T> x, Var<T> y) { return fmin(std::move(x), std::move(y)); }),
      by_value2<T>("fdim", two([](Real x, Real y) { return std::max(x - y, 0.0L); }, [](Real x, Real y) { return Two{one_or_zero(x > y), -one_or_zero(x > y)}; }),
          [](Var<T> x, Var<T> y) { return fdim(std::move(x), std::move(y)); }),
      by_value2<T>("select(true)", two([](Real x, Real) { return x; }, [](Real, Real) { return Two{1, 0}; }),
          [](Var<T> x, Var<T> y) { return select(true, std::move(x), std::move(y)); }),
      by_value2<T>("select(false)", two([](Real, Real y) { return y; }, [](Real, Real) { return Two{0, 1}; }),
          [](Var<T> x, Var<T> y) { return select(false, std::move(x), std::move(y)); }),
      by_value2<T>("a result that is added to, copied and used again",
          two([](Real x, Real y) { return x * y + (x * y + x) * (x * y + x - y); }, [](Real x, Real y) {
            const Real p = x * y, q = p + x, r = q - y;
            return Two{y + (y + 1) * r + q * (y + 1), x + x * r + q * (x - 1)}; }),
          [](Var<T> x, const Var<T>& y) { Var<T> s = x * y; const Var<T> product = s; s += x; Var<T> copy = s; s -= y; copy *= s; copy += product; return copy; }),
      by_value2<T>("a = a * b + a",
          two([](Real x, Real y) { return x * y + x; }, [](Real x, Real y) { return Two{y + 1, x}; }),
          [](Var<T> x, Var<T> y) { x = x * std::move(y) + x; return x; }),
      by_value2<T>("s += s, s *= s, s -= s",
          two([](Real x, Real y) { return 4 * x * x + 2 * y; }, [](Real x, Real) { return Two{8 * x, 2}; }),
          [](Var<T> x, Var<T> y) { x += x; x *= x; y += y; Var<T> s = sin(x); const Var<T>& same = s; s -= same; s += std::move(x); return s + y; }),
      by_value2<T>("swap and self-assignment",
          two([](Real x, Real y) { return (y + 1) / 2 - x; }, [](Real, Real) { return Two{-1, 0.5L}; }),
          [](Var<T> x, Var<T> y) { using std::swap; swap(x, y); Var<T>& same = x; x += 1; x = same; x = std::move(same); x /= 2; return std::move(x) - y; }),
      by_value2<T>("std::accumulate and a sum in place, over moved elements",
          two([](Real x, Real y) { return 2 * (x + y + x * y + std::sin(x)); }, [](Real x, Real y) { return Two{2 * (1 + y + std::cos(x)), 2 * (1 + x)}; }),
          [](Var<T> x, Var<T> y) {
            std::vector<Var<T>> terms; terms.push_back(x); terms.push_back(y); terms.push_back(x * y); terms.push_back(sin(x));
            Var<T> total = std::accumulate(terms.begin(), terms.end(), Var<T>(0));
            for (Var<T>& term : terms) total += std::move(term);
            return total; }),
      by_value2<T>("custom", two([](Real x, Real y) { return x * std::exp(y); }, [](Real x, Real y) { return Two{std::exp(y), x * std::exp(y)}; }),
          [](const Var<T>& x, const Var<T>& y) { const T e = std::exp(y.value()), v = x.value() * e; return custom(v, {{x, e}, {y, v}}); }),
  };
}

template <class T>
std::vector<Operation<T>> ternary_operations() {
  const auto length = [](Real x, Real y, Real z) { return std::sqrt(x * x + y * y + z * z); };
  const auto direction = [](Real x, Real y, Real z) { const Real v = std::sqrt(x * x + y * y + z * z); return Three{x / v, y / v, z / v}; };
  using Range = std::array<Var<T>, 3>;
  return {
      by_value3<T>("fma", three([](Real x, Real y, Real z) { return x * y + z; }, [](Real x, Real y, Real) { return Three{y, x, 1}; }),
          [](const Var<T>& x, const Var<T>& y, const Var<T>& z) { return fma(x, y, z); }),
      by_value3<T>("hypot", three(length, direction), [](const Var<T>& x, const Var<T>& y, const Var<T>& z) { return hypot(x, y, z); }),
      by_value3<T>("clamp", three([](Real x, Real y, Real z) { return y < z ? std::clamp(x, y, z) : std::numeric_limits<Real>::quiet_NaN(); },
                                  [](Real x, Real y, Real z) { return Three{one_or_zero(x > y && x < z), one_or_zero(x < y), one_or_zero(x > z)}; }),
          [](const Var<T>& x, const Var<T>& y, const Var<T>& z) { return clamp(x, y, z); }),
      by_value3<T>("norm", three(length, direction), [](Var<T> x, Var<T> y, Var<T> z) { return norm(Range{x, y, z}); }),
      by_value3<T>("sum", three([](Real x, Real y, Real z) { return x + y + z; }, [](Real, Real, Real) { return Three{1, 1, 1}; }),
          [](Var<T> x, Var<T> y, Var<T> z) { return sum(Range{x, std::move(y), std::move(z)}); }),
      by_value3<T>("dot", three([](Real x, Real y, Real z) { return x * z + y * y + z * x; }, [](Real x, Real y, Real z) { return Three{2 * z, 2 * y, 2 * x}; }),
          [](Var<T> x, Var<T> y, Var<T> z) { return dot(Range{x, y, z}, Range{z, y, x}); }),
      by_value3<T>("log_sum_exp", three([](Real x, Real y, Real z) { return std::log(std::exp(x) + std::exp(y) + std::exp(z)); },
                                        [](Real x, Real y, Real z) { const Real s = std::exp(x) + std::exp(y) + std::exp(z); return Three{std::exp(x) / s, std::exp(y) / s, std::exp(z) / s}; }),
          [](Var<T> x, Var<T> y, Var<T> z) { return log_sum_exp(Range{x, y, z}); }),
      by_value3<T>("custom", three([](Real x, Real y, Real z) { return x * y * z; }, [](Real x, Real y, Real z) { return Three{y * z, x * z, x * y}; }),
          [](const Var<T>& x, const Var<T>& y, const Var<T>& z) {
            const T a = x.value(), b = y.value(), c = z.value();
            return custom(a * b * c, {{x, b * c}, {y, a * c}, {z, a * b}}); }),
  };
}

template <class T>
std::vector<Assignment<T>> assignments() {
  const auto plus = two([](Real x, Real y) { return x + y; }, [](Real, Real) { return Two{1, 1}; });
  const auto minus = two([](Real x, Real y) { return x - y; }, [](Real, Real) { return Two{1, -1}; });
  const auto times = two([](Real x, Real y) { return x * y; }, [](Real x, Real y) { return Two{y, x}; });
  const auto over = two([](Real x, Real y) { return x / y; }, [](Real x, Real y) { return Two{1 / y, -x / (y * y)}; });
  return {
      assignment<T>("x += y", plus, [](Var<T>& x, auto&& y) { x += std::forward<decltype(y)>(y); }),
      assignment<T>("x -= y", minus, [](Var<T>& x, auto&& y) { x -= std::forward<decltype(y)>(y); }),
      assignment<T>("x *= y", times, [](Var<T>& x, auto&& y) { x *= std::forward<decltype(y)>(y); }),
      assignment<T>("x /= y", over, [](Var<T>& x, auto&& y) { x /= std::forward<decltype(y)>(y); }),
  };
}
// clang-format on

}  // namespace operations
