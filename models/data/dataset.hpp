#pragma once
/// \file
/// A data set: a table of numbers with named columns. csv.hpp reads one from a file.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <models/line.hpp>

namespace downhill {

/// A table of rows() x columns() numbers, row after row in one stretch of memory, so that a matrix library can look at
/// `values` without a copy.
struct Dataset {
  std::string source;              ///< where it came from, for messages
  std::vector<std::string> names;  ///< one for each column
  std::vector<double> values;      ///< values[row * columns() + column]

  std::size_t columns() const { return names.size(); }
  std::size_t rows() const { return names.empty() ? 0 : values.size() / names.size(); }
  /// The numbers of one row.
  std::span<const double> row(std::size_t index) const&;
  /// Of a temporary, the numbers themselves: a span would outlive them.
  std::vector<double> row(std::size_t index) && {
    const std::span<const double> numbers = row(index);
    return {numbers.begin(), numbers.end()};
  }
  /// A copy of one column, by its place or by its name. Throws DataError if there is none such, and says which there
  /// are.
  std::vector<double> column(std::size_t index) const;
  std::vector<double> column(std::string_view name) const;
};

/// A change of units for each column of a table. Rows are given as Dataset keeps them, one after the other, and changed
/// in place; any rows of that many columns will do, so that what was fitted to some samples is applied to others.
/// Throws ShapeError unless the rows are whole.
struct TableScaling {
  std::vector<Scaling> columns;

  /// value = (value - mean) / scale
  void to(std::span<double> rows) const;
  void to(std::span<float> rows) const;
  /// value = value * scale + mean
  void from(std::span<double> rows) const;
  void from(std::span<float> rows) const;
};

/// The mean and the standard deviation of each column, as `standardise` of line.hpp gives them: the scale of a column
/// whose values are all equal is 1. Throws ShapeError if there are no rows or they are not whole.
TableScaling standardise(std::span<const double> rows, std::size_t columns);
TableScaling standardise(std::span<const float> rows, std::size_t columns);

}  // namespace downhill
