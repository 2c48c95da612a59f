#pragma once
// A formula and the point at which it is looked at, as they are typed: "w*x + b" w=0.5 b=0 x:=2
//
// name=value is a place to start from; name:=value holds a name at its value, as a constant. A value may be any formula
// without names, such as -1/3 or pi/2.

#include <CLI/CLI.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <autodiff/inspect/formula/formula.hpp>

struct FormulaArguments {
  std::string formula;
  std::vector<std::string> values;
};

void add_formula(CLI::App& command, FormulaArguments& arguments);

/// A function of the names that are free, for everything that takes a function of a vector.
class FormulaAtPoint {
 public:
  /// Throws FormulaError or OptionError, also where no name is free.
  explicit FormulaAtPoint(const FormulaArguments& arguments);

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<double>& point() const { return point_; }
  /// "f = w*x + b", and what is held: ", x held at 2".
  std::string text() const;

  template <class V>
  auto operator()(const V& free) const {
    using X = std::remove_cvref_t<decltype(*free.data())>;
    std::vector<X> values;
    values.reserve(held_.size());
    auto next = free.data();
    for (const std::optional<double>& held : held_) values.push_back(held ? static_cast<X>(*held) : *next++);
    return formula_(values);
  }

 private:
  downhill::inspect::Formula formula_;
  std::vector<std::optional<double>> held_;  // of each name of the formula
  std::vector<std::string> names_;
  std::vector<double> point_;
};
