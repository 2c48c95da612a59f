// The least-squares line. The formula is a few lines; the care goes into the digits, which cancel where the points are
// far from the origin or nearly on a line.

#include <models/line.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include <autodiff/error.hpp>
#include <autodiff/program.hpp>
#include <autodiff/text/counted.hpp>
#include <models/double_double.hpp>

namespace downhill {
namespace {

DoubleDouble mean_of(std::span<const double> values, double unit) {
  DoubleDouble sum;
  for (const double value : values) sum = sum + value * unit;
  return sum / static_cast<double>(values.size());
}

// A power of two that brings the largest of the values near 1, so that no square overflows or vanishes.
double unit_of(std::span<const double> values) {
  double largest = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) return std::numeric_limits<double>::quiet_NaN();
    largest = std::max(largest, std::abs(value));
  }
  if (largest == 0) return 1;
  return std::ldexp(1.0, std::clamp(-std::ilogb(largest), -1022, 1022));
}

}  // namespace

namespace line_detail {

void demand_same_sizes(std::string_view operation, std::size_t xs, std::size_t ys) {
  if (xs != ys)
    throw ShapeError(fmt::format("{}: {} values of x but {} of y; each point needs both", operation, xs, ys));
}

void demand_points(std::string_view operation, std::size_t found, std::size_t needed) {
  if (found < needed)
    throw ShapeError(fmt::format("{}: {}; give at least {}", operation, counted(found, "point"), needed));
}

}  // namespace line_detail

SumOver<double> mean_of_squared_residuals(const program_detail::Column<double>& xs,
                                          const program_detail::Column<double>& ys) {
  line_detail::demand_same_sizes("mean_of_squared_residuals", xs.size(), ys.size());
  line_detail::demand_points("mean_of_squared_residuals", xs.size(), 1);
  const auto squared_residual = [](const auto& line, const auto& point) {
    return square(line[0] * point[0] + line[1] - point[1]);
  };
  return mean_over({xs, ys}, record(squared_residual, 2, 2));
}

Line least_squares(std::span<const double> xs, std::span<const double> ys) {
  line_detail::demand_same_sizes("least_squares", xs.size(), ys.size());
  line_detail::demand_points("least_squares", xs.size(), 2);
  if (std::ranges::all_of(xs, [&](double x) { return x == xs[0]; }))
    throw DataError(
        fmt::format("least_squares: all {} values of x are {}; a line needs two different ones", xs.size(), xs[0]));

  const double unit_x = unit_of(xs), unit_y = unit_of(ys);
  const DoubleDouble mean_x = mean_of(xs, unit_x), mean_y = mean_of(ys, unit_y);
  DoubleDouble squares, products;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const DoubleDouble x = DoubleDouble(xs[i] * unit_x) - mean_x, y = DoubleDouble(ys[i] * unit_y) - mean_y;
    squares = squares + x * x;
    products = products + x * y;
  }
  const DoubleDouble slope = products / squares, intercept = mean_y - slope * mean_x;
  return {slope.high * (unit_x / unit_y), intercept.high / unit_y};
}

Scaling standardise(std::span<const double> values) {
  line_detail::demand_points("standardise", values.size(), 1);
  const double unit = unit_of(values);
  const DoubleDouble mean = mean_of(values, unit);
  DoubleDouble squares;
  for (const double value : values) {
    const DoubleDouble distance = DoubleDouble(value * unit) - mean;
    squares = squares + distance * distance;
  }
  const double deviation = std::sqrt(squares.high / static_cast<double>(values.size())) / unit;
  const bool all_equal = std::ranges::all_of(values, [&](double value) { return value == values[0]; });
  return {mean.high / unit, all_equal ? 1.0 : deviation};
}

Line from_scaled(const Line& scaled, const Scaling& x, const Scaling& y) {
  const double slope = scaled.slope * y.scale / x.scale;
  return {slope, y.mean + y.scale * scaled.intercept - slope * x.mean};
}

Line to_scaled(const Line& original, const Scaling& x, const Scaling& y) {
  return {original.slope * x.scale / y.scale, (original.intercept + original.slope * x.mean - y.mean) / y.scale};
}

}  // namespace downhill
