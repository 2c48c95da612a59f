#include <autodiff/inspect/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace downhill::inspect {

std::string short_text(double number) { return std::isnan(number) ? "nan" : fmt::format("{:.6g}", number); }

std::string shape_text(const Shape& shape, std::size_t count) {
  return shape.rows == 0 ? fmt::format("{}", count) : fmt::format("{} x {}", shape.rows, shape.columns);
}

std::string summary(std::span<const double> numbers, const Shape& shape) {
  if (numbers.empty()) return "?";
  if (numbers.size() == 1) return short_text(numbers[0]);
  double sum = 0, least = std::numeric_limits<double>::infinity(), largest = -least;
  std::size_t finite = 0;
  for (const double x : numbers) {
    if (!std::isfinite(x)) continue;
    sum += x, least = std::min(least, x), largest = std::max(largest, x), ++finite;
  }
  std::string text = fmt::format("[{}]", shape_text(shape, numbers.size()));
  if (finite > 0)
    text += fmt::format(" mean {:.4g}, {:.4g} to {:.4g}", sum / static_cast<double>(finite), least, largest);
  if (finite < numbers.size()) text += fmt::format(", {} not finite", numbers.size() - finite);
  return text;
}

std::string operand_text(const Operand& operand) {
  if (operand.is_plain()) return operand.value ? short_text(*operand.value) : "constant";
  if (!operand.name.empty()) return operand.name;
  if (operand.count == 1) return fmt::format("slot {}", operand.slot);
  return fmt::format("slots {} to {}", operand.slot, operand.slot + operand.count - 1);
}

std::string source_text(const Source& source) {
  if (!source.is_known()) return source.scope;
  std::string text = fmt::format("{}:{}", source.file.substr(source.file.rfind('/') + 1), source.line);
  if (!source.scope.empty()) text += " " + source.scope;
  return text;
}

}  // namespace downhill::inspect
