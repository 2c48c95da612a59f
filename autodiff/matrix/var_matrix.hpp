#pragma once
/// \file
/// VarMatrix: a matrix on the same tape as the scalars.
///
/// It is a run of consecutive slots, row after row, so each element is a Var for free: `m(i, j)`. A matrix of
/// parameters shares its values with the tape's parameter span; the values of a result lie on the tape and live as long
/// as its statement. Transposes, blocks, rows and columns are views of the same slots, without a copy.

#include <fmt/format.h>

#include <Eigen/Core>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/derivatives/inputs.hpp>
#include <autodiff/gradient.hpp>
#include <autodiff/matrix/recorder.hpp>
#include <autodiff/variable.hpp>

namespace downhill {

/// A matrix on a tape, or a passive one of constants, which joins the tape of a matrix that it meets.
template <class T>
class VarMatrix {
  static_assert(is_differentiable<T>,
                "a VarMatrix is of double or float, or of Duals of these: write VarMatrix<double>; whole numbers and "
                "the like have no derivatives");

 public:
  using value_type = T;
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  /// A passive matrix of constants, which are copied.
  template <class E>
  VarMatrix(const Eigen::MatrixBase<E>& matrix)
      : layout_(Layout::dense(static_cast<std::size_t>(matrix.rows()), static_cast<std::size_t>(matrix.cols()))) {
    auto values = std::make_shared<std::vector<T>>(layout_.size());
    Eigen::Map<Matrix>(values->data(), matrix.rows(), matrix.cols()) = matrix.template cast<T>();
    values_ = values->data();
    owner_ = std::move(values);
  }
  /// A passive matrix of constants that stay where they are, row after row: they must outlive the tape's recording.
  /// Throws ShapeError unless there are rows * columns values.
  static VarMatrix constant(std::span<const T> values, std::size_t rows, std::size_t columns);
  /// A temporary range would be gone before the sweep: give it a name, or make an Eigen matrix of it, which is copied.
  template <TemporaryRange<T> R>
  static VarMatrix constant(R&& values, std::size_t rows, std::size_t columns) = delete;
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

/// The same, with the values where they will stay: `fill(values)` writes them, row after row, into a std::span<T> of
/// rows * columns elements. With Tape::reserve_parameters before, there never is a copy of them. Throws TapeError once
/// something else than parameters is on the tape; what `fill` throws passes through, and there are no new parameters.
template <class T, std::invocable<std::span<T>> Fill>
VarMatrix<T> parameters(Tape<T>& tape, std::size_t rows, std::size_t columns, Fill&& fill, std::string_view name = {}) {
  return MatrixRecorder::filled_parameters<T>(tape, rows, columns, std::forward<Fill>(fill), name);
}

/// A matrix of variables that have consecutive slots on a tape, row after row: those, for one, that `minimize` hands to
/// an objective. Throws ShapeError unless there are rows * columns, TapeError if they are not consecutive variables.
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
  Matrix copy(static_cast<Eigen::Index>(rows()), static_cast<Eigen::Index>(columns()));
  if (size() == 0) return copy;
  if (!is_active()) misuse::passive_gradient();
  static_cast<void>(
      gradient[MatrixRecorder::element(*this, rows() - 1, columns() - 1)]);  // throws if it cannot be asked
  for_each_element(layout_, [&](std::size_t i, std::size_t j) {
    copy(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = gradient.adjoints()[slot_ + layout_.at(i, j)];
  });
  return copy;
}

template <class T>
void VarMatrix<T>::demand_fresh() const {
  if (is_active()) MatrixRecorder::check(*this);
}

// ---- operands that do not fit together

namespace matrix_detail {

template <class... X>
struct ScalarOf;  // of the first matrix among X
template <class X, class... Rest>
struct ScalarOf<X, Rest...> : ScalarOf<Rest...> {};
template <AnyMatrix X, class... Rest>
struct ScalarOf<X, Rest...> {
  using type = typename X::value_type;
};

template <class T, class X>
inline constexpr bool is_of_another_kind =
    (AnyMatrix<X> || AnyVar<X> || std::derived_from<X, Eigen::EigenBase<X>>) && !std::is_same_v<X, VarMatrix<T>>;

template <class... X>
auto refuse_mixed() {
  static_assert(sizeof...(X) == 0,
                "the operands are matrices of one number type: make all of them VarMatrix<float> or all of them "
                "VarMatrix<double>, and write VarMatrix<double>(b) for an Eigen matrix or a Var b");
  return 0.0;
}

}  // namespace matrix_detail

/// A VarMatrix, and beside it one of another type, an Eigen matrix or a Var: `product` and its kin take matrices of one
/// type.
template <class... X>
concept MixedMatrices = (AnyMatrix<X> || ...) &&
                        (matrix_detail::is_of_another_kind<typename matrix_detail::ScalarOf<X...>::type, X> || ...);

}  // namespace downhill
