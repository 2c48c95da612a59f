// The doctor for learning rates, on a line through three points: what four rates will do, said before the first step,
// and then what they did.
//
//     learning_rate [rates...] [--steps n] [--html file]
//
// Exit code 0: all was walked and written; 1: the page could not be written, or a walk with one of the default rates
// went otherwise than foretold; 2: something is wrong with what it was given.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <autodiff/inspect/pictures/landscape.hpp>

#include "program.hpp"
#include "terminal_plot.hpp"

namespace {

namespace inspect = downhill::inspect;

// The sum of squared residuals of the line b + m x, in (b, m).
const auto loss = [](const auto& p) {
  constexpr std::array xs{0.5, 2.3, 2.9}, ys{1.4, 1.9, 3.2};
  auto sum = 0 * p[0];
  for (std::size_t i = 0; i < 3; ++i) {
    const auto residual = ys[i] - (p[0] + p[1] * xs[i]);
    sum += residual * residual;
  }
  return sum;
};
const std::vector<double> start{0, 0};
const std::vector<double> default_rates{0.001, 0.03, 0.06, 0.1};
constexpr std::size_t default_steps = 400;

struct Walk {
  double rate;
  downhill::Diagnosis foretold;
  downhill::Result result;
  downhill::PathDiagnosis seen;
};

void explain(const downhill::Diagnosis& any) {
  fmt::print(
      "A line b + m x through (0.5, 1.4), (2.3, 1.9) and (2.9, 3.2), by gradient descent on\n"
      "the sum of squared residuals. From Hessian-vector products at the start:\n\n"
      "  largest curvature          {:>9.4f}\n"
      "  smallest curvature         {:>9.4f}     condition number {:.1f}\n"
      "  largest stable rate        {:>9.5f}     2 / largest\n"
      "  best rate                  {:>9.5f}     2 / (smallest + largest), contraction {:.4f}\n\n",
      any.curvature.largest, any.curvature.smallest, any.condition_number, any.largest_stable_rate, any.best_rate,
      any.best_contraction);
}

// Where it ended, which is not the lowest place that it saw where it diverged.
const downhill::Iterate& end_of(const Walk& walk) { return walk.result.path.back(); }

void show_table(const std::vector<Walk>& walks) {
  fmt::print("A step multiplies the distance to the bottom by the contraction:\n\n");
  fmt::print("  {:>8}  {:<11} {:>9}  {:<11} {:>9} {:>6} {:>12} {:>12}   {}\n", "rate", "foretold", "by step", "seen",
             "by step", "steps", "loss", "|gradient|", "it ended");
  for (const Walk& walk : walks)
    fmt::print("  {:>8}  {:<11} {:>9.4f}  {:<11} {:>9.4f} {:>6} {:>12.6g} {:>12.2e}   {}\n", walk.rate,
               name(walk.foretold.pace), walk.foretold.contraction, name(walk.seen.pace), walk.seen.contraction,
               walk.result.steps, end_of(walk).value, downhill::euclidean_norm(end_of(walk).gradient),
               name(walk.result.reason));
  fmt::print("\n");
  for (const Walk& walk : walks) {
    const std::string why = walk.foretold.why.substr(0, walk.foretold.why.find(';'));  // the rates stand above
    fmt::print("  {}.\n", why);
  }
  fmt::print("\n");
}

constexpr inspect::Interval wide_b{-1.5, 3.5}, wide_m{-1.6, 3.2};

std::vector<std::string> picture(const Walk& walk, const inspect::Landscape& ground) {
  constexpr std::size_t width = 40, height = 16;
  Canvas canvas(width, height, wide_b, wide_m);
  for (const double level : inspect::levels_of(ground, 5))
    for (const inspect::LinePiece& piece : inspect::height_line(ground, level))
      canvas.put((piece.x0 + piece.x1) / 2, (piece.y0 + piece.y1) / 2, "·");
  canvas.put(37.0 / 39, 25.0 / 39, "×");
  for (std::size_t step = std::min<std::size_t>(walk.result.path.size(), 10); step-- > 0;)
    canvas.put(walk.result.path[step].point[0], walk.result.path[step].point[1], std::to_string(step));
  std::vector<std::string> lines{
      fmt::format("{:<{}}", fmt::format("{}: {}", walk.rate, name(walk.foretold.pace)), width)};
  for (std::size_t row = 0; row < height; ++row) lines.push_back(canvas.row(row));
  return lines;
}

void show_pictures(const std::vector<Walk>& walks, const inspect::Landscape& ground) {
  fmt::print(
      "Height lines of the loss, b to the right from {} to {}, m upwards from {} to {}; × is the\n"
      "bottom. A digit is the number of the first step that landed there.\n\n",
      wide_b.low, wide_b.high, wide_m.low, wide_m.high);
  for (std::size_t i = 0; i < walks.size(); i += 2) {
    const auto first = picture(walks[i], ground);
    const auto second = i + 1 < walks.size() ? picture(walks[i + 1], ground) : std::vector<std::string>(first.size());
    for (std::size_t row = 0; row < first.size(); ++row)
      fmt::print("  {}\n", without_end(first[row] + "    " + second[row]));
    fmt::print("\n");
  }
}

void write_page(const std::string& file, const std::vector<Walk>& walks, const inspect::Landscape& ground) {
  std::vector<inspect::DrawnWalk> drawn;
  for (const Walk& walk : walks)
    drawn.push_back(
        {fmt::format("Rate {}: {}", walk.rate, name(walk.foretold.pace)),
         {fmt::format("contraction foretold {:.4f}, seen {:.4f}", walk.foretold.contraction, walk.seen.contraction),
          fmt::format("after {} steps: loss {:.6g}, {}", walk.result.steps, end_of(walk).value,
                      name(walk.result.reason))},
         walk.result.path});
  const std::string page = inspect::landscape_page(
      "Four learning rates on one loss",
      fmt::format("The sum of squared residuals of a line b + m x through three points, its height lines, and gradient "
                  "descent from ({}, {}): ● is the start, ○ the end. Beyond the rate {:.5f}, every step lands higher "
                  "than the last.",
                  start[0], start[1], walks[0].foretold.largest_stable_rate),
      ground, drawn);
  inspect::write(file, page);
}

bool went_as_foretold(const Walk& walk) {
  return walk.seen.pace == walk.foretold.pace && std::abs(walk.seen.contraction / walk.foretold.contraction - 1) < 1e-3;
}

int run(const std::vector<double>& rates, std::size_t steps, const std::string& file) {
  std::vector<Walk> walks;
  for (const double rate : rates) {
    Walk walk{rate, downhill::diagnose(loss, start, rate), {}, {}};
    walk.result = downhill::minimize(loss, start, downhill::GradientDescent{.learning_rate = rate},
                                     {.gradient_norm = 1e-10, .steps = steps}, downhill::Keep::path);
    walk.seen = downhill::diagnose(walk.result.path);
    walks.push_back(std::move(walk));
  }
  auto ground =
      inspect::sample_landscape([](double b, double m) { return loss(std::array{b, m}); }, wide_b, wide_m, 85, 65);
  ground.x_name = "b", ground.y_name = "m";
  explain(walks[0].foretold);
  show_table(walks);
  show_pictures(walks, ground);
  write_page(file, walks, ground);
  fmt::print("The same on a page: open {} in a browser.\n", file);
  // It takes steps until the slowest direction alone is left to be seen, and at the edge of a pace both are true.
  const bool is_certain = rates == default_rates && steps >= default_steps;
  return !is_certain || std::ranges::all_of(walks, went_as_foretold) ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app{"What learning rates do to a line through three points: foretold, and seen.", "learning_rate"};
  std::vector<double> rates;
  std::size_t steps = default_steps;
  std::string file = "learning_rate.html";
  app.add_option("rates", rates, "learning rates (default: 0.001 0.03 0.06 0.1)")->type_name("R");
  app.add_option("--steps", steps, "steps of each walk (default: 400)")
      ->type_name("N")
      ->check(CLI::Range(2, 1'000'000));
  app.add_option("--html", file, "where to write the page (default: learning_rate.html)")->type_name("FILE");
  return run_program(app, count, arguments, [&] {
    if (rates.empty()) rates = default_rates;
    return run(rates, steps, file);
  });
}
