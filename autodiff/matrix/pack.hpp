#pragma once
// A pack: as many numbers as fill a wide register, as a number type that the rules of calculus.hpp can be written over.
// Arithmetic and choices are loops that compilers turn into vector instructions; elementary functions are Eigen's,
// which are within a few ulp of libm's and ten times faster.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace downhill {

template <class T>
struct Pack {
  static constexpr std::size_t size = 64 / sizeof(T);
  alignas(64) T lane[size];

  Pack() = default;
  explicit Pack(T value) { std::fill_n(lane, size, value); }
  /// `count` elements that stand `step` apart; the last one of them again where there are fewer than fill a pack.
  template <class Step>
  static Pack load(const T* from, Step step, std::size_t count) {
    Pack x;
    if (count >= size) [[likely]] {
      for (std::size_t i = 0; i < size; ++i) x.lane[i] = from[i * step];
    } else {
      for (std::size_t i = 0; i < size; ++i) x.lane[i] = from[std::min(i, count - 1) * step];
    }
    return x;
  }
};

/// One answer for each lane.
template <class T>
struct PackMask {
  using Bits = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;
  alignas(64) Bits lane[Pack<T>::size];
};

namespace pack_detail {

template <class T, class F>
Pack<T> each(F&& f) {
  Pack<T> y;
  for (std::size_t i = 0; i < Pack<T>::size; ++i) y.lane[i] = f(i);
  return y;
}
template <class T, class F>
PackMask<T> ask(F&& f) {
  PackMask<T> y;
  for (std::size_t i = 0; i < Pack<T>::size; ++i) y.lane[i] = f(i) ? -1 : 0;
  return y;
}

}  // namespace pack_detail

// clang-format off
template <class T> Pack<T> operator+(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::each<T>([&](std::size_t i) { return x.lane[i] + y.lane[i]; }); }
template <class T> Pack<T> operator-(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::each<T>([&](std::size_t i) { return x.lane[i] - y.lane[i]; }); }
template <class T> Pack<T> operator*(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::each<T>([&](std::size_t i) { return x.lane[i] * y.lane[i]; }); }
template <class T> Pack<T> operator/(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::each<T>([&](std::size_t i) { return x.lane[i] / y.lane[i]; }); }
template <class T> Pack<T> operator-(const Pack<T>& x) {
  return pack_detail::each<T>([&](std::size_t i) { return -x.lane[i]; }); }
template <class T> PackMask<T> operator<(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::ask<T>([&](std::size_t i) { return x.lane[i] < y.lane[i]; }); }
template <class T> PackMask<T> operator>(const Pack<T>& x, const Pack<T>& y) { return y < x; }
template <class T> PackMask<T> operator<=(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::ask<T>([&](std::size_t i) { return x.lane[i] <= y.lane[i]; }); }
template <class T> PackMask<T> operator>=(const Pack<T>& x, const Pack<T>& y) { return y <= x; }
template <class T> PackMask<T> operator==(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::ask<T>([&](std::size_t i) { return x.lane[i] == y.lane[i]; }); }

template <class T> Pack<T> abs(const Pack<T>& x) {
  return pack_detail::each<T>([&](std::size_t i) { return std::abs(x.lane[i]); }); }
// clang-format on

// Not inline: compiled once, for the processor of the library. Their result is 0 where it would be a denormal number.
Pack<float> exp(const Pack<float>& x);
Pack<double> exp(const Pack<double>& x);
Pack<float> expm1(const Pack<float>& x);
Pack<double> expm1(const Pack<double>& x);
Pack<float> log(const Pack<float>& x);
Pack<double> log(const Pack<double>& x);
Pack<float> log1p(const Pack<float>& x);
Pack<double> log1p(const Pack<double>& x);
Pack<float> tanh(const Pack<float>& x);
Pack<double> tanh(const Pack<double>& x);

// How a rule chooses between two values (special.hpp), for each lane: both are computed.
template <class T>
Pack<T> choose(const PackMask<T>& mask, const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::each<T>([&](std::size_t i) { return mask.lane[i] != 0 ? x.lane[i] : y.lane[i]; });
}
template <class T, class X, class Y>
Pack<T> choose_lazily(const PackMask<T>& mask, X&& x, Y&& y) {
  return choose<T>(mask, x(), y());
}

}  // namespace downhill

template <class T>
struct std::numeric_limits<downhill::Pack<T>> {
  static constexpr bool is_specialized = true;
  static downhill::Pack<T> max() { return downhill::Pack<T>(numeric_limits<T>::max()); }
  static downhill::Pack<T> min() { return downhill::Pack<T>(numeric_limits<T>::min()); }
};
