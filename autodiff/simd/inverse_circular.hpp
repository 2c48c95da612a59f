#pragma once
/// \file
/// Inverse circular functions over packs. What lies beyond tan(pi/8) is brought below it by one division, and what lies
/// beyond 1/2 for arcsin and arccos by a square root: asin x = pi/2 - 2 asin sqrt((1 - x) / 2). The polynomials are
/// minimax, fitted in 45-digit arithmetic.

#include <limits>

#include <autodiff/simd/lane_by_lane.hpp>
#include <autodiff/simd/polynomial.hpp>

namespace downhill::simd {

/// (atan q / q - 1) / q² for |q| <= tan(pi/8) and (asin x / x - 1) / x² for |x| <= 1/2, as polynomials of the square.
/// The ones for float are worked out in double.
template <class T>
struct InverseCircularSeries;
template <>
struct InverseCircularSeries<double> {  // errors 5e-20 and 2e-18
  static constexpr double tangent[] = {-0.333333333333333275253,  0.199999999999976701205,   -0.142857142853881087669,
                                       0.111111110881829381619,   -0.0909090814468352189168, 0.0769228276162837655,
                                       -0.0666622679481903486065, 0.0587702211267315587076,  -0.0521840612306040439244,
                                       0.0450355541294692160825,  -0.0334745733076569230479, 0.0151952494139183342876};
  static constexpr double sine[] = {0.166666666666667629547,   0.0749999999997010585931, 0.0446428571752801344339,
                                    0.0303819426755314790823,  0.0223722158994013008302, 0.0173515956100254863629,
                                    0.013981017272887501637,   0.0113973030505345263401, 0.0107892665960668337614,
                                    0.00367238608245446598887, 0.0217901696209722337324, -0.0211160590614485863803,
                                    0.0327017584416132495564};
};
template <>
struct InverseCircularSeries<float> {  // errors 7e-10 and 3e-10
  static constexpr double tangent[] = {-0.333333154245170208353, 0.199984840392013099756, -0.142437392852944742066,
                                       0.105951424701150574965, -0.0608116106902691732131};
  static constexpr double sine[] = {0.16666659853571801555,  0.0750051211089156274239, 0.0445154734671591972649,
                                    0.031819807572172590718, 0.0143938290379480736572, 0.037578143793901379352};
};

/// atan(a / b), from 0 to pi/2, for a and b from 0 to infinity of which not both are 0 or infinite, and not so large
/// that a + b overflows; in two parts.
template <class Series, class P>
[[gnu::always_inline]] inline Parts<P> first_quadrant(const P& a, const P& b) {
  const auto is_steep = a > b * P(2.414213562373095), is_middle = a > b * P(0.41421356237309503);
  const P q = choose(is_steep, -b, choose(is_middle, a - b, a)) / choose(is_steep, a, choose(is_middle, a + b, b));
  const P z = q * q, zero(0);
  const P from = choose(is_steep, P(0x1.921fb54442d18p+0), choose(is_middle, P(0x1.921fb54442d18p-1), zero));
  const P from_low = choose(is_steep, P(0x1.1a62633145c07p-54), choose(is_middle, P(0x1.1a62633145c07p-55), zero));
  return {from, multiply_add(q * z, polynomial(z, Series::tangent), from_low) + q};
}
template <class Series, class P>
[[gnu::always_inline]] inline P arc_tangent(const P& x) {
  const auto angle = first_quadrant<Series>(abs(x), P(1));
  return copysign(angle.high + angle.low, x);
}
/// The angle of the point (x, y). Where both are 0 or infinite, lane by lane.
template <class Series, class P>
[[gnu::always_inline]] inline P arc_tangent_of_point(const P& y, const P& x) {
  const P size_y = abs(y), size_x = abs(x), larger = choose(size_y > size_x, size_y, size_x);
  const P scale = choose(larger > P(0x1p1020), P(0x1p-4), P(1));  // or a + b would overflow
  const auto angle = first_quadrant<Series>(size_y * scale, size_x * scale);
  const P left = P(0x1.921fb54442d18p+1) - angle.high;
  const P size = choose(signbit(x), left + (P(0x1.1a62633145c07p-53) - angle.low), angle.high + angle.low);
  const P infinite(std::numeric_limits<double>::infinity());
  const auto asks = (size_y == size_x) && (size_y == P(0) || size_y == infinite);
  return value_where<Atan2>(asks, copysign(size, y), y, x);
}

/// asin of s = sqrt z and what its rounding left, z = (1 - |x|) / 2 <= 1/4.
template <class Series, class P>
[[gnu::always_inline]] inline Parts<P> half_arc(const P& z) {
  const P s = sqrt(z);
  const auto square = product_in_parts(s, s);
  const P rest = choose(s == P(0), s, ((z - square.high) - square.low) / (s + s));
  return {s, multiply_add(s * z, polynomial(z, Series::sine), rest)};
}
template <class Series, class P>
[[gnu::always_inline]] inline P arc_sine(const P& x) {
  const P size = abs(x);
  const auto is_near = size < P(0.5);
  const P z = choose(is_near, x * x, P(0.5) * (P(1) - size));
  const auto arc = half_arc<Series>(z);
  const P quarter = P(0x1.921fb54442d18p-1), s = arc.high;
  const P far = quarter - ((arc.low + arc.low) - P(0x1.1a62633145c07p-54) - (quarter - (s + s)));
  return choose(is_near, multiply_add(x * z, polynomial(z, Series::sine), x), copysign(far, x));
}
template <class Series, class P>
[[gnu::always_inline]] inline P arc_cosine(const P& x) {
  const P size = abs(x);
  const auto is_near = size < P(0.5);
  const P z = choose(is_near, x * x, P(0.5) * (P(1) - size));
  const auto arc = half_arc<Series>(z);
  const P half = arc.high + arc.low, curve = x * z * polynomial(z, Series::sine);
  const P pi_low(0x1.1a62633145c07p-53), quarter_low(0x1.1a62633145c07p-54);
  const P near = P(0x1.921fb54442d18p+0) - (x - (quarter_low - curve));
  const P left = P(0x1.921fb54442d18p+1) - (P(2) * (arc.high + (arc.low - P(0.5) * pi_low)));
  return choose(is_near, near, choose(x < P(0), left, half + half));
}

template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> atan(Pack<T, Isa, lanes> x) {
  return in_doubles([](auto y) { return arc_tangent<InverseCircularSeries<T>>(y); }, x);
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> atan2(Pack<T, Isa, lanes> y, Pack<T, Isa, lanes> x) {
  return in_doubles([](auto a, auto b) { return arc_tangent_of_point<InverseCircularSeries<T>>(a, b); }, y, x);
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> asin(Pack<T, Isa, lanes> x) {
  return in_doubles([](auto y) { return arc_sine<InverseCircularSeries<T>>(y); }, x);
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> acos(Pack<T, Isa, lanes> x) {
  return in_doubles([](auto y) { return arc_cosine<InverseCircularSeries<T>>(y); }, x);
}

}  // namespace downhill::simd
