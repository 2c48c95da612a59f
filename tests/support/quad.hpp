#pragma once
// 113-bit arithmetic, where the compiler brings libquadmath: the judge of the slopes.
//
// CMake defines DOWNHILL_HAVE_QUADMATH after linking a program with it. The functions are declared here, because clang
// finds the library and not its header.

#if defined(DOWNHILL_HAVE_QUADMATH)

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace downhill::test {

__extension__ typedef __float128 quad;

extern "C" {
quad fabsq(quad), floorq(quad), truncq(quad), roundq(quad), ceilq(quad), fmodq(quad, quad), fmaq(quad, quad, quad);
quad sqrtq(quad), cbrtq(quad), powq(quad, quad), hypotq(quad, quad), ldexpq(quad, int);
quad expq(quad), exp2q(quad), expm1q(quad), logq(quad), log2q(quad), log10q(quad), log1pq(quad);
quad sinq(quad), cosq(quad), tanq(quad), asinq(quad), acosq(quad), atanq(quad), atan2q(quad, quad);
quad sinhq(quad), coshq(quad), tanhq(quad), asinhq(quad), acoshq(quad), atanhq(quad);
quad erfq(quad), erfcq(quad), lgammaq(quad), tgammaq(quad);
quad remainderq(quad, quad), copysignq(quad, quad), fdimq(quad, quad);
int ilogbq(quad);
}

inline const quad pi = acosq(-1), log_of_2 = logq(2), log_of_10 = logq(10);

/// The distance between neighbours of type T around x: 2^(exponent of x - digits + 1), and no less than among
/// denormals.
template <class T>
quad ulp(quad x) {
  using Limits = std::numeric_limits<T>;
  const int exponent = x == 0 ? Limits::min_exponent - 1 : std::max(ilogbq(x), Limits::min_exponent - 1);
  return ldexpq(1, std::min(exponent, Limits::max_exponent - 1) - Limits::digits + 1);
}

/// How many ulp of T lie between `got` and the true result. 0 where `got` is an infinity to which the true result
/// rounds, or where both are NaN.
template <class T>
quad ulps_between(T got, quad wanted) {
  using Limits = std::numeric_limits<T>;
  const quad largest = Limits::max(), result = got;
  const bool beyond = fabsq(wanted) > largest;
  if (wanted != wanted || got != got) return wanted != wanted && got != got ? quad(0) : quad(1e30);
  if (beyond && fabsq(result) >= largest) return (wanted > 0) == (got > 0) ? quad(0) : quad(1e30);
  if (fabsq(result) > largest) return fabsq(wanted) > largest - 4 * ulp<T>(largest) ? quad(1) : quad(1e30);
  return fabsq(result - wanted) / ulp<T>(wanted);
}

/// The logistic function, 1 / (1 + e^-x).
inline quad logistic(quad x) { return 1 / (1 + expq(-x)); }
/// The density of the standard normal distribution.
inline quad normal(quad x) { return expq(-x * x / 2) / sqrtq(2 * pi); }
/// pi / tan(pi x), from the distance to the nearest integer.
inline quad pi_cot_pi(quad x) { return pi / tanq(pi * (x - roundq(x))); }

/// terms[0] + terms[1] w + terms[2] w^2 + ...
template <std::size_t n>
quad series(const quad (&terms)[n], quad w) {
  quad sum = 0;
  for (std::size_t i = n; i-- > 0;) sum = sum * w + terms[i];
  return sum;
}
/// d/dx log gamma(x): recurrence up to x >= 40, then the asymptotic series (Abramowitz and Stegun 6.3.18), whose n-th
/// term is B_2n / (2n x^2n); by reflection for x < 0.
inline quad digamma(quad x) {
  if (x < 0) return digamma(1 - x) - pi_cot_pi(x);
  quad sum = 0;
  for (; x < 40; x += 1) sum -= 1 / x;
  const quad w = 1 / (x * x);
  const quad terms[] = {quad(1) / 12,        -quad(1) / 120,       quad(1) / 252,     -quad(1) / 240,
                        quad(1) / 132,       -quad(691) / 32760,   quad(1) / 12,      -quad(3617) / 8160,
                        quad(43867) / 14364, -quad(174611) / 6600, quad(77683) / 276, -quad(236364091) / 65520,
                        quad(657931) / 12};
  return sum + logq(x) - 1 / (2 * x) - w * series(terms, w);
}

/// d/dx digamma(x): recurrence and the asymptotic series with the terms B_2n / x^(2n+1), as above; NaN at
/// -1, -2, ...
inline quad trigamma(quad x) {
  if (x < 0) {
    const quad sine = sinq(pi * (x - roundq(x)));
    return sine == 0 ? sine / sine : pi * pi / (sine * sine) - trigamma(1 - x);
  }
  quad sum = 0;
  for (; x < 40; x += 1) sum += 1 / (x * x);
  const quad w = 1 / (x * x);
  const quad terms[] = {quad(1) / 6,       -quad(1) / 30,       quad(1) / 42,       -quad(1) / 30,
                        quad(5) / 66,      -quad(691) / 2730,   quad(7) / 6,        -quad(3617) / 510,
                        quad(43867) / 798, -quad(174611) / 330, quad(854513) / 138, -quad(236364091) / 2730,
                        quad(8553103) / 6};
  return sum + (1 + 1 / (2 * x) + w * series(terms, w)) / x;
}

/// y of erf y = x: bisection in double, and Newton's steps from there, of erfc where x is beyond 1/2.
inline quad inverse_erf(quad x) {
  const quad size = fabsq(x);
  if (size < quad(1e-20)) return x * sqrtq(pi) / 2;
  double low = 0, high = 7;
  const bool is_tail = size > quad(0.5);
  const double target = static_cast<double>(is_tail ? 1 - size : size);
  while (high - low > 1e-12 * high) {
    const double middle = (low + high) / 2;
    ((is_tail ? std::erfc(middle) > target : std::erf(middle) < target) ? low : high) = middle;
  }
  quad y = low;
  for (int step = 0; step < 3; ++step)
    y -= (is_tail ? (1 - size) - erfcq(y) : erfq(y) - size) / (2 / sqrtq(pi) * expq(-y * y));
  return copysignq(y, x);
}

}  // namespace downhill::test

#endif
