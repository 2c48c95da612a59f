#pragma once
// What each rule of the list is, by the formulas of a textbook in long double: for operands of about 1 they need no
// care. A rule that is added to the list needs its formula here, and until then the random programs fail.

#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <string_view>

#include "support/operations.hpp"

#include <autodiff/calculus/rules.hpp>

namespace operations {

// clang-format off
inline Real digamma(Real x) {
  if (!(x > 0.1L)) return std::numeric_limits<Real>::quiet_NaN();
  Real shift = 0;
  for (; x < 20; ++x) shift -= 1 / x;
  const Real s = 1 / (x * x);
  return shift + std::log(x) - 0.5L / x - s * (1.0L / 12 - s * (1.0L / 120 - s * (1.0L / 252 - s * (1.0L / 240 - s / 132))));
}
inline Real trigamma(Real x) {
  if (!(x > 0.1L)) return std::numeric_limits<Real>::quiet_NaN();
  Real shift = 0;
  for (; x < 20; ++x) shift += 1 / (x * x);
  const Real s = 1 / (x * x);
  return shift + 1 / x + s / 2 + s / x * (1.0L / 6 - s * (1.0L / 30 - s * (1.0L / 42 - s / 30)));
}
inline Real inverse_erf(Real y) {  // by Newton's steps, which come from one side
  if (!(std::abs(y) < 1)) return std::numeric_limits<Real>::quiet_NaN();
  Real x = 0;
  for (int i = 0; i < 60; ++i) x -= (std::erf(x) - y) * std::exp(x * x) / (2 * std::numbers::inv_sqrtpi_v<Real>);
  return x;
}
inline Real logistic(Real x) { return 1 / (1 + std::exp(-x)); }
inline Real normal_density(Real x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi_v<Real>); }
inline Real normal(Real x) { return std::erfc(-x / std::numbers::sqrt2_v<Real>) / 2; }
inline Real sign_of(Real x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
inline Real one_or_zero(bool condition) { return condition ? 1 : 0; }
using Two = std::array<Real, 2>;
using Three = std::array<Real, 3>;
inline constexpr Real two_over_root_pi = 2 * std::numbers::inv_sqrtpi_v<Real>, log_2 = std::numbers::ln2_v<Real>;

using Formulas = std::map<std::string_view, reference::Function>;
inline Formulas unary_formulas() {
  const auto none = [](Real) -> Real { return 0; };
  return {
      {"-", one([](Real x) { return -x; }, [](Real) { return -1.0L; })},
      {"square", one([](Real x) { return x * x; }, [](Real x) { return 2 * x; })},
      {"cube", one([](Real x) { return x * x * x; }, [](Real x) { return 3 * x * x; })},
      {"sqrt", one([](Real x) { return std::sqrt(x); }, [](Real x) { return 1 / (2 * std::sqrt(x)); })},
      {"cbrt", one([](Real x) { return std::cbrt(x); }, [](Real x) { return 1 / (3 * std::cbrt(x) * std::cbrt(x)); })},
      {"reciprocal", one([](Real x) { return 1 / x; }, [](Real x) { return -1 / (x * x); })},
      {"exp", one([](Real x) { return std::exp(x); }, [](Real x) { return std::exp(x); })},
      {"exp2", one([](Real x) { return std::exp2(x); }, [](Real x) { return std::exp2(x) * log_2; })},
      {"expm1", one([](Real x) { return std::expm1(x); }, [](Real x) { return std::exp(x); })},
      {"log", one([](Real x) { return std::log(x); }, [](Real x) { return 1 / x; })},
      {"log2", one([](Real x) { return std::log2(x); }, [](Real x) { return 1 / (x * log_2); })},
      {"log10", one([](Real x) { return std::log10(x); }, [](Real x) { return 1 / (x * std::numbers::ln10_v<Real>); })},
      {"log1p", one([](Real x) { return std::log1p(x); }, [](Real x) { return 1 / (1 + x); })},
      {"sin", one([](Real x) { return std::sin(x); }, [](Real x) { return std::cos(x); })},
      {"cos", one([](Real x) { return std::cos(x); }, [](Real x) { return -std::sin(x); })},
      {"tan", one([](Real x) { return std::tan(x); }, [](Real x) { return 1 / (std::cos(x) * std::cos(x)); })},
      {"asin", one([](Real x) { return std::asin(x); }, [](Real x) { return 1 / std::sqrt(1 - x * x); })},
      {"acos", one([](Real x) { return std::acos(x); }, [](Real x) { return -1 / std::sqrt(1 - x * x); })},
      {"atan", one([](Real x) { return std::atan(x); }, [](Real x) { return 1 / (1 + x * x); })},
      {"sinh", one([](Real x) { return std::sinh(x); }, [](Real x) { return std::cosh(x); })},
      {"cosh", one([](Real x) { return std::cosh(x); }, [](Real x) { return std::sinh(x); })},
      {"tanh", one([](Real x) { return std::tanh(x); }, [](Real x) { return 1 / (std::cosh(x) * std::cosh(x)); })},
      {"asinh", one([](Real x) { return std::asinh(x); }, [](Real x) { return 1 / std::sqrt(x * x + 1); })},
      {"acosh", one([](Real x) { return std::acosh(x); }, [](Real x) { return 1 / std::sqrt(x * x - 1); })},
      {"atanh", one([](Real x) { return std::atanh(x); }, [](Real x) { return 1 / (1 - x * x); })},
      {"erf", one([](Real x) { return std::erf(x); }, [](Real x) { return two_over_root_pi * std::exp(-x * x); })},
      {"erfc", one([](Real x) { return std::erfc(x); }, [](Real x) { return -two_over_root_pi * std::exp(-x * x); })},
      {"erfinv", one([](Real x) { return inverse_erf(x); }, [](Real x) { const Real v = inverse_erf(x); return std::exp(v * v) / two_over_root_pi; })},
      {"lgamma", one([](Real x) { return std::lgamma(x); }, [](Real x) { return digamma(x); })},
      {"tgamma", one([](Real x) { return std::tgamma(x); }, [](Real x) { return std::tgamma(x) * digamma(x); })},
      {"digamma", one([](Real x) { return digamma(x); }, [](Real x) { return trigamma(x); })},
      {"xlogx", one([](Real x) { return x * std::log(x); }, [](Real x) { return 1 + std::log(x); })},
      {"logit", one([](Real x) { return std::log(x / (1 - x)); }, [](Real x) { return 1 / (x * (1 - x)); })},
      {"sigmoid", one([](Real x) { return logistic(x); }, [](Real x) { return logistic(x) * logistic(-x); })},
      {"softplus", one([](Real x) { return std::log1p(std::exp(x)); }, [](Real x) { return logistic(x); })},
      {"log_sigmoid", one([](Real x) { return -std::log1p(std::exp(-x)); }, [](Real x) { return logistic(-x); })},
      {"relu", one([](Real x) { return std::max(x, 0.0L); }, [](Real x) { return one_or_zero(x > 0); })},
      {"gelu", one([](Real x) { return x * normal(x); }, [](Real x) { return normal(x) + x * normal_density(x); })},
      {"silu", one([](Real x) { return x * logistic(x); }, [](Real x) { return logistic(x) * (1 + x * logistic(-x)); })},
      {"mish", one([](Real x) { return x * std::tanh(std::log1p(std::exp(x))); }, [](Real x) { const Real t = std::tanh(std::log1p(std::exp(x))); return t + x * (1 - t * t) * logistic(x); })},
      {"softsign", one([](Real x) { return x / (1 + std::abs(x)); }, [](Real x) { return 1 / ((1 + std::abs(x)) * (1 + std::abs(x))); })},
      {"abs", one([](Real x) { return std::abs(x); }, [](Real x) { return sign_of(x); })},
      {"sign", one([](Real x) { return sign_of(x); }, none)},
      {"floor", one([](Real x) { return std::floor(x); }, none)},
      {"ceil", one([](Real x) { return std::ceil(x); }, none)},
      {"round", one([](Real x) { return std::round(x); }, none)},
      {"trunc", one([](Real x) { return std::trunc(x); }, none)},
  };
}
inline Formulas binary_formulas() {
  return {
      {"+", two([](Real x, Real y) { return x + y; }, [](Real, Real) { return Two{1, 1}; })},
      {"-", two([](Real x, Real y) { return x - y; }, [](Real, Real) { return Two{1, -1}; })},
      {"*", two([](Real x, Real y) { return x * y; }, [](Real x, Real y) { return Two{y, x}; })},
      {"/", two([](Real x, Real y) { return x / y; }, [](Real x, Real y) { return Two{1 / y, -x / (y * y)}; })},
      {"pow", two([](Real x, Real y) { return std::pow(x, y); }, [](Real x, Real y) { return Two{y * std::pow(x, y - 1), std::pow(x, y) * std::log(x)}; })},
      {"hypot", two([](Real x, Real y) { return std::sqrt(x * x + y * y); }, [](Real x, Real y) { const Real v = std::sqrt(x * x + y * y); return Two{x / v, y / v}; })},
      {"logaddexp", two([](Real x, Real y) { return std::log(std::exp(x) + std::exp(y)); }, [](Real x, Real y) { return Two{logistic(x - y), logistic(y - x)}; })},
      {"atan2", two([](Real x, Real y) { return std::atan2(x, y); }, [](Real x, Real y) { const Real s = x * x + y * y; return Two{y / s, -x / s}; })},
      {"leaky_relu", two([](Real x, Real y) { return x > 0 ? x : x * y; }, [](Real x, Real y) { return x > 0 ? Two{1, 0} : Two{y, x}; })},
      {"elu", two([](Real x, Real y) { return x > 0 ? x : y * std::expm1(x); }, [](Real x, Real y) { return x > 0 ? Two{1, 0} : Two{y * std::exp(x), std::expm1(x)}; })},
      {"huber", two([](Real x, Real y) { return y > 0 ? std::abs(x) <= y ? x * x / 2 : y * (std::abs(x) - y / 2) : std::numeric_limits<Real>::quiet_NaN(); }, [](Real x, Real y) { return std::abs(x) <= y ? Two{x, 0} : Two{y * sign_of(x), std::abs(x) - y}; })},
      {"min", two([](Real x, Real y) { return std::min(x, y); }, [](Real x, Real y) { return Two{one_or_zero(x < y), one_or_zero(y < x)}; })},
      {"max", two([](Real x, Real y) { return std::max(x, y); }, [](Real x, Real y) { return Two{one_or_zero(x > y), one_or_zero(y > x)}; })},
      {"fmod", two([](Real x, Real y) { return std::fmod(x, y); }, [](Real x, Real y) { return Two{1, -std::trunc(x / y)}; })},
      {"xlogy", two([](Real x, Real y) { return x * std::log(y); }, [](Real x, Real y) { return Two{std::log(y), x / y}; })},
      {"remainder", two([](Real x, Real y) { return std::remainder(x, y); }, [](Real x, Real y) { return Two{1, -std::rint(x / y)}; })},
      {"copysign", two([](Real x, Real y) { return std::copysign(x, y); }, [](Real x, Real y) { return Two{sign_of(x) * sign_of(y), 0}; })},
      {"fmax", two([](Real x, Real y) { return std::max(x, y); }, [](Real x, Real y) { return Two{one_or_zero(x > y), one_or_zero(y > x)}; })},
      {"fmin", two([](Real x, Real y) { return std::min(x, y); }, [](Real x, Real y) { return Two{one_or_zero(x < y), one_or_zero(y < x)}; })},
      {"fdim", two([](Real x, Real y) { return std::max(x - y, 0.0L); }, [](Real x, Real y) { return Two{one_or_zero(x > y), -one_or_zero(x > y)}; })},
      {"select", two([](Real x, Real) { return x; }, [](Real, Real) { return Two{1, 0}; })},
  };
}
inline Formulas ternary_formulas() {
  const auto length = [](Real x, Real y, Real z) { return std::sqrt(x * x + y * y + z * z); };
  const auto direction = [](Real x, Real y, Real z) { const Real v = std::sqrt(x * x + y * y + z * z); return Three{x / v, y / v, z / v}; };
  return {
      {"fma", three([](Real x, Real y, Real z) { return x * y + z; }, [](Real x, Real y, Real) { return Three{y, x, 1}; })},
      {"hypot", three(length, direction)},
      {"clamp", three([](Real x, Real y, Real z) { return y < z ? std::clamp(x, y, z) : std::numeric_limits<Real>::quiet_NaN(); }, [](Real x, Real y, Real z) { return Three{one_or_zero(x > y && x < z), one_or_zero(x < y), one_or_zero(x > z)}; })},
  };
}
// Over ranges of three: dot over (x, y, z) and (z, y, x), polynomial with these coefficients at z.
inline Formulas range_formulas() {
  const auto length = [](Real x, Real y, Real z) { return std::sqrt(x * x + y * y + z * z); };
  const auto direction = [](Real x, Real y, Real z) { const Real v = std::sqrt(x * x + y * y + z * z); return Three{x / v, y / v, z / v}; };
  return {
      {"sum", three([](Real x, Real y, Real z) { return x + y + z; }, [](Real, Real, Real) { return Three{1, 1, 1}; })},
      {"mean", three([](Real x, Real y, Real z) { return (x + y + z) / 3; }, [](Real, Real, Real) { return Three{1.0L / 3, 1.0L / 3, 1.0L / 3}; })},
      {"norm", three(length, direction)},
      {"log_sum_exp", three([](Real x, Real y, Real z) { return std::log(std::exp(x) + std::exp(y) + std::exp(z)); }, [](Real x, Real y, Real z) { const Real s = std::exp(x) + std::exp(y) + std::exp(z); return Three{std::exp(x) / s, std::exp(y) / s, std::exp(z) / s}; })},
      {"dot", three([](Real x, Real y, Real z) { return x * z + y * y + z * x; }, [](Real x, Real y, Real z) { return Three{2 * z, 2 * y, 2 * x}; })},
      {"polynomial", three([](Real x, Real y, Real z) { return x + y * z + z * z * z; }, [](Real, Real y, Real z) { return Three{1, z, y + 3 * z * z}; })},
  };
}
// clang-format on

/// Of the rules with so many operands.
inline const Formulas& formulas_of(std::size_t arity) {
  static const Formulas unary = unary_formulas(), binary = binary_formulas(), ternary = ternary_formulas(),
                        range = range_formulas();
  return arity == 1 ? unary : arity == 2 ? binary : arity == 3 ? ternary : range;
}
/// Of a rule; nothing where it is missing.
template <class Rule>
const reference::Function* formula_of() {
  const Formulas& formulas = formulas_of(arity_of<Rule>);
  const auto found = formulas.find(Rule::name);
  return found == formulas.end() ? nullptr : &found->second;
}

}  // namespace operations
