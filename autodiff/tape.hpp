#pragma once
/// \file
/// The tape: what an expression leaves behind, so that one walk backwards gives its gradient.
///
/// Every value that can receive an adjoint owns a slot, a number counted from 0. A statement says how one result moves
/// with its operands: one edge {slope, parent slot} for each of them, and after the edges a trailer {result slot,
/// number of edges}. Statements stand behind each other in one stream of memory (tape/stream.hpp):
///
///     w = 3 (slot 0), x = 2 (slot 1);   y = w * x;   z = sin(y)
///
///     | 2.00 -> 0 | 3.00 -> 1 | result 2, 2 edges | 0.96 -> 2 | result 3, 1 edge |
///     `------------------ y = w * x --------------'`------- z = sin(y) ---------'
///
/// The sweep (gradient.hpp) starts at the right end, reads a trailer, and knows where that statement's edges begin. The
/// slopes are numbers already, so the sweep needs no function, no type and no recursion.
///
/// Temporaries fold. In `w * x + b` the product is a temporary whose statement is the newest on the tape, so the sum
/// does not record a second one: it adds the edge {1, b} to it. tape/statements.hpp has all there is to that.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/calculus/number.hpp>
#include <autodiff/tape/arena.hpp>
#include <autodiff/tape/block.hpp>
#include <autodiff/tape/generations.hpp>
#include <autodiff/tape/identity.hpp>
#include <autodiff/tape/listener.hpp>
#include <autodiff/tape/mark.hpp>
#include <autodiff/tape/misuse.hpp>
#include <autodiff/tape/slot_names.hpp>
#include <autodiff/tape/statements.hpp>

namespace downhill {

template <class T>
class Var;
template <class T>
class Gradient;
template <class T>
class Sweep;
template <class T>
struct Seed;

/// Records statements. A tape belongs to whoever made it; two threads with a tape each never meet. Vars point to their
/// tape, so it stays where it is, and must outlive them.
template <class T>
class Tape : private Statements<T> {
  static_assert(is_differentiable<T>,
                "a tape is of double or float, or of Duals of these: write Tape<double>; whole numbers and the like "
                "have no derivatives");

 public:
  Tape() { start_generation(0); }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  // ---- variables and parameters

  /// A new independent variable. Those made before the first statement are the parameters: they own the lowest slots,
  /// and their values and adjoints are contiguous. Throws TapeError when the slots run out.
  Var<T> variable(T value, std::string_view name = {}) {
    const std::size_t slot = slots();
    demand_slots(1);
    if (!name.empty()) names_.add(slot, name);
    if (slot == parameters_.size()) parameters_.push_back(value);
    take_slots(1);
    if (listener_ != nullptr) listener_->variable(slot, value);
    return handle(value, slot);
  }
  /// One variable for each value, in order.
  std::vector<Var<T>> variables(std::span<const T> values) {
    std::vector<Var<T>> made;
    variables(values, made);
    return made;
  }
  /// The same into a reused vector: in a loop it allocates nothing.
  void variables(std::span<const T> values, std::vector<Var<T>>& into) {
    const std::size_t first = slots();
    demand_slots(values.size());
    into.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) into[i] = handle(values[i], first + i);
    if (first == parameters_.size())  // from the handles: `values` may be parameters_, which moves as it grows
      for (const Var<T>& made : into) parameters_.push_back(made.value_);
    take_slots(into.size());
    if (listener_ != nullptr)
      for (const Var<T>& made : into) listener_->variable(made.raw_slot(), made.value_);
  }

  /// Takes the memory for so many parameters at once. Throws std::bad_alloc, and nothing has changed, where there is
  /// not so much, TapeError where there are not so many slots.
  void reserve_parameters(std::size_t count) {
    if (count > parameters_.size()) demand_slots(count - parameters_.size());
    parameters_.reserve(count);
  }

  /// The values of the parameters, in slot order.
  std::span<const T> parameters() const& { return parameters_; }
  std::vector<T> parameters() && { return std::move(parameters_); }
  /// The same, to change in place, as an optimizer does. Every Var made before this call holds a value that may no
  /// longer be true, so it is stale from here on: take the parameters again with `parameter(i)`.
  std::span<T> update_parameters() & {
    generations_.change_values();
    start_generation(slots());
    return parameters_;
  }
  /// The i-th parameter with its present value. Throws TapeError when there is none.
  Var<T> parameter(std::size_t i) {
    if (i >= parameters_.size()) misuse::no_such_parameter(i, parameters_.size());
    return handle(parameters_[i], i);
  }

  /// Names a value, for messages and for what `inspect/` prints.
  void name(const Var<T>& x, std::string_view name) {
    demand_own(x, "name");
    x.disown();  // the name belongs to the value as it is now: a later += takes a slot of its own
    names_.add(x.raw_slot(), name);
  }
  /// The name given to a slot, or "".
  std::string_view name_of(std::size_t slot) const { return names_.of(slot); }

  // ---- marks

  /// Where the tape stands now.
  Mark mark() {
    seal();
    Mark here;
    here.tape_ = this, here.bytes_ = bytes(), here.slots_ = slots();
    here.parameters_ = parameters_.size(), here.names_ = names_.size();
    here.blocks_ = blocks_.size();
    here.arena_ = arena_.mark();
    here.generation_ = generations_.current();
    return here;
  }
  /// Forgets all that was recorded since the mark; Vars from after it are stale. Costs nothing, frees no memory.
  /// Throws TapeError if the mark is another tape's, or the tape has been rewound to before it.
  void rewind(const Mark& mark) {
    if (mark.tape_ != this || !generations_.is_ours(mark.generation_)) misuse::foreign_mark();
    if (mark.slots_ > 0 && generations_.is_rewound(mark.slots_ - 1, mark.generation_)) misuse::stale_mark();
    generations_.rewind(mark.slots_);
    start_generation(mark.slots_);
    head_ = memory_.begin() + mark.bytes_;
    parameters_.resize(mark.parameters_);
    names_.rewind(mark.names_);
    blocks_.rewind(mark.blocks_);
    arena_.rewind(mark.arena_);
    set_limit(0);
    if (listener_ != nullptr) listener_->rewound(slots());
  }
  /// Forgets everything. Keeps the memory for what comes next.
  void clear() {
    Mark empty;
    empty.tape_ = this, empty.generation_ = generations_.current();
    rewind(empty);
  }
  using Statements<T>::reserve;

  // ---- the sweep

  /// d result / d slot for every slot, in one reverse sweep. See gradient.hpp. Throws TapeError if the result is
  /// passive, stale or on another tape.
  Gradient<T> gradient(const Var<T>& result) const { return gradient({Seed<T>{result}}); }
  void gradient(const Var<T>& result, Gradient<T>& into) const {
    const Seed<T> seed{result};
    gradient(std::span<const Seed<T>>(&seed, 1), into);
  }
  Gradient<T> gradient(std::initializer_list<Seed<T>> seeds) const {
    Gradient<T> swept;
    gradient(std::span<const Seed<T>>(seeds.begin(), seeds.size()), swept);
    return swept;
  }
  void gradient(std::span<const Seed<T>> seeds, Gradient<T>& into) const { into.sweep(*this, seeds); }

  /// Of nested numbers: a comparison met a tie, or a slope was infinite, so that derivatives of the slopes on this tape
  /// may be those of another branch. Second derivatives are then verified (derivatives/limits.hpp).
  void note_edge() { has_edge_ = true; }
  bool has_edge() const { return has_edge_; }
  /// Takes what rests at a kink for what stays there: the inputs are beside any kink that they move through.
  void assume_generic() { is_generic_ = true; }
  bool is_generic() const { return is_generic_; }

  // ---- to look at

  using Statements<T>::slots, Statements<T>::bytes;
  /// Counted by walking the tape.
  std::size_t statements() const {
    std::size_t count = 0;
    for_each_backwards([&](auto&&...) { ++count; }, [&](auto&&...) { ++count; });
    return count;
  }
  /// Calls `visit(result slot, edges)` for every statement and `visit_block(block, first result slot, results)` for
  /// every block, newest first: the order of the sweep.
  template <class Visit, class VisitBlock>
  void for_each_backwards(Visit&& visit, VisitBlock&& visit_block) const {
    std::byte* end = head_;
    const auto visit_down_to = [&](std::size_t place) {
      while (end != memory_.begin() + place) {
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
  template <class Visit>
  void for_each_backwards(Visit&& visit) const {
    for_each_backwards(visit, [](auto&&...) {});
  }

  /// Tells this listener of every step from here on, as long as it is given Vars that are made from here on; nullptr
  /// for nobody. A listener must say so before it goes. Throws TapeError if another one listens.
  void listen(Listener<T>* listener) {
    if (listener != nullptr && listener_ != nullptr) misuse::already_heard();
    listener_ = listener;
    seal();
  }
  /// The same Var, for a listener that came later than it.
  Var<T> heard(const Var<T>& x) {
    demand_own(x, "heard");
    x.disown();
    if (listener_ != nullptr) listener_->variable(x.raw_slot(), x.value_);
    return handle(x.value_, x.raw_slot());
  }

 private:
  friend class Var<T>;
  friend class Gradient<T>;
  friend class Sweep<T>;
  friend struct Recorder;
  friend struct MatrixRecorder;

  using Statements<T>::head_, Statements<T>::memory_, Statements<T>::next_;
  using Statements<T>::demand_slots, Statements<T>::seal, Statements<T>::set_limit;
  using typename Statements<T>::Stream;

  // ---- blocks

  // Makes a block of class B, with so many results, and returns the slot of the first.
  template <class B, class... A>
  std::size_t append(std::size_t results, A&&... arguments) {
    const std::size_t first = slots();
    demand_slots(results);
    const B& block = blocks_.template append<B>(arena_, bytes(), first, results, std::forward<A>(arguments)...);
    take_slots(results);
    if (listener_ != nullptr) listener_->block(block, first, results);
    return first;
  }
  // The values of a block's results, for a listener.
  void say_values(std::size_t first, std::span<const T> values) {
    if (listener_ != nullptr) listener_->block_values(first, values);
  }

  // ---- handles

  Var<T> handle(const T& value, std::size_t slot) {
    const Var<T> made(this, value, Identity::shared(generations_.current(), slot));
    return listener_ == nullptr ? made : made.aside();
  }
  void demand_own(const Var<T>& x, std::string_view operation) const {
    if (x.slot(), x.tape() != this) misuse::foreign_variable(operation);
    check(x.identity());
  }
  // A Var may be used if nothing that it stands on has been rewound.
  void check(std::uint64_t id) const {
    if ((id ^ next_) >> Identity::generation_shift != 0) demand_fresh(id);
  }
  // May an edge lead to x? Most have the bits of `next_` above their slot: they are of this generation, others know of
  // them, and they are not aside. False if it is aside. Throws TapeError if it is stale.
  [[gnu::always_inline]] bool take_as_parent(const Var<T>& x) const {
    const std::uint64_t odd = (x.id_ ^ next_) >> Identity::slot_bits;
    if (odd == 1) [[likely]]
      return true;
    if (odd > 1) {
      if (Identity::is_aside(x.id_)) return false;
      demand_fresh(x.id_);
    }
    x.disown();
    return true;
  }
  void demand_fresh(std::uint64_t id) const {
    if (is_stale(id)) throw_stale(id);
  }
  // Pure, so that a test in the middle of an expression does not make the compiler forget what it knows of the tape.
  [[gnu::pure]] bool is_stale(std::uint64_t id) const {
    return !generations_.is_ours(Identity::generation(id)) ||
           (Identity::slot(id) >= oldest_rewind_ &&
            generations_.is_stale(Identity::slot(id), Identity::generation(id)));
  }
  [[noreturn]] void throw_stale(std::uint64_t id) const {
    if (!generations_.is_ours(Identity::generation(id))) misuse::variable_of_dead_tape();
    misuse::stale_variable(name_of(Identity::slot(id)), Identity::slot(id),
                           generations_.has_old_value(Identity::generation(id)));
  }
  void start_generation(std::size_t kept) {
    next_ = Identity::owned(generations_.current(), kept);
    oldest_rewind_ = generations_.oldest();
    seal();
  }
  void take_slots(std::size_t count) {
    next_ += count;
    seal();
    set_limit(0);
  }

  std::size_t oldest_rewind_;
  Generations generations_;
  bool has_edge_ = false, is_generic_ = false;
  std::vector<T> parameters_;
  SlotNames names_;
  Listener<T>* listener_ = nullptr;
  Arena arena_;  // of blocks, and of the values that they need: it outlives them
  Blocks<T> blocks_;
};

}  // namespace downhill
