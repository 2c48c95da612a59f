#pragma once
/// \file
/// The derivatives of log gamma: digamma, and polygamma for those of higher order. In long double, because for x < 0
/// two terms may cancel.

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <vector>

#include <autodiff/calculus/special.hpp>

namespace downhill::special {

// digamma(1 + t) for 0 <= t <= 1, as (t - root) R(t) with the root in two parts. R is a rational minimax approximation
// of digamma(1 + t) / (t - root), relative error 2e-20, fitted in 60-digit arithmetic.
inline long double digamma_after_one(long double t) {
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
  const long double distance = (t - 0x1.d8b618d5af8fep-2L) + 1.552234816285867689052e-17L;
  return distance * (horner(t, p) / horner(t, q));
}

// digamma(x) for x >= 2, as log x - 1/(2x) - w H(w) with w = 1/x^2. H is a rational minimax approximation, relative
// error 5e-17 (so 2e-18 of digamma), fitted in 60-digit arithmetic; its expansion in w begins 1/12 - w/120 (Abramowitz
// and Stegun 6.3.18).
inline long double digamma_beyond_two(long double x) {
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
  const long double inverse = 1 / x, w = inverse * inverse;
  return std::log(x) - 0.5L * inverse - w * (horner(w, p) / horner(w, q));
}

inline long double digamma_of(long double x) {
  if (x >= 2) return digamma_beyond_two(x);
  if (x >= 1) return digamma_after_one(x - 1);
  if (x >= 0) return digamma_after_one(x) - 1 / x;
  const long double fraction = x - std::round(x);
  if (fraction == 0 || is_infinite(x)) return std::numeric_limits<long double>::quiet_NaN();
  const long double reflected = x >= -1 ? digamma_after_one(-x) : digamma_beyond_two(1 - x);
  return reflected - std::numbers::pi_v<long double> / std::tan(std::numbers::pi_v<long double> * fraction);
}

/// digamma(x) = d/dx log gamma(x), by reflection for x < 0: digamma(1 - x) - pi / tan(pi x). NaN at -1, -2, ...
template <class T>
T digamma(const T& x) {
  return static_cast<T>(digamma_of(static_cast<long double>(x)));
}

/// d/dx gamma(x) = gamma(x) digamma(x), also where gamma overflows or underflows and its slope does not.
template <class T>
T gamma_slope(const T& x) {
  const long double exact = static_cast<long double>(x);
  return static_cast<T>(std::tgamma(exact) * digamma_of(exact));
}

// The n-th derivative of cot z, given c = cot z: a polynomial of c, since cot' z = -(1 + c^2).
inline long double cotangent_derivative(int n, long double c) {
  std::vector<long double> p = {0, 1};
  for (int m = 0; m < n; ++m) {
    std::vector<long double> next(p.size() + 1);
    for (std::size_t i = 1; i < p.size(); ++i) {
      const long double slope = static_cast<long double>(i) * p[i];
      next[i - 1] -= slope, next[i + 1] -= slope;
    }
    p = next;
  }
  long double sum = 0;
  for (std::size_t i = p.size(); i-- > 0;) sum = sum * c + p[i];
  return sum;
}

/// The n-th derivative of digamma, n > 0: for x < 0 by reflection, otherwise by recurrence up to 20 and from there by
/// its asymptotic series. Source: Abramowitz and Stegun 6.4.6, 6.4.7 and 6.4.11.
inline long double polygamma(int n, long double x) {
  constexpr long double pi = std::numbers::pi_v<long double>;
  if (x > std::numeric_limits<long double>::max()) return 0;
  if (x < 0) {
    const long double fraction = x - std::round(x);
    if (!(std::abs(fraction) > 0)) return std::numeric_limits<long double>::quiet_NaN();
    const long double cotangent = std::abs(fraction) < 0.25L
                                      ? 1 / std::tan(pi * fraction)
                                      : std::copysign(std::tan(pi * (0.5L - std::abs(fraction))), fraction);
    const long double reflected = polygamma(n, 1 - x);
    return (n % 2 == 0 ? reflected : -reflected) - std::pow(pi, n + 1.0L) * cotangent_derivative(n, cotangent);
  }
  static constexpr std::array<long double, 8> bernoulli = {1 / 6.0L,  -1 / 30.0L,     1 / 42.0L, -1 / 30.0L,
                                                           5 / 66.0L, -691 / 2730.0L, 7 / 6.0L,  -3617 / 510.0L};
  long double factorial = 1, sum = 0;
  for (int k = 2; k <= n; ++k) factorial *= static_cast<long double>(k);
  const auto power = [n](long double inverse) {
    long double product = inverse;
    for (int k = 0; k < n; ++k) product *= inverse;
    return product;
  };
  for (; x < 20; x += 1) sum += power(1 / x);
  const long double inverse = 1 / x, last = power(inverse);
  // B_2k (2k+n-1)! / (2k)! / x^(2k+n), from the smallest of them on
  std::array<long double, bernoulli.size()> terms = {};
  long double ratio = factorial * static_cast<long double>(n + 1) / 2, next = last * inverse;
  for (std::size_t k = 0; k < terms.size(); ++k) {
    terms[k] = bernoulli[k] * ratio * next;
    const int j = 2 * static_cast<int>(k + 1);
    ratio *= static_cast<long double>((j + n) * (j + n + 1)) / static_cast<long double>((j + 1) * (j + 2));
    next *= inverse * inverse;
  }
  long double tail = 0;
  for (std::size_t k = terms.size(); k-- > 0;) tail += terms[k];
  tail += factorial * (last / 2 + last * x / static_cast<long double>(n));
  const long double size = factorial * sum + tail;
  return n % 2 == 0 ? -size : size;
}

}  // namespace downhill::special
