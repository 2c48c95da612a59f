#pragma once
// What is walked on: a formula, or its mean or sum over the rows of a table.

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <autodiff/descent/diagnosis.hpp>
#include <autodiff/program.hpp>

#include "formula_at_point.hpp"

struct GroundArguments {
  FormulaArguments formula;
  std::string data;  // the file of the table; empty where there is none
  bool is_sum = false;
};

void add_ground(CLI::App& command, GroundArguments& arguments);

/// A formula over a table is a program, which runs for all rows in lanes.
class Ground {
 public:
  /// Throws FormulaError, OptionError or DataError.
  explicit Ground(const GroundArguments& arguments);
  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;

  const std::vector<std::string>& names() const { return formula_.names(); }
  const std::vector<double>& point() const { return formula_.point(); }
  /// "f = mean of (a*x + b - y)^2 over 36 rows of points.csv", and what is held.
  std::string text() const;
  double operator()(std::span<const double> point, std::span<double> gradient) { return objective_(point, gradient); }
  double value(const std::vector<double>& point);
  /// None where it would take too long.
  std::optional<downhill::Curvature> curvature(const std::vector<double>& point) const;

 private:
  std::vector<double> product(const std::vector<double>& point, std::span<const double> v) const;

  GroundArguments arguments_;
  downhill::Dataset table_;
  FormulaAtPoint formula_;
  std::vector<double> rows_;
  std::optional<downhill::Program<double>> program_;
  std::function<double(std::span<const double>, std::span<double>)> objective_;
};
