#include <autodiff/inspect/trace/dot.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include <autodiff/inspect/text.hpp>

namespace downhill::inspect {
namespace {

// Inside of double quotes, where only these two mean something else.
std::string quoted(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '"' || c == '\\') safe += '\\';
    if (c != '\n') safe += c;
  }
  return safe;
}

const char* shape_of(const RecordedStep& step) {
  switch (step.kind) {
    case RecordedStep::Kind::variable: return "box";
    case RecordedStep::Kind::block: return "box3d";
    default: return "ellipse";
  }
}

std::string node(const Record& record, std::size_t index) {
  const RecordedStep& step = record.steps[index];
  std::string label = step.kind == RecordedStep::Kind::variable ? std::string{} : quoted(step.label) + "\\n";
  if (!step.name.empty()) label += quoted(step.name) + " = ";
  label += quoted(summary(step.values, step.shape));
  label += fmt::format("\\nadjoint {}", quoted(summary(step.adjoints, step.shape)));
  return fmt::format("s{} [shape={}, label=\"{}\", tooltip=\"{}\"{}];\n", index, shape_of(step), label,
                     quoted(source_text(step.source)), index == record.result ? ", penwidth=2" : "");
}

std::string slope_text(const Operand& operand) {
  if (operand.slope) return short_text(*operand.slope);
  return operand.count > 1 ? shape_text(operand.shape, operand.count) : std::string{};
}

std::string edges(const Record& record, std::size_t index, const std::vector<bool>& is_drawn,
                  const DotOptions& options) {
  const RecordedStep& step = record.steps[index];
  const std::size_t shown = std::min(options.most_operands, step.operands.size());
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const Operand& operand = step.operands[i];
    if (operand.is_plain()) {
      const std::string label =
          operand.value ? operand_text(operand) : "constant " + summary(operand.values, operand.shape);
      text += fmt::format("  c{0}_{1} [shape=plaintext, label=\"{2}\"];\n  c{0}_{1} -> s{0} [style=dashed];\n", index,
                          i, quoted(label));
      continue;
    }
    const std::string from = is_drawn[operand.step] ? fmt::format("s{}", operand.step) : "earlier";
    text += fmt::format("  {} -> s{} [label=\"{}\"];\n", from, index, slope_text(operand));
  }
  if (shown < step.operands.size())
    text += fmt::format(
        "  more{0} [shape=plaintext, label=\"... and {1} more operands\"];\n  more{0} -> s{0} [style=dotted];\n", index,
        step.operands.size() - shown);
  return text;
}

}  // namespace

std::string dot(const Record& record, const DotOptions& options) {
  const std::size_t count = record.steps.size(), first = count - std::min(options.most_steps, count);
  std::vector<bool> is_drawn(count, false);
  std::map<std::string, std::vector<std::size_t>> groups;
  const auto draw = [&](std::size_t i) {
    if (!is_drawn[i]) groups[record.steps[i].source.scope].push_back(i);
    is_drawn[i] = true;
  };
  for (std::size_t i = first; i < count; ++i) {
    draw(i);
    const std::vector<Operand>& operands = record.steps[i].operands;
    for (std::size_t k = 0; k < std::min(options.most_operands, operands.size()); ++k)
      if (!operands[k].is_plain() && record.steps[operands[k].step].kind == RecordedStep::Kind::variable)
        draw(operands[k].step);
  }
  std::string text = "digraph record {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n";
  if (const auto left_out = std::ranges::count(is_drawn, false); left_out > 0)
    text += fmt::format("  earlier [shape=note, label=\"{} earlier steps are left out\"];\n", left_out);
  std::size_t cluster = 0;
  for (const auto& [scope, steps] : groups) {
    if (!scope.empty()) text += fmt::format("  subgraph cluster_{} {{\n  label=\"{}\";\n", cluster++, quoted(scope));
    for (const std::size_t i : steps) text += "  " + node(record, i);
    if (!scope.empty()) text += "  }\n";
  }
  for (std::size_t i = first; i < count; ++i) text += edges(record, i, is_drawn, options);
  return text + "}\n";
}

}  // namespace downhill::inspect
