#pragma once
// Pictures made of characters, for the examples: a canvas with coordinates, and a plot of falling numbers on it.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// A line of text without the blanks at its end.
inline std::string without_end(std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  return line;
}

/// Rows of characters that cover a piece of the plane, both ends included.
class Canvas {
 public:
  struct Range {
    double low, high;
  };

  Canvas(std::size_t width, std::size_t height, Range x, Range y)
      : width_(width), height_(height), x_(x), y_(y), cells_(width * height, " ") {}

  /// Draws at (x, y); outside it draws nothing. A glyph is one character, in UTF-8.
  void put(double x, double y, std::string_view glyph) {
    const double column = position(x, x_, width_), row = position(y, y_, height_);
    if (!(column >= 0 && column < double(width_) && row >= 0 && row < double(height_))) return;
    cells_[(height_ - 1 - std::size_t(row)) * width_ + std::size_t(column)] = glyph;
  }
  /// One row as text, the top one first.
  std::string row(std::size_t index) const {
    std::string line;
    for (std::size_t column = 0; column < width_; ++column) line += cells_[index * width_ + column];
    return line;
  }
  std::size_t height() const { return height_; }

 private:
  static double position(double value, Range range, std::size_t cells) {
    return std::floor((value - range.low) / (range.high - range.low) * double(cells - 1) + 0.5);
  }

  std::size_t width_, height_;
  Range x_, y_;
  std::vector<std::string> cells_;
};

/// What is plotted: values at 0, 1, 2, ..., and how.
struct Series {
  std::string_view glyph;
  std::vector<double> values;
};

/// The values over their index, on a logarithmic scale with powers of ten at the left. Values that are not positive and
/// finite have no place there. A later series is drawn over an earlier one.
inline std::string log_plot(std::span<const Series> all, std::string_view index_name, std::size_t width = 80) {
  constexpr int most_rows = 16, margin = 9;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  std::size_t last = 1;
  for (const Series& series : all) {
    last = std::max(last, series.values.size() - 1);
    for (const double value : series.values)
      if (value > 0 && std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
  if (!(low <= high)) return "";
  const int top = int(std::ceil(std::log10(high))), lowest = std::min(int(std::floor(std::log10(low))), top - 1);
  const int decades_a_row = (top - lowest + most_rows - 2) / (most_rows - 1);
  const int rows_a_decade = decades_a_row > 1 ? 1 : std::clamp((most_rows - 1) / (top - lowest), 1, 4);
  const int intervals = (top - lowest + decades_a_row - 1) / decades_a_row * rows_a_decade;
  const int bottom = top - intervals / rows_a_decade * decades_a_row;
  const int label_rows = std::max(3 / rows_a_decade, 1) * rows_a_decade;

  const std::size_t columns = width - margin - 1;
  Canvas canvas(columns, std::size_t(intervals) + 1, {0, double(last)}, {double(bottom), double(top)});
  for (const Series& series : all)
    for (std::size_t i = 0; i < series.values.size(); ++i)
      if (series.values[i] > 0) canvas.put(double(i), std::log10(series.values[i]), series.glyph);

  std::string text;
  for (int row = 0; row <= intervals; ++row) {
    const bool labelled = row % label_rows == 0;
    const int power = top - row / rows_a_decade * decades_a_row;
    text += without_end(fmt::format("{:>{}} {}{}", labelled ? fmt::format("1e{}", power) : "", margin - 2,
                                    labelled ? "┤" : "│", canvas.row(std::size_t(row)))) +
            "\n";
  }
  // Ticks 1, 2 or 5 times a power of ten apart, at most eight of them.
  double tick = 1;
  for (int i = 0; double(last) / tick > 8; ++i) tick = std::pow(10, i / 3) * std::array{1, 2, 5}[std::size_t(i % 3)];
  std::string axis(columns, ' '), rule;
  for (std::size_t column = 0; column < columns; ++column) rule += "─";
  for (double at = 0; at <= double(last); at += tick) {
    const std::string label = fmt::format("{:g}", at);
    const auto column = std::size_t(at / double(last) * double(columns - 1) + 0.5);
    const std::size_t begin = std::min(column, columns - label.size());
    axis.replace(begin, label.size(), label);
  }
  return text + fmt::format("{:>{}}└{}\n{:>{}} {}\n", "", margin - 1, rule, index_name, margin - 1, without_end(axis));
}
