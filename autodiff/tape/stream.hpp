#pragma once
/// \file
/// What stands on the tape: statements, one behind the other in a stream of bytes. A statement is its edges, one for
/// each operand, and then its trailer. How a statement is written, read backwards and changed is all here; a Tape owns
/// the memory.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

#include <autodiff/calculus/chain_rule.hpp>
#include <autodiff/calculus/number.hpp>
#include <autodiff/tape/work.hpp>

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

/// The stream as bytes. `put` and `close` write a statement and return where the next byte goes; the others are about
/// the statement that ends at `end`.
template <class T>
struct Stream {
  static constexpr std::size_t edge_bytes = sizeof(Edge<T>);
  /// What the sweep does for a statement of so many edges: a multiplication and an addition for each.
  static constexpr Work sweep_work(std::size_t edges) {
    const auto n = static_cast<double>(edges);
    return {.operations = 2 * n,
            .read = n * (edge_bytes + sizeof(T)) + sizeof(Trailer<T>) + sizeof(T),
            .written = n * sizeof(T)};
  }
  static constexpr std::size_t trailer_bytes = sizeof(Trailer<T>);
  /// A statement of more edges is neither scaled nor searched: long sums would become quadratic.
  static constexpr std::uint32_t foldable_edges = 8;

  static std::byte* put(std::byte* at, T slope, std::uint32_t parent) {
    ::new (at) Edge<T>{slope, static_cast<Slot>(parent)};
    return at + edge_bytes;
  }
  static std::byte* close(std::byte* at, std::size_t result, std::uint32_t edges) {
    ::new (at) Trailer<T>{static_cast<Slot>(result), edges};
    return at + trailer_bytes;
  }

  static Trailer<T>& trailer_before(std::byte* end) { return *reinterpret_cast<Trailer<T>*>(end - trailer_bytes); }
  /// Behind the last edge.
  static Edge<T>* edges_before(std::byte* end) { return reinterpret_cast<Edge<T>*>(end - trailer_bytes); }
  static std::byte* begin_of(std::byte* end) { return end - trailer_bytes - edge_bytes * trailer_before(end).edges; }

  /// statement = p * statement, where p may be known to be 1 or -1. False, and nothing changed, where that must be
  /// recorded instead: of too many edges, and where a slope would overflow or underflow, which must wait for its
  /// adjoint: that may be 0, or bring it back.
  template <bool is_unit>
  [[gnu::always_inline]] static bool scale(std::byte* end, T p) {
    if ((is_unit || Active<T>) && is_one(p)) return true;
    const std::uint32_t edges = trailer_before(end).edges;
    Edge<T>* const behind = edges_before(end);
    if (edges > 2) return scale_many(behind, edges, p);
    if (edges == 1) return scale_one<is_unit>(end, p);
    const T first = behind[-2].slope * p, last = behind[-1].slope * p;
    if (!is_unit && (!is_sound_product(first, behind[-2].slope, p) || !is_sound_product(last, behind[-1].slope, p)))
        [[unlikely]]
      return false;
    behind[-2].slope = first;
    behind[-1].slope = last;
    return true;
  }
  /// The same of a statement that is known to have one edge.
  template <bool is_unit>
  [[gnu::always_inline]] static bool scale_one(std::byte* end, T p) {
    Edge<T>& edge = edges_before(end)[-1];
    const T scaled = edge.slope * p;
    if (!is_unit && !is_sound_product(scaled, edge.slope, p)) [[unlikely]]
      return false;
    edge.slope = scaled;
    return true;
  }

  /// statement = statement + q * b, if an edge to b is found to which q can be added.
  static bool join(std::byte* end, T q, std::uint32_t b) {
    const std::uint32_t edges = trailer_before(end).edges;
    return edges <= foldable_edges ? join_many(edges_before(end), edges, q, b) : join_one(end, q, b);
  }
  /// The same, if that is the last edge.
  [[gnu::always_inline]] static bool join_one(std::byte* end, T q, std::uint32_t b) {
    Edge<T>& edge = edges_before(end)[-1];
    if (edge.parent != b) [[likely]]
      return false;
    const T joined = edge.slope + q;
    if (!is_finite(joined)) return false;
    edge.slope = joined;
    return true;
  }

  /// statement = statement + q * b, by one more edge, for which there is room. Returns the new end.
  [[gnu::always_inline]] static std::byte* extend(std::byte* end, T q, std::uint32_t b) {
    const Slot result = trailer_before(end).result;
    const std::uint32_t edges = trailer_before(end).edges;
    return close(put(end - trailer_bytes, q, b), result, edges + 1);
  }

  /// Of the last two statements, which end at `end`, one: p * the older + q * the newer, where p and q are 1 or -1.
  /// Returns its end, or nullptr, and nothing changed, where there are too many edges.
  static std::byte* merge(std::byte* end, T p, T q) {
    std::byte* const middle = begin_of(end);
    const Slot result = trailer_before(middle).result;
    const std::uint32_t older = trailer_before(middle).edges, newer = trailer_before(end).edges;
    if (older + newer > foldable_edges) return nullptr;
    Edge<T>* const behind = edges_before(middle);
    if (!is_one(p))
      for (Edge<T>* e = behind - older; e != behind; ++e) e->slope = e->slope * p;
    std::byte* at = middle - trailer_bytes;  // what is put there is behind what is still to be read
    std::uint32_t edges = older;
    for (const Edge<T>* e = edges_before(end) - newer; e != edges_before(end); ++e) {
      const T slope = e->slope * q;
      const std::uint32_t parent = e->parent;
      if (join_many(behind, older, slope, parent)) continue;
      at = put(at, slope, parent);
      ++edges;
    }
    return close(at, result, edges);
  }

 private:
  [[gnu::noinline]] static bool scale_many(Edge<T>* behind, std::uint32_t edges, T p) {
    if (edges > foldable_edges) return false;
    for (Edge<T>* e = behind - edges; e != behind; ++e)
      if (!is_sound_product(T(e->slope * p), e->slope, p)) return false;
    for (Edge<T>* e = behind - edges; e != behind; ++e) e->slope = e->slope * p;
    return true;
  }
  static bool join_many(Edge<T>* behind, std::uint32_t edges, T q, std::uint32_t b) {
    for (Edge<T>* e = behind - edges; e != behind; ++e) {
      if (e->parent != b) continue;
      const T joined = e->slope + q;
      if (!is_finite(joined)) return false;
      e->slope = joined;
      return true;
    }
    return false;
  }
};

/// The memory of a stream, which may move as it grows.
class StreamMemory {
 public:
  std::byte* begin() const { return begin_.get(); }
  std::size_t capacity() const { return capacity_; }
  /// Makes it at least so large. Throws std::bad_alloc, and nothing has changed.
  void reserve(std::size_t bytes) {
    constexpr std::size_t first = std::size_t{1} << 16;
    const std::size_t wanted = std::max(bytes, first);
    if (wanted <= capacity_) return;
    auto* const moved = static_cast<std::byte*>(std::realloc(begin(), wanted));  // moves large tapes without a copy
    if (moved == nullptr) throw std::bad_alloc();
    static_cast<void>(begin_.release());
    begin_.reset(moved);
    capacity_ = wanted;
  }

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  std::unique_ptr<std::byte, Free> begin_;
  std::size_t capacity_ = 0;
};

}  // namespace downhill
