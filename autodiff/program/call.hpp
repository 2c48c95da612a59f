#pragma once
/// \file
/// A program called with what carries derivatives: how its block comes onto the tape.

#include <algorithm>
#include <array>
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

/// One result as it is, several in an array.
template <std::size_t count, class X>
auto one_or_all(const std::array<X, count>& results) {
  if constexpr (count == 1)
    return results[0];
  else
    return results;
}

/// Records a block of some results, which `evaluate(values, slopes)` works out; `of...` is what makes it, before its
/// slopes, of which each result has so many.
template <class B, std::size_t count, class N, class Evaluate, class... Of>
auto recorded_results(Tape<N>& tape, std::size_t slopes_of_each, Evaluate&& evaluate, const bool& meets_edge,
                      const Of&... of) {
  const std::span<N> slopes = MatrixRecorder::memory<N>(tape, count * slopes_of_each);
  const std::span<N> values = MatrixRecorder::memory<N>(tape, count);
  evaluate(values, slopes);
  if constexpr (Active<N>)
    if (meets_edge) tape.note_edge();
  const VarMatrix<N> row =
      MatrixRecorder::record<B, N>(tape, Layout::dense(1, count), values, tape, of..., std::span<const N>(slopes));
  std::array<Var<N>, count> results;
  for (std::size_t k = 0; k < count; ++k) results[k] = MatrixRecorder::element(row, 0, k);
  return one_or_all(results);
}

/// f(w, s) of one sample: a Var, a Dual or a plain number, or an array of so many.
template <class T, std::size_t count, class W, class S>
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
      std::array<N, count> values;
      state.evaluate(std::span<const N>(parameters), std::span<const N>(sample), std::span<N>(values), std::span<N>(),
                     std::span<N>(), Nesting::in_forward_mode, meets_edge);
      std::array<V, count> results;
      std::ranges::transform(values, results.begin(), [](const N& value) { return V(value); });
      return one_or_all(results);
    }
    if constexpr (!AnyVar<V>) {
      return one_or_all(std::array<V, count>());
    } else {
      const Given<N> parameters = Giver::copied(*tape, w), sample = Giver::copied(*tape, s);
      const auto evaluate = [&](std::span<N> values, std::span<N> slopes) {
        const std::size_t of_w = count * parameters.size();
        state.evaluate(parameters.all(), sample.all(), values, slopes.first(of_w), slopes.subspan(of_w),
                       nesting_on(*tape), meets_edge);
      };
      return recorded_results<ResultsBlock<T, N>, count>(*tape, parameters.size() + sample.size(), evaluate, meets_edge,
                                                         runner, parameters, sample);
    }
  }
}

/// f(w, s) of each row of a matrix, one below the other, several results of a row side by side.
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
      const Layout shape = Layout::dense(s.rows(), runner->state->results());
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
      const auto with_slopes = [&](std::span<N> value, std::span<N> slopes) {
        value[0] = evaluate(parameters.all(), slopes, nesting_on(*tape), meets_edge);
      };
      return recorded_results<SumBlock<T, N>, 1>(*tape, parameters.size(), with_slopes, meets_edge, runner, parameters,
                                                 name, columns, weights, weight);
    }
  }
}

/// What a program may be given in place of plain numbers: a range of Vars or Duals, or a matrix on a tape.
template <class X>
concept GivenActive = Active<typename NumberOf<std::remove_cvref_t<X>>::type>;

}  // namespace downhill::program_detail
