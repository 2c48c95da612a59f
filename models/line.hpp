#pragma once
/// \file
/// The line y = m x + b, its loss over some points, and the line that fits them best.
///
/// `mean_of_squared_residuals` takes the parameters (m, b) as two numbers of any type: of doubles it returns a number,
/// and of Vars it records the loss, which descent then makes small. Without parameters it is that loss as an objective,
/// by a program, for many points. The closed formula, `least_squares`, says where descent must arrive.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include <autodiff/program/numbers.hpp>
#include <autodiff/program/sums.hpp>
#include <autodiff/variable.hpp>

namespace downhill {

/// y = slope * x + intercept.
struct Line {
  double slope = 0;
  double intercept = 0;

  /// The line's y at x; x may be any number type.
  template <class X>
  auto operator()(const X& x) const {
    return slope * x + intercept;
  }
  bool operator==(const Line&) const = default;
};

namespace line_detail {
void demand_same_sizes(std::string_view operation, std::size_t xs, std::size_t ys);
void demand_points(std::string_view operation, std::size_t found, std::size_t needed);
}  // namespace line_detail

/// sum over i of (m x_i + b - y_i)^2, with m = parameters[0] and b = parameters[1]: a number of the parameters' type.
/// Units: those of y, squared. Throws ShapeError if xs and ys differ in size or parameters has not two elements.
template <class Parameters>
auto sum_of_squared_residuals(const Parameters& parameters, std::span<const double> xs, std::span<const double> ys) {
  line_detail::demand_same_sizes("sum_of_squared_residuals", xs.size(), ys.size());
  if (std::size(parameters) != 2) misuse::different_sizes("sum_of_squared_residuals", std::size(parameters), 2);
  const auto& m = parameters[0];
  const auto& b = parameters[1];
  std::remove_cvref_t<decltype(m)> total = 0;
  for (std::size_t i = 0; i < xs.size(); ++i) total += square(m * xs[i] + b - ys[i]);
  return total;
}

/// sum_of_squared_residuals / n. Throws ShapeError also if there are no points.
template <class Parameters>
auto mean_of_squared_residuals(const Parameters& parameters, std::span<const double> xs, std::span<const double> ys) {
  line_detail::demand_points("mean_of_squared_residuals", xs.size(), 1);
  return sum_of_squared_residuals(parameters, xs, ys) / static_cast<double>(xs.size());
}

/// mean_of_squared_residuals as an Objective of (m, b), or batch by batch: by a program, which runs for many points in
/// lanes. The points must outlive it. Throws ShapeError if xs and ys differ in size or there are no points.
SumOver<double> mean_of_squared_residuals(const program_detail::Column<double>& xs,
                                          const program_detail::Column<double>& ys);

/// The line with the least sum of squared residuals, by the formula
///
///     slope = sum (x_i - x̄)(y_i - ȳ) / sum (x_i - x̄)²        intercept = ȳ - slope x̄
///
/// in arithmetic of about 32 digits (a pair of doubles for each number) and free of overflow, so that the result is
/// right to nearly the last digit however far the points are from the origin. NaN if a coordinate is not finite.
/// Throws ShapeError if xs and ys differ in size or have fewer than 2 points, DataError if all x are equal.
/// Source: T. J. Dekker, "A floating-point technique for extending the available precision", Numer. Math. 18 (1971).
Line least_squares(std::span<const double> xs, std::span<const double> ys);

/// A change of units: to(x) = (x - mean) / scale has the mean 0 and the standard deviation 1 where `standardise` made
/// it.
struct Scaling {
  double mean = 0;
  double scale = 1;

  /// From the old unit to the new one.
  double to(double original) const { return (original - mean) / scale; }
  /// From the new unit back to the old one.
  double from(double scaled) const { return scaled * scale + mean; }
};

/// The mean and the standard deviation (of the whole population: divided by n) of some values. Where all are equal the
/// scale is 1. Throws ShapeError if there are none.
Scaling standardise(std::span<const double> values);

/// The line v = M u + B between scaled coordinates u = (x - x̄) / s_x and v = (y - ȳ) / s_y, in original units:
///
///     slope = M s_y / s_x        intercept = ȳ + s_y B - slope x̄
Line from_scaled(const Line& scaled, const Scaling& x, const Scaling& y);

/// The other way: M = slope s_x / s_y, B = (intercept + slope x̄ - ȳ) / s_y.
Line to_scaled(const Line& original, const Scaling& x, const Scaling& y);

}  // namespace downhill
