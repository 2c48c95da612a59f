#pragma once
// Pictures made of characters, for the examples: a canvas with coordinates.

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/inspect/pictures/plot.hpp>

/// A line of text without the blanks at its end.
inline std::string without_end(std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  return line;
}

/// Rows of characters that cover a piece of the plane, both ends included.
class Canvas {
 public:
  Canvas(std::size_t width, std::size_t height, downhill::inspect::Interval x, downhill::inspect::Interval y)
      : width_(width),
        height_(height),
        x_(x, 0, double(width - 1)),
        y_(y, 0, double(height - 1)),
        cells_(width * height, " ") {}

  /// Draws at (x, y); outside it draws nothing. A glyph is one character, in UTF-8.
  void put(double x, double y, std::string_view glyph) {
    const double column = std::floor(x_.at(x) + 0.5), row = std::floor(y_.at(y) + 0.5);
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
  std::size_t width_, height_;
  downhill::inspect::Axis x_, y_;
  std::vector<std::string> cells_;
};
