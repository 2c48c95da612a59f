#include <autodiff/text/table.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <autodiff/text/utf8.hpp>

namespace downhill {

std::vector<std::vector<std::string>> padded(std::span<const TableRow> rows, std::span<const Align> columns,
                                             std::size_t least) {
  std::vector<std::size_t> width;
  for (const TableRow& row : rows) {
    width.resize(std::max(width.size(), row.size()), least);
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], utf8::length(row[i].text));
  }
  std::vector<std::vector<std::string>> all;
  for (const TableRow& row : rows) {
    auto& cells = all.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto& [text, colour] = row[i];
      const std::string blanks(width[i] - utf8::length(text), ' ');
      const std::string shown = colour.empty() || text.empty() ? text : fmt::format("{}{}\x1b[0m", colour, text);
      cells.push_back(columns[std::min(i, columns.size() - 1)] == Align::right ? blanks + shown : shown + blanks);
    }
  }
  return all;
}

std::vector<std::string> aligned(std::span<const TableRow> rows, std::span<const Align> columns) {
  std::vector<std::string> lines;
  for (const std::vector<std::string>& cells : padded(rows, columns)) {
    std::string& line = lines.emplace_back();
    for (const std::string& cell : cells) {
      if (cell.empty()) continue;
      if (!line.empty()) line += "  ";
      line += cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
  }
  return lines;
}

std::string aligned_text(std::span<const TableRow> rows, std::span<const Align> columns, std::size_t indent) {
  std::string text;
  for (const std::string& line : aligned(rows, columns))
    text += (line.empty() ? line : std::string(indent, ' ') + line) + '\n';
  return text;
}

std::size_t widest(std::span<const TableRow> rows) {
  std::size_t width = 0;
  for (const TableRow& row : rows)
    for (const TableCell& cell : row) width = std::max(width, utf8::length(cell.text));
  return width;
}

std::string rule(std::size_t width) {
  std::string line;
  for (std::size_t i = 0; i < width; ++i) line += "─";
  return line;
}

}  // namespace downhill
