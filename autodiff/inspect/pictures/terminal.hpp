#pragma once
/// \file
/// Pictures made of characters: a grid of cells, in colours where the terminal has them, and in ASCII where it has no
/// other characters.

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/inspect/pictures/palette.hpp>

namespace downhill::inspect {

struct TextOptions {
  std::size_t width = 80;  ///< columns, those of labels included; more are used where they leave no room
  std::size_t height = 0;  ///< rows of the picture; 0: what suits the width
  bool unicode = true;     ///< false: ASCII only
  bool colour = false;     ///< by escape sequences
};
/// The options that suit a stream: its width, colours where it is a terminal and NO_COLOR is not set, and Unicode where
/// the environment says UTF-8.
TextOptions options_for(std::FILE* stream);

namespace terminal_detail {

/// A character and its colours, -1 for those of the terminal, otherwise of the 256 that xterm has.
struct Cell {
  std::string glyph = " ";
  int colour = -1, background = -1;
};
/// The nearest of the cube of 6 x 6 x 6 colours. A shade from 0, the page's black, to 1.
int colour_of(const palette::Colour& colour, double shade = 1);
/// The colour of the index-th series, as on pages. A shade from 0, the page's black, to 1.
int series_colour(std::size_t index, double shade = 1);
/// What marks the index-th series or class where there are no colours.
std::string_view series_glyph(std::size_t index, bool unicode);

class Grid {
 public:
  Grid(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows), cells_(columns * rows) {}

  std::size_t columns() const { return columns_; }
  std::size_t rows() const { return rows_; }
  /// Row 0 is the top one.
  Cell& at(std::size_t column, std::size_t row) { return cells_[row * columns_ + column]; }
  /// One row as text, without the blanks at its end unless it is wanted whole.
  std::string row(std::size_t index, bool colour, bool whole = false) const;

 private:
  std::size_t columns_, rows_;
  std::vector<Cell> cells_;
};

/// Dots on a grid, 2 x 4 to a cell, by the characters of Braille.
class Dots {
 public:
  explicit Dots(Grid& grid) : grid_(grid), dots_(grid.columns() * grid.rows()) {}
  std::size_t columns() const { return 2 * grid_.columns(); }
  std::size_t rows() const { return 4 * grid_.rows(); }
  void put(std::size_t column, std::size_t row, int colour);

 private:
  Grid& grid_;
  std::vector<unsigned char> dots_;
};

}  // namespace terminal_detail

}  // namespace downhill::inspect
