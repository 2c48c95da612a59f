#pragma once
/// \file
/// The hard slopes: where the formula on paper overflows, underflows or cancels, and what to compute instead.
///
/// Everything here is generic in T like the rules of calculus.hpp that use it. An "edge" function is the cold half of a
/// rule: it is reached only where the short formula would lose digits.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <type_traits>

namespace downhill {

/// A rule whose value and slopes are worked out in packs of numbers too (simd/pack.hpp): where it chooses, it does so
/// by `choose` and `choose_lazily` below. Other rules are worked out lane by lane.
struct InPacks {};
/// One of which packs have the same bits as plain numbers: there is no elementary function in it.
struct ExactInPacks : InPacks {};

}  // namespace downhill

namespace downhill::special {

/// condition ? x : y, for packs in each lane.
template <class Condition, class T>
T choose(const Condition& condition, const T& x, const T& y) {
  if constexpr (std::is_same_v<Condition, bool>)
    return condition ? x : y;
  else
    return condition.choose(x, y);
}
/// condition ? x() : y(), where they cost something.
template <class Condition, class X, class Y>
[[gnu::always_inline]] inline auto choose_lazily(const Condition& condition, X&& x, Y&& y) {
  if constexpr (std::is_same_v<Condition, bool>)
    return condition ? x() : y();
  else
    return condition.choose_lazily(x, y);
}
/// A condition that hardly ever holds.
template <class Condition>
[[gnu::always_inline]] inline Condition rarely(const Condition& condition) {
  if constexpr (std::is_same_v<Condition, bool>)
    return __builtin_expect(condition, false);
  else
    return condition;
}

/// Is x neither zero, denormal, infinite nor NaN? Then it carries all of its digits.
template <class T>
auto has_all_digits(const T& x) {
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
  return choose_lazily(
      rarely(abs(v) < std::numeric_limits<T>::min() && !is_infinite(y)),
      [&] { return T(x * T(0x1p54) / y / y * T(0x1p-54)); }, [&] { return T(v / y); });
}

/// a / (a^2 + b^2), from the smaller quotient of the two so that nothing overflows. NaN at (0, 0).
template <class T>
T over_squares(const T& a, const T& b) {
  using std::abs;
  return choose_lazily(
      rarely(is_infinite(a) || is_infinite(b)), [] { return T(0); },
      [&] {
        return choose_lazily(
            !(abs(a) < abs(b)),
            [&] {
              const T q = b / a;
              return T(T(1) / (T(1) + q * q) / a);
            },
            [&] {
              const T q = a / b;
              return over_square(a, b, T(q / (T(1) + q * q)));  // a denormal quotient has q^2 = 0 beside the 1
            });
      });
}

/// exp(-scale x^2), scale a power of 2: the rounding error of x^2, which exp would multiply, goes in as a factor.
template <class T>
T exp_minus_square(const T& x, const T& scale = T(1)) {
  using std::exp, std::fma;
  const T square = x * x;
  const T e = exp(-scale * square);
  return choose_lazily(
      e == T(0), [&] { return e; },  // also where x^2 is infinite, and its error no number
      [&] { return T(e - e * (scale * fma(x, x, T(-square)))); });
}

/// a exp(-scale x^2), also where the exponential is denormal and a is large.
template <class T>
T times_exp_minus_square(const T& a, const T& x, const T& scale) {
  const T e = exp_minus_square(x, scale);
  return choose_lazily(
      rarely(e < std::numeric_limits<T>::min()),
      [&] {
        const T root = exp_minus_square(x, T(scale * T(0.5)));
        return choose(root == T(0), root, T(a * root * root));
      },
      [&] { return T(a * e); });
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

/// log(x / (1 - x)), from 1/4 on as 2 artanh(2 x - 1): there 2 x - 1 is exact, and the quotient would come near 1.
template <class T>
T logit(const T& x) {
  using std::log, std::atanh;
  return choose_lazily(
      x < T(0.25), [&] { return T(log(T(x / (T(1) - x)))); }, [&] { return T(T(2) * T(atanh(T(x + x - T(1))))); });
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
  return choose_lazily(x > T(-0.5), [&] { return T(y + T(1)); }, [&] { return T(exp(x)); });
}

/// d/dx 2^x = y log 2, given y = 2^x; from 2^(x-1) where only the value overflows.
template <class T>
T exp2_slope(const T& x, const T& y) {
  using std::exp2;
  return choose_lazily(
      rarely(is_infinite(y)), [&] { return T(T(exp2(x - T(1))) * T(2 * std::numbers::ln2)); },
      [&] { return T(y * T(std::numbers::ln2)); });
}

/// d/dx cbrt x, given y = cbrt x. It is 1 / (3 y^2) and it is y / (3 x), but the error of y, up to 4 ulp in libm,
/// enters one twice and the other once, with the opposite sign: in this mean of the two it cancels. +infinity at 0.
template <class T>
T cbrt_slope(const T& x, const T& y) {
  const T p = T(1) / (y * y), q = y / x;
  return choose(q == q, T((p + q + q) / T(9)), p);
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
  return choose_lazily(
      rarely(!(has_all_digits(v) && has_all_digits(q))), [&] { return pow_slope_x_edge(x, y, v); },
      [&] { return T(y * q); });
}

// d/dy x^y where x^y is not an ordinary number.
template <class T>
[[gnu::noinline]] T pow_slope_y_edge(const T& x, const T& y) {
  using std::log, std::pow;
  const T p = pow(x, y * T(0.5));
  if (x >= T(0) && (p == T(0) || y == T(0))) return T(0);
  return p * log(x) * p;
}

/// d/dy x^y = x^y log x, given v = x^y; 0 at x = 0 for y >= 0.
template <class T>
T pow_slope_y(const T& x, const T& y, const T& v) {
  using std::log;
  return choose_lazily(
      rarely(!(has_all_digits(v) && x != T(0))), [&] { return pow_slope_y_edge(x, y); },
      [&] { return T(v * T(log(x))); });
}

/// q x^(y-k), given v = x^y. Where a quotient is not an ordinary number, from two half powers: y - k is exact from k /
/// 2 on, and below x^(y/2) lies between v and the result.
template <class T>
T times_power_below(const T& q, const T& x, const T& y, const T& v, int k) {
  using std::abs, std::fmod, std::pow;
  if (q == T(0) || (v == T(0) && is_infinite(y))) return T(0);
  T power = v;
  for (int i = 0; i < k; ++i) power = power / x;
  if (has_all_digits(v) && has_all_digits(power)) [[likely]]
    return q * power;
  if (v != v) return v;
  if (x == T(0) || is_infinite(x)) {
    const T edge = pow(x, y - T(k));
    return edge == T(0) ? T(0) : T(q * edge);
  }
  const bool exact = y + y >= T(k);
  const T m = abs(x);
  T a = pow(m, (exact ? y - T(k) : y) * T(0.5)), b = a;
  for (int i = 0; i < k && !exact; ++i) (i % 2 == 0 ? a : b) = (i % 2 == 0 ? a : b) / m;
  if (a == T(0) || b == T(0)) return T(0);  // q may have overflowed
  const T product = q * a * b;
  return x < T(0) && fmod(y - T(k), T(2)) != T(0) ? T(-product) : product;
}

/// Numbers divided by a power of 2, such that the largest is of the size of 1.
template <class T>
struct Scaled {
  T x, y, z;
  int exponent;
};
template <class T>
Scaled<T> scaled(const T& x, const T& y, const T& z) {
  int exponent = 0;
  std::frexp(std::max({std::abs(x), std::abs(y), std::abs(z)}), &exponent);
  return {std::ldexp(x, -exponent), std::ldexp(y, -exponent), std::ldexp(z, -exponent), exponent};
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
  return choose_lazily(
      rarely(!has_all_digits(v)), [&] { return hypot_slope_edge(v, x, y, z); }, [&] { return T(x / v); });
}

/// 1, 0 or 1/2: the slope of max along an operand that is larger, smaller or equal; NaN (as x or y) if none is true.
template <class T>
T share(const T& x, const T& y) {
  return choose(x > y, T(1), choose(x < y, T(0), choose(x == y, T(0.5), T(x + y))));
}

}  // namespace downhill::special
