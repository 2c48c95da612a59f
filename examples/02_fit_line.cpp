// The main job: a line y = m x + b through measured points, by gradient descent on our own tape.
//
//     fit_line [points.csv] [--learning-rate r] [--steps n] [--start m,b]
//
// Without a file it fits NIST's Norris measurements, whose least-squares line is certified to 15 digits. Exit code 0:
// it arrived, or was told to stop early; 1: it diverged; 2: something is wrong with what it was given.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect/pictures/loss_curve.hpp>
#include <autodiff/text/counted.hpp>
#include <models/models.hpp>

#include "program.hpp"

namespace {

using downhill::Line;

const std::filesystem::path default_points = std::filesystem::path(DOWNHILL_EXAMPLE_DATA) / "norris.csv";
constexpr Line certified{1.00211681802045, -0.262323073774029};
constexpr double certified_residuals = 26.6173985294224;
constexpr std::size_t most_steps = 1'000'000;  // the path is kept in memory

struct Options {
  std::filesystem::path points = default_points;
  double learning_rate = 0.1;
  std::size_t steps = 10'000;
  Line start = {};

  bool has_default_points() const { return points == default_points; }
};

struct Points {
  std::vector<double> x, y;
  downhill::Scaling scale_x, scale_y;
  std::vector<double> u, v;  // x and y, centred and scaled
};

// ---- what the user asked for

double finite_from(std::string_view option, std::string_view text) {
  const std::optional<double> number = number_from<double>(text);
  if (!number || !std::isfinite(*number))
    throw downhill::OptionError(fmt::format("{}: '{}' is not a finite number; write it as in 0.1", option, text));
  return *number;
}

/// Throws CLI::ParseError or OptionError.
Options options_from(CLI::App& app, int count, char** arguments) {
  Options options;
  std::string learning_rate, steps, start;
  const auto add = [&](const std::string& option, auto& text, const std::string& type, const std::string& description) {
    return app.add_option(option, text, description)->type_name(type);
  };
  add("points.csv", options.points, "", "two columns, x and y (default: NIST's Norris data)");
  const auto* rate_given = add("--learning-rate", learning_rate, "R", "new = old - R * slope (default: 0.1)");
  const auto* steps_given = add("--steps", steps, "N", "stop after N steps (default: 10000)");
  const auto* start_given = add("--start", start, "M,B", "start from the line M x + B (default: 0,0)");
  app.parse(count, arguments);

  if (rate_given->count() > 0) options.learning_rate = finite_from("--learning-rate", learning_rate);
  if (!(options.learning_rate > 0))
    throw downhill::OptionError(fmt::format("--learning-rate: {} is not positive; try 0.1", learning_rate));
  if (steps_given->count() > 0) {
    const std::optional<std::size_t> number = number_from<std::size_t>(steps);
    if (!number || *number > most_steps)
      throw downhill::OptionError(fmt::format("--steps: '{}' is not a whole number from 0 to {}", steps, most_steps));
    options.steps = *number;
  }
  if (start_given->count() > 0) {
    const std::size_t comma = start.find(',');
    if (comma == std::string::npos)
      throw downhill::OptionError(fmt::format("--start: '{}' is not two numbers; write m,b as in 1.5,-2", start));
    options.start = {finite_from("--start", start.substr(0, comma)), finite_from("--start", start.substr(comma + 1))};
  }
  return options;
}

/// Throws DataError.
Points points_from(const std::filesystem::path& file) {
  const downhill::Dataset table = downhill::read_csv(file);
  const auto fail = [&](const std::string& what) {
    throw downhill::DataError(fmt::format("{}: {}", table.source, what));
  };
  if (table.columns() != 2) fail(fmt::format("{}; give two, x and y", downhill::counted(table.columns(), "column")));
  if (table.rows() < 2) fail("one point; a line needs at least two");
  Points points;
  points.x = table.column(0), points.y = table.column(1);
  const auto [low, high] = std::ranges::minmax(points.x);
  if (low == high) fail(fmt::format("every x is {}; a line needs two different ones", low));
  if (const Line best = downhill::least_squares(points.x, points.y);
      !std::isfinite(best.slope) || !std::isfinite(best.intercept))
    fail("the slope or the intercept of the line is too large for a double; write x or y in other units");
  points.scale_x = downhill::standardise(points.x), points.scale_y = downhill::standardise(points.y);
  for (const double x : points.x) points.u.push_back(points.scale_x.to(x));
  for (const double y : points.y) points.v.push_back(points.scale_y.to(y));
  return points;
}

// ---- what it says as it goes

double mean_of_products(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum / static_cast<double>(a.size());
}

// The largest curvature of the raw loss over its least: the eigenvalues of [mean x², mean x; mean x, 1].
double steepness_ratio(const Points& points) {
  const double trace = mean_of_products(points.x, points.x) + 1;
  const double determinant = points.scale_x.scale * points.scale_x.scale;
  const double largest = (trace + std::sqrt(std::max(0.0, trace * trace - 4 * determinant))) / 2;
  return largest * largest / determinant;
}

std::string offset(double mean) { return fmt::format("{} {:.6g}", mean < 0 ? "+" : "-", std::abs(mean)); }

void describe(const Options& options, const Points& points) {
  fmt::print("Fitting y = m x + b to {} points from {}{}\n", points.x.size(), options.points.filename().string(),
             options.has_default_points() ? ", a calibration by NIST:" : ":");
  const auto x = std::ranges::minmax(points.x), y = std::ranges::minmax(points.y);
  fmt::print("x from {:g} to {:g}, y from {:g} to {:g}. The start is m = {:g}, b = {:g}.\n\n", x.min, x.max, y.min,
             y.max, options.start.slope, options.start.intercept);
  if (const double ratio = steepness_ratio(points); ratio < 10)
    fmt::print("As it stands, the loss is not far from a round bowl.\n");
  else if (!std::isfinite(ratio))
    fmt::print("As it stands, the loss is a canyon too steep for a double to say how steep.\n");
  else
    fmt::print("As it stands, the loss is a canyon, {:.2g} times steeper across than along.\n", ratio);
  fmt::print(
      "Centred and scaled it is a round bowl, so the line to fit is v = M u + B, with\n\n"
      "  u = (x {}) / {:.6g}     v = (y {}) / {:.6g}\n\n"
      "Loss: C = mean of (M u + B - v)². Each step: new = old - {} * slope.\n\n",
      offset(points.scale_x.mean), points.scale_x.scale, offset(points.scale_y.mean), points.scale_y.scale,
      options.learning_rate);
}

std::string shown(double value) {
  return std::abs(value) < 1e4 ? fmt::format("{:.6f}", value) : fmt::format("{:.5e}", value);
}

void show_first_steps(const downhill::Result& result, const Points& points, double learning_rate) {
  fmt::print(
      "The first steps, to check with a pocket calculator. As u and v are centred and\n"
      "scaled, and the mean of u v is r = {:.6f}, it must come out that\n\n"
      "  C = M² + B² - 2 r M + {:.0f}     slope of M = 2 (M - r)     slope of B = 2 B\n\n"
      "The tape does not know this: it records {} squares and sweeps them backwards.\n\n",
      mean_of_products(points.u, points.v), mean_of_products(points.v, points.v), points.v.size());
  const std::size_t last = result.path.size() - 1, traced = std::min<std::size_t>(last, 2);
  std::size_t width = 0;
  for (std::size_t step = 0; step <= traced; ++step)
    for (const std::size_t i : {0u, 1u})
      width = std::max({width, shown(result.path[step].point[i]).size(), shown(result.path[step].gradient[i]).size()});
  for (std::size_t step = 0; step <= traced; ++step) {
    const downhill::Iterate& at = result.path[step];
    fmt::print("  step {0}   M = {2:>{1}}   B = {3:>{1}}   C = {4:>{1}}\n", step, width, shown(at.point[0]),
               shown(at.point[1]), shown(at.value));
    if (step == last) break;
    for (const std::size_t i : {0u, 1u})
      fmt::print("    slope of {0} = {2:>{1}}  new {0} = {3:>{1}} - {4} * {2:>{1}} = {5:>{1}}\n", "MB"[i], width,
                 shown(at.gradient[i]), shown(at.point[i]), learning_rate, shown(result.path[step + 1].point[i]));
  }
  fmt::print("\n");
}

Line original(const std::vector<double>& scaled, const Points& points) {
  return from_scaled(Line{scaled[0], scaled[1]}, points.scale_x, points.scale_y);
}

void show_milestones(const downhill::Result& result, const Points& points) {
  fmt::print("Milestones, the line in the units of the file:\n\n");
  fmt::print("  {:>7}  {:>14}  {:>10}  {:>18}  {:>18}\n", "step", "loss C", "|gradient|", "m", "b");
  const std::size_t last = result.path.size() - 1;
  for (std::size_t step = 0, next = 1;; step = std::min(next, last)) {
    const downhill::Iterate& at = result.path[step];
    const Line line = original(at.point, points);
    fmt::print("  {:>7}  {:>14.8g}  {:>10.2e}  {:>#18.11g}  {:>#18.11g}\n", step, at.value,
               std::hypot(at.gradient[0], at.gradient[1]), line.slope, line.intercept);
    if (step == last) break;
    while (next <= step) next = std::to_string(next).front() == '2' ? next / 2 * 5 : next * 2;
  }
  fmt::print("\n");
}

void show_plot(const downhill::Result& result) {
  if (result.path.size() < 2) return;
  std::vector<double> loss, gradient;
  for (const downhill::Iterate& iterate : result.path) {
    loss.push_back(iterate.value);
    gradient.push_back(std::hypot(iterate.gradient[0], iterate.gradient[1]));
  }
  namespace inspect = downhill::inspect;
  const std::array<inspect::Curve, 2> curves{
      {{"loss", loss}, {"length of its gradient, both slopes together", gradient}}};
  fmt::print("{}\n", inspect::loss_curve_text(curves, inspect::options_for(stdout), {.value = "loss and gradient"}));
}

// Of a truth that is 0, in units of what would be large.
double digits_of_agreement(double value, double truth, double unit) {
  const double error = std::abs((value - truth) / (truth == 0 ? unit : truth));
  return error == 0 ? 16 : std::clamp(-std::log10(error), 0.0, 16.0) + 0.0;
}

void show_lines(const Line& found, const Options& options, const Points& points) {
  const Line formula = downhill::least_squares(points.x, points.y);
  const auto residuals = [&](const Line& line) {
    return downhill::sum_of_squared_residuals(std::array{line.slope, line.intercept}, points.x, points.y);
  };
  const auto row = [](std::string_view name, const Line& line, double sum) {
    fmt::print("  {:<21} {:>18.15g} {:>18.15g} {:>17.12g}\n", name, line.slope, line.intercept, sum);
  };
  const auto agreement = [&](std::string_view name, const Line& truth) {
    fmt::print("  {:<21} {:>18.1f} {:>18.1f}\n", name,
               digits_of_agreement(found.slope, truth.slope, points.scale_y.scale / points.scale_x.scale),
               digits_of_agreement(found.intercept, truth.intercept, points.scale_y.scale));
  };
  fmt::print("  {:<21} {:>18} {:>18} {:>17}\n", "", "m", "b", "sum of squares");
  row("gradient descent", found, residuals(found));
  row("least-squares formula", formula, residuals(formula));
  if (options.has_default_points()) row("certified by NIST", certified, certified_residuals);
  fmt::print("\nDigits of descent that agree with\n");
  agreement("the formula", formula);
  if (options.has_default_points()) agreement("NIST", certified);
}

// ---- the whole

int run(const Options& options) {
  const Points points = points_from(options.points);
  const Line start = to_scaled(options.start, points.scale_x, points.scale_y);
  const auto loss = [&](auto parameters) {
    return downhill::mean_of_squared_residuals(parameters, points.u, points.v);
  };
  // Rounding in a sum of n terms may leave slopes of about sqrt(n) * 1e-16 at the bottom.
  const double flat = std::max(1e-13, 3e-16 * std::sqrt(static_cast<double>(points.u.size())));
  const auto refuse_start = [] {
    throw downhill::OptionError("--start: the loss of that line is too large for a double; start nearer to the points");
  };
  if (!std::isfinite(start.slope) || !std::isfinite(start.intercept)) refuse_start();
  const downhill::Result result =
      downhill::minimize(loss, {start.slope, start.intercept}, downhill::GradientDescent{options.learning_rate},
                         {.gradient_norm = flat, .steps = options.steps}, downhill::Keep::path);

  if (!std::isfinite(result.path.front().value)) refuse_start();

  describe(options, points);
  show_first_steps(result, points, options.learning_rate);
  show_milestones(result, points);
  show_plot(result);
  fmt::print("It stopped at step {} ({}):\n{}.\n\n", result.steps, name(result.reason), result.why);
  const double first = result.path.front().value, last = result.path.back().value;
  const bool arrived = result.reason == downhill::StopReason::flat_gradient;
  const double growth = last / first - 1;
  if (!arrived && !(growth <= 1e-6)) {
    std::fflush(stdout);
    fmt::print(stderr, "fit_line: it diverged: the loss went from {:.4g} to {:.4g}; try --learning-rate 0.1\n", first,
               std::isnan(last) ? std::abs(last) : last);
    return 1;
  }
  if (!arrived && result.steps > 0 && growth >= -1e-6)
    fmt::print(
        "The loss hardly came down: the steps are too small, or they bounce from side to\n"
        "side. Try --learning-rate 0.1.\n\n");
  show_lines(original(result.point, points), options, points);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app{"Fits a line y = m x + b to points by gradient descent, and shows how.", "fit_line"};
  try {
    const int code = run(options_from(app, count, arguments));
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    fmt::print(stderr, "fit_line: the output could not be written\n");
    return 1;
  } catch (const downhill::DataError& error) {
    fmt::print(stderr, "{}\n", error.what());  // it starts with the place in the file
  } catch (const downhill::Error& error) {
    fmt::print(stderr, "fit_line: {}\n", error.what());
  } catch (const std::system_error& error) {  // what fmt throws where the output cannot be written
    fmt::print(stderr, "fit_line: {}\n", error.what());
    return 1;
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return 0;
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "fit_line: {}; see --help\n", error.what());
  }
  return 2;
}
