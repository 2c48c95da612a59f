#pragma once
// What stands on the tape: edges and trailers, one behind the other in a stream of bytes, and the identity by which a
// handle knows its statement.

#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#ifndef DOWNHILL_SLOT_BITS
#define DOWNHILL_SLOT_BITS 32
#endif

namespace downhill {

/// The number of a slot. 32 bits: 4.29e9 slots. A build with 16 bits exists to test what happens when they run out.
using Slot = std::conditional_t<DOWNHILL_SLOT_BITS == 16, std::uint16_t, std::uint32_t>;

/// How a result moves with one operand: d result / d parent.
template <class T>
struct Edge {
  T slope;
  Slot parent;
};
#pragma pack(push, 4)
template <class T>
  requires std::is_arithmetic_v<T>
struct Edge<T> {  // 12 bytes for double: the sweep is bound by what it reads
  T slope;
  Slot parent;
};
#pragma pack(pop)

/// Stands after the edges of its statement, so that a backward walk reads it first.
template <class T>
struct alignas(Edge<T>) alignas(std::uint32_t) Trailer {
  Slot result;
  std::uint32_t edges;
};

/// Consecutive slots.
struct Run {
  std::size_t first = 0, count = 0;
};

/// Rows and columns; 0 x 0 where there are none to speak of.
struct Shape {
  std::size_t rows = 0, columns = 0;
};

/// A statement with code of its own in place of edges: a whole segment of a program, or a matrix operation. The sweep
/// runs the plain loop between two of them.
template <class T>
struct Block {
  virtual ~Block() = default;
  virtual std::string_view name() const = 0;
  /// The slots that it depends on, in runs.
  virtual std::span<const Run> parents() const = 0;
  /// For those who print it: how the results lie, and each run of parents; and what it takes beside them.
  virtual Shape shape() const { return {}; }
  virtual Shape parent_shape(std::size_t) const { return {}; }
  struct Constant {
    std::size_t run;  // the run of parents that it comes before
    Shape shape;
    std::vector<T> elements;  // row by row
  };
  virtual std::vector<Constant> constants() const { return {}; }
  /// adjoint[parents] += J' adjoint[results], the results from this slot on.
  virtual void pull_back(std::size_t first_result, T* adjoint) const = 0;
};

// What the tape asks of a number. A number type that nests on the tape overloads these beside itself, over all its
// parts.
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

/// The stream of edges and trailers, as bytes. Each `put` and `close` returns where the next one goes.
template <class T>
struct Stream {
  static constexpr std::size_t edge_bytes = sizeof(Edge<T>);
  static constexpr std::size_t trailer_bytes = sizeof(Trailer<T>);

  static std::byte* put(std::byte* at, T slope, std::uint32_t parent) {
    ::new (at) Edge<T>{slope, static_cast<Slot>(parent)};
    return at + edge_bytes;
  }
  static std::byte* close(std::byte* at, std::size_t result, std::uint32_t edges) {
    ::new (at) Trailer<T>{static_cast<Slot>(result), edges};
    return at + trailer_bytes;
  }
  static Trailer<T>& trailer_before(std::byte* end) { return *reinterpret_cast<Trailer<T>*>(end - trailer_bytes); }
  /// Behind the last edge of the statement that ends here.
  static Edge<T>* edges_before(std::byte* end) { return reinterpret_cast<Edge<T>*>(end - trailer_bytes); }
  /// Where that statement begins.
  static std::byte* begin_of(std::byte* end) { return end - trailer_bytes - edge_bytes * trailer_before(end).edges; }
};

/// What a handle knows of its slot, in one word: 31 bits of generation, a bit that says that this handle alone knows
/// the slot, and the slot. A temporary may be folded if its identity is that of the newest statement: one comparison
/// asks whether it is owned, of this generation, and the last on the tape.
struct Identity {
  static constexpr int generation_shift = 33;
  static constexpr std::uint64_t owned_bit = std::uint64_t{1} << 32;
  static constexpr std::uint64_t none = ~std::uint64_t{0};  // the slot of that number does not exist
  static constexpr std::uint64_t shared(std::uint32_t generation, std::size_t slot) {
    return std::uint64_t{generation} << generation_shift | slot;
  }
  static constexpr std::uint64_t owned(std::uint32_t generation, std::size_t slot) {
    return shared(generation, slot) | owned_bit;
  }
  static constexpr std::uint32_t slot(std::uint64_t id) { return static_cast<std::uint32_t>(id); }
  static constexpr std::uint32_t generation(std::uint64_t id) {
    return static_cast<std::uint32_t>(id >> generation_shift);
  }
  static constexpr bool is_owned(std::uint64_t id) { return (id & owned_bit) != 0; }
};

}  // namespace downhill
