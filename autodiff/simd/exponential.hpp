#pragma once
/// \file
/// Exponentials and hyperbolic functions over packs. The argument is brought near 0 by a power of two, and a minimax
/// polynomial is enough there. The polynomials were fitted in 50-digit arithmetic. No lane waits for another, and
/// denormal numbers, the last ones before infinity and NaN take the same way as the others.

#include <autodiff/simd/polynomial.hpp>

namespace downhill::simd {

/// (e^r - 1 - r) / r² for |r| <= log(2) / 2, and beyond which arguments e^x is 0 and infinite.
template <class T>
struct ExponentialSeries;
template <>
struct ExponentialSeries<float> {  // error 1.5e-8 r
  static constexpr float terms[] = {0.5000000065646F, 0.1666653814642F, 0.04166626671862F, 0.008367234443985F,
                                    0.001394758794376F};
  static constexpr float least = -104, most = 89;
};
template <>
struct ExponentialSeries<double> {  // error 2e-17 r
  static constexpr double terms[] = {0.500000000000000606127,   0.166666666666666878795,    0.0416666666665665192366,
                                     0.00833333333331310426606, 0.00138888889348950618711,  0.000198412699067147678989,
                                     2.48015012449068395e-05,   2.75572243337817324588e-06, 2.7627656596962423519e-07,
                                     2.51157042797307171976e-08};
  static constexpr double least = -746, most = 710;
};

/// e^r - 1, |r| <= log(2) / 2.
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> small_exponential(Pack<T, Isa, lanes> r) {
  return multiply_add(r * r, polynomial(r, ExponentialSeries<T>::terms), r);
}
/// e^r - 1 for the r that is left of x = n log 2 + r.
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> reduced_exponential(Pack<T, Isa, lanes> x,
                                                                      Whole<Pack<T, Isa, lanes>>& n) {
  using P = Pack<T, Isa, lanes>;
  n = nearest_whole(x, P(1.44269504088896340736L));
  return small_exponential(
      multiply_add(n.number, P(-Format<T>::log_2_low), multiply_add(n.number, P(-Format<T>::log_2_high), x)));
}

template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> exp(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  Whole<P> n;
  const P y = reduced_exponential(between(x, ExponentialSeries<T>::least, ExponentialSeries<T>::most), n);
  return scaled(P(1) + y, n);
}

/// 2^x, x = n + r.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> exp2(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  constexpr T largest = T(2 * Format<T>::bias);
  const P clamped = between(x, -largest, largest);
  const Whole<P> n = nearest_whole(clamped, P(1));
  return scaled(P(1) + small_exponential((clamped - n.number) * P(0.693147180559945309417L)), n);
}

/// 2^n (e^r - 1) + (2^n - 1), doubled at the end, so that 2^n does not overflow before the result does.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> expm1(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  Whole<P> n;
  const P y = reduced_exponential(between(x, T(-60), ExponentialSeries<T>::most), n);
  const P half = power_of_two<T>(n.bits - decltype(n.bits)(1));
  return choose(half == P(0.5), y, P(2) * multiply_add(half, y, half - P(0.5)));
}

/// (sinh x / x - 1) / x² for |x| <= 1, as a polynomial of the square.
template <class T>
struct HyperbolicSeries;
template <>
struct HyperbolicSeries<float> {  // error 6e-11
  static constexpr float terms[] = {0.166666664880016461392F, 0.00833335065028657608199F, 0.000198360557380081259403F,
                                    0.00000281750214342758013885F};
};
template <>
struct HyperbolicSeries<double> {  // error 1e-19
  static constexpr double terms[] = {
      0.166666666666666674345,   0.00833333333333313763969,  0.000198412698414385211832, 0.00000275573191550622063354,
      2.50521234436060730886e-8, 1.60572367307347128288e-10, 7.75942468726158785388e-13};
};
/// e^|x| / 2, which is finite for a while where e^|x| is not.
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> half_exponential(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  Whole<P> n;
  const P y = reduced_exponential(between(abs(x), T(0), ExponentialSeries<T>::most + 2), n);
  return scaled(P(1) + y, Whole<P>{n.number - P(1), n.bits - decltype(n.bits)(1)});
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> sinh(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  const P z = x * x, near = multiply_add(x * z, polynomial(z, HyperbolicSeries<T>::terms), x),
          half = half_exponential(x);
  return choose(abs(x) < P(1), choose(x == P(0), x, near), copysign(half - P(0.25) / half, x));
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> cosh(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  const P half = half_exponential(x);
  return half + P(0.25) / half;
}

/// -e / (2 + e) with e = e^(-2 |x|) - 1, and the sign of x.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> tanh(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  Whole<P> n;
  const P size = P(-2) * abs(x), y = reduced_exponential(choose(size < P(-60), P(-60), size), n);
  const P power = power_of_two<T>(n.bits), e = multiply_add(power, y, power - P(1));
  return choose(x == P(0), x, copysign(e / (P(2) + e), x));
}

}  // namespace downhill::simd
