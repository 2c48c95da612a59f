#pragma once
/// \file
/// What counts as a number: plain ones, which are arithmetic types, and active ones, which carry derivatives along.

#include <cmath>
#include <concepts>
#include <type_traits>

namespace downhill {

/// Specialised to true by every number type that carries derivatives, such as Var.
template <class X>
inline constexpr bool is_active_type = false;

/// Specialised to true by the number that a program is recorded with (program/symbol.hpp).
template <class X>
inline constexpr bool is_symbol_type = false;

/// Specialised to true by matrices of such numbers.
template <class X>
inline constexpr bool is_matrix_type = false;
template <class X>
concept AnyMatrix = is_matrix_type<std::remove_cvref_t<X>>;

template <class X>
concept Active = is_active_type<std::remove_cvref_t<X>>;
/// An active number itself, not a matrix of them.
template <class X>
concept ActiveScalar = Active<X> && !AnyMatrix<X>;
template <class X>
concept Plain = std::is_arithmetic_v<std::remove_cvref_t<X>>;

/// May a T be differentiated? Numbers of floating point can, and Duals of them (dual.hpp).
template <class T>
inline constexpr bool is_differentiable = std::floating_point<T> && std::same_as<T, std::remove_cv_t<T>>;

/// What the functions below accept: any mix of plain and active numbers. Integers alone are taken as doubles.
template <class... X>
concept Number = ((Active<X> || Plain<X>) && ...);
/// Plain numbers, not all of them integers: where those have functions of the same name of their own.
template <class... X>
concept Floating = (Plain<X> && ...) && (std::floating_point<std::remove_cvref_t<X>> || ...);

/// Numbers of which one is active: what a function takes whose name, for plain numbers, is std's.
template <class... X>
concept ActiveNumber = Number<X...> && (Active<X> || ...);

// For plain numbers these functions are std's own, whichever namespace they are looked up in.
using std::sqrt, std::cbrt, std::pow, std::hypot, std::exp, std::exp2, std::expm1, std::log, std::log2, std::log10,
    std::log1p, std::sin, std::cos, std::tan, std::asin, std::acos, std::atan, std::atan2, std::sinh, std::cosh,
    std::tanh, std::asinh, std::acosh, std::atanh, std::erf, std::erfc, std::lgamma, std::floor, std::ceil, std::round,
    std::trunc, std::fmod, std::abs, std::fabs, std::fma, std::tgamma, std::remainder, std::copysign, std::fmin,
    std::fmax, std::fdim;

/// The type in which functions of plain numbers X are worked out.
template <class... X>
using FloatingType = std::conditional_t<(std::is_integral_v<X> && ...), double, std::common_type_t<X...>>;

/// A rule applied to plain numbers is its value.
template <class Rule, class... X>
  requires((std::is_arithmetic_v<X> && ...))
auto apply(X... x) {
  using T = FloatingType<X...>;
  return Rule::template value<T>(static_cast<T>(x)...);
}

/// A constant that does not widen the result: of the type of a floating-point x, or a double.
template <class X>
using ConstantFor = std::conditional_t<std::floating_point<std::remove_cvref_t<X>>, std::remove_cvref_t<X>, double>;

/// What std asks of a number, of the value of one that carries derivatives: those do not count.
template <ActiveScalar X>
bool isnan(const X& x) {
  using std::isnan;
  return isnan(x.value());
}
template <ActiveScalar X>
bool isinf(const X& x) {
  using std::isinf;
  return isinf(x.value());
}
template <ActiveScalar X>
bool isfinite(const X& x) {
  using std::isfinite;
  return isfinite(x.value());
}
template <ActiveScalar X>
bool signbit(const X& x) {
  using std::signbit;
  return signbit(x.value());
}

}  // namespace downhill
