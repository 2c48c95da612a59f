#include "table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>

namespace downhill::bench {

std::string figure(double number, int digits) {
  return std::isfinite(number) ? fmt::format("{:.{}f}", number, digits) : "-";
}

void print_table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 3);
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());

  const auto print = [&](const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i)
      i == 0 ? fmt::print("| {:<{}} |", row[i], widths[i]) : fmt::print(" {:>{}} |", row[i], widths[i]);
    fmt::print("\n");
  };
  print(rows.front());
  for (std::size_t i = 0; i < widths.size(); ++i)
    i == 0 ? fmt::print("|{:-<{}}|", ":", widths[i] + 2) : fmt::print("{:->{}}|", ":", widths[i] + 2);
  fmt::print("\n");
  std::for_each(rows.begin() + 1, rows.end(), print);
}

}  // namespace downhill::bench
