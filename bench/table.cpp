#include "table.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>

#include <autodiff/text/table.hpp>
#include <autodiff/text/utf8.hpp>

namespace downhill::bench {

std::string figure(double number, int digits) {
  return std::isfinite(number) ? fmt::format("{:.{}f}", number, digits) : "-";
}

void print_table(const std::vector<Row>& rows) {
  std::vector<TableRow> cells;
  for (const Row& row : rows) cells.emplace_back(row.begin(), row.end());
  const auto all = padded(cells, std::array{Align::left, Align::right}, 3);
  for (std::size_t r = 0; r < all.size(); ++r) {
    fmt::print("| {} |\n", fmt::join(all[r], " | "));
    if (r > 0) continue;
    for (std::size_t i = 0; i < all[0].size(); ++i) {
      const std::size_t width = utf8::length(all[0][i]) + 2;
      i == 0 ? fmt::print("|{:-<{}}|", ":", width) : fmt::print("{:->{}}|", ":", width);
    }
    fmt::print("\n");
  }
}

}  // namespace downhill::bench
