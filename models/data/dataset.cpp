#include <models/data/dataset.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <autodiff/error.hpp>
#include <autodiff/text/counted.hpp>
#include <autodiff/text/utf8.hpp>

namespace downhill {

namespace {

using utf8::in_quotes;
using utf8::printable;

// ---- scaling, written once for both types of number

void demand_whole_rows(std::string_view operation, std::size_t values, std::size_t columns) {
  if (columns == 0 || values % columns != 0)
    throw ShapeError(fmt::format("{}: {} in rows of {}; give whole rows", operation, counted(values, "value"),
                                 counted(columns, "column")));
}

template <class Number>
TableScaling table_scaling(std::span<const Number> values, std::size_t columns) {
  demand_whole_rows("standardise", values.size(), columns);
  TableScaling result;
  std::vector<double> column(values.size() / columns);
  for (std::size_t c = 0; c < columns; ++c) {
    for (std::size_t row = 0; row < column.size(); ++row) column[row] = values[row * columns + c];
    result.columns.push_back(standardise(column));
  }
  return result;
}

template <class Number, class Change>
void change_rows(std::span<Number> values, const std::vector<Scaling>& columns, const Change& change) {
  demand_whole_rows("TableScaling", values.size(), columns.size());
  for (std::size_t i = 0; i < values.size(); i += columns.size())
    for (std::size_t c = 0; c < columns.size(); ++c) {
      Number& value = values[i + c];
      value = static_cast<Number>(change(columns[c], static_cast<double>(value)));
    }
}

constexpr auto scaled = [](const Scaling& scaling, double value) { return scaling.to(value); };
constexpr auto unscaled = [](const Scaling& scaling, double value) { return scaling.from(value); };

}  // namespace

std::span<const double> Dataset::row(std::size_t index) const& {
  if (index >= rows())
    throw DataError(
        fmt::format("{}: no row {}; there are {}, counted from 0", printable(source), index, counted(rows(), "row")));
  return std::span<const double>(values).subspan(index * columns(), columns());
}

std::vector<double> Dataset::column(std::size_t index) const {
  if (index >= columns())
    throw DataError(fmt::format("{}: no column {}; there are {}, counted from 0", printable(source), index,
                                counted(columns(), "column")));
  std::vector<double> result(rows());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = values[i * columns() + index];
  return result;
}

std::vector<double> Dataset::column(std::string_view name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return column(static_cast<std::size_t>(found - names.begin()));
  std::string known;
  for (const std::string& other : names) known += (known.empty() ? "" : ", ") + in_quotes(other);
  throw DataError(fmt::format("{}: no column {}; the columns are {}", printable(source), in_quotes(name), known));
}

TableScaling standardise(std::span<const double> rows, std::size_t columns) { return table_scaling(rows, columns); }
TableScaling standardise(std::span<const float> rows, std::size_t columns) { return table_scaling(rows, columns); }

void TableScaling::to(std::span<double> rows) const { change_rows(rows, columns, scaled); }
void TableScaling::to(std::span<float> rows) const { change_rows(rows, columns, scaled); }
void TableScaling::from(std::span<double> rows) const { change_rows(rows, columns, unscaled); }
void TableScaling::from(std::span<float> rows) const { change_rows(rows, columns, unscaled); }

}  // namespace downhill
