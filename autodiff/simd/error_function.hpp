#pragma once
/// \file
/// The error function and its complement over packs. Near 0 erf x is x times a polynomial of x²; from 1/2 on erfc x is
/// exp(-x²) / (1 + 2 x) times a polynomial of q = (x - 4) / (x + 4), for all x at once.
/// Source of the second form: Shepherd and Laframboise, "Chebyshev approximation of (1 + 2x) exp(x²) erfc x in
/// 0 <= x < infinity", Mathematics of Computation 36 (1981). The polynomials are minimax, fitted in 45-digit
/// arithmetic. Doubles without FMA, two at a time, take longer than the scalar functions, which then stand in for them.

#include <autodiff/simd/exponential.hpp>
#include <autodiff/simd/lane_by_lane.hpp>
#include <autodiff/simd/polynomial.hpp>

namespace downhill::simd {

/// `near_zero` is erf(x) / x - 1 for |x| <= 1, `tail` is (1 + 2 x) exp(x²) erfc x from 0.49 on, up to `most`, from
/// where on erfc x is 0. The ones for float are worked out in double.
template <class T>
struct ErrorFunctionSeries;
template <>
struct ErrorFunctionSeries<double> {  // errors 2e-19 and 3e-18
  static constexpr double near_zero[] = {
      0.128379167095512573748,    -0.376126389031837475484,     0.112837916709548546787,
      -0.0268661706450723404952,  0.0052239776247752370573,     -0.000854832697840570387766,
      0.000120553310241771036623, -0.0000149255931909030167251, 0.00000164609675917626402137,
      -1.63499682539016794937e-7, 1.46574866199669529419e-8,    -1.13641091867638537177e-9,
      5.94256916336044009381e-11};
  static constexpr double tail[] = {
      1.23299511862555251176,       -0.139621116840562495197,     0.0153796521026188821262,
      0.068097054254690066123,      -0.101039066036244390361,     0.0937328349984606948633,
      -0.0663303658138386180977,    0.0371675155352770587014,     -0.0161977340353986540304,
      0.00503197000256832107981,    -0.000757773468846589208386,  -0.000199256863693492447087,
      0.000150622580726501877249,   -0.0000243984579759476240229, -0.0000112249554511303120916,
      0.00000570747863214138934761, 2.99907462772465412055e-7,    -8.20976414922401271496e-7,
      6.67229919997549585194e-8,    1.04473105115343190438e-7,    -1.21139759679066989278e-8,
      -1.0081517342393370584e-8};
  static constexpr double most = 28;
};
template <>
struct ErrorFunctionSeries<float> {  // errors 1e-9 and 2e-9
  static constexpr double near_zero[] = {
      0.128379165717621282743,   -0.376126257504406953349,    0.112835841884879204368,    -0.0268537667537568587341,
      0.00518823241379529501843, -0.000800927432876089343017, 0.0000785055520253579341084};
  static constexpr double tail[] = {1.23299511750888127939,    -0.139621066485765440997, 0.0153798344247029179533,
                                    0.0680944509695142642427,  -0.101044838293874340765, 0.0937684887791824580681,
                                    -0.0662585620226591886317, 0.0369927351415989311259, -0.016581789910141569293,
                                    0.00526779070020069322631};
  static constexpr double most = 11;
};

/// erf x, |x| <= 1.
template <class Series, class P>
[[gnu::always_inline]] inline P error_near_zero(const P& x) {
  return multiply_add(x, polynomial(x * x, Series::near_zero), x);
}
/// e^-x² and, where x >= 1/2, erfc x. The rounding error of x², which the exponential would multiply, goes in as a
/// factor.
template <class P>
struct ErrorTail {
  P value, bell;
};
template <class Series, class P>
[[gnu::always_inline]] inline ErrorTail<P> error_tail(const P& x) {
  const P a = choose(x > P(Series::most), P(Series::most), x);
  const auto square = product_in_parts(a, a);
  Whole<P> n;
  const P of_high = P(1) + reduced_exponential(-square.high, n), e = of_high - of_high * square.low;
  const P quotient = (a - P(4)) * inverse(a + P(4));  // of which a polynomial makes little
  const P factor = polynomial(quotient, Series::tail) / multiply_add(a, P(2), P(1));
  return {scaled(e * factor, n), scaled(e, n)};
}
template <class Series, class P>
[[gnu::always_inline]] inline P error_function(const P& x) {
  const P size = abs(x);
  return choose_lazily(
      size < P(1), [&] { return error_near_zero<Series>(x); },
      [&] { return copysign(P(1) - error_tail<Series>(size).value, x); });
}
template <class Series, class P>
[[gnu::always_inline]] inline P complementary_error_function(const P& x) {
  const P size = abs(x);
  return choose_lazily(
      size < P(0.5), [&] { return P(1) - error_near_zero<Series>(x); },
      [&] {
        const P tail = error_tail<Series>(size).value;
        return choose(x < P(0), P(2) - tail, tail);
      });
}

template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> erf(Pack<T, Isa, lanes> x) {
  if constexpr (std::same_as<T, double> && !Isa::has_fma)
    return value_everywhere<Erf>(x);
  else
    return in_doubles([](auto y) { return error_function<ErrorFunctionSeries<T>>(y); }, x);
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> erfc(Pack<T, Isa, lanes> x) {
  if constexpr (std::same_as<T, double> && !Isa::has_fma)
    return value_everywhere<Erfc>(x);
  else
    return in_doubles([](auto y) { return complementary_error_function<ErrorFunctionSeries<T>>(y); }, x);
}

}  // namespace downhill::simd
