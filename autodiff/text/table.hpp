#pragma once
/// \file
/// Rows of cells as columns of text. Widths are counted in characters.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace downhill {

enum class Align { left, right };

/// A cell, and the terminal's code for its colour, which takes no room; empty for none.
struct TableCell {
  TableCell(std::string shown, std::string_view of_colour = {}) : text(std::move(shown)), colour(of_colour) {}
  TableCell(const char* shown) : text(shown) {}
  std::string text;
  std::string_view colour;
};
using TableRow = std::vector<TableCell>;

/// The cells of each row, padded to the width of the widest cell of their column, at least `least`. There is an
/// alignment for each column; of the columns after the last one it is the last. Rows may be short.
std::vector<std::vector<std::string>> padded(std::span<const TableRow> rows, std::span<const Align> columns,
                                             std::size_t least = 0);
/// The rows as lines: two blanks between columns, none at the end of a line; columns without text are left out.
std::vector<std::string> aligned(std::span<const TableRow> rows, std::span<const Align> columns);
/// These lines, each with its line break and, unless it is empty, behind so many blanks.
std::string aligned_text(std::span<const TableRow> rows, std::span<const Align> columns, std::size_t indent = 0);

/// The width of the widest cell.
std::size_t widest(std::span<const TableRow> rows);
/// A horizontal line of this width, to stand between rows.
std::string rule(std::size_t width);

}  // namespace downhill
