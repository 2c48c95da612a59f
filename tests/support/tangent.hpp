#pragma once
// A number that carries its derivative along: the least that a type must bring for the rules of calculus.hpp to serve
// it.

#include <compare>
#include <limits>

#include <autodiff/calculus.hpp>

namespace downhill {

/// The least number type a rule may be asked to serve: a value and its derivative, and nothing that is not in
/// calculus.hpp.
struct Tangent {
  double value = 0, slope = 0;

  Tangent() = default;
  template <Plain N>
  Tangent(N number) : value(static_cast<double>(number)) {}
  Tangent(double v, double s) : value(v), slope(s) {}

  friend bool operator==(const Tangent& x, const Tangent& y) { return x.value == y.value; }
  friend auto operator<=>(const Tangent& x, const Tangent& y) { return x.value <=> y.value; }
};

template <>
inline constexpr bool is_active_type<Tangent> = true;

// An operand that does not move adds nothing, be the slope along it infinite.
inline double moved(double slope, const Tangent& x) { return x.slope == 0 ? 0 : slope * x.slope; }

template <class Rule>
Tangent apply(const Tangent& x) {
  const double v = Rule::value(x.value);
  return {v, moved(Rule::slope(x.value, v), x)};
}
template <class Rule>
Tangent apply(const Tangent& x, const Tangent& y) {
  const double a = x.value, b = y.value, v = Rule::value(a, b);
  return {v, moved(Rule::slope_x(a, b, v), x) + moved(Rule::slope_y(a, b, v), y)};
}
template <class Rule>
Tangent apply(const Tangent& x, const Tangent& y, const Tangent& z) {
  const double a = x.value, b = y.value, c = z.value, v = Rule::value(a, b, c);
  return {v, moved(Rule::slope_x(a, b, c, v), x) + moved(Rule::slope_y(a, b, c, v), y) +
                 moved(Rule::slope_z(a, b, c, v), z)};
}
inline Tangent operator+(const Tangent& x, const Tangent& y) { return apply<Add>(x, y); }
inline Tangent operator-(const Tangent& x, const Tangent& y) { return apply<Subtract>(x, y); }
inline Tangent operator*(const Tangent& x, const Tangent& y) { return apply<Multiply>(x, y); }
inline Tangent operator/(const Tangent& x, const Tangent& y) { return apply<Divide>(x, y); }
inline Tangent operator-(const Tangent& x) { return apply<Negate>(x); }

}  // namespace downhill

template <>
struct std::numeric_limits<downhill::Tangent> : std::numeric_limits<double> {};
