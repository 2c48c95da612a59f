#include "ground.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

#include <autodiff/descent/objective.hpp>
#include <autodiff/text/counted.hpp>
#include <models/data/csv.hpp>

namespace {

using downhill::Dataset;

Dataset table_of(const GroundArguments& arguments) {
  if (!arguments.data.empty()) return downhill::read_csv(arguments.data);
  if (arguments.is_sum) throw downhill::OptionError("--sum: there is no table to sum over; give one by --data");
  return {};
}

FormulaAtPoint formula_of(const GroundArguments& arguments, const Dataset& table) {
  return arguments.data.empty() ? FormulaAtPoint(arguments.formula) : FormulaAtPoint(arguments.formula, table);
}

}  // namespace

void add_ground(CLI::App& command, GroundArguments& arguments) {
  add_formula(command, arguments.formula);
  command
      .add_option("--data", arguments.data,
                  "take the mean of the formula over the rows of this table, CSV, which may be compressed with gzip: "
                  "where the formula names a column, it stands for the number of each row; every other name needs a "
                  "value")
      ->type_name("FILE")
      ->group("Table");
  command.add_flag("--sum", arguments.is_sum, "the sum over the rows in place of the mean")->group("Table");
}

Ground::Ground(const GroundArguments& arguments)
    : arguments_(arguments), table_(table_of(arguments)), formula_(formula_of(arguments, table_)) {
  if (arguments_.data.empty()) {
    objective_ = downhill::TapeObjective<FormulaAtPoint>(formula_);
    return;
  }
  for (std::size_t row = 0; row < table_.rows(); ++row)
    for (const std::size_t column : formula_.columns()) rows_.push_back(std::as_const(table_).row(row)[column]);
  const auto of_row = [formula = formula_](const auto& w, const auto& s) { return formula.of_row(w, s); };
  program_ = downhill::record(of_row, names().size(), formula_.columns().size());
  objective_ = arguments_.is_sum ? sum_over(rows_, *program_) : mean_over(rows_, *program_);
}

std::string Ground::text() const {
  if (!program_) return formula_.text();
  return formula_.text(fmt::format("f = {} of ", arguments_.is_sum ? "sum" : "mean"),
                       fmt::format(" over {} of {}", downhill::counted(table_.rows(), "row"), table_.source));
}

double Ground::value(const std::vector<double>& point) { return program_ ? objective_(point, {}) : formula_(point); }

std::vector<double> Ground::product(const std::vector<double>& point, std::span<const double> v) const {
  if (!program_) return downhill::hessian_vector_product(formula_, point, v);
  std::vector<double> sum(point.size());
  const std::size_t numbers = program_->per_sample();
  for (std::size_t row = 0; row < table_.rows(); ++row) {
    const auto product =
        program_->hessian_vector_product(point, std::span<const double>(rows_).subspan(row * numbers, numbers), v);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += product[i];
  }
  if (!arguments_.is_sum)
    for (double& x : sum) x /= static_cast<double>(table_.rows());
  return sum;
}

std::optional<downhill::Curvature> Ground::curvature(const std::vector<double>& point) const {
  constexpr std::size_t most_names = 200, most_products = 2'000'000;  // of a row
  if (point.size() > most_names || point.size() * table_.rows() > most_products) return std::nullopt;
  return downhill::curvature_of(point.size(), [&](std::span<const double> v) { return product(point, v); });
}
