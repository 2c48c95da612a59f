#pragma once
/// \file
/// A program on a tape: one block, whatever it does inside.
///
/// Of one sample, and of a sum over samples, the block keeps the slopes of each result, which are worked out with the
/// values, and the sweep only multiplies. Of many samples in the rows of a matrix, each with results of its own, there
/// are too many slopes to keep: the sweep runs the program once more, forward and back, in lanes.
///
/// A tape of Duals takes them too, as for products with the Hessian: one sample after the other, without lanes.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/calculus/chain_rule.hpp>
#include <autodiff/cost/program.hpp>
#include <autodiff/program/given.hpp>
#include <autodiff/program/run.hpp>

namespace downhill::program_detail {

/// What the blocks of one program share, and its handles.
template <class T>
struct BlockRunner {
  explicit BlockRunner(std::shared_ptr<ProgramState<T>> of) : state(of), run(std::move(of)) {}
  std::shared_ptr<ProgramState<T>> state;
  Runner<T> run;
  Columns<T> columns;
  std::vector<double> gradient;
  std::vector<T> sample_gradients;
};

template <class N>
Nesting nesting_on(const Tape<N>& tape) {
  return tape.is_generic() ? Nesting::at_generic_place : Nesting::on_tape;
}

/// What all blocks of programs have in common.
template <class T, class N>
class ProgramBlock : public Block<N> {
 public:
  ProgramBlock(Tape<N>& tape, std::shared_ptr<BlockRunner<T>> runner, const Given<N>& w, const Given<N>& s)
      : runner_(std::move(runner)), w_(w), s_(s) {
    std::size_t most = 0;
    for (const Given<N>* const given : {&w_, &s_})
      most += !given->is_matrix() ? given->slots.size() : given->is_active ? 1 : 0;
    runs_ = MatrixRecorder::memory<Run>(tape, most);
    std::size_t runs = 0;
    for (const Given<N>* const given : {&w_, &s_}) {
      const std::size_t first = runs;
      if (given->is_matrix() && given->is_active) runs_[runs++] = {given->first_slot, given->slot_layout.extent()};
      for (const std::size_t slot : given->slots) {
        if (slot == Given<N>::passive) continue;
        if (runs > first && runs_[runs - 1].first + runs_[runs - 1].count == slot)
          ++runs_[runs - 1].count;
        else
          runs_[runs++] = {slot, 1};
      }
    }
    runs_ = runs_.first(runs);
  }
  std::string_view name() const override { return "program"; }
  std::span<const Run> parents() const override { return runs_; }
  Shape parent_shape(std::size_t run) const override {
    for (const Given<N>* const given : {&w_, &s_})
      if (given->is_matrix() && given->is_active && run-- == 0)
        return given->slot_layout.is_dense() ? Shape{given->layout.rows, given->layout.columns} : Shape{};
    return {};
  }
  std::vector<typename Block<N>::Constant> constants() const override {
    std::vector<typename Block<N>::Constant> all;
    std::size_t run = 0;
    for (const Given<N>* const given : {&w_, &s_}) {
      std::size_t before = Given<N>::passive;
      bool goes_on = false;
      for (std::size_t k = 0; k < given->size() && (!given->is_matrix() || !given->is_active); ++k) {
        const std::size_t slot = given->slot(k);
        if (slot != Given<N>::passive) {
          if (before == Given<N>::passive || before + 1 != slot) ++run;
          before = slot, goes_on = false;
          continue;
        }
        if (!goes_on) all.push_back({run, {}, {}});
        goes_on = true;
        all.back().elements.push_back((*given)[k]);
      }
      if (given->is_matrix() && given->is_active) ++run;
    }
    for (auto& constant : all) {
      const bool is_matrix = constant.elements.size() == s_.size() && !s_.is_active && s_.is_matrix();
      constant.shape = is_matrix ? Shape{s_.layout.rows, s_.layout.columns} : Shape{1, constant.elements.size()};
    }
    return all;
  }
  void open(std::size_t sample, Tape<N>& tape, std::vector<Var<N>>& results) const override {
    std::vector<N> numbers;
    record(tape, s_.row(sample, numbers), results);
  }

 protected:
  // Its steps for one sample, on a tape.
  void record(Tape<N>& tape, std::span<const N> sample, std::vector<Var<N>>& results) const {
    if constexpr (std::is_same_v<T, N>) {
      const auto variables = [&](std::span<const N> numbers, char name) {
        std::vector<Var<N>> made;
        for (const N& x : numbers) made.push_back(tape.variable(x, fmt::format("{}[{}]", name, made.size())));
        return made;
      };
      const std::vector<Var<N>> w = variables(w_.all(), 'w'), s = variables(sample, 's');
      results = runner_->state->callable()(w, s);
    }
  }
  // adjoint[given] += slope * g for each, where slope(k).
  template <class Slope>
  static void hand_on(const Given<N>& given, N* adjoint, const N& g, std::size_t first, std::size_t count,
                      Slope&& slope) {
    if (!given.is_active) return;
    for (std::size_t k = 0; k < count; ++k)
      if (const std::size_t slot = given.slot(first + k); slot != Given<N>::passive)
        adjoint[slot] = adjoint[slot] + handed_on(slope(k), g);
  }
  // Of so many samples with their slopes. Where several ways are taken, all of them count as the first.
  Cost cost_of_samples(std::size_t count) const { return cost_of(*runner_->state, 0).over(count); }
  bool is_one_way() const { return runner_->state->size() == 1; }
  // An adjoint for each number that it was given on the tape.
  Work hand_on_work(std::size_t rows) const {
    double given = 0;
    for (const Run& run : runs_) given += static_cast<double>(run.count);
    const double moved = given * sizeof(N);
    return {.operations = 2 * given, .read = moved + static_cast<double>(rows * sizeof(N)), .written = moved};
  }

  std::shared_ptr<BlockRunner<T>> runner_;
  Given<N> w_, s_;

 private:
  std::span<Run> runs_;
};

/// Results side by side, whose slopes are known: row by row those along w, and behind all of these those along s.
template <class T, class N>
class ResultsBlock : public ProgramBlock<T, N> {
 public:
  ResultsBlock(Tape<N>& tape, std::shared_ptr<BlockRunner<T>> runner, const Given<N>& w, const Given<N>& s,
               std::span<const N> slopes)
      : ProgramBlock<T, N>(tape, std::move(runner), w, s), slopes_(slopes) {}
  Shape shape() const override { return {1, this->runner_->state->results()}; }
  std::size_t samples() const override { return 1; }
  void pull_back(std::size_t first, N* adjoint) const override {
    const std::size_t results = shape().columns, parameters = this->w_.size(), per_sample = this->s_.size();
    for (std::size_t k = 0; k < results; ++k) {
      const N g = adjoint[first + k];
      if (is_zero(g)) continue;
      const N* const of_w = slopes_.data() + k * parameters;
      const N* const of_s = slopes_.data() + results * parameters + k * per_sample;
      this->hand_on(this->w_, adjoint, g, 0, parameters, [&](std::size_t i) { return of_w[i]; });
      this->hand_on(this->s_, adjoint, g, 0, per_sample, [&](std::size_t j) { return of_s[j]; });
    }
  }
  // The slopes are worked out with the value, so the way forward has both.
  BlockWork work(std::size_t) const override {
    const Cost all = this->cost_of_samples(samples());
    return {.forward = all.forward() + all.reverse(),
            .reverse = this->hand_on_work(1),
            .is_complete = this->is_one_way() && std::is_same_v<T, N>};
  }

 private:
  std::span<const N> slopes_;
};

/// The sum or the mean over samples of plain numbers, which stay where they are.
template <class T, class N>
class SumBlock final : public ResultsBlock<T, N> {
 public:
  SumBlock(Tape<N>& tape, std::shared_ptr<BlockRunner<T>> runner, const Given<N>& w, std::string_view name,
           const Columns<T>& columns, std::span<const T> weights, double weight, std::span<const N> slopes)
      : ResultsBlock<T, N>(tape, std::move(runner), w, {}, slopes),
        name_(name),
        columns_(MatrixRecorder::memory<typename Columns<T>::Column>(tape, columns.columns.size())),
        weights_(weights),
        weight_(weight),
        samples_(columns.samples) {
    std::ranges::copy(columns.columns, columns_.begin());
  }
  std::string_view name() const override { return name_; }
  std::size_t samples() const override { return samples_; }
  void open(std::size_t sample, Tape<N>& tape, std::vector<Var<N>>& results) const override {
    if constexpr (std::is_same_v<T, N>) {
      std::vector<T> numbers;
      for (const auto& column : columns_) numbers.push_back(column.at(sample));
      this->record(tape, numbers, results);
      const T part = (weights_.empty() ? T(1) : weights_[sample]) / static_cast<T>(weight_);
      if (part != T(1)) results[0] = results[0] * part;
    }
  }

 private:
  std::string_view name_;
  std::span<typename Columns<T>::Column> columns_;
  std::span<const T> weights_;
  double weight_;
  std::size_t samples_;
};

/// Results for each row, side by side.
template <class T, class N>
class RowsBlock final : public ProgramBlock<T, N> {
 public:
  RowsBlock(Tape<N>& tape, std::shared_ptr<BlockRunner<T>> runner, const Given<N>& w, const Given<N>& s)
      : ProgramBlock<T, N>(tape, std::move(runner), w, s), nesting_(nesting_on(tape)) {}
  Shape shape() const override { return {samples(), results()}; }
  std::size_t samples() const override { return this->s_.layout.rows; }
  void values(std::span<N> into) const {
    if constexpr (std::is_same_v<T, N>) {
      run({.values = into.data()});
    } else {
      for (std::size_t i = 0; i < samples(); ++i) evaluate(i, into.subspan(i * results(), results()), {}, {});
    }
  }
  /// The sweep runs the program once more.
  BlockWork work(std::size_t) const override {
    const Cost all = this->cost_of_samples(samples());
    return {.forward = all.forward(),
            .reverse = all.forward() + all.reverse() + this->hand_on_work(samples()),
            .is_complete = this->is_one_way() && std::is_same_v<T, N>};
  }
  /// Did a comparison of numbers that move meet a tie?
  bool meets_edge() const { return meets_edge_; }
  void pull_back(std::size_t first, N* adjoint) const override {
    const N* const g = adjoint + first;
    if (matrix_detail::are_zero(samples() * results(), g)) return;
    const std::size_t parameters = this->w_.size(), per_sample = this->s_.layout.columns;
    if constexpr (std::is_same_v<T, N>) {
      std::vector<double>& of_w = this->runner_->gradient;
      std::vector<T>& of_s = this->runner_->sample_gradients;
      of_w.assign(this->w_.is_active ? parameters : 0, 0.0);
      of_s.resize(this->s_.is_active ? this->s_.size() : 0);
      run({.weights = g,
           .gradient = of_w,
           .sample_gradients = of_s.empty() ? nullptr : of_s.data(),
           .weighs_samples = true});
      this->hand_on(this->w_, adjoint, N(1), 0, parameters, [&](std::size_t k) { return static_cast<T>(of_w[k]); });
      this->hand_on(this->s_, adjoint, N(1), 0, this->s_.size(), [&](std::size_t k) { return of_s[k]; });
    } else {
      std::vector<N> values(results()), of_w(results() * parameters), of_s(results() * per_sample);
      for (std::size_t i = 0; i < samples(); ++i) {
        const N* const arriving = g + i * results();
        if (matrix_detail::are_zero(results(), arriving)) continue;
        evaluate(i, values, of_w, of_s);
        for (std::size_t k = 0; k < results(); ++k) {
          if (is_zero(arriving[k])) continue;
          this->hand_on(this->w_, adjoint, arriving[k], 0, parameters,
                        [&](std::size_t j) { return of_w[k * parameters + j]; });
          this->hand_on(this->s_, adjoint, arriving[k], i * per_sample, per_sample,
                        [&](std::size_t j) { return of_s[k * per_sample + j]; });
        }
      }
    }
  }

 private:
  void run(const Wanted<T>& wanted) const {
    const Layout& layout = this->s_.layout;
    Columns<T>& columns = this->runner_->columns;
    columns.samples = layout.rows;
    columns.columns.resize(layout.columns);
    for (std::size_t j = 0; j < layout.columns; ++j)
      columns.columns[j] = Columns<T>::from(this->s_.numbers, j * layout.column_stride, layout.row_stride);
    columns.is_row_major = layout.columns > 0 && layout.is_dense();
    this->runner_->run(this->w_.all(), columns, {layout.rows}, wanted);
  }
  std::size_t results() const { return this->runner_->state->results(); }
  // Of the i-th row, one after the other.
  void evaluate(std::size_t i, std::span<N> values, std::span<N> of_w, std::span<N> of_s) const {
    std::vector<N> memory;
    const std::span<const N> sample = this->s_.row(i, memory);
    this->runner_->state->evaluate(this->w_.all(), sample, values, of_w, of_s, nesting_, meets_edge_);
  }
  Nesting nesting_ = Nesting::on_tape;
  mutable bool meets_edge_ = false;
};

}  // namespace downhill::program_detail
