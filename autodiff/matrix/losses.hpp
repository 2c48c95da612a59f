#pragma once
/// \file
/// Losses, each of them one block: the slopes of a whole loss are simpler than those of its parts. The mean is over the
/// samples (rows) for classes, and over all elements otherwise.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include <autodiff/matrix/elementwise.hpp>
#include <autodiff/matrix/reductions.hpp>
#include <autodiff/matrix/softmax.hpp>

namespace downhill {

namespace matrix_detail {

/// What a loss of so many rows and columns takes, with its slopes.
using LossWork = Work(std::size_t rows, std::size_t columns);
/// Beside softmax: a logarithm for each row and the place of its label; the slopes are the quotients, but at the label.
inline Work softmax_loss_work(std::size_t rows, std::size_t columns) {
  const auto n = static_cast<double>(rows);
  return softmax_work(rows, columns) + Work{.operations = 4 * n + 1, .functions = n};
}
/// A loss and a slope for each element, their sum and their quotients.
inline Work logistic_loss_work(std::size_t rows, std::size_t columns) {
  const auto n = static_cast<double>(rows * columns);
  return {.operations = 2 * n, .functions = 2 * n};
}

/// A loss of x whose slopes are worked out when it is recorded.
template <class T>
class LossBlock final : public OperandBlock<T, 1> {
 public:
  LossBlock(std::string_view name, const std::array<Operand<T>, 1>& x, const T* slopes, LossWork* forward)
      : OperandBlock<T, 1>(x, Layout::dense(1, 1)), name_(name), slopes_(slopes), forward_(forward) {}
  std::string_view name() const override { return name_; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const T g = adjoint[first];
    if (is_zero(g)) return;
    add_scaled<T>(slopes_, g, this->operand(0).in(adjoint));
  }
  BlockWork work(std::size_t) const override {
    const Layout& of = this->operand(0).layout;
    return this->with_bytes(forward_(of.rows, of.columns), {.operations = 2 * static_cast<double>(of.size())},
                            of.size());
  }

 private:
  std::string_view name_;
  const T* slopes_;
  LossWork* forward_;
};

/// evaluate_loss(x, slopes) returns the loss and writes its slopes, row after row.
template <class T, class Evaluate>
Var<T> loss(std::string_view name, const VarMatrix<T>& x, LossWork* forward, Evaluate&& evaluate_loss) {
  using R = MatrixRecorder;
  return R::scalar(R::on_tape<T>(x.tape(), [&](Tape<T>& tape) {
    const std::array operands{R::operand(tape, x)};
    const std::span<T> value = R::memory<T>(tape, 1), slopes = R::memory<T>(tape, x.size());
    value[0] = evaluate_loss(operands[0].elements(), slopes.data());
    return R::record<LossBlock<T>, T>(tape, Layout::dense(1, 1), value, name, operands, slopes.data(), forward);
  }));
}

/// The mean of (x - y)².
template <class T>
class SquaredErrorBlock final : public OperandBlock<T, 2> {
 public:
  SquaredErrorBlock(const std::array<Operand<T>, 2>& operands, const T* difference)
      : OperandBlock<T, 2>(operands, Layout::dense(1, 1)), difference_(difference) {}
  std::string_view name() const override { return "mean_squared_error"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const T g = adjoint[first] * T(2.0 / static_cast<double>(this->operand(0).layout.size()));
    if (is_zero(g)) return;
    hand(this->operand(0), g, adjoint);
    hand(this->operand(1), -g, adjoint);
  }
  BlockWork work(std::size_t) const override {
    const std::size_t count = this->operand(0).layout.size();
    const auto n = static_cast<double>(count);
    Work reverse;
    for (std::size_t i = 0; i < 2; ++i) reverse.operations += this->operand(i).is_active() ? 2 * n : 0;
    return this->with_bytes({.operations = 3 * n}, reverse, count);  // n differences, squares, n - 1 sums, a quotient
  }

 private:
  void hand(const Operand<T>& x, const T& g, T* adjoint) const {
    if (!x.is_active()) return;
    if (x.layout.once().size() == 1)
      adjoint[x.slot] = adjoint[x.slot] + g * sum_of<T>(x.layout.size(), [&](std::size_t k) { return difference_[k]; });
    else
      add_scaled<T>(difference_, g, x.in(adjoint));
  }

  const T* difference_;
};

/// The common shape of predictions and targets. A number or a Var has no shape: it is compared with every element.
template <class T, class X, class Y>
Layout same_shape(std::string_view operation, const X& x, const Y& y) {
  const Layout of_x = MatrixRecorder::layout_of<T>(x), of_y = MatrixRecorder::layout_of<T>(y);
  if constexpr (AnyMatrix<X> && AnyMatrix<Y>) {
    if (of_x.rows != of_y.rows || of_x.columns != of_y.columns)
      misuse::different_shapes(operation, of_x.rows, of_x.columns, of_y.rows, of_y.columns,
                               "predictions and targets must have the same rows and columns");
  }
  const Layout& shape = AnyMatrix<X> ? of_x : of_y;
  if (shape.size() == 0) misuse::empty_range(operation);
  return Layout::dense(shape.rows, shape.columns);
}

}  // namespace matrix_detail

/// The mean over the rows of -log softmax(x)[label], with the slopes (softmax(x) - [j = label]) / n. Throws ShapeError
/// unless there is one label for each row, and each is a column.
template <class T>
Var<T> softmax_cross_entropy(const VarMatrix<T>& x, std::span<const std::size_t> labels) {
  if (labels.size() != x.rows())
    misuse::different_sizes("softmax_cross_entropy, rows and labels", x.rows(), labels.size());
  if (x.rows() == 0) misuse::empty_range("softmax_cross_entropy");
  for (const std::size_t label : labels)
    if (label >= x.columns()) misuse::no_such_class(label, x.columns());
  return matrix_detail::loss<T>(
      "softmax_cross_entropy", x, matrix_detail::softmax_loss_work, [&](const Elements<const T>& from, T* slope) {
        const T samples = T(static_cast<double>(x.rows()));
        Total<T> total;
        matrix_detail::exponentials_by_row<T>(from, slope, [&](std::size_t i, const auto& of) {
          T* const row = slope + i * x.columns();
          const std::size_t label = labels[i];
          matrix_detail::share<T>(row, x.columns(), of.sum * samples);
          // p - 1 = -(the sum of the other p), where p is nearly 1.
          row[label] = label == of.at ? T(-of.rest / (of.sum * samples)) : T(row[label] - T(1) / samples);
          total.add(of.log_sum - (from(i, label) - of.largest));
        });
        return T(total.value() / samples);
      });
}

/// The mean over all elements of -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)) = t softplus(-x) + (1 - t)
/// softplus(x), with the slopes (sigmoid(x) - t) / n. Each x is the logit of "yes". The targets t stand row after row:
/// 1 for yes, 0 for no, or a probability. Throws ShapeError unless there is one target for each element.
template <class T>
Var<T> logistic_cross_entropy(const VarMatrix<T>& x, std::type_identity_t<std::span<const T>> targets) {
  if (targets.size() != x.size())
    misuse::different_sizes("logistic_cross_entropy, elements and targets", x.size(), targets.size());
  if (x.size() == 0) misuse::empty_range("logistic_cross_entropy");
  return matrix_detail::loss<T>(
      "logistic_cross_entropy", x, matrix_detail::logistic_loss_work, [&](const Elements<const T>& from, T* slope) {
        using Count = Wide<T>;
        const Count count = Count(static_cast<double>(x.size()));
        const std::array<Elements<const T>, 2> pairs{from, {targets.data(), Layout::dense(x.rows(), x.columns())}};
        matrix_detail::evaluate<special::LogisticLoss, T, 2>(pairs, slope);
        const Count total = matrix_detail::wide_sum_of<T>(0, x.size(), [&](std::size_t k) { return slope[k]; });
        matrix_detail::evaluate<special::LogisticSlope, T, 2>(pairs, slope);
        for (std::size_t k = 0; k < x.size(); ++k) slope[k] = slope[k] / T(count);
        return T(total / count);
      });
}

/// The mean of (x - y)² over all elements. Throws ShapeError unless the shapes are the same: a column beside a row is a
/// mistake, and is not taken for all pairs. A number or a Var is compared with every element.
template <class X, class Y>
  requires WithMatrix<X, Y>
auto mean_squared_error(const X& x, const Y& y) {
  using T = typename matrix_detail::ScalarOf<X, Y>::type;
  using R = MatrixRecorder;
  static_cast<void>(demand_one_type<T, X, Y>());
  const Layout shape = matrix_detail::same_shape<T>("mean_squared_error", x, y);
  return R::scalar(R::on_tape<T>(R::common_tape<T>("mean_squared_error", x, y), [&](Tape<T>& tape) {
    const std::array operands{R::operand(tape, x, shape), R::operand(tape, y, shape)};
    const std::span<T> value = R::memory<T>(tape, 1), difference = R::memory<T>(tape, shape.size());
    matrix_detail::evaluate<Subtract, T, 2>(matrix_detail::elements_of(operands), difference.data());
    using W = Wide<T>;
    const W total = matrix_detail::wide_sum_of<T>(0, shape.size(),
                                                  [&](std::size_t k) { return W(difference[k]) * W(difference[k]); });
    value[0] = T(total / W(static_cast<double>(shape.size())));
    return R::record<matrix_detail::SquaredErrorBlock<T>, T>(tape, Layout::dense(1, 1), value, operands,
                                                             difference.data());
  }));
}

/// The mean of huber(x - y, delta) over all elements: squares near 0, absolute values beyond delta. Throws ShapeError
/// as mean_squared_error does.
template <class X, class Y>
  requires WithMatrix<X, Y>
auto huber_loss(const X& x, const Y& y, double delta = 1) {
  using T = typename matrix_detail::ScalarOf<X, Y>::type;
  static_cast<void>(demand_one_type<T, X, Y>());
  matrix_detail::same_shape<T>("huber_loss", x, y);
  return mean(huber(x - y, delta));
}

}  // namespace downhill
