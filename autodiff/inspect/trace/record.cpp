#include <autodiff/inspect/trace/record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <autodiff/error.hpp>

namespace downhill::inspect {
namespace {

const RecordedStep& step_with(const Record& record, std::size_t slot) {
  const std::size_t found = record.step_of(slot);
  if (found == nowhere)
    throw TapeError(fmt::format(
        "the record has no slot {}: the result does not depend on it; take the record with the option `all`, or of "
        "another result",
        slot));
  return record.steps[found];
}

}  // namespace

std::size_t Record::step_of(std::size_t slot) const {
  for (std::size_t i = steps.size(); i-- > 0;)
    if (slot >= steps[i].slot && slot - steps[i].slot < steps[i].count) return i;
  return nowhere;
}

std::size_t Record::step_named(std::string_view name) const {
  for (std::size_t i = steps.size(); i-- > 0;)
    if (steps[i].name == name) return i;
  return nowhere;
}

double Record::value(std::size_t slot) const {
  const RecordedStep& step = step_with(*this, slot);
  if (step.values.empty())
    throw TapeError(fmt::format("the value of slot {} is not known: it was recorded before the trace began", slot));
  return step.values[slot - step.slot];
}

double Record::adjoint(std::size_t slot) const {
  const RecordedStep& step = step_with(*this, slot);
  return step.adjoints[slot - step.slot];
}

std::size_t first_not_finite(std::span<const double> numbers) {
  const auto found = std::ranges::find_if(numbers, [](double x) { return !std::isfinite(x); });
  return found == numbers.end() ? nowhere : static_cast<std::size_t>(found - numbers.begin());
}

std::string described(const RecordedStep& step) {
  if (!step.name.empty()) return step.name;
  return fmt::format("{} (slot {})", step.label, step.slot);
}

std::string described(const RecordedStep& step, std::size_t slot) {
  return step.count == 1 ? described(step) : fmt::format("{}[{}]", described(step), slot - step.slot);
}

}  // namespace downhill::inspect
