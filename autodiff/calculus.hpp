#pragma once
// The calculus: every elementary function once, as its value and its slope.
//
// A rule is a struct with a name, `value` and one slope for each operand: `slope(x, y)` for a function of one operand x
// with the value y, and `slope_x`, `slope_y`, `slope_z` for two or three, which take the operands and then the value.
// The function users call stands on the next line and hands the rule to `apply`. For plain numbers `apply` is below; a
// Var records an edge with the slope (variable.hpp). T is float, double or a number type built on them, so a rule may
// use arithmetic, comparisons and the functions of this file, and nothing else.
//
// To add a function, add its struct and its line here, and one row to the table in tests/autodiff/calculus_test.cpp.

#include <cmath>
#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace downhill {

/// Specialised to true by every number type that carries derivatives, such as Var.
template <class X>
inline constexpr bool is_active_type = false;

template <class X>
concept Active = is_active_type<std::remove_cvref_t<X>>;
template <class X>
concept Plain = std::is_arithmetic_v<std::remove_cvref_t<X>>;

/// What the functions below accept: floating-point numbers, or any mix of plain and active numbers with an active one.
template <class... X>
concept Number = (std::floating_point<std::remove_cvref_t<X>> && ...) ||
                 ((Active<X> || ...) && ((Active<X> || Plain<X>)&&...));

/// A rule applied to plain numbers is its value.
template <class Rule, std::floating_point... X>
auto apply(X... x) {
  using T = std::common_type_t<X...>;
  return Rule::template value<T>(static_cast<T>(x)...);
}

/// x + y. Slopes 1 and 1.
struct Add {
  static constexpr std::string_view name = "+";
  template <class T>
  static T value(const T& x, const T& y) {
    return x + y;
  }
  template <class T>
  static T slope_x(const T&, const T&, const T&) {
    return T(1);
  }
  template <class T>
  static T slope_y(const T&, const T&, const T&) {
    return T(1);
  }
};

/// e^x. Slope e^x.
struct Exp {
  static constexpr std::string_view name = "exp";
  template <class T>
  static T value(const T& x) {
    using std::exp;
    return exp(x);
  }
  template <class T>
  static T slope(const T&, const T& y) {
    return y;
  }
};
template <Number X>
auto exp(X&& x) {
  return apply<Exp>(std::forward<X>(x));
}

}  // namespace downhill
