#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/inspect/pictures/terminal.hpp>
#include <autodiff/inspect/text.hpp>
#include <autodiff/inspect/trace/source.hpp>
#include <autodiff/inspect/trace/table.hpp>
#include <autodiff/text/table.hpp>

namespace downhill::inspect {
namespace {

constexpr std::string_view bold = "\x1b[1m", red = "\x1b[31m", grey = "\x1b[2m";

std::string_view alarm(std::span<const double> numbers) {
  return std::ranges::all_of(numbers, [](double x) { return std::isfinite(x); }) ? std::string_view() : red;
}

// Numbers to the right, and the rest to the left.
std::string aligned(std::vector<TableRow> rows, std::size_t number_column, bool colors) {
  std::vector<Align> columns(rows[0].size(), Align::left);
  columns[number_column] = Align::right;
  if (!colors)
    for (TableRow& row : rows)
      for (TableCell& cell : row) cell.colour = {};
  return aligned_text(rows, columns);
}

std::string left_out(std::size_t count, const char* what) {
  return count == 0 ? std::string{} : fmt::format("... and {} more {}\n", count, what);
}

template <class Write>
std::string listed(std::size_t count, std::size_t most, Write&& write) {
  std::string text;
  for (std::size_t i = 0; i < std::min(count, most); ++i) text += (i == 0 ? "" : "   ") + write(i);
  if (count > most) text += fmt::format("   ... and {} more", count - most);
  return text;
}

std::string given(const Operand& operand) {
  std::string text = operand_text(operand);
  if (operand.is_plain() && operand.value) return text;
  if (operand.count != 1) return text + fmt::format(" [{}]", shape_text(operand.shape, operand.count));
  if (operand.value) text += " = " + short_text(*operand.value);
  if (operand.slope) text += fmt::format(" ({})", short_text(*operand.slope));
  return text;
}

std::string flow(const RecordedStep& step, const Contribution& to) {
  const Operand& operand = step.operands[to.operand];
  if (operand.count > 1) return fmt::format("{} -> {}", summary(to.flow, operand.shape), operand_text(operand));
  return fmt::format("{} -> {} ({}, {})", short_text(to.flow[0]), operand_text(operand), short_text(to.before[0]),
                     short_text(to.after[0]));
}

std::string slot_text(const RecordedStep& step) {
  return step.count == 1 ? fmt::format("{}", step.slot) : fmt::format("{}-{}", step.slot, step.slot + step.count - 1);
}

std::string forward(const Record& record, const TableOptions& options) {
  std::vector<TableRow> rows{{"slot", "name", "step", "value", "operands: value (slope)", ""}};
  const std::size_t shown = std::min(options.most_rows, record.steps.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const RecordedStep& step = record.steps[i];
    rows.push_back(
        {{slot_text(step)},
         {step.name, bold},
         {step.label},
         {summary(step.values, step.shape), alarm(step.values)},
         {listed(step.operands.size(), options.most_operands, [&](std::size_t k) { return given(step.operands[k]); })},
         {source_text(step.source), grey}});
  }
  if (std::ranges::any_of(rows, [](const TableRow& row) { return !row[5].text.empty(); })) rows[0][5].text = "where";
  return aligned(std::move(rows), 3, options.colors) + left_out(record.steps.size() - shown, "steps");
}

std::string backward(const Record& record, const TableOptions& options) {
  std::vector<TableRow> rows{{"slot", "visit", "adjoint", "flow -> operand (its adjoint before, after)"}};
  const std::size_t shown = std::min(options.most_rows, record.sweep.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const Visit& visit = record.sweep[i];
    const RecordedStep& step = record.steps[visit.step];
    rows.push_back({{slot_text(step)},
                    {step.name.empty() ? step.label : fmt::format("{} {}", step.label, step.name), bold},
                    {summary(step.adjoints, step.shape), alarm(step.adjoints)},
                    {listed(visit.contributions.size(), options.most_operands,
                            [&](std::size_t k) { return flow(step, visit.contributions[k]); })}});
  }
  return aligned(std::move(rows), 2, options.colors) + left_out(record.sweep.size() - shown, "visits");
}

std::string notes(const Record& record) {
  std::string text;
  if (record.left_out > 0)
    text +=
        fmt::format("{} statements on the tape, on which the result does not depend, are not shown\n", record.left_out);
  if (std::ranges::any_of(record.steps,
                          [](const RecordedStep& step) { return step.kind == RecordedStep::Kind::untraced; }))
    text +=
        "untraced: recorded without a trace, or from Vars made before it; make the trace first, or take those Vars "
        "again with trace.watch(x)\n";
  if (record.lacks_sources)
    text +=
        can_read_frames()
            ? "places are not known: compile with -g to see them, or stamp steps with trace.here(\"label\")\n"
            : "places are not known: Downhill was built without libbacktrace; stamp steps with trace.here(\"label\")\n";
  return text;
}

std::string insides(const Record& record, const TableOptions& options) {
  std::string text;
  for (std::size_t i = 0; i < std::min(options.most_rows, record.steps.size()); ++i)
    if (const RecordedStep& step = record.steps[i]; step.opened)
      text += fmt::format("\ninside of {} {}, at sample {} of {}:\n\n{}", step.label, slot_text(step),
                          step.opened->sample, step.opened->samples, table(*step.opened->inside, options));
  return text;
}

}  // namespace

std::string table(const Record& record, const TableOptions& options) {
  return forward(record, options) + '\n' + backward(record, options) + notes(record) +
         (options.opens ? insides(record, options) : std::string());
}

void print(const Record& record, TableOptions options) {
  options.colors = options_for(stdout).colour;
  const std::string text = table(record, options);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace downhill::inspect
