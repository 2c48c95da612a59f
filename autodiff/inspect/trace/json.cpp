#include <autodiff/inspect/trace/json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include <autodiff/inspect/utf8.hpp>

namespace downhill::inspect {
namespace {

std::string number(double x) {
  if (std::isnan(x)) return "\"NaN\"";
  if (std::isinf(x)) return x > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  if (x == 0 && std::signbit(x)) return "-0.0";  // "-0" would be read as an integer
  return fmt::format("{}", x);
}
std::string number(const std::optional<double>& x) { return x ? number(*x) : "null"; }
std::string index(std::size_t i) { return i == nowhere ? "null" : fmt::format("{}", i); }

std::string text(std::string_view plain) {
  std::string quoted = "\"";
  while (!plain.empty()) {
    const utf8::Character c = utf8::first_character(plain);
    if (c.code == '"' || c.code == '\\')
      quoted.append(1, '\\').append(1, plain[0]);
    else if (c.code < 0x20 || c.code == utf8::Character::broken)
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c.code));
    else
      quoted += plain.substr(0, c.bytes);
    plain.remove_prefix(c.bytes);
  }
  return quoted + '"';
}

template <class Range, class Write>
std::string list(const Range& range, Write&& write) {
  std::string all = "[";
  for (const auto& one : range) {
    if (all.size() > 1) all += ", ";
    all += write(one);
  }
  return all + "]";
}

std::string numbers(std::span<const double> all, const JsonOptions& options) {
  if (all.size() > options.most_elements) return "null";
  return list(all, [](double x) { return number(x); });
}

std::string shape(const Shape& shape) {
  return shape.rows == 0 ? "null" : fmt::format("[{}, {}]", shape.rows, shape.columns);
}

std::string summary(std::span<const double> all) {
  std::size_t finite = 0;
  double sum = 0;
  std::optional<double> least, largest;
  for (const double x : all) {
    if (!std::isfinite(x)) continue;
    ++finite, sum += x;
    least = std::min(least.value_or(x), x), largest = std::max(largest.value_or(x), x);
  }
  const std::optional<double> mean = finite > 0 ? std::optional(sum / static_cast<double>(finite)) : std::nullopt;
  return fmt::format(R"({{"count": {}, "not_finite": {}, "mean": {}, "least": {}, "largest": {}}})", all.size(),
                     all.size() - finite, number(mean), number(least), number(largest));
}

std::string operand(const Operand& one, const JsonOptions& options) {
  return fmt::format(
      R"({{"slot": {}, "count": {}, "step": {}, "name": {}, "shape": {}, "value": {}, "slope": {}, "values": {}}})",
      index(one.slot), one.count, index(one.step), text(one.name), shape(one.shape), number(one.value),
      number(one.slope), one.values.empty() ? "null" : numbers(one.values, options));
}

// [result, operand, element, slope] each.
std::string slopes(const RecordedStep& step, const JsonOptions& options) {
  if (!step.has_slopes || step.slopes.size() > options.most_elements) return "null";
  return list(step.slopes, [](const BlockSlope& one) {
    return fmt::format("[{}, {}, {}, {}]", one.result, one.operand, one.element, number(one.slope));
  });
}

std::string source(const Source& place) {
  if (!place.is_known() && place.scope.empty()) return "null";
  return fmt::format(R"({{"file": {}, "line": {}, "function": {}, "scope": {}}})", text(place.file), place.line,
                     text(place.function), text(place.scope));
}

std::string_view kind(RecordedStep::Kind kind) {
  switch (kind) {
    case RecordedStep::Kind::variable: return "variable";
    case RecordedStep::Kind::operation: return "operation";
    case RecordedStep::Kind::block: return "block";
    default: return "untraced";
  }
}

std::string step(const RecordedStep& one, const JsonOptions& options) {
  return fmt::format(
      R"({{"kind": "{}", "slot": {}, "count": {}, "shape": {}, "label": {}, "name": {}, )"
      R"("operands": {}, "slopes": {}, "values": {}, "adjoints": {}, "summary": {}, "source": {}}})",
      kind(one.kind), one.slot, one.count, shape(one.shape), text(one.label), text(one.name),
      list(one.operands, [&](const Operand& each) { return operand(each, options); }), slopes(one, options),
      one.values.empty() ? "null" : numbers(one.values, options), numbers(one.adjoints, options),
      one.count == 1 ? "null"
                     : fmt::format(R"({{"values": {}, "adjoints": {}}})", summary(one.values), summary(one.adjoints)),
      source(one.source));
}

std::string visit(const Visit& one, const JsonOptions& options) {
  return fmt::format(
      R"({{"step": {}, "contributions": {}}})", one.step, list(one.contributions, [&](const Contribution& to) {
        return fmt::format(R"({{"operand": {}, "flow": {}, "before": {}, "after": {}}})", to.operand,
                           numbers(to.flow, options), numbers(to.before, options), numbers(to.after, options));
      }));
}

}  // namespace

std::string json(const Record& record, const JsonOptions& options) {
  return fmt::format(
      "{{\"format\": \"downhill-trace\", \"version\": 1, \"number\": {}, \"result\": {{\"step\": {}, \"slot\": {}}}, "
      "\"left_out\": {},\n\"steps\": {},\n\"sweep\": {}}}\n",
      text(record.number), index(record.result), index(record.result_slot), record.left_out,
      list(record.steps, [&](const RecordedStep& one) { return "\n" + step(one, options); }),
      list(record.sweep, [&](const Visit& one) { return "\n" + visit(one, options); }));
}

}  // namespace downhill::inspect
