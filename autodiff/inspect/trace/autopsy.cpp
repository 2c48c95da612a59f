#include <autodiff/inspect/trace/autopsy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <autodiff/inspect/text.hpp>
#include <autodiff/inspect/trace/causes.hpp>

namespace downhill::inspect {
namespace {

// Operands come before their step, so one walk down the steps finds all that it depends on. By slots, because a sum
// that grew in its slot while nobody listened has many steps.
std::vector<std::size_t> slice_of(const Record& record, std::size_t last) {
  std::vector<bool> is_needed;
  const auto need = [&](std::size_t first, std::size_t count) {
    is_needed.resize(std::max(is_needed.size(), first + count), false);
    std::fill_n(is_needed.begin() + static_cast<std::ptrdiff_t>(first), count, true);
  };
  need(record.steps[last].slot, record.steps[last].count);
  std::vector<std::size_t> slice;
  for (std::size_t i = last + 1; i-- > 0;) {
    const RecordedStep& step = record.steps[i];
    bool is_part = false;
    for (std::size_t slot = step.slot; slot < std::min(step.slot + step.count, is_needed.size()); ++slot)
      is_part = is_part || is_needed[slot];
    if (!is_part) continue;
    slice.push_back(i);
    for (const Operand& operand : step.operands)
      if (!operand.is_plain()) need(operand.slot, operand.count);
  }
  std::ranges::reverse(slice);
  return slice;
}

// An infinity that was given as a constant, as in a mask, is intended, and so is what follows from it: it is no finding
// unless it reaches the result.
bool is_meant(const Record& record, const std::vector<bool>& has_meant, const RecordedStep& step, std::size_t element) {
  if (!std::isinf(step.values[element])) return false;
  for (const Operand& operand : step.operands) {
    if (!operand.is_plain() && !has_meant[operand.step]) continue;
    const std::size_t k = element_of(step, operand, element);
    for (std::size_t i = k == nowhere ? 0 : k; i < (k == nowhere ? operand.count : k + 1); ++i)
      if (std::isinf(element_value(record, operand, i).value_or(0))) return true;
  }
  return false;
}

// Where it is inside of a program: the sample, the instruction there, and its cause.
std::string cause_inside(const RecordedStep& step, std::optional<Finding> Autopsy::* kind, std::string otherwise) {
  if (!step.opened) return otherwise;
  const Record& inside = *step.opened->inside;
  const Autopsy found = autopsy(inside);
  const std::optional<Finding>& first = found.*kind;
  if (!first) return otherwise;
  const RecordedStep& made = inside.steps[first->step];
  return fmt::format("inside, at sample {} of {}: {} of {}: {}", step.opened->sample, step.opened->samples,
                     short_text(first->number), described(made), first->cause);
}

std::optional<Finding> first_value(const Record& record) {
  const auto finding = [&](std::size_t i, std::size_t element) {
    const RecordedStep& step = record.steps[i];
    return Finding{i,
                   element,
                   nowhere,
                   step.values[element],
                   cause_inside(step, &Autopsy::value, cause_of_value(record, step, element)),
                   slice_of(record, i)};
  };
  std::vector<bool> has_meant(record.steps.size(), false);
  std::optional<Finding> meant;
  for (std::size_t i = 0; i < record.steps.size(); ++i) {
    const RecordedStep& step = record.steps[i];
    for (std::size_t k = 0; k < step.values.size(); ++k) {
      if (std::isfinite(step.values[k])) continue;
      if (!is_meant(record, has_meant, step, k)) return finding(i, k);
      has_meant[i] = true;
      if (!meant) meant = finding(i, k);
    }
  }
  const bool reaches = record.result != nowhere && has_meant[record.result];
  return reaches ? meant : std::nullopt;
}

std::optional<Finding> first_adjoint(const Record& record) {
  for (const Visit& visit : record.sweep) {
    const RecordedStep& step = record.steps[visit.step];
    for (const Contribution& to : visit.contributions)
      if (const std::size_t bad = first_not_finite(to.after); bad != nowhere)
        return Finding{
            visit.step,
            bad,
            to.operand,
            to.after[bad],
            cause_inside(step, &Autopsy::adjoint, cause_of_flow(record, step, step.operands[to.operand], bad)),
            slice_of(record, visit.step)};
  }
  return std::nullopt;
}

std::string element_text(const Finding& found, std::size_t count, const Shape& shape) {
  if (count == 1) return {};
  if (shape.rows == 0) return fmt::format(", element {} of {}", found.element, count);
  return fmt::format(", row {}, column {} of {}", found.element / shape.columns, found.element % shape.columns,
                     shape_text(shape, count));
}

// The numbers that one result of many was made of.
std::string made_of(const Record& record, const RecordedStep& step, std::size_t element) {
  if (step.count == 1) return {};
  std::string text;
  for (const Operand& operand : step.operands) {
    if (operand.count > step.count) return {};
    const std::size_t k = element_of(step, operand, element);
    const std::optional<double> value = k == nowhere ? std::nullopt : element_value(record, operand, k);
    if (!value) return {};
    text += (text.empty() ? "" : ", ") + short_text(*value);
  }
  return text.empty() ? text : fmt::format("  there it is {} of {}\n", step.label, text);
}

std::string line(const Record& record, std::size_t index) {
  const RecordedStep& step = record.steps[index];
  std::string text = fmt::format("{} = {}", described(step), step.label);
  for (std::size_t i = 0; i < std::min<std::size_t>(step.operands.size(), 8); ++i) {
    const Operand& operand = step.operands[i];
    text += (i == 0 ? " of " : ", ") + operand_text(operand);
    if (!operand.is_plain() && operand.value) text += " = " + short_text(*operand.value);
    if (operand.count != 1)
      text += " " + summary(operand.is_plain() ? operand.values : record.steps[operand.step].values, operand.shape);
  }
  if (step.operands.size() > 8) text += fmt::format(", and {} more", step.operands.size() - 8);
  if (!step.values.empty()) text += " -> " + summary(step.values, step.shape);
  if (const std::string place = source_text(step.source); !place.empty()) text += "   at " + place;
  return text + '\n';
}

std::string slice_text(const Record& record, const std::vector<std::size_t>& slice) {
  constexpr std::size_t most = 20;
  if (slice.size() == 1) return {};
  std::string text = "  it depends on\n";
  const std::size_t first = slice.size() - 1 - std::min(most, slice.size() - 1);
  if (first > 0) text += fmt::format("    ... {} earlier steps\n", first);
  for (std::size_t i = first; i + 1 < slice.size(); ++i) text += "    " + line(record, slice[i]);
  return text;
}

// What the autopsy of an opened program finds, further to the right.
std::string report_inside(const RecordedStep& step, bool is_told) {
  if (!is_told || !step.opened) return {};
  std::string text =
      fmt::format("inside of {}, at sample {} of {}:\n", described(step), step.opened->sample, step.opened->samples);
  const std::string inner = report(*step.opened->inside, autopsy(*step.opened->inside));
  for (std::size_t begin = 0; begin < inner.size();) {
    const std::size_t end = std::min(inner.find('\n', begin), inner.size() - 1) + 1;
    text.append("  ").append(inner, begin, end - begin);
    begin = end;
  }
  return text;
}

}  // namespace

Autopsy autopsy(const Record& record) {
  return {first_value(record), first_adjoint(record),
          std::ranges::none_of(record.steps, [](const RecordedStep& step) { return step.values.empty(); })};
}

std::string report(const Record& record, const Autopsy& autopsy) {
  std::string text;
  if (autopsy.value) {
    const Finding& found = *autopsy.value;
    const RecordedStep& step = record.steps[found.step];
    text += fmt::format("the first value that is not finite: {}{}\n  {}", short_text(found.number),
                        element_text(found, step.count, step.shape), line(record, found.step));
    text += made_of(record, step, found.element);
    text += fmt::format("  cause: {}\n", found.cause) + slice_text(record, found.slice);
  } else if (autopsy.knows_values) {
    const bool is_masked = std::ranges::any_of(
        record.steps, [](const RecordedStep& step) { return first_not_finite(step.values) != nowhere; });
    text += is_masked ? "all values are finite, but for infinities that were given as constants and do not reach the "
                        "result\n"
                      : "all values are finite\n";
  }
  if (!autopsy.knows_values)
    text += "values that nobody heard are not known: record again with an inspect::Trace to see them\n";
  if (autopsy.adjoint) {
    const Finding& found = *autopsy.adjoint;
    const RecordedStep& step = record.steps[found.step];
    const Operand& operand = step.operands[found.operand];
    text +=
        fmt::format("the first adjoint that is not finite: {}, of {}{}\n  {}", short_text(found.number),
                    operand_text(operand), element_text(found, operand.count, operand.shape), line(record, found.step));
    text += fmt::format("  the adjoint that arrives is {}", summary(step.adjoints, step.shape));
    if (operand.slope) text += fmt::format(", the slope {}", short_text(*operand.slope));
    text += fmt::format("\n  cause: {}\n", found.cause) + slice_text(record, found.slice);
  } else {
    text += "all adjoints are finite\n";
  }
  if (autopsy.value) text += report_inside(record.steps[autopsy.value->step], true);
  if (autopsy.adjoint)
    text += report_inside(record.steps[autopsy.adjoint->step],
                          !autopsy.value || autopsy.value->step != autopsy.adjoint->step);
  return text;
}

}  // namespace downhill::inspect
