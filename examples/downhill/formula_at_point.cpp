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

FormulaAtPoint::FormulaAtPoint(const FormulaArguments& arguments, const downhill::Dataset* table)
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
  if (table != nullptr) demand_columns(*table, values);
  std::vector<bool> is_column;
  for (const std::string& name : formula_.names()) {
    const auto column =
        table == nullptr ? std::ptrdiff_t{0} : std::ranges::find(table->names, name) - table->names.begin();
    is_column.push_back(table != nullptr && column < std::ssize(table->names));
    if (!is_column.back()) continue;
    columns_.push_back(static_cast<std::size_t>(column));
    values.push_back({name, 0});
  }
  const std::vector<double> point = formula_.point(values);
  for (std::size_t i = 0; i < point.size(); ++i) {
    const std::string& name = formula_.names()[i];
    const bool is_held = held.contains(name);
    roles_.push_back({is_column[i], is_held ? std::optional(point[i]) : std::nullopt});
    if (is_column[i] || is_held) continue;
    names_.push_back(name);
    point_.push_back(point[i]);
  }
  if (names_.empty())
    throw downhill::OptionError(
        point.empty() ? "the formula has no names: it is a number, without a slope"
        : table != nullptr
            ? fmt::format("every name is a column of {} or held by :=, so there is nothing to move; put a "
                          "name into the formula that is no column, and give it a value by =",
                          table->source)
            : "every name is held by :=, so there is nothing to move; give one a value by =");
}

// What is wrong between a formula and a table is said in words of the table.
void FormulaAtPoint::demand_columns(const downhill::Dataset& table,
                                    const std::vector<inspect::NamedValue>& values) const {
  const auto is_column = [&](std::string_view name) {
    return std::ranges::find(table.names, name) != table.names.end();
  };
  constexpr std::size_t most_names = 12;
  std::string columns;
  for (std::size_t i = 0; i < std::min(table.names.size(), most_names); ++i)
    columns += (i == 0 ? "" : ", ") + downhill::utf8::in_quotes(table.names[i]);
  if (table.names.size() > most_names) columns += fmt::format(" and {} more", table.names.size() - most_names);
  for (const inspect::NamedValue& value : values)
    if (is_column(value.name))
      throw downhill::OptionError(fmt::format(
          "'{}' is a column of {}, and {}={} gives it a value as well; leave the value out, or give what is moved "
          "another name",
          value.name, table.source, value.name, value.value));
  for (const std::string_view constant : formula_.constants())
    if (is_column(constant))
      throw downhill::OptionError(
          fmt::format("'{}' is a constant in a formula, and a column of {} as well; give the "
                      "column another name in its first line",
                      constant, table.source));
  std::size_t named = 0;
  for (const std::string& name : formula_.names()) {
    if (is_column(name)) {
      ++named;
    } else if (std::ranges::find(values, name, &inspect::NamedValue::name) == values.end()) {
      throw downhill::OptionError(
          fmt::format("'{}' has no value, and is no column of {}: its columns are {}; write {}=0 to move it from there",
                      name, table.source, columns, name));
    }
  }
  if (named == 0)
    throw downhill::OptionError(fmt::format(
        "the formula names no column of {}: its columns are {}; a column is named as a name in the formula, which a "
        "first line of names gives it",
        table.source, columns));
}

std::string FormulaAtPoint::text(std::string_view before, std::string_view after) const {
  constexpr std::size_t most_characters = 400, most_names = 12;
  std::string text =
      fmt::format("{}{}{}", before, downhill::utf8::shortened(to_string(formula_), most_characters), after);
  std::string held;
  std::size_t listed = 0;
  for (std::size_t i = 0; i < roles_.size(); ++i)
    if (roles_[i].held && listed++ < most_names)
      held += fmt::format("{}{} held at {:.6g}", held.empty() ? "" : ", ", formula_.names()[i], *roles_[i].held);
  if (listed > most_names) held += fmt::format(", and {} more", listed - most_names);
  return held.empty() ? text : text + "\nwith " + held;
}
