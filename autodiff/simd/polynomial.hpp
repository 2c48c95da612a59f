#pragma once
/// \file
/// Polynomials over packs, and the constants of number types that elementary functions need.

#include <cstddef>
#include <cstdint>
#include <limits>

#include <autodiff/simd/machine.hpp>

namespace downhill::simd {

/// c_0 + c_1 x + c_2 x^2 + ... by Horner's rule: no lane waits for another, and many packs are under way at once.
template <class T, class Isa, std::size_t lanes, std::size_t size>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> polynomial(Pack<T, Isa, lanes> x, const T (&coefficients)[size]) {
  using P = Pack<T, Isa, lanes>;
  P sum(coefficients[size - 1]);
  for (std::size_t i = size - 1; i > 0; --i) sum = multiply_add(sum, x, P(coefficients[i - 1]));
  return sum;
}

/// How numbers of type T are made of bits, and log 2 in two parts, of which whole numbers times the first are exact.
template <class T>
struct Format;
template <>
struct Format<float> {
  static constexpr std::uint32_t digits = 23, bias = 127;
  static constexpr float round = 0x1.8p23F;  // x + round - round is the integer next to x
  static constexpr float log_2_high = 0x1.63p-1F, log_2_low = -0x1.bd0106p-13F;
  static constexpr float raise = 0x1p25F;  // makes ordinary numbers of denormal ones
  static constexpr float raise_exponent = 25;
};
template <>
struct Format<double> {
  static constexpr std::uint64_t digits = 52, bias = 1023;
  static constexpr double round = 0x1.8p52;
  static constexpr double log_2_high = 0x1.62e4p-1, log_2_low = 0x1.7f7d1cf79abcap-20;
  static constexpr double raise = 0x1p54;
  static constexpr double raise_exponent = 54;
};

/// A whole number next to x, as a number and as bits; |x| at most 2^22, or 2^51 in double.
template <class P>
struct Whole {
  P number;
  Pack<BitsOf<typename P::Number>, typename P::InstructionSet, P::size> bits;
};
/// The one next to x scale.
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Whole<Pack<T, Isa, lanes>> nearest_whole(Pack<T, Isa, lanes> x,
                                                                       Pack<T, Isa, lanes> scale) {
  const Pack<T, Isa, lanes> round(Format<T>::round), shifted = multiply_add(x, scale, round);
  return {shifted - round, bits_of(shifted) - bits_of(round)};
}

/// 2^n, an ordinary number.
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> power_of_two(Pack<BitsOf<T>, Isa, lanes> n) {
  using Bits = Pack<BitsOf<T>, Isa, lanes>;
  return of_bits<T>((n + Bits(Format<T>::bias)) << Format<T>::digits);
}
/// x 2^n, rounded once where it is denormal, |n| below twice the largest exponent.
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> scaled(Pack<T, Isa, lanes> x, Whole<Pack<T, Isa, lanes>> n) {
#ifdef __AVX512F__
  // By their forms with a mask: g++ 12 warns of the others that they are not initialised.
  if constexpr (lanes * sizeof(T) == 64) {
    if constexpr (sizeof(T) == 8)
      return Pack<T, Isa, lanes>(_mm512_maskz_scalef_pd(static_cast<__mmask8>(-1), x.vector, n.number.vector));
    else
      return Pack<T, Isa, lanes>(_mm512_maskz_scalef_ps(static_cast<__mmask16>(-1), x.vector, n.number.vector));
  }
#endif
  using Bits = Pack<BitsOf<T>, Isa, lanes>;
  // Unsigned, and so above 0 while it is halved.
  const Bits half = ((n.bits + Bits(4 * Format<T>::bias)) >> 1) - Bits(2 * Format<T>::bias);
  return x * power_of_two<T>(half) * power_of_two<T>(n.bits - half);
}

/// x, but no smaller and no larger than these; NaN where x is.
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> between(Pack<T, Isa, lanes> x, T least, T most) {
  using P = Pack<T, Isa, lanes>;
  return choose(x < P(least), P(least), choose(x > P(most), P(most), x));
}

}  // namespace downhill::simd
