#pragma once
// What counts as a number: plain ones, which are arithmetic types, and active ones, which carry derivatives along.

#include <concepts>
#include <type_traits>

namespace downhill {

/// Specialised to true by every number type that carries derivatives, such as Var.
template <class X>
inline constexpr bool is_active_type = false;

/// Specialised to true by matrices of such numbers.
template <class X>
inline constexpr bool is_matrix_type = false;
template <class X>
concept AnyMatrix = is_matrix_type<std::remove_cvref_t<X>>;

template <class X>
concept Active = is_active_type<std::remove_cvref_t<X>>;
template <class X>
concept Plain = std::is_arithmetic_v<std::remove_cvref_t<X>>;

/// What the functions below accept: any mix of plain and active numbers, not all of them integers.
template <class... X>
concept Number = ((Active<X> || Plain<X>)&&...) && ((Active<X> || std::floating_point<std::remove_cvref_t<X>>) || ...);

/// A rule applied to plain numbers is its value.
template <class Rule, class... X>
  requires((std::is_arithmetic_v<X> && ...))
auto apply(X... x) {
  using T = std::common_type_t<X...>;
  return Rule::template value<T>(static_cast<T>(x)...);
}

/// A constant that does not widen the result: a plain X itself where x is plain, a double where it is active.
template <class X>
using ConstantFor = std::conditional_t<Plain<X>, std::remove_cvref_t<X>, double>;

}  // namespace downhill
