#include <autodiff/inspect/trace/table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/text/table.hpp>

namespace downhill::inspect {
namespace {

struct Row {
  std::string slot, edges, adjoint;
};

template <class T>
std::string label(const Tape<T>& tape, std::size_t slot) {
  const std::string_view name = tape.name_of(slot);
  return name.empty() ? fmt::format("{}", slot) : fmt::format("{} {}", slot, name);
}

template <class T>
std::vector<Row> rows_of(const Tape<T>& tape, const Gradient<T>* gradient) {
  std::vector<Row> statements;
  std::vector<bool> is_result(tape.slots(), false);
  const auto adjoint = [&](std::size_t slot) {
    return gradient == nullptr ? std::string{} : fmt::format("{:.6g}", gradient->adjoints()[slot]);
  };
  const auto statement = [&](std::size_t result, std::span<const Edge<T>> edges) {
    std::string text;
    for (const Edge<T>& e : edges) {
      const T slope = e.slope;
      text += fmt::format("{}{:.6g} -> {}", text.empty() ? "" : "   ", slope, label(tape, e.parent));
    }
    statements.push_back({label(tape, result), std::move(text), adjoint(result)});
    is_result[result] = true;
  };
  const auto block = [&](const Block<T>& made, std::size_t first, std::size_t results) {
    for (std::size_t slot = first + results; slot-- > first;) {
      std::string text(made.name());
      std::string_view before = " of ";
      for (const Run& parent : made.parents()) {
        if (parent.count == 0) continue;  // a matrix without elements
        text += fmt::format("{}{}", std::exchange(before, ", "), label(tape, parent.first));
        if (parent.count > 1) text += fmt::format(" to {}", label(tape, parent.first + parent.count - 1));
      }
      statements.push_back({label(tape, slot), std::move(text), adjoint(slot)});
      is_result[slot] = true;
    }
  };
  tape.for_each_backwards(statement, block);
  std::vector<Row> rows;
  for (std::size_t slot = 0; slot < tape.slots(); ++slot)
    if (!is_result[slot]) rows.push_back({label(tape, slot), "", adjoint(slot)});
  rows.insert(rows.end(), statements.rbegin(), statements.rend());
  return rows;
}

template <class T>
std::string render(const Tape<T>& tape, const Gradient<T>* gradient, std::size_t most_rows) {
  const std::vector<Row> rows = rows_of(tape, gradient);
  const std::size_t shown = std::min(most_rows, rows.size());
  std::vector<TableRow> cells{{"slot", "edges: slope -> parent slot"}};
  for (std::size_t i = 0; i < shown; ++i)
    cells.push_back({rows[i].slot, rows[i].edges.empty() ? "variable" : rows[i].edges});
  if (gradient != nullptr) {
    cells[0].emplace_back("adjoint");
    for (std::size_t i = 0; i < shown; ++i) cells[i + 1].emplace_back(rows[i].adjoint);
  }
  std::string text = aligned_text(cells, std::array{Align::left, Align::left, Align::right});
  if (shown < rows.size()) text += fmt::format("... and {} more rows\n", rows.size() - shown);
  return text;
}

}  // namespace

template <class T>
std::string table(const Tape<T>& tape, std::size_t most_rows) {
  return render<T>(tape, nullptr, most_rows);
}

template <class T>
std::string table(const Tape<T>& tape, const Gradient<T>& gradient, std::size_t most_rows) {
  gradient.demand_moment(tape);
  return render<T>(tape, &gradient, most_rows);
}

template std::string table(const Tape<double>&, std::size_t);
template std::string table(const Tape<float>&, std::size_t);
template std::string table(const Tape<double>&, const Gradient<double>&, std::size_t);
template std::string table(const Tape<float>&, const Gradient<float>&, std::size_t);

}  // namespace downhill::inspect
