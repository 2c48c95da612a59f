#pragma once
// The tangents of a Dual: N numbers that are always scaled and added together, a vector register of them at a time. A
// plain loop over an array would do, at three times the cost.

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include <autodiff/statement.hpp>

namespace downhill {

/// N numbers of type T. `scaled` and `add_scaled` are what the chain rule does with them: each lane is handed on as an
/// adjoint is in the reverse sweep (handed_on in statement.hpp).
template <class T, std::size_t N>
class Lanes {
 public:
  constexpr Lanes() = default;
  constexpr Lanes(const std::array<T, N>& lanes) : lanes_(lanes) {}

  constexpr const T& operator[](std::size_t i) const { return lanes_[i]; }
  /// 1 in the i-th lane, 0 in the others.
  static constexpr Lanes unit(std::size_t i) {
    Lanes result;
    result.lanes_[i] = T(1);
    return result;
  }

  /// slope * x.
  static constexpr Lanes scaled(const T& slope, const Lanes& x) {
    Lanes result;
    for (std::size_t i = 0; i < N; ++i) result.lanes_[i] = along(slope, x[i]);
    return result;
  }
  /// *this + slope * x.
  constexpr void add_scaled(const T& slope, const Lanes& x) {
    for (std::size_t i = 0; i < N; ++i) lanes_[i] = lanes_[i] + along(slope, x[i]);
  }

 private:
  // handed_on, of which a chain of steps need not wait for comparisons.
  [[gnu::always_inline]] static constexpr T along(const T& slope, const T& moves) {
    if constexpr (std::floating_point<T>)
      if (is_ordinary(slope)) [[likely]]
        return slope * moves;
    return handed_on(slope, moves);
  }
  std::array<T, N> lanes_{};
};

// Of floating-point numbers: worked on in vectors of GCC and clang, which any processor can do, in pieces if need be.
// How they are kept depends on the compiler, and so does how they are reached: a reference to a vector, which would
// serve both, costs g++ the registers and clang the alignment.

namespace lanes_detail {

// N numbers in vectors.
template <class T, std::size_t N>
struct Shape {
  static constexpr std::size_t bytes = std::min(std::bit_ceil(N * sizeof(T)), std::size_t{64});
  static constexpr std::size_t width = bytes / sizeof(T), vectors = (N + width - 1) / width;
  using Bits = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;

  // Unrolled, so that each vector has a register of its own.
  template <class Visit>
  [[gnu::always_inline]] static void each(Visit&& visit) {
    [&]<std::size_t... i>(std::index_sequence<i...>) { (visit(std::integral_constant<std::size_t, i>{}), ...); }
    (std::make_index_sequence<vectors>());
  }
};

}  // namespace lanes_detail

#ifdef __clang__
// In an array: clang 14 loses parts of a class with vectors in it that is passed or returned by value.
template <std::floating_point T, std::size_t N>
  requires(N > 1 && sizeof(T) <= 8)
class Lanes<T, N> {
 public:
  Lanes() = default;
  Lanes(const std::array<T, N>& lanes) { std::memcpy(lanes_, lanes.data(), sizeof lanes); }

  T operator[](std::size_t i) const { return lanes_[i]; }
  // By comparison: to write one lane of what is then read as a vector would stall the read.
  [[gnu::always_inline]] static Lanes unit(std::size_t i) {
    Lanes result;
    Shape::each([&](auto v) {
      [&]<std::size_t... lane>(std::index_sequence<lane...>) {
        const BitVector lanes = {static_cast<Bits>(v * width + lane)...},
                        ones = {((void)lane, std::bit_cast<Bits>(T(1)))...};
        result.store(v, reinterpret_cast<Vector>((lanes == static_cast<Bits>(i)) & ones));
      }
      (std::make_index_sequence<width>());
    });
    return result;
  }

  [[gnu::always_inline]] static Lanes scaled(T slope, const Lanes& x) {
    Lanes result;
    if (is_ordinary(slope)) [[likely]]
      Shape::each([&](auto i) {
        Vector vector;
        x.load(i, vector);
        result.store(i, slope * vector);
      });
    else if (!is_zero(slope))
      Shape::each([&](auto i) { result.add_where_moving(i, slope, x); });
    return result;
  }
  [[gnu::always_inline]] void add_scaled(T slope, const Lanes& x) {
    if (is_ordinary(slope)) [[likely]]
      Shape::each([&](auto i) {
        Vector sum, vector;
        load(i, sum);
        x.load(i, vector);
        store(i, sum + slope * vector);
      });
    else if (!is_zero(slope))
      Shape::each([&](auto i) { add_where_moving(i, slope, x); });
  }

 private:
  using Shape = lanes_detail::Shape<T, N>;
  static constexpr std::size_t bytes = Shape::bytes, width = Shape::width, vectors = Shape::vectors;
  using Bits = typename Shape::Bits;
  typedef T Vector __attribute__((vector_size(bytes)));
  typedef Bits BitVector __attribute__((vector_size(bytes)));

  // By reference: how a Vector is passed or returned by value depends on the processor.
  [[gnu::always_inline]] void load(std::size_t i, Vector& vector) const {
    std::memcpy(&vector, lanes_ + i * width, bytes);
  }
  [[gnu::always_inline]] void store(std::size_t i, const Vector& vector) {
    std::memcpy(lanes_ + i * width, &vector, bytes);
  }

  // As add_scaled, but not in lanes where x is 0.
  [[gnu::always_inline]] void add_where_moving(std::size_t i, T slope, const Lanes& x) {
    Vector sum, moving;
    load(i, sum);
    x.load(i, moving);
    const Vector product = slope * moving;
    store(i, sum + reinterpret_cast<Vector>(reinterpret_cast<BitVector>(product) & (moving != Vector{})));
  }
  T lanes_[vectors * width]{};
};

#else
// In vectors: g++ copies an array by halves of a register, and the next read of the whole waits for both.
template <std::floating_point T, std::size_t N>
  requires(N > 1 && sizeof(T) <= 8)
class Lanes<T, N> {
 public:
  Lanes() = default;
  Lanes(const std::array<T, N>& lanes) {
    for (std::size_t i = 0; i < N; ++i) vectors_[i / width][i % width] = lanes[i];
  }

  T operator[](std::size_t i) const { return vectors_[i / width][i % width]; }
  // By comparison: to write one lane of what is then read as a vector would stall the read.
  [[gnu::always_inline]] static Lanes unit(std::size_t i) {
    Lanes result;
    Shape::each([&](auto v) {
      [&]<std::size_t... lane>(std::index_sequence<lane...>) {
        const BitVector lanes = {static_cast<Bits>(v * width + lane)...},
                        ones = {((void)lane, std::bit_cast<Bits>(T(1)))...};
        result.vectors_[v] = reinterpret_cast<Vector>((lanes == static_cast<Bits>(i)) & ones);
      }
      (std::make_index_sequence<width>());
    });
    return result;
  }

  [[gnu::always_inline]] static Lanes scaled(T slope, const Lanes& x) {
    Lanes result;
    if (is_ordinary(slope)) [[likely]]
      Shape::each([&](auto i) { result.vectors_[i] = slope * x.vectors_[i]; });
    else if (!is_zero(slope))
      Shape::each([&](auto i) { result.add_where_moving(i, slope, x); });
    return result;
  }
  [[gnu::always_inline]] void add_scaled(T slope, const Lanes& x) {
    if (is_ordinary(slope)) [[likely]]
      Shape::each([&](auto i) { vectors_[i] += slope * x.vectors_[i]; });
    else if (!is_zero(slope))
      Shape::each([&](auto i) { add_where_moving(i, slope, x); });
  }

 private:
  using Shape = lanes_detail::Shape<T, N>;
  static constexpr std::size_t bytes = Shape::bytes, width = Shape::width, vectors = Shape::vectors;
  using Bits = typename Shape::Bits;
  typedef T Vector
      __attribute__((vector_size(bytes), aligned(alignof(T))));  // aligned as T: the same on every processor
  typedef Bits BitVector __attribute__((vector_size(bytes), aligned(alignof(T))));

  // As add_scaled, but not in lanes where x is 0. (No Vector is passed: by value, how depends on the processor, and a
  // reference forgets the alignment.)
  [[gnu::always_inline]] void add_where_moving(std::size_t i, T slope, const Lanes& x) {
    const Vector product = slope * x.vectors_[i];
    vectors_[i] += reinterpret_cast<Vector>(reinterpret_cast<BitVector>(product) & (x.vectors_[i] != Vector{}));
  }
  Vector vectors_[vectors]{};
};

#endif

}  // namespace downhill
