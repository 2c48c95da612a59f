#pragma once
/// \file
/// Numbers of about 32 digits, each a pair of doubles, for sums whose terms cancel.

#include <cmath>

namespace downhill {

/// high + low, with low below the last digit of high. Sums and products are right to about 1e-31 of the operands; the
/// range is that of double, less the 32 digits below its smallest numbers. Sources: T. J. Dekker, "A floating-point
/// technique for extending the available precision", Numer. Math. 18 (1971); Joldes, Muller and Popescu, "Tight and
/// rigorous error bounds for basic building blocks of double-word arithmetic", ACM Trans. Math. Softw. 44 (2017).
struct DoubleDouble {
  double high = 0, low = 0;

  DoubleDouble(double number = 0) : high(number) {}
  /// Exactly a + b.
  DoubleDouble(double a, double b) : high(a + b), low((a - (high - (high - a))) + (b - (high - a))) {}
};

inline DoubleDouble operator+(const DoubleDouble& a, const DoubleDouble& b) {
  const DoubleDouble sum(a.high, b.high);
  return {sum.high, sum.low + a.low + b.low};
}
inline DoubleDouble operator-(const DoubleDouble& a) { return {-a.high, -a.low}; }
inline DoubleDouble operator-(const DoubleDouble& a, const DoubleDouble& b) { return a + -b; }
inline DoubleDouble operator*(const DoubleDouble& a, const DoubleDouble& b) {
  const double product = a.high * b.high;
  return {product, std::fma(a.high, b.high, -product) + a.high * b.low + a.low * b.high};
}
inline DoubleDouble operator/(const DoubleDouble& a, const DoubleDouble& b) {
  const DoubleDouble first = a.high / b.high, second = (a - first * b).high / b.high;
  const DoubleDouble quotient = first + second;
  return quotient + (a - quotient * b).high / b.high;
}
/// Of a number that is not negative.
inline DoubleDouble sqrt(const DoubleDouble& a) {
  if (!(a.high > 0)) return std::sqrt(a.high);
  const DoubleDouble root = std::sqrt(a.high);
  return root + (a - root * root).high / (2 * root.high);
}

}  // namespace downhill
