#pragma once
// The hard slopes: where the formula on paper overflows, underflows or cancels, and what to compute instead.
//
// Everything here is generic in T like the rules of calculus.hpp that use it. An "edge" function is the cold half of a
// rule: it is reached only where the short formula would lose digits.

#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <type_traits>

namespace downhill::special {

/// condition ? x : y. A rule that chooses by these two alone can be worked out for a pack of numbers at once, for which
/// the condition has an answer for each (pack.hpp).
template <class T>
T choose(bool condition, const T& x, const T& y) {
  return condition ? x : y;
}
/// condition ? x() : y(), where they cost something.
template <class X, class Y>
[[gnu::always_inline]] inline auto choose_lazily(bool condition, X&& x, Y&& y) {
  return condition ? x() : y();
}

/// Is x neither zero, denormal, infinite nor NaN? Then it carries all of its digits.
template <class T>
bool has_all_digits(const T& x) {
  using std::abs;
  const T size = abs(x);
  return size >= std::numeric_limits<T>::min() && size <= std::numeric_limits<T>::max();
}

template <class T>
auto is_infinite(const T& x) {
  using std::abs;
  return abs(x) > std::numeric_limits<T>::max();
}

/// x / y^2, given v = x / y; v / y but where v is denormal.
template <class T>
T over_square(const T& x, const T& y, const T& v) {
  using std::abs;
  if (abs(v) < std::numeric_limits<T>::min()) [[unlikely]]
    return x * T(0x1p54) / y / y * T(0x1p-54);
  return v / y;
}

/// a / (a^2 + b^2), from the smaller quotient of the two so that nothing overflows. NaN at (0, 0).
template <class T>
T over_squares(const T& a, const T& b) {
  using std::abs;
  if (is_infinite(a) || is_infinite(b)) [[unlikely]]
    return T(0);
  if (abs(a) >= abs(b)) {
    const T q = b / a;
    return T(1) / (T(1) + q * q) / a;
  }
  const T q = a / b;
  return over_square(a, b, T(q / (T(1) + q * q)));  // a denormal quotient has q^2 = 0 beside the 1
}

/// exp(-scale x^2), scale a power of 2: the rounding error of x^2, which exp would multiply, goes in as a factor.
template <class T>
T exp_minus_square(const T& x, const T& scale = T(1)) {
  using std::exp, std::fma;
  const T square = x * x;
  const T e = exp(-scale * square);
  if (e == T(0)) return e;  // also where x^2 is infinite, and its error no number
  return e - e * (scale * fma(x, x, -square));
}

/// d/dx erf x = 2 exp(-x^2) / sqrt(pi).
template <class T>
T erf_slope(const T& x) {
  return T(2 * std::numbers::inv_sqrtpi) * exp_minus_square(x);
}

/// scale / x, given y = log x: NaN with y, and +infinity at -0 too, where x + 0 is 0.
template <class T>
T log_slope(const T& scale, const T& x, const T& y) {
  return choose(y == y, T(scale / (x + T(0))), y);
}

/// 1 / (1 + x), given y = log(1 + x): NaN with y.
template <class T>
T log1p_slope(const T& x, const T& y) {
  return choose(y == y, T(T(1) / (T(1) + x)), y);
}

/// e^x, given y = e^x - 1, from y while that keeps its digits.
template <class T>
T expm1_slope(const T& x, const T& y) {
  using std::exp;
  return choose_lazily(
      x > T(-0.5), [&] { return T(y + T(1)); }, [&] { return T(exp(x)); });
}

/// d/dx 2^x = y log 2, given y = 2^x; from 2^(x-1) where only the value overflows.
template <class T>
T exp2_slope(const T& x, const T& y) {
  using std::exp2;
  if (is_infinite(y)) [[unlikely]]
    return exp2(x - T(1)) * T(2 * std::numbers::ln2);
  return y * T(std::numbers::ln2);
}

/// d/dx cbrt x, given y = cbrt x. It is 1 / (3 y^2) and it is y / (3 x), but the error of y, up to 4 ulp in libm,
/// enters one twice and the other once, with the opposite sign: in this mean of the two it cancels. +infinity at 0.
template <class T>
T cbrt_slope(const T& x, const T& y) {
  const T p = T(1) / (y * y), q = y / x;
  return q == q ? (p + q + q) / T(9) : p;
}

/// a e^x, also where e^x is denormal and a is large.
template <class T>
T times_exp(const T& a, const T& x) {
  using std::exp;
  const T e = exp(x);
  return choose_lazily(
      e < std::numeric_limits<T>::min(),
      [&] {
        const T root = exp(x * T(0.5));
        return choose(root == T(0), root, T(a * root * root));
      },
      [&] { return T(a * e); });
}

/// c_0 + c_1 x + ... + c_n x^n by Horner's rule.
template <class T, std::size_t size>
T horner(const T& x, const long double (&coefficients)[size]) {
  T sum = T(coefficients[size - 1]);
  for (std::size_t i = size - 1; i > 0; --i) sum = sum * x + T(coefficients[i - 1]);
  return sum;
}

// digamma(1 + t) for 0 <= t <= 1, as (t - root) R(t) with the root in two parts. R is a rational minimax approximation
// of digamma(1 + t) / (t - root), relative error 2e-20, fitted in 60-digit arithmetic.
template <class T>
T digamma_after_one(const T& t) {
  static constexpr long double p[] = {
      1.250380137503405359L,     1.87000270236327160656L,     0.974338152568236357494L,     0.21768093739794631046L,
      0.0201793870465498330183L, 0.000591215528932816797546L, 0.00000112031851970085555637L};
  static constexpr long double q[] = {1.0L,
                                      2.17909416603927645648L,
                                      1.66695481925995984101L,
                                      0.573631667505661601719L,
                                      0.0918248285923429503681L,
                                      0.00617653119754506906387L,
                                      0.000122719585853198065253L};
  const T distance = (t - T(0x1.d8b618d5af8fep-2)) + T(1.552234816285867689052e-17L);
  return distance * (horner(t, p) / horner(t, q));
}

// digamma(x) for x >= 2, as log x - 1/(2x) - w H(w) with w = 1/x^2. H is a rational minimax approximation, relative
// error 5e-17 (so 2e-18 of digamma), fitted in 60-digit arithmetic; its expansion in w begins 1/12 - w/120 (Abramowitz
// and Stegun 6.3.18).
template <class T>
T digamma_beyond_two(const T& x) {
  static constexpr long double p[] = {
      0.0833333333333333293696698L, 1.6479105771211912250171L,  10.4447002684144567022517L, 25.902623838514413530991L,
      24.4922059214364571841385L,   7.11694605316076105988564L, 0.288517759318611431792145L};
  static constexpr long double q[] = {1.0L,
                                      19.8749269254541820600143L,
                                      127.27627686594445219326L,
                                      322.662688650138335568753L,
                                      321.014802664147159634596L,
                                      106.950028849891218526258L,
                                      7.46507225522426790017529L};
  using std::log;
  const T inverse = T(1) / x, w = inverse * inverse;
  return log(x) - T(0.5) * inverse - w * (horner(w, p) / horner(w, q));
}

template <class T>
T digamma_of(const T& x) {
  using std::round, std::tan;
  if (x >= T(2)) return digamma_beyond_two(x);
  if (x >= T(1)) return digamma_after_one(T(x - T(1)));
  if (x >= T(0)) return digamma_after_one(x) - T(1) / x;
  const T fraction = x - round(x);
  if (fraction == T(0) || is_infinite(x)) return T(NAN);
  const T reflected = x >= T(-1) ? digamma_after_one(T(-x)) : digamma_beyond_two(T(T(1) - x));
  return reflected - T(std::numbers::pi_v<long double>) / tan(T(std::numbers::pi_v<long double>) * fraction);
}

/// digamma(x) = d/dx log gamma(x), by reflection for x < 0: digamma(1 - x) - pi / tan(pi x). NaN at -1, -2, ...
/// Worked out in long double, because for x < 0 the two terms may cancel.
template <class T>
T digamma(const T& x) {
  if constexpr (std::is_floating_point_v<T>)
    return static_cast<T>(digamma_of(static_cast<long double>(x)));
  else
    return digamma_of(x);
}

// d/dx x^y where x^y or x^y / x is not an ordinary number. With m = |x| it is y m^(y-1) = (y p) p for p = m^((y-1)/2)
// where y - 1 is exact, otherwise y (p / m) p for p = m^(y/2): the half powers neither overflow nor underflow where it
// does not.
template <class T>
[[gnu::noinline]] T pow_slope_x_edge(const T& x, const T& y, const T& v) {
  using std::abs, std::fmod, std::pow;
  if (y == T(0) || (v == T(0) && is_infinite(y))) return T(0);
  if (v != v) return v;
  if (x == T(0) || is_infinite(x)) return y * pow(x, y - T(1));
  if (abs(y) < T(0.5)) return y * v / x;
  const bool exact = y > T(0) && y * std::numeric_limits<T>::epsilon() < T(1);
  const T m = abs(x), p = pow(m, (exact ? y - T(1) : y) * T(0.5));
  const T slope = y * (exact ? p : T(p / m)) * p;
  return x < T(0) && fmod(y, T(2)) == T(0) ? -slope : slope;
}

/// d/dx x^y = y x^(y-1), given v = x^y.
template <class T>
T pow_slope_x(const T& x, const T& y, const T& v) {
  const T q = v / x;
  if (has_all_digits(v) && has_all_digits(q)) [[likely]]
    return y * q;
  return pow_slope_x_edge(x, y, v);
}

/// d/dy x^y = x^y log x, given v = x^y; 0 at x = 0 for y >= 0.
template <class T>
T pow_slope_y(const T& x, const T& y, const T& v) {
  using std::log, std::pow;
  if (has_all_digits(v) && x != T(0)) [[likely]]
    return v * log(x);
  const T p = pow(x, y * T(0.5));
  if (x >= T(0) && (p == T(0) || y == T(0))) return T(0);
  return p * log(x) * p;
}

// x / hypot(x, y, z) where the hypotenuse overflowed or is denormal.
template <class T>
[[gnu::noinline]] T hypot_slope_edge(const T& v, const T& x, const T& y, const T& z) {
  using std::hypot;
  if (v == T(0)) return T(0);
  if (is_infinite(x)) return is_infinite(y) || is_infinite(z) ? T(NAN) : x > T(0) ? T(1) : T(-1);
  const T scale = v < T(1) ? T(0x1p54) : T(0.25);
  return x * scale / hypot(T(hypot(T(x * scale), T(y * scale))), T(z * scale));
}

/// d/dx hypot(x, y, z) = x / v, given v = hypot(x, y, z); 0 at (0, 0, 0).
template <class T>
T hypot_slope(const T& v, const T& x, const T& y, const T& z = T(0)) {
  if (has_all_digits(v)) [[likely]]
    return x / v;
  return hypot_slope_edge(v, x, y, z);
}

/// 1, 0 or 1/2: the slope of max along an operand that is larger, smaller or equal; NaN (as x or y) if none is true.
template <class T>
T share(const T& x, const T& y) {
  return x > y ? T(1) : x < y ? T(0) : x == y ? T(0.5) : x + y;
}

}  // namespace downhill::special
