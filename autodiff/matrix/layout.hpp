#pragma once
/// \file
/// Where the elements of a matrix lie: the number of rows and columns, and the distances (strides) from one row and one
/// column to the next. A transpose, a block, a row or a column is another layout of the same elements. A stride of 0
/// repeats a row or a column: that is broadcasting.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include <autodiff/tape/misuse.hpp>

namespace downhill {

struct Layout {
  std::size_t rows = 0, columns = 0;
  std::size_t row_stride = 0, column_stride = 0;  // in elements

  /// Row after row, without gaps.
  static Layout dense(std::size_t rows, std::size_t columns) { return {rows, columns, columns, 1}; }
  std::size_t size() const { return rows * columns; }
  std::size_t at(std::size_t row, std::size_t column) const { return row * row_stride + column * column_stride; }
  Layout transposed() const { return {columns, rows, column_stride, row_stride}; }
  bool is_dense() const { return (column_stride == 1 || columns <= 1) && (row_stride == columns || rows <= 1); }
  /// From the first element to the last, both included.
  std::size_t extent() const { return size() == 0 ? 0 : at(rows - 1, columns - 1) + 1; }
  /// This layout, with its one row or its one column repeated to that size.
  Layout repeated(std::size_t to_rows, std::size_t to_columns) const {
    return {to_rows, to_columns, rows == to_rows ? row_stride : 0, columns == to_columns ? column_stride : 0};
  }
  /// This layout without repeated rows and columns.
  Layout once() const {
    return {row_stride == 0 ? std::min<std::size_t>(rows, 1) : rows,
            column_stride == 0 ? std::min<std::size_t>(columns, 1) : columns, row_stride, column_stride};
  }
};

/// The shape of an elementwise operation: rows and columns are equal, or 1 in one of the two. Throws ShapeError.
inline Layout common_shape(std::string_view operation, const Layout& x, const Layout& y) {
  const auto common = [](std::size_t a, std::size_t b) { return a == 1 ? b : a; };
  const std::size_t rows = common(x.rows, y.rows), columns = common(x.columns, y.columns);
  if ((x.rows != rows && x.rows != 1) || (y.rows != rows && y.rows != 1) || (x.columns != columns && x.columns != 1) ||
      (y.columns != columns && y.columns != 1))
    misuse::different_shapes(operation, x.rows, x.columns, y.rows, y.columns,
                             operation == "*" && x.columns == y.rows
                                 ? "* works element by element, on the same rows and columns; for the product of "
                                   "matrices write product(a, b)"
                                 : "rows and columns must be the same, or 1 to be repeated");
  return Layout::dense(rows, columns);
}

/// Elements in memory.
template <class T>
struct Elements {
  T* data = nullptr;
  Layout layout = {};

  T& operator()(std::size_t row, std::size_t column) const { return data[layout.at(row, column)]; }
  Elements transposed() const { return {data, layout.transposed()}; }
  /// Rows [begin, end).
  Elements row_stretch(std::size_t begin, std::size_t end) const {
    return {data + begin * layout.row_stride, {end - begin, layout.columns, layout.row_stride, layout.column_stride}};
  }
};

/// Calls visit(row, column) for every element, row after row.
template <class Visit>
void for_each_element(const Layout& layout, Visit&& visit) {
  for (std::size_t row = 0; row < layout.rows; ++row)
    for (std::size_t column = 0; column < layout.columns; ++column) visit(row, column);
}

/// How N layouts of one shape are walked together, element by element: `count` runs of `length` elements, as few as
/// there can be. In a run, layout i goes on by stride[i]; its next run begins next[i] further on.
template <std::size_t N>
struct Runs {
  std::size_t count, length;
  std::array<std::size_t, N> stride, next;

  explicit Runs(const std::array<Layout, N>& layouts) : count(layouts[0].rows), length(layouts[0].columns) {
    bool goes_on = true;
    for (std::size_t i = 0; i < N; ++i) {
      stride[i] = layouts[i].column_stride, next[i] = layouts[i].row_stride;
      goes_on = goes_on && next[i] == length * stride[i];
    }
    if (count == 1 || goes_on)
      length *= count, count = 1;
    else if (length == 1)
      length = count, count = 1, stride = next;
  }
};

}  // namespace downhill
