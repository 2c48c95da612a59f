#pragma once
// A formula and the point at which it is looked at, as they are typed: "w*x + b" w=0.5 b=0 x:=2
//
// name=value is a place to start from; name:=value holds a name at its value, as a constant. A value may be any formula
// without names, such as -1/3 or pi/2. With a table, the names of its columns stand for the numbers of a row.

#include <CLI/CLI.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <autodiff/inspect/formula/formula.hpp>
#include <models/data/dataset.hpp>

struct FormulaArguments {
  std::string formula;
  std::vector<std::string> values;
};

void add_formula(CLI::App& command, FormulaArguments& arguments);

/// A function of the names that are free, for everything that takes a function of a vector; or of these and of a row.
class FormulaAtPoint {
 public:
  /// Throws FormulaError or OptionError, also where no name is free.
  explicit FormulaAtPoint(const FormulaArguments& arguments) : FormulaAtPoint(arguments, nullptr) {}
  /// Over the rows of a table. Throws OptionError also for a column that is given a value, and where the formula names
  /// none.
  FormulaAtPoint(const FormulaArguments& arguments, const downhill::Dataset& table)
      : FormulaAtPoint(arguments, &table) {}

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<double>& point() const { return point_; }
  /// The columns of the table that the formula names, in the order in which it takes their numbers.
  const std::vector<std::size_t>& columns() const { return columns_; }
  /// "f = w*x + b", and what is held: ", x held at 2".
  std::string text() const { return text("f = ", ""); }
  /// The same with other words around the formula.
  std::string text(std::string_view before, std::string_view after) const;

  template <class V>
  auto operator()(const V& free) const {
    return of_row(free, std::span<const std::remove_cvref_t<decltype(*free.data())>>());
  }
  /// `row` has the numbers of columns().
  template <class V, class R>
  auto of_row(const V& free, const R& row) const {
    using X = std::remove_cvref_t<decltype(*free.data())>;
    std::vector<X> values;
    values.reserve(roles_.size());
    auto next = free.data();
    auto next_of_row = row.data();
    for (const Role& role : roles_)
      values.push_back(role.is_column ? *next_of_row++ : role.held ? static_cast<X>(*role.held) : *next++);
    return formula_(values);
  }

 private:
  // What a name of the formula stands for.
  struct Role {
    bool is_column = false;
    std::optional<double> held = {};
  };
  FormulaAtPoint(const FormulaArguments& arguments, const downhill::Dataset* table);
  void demand_columns(const downhill::Dataset& table, const std::vector<downhill::inspect::NamedValue>& values) const;

  downhill::inspect::Formula formula_;
  std::vector<Role> roles_;
  std::vector<std::string> names_;
  std::vector<double> point_;
  std::vector<std::size_t> columns_;
};
