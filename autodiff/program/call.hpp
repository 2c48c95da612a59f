#pragma once
/// \file
/// A program called with what carries derivatives: how its block comes onto the tape.

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <autodiff/dual.hpp>
#include <autodiff/program/block.hpp>
#include <autodiff/program/misuse.hpp>

namespace downhill::program_detail {

/// A range of numbers of which a program may be given, or a matrix of them.
template <class X>
struct NumberOf {
  using type = std::remove_cvref_t<decltype(*std::begin(std::declval<const X&>()))>;
};
template <AnyMatrix X>
struct NumberOf<X> {
  using type = Var<typename X::value_type>;
};
/// The number that operands of these types have in common: the one that is active, or a plain one.
template <class T, class X, class Y>
using CommonNumber = std::conditional_t<
    AnyVar<X>, X,
    std::conditional_t<AnyVar<Y>, Y, std::conditional_t<Active<X>, X, std::conditional_t<Active<Y>, Y, T>>>>;
template <class N>
struct ScalarOf {
  using type = N;
};
template <class N>
struct ScalarOf<Var<N>> {
  using type = N;
};
/// Can a program of T run over numbers N?
template <class T, class N>
inline constexpr bool runs_over = std::same_as<N, T>;
template <class T, std::size_t D>
inline constexpr bool runs_over<T, Dual<T, D>> = true;

template <class T, class V, class X, class Y>
constexpr auto demand_numbers() {
  using N = typename ScalarOf<V>::type;
  constexpr bool fits = runs_over<T, N> && (std::same_as<X, V> || std::same_as<X, N> || Plain<X>) &&
                        (std::same_as<Y, V> || std::same_as<Y, N> || Plain<Y>);
  static_assert(fits,
                "a program of double is given Vars of double, Duals of double, Vars of such Duals, and plain numbers; "
                "of other nested numbers, call the function that was recorded");
  return fits;
}

template <class T, class W>
void demand_parameters(const ProgramState<T>& state, const W& w) {
  if (Giver::count<T>(w) != state.parameters())
    misuse::wrong_parameters("program", state.parameters(), Giver::count<T>(w));
}

/// Records a block of one result, whose value `evaluate(slopes)` has; `of...` is what makes it, before its slopes.
template <class B, class N, class Evaluate, class... Of>
Var<N> one_result(Tape<N>& tape, std::size_t count, Evaluate&& evaluate, const bool& meets_edge, const Of&... of) {
  const std::span<N> slopes = MatrixRecorder::memory<N>(tape, count), value = MatrixRecorder::memory<N>(tape, 1);
  value[0] = evaluate(slopes);
  if constexpr (Active<N>)
    if (meets_edge) tape.note_edge();
  return MatrixRecorder::scalar(
      MatrixRecorder::record<B, N>(tape, Layout::dense(1, 1), value, tape, of..., std::span<const N>(slopes)));
}

/// f(w, s) of one sample: a Var, a Dual or a plain number.
template <class T, class W, class S>
auto of_sample(const std::shared_ptr<BlockRunner<T>>& runner, const W& w, const S& s) {
  using X = typename NumberOf<W>::type;
  using Y = typename NumberOf<S>::type;
  using V = CommonNumber<T, X, Y>;
  using N = typename ScalarOf<V>::type;
  if constexpr (!demand_numbers<T, V, X, Y>()) {
    return T(0);
  } else {
    ProgramState<T>& state = *runner->state;
    demand_parameters(state, w);
    if (Giver::count<N>(s) != state.per_sample())
      misuse::wrong_sample("program", state.per_sample(), Giver::count<N>(s));
    bool meets_edge = false;
    Tape<N>* tape = nullptr;
    if constexpr (AnyVar<V>) Giver::find_tape<N>(w, tape), Giver::find_tape<N>(s, tape);
    if (tape == nullptr) {
      const std::vector<N> parameters = Giver::values<N>(w), sample = Giver::values<N>(s);
      return V(state.sweep(std::span<const N>(parameters), std::span<const N>(sample), N(1), {}, {},
                           Nesting::in_forward_mode, meets_edge));
    }
    if constexpr (!AnyVar<V>) {
      return V(0);
    } else {
      const Given<N> parameters = Giver::copied(*tape, w), sample = Giver::copied(*tape, s);
      const auto evaluate = [&](std::span<N> slopes) {
        return state.sweep(parameters.all(), sample.all(), N(1), slopes.first(parameters.size()),
                           slopes.subspan(parameters.size()), nesting_on(*tape), meets_edge);
      };
      return one_result<OneResultBlock<T, N>>(*tape, parameters.size() + sample.size(), evaluate, meets_edge, runner,
                                              parameters, sample);
    }
  }
}

/// f(w, s) of each row of a matrix, one below the other.
template <class T, class W, class N>
VarMatrix<N> of_rows(const std::shared_ptr<BlockRunner<T>>& runner, const W& w, const VarMatrix<N>& s) {
  using X = typename NumberOf<W>::type;
  if constexpr (demand_numbers<T, Var<N>, X, Var<N>>()) {
    demand_parameters(*runner->state, w);
    if (s.columns() != runner->state->per_sample())
      misuse::wrong_sample("program", runner->state->per_sample(), s.columns());
    Tape<N>* tape = s.tape();
    Giver::find_tape<N>(w, tape);
    return MatrixRecorder::on_tape<N>(tape, [&](Tape<N>& on) {
      const RowsBlock<T, N> block(on, runner, Giver::copied(on, w), Giver::rows(on, s));
      const Layout shape = Layout::dense(s.rows(), 1);
      const std::span<N> values = MatrixRecorder::values(on, shape);
      block.values(values);
      if constexpr (Active<N>)
        if (block.meets_edge()) on.note_edge();
      return MatrixRecorder::record<RowsBlock<T, N>, N>(on, shape, values, block);
    });
  } else {
    return s;
  }
}

/// The sum over samples, from its value and its slopes, as `evaluate(w, slopes, nesting, meets_edge)` has them.
template <class T, class W, class Evaluate>
auto of_sum(const std::shared_ptr<BlockRunner<T>>& runner, const W& w, std::string_view name, const Columns<T>& columns,
            std::span<const T> weights, double weight, Evaluate&& evaluate) {
  using X = typename NumberOf<W>::type;
  using N = typename ScalarOf<X>::type;
  if constexpr (!demand_numbers<T, X, X, X>()) {
    return X();
  } else {
    if (Giver::count<N>(w) != runner->state->parameters())
      misuse::wrong_parameters(name, runner->state->parameters(), Giver::count<N>(w));
    bool meets_edge = false;
    Tape<N>* tape = nullptr;
    if constexpr (AnyVar<X>) Giver::find_tape<N>(w, tape);
    if (tape == nullptr) {
      const std::vector<N> parameters = Giver::values<N>(w);
      return X(evaluate(std::span<const N>(parameters), std::span<N>(), Nesting::in_forward_mode, meets_edge));
    }
    if constexpr (!AnyVar<X>) {
      return X();
    } else {
      const Given<N> parameters = Giver::copied(*tape, w);
      const auto with_slopes = [&](std::span<N> slopes) {
        return evaluate(parameters.all(), slopes, nesting_on(*tape), meets_edge);
      };
      return one_result<SumBlock<T, N>>(*tape, parameters.size(), with_slopes, meets_edge, runner, parameters, name,
                                        columns, weights, weight);
    }
  }
}

/// What a program may be given in place of plain numbers: a range of Vars or Duals, or a matrix on a tape.
template <class X>
concept GivenActive = Active<typename NumberOf<std::remove_cvref_t<X>>::type>;

}  // namespace downhill::program_detail
