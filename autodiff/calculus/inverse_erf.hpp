#pragma once
/// \file
/// The inverse of the error function, and its slope. In long double, because the slope has the square of the value in
/// an exponent.

#include <cmath>
#include <limits>
#include <numbers>

namespace downhill::special {

// erf y = x for 0 < |x| < 1, within 0.3 % of the size of y. Source: Winitzki, "A handy approximation for the error
// function and its inverse" (2008), with the root of a difference written as a quotient, which does not cancel.
inline long double inverse_erf_start(long double x) {
  constexpr long double a = 0.147L, two_over_pi_a = 2 * std::numbers::inv_pi_v<long double> / a;
  const long double log = std::log1p(-std::abs(x)) + std::log1p(std::abs(x)), half = two_over_pi_a + log / 2;
  const long double square = -log / a / (std::sqrt(half * half - log / a) + half);
  return std::copysign(std::sqrt(square), x);
}

/// y of erf y = x: a start that three of Halley's steps, each of which triples the digits, bring to all of long double.
/// Beyond |x| = 1/2 the equation is erfc |y| = 1 - |x|, whose right side is exact.
inline long double inverse_erf(long double x) {
  const long double size = std::abs(x);
  if (!(size <= 1)) return std::numeric_limits<long double>::quiet_NaN();
  if (size == 1) return std::copysign(std::numeric_limits<long double>::infinity(), x);
  constexpr long double slope_at_zero = 2 * std::numbers::inv_sqrtpi_v<long double>;
  if (size < 1e-12L) return x / slope_at_zero;  // the next term is x^3 / 5
  long double y = std::abs(inverse_erf_start(x));
  for (int step = 0; step < 3; ++step) {
    const long double miss = size <= 0.5L ? std::erf(y) - size : (1 - size) - std::erfc(y);
    const long double newton = miss / (slope_at_zero * std::exp(-y * y));
    y -= newton / (1 + y * newton);
  }
  return std::copysign(y, x);
}

template <class T>
T erfinv(const T& x) {
  return static_cast<T>(inverse_erf(static_cast<long double>(x)));
}
/// sqrt(pi)/2 exp(y^2) for erf y = x.
template <class T>
T erfinv_slope(const T& x) {
  const long double y = inverse_erf(static_cast<long double>(x));
  return static_cast<T>(std::exp(y * y) / (2 * std::numbers::inv_sqrtpi_v<long double>));
}

}  // namespace downhill::special
