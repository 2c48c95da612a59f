#pragma once
/// \file
/// The reverse sweep of a step of descent: no gradient is left of it, because a sink (tape/parameter_sink.hpp) is told
/// of each parameter as soon as its adjoint is final. An optimizer moves the parameters of a layer while the sweep is
/// still on its way to the layer before:
///
///     Sweep<float> sweep;  // kept from step to step
///     Optimizer<GradientDescent, float> optimizer(method, tape.parameters().size());
///     const Mark start = tape.mark();
///     for (int step = 0; step < steps; ++step) {
///       optimizer.step(tape, loss(tape), sweep);
///       tape.rewind(start);
///     }
///
/// Parameters that one block alone uses need no memory for their adjoints: a product makes them tile by tile, in
/// cache. The adjoints of others stand in memory that is mapped when it is first written, and given back where it is
/// much, so that of large layers only one has its gradient in memory.

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <autodiff/gradient.hpp>
#include <autodiff/tape/last_uses.hpp>
#include <autodiff/tape/parameter_sink.hpp>
#include <autodiff/tape/untouched.hpp>

namespace downhill {

/// Memory for sweeps that tell a sink, reused from one to the next.
template <class T>
class Sweep {
 public:
  /// Sweeps from the result and tells the sink of every parameter, once. Afterwards the parameters count as changed:
  /// Vars that were made before are stale, as after Tape::update_parameters. Throws TapeError if the result is passive,
  /// stale or on another tape, and nobody has been told of anything. What a block throws passes through; `told` says
  /// how many parameters the sink was told of before. Constants that stand in the memory of the parameters themselves
  /// are read as they then are: copy them.
  void descend(Tape<T>& tape, const Var<T>& result, ParameterSink<T>& sink);
  /// The parameters that the sink was told of in the last sweep, as far as it came.
  std::size_t told() const { return told_; }

 private:
  using Part = LastUses::Part;
  std::span<const Part> plan(const Tape<T>& tape, const Var<T>& result);
  T* reset(const Tape<T>& tape);
  void walk(Tape<T>& tape, std::span<const Part> parts, T* adjoint, const WayToSink<T>& way);
  void tell(const Part& part, T* adjoint, const WayToSink<T>& way);

  // As in Gradient: where adjoints and tape agree in their low address bits, stores stall loads.
  static constexpr std::size_t stagger = 37;
  Untouched<T> buffer_;  // 0 between two sweeps, but for the adjoints [dirty_, dirty_end_)
  std::vector<T> on_its_way_;
  LastUses uses_;
  std::size_t dirty_ = 0, dirty_end_ = 0, told_ = 0;
};

// The statements before block i are user 2 i, the block itself is user 2 i + 1.
template <class T>
std::span<const LastUses::Part> Sweep<T>::plan(const Tape<T>& tape, const Var<T>& result) {
  const std::size_t parameters = tape.parameters().size(), blocks = tape.blocks_.size();
  uses_.clear();
  if (blocks == 0) return uses_.in_order(parameters);
  uses_.add({result.slot(), 1}, 2 * blocks);
  const std::byte* const base = tape.memory_.begin();
  std::byte* end = tape.head_;
  const auto add_statements = [&](const std::byte* begin, std::size_t user) {
    std::size_t least = parameters, most = 0;
    for (; end != begin; end = Stream<T>::begin_of(end)) {
      const Edge<T>* const last = Stream<T>::edges_before(end);
      for (const Edge<T>* e = last - Stream<T>::trailer_before(end).edges; e != last; ++e)
        if (e->parent < parameters)
          least = std::min<std::size_t>(least, e->parent), most = std::max<std::size_t>(most, e->parent);
    }
    if (least <= most && least < parameters) uses_.add({least, most - least + 1}, user);
  };
  std::size_t i = blocks;
  for (auto placed = tape.blocks_.rbegin(); placed != tape.blocks_.rend(); ++placed, --i) {
    add_statements(base + placed->bytes, 2 * i);
    for (const Run& run : placed->block->parents())
      if (run.first < parameters) uses_.add(run, 2 * i - 1);
  }
  add_statements(base, 0);
  return uses_.in_order(parameters);
}

template <class T>
T* Sweep<T>::reset(const Tape<T>& tape) {
  const std::size_t slots = tape.slots(), parameters = tape.parameters().size();
  if (buffer_.size() < slots + stagger) {
    // Where the parameters are few, some more, so that a tape which grows does not ask each time.
    const std::size_t more = parameters < slots ? (slots - parameters) / 2 : 0;
    dirty_ = dirty_end_ = 0;
    buffer_.assign(slots + more + stagger);
  }
  T* const adjoint = buffer_.data() + stagger;
  std::fill(adjoint + dirty_, adjoint + dirty_end_, T(0));
  dirty_ = parameters, dirty_end_ = slots;
  return adjoint;
}

template <class T>
void Sweep<T>::tell(const Part& part, T* adjoint, const WayToSink<T>& way) {
  way.take({part.run.first, 1, part.run.count, part.run.count, part.run.count}, adjoint + part.run.first);
  buffer_.zero(stagger + part.run.first, part.run.count);
  told_ += part.run.count;
}

template <class T>
void Sweep<T>::walk(Tape<T>& tape, std::span<const Part> parts, T* adjoint, const WayToSink<T>& way) {
  const std::byte *const base = tape.memory_.begin(), *end = tape.head_;
  auto next = parts.begin();
  const auto tell_down_to = [&](std::size_t user) {
    for (; next != parts.end() && next->user >= user; ++next) tell(*next, adjoint, way);
  };
  std::size_t i = tape.blocks_.size();
  for (auto placed = tape.blocks_.rbegin(); placed != tape.blocks_.rend(); ++placed, --i) {
    const std::byte* const begin = base + placed->bytes;
    reverse_sweep<T>(begin, end, adjoint);
    end = begin;
    tell_down_to(2 * i);
    const Block<T>& block = *placed->block;
    if (next != parts.end() && next->is_large_and_sole && next->user == 2 * i - 1 &&
        block.pull_back_to(placed->first_result, adjoint, next->run, way)) {
      told_ += next->run.count;
      ++next;
    } else {
      block.pull_back(placed->first_result, adjoint);
    }
    tell_down_to(2 * i - 1);
  }
  reverse_sweep<T>(base, end, adjoint);
  tell_down_to(0);
}

template <class T>
void Sweep<T>::descend(Tape<T>& tape, const Var<T>& result, ParameterSink<T>& sink) {
  told_ = 0;
  if (tape.slots() == 0) misuse::empty_tape();
  tape.demand_own(result, "descend");
  tape.seal();
  const std::span<const Part> parts = plan(tape, result);
  T* const adjoint = reset(tape);
  adjoint[result.slot()] = T(1);
  const WayToSink<T> way{sink, tape.parameters_.data(), on_its_way_};
  try {
    walk(tape, parts, adjoint, way);
  } catch (...) {
    buffer_.clear();
    dirty_ = dirty_end_ = 0;
    if (told_ > 0) static_cast<void>(tape.update_parameters());
    throw;
  }
  static_cast<void>(tape.update_parameters());
}

extern template class Sweep<double>;
extern template class Sweep<float>;

}  // namespace downhill
