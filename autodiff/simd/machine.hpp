#pragma once
/// \file
/// What a processor has an instruction for and the compiler's vectors have no word for. For sources that are compiled
/// for each instruction set (instruction_set.hpp).

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <utility>

#include <autodiff/simd/pack.hpp>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace downhill::simd {

/// sqrt x, correctly rounded.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> sqrt(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  [[maybe_unused]] constexpr bool is_double = std::same_as<T, double>;
  [[maybe_unused]] constexpr std::size_t bytes = lanes * sizeof(T);
#ifdef __x86_64__
  if constexpr (bytes == 16 && is_double) return P(_mm_sqrt_pd(x.vector));
  if constexpr (bytes == 16 && !is_double) return P(_mm_sqrt_ps(x.vector));
#endif
#ifdef __AVX__
  if constexpr (bytes == 32 && is_double) return P(_mm256_sqrt_pd(x.vector));
  if constexpr (bytes == 32 && !is_double) return P(_mm256_sqrt_ps(x.vector));
#endif
#ifdef __AVX512F__
  if constexpr (bytes == 64 && is_double) return P(_mm512_maskz_sqrt_pd(static_cast<__mmask8>(-1), x.vector));
  if constexpr (bytes == 64 && !is_double) return P(_mm512_maskz_sqrt_ps(static_cast<__mmask16>(-1), x.vector));
#endif
  P y;
  for (std::size_t i = 0; i < lanes; ++i) y.vector[i] = std::sqrt(x.vector[i]);
  return y;
}

/// x y + z, rounded once on every processor; slow where it has no instruction for it.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> fma(Pack<T, Isa, lanes> x, Pack<T, Isa, lanes> y,
                                                      Pack<T, Isa, lanes> z) {
  using P = Pack<T, Isa, lanes>;
  [[maybe_unused]] constexpr bool is_double = std::same_as<T, double>;
  [[maybe_unused]] constexpr std::size_t bytes = lanes * sizeof(T);
#ifdef __FMA__
  if constexpr (bytes == 16 && is_double) return P(_mm_fmadd_pd(x.vector, y.vector, z.vector));
  if constexpr (bytes == 16 && !is_double) return P(_mm_fmadd_ps(x.vector, y.vector, z.vector));
  if constexpr (bytes == 32 && is_double) return P(_mm256_fmadd_pd(x.vector, y.vector, z.vector));
  if constexpr (bytes == 32 && !is_double) return P(_mm256_fmadd_ps(x.vector, y.vector, z.vector));
#endif
#ifdef __AVX512F__
  if constexpr (bytes == 64 && is_double) return P(_mm512_fmadd_pd(x.vector, y.vector, z.vector));
  if constexpr (bytes == 64 && !is_double) return P(_mm512_fmadd_ps(x.vector, y.vector, z.vector));
#endif
  P sum;
  for (std::size_t i = 0; i < lanes; ++i) sum.vector[i] = std::fma(x.vector[i], y.vector[i], z.vector[i]);
  return sum;
}

/// x y + z, rounded once where that is quick, otherwise twice.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> multiply_add(Pack<T, Isa, lanes> x, Pack<T, Isa, lanes> y,
                                                               Pack<T, Isa, lanes> z) {
  if constexpr (Isa::has_fma)
    return fma(x, y, z);
  else
    return x * y + z;
}

/// 1 / x within an ulp. Where there is a table of inverses, two of Newton's steps are quicker than a division.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> inverse(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
#ifdef __AVX512F__
  if constexpr (lanes * sizeof(T) == 64 && std::same_as<T, double>) {
    const P one(1), first(_mm512_maskz_rcp14_pd(static_cast<__mmask8>(-1), x.vector));
    const P error = fma(-x, first, one), second = fma(first, fma(error, error, error), first);
    // Beyond, there are no ordinary numbers on one of the sides.
    const auto is_ordinary = abs(x) >= P(0x1p-1021) && abs(x) <= P(0x1p1021);
    const P third = fma(second, fma(-x, second, one), second);
    if (all(is_ordinary)) [[likely]]
      return third;
    return choose(is_ordinary, third, one / x);
  }
#endif
  return P(1) / x;
}

// Whole numbers, by adding one so large that it has no digits after the point; beyond it all numbers are whole.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> trunc(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  const P large(std::same_as<T, double> ? 0x1p52 : 0x1p23), size = abs(x), near = (size + large) - large;
  return choose(size < large, copysign(choose(near > size, near - P(1), near), x), x);
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> floor(Pack<T, Isa, lanes> x) {
  const auto whole = trunc(x);
  return choose(whole > x, whole - Pack<T, Isa, lanes>(1), whole);
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> ceil(Pack<T, Isa, lanes> x) {
  const auto whole = trunc(x);
  return choose(whole < x, copysign(whole + Pack<T, Isa, lanes>(1), x), whole);
}
/// Halves away from 0.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> round(Pack<T, Isa, lanes> x) {
  using P = Pack<T, Isa, lanes>;
  const P whole = trunc(x);
  return choose(abs(x - whole) >= P(0.5), whole + copysign(P(1), x), whole);
}

/// A number in two parts that do not overlap: the rounded one and what rounding left.
template <class P>
struct Parts {
  P high, low;
};
/// x + y in two parts. Source: Knuth, The Art of Computer Programming 2, section 4.2.2, theorem B.
template <class P>
[[gnu::always_inline]] inline Parts<P> sum_in_parts(P x, P y) {
  const P sum = x + y, of_y = sum - x;
  return {sum, (x - (sum - of_y)) + (y - of_y)};
}
/// The same where x is 0 or not smaller than y. Source: Dekker, "A floating-point technique for extending the available
/// precision", Numerische Mathematik 18 (1971).
template <class P>
[[gnu::always_inline]] inline Parts<P> ordered_sum_in_parts(P x, P y) {
  const P sum = x + y;
  return {sum, y - (sum - x)};
}
/// x y in two parts, where neither they nor the product come near the limits of the type. Source: the same.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Parts<Pack<T, Isa, lanes>> product_in_parts(Pack<T, Isa, lanes> x,
                                                                          Pack<T, Isa, lanes> y) {
  using P = Pack<T, Isa, lanes>;
  const P product = x * y;
  if constexpr (Isa::has_fma) {
    return {product, fma(x, y, -product)};
  } else {
    const P splitter(T(std::same_as<T, double> ? 0x1.0000002p27 : 0x1.002p12));
    const P scaled_x = splitter * x, x_high = scaled_x - (scaled_x - x), x_low = x - x_high;
    const P scaled_y = splitter * y, y_high = scaled_y - (scaled_y - y), y_low = y - y_high;
    return {product, ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low};
  }
}

/// What lies there, or beyond the end of what there is, will be read soon.
[[gnu::always_inline]] inline void prefetch(const void* from) { __builtin_prefetch(from); }

/// A chunk of 16 bytes after the other, from places that lie so many numbers apart.
template <class Isa, std::floating_point T>
[[gnu::always_inline]] inline Pack<T, Isa> chunks(const T* from, std::size_t apart) {
  using P = Pack<T, Isa>;
#ifdef __x86_64__
  const auto chunk = [from, apart](std::size_t i) {
    __m128d of;
    std::memcpy(&of, from + i * apart, sizeof(of));
    return of;
  };
  __m128d first = chunk(0);
#ifdef __AVX512DQ__
  if constexpr (Isa::bytes == 64) {
    __m512d all = _mm512_castpd128_pd512(first);
    all = _mm512_mask_broadcast_f64x2(all, 0x0C, chunk(1));
    all = _mm512_mask_broadcast_f64x2(all, 0x30, chunk(2));
    all = _mm512_mask_broadcast_f64x2(all, 0xC0, chunk(3));
    return P(reinterpret_cast<typename P::Vector>(all));
  }
#endif
#ifdef __AVX__
  if constexpr (Isa::bytes == 32)
    return P(reinterpret_cast<typename P::Vector>(_mm256_insertf128_pd(_mm256_castpd128_pd256(first), chunk(1), 1)));
#endif
  if constexpr (Isa::bytes == 16) return P(reinterpret_cast<typename P::Vector>(first));
#endif
  alignas(64) T all[P::size];
  for (std::size_t i = 0; i < Isa::bytes / 16; ++i) std::memcpy(all + i * 16 / sizeof(T), from + i * apart, 16);
  return P::load(all);
}
/// The same back.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline void store_chunks(Pack<T, Isa, lanes> x, T* to, std::size_t apart) {
  for (std::size_t i = 0; i < sizeof(x.vector) / 16; ++i)
    std::memcpy(to + i * apart, reinterpret_cast<const char*>(&x.vector) + 16 * i, 16);
}

/// The lower and the upper half of a pack of floats as doubles, and back, each rounded.
template <class Isa, std::size_t lanes>
[[gnu::always_inline]] inline std::pair<Pack<double, Isa, lanes / 2>, Pack<double, Isa, lanes / 2>> doubles_of(
    Pack<float, Isa, lanes> x) {
  using Half = typename Pack<float, Isa, lanes / 2>::Vector;
  using Doubles = Pack<double, Isa, lanes / 2>;
  Half half[2];
  std::memcpy(half, &x.vector, sizeof(half));
  return {Doubles(__builtin_convertvector(half[0], typename Doubles::Vector)),
          Doubles(__builtin_convertvector(half[1], typename Doubles::Vector))};
}
template <class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<float, Isa, 2 * lanes> floats_of(Pack<double, Isa, lanes> lower,
                                                                    Pack<double, Isa, lanes> upper) {
  using Half = typename Pack<float, Isa, lanes>::Vector;
  const Half half[2] = {__builtin_convertvector(lower.vector, Half), __builtin_convertvector(upper.vector, Half)};
  Pack<float, Isa, 2 * lanes> x;
  std::memcpy(&x.vector, half, sizeof(half));
  return x;
}
/// f of packs, those of floats worked out in double.
template <class F, class Isa, std::size_t lanes, class... X>
[[gnu::always_inline]] inline Pack<float, Isa, lanes> in_doubles(F&& f, Pack<float, Isa, lanes> x, X... rest) {
  return floats_of(f(doubles_of(x).first, doubles_of(rest).first...),
                   f(doubles_of(x).second, doubles_of(rest).second...));
}
template <class F, class Isa, std::size_t lanes, class... X>
[[gnu::always_inline]] inline Pack<double, Isa, lanes> in_doubles(F&& f, Pack<double, Isa, lanes> x, X... rest) {
  return f(x, rest...);
}

}  // namespace downhill::simd
