#pragma once
/// \file
/// Picking rows from a matrix, and putting matrices side by side or one above the other.

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>

#include <autodiff/matrix/kernel.hpp>
#include <autodiff/matrix/var_matrix.hpp>

namespace downhill {

namespace matrix_detail {

template <class T>
class GatherBlock final : public OperandBlock<T, 1> {
 public:
  GatherBlock(const std::array<Operand<T>, 1>& x, const Layout& result, std::span<const std::size_t> rows)
      : OperandBlock<T, 1>(x, result), rows_(rows) {}
  std::string_view name() const override { return "gather_rows"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Elements<T> to = this->operand(0).in(adjoint);
    const Elements<const T> g = this->result_in(adjoint, first);
    for_each_element(this->result(),
                     [&](std::size_t i, std::size_t j) { to(rows_[i], j) = to(rows_[i], j) + g(i, j); });
  }
  // Of the table, only the rows that are picked are touched.
  BlockWork work(std::size_t results) const override {
    const double moved = this->bytes(results);
    return {.forward = {.read = moved, .written = moved},
            .reverse = {.operations = static_cast<double>(results), .read = 2 * moved, .written = moved}};
  }

 private:
  std::span<const std::size_t> rows_;
};

/// Where each operand stands in the result: from this row and this column on.
template <class T>
struct Placed {
  Operand<T> operand;
  std::size_t row, column;
};

template <class T>
class ConcatenateBlock final : public Block<T> {
 public:
  ConcatenateBlock(std::span<const Placed<T>> placed, std::span<const Run> parents, const Layout& result)
      : placed_(placed), parents_(parents), result_(result) {}
  std::string_view name() const override { return "concatenate"; }
  std::span<const Run> parents() const override { return parents_; }
  Shape shape() const override { return {result_.rows, result_.columns}; }
  std::vector<typename Block<T>::Constant> constants() const override {
    std::vector<typename Block<T>::Constant> all;
    std::size_t run = 0;
    for (const Placed<T>& placed : placed_) add_constant(placed.operand, run, all);
    return all;
  }
  void pull_back(std::size_t first, T* adjoint) const override {
    for (const auto& [operand, row, column] : placed_) {
      if (!operand.is_active()) continue;
      const Layout there{operand.layout.rows, operand.layout.columns, result_.row_stride, 1};
      add_rows<T>({adjoint + first + result_.at(row, column), there}, operand.in(adjoint));
    }
  }
  BlockWork work(std::size_t results) const override {
    const auto moved = static_cast<double>(results * sizeof(T));
    BlockWork made{.forward = {.read = moved, .written = moved}};
    for (const Placed<T>& placed : placed_) {
      const auto count = static_cast<double>(placed.operand.is_active() ? placed.operand.layout.size() : 0);
      made.reverse += {.operations = count, .read = 2 * count * sizeof(T), .written = count * sizeof(T)};
    }
    return made;
  }

 private:
  std::span<const Placed<T>> placed_;
  std::span<const Run> parents_;
  Layout result_;
};

// Each operand begins where the one before ends, going down or to the right.
template <class T>
VarMatrix<T> concatenate(std::span<const VarMatrix<T>> operands, bool down) {
  using R = MatrixRecorder;
  const std::string_view name = down ? "concatenate_rows" : "concatenate_columns";
  if (operands.empty()) misuse::empty_range(name);
  Layout shape;
  Tape<T>* on = nullptr;
  for (const VarMatrix<T>& x : operands) {
    const VarMatrix<T>& first = operands.front();
    if (down ? x.columns() != first.columns() : x.rows() != first.rows())
      misuse::different_shapes(name, first.rows(), first.columns(), x.rows(), x.columns(),
                               down ? "the columns must be the same" : "the rows must be the same");
    if (x.tape() != nullptr && on != nullptr && x.tape() != on) misuse::foreign_variable(name);
    if (x.tape() != nullptr) on = x.tape();
    shape.rows = down ? shape.rows + x.rows() : x.rows();
    shape.columns = down ? x.columns() : shape.columns + x.columns();
  }
  shape = Layout::dense(shape.rows, shape.columns);
  return R::on_tape<T>(on, [&](Tape<T>& tape) {
    const std::span<T> values = R::values(tape, shape);
    const std::span<Placed<T>> placed = R::memory<Placed<T>>(tape, operands.size());
    const std::span<Run> parents = R::memory<Run>(tape, operands.size());
    std::size_t active = 0, row = 0, column = 0;
    for (std::size_t k = 0; k < operands.size(); ++k) {
      const Operand<T> x = R::operand(tape, operands[k]);
      placed[k] = {x, row, column};
      if (x.is_active()) parents[active++] = {x.slot, x.layout.extent()};
      const Elements<T> to{values.data() + shape.at(row, column), shape};
      for_each_element(x.layout, [&](std::size_t i, std::size_t j) { to(i, j) = x.elements()(i, j); });
      (down ? row : column) += down ? x.layout.rows : x.layout.columns;
    }
    return R::record<ConcatenateBlock<T>, T>(tape, shape, values, placed, parents.first(active), shape);
  });
}

}  // namespace matrix_detail

/// The rows of x with these indices, one below the other; an index may come more than once. With x as a table of
/// vectors and words as indices this is an embedding. Throws ShapeError if there is no such row.
template <class T>
VarMatrix<T> gather_rows(const VarMatrix<T>& x, std::span<const std::size_t> rows) {
  using R = MatrixRecorder;
  for (const std::size_t row : rows)
    if (row >= x.rows()) misuse::no_such_row(row, x.rows());
  return R::on_tape<T>(x.tape(), [&](Tape<T>& tape) {
    const Layout shape = Layout::dense(rows.size(), x.columns());
    const std::array operands{R::operand(tape, x)};
    const std::span<T> y = R::values(tape, shape);
    const std::span<std::size_t> kept = R::memory<std::size_t>(tape, rows.size());
    std::ranges::copy(rows, kept.begin());
    for_each_element(shape,
                     [&](std::size_t i, std::size_t j) { y[shape.at(i, j)] = operands[0].elements()(kept[i], j); });
    return R::record<matrix_detail::GatherBlock<T>, T>(tape, shape, y, operands, shape, kept);
  });
}

/// concatenate_rows puts matrices one above the other, concatenate_columns side by side. Throws ShapeError unless all
/// have as many columns, or rows, and where there are no matrices.
template <class T>
VarMatrix<T> concatenate_rows(std::span<const VarMatrix<T>> operands) {
  return matrix_detail::concatenate(operands, true);
}
template <class T>
VarMatrix<T> concatenate_rows(std::initializer_list<VarMatrix<T>> operands) {
  return matrix_detail::concatenate(std::span<const VarMatrix<T>>(operands.begin(), operands.size()), true);
}
template <class T>
VarMatrix<T> concatenate_columns(std::span<const VarMatrix<T>> operands) {
  return matrix_detail::concatenate(operands, false);
}
template <class T>
VarMatrix<T> concatenate_columns(std::initializer_list<VarMatrix<T>> operands) {
  return matrix_detail::concatenate(std::span<const VarMatrix<T>>(operands.begin(), operands.size()), false);
}

}  // namespace downhill
