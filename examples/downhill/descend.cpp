// downhill descend: the minimum of a formula, or of its mean over the rows of a table, by any method.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <autodiff/descent/diagnosis.hpp>
#include <autodiff/descent/minimize.hpp>
#include <autodiff/inspect/pictures/landscape.hpp>
#include <autodiff/inspect/pictures/loss_curve.hpp>
#include <autodiff/text/counted.hpp>
#include <autodiff/text/table.hpp>
#include <autodiff/text/utf8.hpp>

#include "command.hpp"
#include "ground.hpp"
#include "methods.hpp"

namespace {

namespace inspect = downhill::inspect;
using downhill::Iterate, downhill::Result, downhill::StopReason;

constexpr std::size_t most_steps = 1'000'000;  // the path is kept in memory

struct Options {
  GroundArguments ground;
  MethodOptions method;
  std::size_t steps = 10'000;
  std::optional<double> gradient_norm;
  std::string csv, html;
};

double length_of(const std::vector<double>& vector) { return downhill::euclidean_norm(vector); }

// Steps 0, 1, 2, 5, 10, 20, ... and the last.
void show_milestones(const Ground& f, const Result& result) {
  constexpr std::size_t most_names = 4, longest = 13;
  const std::size_t shown = std::min(f.names().size(), most_names);
  std::vector<downhill::TableRow> rows{{"step", "f", "|gradient|"}};
  for (std::size_t i = 0; i < shown; ++i) rows[0].push_back(downhill::utf8::shortened(f.names()[i], longest));
  if (shown < f.names().size()) rows[0].push_back(fmt::format("and {} more", f.names().size() - shown));
  const std::size_t last = result.path.size() - 1;
  for (std::size_t step = 0, next = 1;; step = std::min(next, last)) {
    const Iterate& at = result.path[step];
    rows.push_back({fmt::format("{}", step), fmt::format("{:.9g}", unsigned_nan(at.value)),
                    fmt::format("{:.2e}", unsigned_nan(length_of(at.gradient)))});
    for (std::size_t i = 0; i < shown; ++i) rows.back().push_back(fmt::format("{:.7g}", unsigned_nan(at.point[i])));
    if (step == last) break;
    while (next <= step) next = std::to_string(next).front() == '2' ? next / 2 * 5 : next * 2;
  }
  fmt::print("{}", aligned_text(rows, std::array{downhill::Align::right}, 2));
}

void show_end(const Ground& f, const Result& result) {
  constexpr std::size_t most_names = 20;
  fmt::print("\nIt ended after {}, {}, {:.3g} s ({}):\n{}.\n\n", downhill::counted(result.steps, "step"),
             downhill::counted(result.evaluations, "evaluation"), result.seconds, name(result.reason), result.why);
  const std::size_t shown = std::min(f.names().size(), most_names);
  std::vector<downhill::TableRow> names{{"f"}};
  for (std::size_t i = 0; i < shown; ++i) names.push_back({f.names()[i]});
  const auto padded = downhill::padded(names, std::array{downhill::Align::right});
  if (result.found_at < result.steps)
    fmt::print("The lowest place that it saw, after {}:\n\n", downhill::counted(result.found_at, "step"));
  for (std::size_t i = 0; i <= shown; ++i)
    fmt::print("  {} = {:.15g}\n", padded[i][0], i == 0 ? result.value : result.point[i - 1]);
  if (shown < f.names().size()) fmt::print("  and {} more; --csv has them all\n", f.names().size() - shown);
}

std::string csv_of(const Ground& f, const Result& result) {
  std::string csv = fmt::format("step,f,gradient_norm,{}\n", fmt::join(f.names(), ","));
  for (std::size_t step = 0; step < result.path.size(); ++step) {
    const Iterate& at = result.path[step];
    csv += fmt::format("{},{},{},{}\n", step, at.value, length_of(at.gradient), fmt::join(at.point, ","));
  }
  return csv;
}

// Covers the walk, or of one that diverged its beginning.
inspect::Interval ground_of(const Result& result, std::size_t coordinate, bool diverged) {
  constexpr std::size_t beginning = 6;
  std::vector<double> values;
  for (const Iterate& iterate : result.path) {
    if (diverged && values.size() == beginning) break;
    values.push_back(iterate.point[coordinate]);
  }
  return inspect::with_margin(inspect::covering(values), 0.25);
}

std::string page_of(Ground& f, const Result& result, const std::string& method, bool diverged) {
  const std::string title = "A walk downhill";
  const std::string ending =
      fmt::format("{}, the lowest f = {:.6g} after {}; {}", downhill::counted(result.steps, "step"), result.value,
                  downhill::counted(result.found_at, "step"), result.why);
  if (f.names().size() == 2) {
    auto ground = inspect::sample_landscape([&](double x, double y) { return f.value({x, y}); },
                                            ground_of(result, 0, diverged), ground_of(result, 1, diverged), 101, 101);
    ground.x_name = f.names()[0], ground.y_name = f.names()[1];
    const inspect::DrawnWalk walk{method, {ending}, result.path};
    return inspect::landscape_page(title, f.text() + ". ● is the start, ○ the end.", ground, std::array{walk});
  }
  std::vector<double> values;
  for (const Iterate& iterate : result.path) values.push_back(iterate.value);
  const inspect::Curve curve{method, values};
  auto figure = loss_curve(std::array{curve}, {.title = "f, step by step", .value = "f"});
  figure.lines.push_back(ending);
  return inspect::page(title, f.text(), std::array{figure});
}

void demand_a_start(const Ground& f, const Iterate& start) {
  if (!std::isfinite(start.value))
    throw NotReached(
        fmt::format("f is {} at the start, where nothing leads downhill; start elsewhere", unsigned_nan(start.value)));
  for (std::size_t i = 0; i < start.gradient.size(); ++i)
    if (!std::isfinite(start.gradient[i]))
      throw NotReached(
          fmt::format("the slope of f along {} is {} at the start, so no step leads on, with any learning "
                      "rate; start beside it, or ask downhill trace for the step that causes it",
                      f.names()[i], unsigned_nan(start.gradient[i])));
}

// Why a place with a flat gradient is no bottom, by its curvature; "" where nothing speaks against a bottom.
std::string why_no_bottom(const Ground& f, const Iterate& at, bool has_moved) {
  const std::optional<downhill::Curvature> known = f.curvature(at.point);
  if (!known) return {};
  const downhill::Curvature& c = *known;
  if (!c.is_finite())
    return has_moved ? ""
                     : "the ground has a kink at the start, where its slope is a convention and it has no curvature: "
                       "nothing tells whether it is a bottom; start beside it";
  if (c.falls())
    return fmt::format(
        "the gradient is flat, but it is a {}: along a direction the ground curves down, by {:.4g}; start "
        "beside it",
        c.rises() ? "saddle" : "top", c.smallest);
  if (!c.rises() && !has_moved)
    return "the ground is flat at the start, and does not curve: nothing leads on from there, be it a bottom or not; "
           "start elsewhere";
  return {};
}

bool ran_out(StopReason reason) {
  return reason == StopReason::step_limit || reason == StopReason::evaluation_limit || reason == StopReason::time_limit;
}

void run(const Options& options) {
  Ground f(options.ground);
  const Method method = method_of(options.method);
  demand_apart(options.ground.data, {{"--csv", options.csv}, {"--html", options.html}});
  for (const std::string& file : {options.csv, options.html}) demand_writable(file);
  const std::function<double(std::span<const double>, std::span<double>)> value_and_slopes = std::ref(f);
  const Result result = std::visit(
      [&](const auto& by) {
        return minimize(value_and_slopes, f.point(), by,
                        {.gradient_norm = options.gradient_norm, .steps = options.steps}, downhill::Keep::path);
      },
      method);
  if (result.exception) std::rethrow_exception(result.exception);
  const double first = result.path.front().value, last = result.path.back().value;
  demand_a_start(f, result.path.front());

  fmt::print("{}\nby {}\n\n", f.text(), text_of(method));
  show_milestones(f, result);
  show_end(f, result);
  std::string trouble;
  constexpr std::size_t fewest = 20;  // steps that show what a walk does
  if (ran_out(result.reason) && result.steps >= fewest) {
    const downhill::PathDiagnosis path = diagnose(std::span<const Iterate>(result.path));
    fmt::print("\n{}\n", wrapped(fmt::format("Its path: {}.", path.why)));
    if (path.is_stuck) trouble = path.why;
  } else if (result.reason == StopReason::flat_gradient && !is_bounded(options.method)) {
    trouble = why_no_bottom(f, result.path.back(), result.steps > 0);
  }
  std::vector<double> values;
  for (const Iterate& iterate : result.path) values.push_back(iterate.value);
  const inspect::Curve curve{text_of(method), values};
  if (values.size() > 1)
    fmt::print("\n{}", loss_curve_text(std::array{curve}, inspect::options_for(stdout), {.value = "f"}));

  const bool diverged = result.reason == StopReason::not_finite || result.reason == StopReason::unbounded ||
                        !(last <= first + 1e-6 * std::abs(first));
  if (!options.csv.empty() || !options.html.empty()) fmt::print("\n");
  if (!options.csv.empty()) write_file(options.csv, csv_of(f, result), "The path");
  if (!options.html.empty()) write_file(options.html, page_of(f, result, text_of(method), diverged), "The page");
  if (!trouble.empty()) throw NotReached(trouble);
  if (!diverged) return;
  if (last < first) throw NotReached(fmt::format("f has no bottom there: it fell from {:.4g} to {:.4g}", first, last));
  if (std::isnan(last) && result.value < first)
    throw NotReached(fmt::format(
        "it left where f has a value: f fell from {:.4g} to {:.4g}, and after the next step it is nan; try a smaller "
        "--learning-rate, and if that ends alike, f has no bottom there",
        first, result.value));
  throw NotReached(fmt::format(
      "it diverged: f went from {:.4g} to {:.4g}; try a smaller --learning-rate, or ask downhill doctor for one", first,
      unsigned_nan(last)));
}

}  // namespace

void add_descend(CLI::App& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      *program.add_subcommand("descend", "walk downhill on a formula, or its mean over a table, by any method");
  add_ground(command, options->ground);
  add_method(command, options->method, "gradient-descent");
  command.add_option("--steps", options->steps, "stop after N steps (default: 10000)")
      ->type_name("N")
      ->check(whole_number(0, most_steps));
  command
      .add_option("--gradient-norm", options->gradient_norm,
                  "stop where the gradient is as short as this (default: where it is flat, whatever the units)")
      ->type_name("G")
      ->check(positive_number());
  command.add_option("--csv", options->csv, "write the path: a row for every step")->type_name("FILE");
  command
      .add_option("--html", options->html,
                  "write a page: of two free names the landscape with the walk, otherwise f over the steps")
      ->type_name("FILE");
  command.footer(
      "Exit code 0: it went downhill, to a bottom or until it was told to stop; 1: it diverged, or it\n"
      "bounces and comes no lower, or it is flat where there is no bottom (a saddle, a top), or the\n"
      "start has no finite value or slope; 2: something is wrong with what was given.\n\n"
      "Example: downhill descend \"(1 - x)^2 + 100*(y - x^2)^2\" x=-1.2 y=1 --method lbfgs --html walk.html\n\n"
      "Of a table with columns x and y, a line fitted by least squares:\n"
      "downhill descend --data points.csv \"(a*x + b - y)^2\" a=0 b=0 --method lbfgs");
  command.callback([options] { run(*options); });
}
