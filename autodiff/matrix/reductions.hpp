#pragma once
/// \file
/// Sums, means and maxima: of all elements, of each row (an n x 1 matrix) and of each column (1 x m).

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include <autodiff/matrix/product.hpp>
#include <autodiff/matrix/var_matrix.hpp>

namespace downhill {

namespace matrix_detail {

/// The result has one column, one row, or both.
template <class T>
class SumBlock final : public OperandBlock<T, 1> {
 public:
  using OperandBlock<T, 1>::OperandBlock;
  std::string_view name() const override { return "sum"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Operand<T>& x = this->operand(0);
    add_rows<T>({adjoint + first, this->result().repeated(x.layout.rows, x.layout.columns)}, x.in(adjoint));
  }
  BlockWork work(std::size_t results) const override {
    const std::size_t count = this->operand(0).layout.size();
    return this->with_bytes({.operations = static_cast<double>(count - std::min(count, results))},
                            {.operations = static_cast<double>(count)});
  }
};

template <class T>
VarMatrix<T> sum(const VarMatrix<T>& x, std::size_t to_rows, std::size_t to_columns) {
  using R = MatrixRecorder;
  return R::on_tape<T>(x.tape(), [&](Tape<T>& tape) {
    const Layout shape = Layout::dense(to_rows, to_columns);
    const std::array operands{R::operand(tape, x)};
    const Elements<const T> from = operands[0].elements();
    const std::span<T> y = R::values(tape, shape);
    const Runs<1> runs({from.layout});
    if (to_rows == 1 && to_columns == 1) {
      with_strides<1>(runs.stride, [&](auto stride) {
        y[0] = sum_of<T>(runs.count, [&](std::size_t r) {
          const T* const begin = from.data + r * runs.next[0];
          return wide_sum_of<T>(0, runs.length, [&](std::size_t k) { return begin[k * stride]; });
        });
      });
    } else if (to_columns == 1) {
      with_strides<1>({from.layout.column_stride}, [&](auto stride) {
        for (std::size_t i = 0; i < to_rows; ++i) {
          const T* const begin = from.data + from.layout.at(i, 0);
          y[i] = sum_of<T>(x.columns(), [&](std::size_t j) { return begin[j * stride]; });
        }
      });
    } else {
      std::ranges::fill(y, T(0));
      add_rows<T>(from, {y.data(), shape.repeated(x.rows(), x.columns())});
    }
    return R::record<SumBlock<T>, T>(tape, shape, y, operands, shape);
  });
}

/// The largest of all, of each row or of each column. Where k are equally large, each has the slope 1 / k.
template <class T>
class MaxBlock final : public OperandBlock<T, 1> {
 public:
  MaxBlock(const std::array<Operand<T>, 1>& x, const Layout& result, std::span<const T> largest, std::span<T> ties)
      : OperandBlock<T, 1>(x, result), largest_(largest), ties_(ties) {}
  std::string_view name() const override { return "max"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const Operand<T>& x = this->operand(0);
    const Layout of = this->result().repeated(x.layout.rows, x.layout.columns);
    std::ranges::fill(ties_, T(0));
    const auto is_largest = [&](std::size_t i, std::size_t j) { return x.elements()(i, j) == largest_[of.at(i, j)]; };
    for_each_element(of, [&](std::size_t i, std::size_t j) {
      if (is_largest(i, j)) ties_[of.at(i, j)] = ties_[of.at(i, j)] + T(1);
    });
    for_each_element(of, [&](std::size_t i, std::size_t j) {
      const std::size_t at = of.at(i, j);
      const T g = adjoint[first + at];
      if (is_zero(g)) return;
      if (is_largest(i, j))
        x.in(adjoint)(i, j) = x.in(adjoint)(i, j) + (ties_[at] == T(1) ? g : shared(g, ties_[at]));
      else if (!(largest_[at] == largest_[at]))
        x.in(adjoint)(i, j) = x.in(adjoint)(i, j) + g * largest_[at];
    });
  }
  // Where none are equally large: each element is compared with the largest, to count those and to add to it.
  BlockWork work(std::size_t results) const override {
    const std::size_t count = this->operand(0).layout.size();
    return this->with_bytes({.operations = static_cast<double>(count - std::min(count, results))},
                            {.operations = static_cast<double>(2 * count + results)}, results);
  }

 private:
  // Of k that are equally large, over nested numbers as Max has it: there the slope of the slope is not known.
  static T shared(const T& g, const T& k) {
    if constexpr (Active<T>)
      return handed_on(slope_within<Max, 0>(k, k, k) * (T(2) / k), g);
    else
      return g / k;
  }
  std::span<const T> largest_;
  std::span<T> ties_;
};

template <class T>
VarMatrix<T> max(const VarMatrix<T>& x, std::size_t to_rows, std::size_t to_columns) {
  using R = MatrixRecorder;
  return R::on_tape<T>(x.tape(), [&](Tape<T>& tape) {
    const Layout shape = Layout::dense(to_rows, to_columns), of = shape.repeated(x.rows(), x.columns());
    const std::array operands{R::operand(tape, x)};
    const Elements<const T> from = operands[0].elements();
    const std::span<T> y = R::values(tape, shape);
    for_each_element(of, [&](std::size_t i, std::size_t j) {
      const bool is_first = (to_rows > 1 || i == 0) && (to_columns > 1 || j == 0);
      T& largest = y[of.at(i, j)];
      largest = is_first ? from(i, j) : value_within<Max, T>(largest, from(i, j));
    });
    return R::record<MaxBlock<T>, T>(tape, shape, y, operands, shape, y, R::values(tape, shape));
  });
}

}  // namespace matrix_detail

/// The sum of all elements.
template <class T>
Var<T> sum(const VarMatrix<T>& x) {
  return MatrixRecorder::scalar(matrix_detail::sum(x, 1, 1));
}
/// The sum of each row, n x 1, and of each column, 1 x m.
template <class T>
VarMatrix<T> sum_of_rows(const VarMatrix<T>& x) {
  return matrix_detail::sum(x, x.rows(), 1);
}
template <class T>
VarMatrix<T> sum_of_columns(const VarMatrix<T>& x) {
  return matrix_detail::sum(x, 1, x.columns());
}

/// The mean of all elements, of each row and of each column. These and the maxima throw ShapeError where there are no
/// elements.
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

/// The largest of all elements, of each row and of each column; NaN if one of them is. Where k elements are equally
/// large, each has the slope 1 / k.
template <class T>
Var<T> max(const VarMatrix<T>& x) {
  if (x.size() == 0) misuse::empty_range("max");
  return MatrixRecorder::scalar(matrix_detail::max(x, 1, 1));
}
template <class T>
VarMatrix<T> max_of_rows(const VarMatrix<T>& x) {
  if (x.columns() == 0) misuse::empty_range("max_of_rows");
  return matrix_detail::max(x, x.rows(), 1);
}
template <class T>
VarMatrix<T> max_of_columns(const VarMatrix<T>& x) {
  if (x.rows() == 0) misuse::empty_range("max_of_columns");
  return matrix_detail::max(x, 1, x.columns());
}

}  // namespace downhill
