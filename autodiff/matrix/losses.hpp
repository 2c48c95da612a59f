#pragma once
// Losses as one block each: their slopes are simpler than those of their parts. The mean is over the samples (rows) for
// classes, and over all elements otherwise.

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

/// A loss of x of which the slopes are known when it is recorded.
template <class T>
class LossBlock final : public OperandBlock<T, 1> {
 public:
  LossBlock(std::string_view name, const std::array<Operand<T>, 1>& x, const T* slopes)
      : OperandBlock<T, 1>(x, Layout::dense(1, 1)), name_(name), slopes_(slopes) {}
  std::string_view name() const override { return name_; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const T g = adjoint[first];
    if (is_zero(g)) return;
    add_scaled<T>(slopes_, g, this->operand(0).in(adjoint));
  }

 private:
  std::string_view name_;
  const T* slopes_;
};

/// work(x, slopes) returns the loss and writes its slopes, row after row.
template <class T, class Work>
Var<T> loss(std::string_view name, const VarMatrix<T>& x, Work&& work) {
  using R = MatrixRecorder;
  return R::scalar(R::on_tape<T>(x.tape(), [&](Tape<T>& tape) {
    const std::array operands{R::operand(tape, x)};
    const std::span<T> value = R::memory<T>(tape, 1), slopes = R::memory<T>(tape, x.size());
    value[0] = work(operands[0].elements(), slopes.data());
    return R::record<LossBlock<T>, T>(tape, Layout::dense(1, 1), value, name, operands, slopes.data());
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
    if (this->operand(0).is_active()) add_scaled<T>(difference_, g, this->operand(0).in(adjoint));
    if (this->operand(1).is_active()) add_scaled<T>(difference_, -g, this->operand(1).in(adjoint));
  }

 private:
  const T* difference_;
};

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
  return matrix_detail::loss<T>("softmax_cross_entropy", x, [&](const Elements<const T>& from, T* slope) {
    const T samples = T(static_cast<double>(x.rows()));
    T total(0);
    matrix_detail::exponentials_by_row<T>(from, slope, [&](std::size_t i, const auto& of) {
      T* const row = slope + i * x.columns();
      matrix_detail::share<T>(row, x.columns(), of.sum * samples);
      row[labels[i]] = row[labels[i]] - T(1) / samples;
      total = total + (Log::value(of.sum) - (from(i, labels[i]) - of.largest));
    });
    return total / samples;
  });
}

/// The mean over all elements of -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)) = softplus(x) - t x, with the slopes
/// (sigmoid(x) - t) / n: x are the logits of a yes, and the targets t, row after row, what was seen: 1 for yes, 0 for
/// no, or a probability. Throws ShapeError unless there is one target for each element.
template <class T>
Var<T> logistic_cross_entropy(const VarMatrix<T>& x, std::type_identity_t<std::span<const T>> targets) {
  if (targets.size() != x.size())
    misuse::different_sizes("logistic_cross_entropy, elements and targets", x.size(), targets.size());
  if (x.size() == 0) misuse::empty_range("logistic_cross_entropy");
  return matrix_detail::loss<T>("logistic_cross_entropy", x, [&](const Elements<const T>& from, T* slope) {
    const T count = T(static_cast<double>(x.size()));
    matrix_detail::evaluate<Softplus, T, 1>({from}, slope);
    T total(0);
    for (std::size_t i = 0; i < x.rows(); ++i)
      total = total + matrix_detail::sum_of<T>(x.columns(), [&](std::size_t j) {
                const std::size_t k = i * x.columns() + j;
                return slope[k] - targets[k] * from(i, j);
              });
    matrix_detail::evaluate<Sigmoid, T, 1>({from}, slope);
    for (std::size_t k = 0; k < x.size(); ++k) slope[k] = (slope[k] - targets[k]) / count;
    return total / count;
  });
}

/// The mean of (x - y)² over all elements. Rows, columns or one element of either may be repeated.
template <class X, class Y>
  requires WithMatrix<X, Y>
auto mean_squared_error(const X& x, const Y& y) {
  using T = typename matrix_detail::ScalarOf<X, Y>::type;
  using R = MatrixRecorder;
  const Layout shape = common_shape("mean_squared_error", R::layout_of<T>(x), R::layout_of<T>(y));
  if (shape.size() == 0) misuse::empty_range("mean_squared_error");
  return R::scalar(R::on_tape<T>(R::common_tape<T>("mean_squared_error", x, y), [&](Tape<T>& tape) {
    const std::array operands{R::operand(tape, x, shape), R::operand(tape, y, shape)};
    const std::span<T> value = R::memory<T>(tape, 1), difference = R::memory<T>(tape, shape.size());
    matrix_detail::evaluate<Subtract, T, 2>(matrix_detail::elements_of(operands), difference.data());
    value[0] = matrix_detail::sum_of<T>(shape.size(), [&](std::size_t k) { return difference[k] * difference[k]; }) /
               T(static_cast<double>(shape.size()));
    return R::record<matrix_detail::SquaredErrorBlock<T>, T>(tape, Layout::dense(1, 1), value, operands,
                                                             difference.data());
  }));
}

/// The mean of huber(x - y, delta) over all elements: squares near 0, absolute values beyond delta.
template <class X, class Y>
  requires WithMatrix<X, Y>
auto huber_loss(const X& x, const Y& y, double delta = 1) { return mean(huber(x - y, delta)); }

}  // namespace downhill
