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
[[gnu::always_inline]] inline Pack<T, Isa, lanes> log1p(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  const P one(1), u = one + x;
  const P rounded_off = choose(x < one, x - (u - one), one - (u - x));
  return choose(x == P(0), x, logarithm_at_edges(u, finite_logarithm(u, choose(u < P(1e8), rounded_off / u, P(0)))));
}

}  // namespace downhill::simd
