#include "formula_at_point.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <autodiff/error.hpp>
#include <autodiff/text/utf8.hpp>

namespace {

namespace inspect = downhill::inspect;

double value_of(const std::string& argument, std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    throw downhill::OptionError(
        fmt::format("'{}': {}; write a number as in 0.5, or what makes one, as in -1/3 or pi/2", argument, why));
  };
  double value = NAN;
  try {
    const auto formula = inspect::Formula::parse(text);
    if (!formula.names().empty()) refuse(fmt::format("'{}' is a name", formula.names().front()));
    value = formula(std::vector<double>());
  } catch (const downhill::FormulaError&) {
    refuse(fmt::format("'{}' is not a number", text));
  }
  if (!std::isfinite(value)) refuse(fmt::format("'{}' is not finite", text));
  return value;
}

}  // namespace

void add_formula(CLI::App& command, FormulaArguments& arguments) {
  command
      .add_option("formula", arguments.formula,
                  "what is computed, as in \"tanh(w*x + b)^2\"; if it begins with a minus, put -- before it")
      ->type_name("")
      ->required();
  command
      .add_option("name=value", arguments.values,
                  "a value for each name; name:=value holds the name there, as a constant. Values may be computed: "
                  "x=-1/3, x=pi/2")
      ->type_name("");
}

FormulaAtPoint::FormulaAtPoint(const FormulaArguments& arguments)
    : formula_(inspect::Formula::parse(arguments.formula)) {
  std::vector<inspect::NamedValue> values;
  std::set<std::string_view> held;
  for (const std::string& argument : arguments.values) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos || equals == 0)
      throw downhill::OptionError(
          fmt::format("'{}' gives no name a value; write name=value as in x=0.5, or x:=0.5 to hold x there", argument));
    std::string_view name = std::string_view(argument).substr(0, equals);
    const bool is_held = name.ends_with(':');
    if (is_held) name.remove_suffix(1);
    values.push_back({name, value_of(argument, std::string_view(argument).substr(equals + 1))});
    if (is_held) held.insert(name);
  }
  const std::vector<double> point = formula_.point(values);
  for (std::size_t i = 0; i < point.size(); ++i) {
    const bool is_held = held.contains(formula_.names()[i]);
    held_.push_back(is_held ? std::optional(point[i]) : std::nullopt);
    if (is_held) continue;
    names_.push_back(formula_.names()[i]);
    point_.push_back(point[i]);
  }
  if (names_.empty())
    throw downhill::OptionError(point.empty()
                                    ? "the formula has no names: it is a number, without a slope"
                                    : "every name is held by :=, so there is nothing to move; give one a value by =");
}

std::string FormulaAtPoint::text() const {
  constexpr std::size_t most_characters = 400, most_names = 12;
  std::string text = "f = " + downhill::utf8::shortened(to_string(formula_), most_characters), held;
  std::size_t listed = 0;
  for (std::size_t i = 0; i < held_.size(); ++i)
    if (held_[i] && listed++ < most_names)
      held += fmt::format("{}{} held at {:.6g}", held.empty() ? "" : ", ", formula_.names()[i], *held_[i]);
  if (listed > most_names) held += fmt::format(", and {} more", listed - most_names);
  return held.empty() ? text : text + "\nwith " + held;
}
