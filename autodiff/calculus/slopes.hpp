#pragma once
/// \file
/// Slopes that are rules themselves. The second derivative of a function is the slope of its slope, which a Dual works
/// out by the arithmetic of the slope's formula: of (1 - x)(1 + x) that is (1 + x) - (1 - x), where near 0 no digit of
/// 2 x is left. A slope with such a formula stands here as a rule with a slope of its own, written down, and that one
/// again where third derivatives need it. Only nested numbers take them: of plain numbers a slope is just its value.
///
/// Rules are as in calculus.hpp, without a name. Over numbers that carry derivatives, a value is the rule applied to
/// them. An operand `v` is the function's own value, which is known already. It is taken as a constant, because the
/// slopes along the others are the whole derivative.

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>

#include <autodiff/calculus/activations.hpp>
#include <autodiff/calculus/chain_rule.hpp>
#include <autodiff/calculus/digamma.hpp>
#include <autodiff/calculus/inverse_erf.hpp>
#include <autodiff/calculus/number.hpp>
#include <autodiff/calculus/special.hpp>

namespace downhill::special {

/// x as a constant: without the derivatives that it carries.
template <class T>
auto at_rest(const T& x) {
  if constexpr (Active<T>)
    return x.value();
  else
    return x;
}
/// Does x carry a derivative that is not 0?
template <class T>
bool moves(const T& x) {
  if constexpr (Active<T>) {
    for (std::size_t i = 0; i < T::directions; ++i)
      if (moves(x.tangent(i)) || !(at_rest(x.tangent(i)) == 0)) return true;
    return moves(x.value());
  } else {
    return false;
  }
}

/// 2 a^2 - b^2 and its like: p a^2 - b^2 - c^2, every product with its rounding error, since the sum may cancel.
template <class T>
T difference_of_squares(const T& p, const T& a, const T& b, const T& c = T(0)) {
  using std::fma;
  const T pa = p * a, x = pa * a, y = b * b, z = c * c, yz = y + z, bound = yz - y;
  const T rest =
      fma(pa, a, -x) + fma(p, a, -pa) * a - fma(b, b, -y) - fma(c, c, -z) - ((y - (yz - bound)) + (z - bound));
  return (x - yz) + rest;
}

// clang-format off

// ---- of one operand

/// 1 / sqrt((1 - x)(1 + x)) = s, of arcsin. Slope x s^3.
struct AsinSlope {
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<AsinSlope>(x);
    else { using std::sqrt; return T(1) / sqrt(T((T(1) - x) * (T(1) + x))); } }
  template <class T> static T slope(const T& x, const T& s) { return x * s * s * s; } };

/// 1 / ((1 - x)(1 + x)) = s, of artanh; NaN beyond 1. Slope 2 x s^2.
struct AtanhSlope {
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<AtanhSlope>(x);
    else { using std::abs; return choose(abs(x) <= T(1), T(T(1) / ((T(1) - x) * (T(1) + x))), T(NAN)); } }
  template <class T> static T slope(const T& x, const T& s) { return (x + x) * s * s; } };

/// s = 1 / (3 v^2), of v = cbrt x. Slope -2/3 s / x.
struct CbrtSlope {
  template <class T> static T value(const T& x, const T& v) {
    if constexpr (Active<T>) return apply<CbrtSlope>(x, at_rest(v));
    else return cbrt_slope(x, v); }
  template <class T> static T slope_x(const T& x, const T&, const T& s) { return s / x * T(-2. / 3); }
  template <class T> static T slope_y(const T&, const T&, const T&) { return T(0); } };

/// 2 exp(-x^2) / sqrt(pi), of erf. Slope -4 x exp(-x^2) / sqrt(pi), and of that 8 (x^2 - 1/2) exp(-x^2) / sqrt(pi).
struct ErfSecond {
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<ErfSecond>(x);
    else return times_exp_minus_square(T(T(-4 * std::numbers::inv_sqrtpi) * x), x, T(1)); }
  template <class T> static T slope(const T& x, const T&) {
    using std::fma;
    return times_exp_minus_square(T(T(8 * std::numbers::inv_sqrtpi) * fma(x, x, T(-0.5))), x, T(1)); } };
struct ErfSlope {
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<ErfSlope>(x);
    else return erf_slope(x); }
  template <class T> static T slope(const T& x, const T&) { return ErfSecond::value(x); } };

/// Of erf y = x: y, for n = 0, and its slope s = sqrt(pi)/2 exp(y^2), for n = 1, the slope of which is 2 y s^2.
template <int n>
struct InverseErf {
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<InverseErf<n>>(x);
    else if constexpr (n == 0) return erfinv(x);
    else return erfinv_slope(x); }
  template <class T> static T slope(const T& x, const T& s) {
    const T other = InverseErf<1 - n>::value(x);
    return n == 0 ? other : T(2) * other * s * s; } };

/// 1 / (x (1 - x)) = s, of the logit; NaN outside of [0, 1], and + 0 makes it +infinity at -0 as at 0. Slope
/// (2 x - 1) s^2.
struct LogitSlope {
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<LogitSlope>(x);
    else return choose(x >= T(0) && x <= T(1), T(T(1) / ((x + T(0)) * (T(1) - x))), T(NAN)); }
  template <class T> static T slope(const T& x, const T& s) { return (x + x - T(1)) * s * s; } };

/// The n-th derivative of digamma, the slope of which is the next.
template <int n>
struct Polygamma {
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<Polygamma<n>>(x);
    else if constexpr (n == 0) return digamma(x);
    else return static_cast<T>(polygamma(n, static_cast<long double>(x))); }
  template <class T> static T slope(const T& x, const T&) { return Polygamma<n + 1>::value(x); } };

// With e = e^-|x| and the bell b = e / (1 + e)^2: the slope of the sigmoid is b, that of b is -b tanh(x/2), and of that
// b (1 - 4 e + e^2) / (1 + e)^2.
struct SigmoidSecond {
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<SigmoidSecond>(x);
    else return bell(std::exp(-std::abs(x))) * std::tanh(T(-0.5) * x); }
  template <class T> static T slope(const T& x, const T&) {
    using std::abs, std::exp;
    const T e = exp(-abs(x));
    return bell(e) * ((T(1) + e * (e - T(4))) / square_of_one_and(e)); } };
struct SigmoidSlope {
  template <class T> static T value(const T& x, const T& v) {
    if constexpr (Active<T>) return apply<SigmoidSlope>(x, at_rest(v));
    else return sigmoid_slope(x, v); }
  template <class T> static T slope_x(const T& x, const T&, const T&) { return SigmoidSecond::value(x); }
  template <class T> static T slope_y(const T&, const T&, const T&) { return T(0); } };

/// The slope of x sigmoid x. With e = e^-u and u = |x|, its own is e ((2 - u) + e (2 + u)) / (1 + e)^3, and of that
/// e (u (1 - 4 e + e^2) - 3 (1 - e^2)) / (1 + e)^4 with the sign of x.
struct SiluSecond {
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<SiluSecond>(x);
    else {
      const T u = std::abs(x), e = std::exp(-u);
      return times_exp(T((T(2) - u) + e * (T(2) + u)), T(-u)) / (square_of_one_and(e) * (T(1) + e)); } }
  template <class T> static T slope(const T& x, const T&) {
    using std::abs, std::exp, std::expm1;
    const T u = abs(x), e = exp(-u), square = square_of_one_and(e);
    const T a = u < T(1) ? T(u * (T(1) + e * (e - T(4))) + T(3) * expm1(T(-2) * u))
                         : T((u - T(3)) + e * (e * (u + T(3)) - T(4) * u));
    return times_exp(x < T(0) ? T(-a) : a, T(-u)) / (square * square); } };
struct SiluSlope {
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<SiluSlope>(x);
    else return silu_slope(x); }
  template <class T> static T slope(const T& x, const T&) { return SiluSecond::value(x); } };

/// The slope of x F(x), F the normal distribution with the density f. Its own is f (2 - x^2), and of that
/// f x (x - 2)(x + 2).
struct GeluSecond {
  static constexpr double density = std::numbers::inv_sqrtpi / std::numbers::sqrt2;
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<GeluSecond>(x);
    else return times_exp_minus_square(T(T(density) * std::fma(-x, x, T(2))), x, T(0.5)); }
  template <class T> static T slope(const T& x, const T&) {
    return times_exp_minus_square(T(T(density) * x * (x - T(2)) * (x + T(2))), x, T(0.5)); } };
struct GeluSlope {
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<GeluSlope>(x);
    else return gelu_slope(x); }
  template <class T> static T slope(const T& x, const T&) { return GeluSecond::value(x); } };

// ---- of several operands

/// sigmoid(x - y) = s. Slopes b and -b, b = s (1 - s), those of which are c and -c, c = -b tanh((x - y) / 2).
struct SigmoidOfSlope {
  template <class T> static T value(const T& x, const T& y) {
    if constexpr (Active<T>) return apply<SigmoidOfSlope>(x, y);
    else return sigmoid_of_slope(x, y); }
  template <class T> static T slope_x(const T& x, const T& y, const T& b) {
    using std::tanh;
    return b == T(0) ? b : T(b * tanh(T(-0.5) * (x - y))); }
  template <class T> static T slope_y(const T& x, const T& y, const T& b) { return -slope_x(x, y, b); } };
struct SigmoidOf {
  template <class T> static T value(const T& x, const T& y) {
    if constexpr (Active<T>) return apply<SigmoidOf>(x, y);
    else return sigmoid_of(x, y); }
  template <class T> static T slope_x(const T& x, const T& y, const T&) { return SigmoidOfSlope::value(x, y); }
  template <class T> static T slope_y(const T& x, const T& y, const T&) { return -SigmoidOfSlope::value(x, y); } };

/// The derivative of x^y = v, k times by x and j times by y. It is x^(y-k) q, where q is the sum of
/// c_i j! / (j-i)! log^(j-i) x over i = 0, ..., j, and c_i the coefficients of (y + t)(y + t - 1)...(y + t - k + 1) by
/// powers of t.
template <int k, int j>
struct PowDerivative {
  template <class T> static T value(const T& x, const T& y, const T& v) {
    if constexpr (Active<T>) {
      if (moves(y)) return apply<PowDerivative<k, j>>(x, y, at_rest(v));
      return apply<PowDerivative<k, j>>(x, at_rest(y), at_rest(v));  // no logarithm of a negative x
    } else {
      constexpr std::size_t terms = static_cast<std::size_t>(j) + 1;
      std::array<T, terms> c = {T(1)};
      for (int m = 0; m < k; ++m)
        for (std::size_t i = terms; i-- > 0;) c[i] = c[i] * (y - T(m)) + (i > 0 ? c[i - 1] : T(0));
      T q = c[0], factor = T(1);
      if constexpr (j > 0) {
        if (x == T(0) && (y > T(k) || y == T(0))) return T(0);
        const T log = std::log(x);
        for (std::size_t i = 1; i < terms; ++i) q = q * log + c[i] * (factor *= T(terms - i));
      }
      return times_power_below(q, x, y, v, k); } }
  template <class T> static T slope_x(const T& x, const T& y, const T& v, const T&) {
    return PowDerivative<k + 1, j>::value(x, y, v); }
  template <class T> static T slope_y(const T& x, const T& y, const T& v, const T&) {
    return PowDerivative<k, j + 1>::value(x, y, v); }
  template <class T> static T slope_z(const T&, const T&, const T&, const T&) { return T(0); } };

// Of v = hypot(x, y, z), with r^2 = y^2 + z^2: the slope x / v has the slopes r^2 / v^3, -x y / v^3 and -x z / v^3.
// Beneath them, y (2 x^2 - r^2) / v^5 is the derivative twice by x and once by y.
template <class T>
T hypot_xxy(const T& x, const T& y, const T& z) {
  using std::hypot;
  if constexpr (Active<T>) {
    const T v = hypot(x, y, z), a = x / v, b = y / v, c = z / v;
    return b / v / v * (T(2) * a * a - b * b - c * c);
  } else {
    if (is_infinite(x) || is_infinite(y) || is_infinite(z)) return T(0);
    const auto [a, b, c, exponent] = scaled(x, y, z);
    const T v = hypot(hypot(a, b), c), square = v * v;
    return std::ldexp(b / (square * square * v) * difference_of_squares(T(2), a, b, c), -2 * exponent); } }
struct HypotTwist {
  template <class T> static T value(const T& x, const T& y, const T& z) {
    if constexpr (Active<T>) return apply<HypotTwist>(x, y, z);
    else {
      const T v = std::hypot(std::hypot(x, y), z);
      return known_product(T(-hypot_slope(v, x, y, z)), T(hypot_slope(v, y, x, z) / v)); } }
  template <class T> static T slope_x(const T& x, const T& y, const T& z, const T&) { return hypot_xxy(x, y, z); }
  template <class T> static T slope_y(const T& x, const T& y, const T& z, const T&) { return hypot_xxy(y, x, z); }
  template <class T> static T slope_z(const T& x, const T& y, const T& z, const T&) {
    using std::hypot;
    const T v = hypot(hypot(x, y), z);
    return T(3) * hypot_slope(v, x, y, z) * (hypot_slope(v, y, x, z) / v) * (hypot_slope(v, z, x, y) / v); } };
struct HypotBend {
  template <class T> static T value(const T& x, const T& y, const T& z) {
    if constexpr (Active<T>) return apply<HypotBend>(x, y, z);
    else {
      const T r = std::hypot(y, z), v = std::hypot(r, x), s = hypot_slope(v, r, x);
      return s * (s / v); } }
  template <class T> static T slope_x(const T& x, const T& y, const T& z, const T&) {
    using std::hypot;
    const T r = hypot(y, z), v = hypot(r, x), s = hypot_slope(v, r, x) / v;
    return known_product(T(T(-3) * hypot_slope(v, x, r)), T(s * s)); }
  template <class T> static T slope_y(const T& x, const T& y, const T& z, const T&) { return hypot_xxy(x, y, z); }
  template <class T> static T slope_z(const T& x, const T& y, const T& z, const T&) { return hypot_xxy(x, z, y); } };
struct HypotSlope {
  template <class T> static T value(const T& v, const T& x, const T& y, const T& z) {
    if constexpr (Active<T>) return apply<HypotSlope>(x, y, z);
    else return hypot_slope(v, x, y, z); }
  template <class T> static T value(const T& x, const T& y, const T& z) {
    if constexpr (Active<T>) return apply<HypotSlope>(x, y, z);
    else return hypot_slope(std::hypot(std::hypot(x, y), z), x, y, z); }
  template <class T> static T slope_x(const T& x, const T& y, const T& z, const T&) {
    return HypotBend::value(x, y, z); }
  template <class T> static T slope_y(const T& x, const T& y, const T& z, const T&) {
    return HypotTwist::value(x, y, z); }
  template <class T> static T slope_z(const T& x, const T& y, const T& z, const T&) {
    return HypotTwist::value(x, z, y); } };

// Of a / (a^2 + b^2), the real part of 1 / z for z = a + i b: the slopes are (b - a)(b + a) / |z|^4, along a, and
// -2 a b / |z|^4; and those of these are 2 b (3 a^2 - b^2) / |z|^6 =: t(a, b), the mixed one, and -t(b, a).
template <class T>
T inverse_twisted(const T& a, const T& b) {
  if constexpr (Active<T>) {
    const T p = over_squares(a, b), q = over_squares(b, a);
    return T(2) * q * (T(3) * p * p - q * q);
  } else {
    if (is_infinite(a) || is_infinite(b)) return T(0);
    const auto [x, y, none, exponent] = scaled(a, b, T(0));
    const T square = x * x + y * y;
    return std::ldexp((y + y) / (square * square * square) * difference_of_squares(T(3), x, y), -3 * exponent); } }
struct InverseTwist {
  template <class T> static T value(const T& a, const T& b) {
    if constexpr (Active<T>) return apply<InverseTwist>(a, b);
    else {
      if (is_infinite(a) || is_infinite(b)) return T(0);
      const auto [x, y, none, exponent] = scaled(a, b, T(0));
      const T square = x * x + y * y;
      return std::ldexp(T(-2) * x / square * (y / square), -2 * exponent); } }
  template <class T> static T slope_x(const T& a, const T& b, const T&) { return inverse_twisted(a, b); }
  template <class T> static T slope_y(const T& a, const T& b, const T&) { return inverse_twisted(b, a); } };
struct InverseBend {
  template <class T> static T value(const T& a, const T& b) {
    if constexpr (Active<T>) return apply<InverseBend>(a, b);
    else {
      if (is_infinite(a) || is_infinite(b)) return T(0);
      const auto [x, y, none, exponent] = scaled(a, b, T(0));
      const T square = x * x + y * y;
      return std::ldexp((y - x) * (y + x) / (square * square), -2 * exponent); } }
  template <class T> static T slope_x(const T& a, const T& b, const T&) { return -inverse_twisted(b, a); }
  template <class T> static T slope_y(const T& a, const T& b, const T&) { return inverse_twisted(a, b); } };
struct OverSquares {
  template <class T> static T value(const T& a, const T& b) {
    if constexpr (Active<T>) return apply<OverSquares>(a, b);
    else return over_squares(a, b); }
  template <class T> static T slope_x(const T& a, const T& b, const T&) { return InverseBend::value(a, b); }
  template <class T> static T slope_y(const T& a, const T& b, const T&) { return InverseTwist::value(a, b); } };

// clang-format on

}  // namespace downhill::special
