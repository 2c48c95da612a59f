#pragma once
/// \file
/// The tangents of a Dual: N numbers that are always scaled and added together, a pack of them (pack.hpp) at a time. A
/// plain loop over an array would do the same, at three times the cost.

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <autodiff/calculus/chain_rule.hpp>
#include <autodiff/simd/pack.hpp>

namespace downhill {

/// N numbers of type T. `scaled` and `add_scaled` are what the chain rule does with them: each lane is handed on as an
/// adjoint is in the reverse sweep (handed_on in chain_rule.hpp).
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
  /// p * x + q * y, each handed on.
  static constexpr Lanes combined(const T& p, const Lanes& x, const T& q, const Lanes& y) {
    if constexpr (N == 1 && std::floating_point<T>) {
      const Lanes sum = products(p, x, q, y);
      if (!sum.has_nan()) [[likely]]
        return sum;
      return careful(p, x, q, y);
    } else {
      Lanes sum = scaled(p, x);
      sum.add_scaled(q, y);
      return sum;
    }
  }
  [[gnu::noinline, gnu::cold]] static constexpr Lanes careful(T p, Lanes x, T q, Lanes y) {
    Lanes sum = scaled(p, x);
    sum.add_scaled(q, y);
    return sum;
  }
  /// p * x + q * y by plain multiplication, where 0 times infinity is NaN.
  static constexpr Lanes products(const T& p, const Lanes& x, const T& q, const Lanes& y) {
    Lanes result;
    for (std::size_t i = 0; i < N; ++i) result.lanes_[i] = p * x[i] + q * y[i];
    return result;
  }
  constexpr bool has_nan() const {
    for (std::size_t i = 0; i < N; ++i)
      if (lanes_[i] != lanes_[i]) return true;
    return false;
  }

 private:
  // As handed_on, but without comparisons for which a chain of operations would have to wait.
  [[gnu::always_inline]] static constexpr T along(const T& slope, const T& moves) {
    if constexpr (std::floating_point<T>)
      if (is_ordinary(slope)) [[likely]]
        return slope * moves;
    return handed_on(slope, moves);
  }
  std::array<T, N> lanes_{};
};

// Of floating-point numbers: worked on in packs. A pack is no longer than the pieces in which a class is copied, or it
// would be read before all pieces of it have arrived. The memory is the same on every processor.

namespace lanes_detail {
inline constexpr std::size_t longest_pack = std::min(simd::Native::bytes, std::size_t{32});
// sum + slope * moves, by copy.
template <class T, class Lanes>
struct Step {
  Lanes sum;
  T slope;
  Lanes moves;
};
}  // namespace lanes_detail

template <std::floating_point T, std::size_t N>
  requires(N > 1 && sizeof(T) <= 8)
class Lanes<T, N> {
 public:
  Lanes() = default;
  Lanes(const std::array<T, N>& lanes) {
    for (std::size_t i = 0; i < N; ++i) lane(i) = lanes[i];
  }

  T operator[](std::size_t i) const { return const_cast<Lanes*>(this)->lane(i); }
  // By comparison: to write one lane of what is then read as a pack would stall the read.
  [[gnu::always_inline]] static Lanes unit(std::size_t i) {
    Lanes result;
    each([&](auto v) {
      using Places = simd::Pack<simd::BitsOf<T>, simd::Native, width>;
      const Places here = Places::counted() + Places(v * width);
      result.store(v, choose(simd::Mask<T, simd::Native, width>::of((here == Places(i)).vector), Pack(1), Pack(0)));
    });
    return result;
  }

  [[gnu::always_inline]] static Lanes scaled(T slope, const Lanes& x) {
    Lanes result;
    if (is_ordinary(slope)) [[likely]]
      each([&](auto i) { result.store(i, Pack(slope) * x.load(i)); });
    else
      result.add_with_care(slope, x);
    return result;
  }
  [[gnu::always_inline]] void add_scaled(T slope, const Lanes& x) {
    if (is_ordinary(slope)) [[likely]]
      each([&](auto i) { store(i, load(i) + Pack(slope) * x.load(i)); });
    else
      add_with_care(slope, x);
  }
  [[gnu::always_inline]] static Lanes combined(T p, const Lanes& x, T q, const Lanes& y) {
    Lanes sum = scaled(p, x);
    sum.add_scaled(q, y);
    return sum;
  }
  [[gnu::always_inline]] static Lanes products(T p, const Lanes& x, T q, const Lanes& y) {
    Lanes result;
    each([&](auto i) { result.store(i, Pack(p) * x.load(i) + Pack(q) * y.load(i)); });
    return result;
  }
  [[gnu::always_inline]] bool has_nan() const {
    Pack sum(0);
    each([&](auto i) { sum += load(i); });
    return any(sum != sum);
  }

 private:
  static constexpr std::size_t padding = std::min(std::bit_ceil(N * sizeof(T)), std::size_t{32});
  static constexpr std::size_t bytes = std::min(padding, lanes_detail::longest_pack), width = bytes / sizeof(T);
  static constexpr std::size_t packs = (N * sizeof(T) + padding - 1) / padding * (padding / bytes);
  using Pack = simd::Pack<T, simd::Native, width>;

  // Unrolled, so that each pack has a register of its own.
  template <class Visit>
  [[gnu::always_inline]] static void each(Visit&& visit) {
    each_of(std::make_index_sequence<packs>(), visit);
  }
  template <std::size_t... i, class Visit>
  [[gnu::always_inline]] static void each_of(std::index_sequence<i...>, Visit& visit) {
    (visit(std::integral_constant<std::size_t, i>{}), ...);
  }
  // Where the slope is 0, infinite or NaN. Out of line for many lanes: g++ would keep them all in memory for its sake.
  [[gnu::always_inline]] void add_with_care(T slope, const Lanes& x) {
    if constexpr (N * sizeof(T) > 64)
      *this = added({*this, slope, x}).sum;
    else if (!is_zero(slope))
      each([&](auto i) { store(i, load(i) + handed_on(Pack(slope), x.load(i))); });
  }
  using Step = lanes_detail::Step<T, Lanes>;
  [[gnu::noinline, gnu::cold]] static Step added(Step step) {
    for (std::size_t i = 0; i < N; ++i) step.sum.lane(i) += downhill::handed_on(step.slope, step.moves[i]);
    return step;
  }

#ifdef __clang__
  // In an array: clang 14 loses parts of a class with several vectors in it that is passed or returned by value.
  [[gnu::always_inline]] Pack load(std::size_t i) const { return Pack::load(lanes_ + i * width); }
  [[gnu::always_inline]] void store(std::size_t i, const Pack& pack) { pack.store(lanes_ + i * width); }
  T& lane(std::size_t i) { return lanes_[i]; }
  T lanes_[packs * width]{};
#else
  // In vectors: g++ keeps an array in memory that it could keep in registers. Aligned as T, by which a Dual is passed
  // in memory whatever the processor.
  typedef T Vector __attribute__((vector_size(bytes), aligned(alignof(T))));
  [[gnu::always_inline]] Pack load(std::size_t i) const {
    Pack pack;
    pack.vector = vectors_[i];
    return pack;
  }
  [[gnu::always_inline]] void store(std::size_t i, const Pack& pack) { vectors_[i] = pack.vector; }
  T& lane(std::size_t i) { return reinterpret_cast<T*>(vectors_)[i]; }
  Vector vectors_[packs]{};
#endif
};

}  // namespace downhill
