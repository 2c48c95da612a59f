#include <autodiff/inspect/pictures/landscape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include <autodiff/error.hpp>

namespace downhill::inspect {
namespace {

double part_way(Interval interval, std::size_t index, std::size_t count) {
  return interval.low + (interval.high - interval.low) * static_cast<double>(index) / static_cast<double>(count - 1);
}

}  // namespace

double Landscape::x_at(std::size_t column) const { return part_way(x, column, columns); }
double Landscape::y_at(std::size_t row) const { return part_way(y, row, rows); }

Landscape sample_landscape(const std::function<double(double x, double y)>& loss, Interval x, Interval y,
                           std::size_t columns, std::size_t rows) {
  for (const Interval& interval : {x, y})
    if (!(interval.low < interval.high) || !std::isfinite(interval.low) || !std::isfinite(interval.high))
      throw OptionError(fmt::format("sample_landscape: the interval from {} to {} is empty or not finite", interval.low,
                                    interval.high));
  if (columns < 2 || rows < 2)
    throw OptionError(fmt::format("sample_landscape: {} x {} places; give at least 2 x 2", columns, rows));
  Landscape landscape{.x = x, .y = y, .columns = columns, .rows = rows, .values = {}};
  landscape.values.reserve(columns * rows);
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column)
      landscape.values.push_back(loss(landscape.x_at(column), landscape.y_at(row)));
  return landscape;
}

std::vector<double> levels_of(const Landscape& landscape, std::size_t count) {
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
  for (const double value : landscape.values)
    if (std::isfinite(value)) lowest = std::min(lowest, value), highest = std::max(highest, value);
  std::vector<double> levels;
  if (lowest < highest)
    for (std::size_t k = 1; k < count; ++k) {
      const double part = static_cast<double>(k) / static_cast<double>(count);
      levels.push_back(lowest + (highest - lowest) * part * part);
    }
  return levels;
}

std::vector<LinePiece> height_line(const Landscape& landscape, double level) {
  std::vector<LinePiece> pieces;
  for (std::size_t row = 0; row + 1 < landscape.rows; ++row)
    for (std::size_t column = 0; column + 1 < landscape.columns; ++column) {
      // The corners, around the cell.
      struct Corner {
        double x, y, value;
      };
      std::array<Corner, 4> corners;
      for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t c = column + (i == 1 || i == 2), r = row + (i >= 2);
        corners[i] = {landscape.x_at(c), landscape.y_at(r), landscape.at(c, r)};
      }
      if (!std::ranges::all_of(corners, [](const Corner& corner) { return std::isfinite(corner.value); })) continue;
      // Where the line crosses the sides: in none, two or four places.
      std::array<std::array<double, 2>, 4> crossings;
      std::size_t count = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        const Corner &a = corners[i], &b = corners[(i + 1) % 4];
        if ((a.value < level) == (b.value < level)) continue;
        const double part = (level - a.value) / (b.value - a.value);
        crossings[count++] = {a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)};
      }
      const auto join = [&](std::size_t i, std::size_t j) {
        pieces.push_back({crossings[i][0], crossings[i][1], crossings[j][0], crossings[j][1]});
      };
      if (count == 2) join(0, 1);
      if (count == 4) {  // a saddle: the middle decides which corners belong together
        double middle = 0;
        for (const Corner& corner : corners) middle += corner.value / 4;
        const bool with_first = (middle < level) == (corners[0].value < level);
        join(0, with_first ? 1 : 3);
        join(2, with_first ? 3 : 1);
      }
    }
  return pieces;
}

}  // namespace downhill::inspect
