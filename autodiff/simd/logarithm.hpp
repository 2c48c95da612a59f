#pragma once
/// \file
/// Logarithms over packs. The argument is brought near 1 by a power of two; as in exponential.hpp, there is one way for
/// all numbers.

#include <autodiff/simd/polynomial.hpp>

namespace downhill::simd {

/// (log((1 + s) / (1 - s)) - 2 s) / s³ as a polynomial of s², for 1 + f from sqrt(1/2) to sqrt(2) and s = f / (2 + f).
template <class T>
struct LogarithmSeries;
template <>
struct LogarithmSeries<float> {  // error 2e-9 s²
  static constexpr float terms[] = {0.6666677965095F, 0.3997709058217F, 0.2988493633824F};
};
template <>
struct LogarithmSeries<double> {  // error 3e-18 s²
  static constexpr double terms[] = {0.666666666666673892849, 0.399999999993803471273, 0.28571428750857700801,
                                     0.222221976274526305918, 0.181836171146611904301, 0.153126136658561729073,
                                     0.14811135292640341468};
};

/// u = 2^e (1 + f), u > 0, with 1 + f from sqrt(1/2) to sqrt(2).
template <class P>
struct Mantissa {
  P f, exponent;
};
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Mantissa<Pack<T, Isa, lanes>> mantissa_of(Pack<T, Isa, lanes> u) {
  using P = Pack<T, Isa, lanes>;
  using Bits = Pack<BitsOf<T>, Isa, lanes>;
  using F = Format<T>;
  const auto is_denormal = u < P(std::numeric_limits<T>::min());
  const Bits bits = bits_of(choose(is_denormal, u * P(F::raise), u));
  // Counted from sqrt(1/2); and from 2 bias on, so as not to be negative.
  const Bits from = bits - bits_of(P(0.70710678118654752440L));
  const Bits e = (from + Bits(2 * F::bias << F::digits)) >> F::digits;
  const P mantissa = of_bits<T>(bits - ((e - Bits(2 * F::bias)) << F::digits));
  // An integer as a number: in the last digits of one that is large enough.
  constexpr T zero = F::round + T(2 * F::bias);
  const P exponent = of_bits<T>(bits_of(P(F::round)) + e) - choose(is_denormal, P(zero + F::raise_exponent), P(zero));
  return {mantissa - P(1), exponent};
}
/// log(u + rest) of finite u > 0, as log(1 + f) = f - f²/2 + s (f²/2 + R(s²)).
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> finite_logarithm(Pack<T, Isa, lanes> u, Pack<T, Isa, lanes> rest) {
  using P = Pack<T, Isa, lanes>;
  const auto [f, exponent] = mantissa_of(u);
  const P s = f / (P(2) + f), z = s * s, half_square = f * f * P(0.5);
  const P low = multiply_add(exponent, P(Format<T>::log_2_low), rest);
  const P curve = multiply_add(s, multiply_add(z, polynomial(z, LogarithmSeries<T>::terms), half_square), low);
  return multiply_add(exponent, P(Format<T>::log_2_high), f - (half_square - curve));
}
/// log(1 + f).
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> logarithm_of_mantissa(Pack<T, Isa, lanes> f) {
  using P = Pack<T, Isa, lanes>;
  const P s = f / (P(2) + f), z = s * s, half_square = f * f * P(0.5);
  return f - (half_square - s * multiply_add(z, polynomial(z, LogarithmSeries<T>::terms), half_square));
}
/// y, the logarithm of u, where u is positive and finite.
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> logarithm_at_edges(Pack<T, Isa, lanes> u, Pack<T, Isa, lanes> y) {
  using P = Pack<T, Isa, lanes>;
  const P infinite(std::numeric_limits<T>::infinity());
  return choose(u > P(0), choose(u < infinite, y, u),
                choose(u == P(0), -infinite, P(std::numeric_limits<T>::quiet_NaN())));
}

template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> log(Pack<T, Isa, lanes> x) {
  return logarithm_at_edges(x, finite_logarithm(x, Pack<T, Isa, lanes>(0)));
}

template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> log2(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  const auto [f, exponent] = mantissa_of(x);
  return logarithm_at_edges(x, multiply_add(logarithm_of_mantissa(f), P(1.44269504088896340736L), exponent));
}
/// log_10 2 is in two parts, of which whole numbers times the first are exact.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> log10(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  const auto [f, exponent] = mantissa_of(x);
  const P high(std::same_as<T, double> ? 0x1.34413509p-2 : 0x1.34p-2);
  const P low(std::same_as<T, double> ? 0x1.ef3fde623e256p-35 : 0x1.04d427de7fbccp-12);
  const P of_mantissa = logarithm_of_mantissa(f) * P(0.434294481903251827651L);
  return logarithm_at_edges(x, multiply_add(exponent, high, multiply_add(exponent, low, of_mantissa)));
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> log1p(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  const P one(1), u = one + x;
  const P rounded_off = choose(x < one, x - (u - one), one - (u - x));
  return choose(x == P(0), x, logarithm_at_edges(u, finite_logarithm(u, choose(u < P(1e8), rounded_off / u, P(0)))));
}

// Inverse hyperbolic functions are logarithms of 1 + w, where w has all its digits. Beyond, where x² overflows, they
// are log(2 x).
/// log(1 + w), or log(2 w) where |x| is huge.
template <class P>
[[gnu::always_inline]] inline P logarithm_of_twice(const P& size, const P& w) {
  const auto is_huge = size > P(std::same_as<typename P::Number, double> ? 0x1p500 : 0x1p60);
  return log1p(choose(is_huge, size, w)) + choose(is_huge, P(0.693147180559945309417L), P(0));
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> asinh(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  const P size = abs(x), square = size * size, w = size + square / (P(1) + sqrt(P(1) + square));
  return copysign(logarithm_of_twice(size, w), x);
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> acosh(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  const P t = x - P(1);
  const P w = choose(t < P(0), P(std::numeric_limits<T>::quiet_NaN()), t + sqrt(t * (t + P(2))));
  return logarithm_of_twice(x, w);
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> atanh(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  const P size = abs(x);
  return copysign(P(0.5) * log1p((size + size) / (P(1) - size)), x);
}

}  // namespace downhill::simd
