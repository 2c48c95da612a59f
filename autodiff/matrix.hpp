#pragma once
// VarMatrix: a matrix on the same tape as the scalars.
//
// It is a run of consecutive slots, row after row, so each element is a Var for free: `m(i, j)`. A matrix of parameters
// shares its values with the tape's parameter span; the values of a result lie on the tape and live as long as its
// statement. Transposes, blocks, rows and columns are views of the same slots, without a copy.
//
// An operation is one block on the tape, through Eigen where there is arithmetic to save, and every elementary function
// of calculus.hpp works element by element. Shapes are equal, or 1 in a direction in which the operand is repeated; a
// Var or a number counts as 1 x 1. The sweep hands nothing to operands that are not on the tape.

#include <fmt/format.h>

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/gradient.hpp>
#include <autodiff/inputs.hpp>
#include <autodiff/matrix_recorder.hpp>
#include <autodiff/variable.hpp>

namespace downhill {

/// A matrix on a tape, or a constant one until it meets one that is.
template <class T>
class VarMatrix {
 public:
  using value_type = T;
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  /// A constant, which is copied.
  template <class E>
  VarMatrix(const Eigen::MatrixBase<E>& matrix)
      : layout_(Layout::dense(static_cast<std::size_t>(matrix.rows()), static_cast<std::size_t>(matrix.cols()))) {
    auto values = std::make_shared<std::vector<T>>(layout_.size());
    Eigen::Map<Matrix>(values->data(), matrix.rows(), matrix.cols()) = matrix.template cast<T>();
    values_ = values->data();
    owner_ = std::move(values);
  }
  /// A constant that stays where it is, row after row: it must outlive the tape's recording. Throws ShapeError unless
  /// there are rows * columns values.
  static VarMatrix constant(std::span<const T> values, std::size_t rows, std::size_t columns);
  /// A Var as a matrix of one element.
  VarMatrix(const Var<T>& x);

  std::size_t rows() const { return layout_.rows; }
  std::size_t columns() const { return layout_.columns; }
  std::size_t size() const { return layout_.size(); }
  bool is_active() const { return tape_ != nullptr; }
  Tape<T>* tape() const { return tape_; }

  /// The element in a row and a column. Throws ShapeError where there is none.
  Var<T> operator()(std::size_t row, std::size_t column) const;
  /// A copy of the values.
  Matrix value() const;

  // ---- views of the same elements
  VarMatrix transpose() const;
  /// Throws ShapeError unless it lies within.
  VarMatrix block(std::size_t row, std::size_t column, std::size_t rows, std::size_t columns) const;
  VarMatrix row(std::size_t i) const { return block(i, 0, 1, columns()); }
  VarMatrix column(std::size_t j) const { return block(0, j, rows(), 1); }
  /// The same elements, row after row, in another shape. Throws ShapeError for another number of elements, or for a
  /// view that has gaps.
  VarMatrix reshape(std::size_t rows, std::size_t columns) const;

  /// The adjoints after a sweep: `gradient[m]`.
  Matrix adjoint_in(const Gradient<T>& gradient) const;

 private:
  friend struct MatrixRecorder;
  VarMatrix() = default;
  const T* data() const { return is_parameter_ ? tape_->parameters().data() + slot_ : values_; }
  void demand_fresh() const;

  Tape<T>* tape_ = nullptr;
  const T* values_ = nullptr;  // of the first element; parameters' are the tape's
  std::shared_ptr<const void> owner_;
  bool is_parameter_ = false;
  std::size_t slot_ = 0;  // of the first element
  std::uint32_t generation_ = 0;
  Layout layout_;
};

/// A matrix of new parameters, row after row: the tape's next slots. Throws ShapeError unless there are rows * columns
/// values. Like those of scalars, the values of parameters that were made before the first statement are one span.
template <class T>
VarMatrix<T> parameters(Tape<T>& tape, std::type_identity_t<std::span<const T>> values, std::size_t rows,
                        std::size_t columns, std::string_view name = {}) {
  return MatrixRecorder::parameters<T>(tape, values, rows, columns, name);
}

/// Variables that stand one behind the other on a tape, as those that `minimize` hands to an objective do, as a matrix,
/// row after row. Throws ShapeError unless there are rows * columns, TapeError if they are not consecutive variables.
template <class T>
VarMatrix<T> as_matrix(const Inputs<Var<T>>& variables, std::size_t rows, std::size_t columns) {
  return MatrixRecorder::of_variables<T>(variables, rows, columns);
}

// ---- elements and views

template <class T>
VarMatrix<T> VarMatrix<T>::constant(std::span<const T> values, std::size_t rows, std::size_t columns) {
  if (values.size() != rows * columns) misuse::different_sizes("VarMatrix::constant", rows * columns, values.size());
  VarMatrix m;
  m.values_ = values.data();
  m.layout_ = Layout::dense(rows, columns);
  return m;
}

template <class T>
VarMatrix<T>::VarMatrix(const Var<T>& x) : layout_(Layout::dense(1, 1)) {
  if (x.is_active()) {
    const auto operand = MatrixRecorder::operand<T>(*x.tape(), x, layout_);
    tape_ = x.tape(), values_ = operand.data, slot_ = operand.slot;
    generation_ = MatrixRecorder::generation(x);
  } else {
    auto value = std::make_shared<const T>(x.value());
    values_ = value.get();
    owner_ = std::move(value);
  }
}

template <class T>
Var<T> VarMatrix<T>::operator()(std::size_t row, std::size_t column) const {
  if (row >= rows() || column >= columns())
    misuse::different_shapes("element of a matrix", row, column, rows(), columns(), "the place must lie in the shape");
  demand_fresh();
  return MatrixRecorder::element(*this, row, column);
}

template <class T>
typename VarMatrix<T>::Matrix VarMatrix<T>::value() const {
  demand_fresh();
  Matrix copy(static_cast<Eigen::Index>(rows()), static_cast<Eigen::Index>(columns()));
  for_each_element(layout_, [&](std::size_t i, std::size_t j) {
    copy(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = data()[layout_.at(i, j)];
  });
  return copy;
}

template <class T>
VarMatrix<T> VarMatrix<T>::transpose() const {
  VarMatrix m = *this;
  m.layout_ = layout_.transposed();
  return m;
}

template <class T>
VarMatrix<T> VarMatrix<T>::block(std::size_t row, std::size_t column, std::size_t rows, std::size_t columns) const {
  if (row > this->rows() || rows > this->rows() - row || column > this->columns() || columns > this->columns() - column)
    misuse::different_shapes(fmt::format("block at row {}, column {}", row, column), rows, columns, this->rows(),
                             this->columns(), "the block must lie within");
  VarMatrix m = *this;
  const std::size_t offset = rows * columns == 0 ? 0 : layout_.at(row, column);
  m.layout_.rows = rows, m.layout_.columns = columns;
  m.slot_ += offset;
  if (m.values_ != nullptr) m.values_ += offset;
  return m;
}

template <class T>
VarMatrix<T> VarMatrix<T>::reshape(std::size_t rows, std::size_t columns) const {
  if (rows * columns != size())
    misuse::different_shapes("reshape", this->rows(), this->columns(), rows, columns,
                             "the number of elements must stay the same");
  if (!layout_.is_dense())
    misuse::different_shapes("reshape", this->rows(), this->columns(), rows, columns,
                             "a transpose or a block has gaps; add 0 to it first, which makes a matrix of its own");
  VarMatrix m = *this;
  m.layout_ = Layout::dense(rows, columns);
  return m;
}

template <class T>
typename VarMatrix<T>::Matrix VarMatrix<T>::adjoint_in(const Gradient<T>& gradient) const {
  if (!is_active()) misuse::passive_gradient();
  Matrix copy(static_cast<Eigen::Index>(rows()), static_cast<Eigen::Index>(columns()));
  if (size() == 0) return copy;
  static_cast<void>(
      gradient[MatrixRecorder::element(*this, rows() - 1, columns() - 1)]);  // throws if it cannot be asked
  for_each_element(layout_, [&](std::size_t i, std::size_t j) {
    copy(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = gradient.adjoints()[slot_ + layout_.at(i, j)];
  });
  return copy;
}

template <class T>
void VarMatrix<T>::demand_fresh() const {
  if (is_active()) MatrixRecorder::check(*tape_, slot_, generation_, is_parameter_);
}

// ---- functions and operators, element by element

template <class Rule, AnyMatrix X>
auto apply(const X& x) {
  return MatrixRecorder::unary<Rule, typename X::value_type>(x);
}
template <class X, class Y>
concept WithMatrix = (AnyMatrix<X> || AnyMatrix<Y>)&&Number<X, Y>;
template <class X, class Y>
using MatrixScalar = typename std::conditional_t<AnyMatrix<X>, X, Y>::value_type;

template <class Rule, class X, class Y>
  requires WithMatrix<X, Y>
auto apply(const X& x, const Y& y) { return MatrixRecorder::binary<Rule, MatrixScalar<X, Y>>(x, y); }
template <class X, class Y>
  requires WithMatrix<X, Y>
auto operator+(const X& x, const Y& y) { return apply<Add>(x, y); }
template <class X, class Y>
  requires WithMatrix<X, Y>
auto operator-(const X& x, const Y& y) { return apply<Subtract>(x, y); }
/// Element by element; for the product of matrices see `product`.
template <class X, class Y>
  requires WithMatrix<X, Y>
auto operator*(const X& x, const Y& y) { return apply<Multiply>(x, y); }
template <class X, class Y>
  requires WithMatrix<X, Y>
auto operator/(const X& x, const Y& y) { return apply<Divide>(x, y); }
template <class T>
VarMatrix<T> operator-(const VarMatrix<T>& x) {
  return apply<Negate>(x);
}
template <class T, class Y>
  requires WithMatrix<VarMatrix<T>, Y> VarMatrix<T>
&operator+=(VarMatrix<T>& x, const Y& y) { return x = x + y; }
template <class T, class Y>
  requires WithMatrix<VarMatrix<T>, Y> VarMatrix<T>
&operator-=(VarMatrix<T>& x, const Y& y) { return x = x - y; }

// ---- products and reductions

/// The matrix product A B, (n x k) (k x m): n x m. Either may be a transpose, which is not copied.
template <class T>
VarMatrix<T> product(const VarMatrix<T>& a, const VarMatrix<T>& b) {
  return MatrixRecorder::product<T>(a, b, nullptr);
}
/// X W + b, with the row b, 1 x m, added to every row.
template <class T>
VarMatrix<T> affine(const VarMatrix<T>& x, const VarMatrix<T>& w, const VarMatrix<T>& b) {
  return MatrixRecorder::product<T>(x, w, &b);
}

/// The sum of all elements.
template <class T>
Var<T> sum(const VarMatrix<T>& x) {
  return MatrixRecorder::scalar(MatrixRecorder::sum(x, 1, 1));
}
/// The sum of each row, n x 1, and of each column, 1 x m.
template <class T>
VarMatrix<T> sum_of_rows(const VarMatrix<T>& x) {
  return MatrixRecorder::sum(x, x.rows(), 1);
}
template <class T>
VarMatrix<T> sum_of_columns(const VarMatrix<T>& x) {
  return MatrixRecorder::sum(x, 1, x.columns());
}
/// The mean of all elements. Throws ShapeError if there are none; so do the following.
template <class T>
Var<T> mean(const VarMatrix<T>& x) {
  if (x.size() == 0) misuse::empty_range("mean");
  return sum(x) / static_cast<double>(x.size());
}
template <class T>
VarMatrix<T> mean_of_rows(const VarMatrix<T>& x) {
  if (x.columns() == 0) misuse::empty_range("mean_of_rows");
  return sum_of_rows(x) / static_cast<double>(x.columns());
}
template <class T>
VarMatrix<T> mean_of_columns(const VarMatrix<T>& x) {
  if (x.rows() == 0) misuse::empty_range("mean_of_columns");
  return sum_of_columns(x) / static_cast<double>(x.rows());
}
/// The mean of (x - y)².
template <class T, class Y>
  requires WithMatrix<VarMatrix<T>, Y> Var<T> mean_squared_error(const VarMatrix<T>& x, const Y& y) {
    return mean(square(x - y));
  }

/// x - log(sum of exp(x) over the row), for each row, from the largest down, so that nothing overflows.
template <class T>
VarMatrix<T> log_softmax(const VarMatrix<T>& x) {
  return MatrixRecorder::log_softmax(x);
}
/// exp(x) / (sum of exp(x) over the row), for each row.
template <class T>
VarMatrix<T> softmax(const VarMatrix<T>& x) {
  return exp(log_softmax(x));
}
/// The mean over the rows of -log softmax(x)[label]: one block, with the slopes (softmax(x) - [j = label]) / n. Throws
/// ShapeError unless there is one label for each row, and each is a column.
template <class T>
Var<T> softmax_cross_entropy(const VarMatrix<T>& x, std::span<const std::size_t> labels) {
  return MatrixRecorder::scalar(MatrixRecorder::cross_entropy(x, labels));
}

}  // namespace downhill
