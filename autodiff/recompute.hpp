#pragma once
/// \file
/// Recomputation: a segment of a program of which only the inputs and the outputs stay on the tape. (The literature
/// calls it checkpointing; here a checkpoint is a file.)
///
/// recompute(f)(inputs...) computes the results of f without recording how. When the sweep comes to them, it records f
/// once more on a tape of its own, from the same inputs, sweeps that, and forgets it. A program of n steps, cut into
/// segments of k, then needs the memory of n / k ends of segments and of one segment, for one more evaluation of each
/// step. Segments nest. Source: Griewank and Walther, "Evaluating Derivatives" (2008), chapter 12; Chen, Xu, Zhang and
/// Guestrin, "Training deep nets with sublinear memory cost", arXiv:1604.06174 (2016).

#include <cstddef>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/derivatives/function.hpp>
#include <autodiff/gradient.hpp>

namespace downhill {

namespace recompute_detail {

// f called with a span of Vars, or with as many Vars as it takes.
template <std::size_t count, class F, class T>
auto call(const F& f, std::span<const Var<T>> inputs) {
  if constexpr (count == 0) {
    static_cast<void>(derivatives_detail::demand_generic<const F, Inputs<Var<T>>>());
    return f(Inputs<Var<T>>(inputs));
  } else {
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
      static_cast<void>(derivatives_detail::demand_generic<const F, decltype(inputs[i])...>());
      return f(inputs[i]...);
    }(std::make_index_sequence<count>());
  }
}

// The Var that an input is, or holds.
template <class X>
struct VarOf {
  using type = std::remove_cvref_t<decltype(*std::begin(std::declval<const X&>()))>;
};
template <AnyVar V>
struct VarOf<V> {
  using type = V;
};

template <class T, std::size_t count, class F>
class Segment final : public Block<T> {
 public:
  Segment(std::shared_ptr<const F> f, std::span<const Var<T>> inputs) : f_(std::move(f)) {
    for (const Var<T>& x : inputs) {
      values_.push_back(x.value());
      is_parent_.push_back(x.is_active());
      if (x.is_active()) parents_.push_back({x.slot(), 1});
    }
  }
  std::string_view name() const override { return "recompute"; }
  std::span<const Run> parents() const override { return parents_; }
  void pull_back(std::size_t first_result, T* adjoint) const override {
    Tape<T> tape;
    const auto results = record(tape);
    std::vector<Seed<T>> seeds;
    derivatives_detail::for_each_result(results, [&](const Var<T>& result, std::size_t i) {
      const T weight = adjoint[first_result + i];
      if (!is_zero(weight) && result.is_active()) seeds.push_back({result, weight});
    });
    if (seeds.empty()) return;
    Gradient<T> swept;
    tape.gradient(seeds, swept);
    for (std::size_t i = 0; i < parents_.size(); ++i)
      adjoint[parents_[i].first] = adjoint[parents_[i].first] + swept.parameters()[i];
  }

  // The sweep takes what the segment itself does, forward and back: it is recorded to see that.
  BlockWork work(std::size_t results) const override {
    BlockWork made = Block<T>::work(results);
    Tape<T> tape;
    static_cast<void>(record(tape));
    made.reverse += {.written = static_cast<double>(tape.bytes())};
    tape.for_each_backwards(
        [&](std::size_t, std::span<const Edge<T>> edges) { made.reverse += Stream<T>::sweep_work(edges.size()); },
        [&](const Block<T>& block, std::size_t, std::size_t its_results) {
          const BlockWork inner = block.work(its_results);
          made.reverse += inner.forward + inner.reverse;
        });
    return made;
  }

 private:
  auto record(Tape<T>& tape) const {
    std::vector<Var<T>> inputs;
    for (std::size_t i = 0; i < values_.size(); ++i)
      inputs.push_back(is_parent_[i] ? tape.variable(values_[i]) : Var<T>(values_[i]));
    return call<count, F, T>(*f_, inputs);
  }

  std::shared_ptr<const F> f_;
  std::vector<T> values_;
  std::vector<bool> is_parent_;
  std::vector<Run> parents_;
};

}  // namespace recompute_detail

/// A callable that evaluates f on its inputs, and keeps only these and the results on the tape. It takes Vars one by
/// one, as f does, or one vector of Vars, as a std::span; f returns a Var or a vector of Vars. f is called again during
/// every sweep, so it must compute the same each time, and may not use Vars other than its inputs: throws TapeError if
/// it does.
template <class F>
auto recompute(F f) {
  return [f = std::make_shared<const F>(std::move(f))]<class... X>(const X&... inputs) {
    constexpr bool one_by_one = (AnyVar<X> && ...);
    static_assert(one_by_one || sizeof...(X) == 1, "recompute: the inputs are Vars, or one vector of Vars");
    using First = std::tuple_element_t<0, std::tuple<X...>>;
    using V = typename recompute_detail::VarOf<First>::type;
    using T = typename V::value_type;
    constexpr std::size_t count = one_by_one ? sizeof...(X) : 0;

    std::vector<V> operands;
    if constexpr (one_by_one)
      operands = {inputs...};
    else
      (operands.insert(operands.end(), std::begin(inputs), std::end(inputs)), ...);
    Tape<T>* const tape = Recorder::common_tape<T>("recompute", std::span<const V>(operands));

    // Of passive Vars, f computes the values and records nothing.
    std::vector<V> numbers;
    for (const V& x : operands) numbers.push_back(x.value());
    const auto results = recompute_detail::call<count, F, T>(*f, std::span<const V>(numbers));
    std::vector<T> values;
    derivatives_detail::for_each_result(results, [&](const V& result, std::size_t) {
      if (result.is_active()) misuse::hidden_input();
      values.push_back(result.value());
    });
    if (tape == nullptr) return results;

    const std::vector<V> made =
        Recorder::block<recompute_detail::Segment<T, count, F>, T>(*tape, values, f, std::span<const V>(operands));
    std::size_t i = 0;
    return derivatives_detail::each<V>(results, [&](const V&) { return made[i++]; });
  };
}

}  // namespace downhill
