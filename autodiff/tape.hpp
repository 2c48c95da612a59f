#pragma once
// The tape: what an expression leaves behind, so that one walk backwards gives its gradient.
//
// Every value that can receive an adjoint owns a slot, a number counted from 0. A statement says how one result moves
// with its operands: one edge {slope, parent slot} for each of them, and after the edges a trailer {result slot, number
// of edges}. Statements stand behind each other in one stream of memory:
//
//     w = 3 (slot 0), x = 2 (slot 1);   y = w * x;   z = sin(y)
//
//     | 2.00 -> 0 | 3.00 -> 1 | result 2, 2 edges | 0.96 -> 2 | result 3, 1 edge |
//     `------------------ y = w * x --------------'`------- z = sin(y) ---------'
//
// The sweep (gradient.hpp) starts at the right end, reads a trailer, and knows where that statement's edges begin. The
// slopes are numbers already, so the sweep needs no function, no type and no recursion.
//
// Temporaries fold. In `w * x + b` the product is a temporary whose statement is the newest on the tape, so the sum
// does not record a second one: it adds the edge {1, b} to it. `scale` and `fold` below are all there is to that.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <forward_list>
#include <initializer_list>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/calculus/number.hpp>
#include <autodiff/tape/arena.hpp>
#include <autodiff/tape/generations.hpp>
#include <autodiff/tape/listener.hpp>
#include <autodiff/tape/misuse.hpp>
#include <autodiff/tape/slot_names.hpp>
#include <autodiff/tape/statement.hpp>

namespace downhill {

template <class T>
class Var;
template <class T>
class Gradient;
template <class T>
struct Seed;

/// A place on a tape to rewind to. Made by Tape::mark.
class Mark {
  template <class T>
  friend class Tape;
  const void* tape_ = nullptr;
  std::size_t bytes_ = 0, slots_ = 0, parameters_ = 0, names_ = 0, blocks_ = 0;
  std::uint32_t generation_ = 0;
  Arena::Mark arena_;
};

/// Records statements. A tape belongs to whoever made it; two threads with a tape each never meet. Vars point to their
/// tape, so it stays where it is, and must outlive them.
template <class T>
class Tape {
  static_assert(is_differentiable<T>,
                "a tape is of double or float, or of Duals of these: write Tape<double>; whole numbers and the like "
                "have no derivatives");

 public:
  Tape() { start_generation(0); }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// A new independent variable. Those made before the first statement are the parameters: they own the lowest slots,
  /// and their values and adjoints are contiguous. Throws TapeError when the slots run out.
  Var<T> variable(T value, std::string_view name = {});
  /// One variable for each value, in order.
  std::vector<Var<T>> variables(std::span<const T> values);
  /// The same into a reused vector: in a loop it allocates nothing.
  void variables(std::span<const T> values, std::vector<Var<T>>& into);

  /// The values of the parameters, in slot order.
  std::span<const T> parameters() const& { return parameters_; }
  std::vector<T> parameters() && { return std::move(parameters_); }
  /// The same, to change in place, as an optimizer does. Every Var made before this call holds a value that may no
  /// longer be true, so it is stale from here on: take the parameters again with `parameter(i)`.
  std::span<T> update_parameters() &;
  /// The i-th parameter with its present value. Throws TapeError when there is none.
  Var<T> parameter(std::size_t i);

  /// Names a value, for messages and for what `inspect/` prints.
  void name(const Var<T>& x, std::string_view name);
  /// The name given to a slot, or "".
  std::string_view name_of(std::size_t slot) const { return names_.of(slot); }

  /// Where the tape stands now.
  Mark mark();
  /// Forgets all that was recorded since the mark; Vars from after it are stale. Costs nothing, frees no memory.
  /// Throws TapeError if the mark is another tape's, or the tape has been rewound to before it.
  void rewind(const Mark& mark);
  /// Forgets everything. Keeps the memory for what comes next.
  void clear();
  /// Takes the memory for this many bytes of statements at once: 20 for one with one edge, 12 more for each further
  /// edge.
  void reserve(std::size_t bytes);

  /// d result / d slot for every slot, in one reverse sweep. See gradient.hpp.
  Gradient<T> gradient(const Var<T>& result) const;
  void gradient(const Var<T>& result, Gradient<T>& into) const;
  Gradient<T> gradient(std::initializer_list<Seed<T>> seeds) const;
  void gradient(std::span<const Seed<T>> seeds, Gradient<T>& into) const;

  /// Of nested numbers: a comparison met a tie, or a slope was infinite, so that derivatives of the slopes on this tape
  /// may be those of another branch. Second derivatives are then verified (limits.hpp).
  void note_edge() { has_edge_ = true; }
  bool has_edge() const { return has_edge_; }
  /// Takes what rests at a kink for what stays there: the inputs are beside any kink that they move through.
  void assume_generic() { is_generic_ = true; }
  bool is_generic() const { return is_generic_; }

  std::size_t slots() const { return Identity::slot(next_); }
  std::size_t bytes() const { return static_cast<std::size_t>(head_ - base_.get()); }
  /// Counted by walking the tape.
  std::size_t statements() const;
  /// Tells this listener of every step from here on, as long as it is given Vars that are made from here on; nullptr
  /// for nobody. A listener must say so before it goes. Throws TapeError if another one listens.
  void listen(Listener<T>* listener);
  /// The same Var, for a listener that came later than it.
  Var<T> heard(const Var<T>& x);
  /// Calls `visit(result slot, edges)` for every statement and `visit_block(block, first result slot, results)` for
  /// every block, newest first: the order of the sweep.
  template <class Visit, class VisitBlock>
  void for_each_backwards(Visit&& visit, VisitBlock&& visit_block) const;
  template <class Visit>
  void for_each_backwards(Visit&& visit) const {
    for_each_backwards(visit, [](auto&&...) {});
  }

 private:
  friend class Var<T>;
  friend class Gradient<T>;
  friend struct Recorder;
  friend struct MatrixRecorder;

  using Stream = downhill::Stream<T>;
  static constexpr std::size_t edge_bytes = Stream::edge_bytes, trailer_bytes = Stream::trailer_bytes;
  static constexpr std::uint32_t foldable_edges = 8;  // beyond, scaling and searching would make long sums quadratic
  // Left free behind the limit: the edges that `fold` may add to the newest statement without asking.
  static constexpr std::size_t spare_bytes = foldable_edges * edge_bytes;
  static constexpr std::size_t slot_limit = std::numeric_limits<Slot>::max();

  // Makes room for one more statement. `limit_` also stands for the slots that are left: see `grow`.
  [[gnu::always_inline]] std::byte* room(std::size_t bytes) {
    std::byte* const at = head_;
    if (reinterpret_cast<std::uintptr_t>(at) + bytes > reinterpret_cast<std::uintptr_t>(limit_)) [[unlikely]]
      return grow(bytes);
    return at;
  }
  std::byte* grow(std::size_t bytes);
  void start_generation(std::size_t slots) {
    next_ = Identity::owned(generations_.current(), slots);
    oldest_rewind_ = generations_.oldest();
    seal();
  }
  void set_limit(std::size_t least);

  // A Var may be used if nothing that it stands on has been rewound. (Pure, so that a test in the middle of an
  // expression does not make the compiler forget what it knows of the tape.)
  [[gnu::always_inline]] void check(std::uint64_t id) const {
    if (((id ^ next_) >> Identity::generation_shift) != 0) [[unlikely]]
      if (is_stale(id)) throw_stale(id);
  }
  [[gnu::always_inline]] void check(std::uint64_t a, std::uint64_t b) const {
    if ((((a ^ next_) | (b ^ next_)) >> Identity::generation_shift) != 0) [[unlikely]] {
      if (is_stale(a)) throw_stale(a);
      if (is_stale(b)) throw_stale(b);
    }
  }
  [[gnu::pure]] bool is_stale(std::uint64_t id) const {
    const std::uint32_t generation = Identity::generation(id);
    return !generations_.is_ours(generation) ||
           (Identity::slot(id) >= oldest_rewind_ && generations_.is_stale(Identity::slot(id), generation));
  }
  [[noreturn]] void throw_stale(std::uint64_t id) const;

  // Writes the trailer behind edges that have been put, which makes them the newest statement. Returns its identity.
  [[gnu::always_inline]] std::uint64_t finish(std::uint64_t id, std::byte* at, std::size_t edges) {
    head_ = Stream::close(at, Identity::slot(id), static_cast<std::uint32_t>(edges));
    newest_ = id;
    next_ = id + 1;
    return id;
  }
  [[gnu::always_inline]] std::uint64_t record(T p, std::uint32_t a) {
    const std::uint64_t id = next_;
    return finish(id, Stream::put(room(edge_bytes + trailer_bytes), p, a), 1);
  }
  [[gnu::always_inline]] std::uint64_t record(T p, std::uint32_t a, T q, std::uint32_t b) {
    if (a == b) return record(p + q, a);
    const std::uint64_t id = next_;
    return finish(id, Stream::put(Stream::put(room(2 * edge_bytes + trailer_bytes), p, a), q, b), 2);
  }
  std::byte* room_for_edges(std::size_t count) {
    if (count > std::numeric_limits<std::uint32_t>::max()) misuse::too_many_edges(count);
    return room(count * edge_bytes + trailer_bytes);
  }

  // A handle to a slot of this tape.
  Var<T> handle(const T& value, std::uint64_t id);
  Var<T> heard_handle(const T& value, std::uint64_t id);
  // What a listener must hear: one statement, which does not fold. Returns its identity.
  std::uint64_t record_heard(std::string_view label, const T& value, std::span<const StepOperand<T>> operands);
  // The values of a block's results, for a listener.
  void say_values(std::size_t first, std::span<const T> values) {
    if (listener_ != nullptr) listener_->block_values(first, values);
  }

  // Makes a block of class B, with so many results, and returns the slot of the first.
  template <class B, class... A>
  std::size_t append(std::size_t results, A&&... arguments);

  // Nothing that stands on the tape now may change any more, and no slot may come to stand for another value.
  void seal() const {
    newest_ = Identity::none;
    sealed_ = Identity::owned(generations_.current(), slots());
  }
  // May this sum keep its slot as it grows? Only if no other handle and no statement has seen it, since the last seal.
  [[gnu::always_inline]] bool keeps_slot(std::uint64_t sum) const { return ((sum - sealed_) >> 32) == 0; }

  // newest = p * newest. False, and nothing changed, where that must be recorded instead.
  bool scale(T p);
  static bool scale_many(Edge<T>* end, std::uint32_t edges, T p);
  // newest = p * newest + q * b.
  bool fold(T p, T q, std::uint32_t b);
  static bool join_many(Edge<T>* end, std::uint32_t edges, T q, std::uint32_t b);
  // sum += p * a, or += p * the newest statement: the sum keeps its slot.
  void accumulate(std::uint32_t sum, T p, std::uint32_t a);
  bool accumulate_newest(std::uint32_t sum, std::uint64_t newest, T p);

  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  // All 64 bits wide: stores of slots and counts into the stream cannot alias them. What every statement writes (head_,
  // next_, newest_) does not stand side by side: compilers would join the stores, and the next load would wait.
  std::byte *head_ = nullptr, *limit_ = nullptr;
  std::uint64_t next_;  // the identity the next statement gets
  std::size_t oldest_rewind_;
  mutable std::uint64_t newest_;  // that of the newest statement while it may still change
  mutable std::uint64_t sealed_;  // the first identity after the last seal
  std::unique_ptr<std::byte, Free> base_;
  std::size_t capacity_ = 0;
  Generations generations_;
  bool has_edge_ = false, is_generic_ = false;
  std::vector<T> parameters_;
  SlotNames names_;
  Listener<T>* listener_ = nullptr;
  std::forward_list<HeardHandle<T>> heard_;
  Arena arena_;  // of blocks, and of the values that they need
  struct Destroy {
    void operator()(Block<T>* block) const { block->~Block(); }
  };
  struct Placed {
    std::unique_ptr<Block<T>, Destroy> block;
    std::size_t bytes, first_result, results;  // it stands behind so many bytes of statements
  };
  std::vector<Placed> blocks_;
};

// ---- marks and walks

template <class T>
Mark Tape<T>::mark() {
  seal();
  Mark here;
  here.tape_ = this, here.bytes_ = bytes(), here.slots_ = slots();
  here.parameters_ = parameters_.size(), here.names_ = names_.size();
  here.blocks_ = blocks_.size();
  here.arena_ = arena_.mark();
  here.generation_ = generations_.current();
  return here;
}

template <class T>
void Tape<T>::rewind(const Mark& mark) {
  if (mark.tape_ != this || !generations_.is_ours(mark.generation_)) misuse::foreign_mark();
  if (mark.slots_ > 0 && generations_.is_rewound(mark.slots_ - 1, mark.generation_)) misuse::stale_mark();
  generations_.rewind(mark.slots_);
  start_generation(mark.slots_);
  head_ = base_.get() + mark.bytes_;
  parameters_.resize(mark.parameters_);
  names_.rewind(mark.names_);
  blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(mark.blocks_), blocks_.end());
  arena_.rewind(mark.arena_);
  set_limit(0);
  if (listener_ != nullptr) listener_->rewound(slots());
}

template <class T>
void Tape<T>::clear() {
  Mark empty;
  empty.tape_ = this, empty.generation_ = generations_.current();
  rewind(empty);
}

template <class T>
std::span<T> Tape<T>::update_parameters() & {
  generations_.change_values();
  start_generation(slots());
  return parameters_;
}

template <class T>
template <class Visit, class VisitBlock>
void Tape<T>::for_each_backwards(Visit&& visit, VisitBlock&& visit_block) const {
  std::byte* end = head_;
  const auto visit_down_to = [&](std::size_t bytes) {
    while (end != base_.get() + bytes) {
      const Trailer<T> trailer = Stream::trailer_before(end);
      visit(std::size_t{trailer.result},
            std::span<const Edge<T>>(Stream::edges_before(end) - trailer.edges, trailer.edges));
      end = Stream::begin_of(end);
    }
  };
  for (auto placed = blocks_.rbegin(); placed != blocks_.rend(); ++placed) {
    visit_down_to(placed->bytes);
    visit_block(*placed->block, placed->first_result, placed->results);
  }
  visit_down_to(0);
}

template <class T>
std::size_t Tape<T>::statements() const {
  std::size_t count = 0;
  for_each_backwards([&](std::size_t, std::span<const Edge<T>>) { ++count; },
                     [&](const Block<T>&, std::size_t, std::size_t) { ++count; });
  return count;
}

template <class T>
template <class B, class... A>
std::size_t Tape<T>::append(std::size_t results, A&&... arguments) {
  const std::size_t first = slots();
  if (results > slot_limit - first) misuse::out_of_slots(slot_limit);
  static_assert(alignof(B) <= Arena::alignment);
  std::unique_ptr<Block<T>, Destroy> block(::new (arena_.take(sizeof(B))) B(std::forward<A>(arguments)...));
  blocks_.push_back({std::move(block), bytes(), first, results});
  next_ += results;
  seal();
  set_limit(0);
  if (listener_ != nullptr) listener_->block(*blocks_.back().block, first, results);
  return first;
}

template <class T>
void Tape<T>::throw_stale(std::uint64_t id) const {
  if (!generations_.is_ours(Identity::generation(id))) misuse::variable_of_dead_tape();
  misuse::stale_variable(name_of(Identity::slot(id)), Identity::slot(id),
                         generations_.has_old_value(Identity::generation(id)));
}

// ---- memory

template <class T>
[[gnu::noinline]] std::byte* Tape<T>::grow(std::size_t bytes) {
  if (slots() >= slot_limit) misuse::out_of_slots(slot_limit);
  if (const std::size_t used = this->bytes(); capacity_ - used < bytes + spare_bytes)
    reserve(std::max(used + bytes + spare_bytes, 2 * capacity_));
  set_limit(bytes);
  return head_;
}

// A statement takes one slot and at least one edge and a trailer, so as long as the head stays below this limit neither
// the memory nor the slots can run out: one comparison for each statement serves both. `least` is always granted.
template <class T>
void Tape<T>::set_limit(std::size_t least) {
  const std::size_t taken = bytes() + spare_bytes, free_slots = slot_limit - slots();
  const std::size_t by_memory = capacity_ > taken ? capacity_ - taken : 0;
  limit_ = head_ + std::min(by_memory, std::max(least, free_slots * (edge_bytes + trailer_bytes)));
}

template <class T>
void Tape<T>::reserve(std::size_t bytes) {
  constexpr std::size_t first = std::size_t{1} << 16;
  const std::size_t wanted = std::max(bytes, first);
  if (wanted <= capacity_) return;
  const std::size_t used = this->bytes();
  auto* const moved = static_cast<std::byte*>(std::realloc(base_.get(), wanted));  // moves large tapes without a copy
  if (moved == nullptr) throw std::bad_alloc();
  static_cast<void>(base_.release());
  base_.reset(moved);
  head_ = moved + used;
  capacity_ = wanted;
  set_limit(0);
}

}  // namespace downhill
