#pragma once
/// \file
/// The statements of a tape: how one is recorded, and how the newest may still change.
///
///     x is a temporary, its statement the newest:    f(x)      scale its edges by f'(x)
///                                                    x + 3     the same statement, another value
///                                                    x * b     scale its edges by b, add the edge {x, b}
///     y too, its statement the one before:           y + x     one statement with the edges of both
///     otherwise                                      a * b     record {b, a}, {a, b}
///
/// Slots are counted, and so are statements: where no sum has grown since, the newest statement has the last slot and
/// the one before it the slot before.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <autodiff/tape/identity.hpp>
#include <autodiff/tape/misuse.hpp>
#include <autodiff/tape/stream.hpp>

namespace downhill {

/// The part of a Tape that every operation works on: the stream, its memory, and the count of slots.
template <class T>
class Statements {
 protected:
  friend struct Recorder;
  using Stream = downhill::Stream<T>;
  static constexpr std::size_t edge_bytes = Stream::edge_bytes, trailer_bytes = Stream::trailer_bytes;
  // Left free behind the limit: the edges that `fold` may add to the newest statement without asking.
  static constexpr std::size_t spare_bytes = Stream::foldable_edges * edge_bytes;
  static constexpr std::size_t slot_limit = std::numeric_limits<Slot>::max();

  std::size_t slots() const { return Identity::slot(next_); }
  std::size_t bytes() const { return static_cast<std::size_t>(head_ - memory_.begin()); }

  // ---- a new statement

  [[gnu::always_inline]] std::uint64_t record(T p, std::uint32_t a) {
    const std::uint64_t id = next_;
    return finish(id, Stream::put(room(edge_bytes + trailer_bytes), p, a), 1);
  }
  [[gnu::always_inline]] std::uint64_t record(T p, std::uint32_t a, T q, std::uint32_t b) {
    if (a == b) [[unlikely]]
      return record(p + q, a);
    const std::uint64_t id = next_;
    return finish(id, Stream::put(Stream::put(room(2 * edge_bytes + trailer_bytes), p, a), q, b), 2);
  }
  // Writes the trailer behind edges that have been put, which makes them the newest statement. Returns its identity.
  [[gnu::always_inline]] std::uint64_t finish(std::uint64_t id, std::byte* at, std::size_t edges) {
    head_ = Stream::close(at, Identity::slot(id), static_cast<std::uint32_t>(edges));
    newest_ = id;
    next_ = id + 1;
    // Slots do not run over into the bits above, so that the next operation need not ask.
    if (Identity::is_aside(id) || (id ^ next_) >> Identity::slot_bits != 0) __builtin_unreachable();
    return id;
  }

  // ---- a change of the newest statement, which only a handle that alone knows of it may ask for
  //
  // These return false, and nothing has changed, where the result must be recorded instead. `is_unit` says that the
  // slopes are known to be 1 or -1: then no product of them can overflow.

  [[gnu::always_inline]] bool is_newest(std::uint64_t id) const { return id == newest_; }
  [[gnu::always_inline]] bool is_second_newest(std::uint64_t id) const { return id + 1 == newest_ && id >= frozen_; }

  // newest = p * newest
  template <bool is_unit>
  [[gnu::always_inline]] bool scale(T p) {
    return Stream::template scale<is_unit>(head_, p);
  }
  // newest = p * newest + q * b
  template <bool is_unit>
  [[gnu::always_inline]] bool fold(T p, T q, std::uint32_t b) {
    std::byte* const end = head_;
    if (Active<T> || Stream::trailer_before(end).edges != 1) return fold_many<is_unit>(p, q, b);
    if (!Stream::template scale_one<is_unit>(end, p)) [[unlikely]]
      return false;
    if (!Stream::join_one(end, q, b)) [[likely]]
      head_ = Stream::close(Stream::put(end - trailer_bytes, q, b), Identity::slot(newest_), 2);
    return true;
  }
  // older = p * older + q * newer, for the newest two statements: if the newer has one edge, or in a sum.
  template <bool is_unit>
  [[gnu::always_inline]] bool merge(std::uint64_t older, T p, T q) {
    std::byte* const end = head_;
    if (Stream::trailer_before(end).edges != 1) return is_unit && merge_many(older, p, q);
    const T slope = Stream::edges_before(end)[-1].slope;
    const std::uint32_t parent = Stream::edges_before(end)[-1].parent;
    const T scaled = slope * q;
    std::byte* const middle = end - trailer_bytes - edge_bytes;
    if ((!is_unit && !is_sound_product(scaled, slope, q)) ||
        Stream::trailer_before(middle).edges > Stream::foldable_edges) [[unlikely]]
      return false;
    head_ = middle;
    newest_ = older;
    if (!fold<is_unit>(p, scaled, parent)) [[unlikely]] {
      head_ = end;  // nothing was written over it
      newest_ = older + 1;
      return false;
    }
    next_ = older + 1;
    return true;
  }
  template <bool is_unit>
  [[gnu::noinline]] bool fold_many(T p, T q, std::uint32_t b) {
    if (!scale<is_unit>(p)) return false;
    if (Stream::join(head_, q, b)) return true;
    if (Stream::trailer_before(head_).edges > Stream::foldable_edges)  // for fewer, `room` left space
      room(edge_bytes);  // should this throw, nothing has changed: of so many edges, p was 1
    head_ = Stream::extend(head_, q, b);
    return true;
  }
  [[gnu::noinline]] bool merge_many(std::uint64_t older, T p, T q) {
    std::byte* const merged = Stream::merge(head_, p, q);
    if (merged == nullptr) return false;
    head_ = merged;
    newest_ = older;
    next_ = older + 1;
    return true;
  }

  // ---- sums that grow in their slot

  // May this sum keep its slot? Only if no other handle and no statement has seen it, since the last seal.
  [[gnu::always_inline]] bool keeps_slot(std::uint64_t sum) const { return ((sum - sealed_) >> 32) == 0; }
  // sum += p * a
  [[gnu::always_inline]] void accumulate(std::uint32_t sum, T p, std::uint32_t a) {
    head_ = Stream::close(Stream::put(room(edge_bytes + trailer_bytes), p, a), sum, 1);
    newest_ = Identity::none;
    frozen_ = next_;
  }
  // sum += p * the newest statement, which ends at `end`. False, and nothing changed, if it has too many edges.
  template <bool is_unit>
  [[gnu::always_inline]] bool accumulate_newest(std::byte* end, std::uint32_t sum, std::uint64_t newest, T p) {
    if (!Stream::template scale<is_unit>(end, p)) return false;
    Stream::trailer_before(end).result = static_cast<Slot>(sum);
    // newest_ may keep the identity: its handle is gone, and the next statement gets the same.
    frozen_ = next_ = newest;
    return true;
  }

  // Nothing that stands on the tape now may change any more, and no slot may come to stand for another value.
  void seal() const {
    newest_ = Identity::none;
    frozen_ = sealed_ = next_;
  }

  // ---- memory

  void demand_slots(std::size_t count) const {
    if (count > slot_limit - slots()) misuse::out_of_slots(slot_limit);
  }
  // Makes room for one more statement. `limit_` also stands for the slots that are left: see `set_limit`.
  [[gnu::always_inline]] std::byte* room(std::size_t bytes) {
    std::byte* const at = head_;
    if (reinterpret_cast<std::uintptr_t>(at) + bytes > reinterpret_cast<std::uintptr_t>(limit_)) [[unlikely]]
      return grow(*this, bytes);
    return at;
  }
  // Not a call with `this`: where two tapes are compared, g++ 12 warns of one that is null, which cannot be.
  [[gnu::noinline]] static std::byte* grow(Statements& tape, std::size_t bytes) {
    tape.demand_slots(1);
    if (const std::size_t wanted = tape.bytes() + bytes + spare_bytes; tape.memory_.capacity() < wanted)
      tape.reserve(std::max(wanted, 2 * tape.memory_.capacity()));
    tape.set_limit(bytes);
    return tape.head_;
  }
  std::byte* room_for_edges(std::size_t count) {
    if (count > std::numeric_limits<std::uint32_t>::max()) misuse::too_many_edges(count);
    return room(count * edge_bytes + trailer_bytes);
  }
  // A statement takes a slot, an edge and a trailer at least, so as long as the head stays below this limit neither the
  // memory nor the slots can run out: one comparison for each statement serves both. `least` is always granted.
  void set_limit(std::size_t least) {
    const std::size_t taken = bytes() + spare_bytes, free_slots = slot_limit - slots();
    const std::size_t by_memory = memory_.capacity() > taken ? memory_.capacity() - taken : 0;
    limit_ = head_ + std::min(by_memory, std::max(least, free_slots * (edge_bytes + trailer_bytes)));
  }

  /// Takes the memory for this many bytes of statements at once: 8 for each, and 12 for each edge.
  void reserve(std::size_t bytes) {
    const std::size_t used = this->bytes();
    memory_.reserve(bytes);
    head_ = memory_.begin() + used;
    set_limit(0);
  }

  // All 64 bits wide: stores of slots and counts into the stream cannot alias them. What every statement writes (head_,
  // next_, newest_) does not stand side by side: compilers would join the stores, and the next load would wait.
  std::byte *head_ = nullptr, *limit_ = nullptr;
  std::uint64_t next_ = 0;        // the identity the next statement gets
  mutable std::uint64_t sealed_;  // the first identity after the last seal
  mutable std::uint64_t newest_;  // that of the newest statement while it may still change
  StreamMemory memory_;
  mutable std::uint64_t frozen_;  // statements from this one on have a slot each, in order: no sum has grown since
};

}  // namespace downhill
