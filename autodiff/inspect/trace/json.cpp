// Each step and each visit is a JSON value of its own, and written at once: a long trace is held once, as text.

#include <autodiff/inspect/trace/json.hpp>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <autodiff/text/names.hpp>

namespace downhill::inspect {
namespace {

using Json = nlohmann::ordered_json;

Json number(double x) {
  if (std::isnan(x)) return "NaN";
  if (std::isinf(x)) return x > 0 ? "Infinity" : "-Infinity";
  return x;
}
Json number(const std::optional<double>& x) { return x ? number(*x) : Json(); }
Json index(std::size_t i) { return i == nowhere ? Json() : Json(i); }

template <class Range, class Write>
Json list(const Range& range, Write&& write) {
  Json::array_t all;
  all.reserve(range.size());
  for (const auto& one : range) all.push_back(write(one));
  return all;
}

Json numbers(std::span<const double> all, const JsonOptions& options) {
  if (all.size() > options.most_elements) return {};
  return list(all, [](double x) { return number(x); });
}
// Where they are not known there are none.
Json known_numbers(std::span<const double> all, const JsonOptions& options) {
  return all.empty() ? Json() : numbers(all, options);
}

Json shape(const Shape& shape) { return shape.rows == 0 ? Json() : Json(Json::array_t{shape.rows, shape.columns}); }

Json summary(std::span<const double> all) {
  std::size_t finite = 0;
  double sum = 0;
  std::optional<double> least, largest;
  for (const double x : all) {
    if (!std::isfinite(x)) continue;
    ++finite, sum += x;
    least = std::min(least.value_or(x), x), largest = std::max(largest.value_or(x), x);
  }
  const std::optional<double> mean = finite > 0 ? std::optional(sum / static_cast<double>(finite)) : std::nullopt;
  return {{"count", all.size()},
          {"not_finite", all.size() - finite},
          {"mean", number(mean)},
          {"least", number(least)},
          {"largest", number(largest)}};
}

Json operand(const Operand& one, const JsonOptions& options) {
  return {{"slot", index(one.slot)},    {"count", one.count},
          {"step", index(one.step)},    {"name", one.name},
          {"shape", shape(one.shape)},  {"value", number(one.value)},
          {"slope", number(one.slope)}, {"values", known_numbers(one.values, options)}};
}

// [result, operand, element, slope] each.
Json slopes(const RecordedStep& step, const JsonOptions& options) {
  if (!step.has_slopes || step.slopes.size() > options.most_elements) return {};
  return list(step.slopes, [](const BlockSlope& one) {
    return Json(Json::array_t{one.result, one.operand, one.element, number(one.slope)});
  });
}

Json source(const Source& place) {
  if (!place.is_known() && place.scope.empty()) return {};
  return {{"file", place.file}, {"line", place.line}, {"function", place.function}, {"scope", place.scope}};
}

// Of a program that was opened.
Json opened(const RecordedStep& one, const JsonOptions& options) {
  if (!one.opened) return {};
  return {{"samples", one.opened->samples},
          {"sample", one.opened->sample},
          {"record", Json::parse(json(*one.opened->inside, options))}};
}

Json step(const RecordedStep& one, const JsonOptions& options) {
  return {
      {"kind", enumerator_name(one.kind)},
      {"slot", one.slot},
      {"count", one.count},
      {"shape", shape(one.shape)},
      {"label", one.label},
      {"name", one.name},
      {"operands", list(one.operands, [&](const Operand& each) { return operand(each, options); })},
      {"slopes", slopes(one, options)},
      {"values", known_numbers(one.values, options)},
      {"adjoints", numbers(one.adjoints, options)},
      {"summary", one.count == 1 ? Json() : Json{{"values", summary(one.values)}, {"adjoints", summary(one.adjoints)}}},
      {"source", source(one.source)},
      {"opened", opened(one, options)}};
}

Json visit(const Visit& one, const JsonOptions& options) {
  return {{"step", one.step}, {"contributions", list(one.contributions, [&](const Contribution& to) {
                                 return Json{{"operand", to.operand},
                                             {"flow", numbers(to.flow, options)},
                                             {"before", numbers(to.before, options)},
                                             {"after", numbers(to.after, options)}};
                               })}};
}

std::string text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// "key": a list, one of its values on each line.
template <class Range, class Write>
void append_lines(std::string& document, std::string_view key, const Range& range, Write&& write) {
  document.append(",\n\"").append(key).append("\":[");
  for (const auto& one : range) document.append(&one == range.data() ? "\n" : ",\n").append(text(write(one)));
  document += ']';
}

}  // namespace

std::string json(const Record& record, const JsonOptions& options) {
  std::string document = text({{"format", "downhill-trace"},
                               {"version", 1},
                               {"number", record.number},
                               {"result", {{"step", index(record.result)}, {"slot", index(record.result_slot)}}},
                               {"left_out", record.left_out}});
  document.pop_back();  // its brace: the lists are members as well
  append_lines(document, "steps", record.steps, [&](const RecordedStep& one) { return step(one, options); });
  append_lines(document, "sweep", record.sweep, [&](const Visit& one) { return visit(one, options); });
  return document += "}\n";
}

}  // namespace downhill::inspect
