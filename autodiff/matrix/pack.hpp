#pragma once
// A pack: as many numbers as fill a wide register, as a number type that the rules of calculus.hpp can be written over.
// Arithmetic and choices are loops that compilers turn into vector instructions; elementary functions are Eigen's,
// which are within a few ulp of libm's and ten times faster.

#include <Eigen/Core>

#include <algorithm>
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
template <class T, class F>
Pack<T> with_eigen(const Pack<T>& x, F&& f) {
  using Array = Eigen::Array<T, static_cast<int>(Pack<T>::size), 1>;
  Pack<T> y;
  Eigen::Map<Array, Eigen::Aligned64>(y.lane) = f(Eigen::Map<const Array, Eigen::Aligned64>(x.lane));
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
  return pack_detail::with_eigen(x, [](const auto& a) { return a.abs(); }); }
template <class T> Pack<T> expm1(const Pack<T>& x) {
  return pack_detail::with_eigen(x, [](const auto& a) { return a.expm1(); }); }
template <class T> Pack<T> log(const Pack<T>& x) {
  return pack_detail::with_eigen(x, [](const auto& a) { return a.log(); }); }
template <class T> Pack<T> log1p(const Pack<T>& x) {
  return pack_detail::with_eigen(x, [](const auto& a) { return a.log1p(); }); }
template <class T> Pack<T> tanh(const Pack<T>& x) {
  return pack_detail::with_eigen(x, [](const auto& a) { return a.tanh(); }); }
// clang-format on

// How a rule chooses between two values (special.hpp), for each lane: both are computed.
template <class T>
Pack<T> choose(const PackMask<T>& mask, const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::each<T>([&](std::size_t i) { return mask.lane[i] != 0 ? x.lane[i] : y.lane[i]; });
}
template <class T, class X, class Y>
Pack<T> choose_lazily(const PackMask<T>& mask, X&& x, Y&& y) {
  return choose<T>(mask, x(), y());
}

/// Eigen's, which stays among the normal numbers, where it is one of them; beyond, infinity, and 0 for denormal
/// numbers.
template <class T>
Pack<T> exp(const Pack<T>& x) {
  constexpr bool is_float = sizeof(T) == 4;
  const Pack<T> least(is_float ? T(-87.3365447505531) : T(-708.396418532264)),
      most(is_float ? T(88.7228390520684) : T(709.782712893384));
  const Pack<T> y = pack_detail::with_eigen(x, [](const auto& a) { return a.exp(); });
  return choose(x < least, Pack<T>(T(0)), choose(x > most, Pack<T>(std::numeric_limits<T>::infinity()), y));
}

}  // namespace downhill

template <class T>
struct std::numeric_limits<downhill::Pack<T>> {
  static constexpr bool is_specialized = true;
  static downhill::Pack<T> max() { return downhill::Pack<T>(numeric_limits<T>::max()); }
  static downhill::Pack<T> min() { return downhill::Pack<T>(numeric_limits<T>::min()); }
};
