#pragma once
/// \file
/// A pack: as many numbers as fill a wide register, as a number type that the rules of calculus.hpp can be written
/// over. Elementary functions are within 4 ulp over their whole domain, as libm's are, and ten times faster.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include <autodiff/calculus/activations.hpp>

namespace downhill {

namespace pack_detail {

template <class T>
inline constexpr std::size_t size = 64 / sizeof(T);

// As a vector of GCC, which is read and written in one piece; clang 14 loses parts of a class with vectors in it that
// is returned by value, so there it is an array, worked on in loops.
#ifdef __clang__
template <class T>
struct alignas(64) Lanes {
  T lane[size<T>];
  T& operator[](std::size_t i) { return lane[i]; }
  const T& operator[](std::size_t i) const { return lane[i]; }
};
template <class Y, class F, class... X>
void each(Y& y, F&& f, const X&... x) {
  for (std::size_t i = 0; i < sizeof(y.lane) / sizeof(y[0]); ++i) f(y[i], x[i]...);
}
#else
template <class T>
struct Vector {
  typedef T type __attribute__((vector_size(64)));
};
template <class T>
using Lanes = typename Vector<T>::type;
template <class Y, class F, class... X>
[[gnu::always_inline]] inline void each(Y& y, F&& f, const X&... x) {
  f(y, x...);
}
#endif

template <class T>
using Bits = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;

// y = f(x) for a register of them; not inline: compiled once, for the processor of the library.
void exp(const float* x, float* y);
void exp(const double* x, double* y);
void expm1(const float* x, float* y);
void expm1(const double* x, double* y);
void log(const float* x, float* y);
void log(const double* x, double* y);
void log1p(const float* x, float* y);
void log1p(const double* x, double* y);
void tanh(const float* x, float* y);
void tanh(const double* x, double* y);

// A vector is passed in registers only where they are wide enough: a function of packs in a library and the same
// function in a program that is compiled for another processor must not have one name.
#if defined(__AVX512F__)
constexpr int register_bytes = 64;
#elif defined(__AVX__)
constexpr int register_bytes = 32;
#else
constexpr int register_bytes = 16;
#endif

}  // namespace pack_detail

template <class T, int register_bytes = pack_detail::register_bytes>
struct Pack {
  static constexpr std::size_t size = pack_detail::size<T>;
  pack_detail::Lanes<T> lane;

  Pack() = default;
  explicit Pack(T value) {
    pack_detail::each(lane, [value](auto& to) { to = value - std::remove_reference_t<decltype(to)>{}; });
  }
  /// `count` elements that stand `step` apart; the last one of them again where there are fewer than fill a pack.
  template <class Step>
  [[gnu::always_inline]] static Pack load(const T* from, Step step, std::size_t count) {
    Pack x;
    if (count < size) [[unlikely]] {
      for (std::size_t i = 0; i < size; ++i) x.lane[i] = from[std::min(i, count - 1) * step];
    } else if (step == 1) {
      std::memcpy(&x.lane, from, sizeof(x.lane));
    } else {
      for (std::size_t i = 0; i < size; ++i) x.lane[i] = from[i * step];
    }
    return x;
  }
  [[gnu::always_inline]] void store(T* to, std::size_t count) const {
    if (count >= size) [[likely]]
      std::memcpy(to, &lane, sizeof(lane));
    else
      for (std::size_t i = 0; i < count; ++i) to[i] = lane[i];
  }
};

/// One answer for each lane.
template <class T, int register_bytes = pack_detail::register_bytes>
struct PackMask {
  pack_detail::Lanes<pack_detail::Bits<T>> lane;
};

namespace pack_detail {

template <class T, class F, class... X>
[[gnu::always_inline]] inline Pack<T> pack(F&& f, const X&... x) {
  Pack<T> y;
  each(y.lane, f, x.lane...);
  return y;
}
template <class T, class F, class... X>
[[gnu::always_inline]] inline PackMask<T> mask(F&& f, const X&... x) {
  PackMask<T> y;
  each(y.lane, f, x.lane...);
  return y;
}
template <class T>
[[gnu::always_inline]] inline Pack<T> outside(void (*f)(const T*, T*), const Pack<T>& x) {
  alignas(64) T from[Pack<T>::size], to[Pack<T>::size];
  Pack<T> y;
  std::memcpy(from, &x.lane, sizeof(from));
  f(from, to);
  std::memcpy(&y.lane, to, sizeof(to));
  return y;
}

}  // namespace pack_detail

// clang-format off
template <class T> [[gnu::always_inline]] inline Pack<T> operator+(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::pack<T>([](auto& to, const auto& a, const auto& b) { to = a + b; }, x, y); }
template <class T> [[gnu::always_inline]] inline Pack<T> operator-(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::pack<T>([](auto& to, const auto& a, const auto& b) { to = a - b; }, x, y); }
template <class T> [[gnu::always_inline]] inline Pack<T> operator*(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::pack<T>([](auto& to, const auto& a, const auto& b) { to = a * b; }, x, y); }
template <class T> [[gnu::always_inline]] inline Pack<T> operator/(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::pack<T>([](auto& to, const auto& a, const auto& b) { to = a / b; }, x, y); }
template <class T> [[gnu::always_inline]] inline Pack<T> operator-(const Pack<T>& x) {
  return pack_detail::pack<T>([](auto& to, const auto& a) { to = -a; }, x); }
template <class T> [[gnu::always_inline]] inline PackMask<T> operator<(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::mask<T>([](auto& to, const auto& a, const auto& b) { to = a < b; }, x, y); }
template <class T> [[gnu::always_inline]] inline PackMask<T> operator>(const Pack<T>& x, const Pack<T>& y) {
  return y < x; }
template <class T> [[gnu::always_inline]] inline PackMask<T> operator<=(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::mask<T>([](auto& to, const auto& a, const auto& b) { to = a <= b; }, x, y); }
template <class T> [[gnu::always_inline]] inline PackMask<T> operator>=(const Pack<T>& x, const Pack<T>& y) {
  return y <= x; }
template <class T> [[gnu::always_inline]] inline PackMask<T> operator==(const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::mask<T>([](auto& to, const auto& a, const auto& b) { to = a == b; }, x, y); }

// How a rule chooses between two values (special.hpp), for each lane: both are computed where lanes differ.
template <class T>
[[gnu::always_inline]] inline Pack<T> choose(const PackMask<T>& mask, const Pack<T>& x, const Pack<T>& y) {
  return pack_detail::pack<T>([](auto& to, const auto& m, const auto& a, const auto& b) { to = m ? a : b; }, mask, x, y); }
template <class T, class X, class Y>
[[gnu::always_inline]] inline Pack<T> choose_lazily(const PackMask<T>& mask, X&& x, Y&& y) {
  std::int64_t word[8], all = -1, any = 0;  // a lane is all ones or all zeros, so several may be asked at once
  std::memcpy(word, &mask.lane, sizeof(word));
  for (const std::int64_t one : word) all &= one, any |= one;
  if (all == -1) return x();
  if (any == 0) return y();
  return choose<T>(mask, x(), y());
}

template <class T> [[gnu::always_inline]] inline Pack<T> abs(const Pack<T>& x) {
  return choose(x < Pack<T>(0), -x, x + Pack<T>(0)); }
template <class T> [[gnu::always_inline]] inline Pack<T> exp(const Pack<T>& x) {
  return pack_detail::outside<T>(pack_detail::exp, x); }
template <class T> [[gnu::always_inline]] inline Pack<T> expm1(const Pack<T>& x) {
  return pack_detail::outside<T>(pack_detail::expm1, x); }
template <class T> [[gnu::always_inline]] inline Pack<T> log(const Pack<T>& x) {
  return pack_detail::outside<T>(pack_detail::log, x); }
template <class T> [[gnu::always_inline]] inline Pack<T> log1p(const Pack<T>& x) {
  return pack_detail::outside<T>(pack_detail::log1p, x); }
template <class T> [[gnu::always_inline]] inline Pack<T> tanh(const Pack<T>& x) {
  return pack_detail::outside<T>(pack_detail::tanh, x); }
// clang-format on

// Without a choice: in few packs are all lanes where 1 - y² keeps its digits, and to ask costs as much as to compute.
namespace special {
template <>
[[gnu::always_inline]] inline Pack<float> tanh_slope(const Pack<float>& x, const Pack<float>&) {
  return Pack<float>(4) * bell(exp(Pack<float>(-2) * abs(x)));
}
template <>
[[gnu::always_inline]] inline Pack<double> tanh_slope(const Pack<double>& x, const Pack<double>&) {
  return Pack<double>(4) * bell(exp(Pack<double>(-2) * abs(x)));
}
}  // namespace special

}  // namespace downhill

template <class T>
struct std::numeric_limits<downhill::Pack<T>> {
  static constexpr bool is_specialized = true;
  static downhill::Pack<T> max() { return downhill::Pack<T>(numeric_limits<T>::max()); }
  static downhill::Pack<T> min() { return downhill::Pack<T>(numeric_limits<T>::min()); }
};
