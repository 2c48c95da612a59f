#include <models/linear_regression.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include <autodiff/error.hpp>
#include <models/double_double.hpp>

namespace downhill {
namespace {

using Column = std::vector<DoubleDouble>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
// A column that is left with less than this of its length, beside those before it, depends on them: given numbers
// carry the rounding of a double, computed powers that of a DoubleDouble.
constexpr double rounding_of_given = 4 * std::numeric_limits<double>::epsilon(), rounding_of_powers = 0x1p-96;

struct Problem {
  std::string_view who;
  bool has_intercept;
  std::vector<Column> columns;  // the intercept's first
  Column y;
  double rounding;
};

void demand_shapes(std::string_view who, std::size_t rows, std::size_t predictors, std::size_t ys,
                   const RegressionOptions& options) {
  if (rows != ys)
    throw ShapeError(
        fmt::format("{}: {} rows of {} predictors but {} values of y; each row needs one", who, rows, predictors, ys));
  if (!options.weights.empty() && options.weights.size() != rows)
    throw ShapeError(
        fmt::format("{}: {} weights for {} rows; give none or one for each", who, options.weights.size(), rows));
  for (std::size_t i = 0; i < options.weights.size(); ++i)
    if (!(options.weights[i] >= 0 && std::isfinite(options.weights[i])))
      throw OptionError(
          fmt::format("{}: weights[{}] is {}; it must be finite and not negative", who, i, options.weights[i]));
  const auto counted = static_cast<std::size_t>(std::ranges::count_if(options.weights, [](double w) { return w > 0; }));
  const std::size_t observations = options.weights.empty() ? rows : counted;
  const std::size_t parameters = predictors + (options.intercept ? 1 : 0);
  if (parameters == 0)
    throw ShapeError(fmt::format("{}: {} x 0 predictors and no intercept; there is nothing to fit", who, rows));
  if (observations < parameters)
    throw ShapeError(fmt::format("{}: {} rows{} do not determine {} parameters ({} predictors{}); give at least {}",
                                 who, observations, options.weights.empty() ? "" : " of positive weight", parameters,
                                 predictors, options.intercept ? " and the intercept" : "", parameters));
}

// Rows times the roots of their weights; those of weight 0 go.
void weigh(Column& column, const std::vector<double>& weights) {
  if (weights.empty()) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < column.size(); ++i)
    if (weights[i] > 0) column[kept++] = sqrt(DoubleDouble(weights[i])) * column[i];
  column.resize(kept);
}

// Brings the largest element near 1, so that no square overflows or vanishes. The exponent that it took.
int to_unit(Column& column) {
  double largest = 0;
  for (const DoubleDouble& x : column) largest = std::max(largest, std::abs(x.high));
  if (!(largest > 0)) return 0;
  const int exponent = -std::ilogb(largest);
  for (DoubleDouble& x : column) x = {std::ldexp(x.high, exponent), std::ldexp(x.low, exponent)};
  return exponent;
}

DoubleDouble dot(const Column& a, const Column& b, std::size_t from) {
  DoubleDouble sum;
  for (std::size_t i = from; i < a.size(); ++i) sum = sum + a[i] * b[i];
  return sum;
}

// Makes the columns upper triangular by reflections, which y follows: |y| of the rows from `parameters` on is what no
// coefficients can explain. The sum of squares of y about its mean, or about 0, comes on the way.
DoubleDouble reflect(Problem& problem) {
  std::vector<Column>& columns = problem.columns;
  DoubleDouble about_mean = dot(problem.y, problem.y, 0);
  std::vector<std::size_t> dependent;
  std::size_t rank = 0;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    const double whole = dot(columns[j], columns[j], 0).high;
    const DoubleDouble rest = dot(columns[j], columns[j], rank);
    if (!(rest.high > problem.rounding * problem.rounding * whole)) {
      dependent.push_back(j - (problem.has_intercept ? 1 : 0));
      continue;
    }
    const DoubleDouble length = sqrt(rest), end = columns[j][rank].high > 0 ? -length : length;
    Column reflector = columns[j];
    reflector[rank] = reflector[rank] - end;
    const DoubleDouble factor = DoubleDouble(2) / dot(reflector, reflector, rank);
    const auto apply = [&](Column& to) {
      const DoubleDouble along = factor * dot(reflector, to, rank);
      for (std::size_t i = rank; i < to.size(); ++i) to[i] = to[i] - along * reflector[i];
    };
    for (std::size_t k = j + 1; k < columns.size(); ++k) apply(columns[k]);
    apply(problem.y);
    columns[j][rank] = end;
    ++rank;
    if (problem.has_intercept && j == 0) about_mean = dot(problem.y, problem.y, 1);
  }
  if (!dependent.empty()) {
    const bool one = dependent.size() == 1;
    throw DataError(fmt::format(
        "{}: predictor{} {} {}, to rounding, {} of {}the predictors before {}, so that no coefficient of {} is "
        "determined; leave {} out",
        problem.who, one ? "" : "s", fmt::join(dependent, ", "), one ? "is" : "are",
        one ? "0 or a combination" : "0 or combinations", problem.has_intercept ? "the intercept and " : "",
        one ? "it" : "them", one ? "it" : "them", one ? "it" : "them"));
  }
  return about_mean;
}

// R x = right, of as many rows as R has columns.
Column solve(const std::vector<Column>& triangle, Column right) {
  for (std::size_t j = triangle.size(); j-- > 0;) {
    right[j] = right[j] / triangle[j][j];
    for (std::size_t i = 0; i < j; ++i) right[i] = right[i] - right[j] * triangle[j][i];
  }
  right.resize(triangle.size());
  return right;
}

// Are all y that count the same, or 0?
bool all_as(const Column& y, const std::vector<double>& weights, bool as_the_first) {
  const double* first = nullptr;
  const double zero = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!weights.empty() && !(weights[i] > 0)) continue;
    if (!first) first = as_the_first ? &y[i].high : &zero;
    if (y[i].high != *first) return false;
  }
  return true;
}

LinearFit unknown(std::size_t parameters, std::size_t observations, bool has_intercept) {
  LinearFit fit;
  fit.has_intercept = has_intercept;
  fit.degrees_of_freedom = observations - parameters;
  fit.coefficients.assign(parameters, nan);
  fit.standard_errors.assign(parameters, nan);
  fit.residual_standard_deviation = fit.r_squared = nan;
  return fit;
}

LinearFit fit_of(Problem problem, const std::vector<double>& weights, std::vector<double>& covariance) {
  const auto is_finite = [](const Column& column) {
    return std::ranges::all_of(column, [](const DoubleDouble& x) { return std::isfinite(x.high); });
  };
  // Powers beyond the range of a double cannot be in units of their own either.
  const bool all_finite = std::ranges::all_of(problem.columns, is_finite) && is_finite(problem.y);
  const bool is_constant = all_as(problem.y, weights, problem.has_intercept);
  std::vector<int> units;
  for (Column& column : problem.columns) {
    weigh(column, weights);
    units.push_back(to_unit(column));
  }
  weigh(problem.y, weights);
  const int unit_y = to_unit(problem.y);
  const std::size_t n = problem.columns.size(), m = problem.y.size();
  LinearFit fit = unknown(n, m, problem.has_intercept);
  covariance.assign(n * n, nan);
  if (!all_finite) return fit;

  const DoubleDouble total = reflect(problem), unexplained = dot(problem.y, problem.y, n);
  const bool is_explained = is_constant || !(total.high > 0);
  fit.r_squared = is_explained ? 1 : (DoubleDouble(1) - unexplained / total).high;
  const double variance = m > n ? (unexplained / static_cast<double>(m - n)).high : nan;
  fit.residual_standard_deviation = std::ldexp(std::sqrt(variance), -unit_y);
  const Column b = solve(problem.columns, problem.y);
  std::vector<Column> inverse;  // by columns
  for (std::size_t j = 0; j < n; ++j) {
    fit.coefficients[j] = std::ldexp(b[j].high, units[j] - unit_y);
    Column unit(n);
    unit[j] = 1;
    inverse.push_back(solve(problem.columns, std::move(unit)));
  }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      DoubleDouble sum;
      for (std::size_t k = std::max(i, j); k < n; ++k) sum = sum + inverse[k][i] * inverse[k][j];
      covariance[i + n * j] = std::ldexp(variance * sum.high, units[i] + units[j] - 2 * unit_y);
      if (i == j) fit.standard_errors[i] = std::ldexp(std::sqrt(variance * sum.high), units[i] - unit_y);
    }
  return fit;
}

}  // namespace

double LinearFit::operator()(std::span<const double> predictors) const {
  const std::size_t first = has_intercept ? 1 : 0;
  if (predictors.size() + first != coefficients.size())
    throw ShapeError(
        fmt::format("LinearFit: {} predictors for a fit of {}", predictors.size(), coefficients.size() - first));
  DoubleDouble sum = has_intercept ? coefficients[0] : 0.0;
  for (std::size_t j = 0; j < predictors.size(); ++j) sum = sum + DoubleDouble(coefficients[j + first]) * predictors[j];
  return sum.high;
}

LinearFit linear_regression_detail::fit_columns(std::span<const double> columns, std::size_t predictors,
                                                std::size_t rows, std::span<const double> y,
                                                const RegressionOptions& options, std::vector<double>& covariance) {
  demand_shapes("linear_regression", rows, predictors, y.size(), options);
  Problem problem{"linear_regression", options.intercept, {}, Column(y.begin(), y.end()), rounding_of_given};
  if (options.intercept) problem.columns.emplace_back(rows, 1.0);
  for (std::size_t j = 0; j < predictors; ++j) {
    const auto column = columns.subspan(j * rows, rows);
    problem.columns.emplace_back(column.begin(), column.end());
  }
  return fit_of(std::move(problem), options.weights, covariance);
}

LinearFit linear_regression_detail::fit_powers(std::span<const double> x, std::span<const double> y, std::size_t degree,
                                               const RegressionOptions& options, std::vector<double>& covariance) {
  if (degree == 0 && !options.intercept)
    throw OptionError("polynomial_regression: degree 0 without an intercept; there is nothing to fit");
  demand_shapes("polynomial_regression", x.size(), degree, y.size(), options);
  Problem problem{"polynomial_regression", options.intercept, {}, Column(y.begin(), y.end()), rounding_of_powers};
  if (options.intercept) problem.columns.emplace_back(x.size(), 1.0);
  Column power(x.size(), 1.0);
  for (std::size_t k = 1; k <= degree; ++k) {
    for (std::size_t i = 0; i < x.size(); ++i) power[i] = power[i] * x[i];
    problem.columns.push_back(power);
  }
  return fit_of(std::move(problem), options.weights, covariance);
}

}  // namespace downhill
