#pragma once
/// \file
/// What the chain rule does with two numbers, a slope and what moves: along a slope of exactly 0, and of what is
/// exactly 0, nothing is handed on. In all modes it is done here.

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace downhill {

// A number type that nests, such as Dual, overloads these beside itself, over all its parts.
inline bool is_zero(std::floating_point auto x) { return x == 0; }
inline bool is_one(std::floating_point auto x) { return x == 1; }
inline bool is_finite(std::floating_point auto x) { return std::abs(x) <= std::numeric_limits<decltype(x)>::max(); }
/// Is it neither 0 nor infinite nor NaN? Such a factor needs no care in the chain rule.
template <std::floating_point T>
bool is_ordinary(T x) {
  if constexpr (sizeof(T) <= 8) {  // without the sign, the bits of 0 are followed by those of all finite numbers
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr Bits infinity = std::bit_cast<Bits>(std::numeric_limits<T>::infinity()) << 1;
    return (std::bit_cast<Bits>(x) << 1) - 1 < infinity - 1;
  } else {
    return x != 0 && is_finite(x);
  }
}
/// What the chain rule hands on along a slope, of an adjoint in the sweep or of a tangent in forward mode: their
/// product, and 0 where one of the two is exactly 0, though the other be infinite or NaN.
template <std::floating_point T>
T handed_on(T slope, T moves) {
  const bool nothing =
      static_cast<int>(slope == 0) + static_cast<int>(moves == 0) != 0;  // no branch, for loops in vectors
  return nothing ? T(0) : slope * moves;
}
/// The same, but NaN where one of the two is.
template <std::floating_point T>
T known_product(T x, T y) {
  return x == x && y == y ? handed_on(x, y) : x * y;
}
/// Is the product x y as good as its factors? Not if it overflowed or underflowed. One comparison tells for the bits of
/// most: without the sign, those of the normal numbers are in a row.
template <std::floating_point T>
bool is_sound_product(T product, T x, T y) {
  if constexpr (sizeof(T) <= 8) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr Bits smallest = std::bit_cast<Bits>(std::numeric_limits<T>::min()) << 1;
    constexpr Bits infinity = std::bit_cast<Bits>(std::numeric_limits<T>::infinity()) << 1;
    if ((std::bit_cast<Bits>(product) << 1) - smallest < infinity - smallest) [[likely]]
      return true;
  } else if (std::isnormal(product)) {
    return true;
  }
  return product == 0 && (x == 0 || y == 0);
}

}  // namespace downhill
