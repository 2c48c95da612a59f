#pragma once
/// \file
/// The reverse sweep, and what it leaves: a Gradient.
///
/// The adjoint of a value v is d result / d v. The sweep starts with adjoint[result] = 1 and walks the statements from
/// the last to the first. By the time it reaches a statement, all that used its result has been swept, so its adjoint
/// is complete, and the chain rule hands it on along each edge:
///
///     adjoint[parent] += slope * adjoint[result]
///
/// An adjoint of exactly 0 stops there, and nothing goes along a slope of exactly 0: 0 times infinity or NaN
/// contributes 0, as in every other mode (see handed_on in calculus/chain_rule.hpp). The tape is only read; any result
/// may be swept again, with any seeds, and nothing is ever added up between two sweeps.

#include <cstddef>
#include <initializer_list>
#include <span>
#include <vector>

#include <autodiff/variable.hpp>

namespace downhill {

/// Where a sweep starts: with this weight on this result. The gradient is that of sum(weight * result).
template <class T>
struct Seed {
  Var<T> result;
  T weight = T(1);
};
template <class T, class W>
Seed(Var<T>, W) -> Seed<T>;
template <class T>
Seed(Var<T>) -> Seed<T>;

/// The adjoint of every slot after one sweep, indexed by Var: `gradient[x]` is d result / d x. It stays valid after the
/// tape was rewound, for the Vars that were valid when it was swept.
template <class T>
class Gradient {
 public:
  /// d result / d x. Throws TapeError if x is passive, stale, on another tape, or was recorded after the sweep.
  T operator[](const Var<T>& x) const;
  /// d result / d each element of a matrix, as a matrix. Throws TapeError in the same cases.
  template <AnyMatrix M>
  auto operator[](const M& matrix) const {
    return matrix.adjoint_in(*this);
  }
  /// The adjoints of the tape's parameters, in slot order: contiguous, as their values are. Of a Gradient that is about
  /// to go, as in `tape.gradient(y).parameters()`, the numbers themselves: a span would outlive them.
  std::span<const T> parameters() const& { return adjoints().first(parameters_); }
  std::vector<T> parameters() && { return kept(parameters()); }
  /// The adjoints of all slots.
  std::span<const T> adjoints() const& {
    return slots_ == 0 ? std::span<const T>{} : std::span(buffer_).subspan(stagger, slots_);
  }
  std::vector<T> adjoints() && { return kept(adjoints()); }
  /// Throws TapeError unless it was swept on this tape as it stands now.
  void demand_moment(const Tape<T>& tape) const;

 private:
  friend class Tape<T>;
  // Where the adjoints and the tape agree in their low address bits, stores to one stall loads from the other, up to
  // 2x: large blocks of memory start on page boundaries, so the adjoints stand a little off.
  static constexpr std::size_t stagger = 37;
  static std::vector<T> kept(std::span<const T> adjoints) { return {adjoints.begin(), adjoints.end()}; }
  void sweep(const Tape<T>& tape, std::span<const Seed<T>> seeds);
  T* reset(const Tape<T>& tape);

  std::vector<T> buffer_;
  std::size_t slots_ = 0, parameters_ = 0;
  const Tape<T>* tape_ = nullptr;
  Generations moment_;
};

/// Hands on an adjoint that is not an ordinary number, along the edges of one statement.
template <class T>
[[gnu::noinline]] void pull_with_care(const Edge<T>* begin, const Edge<T>* end, const T& g, T* adjoint) {
  for (const Edge<T>* e = begin; e != end; ++e) adjoint[e->parent] = adjoint[e->parent] + handed_on(e->slope, g);
}

/// One reverse sweep over the statements in [begin, end), end first.
template <class T>
void reverse_sweep(const std::byte* begin, const std::byte* end, T* adjoint) {
  const auto pull = [adjoint](const Edge<T>& e, const T& g) {
    if constexpr (Active<T>)
      adjoint[e.parent] = adjoint[e.parent] + handed_on(e.slope, g);
    else
      adjoint[e.parent] = adjoint[e.parent] + e.slope * g;
  };
  while (end != begin) {
    const auto* const trailer = std::launder(reinterpret_cast<const Trailer<T>*>(end)) - 1;
    const auto* const last = std::launder(reinterpret_cast<const Edge<T>*>(trailer));
    const std::uint32_t edges = trailer->edges;
    const T g = adjoint[trailer->result];
    if (!Active<T> && !is_ordinary(g)) [[unlikely]] {
      end = reinterpret_cast<const std::byte*>(last - edges);
      if (!is_zero(g)) pull_with_care(last - edges, last, g, adjoint);
      continue;
    }
    // The common counts by name: the branch predictor breaks the chain from trailer to trailer.
    switch (edges) {
      case 1:
        end = reinterpret_cast<const std::byte*>(last - 1);
        pull(last[-1], g);
        break;
      case 2:
        end = reinterpret_cast<const std::byte*>(last - 2);
        pull(last[-2], g), pull(last[-1], g);
        break;
      case 3:
        end = reinterpret_cast<const std::byte*>(last - 3);
        pull(last[-3], g), pull(last[-2], g), pull(last[-1], g);
        break;
      default:
        end = reinterpret_cast<const std::byte*>(last - edges);
        for (const Edge<T>* e = last - edges; e != last; ++e) pull(*e, g);
    }
  }
}
extern template void reverse_sweep<double>(const std::byte*, const std::byte*, double*);
extern template void reverse_sweep<float>(const std::byte*, const std::byte*, float*);

template <class T>
T Gradient<T>::operator[](const Var<T>& x) const {
  const std::size_t slot = x.slot();
  if (tape_ == nullptr) misuse::never_swept();
  if (x.tape() != tape_) misuse::foreign_variable("gradient");
  const std::uint32_t generation = Identity::generation(x.identity());
  if (!moment_.is_ours(generation) && !tape_->generations_.is_ours(generation)) misuse::variable_of_dead_tape();
  if (moment_.is_later(generation) || slot >= slots_) misuse::recorded_after_sweep(tape_->name_of(slot), slot);
  if (moment_.is_stale(slot, generation))
    misuse::stale_variable(tape_->name_of(slot), slot, moment_.has_old_value(generation));
  return adjoints()[slot];
}

template <class T>
void Gradient<T>::demand_moment(const Tape<T>& tape) const {
  if (tape_ == nullptr) misuse::never_swept();
  if (tape_ != &tape) misuse::foreign_variable("gradient");
  if (slots_ != tape.slots() || moment_.current() != tape.generations_.current()) misuse::another_moment();
}

template <class T>
T* Gradient<T>::reset(const Tape<T>& tape) {
  slots_ = 0;  // if memory runs out below, this Gradient is empty, not half old and half new
  if (buffer_.size() < tape.slots() + stagger) {
    buffer_.clear();
    buffer_.resize(std::max(tape.slots() + stagger, buffer_.capacity()));
  }
  std::fill_n(buffer_.begin() + stagger, tape.slots(), T(0));
  moment_ = tape.generations_;
  tape_ = &tape;
  parameters_ = tape.parameters().size();
  slots_ = tape.slots();
  return buffer_.data() + stagger;
}

template <class T>
void Gradient<T>::sweep(const Tape<T>& tape, std::span<const Seed<T>> seeds) {
  if (tape.slots() == 0) misuse::empty_tape();
  for (const Seed<T>& seed : seeds) tape.demand_own(seed.result, "gradient");
  tape.seal();
  T* const adjoint = reset(tape);
  for (const Seed<T>& seed : seeds) adjoint[seed.result.raw_slot()] = adjoint[seed.result.raw_slot()] + seed.weight;
  const std::byte *const base = tape.memory_.begin(), *end = tape.head_;
  try {
    for (auto placed = tape.blocks_.rbegin(); placed != tape.blocks_.rend(); ++placed) {
      const std::byte* const begin = base + placed->bytes;
      reverse_sweep<T>(begin, end, adjoint);
      placed->block->pull_back(placed->first_result, adjoint);
      end = begin;
    }
  } catch (...) {
    slots_ = 0;  // what a block could not finish is not a gradient
    throw;
  }
  reverse_sweep<T>(base, end, adjoint);
}

}  // namespace downhill
