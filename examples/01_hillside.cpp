// The smallest hill there is: C(w) = w², with its bottom at w = 0. We start at w = 5 and walk downhill with four
// learning rates: one that arrives, one far too small, one that bounces from side to side, and one that climbs out of
// the bowl.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>

#include "terminal_plot.hpp"

namespace {

constexpr double start = 5;

struct Walk {
  std::string verb;
  double learning_rate;
  double edge;  // how far from the bottom the picture reaches
  downhill::Result result = {};
};

downhill::Result walk_downhill(double learning_rate) {
  const auto bowl = [](auto w) { return w[0] * w[0]; };
  return downhill::minimize(bowl, {start}, downhill::GradientDescent{.learning_rate = learning_rate}, {},
                            downhill::Keep::path);
}

void show_first_steps(const Walk& walk) {
  fmt::print("By hand, with the learning rate {}:\n\n", walk.learning_rate);
  fmt::print(" step        w    C = w²   slope     w - learning rate * slope = new w\n");
  for (std::size_t step = 0; step < 4; ++step) {
    const auto& [point, value, slope] = walk.result.path[step];
    fmt::print("{:>5} {:>8.4f} {:>9.4f} {:>7.4f}     {:.4f} - {} * {:>7.4f} = {:.4f}\n", step, point[0], value,
               slope[0], point[0], walk.learning_rate, slope[0], walk.result.path[step + 1].point[0]);
  }
}

void show_side_by_side(const std::vector<Walk>& walks) {
  const auto line = [&](std::string_view head, auto&& cell) {
    std::string text = fmt::format("{:<8}", head);
    for (const Walk& walk : walks) text += fmt::format(" {:>17}", cell(walk));
    fmt::print("{}\n", text);
  };
  line("", [](const Walk& walk) { return walk.verb; });
  line("rate", [](const Walk& walk) { return fmt::format("{}", walk.learning_rate); });
  line("factor", [](const Walk& walk) { return fmt::format("{:g}", 1 - 2 * walk.learning_rate); });
  line("", [](const Walk&) { return fmt::format("{:>7}{:>10}", "w", "C"); });
  for (const std::size_t step : {0u, 1u, 2u, 3u, 4u, 5u, 10u, 20u, 40u})
    line(fmt::format("step {:>3}", step), [step](const Walk& walk) {
      const downhill::Iterate& at = walk.result.path[step];
      return fmt::format("{:>7.2f}{:>10.2f}", at.point[0], at.value);
    });
}

// The bowl, and on it the numbers of the first ten steps, each where it landed.
std::vector<std::string> picture(const Walk& walk) {
  constexpr std::size_t width = 37, height = 10;
  const double rim = walk.edge * walk.edge;
  Canvas canvas(width, height, {-walk.edge, walk.edge}, {0, rim});
  for (int i = 0; i <= 400; ++i) {
    const double w = walk.edge * (i / 200.0 - 1);
    canvas.put(w, w * w, "·");
  }
  for (std::size_t step = 10; step-- > 0;) {  // the earliest is drawn last and stays on top
    const double w = walk.result.path[step].point[0];
    canvas.put(w, w * w, std::to_string(step));
  }
  std::vector<std::string> lines{fmt::format("{:<{}}", fmt::format("{}: {}", walk.learning_rate, walk.verb), width)};
  for (std::size_t row = 0; row < height; ++row) lines.push_back(canvas.row(row));
  std::string axis(width, ' ');
  axis.replace(0, 2, fmt::format("{:g}", -walk.edge));
  axis.replace(width / 2, 1, "0");
  axis.replace(width - 1, 1, fmt::format("{:g}", walk.edge));
  lines.push_back(axis);
  return lines;
}

void show_pictures(const std::vector<Walk>& walks) {
  for (std::size_t pair = 0; pair < walks.size(); pair += 2) {
    const std::vector<std::string> left = picture(walks[pair]), right = picture(walks[pair + 1]);
    for (std::size_t row = 0; row < left.size(); ++row) fmt::print("  {}    {}\n", left[row], without_end(right[row]));
    fmt::print("\n");
  }
}

// A step multiplies w by 1 - 2 * rate: is that what all of them did?
bool went_as_foretold(const Walk& walk) {
  double w = start;
  for (const downhill::Iterate& iterate : walk.result.path) {
    if (!(std::abs(iterate.point[0] - w) <= 1e-9 * std::abs(w)) && std::isfinite(iterate.value)) return false;
    w *= 1 - 2 * walk.learning_rate;
  }
  return walk.result.path.size() > 40;
}

}  // namespace

int main() {
  std::vector<Walk> walks{{"crawls", 0.0001, 6}, {"arrives", 0.1, 6}, {"bounces", 0.9, 6}, {"diverges", 1.05, 9}};
  for (Walk& walk : walks) walk.result = walk_downhill(walk.learning_rate);

  fmt::print(
      "A hill with one parameter: the bowl C(w) = w². Its bottom is at w = 0, and we\n"
      "start at w = {}. The tape records w * w and sweeps it backwards: that gives the\n"
      "slope, 2 w. It points uphill, so a step goes the other way:\n\n"
      "  new w = w - learning rate * slope\n\n",
      start);
  show_first_steps(walks[1]);
  fmt::print("\nNow four learning rates. A step multiplies w by the factor 1 - 2 * rate.\n\n");
  show_side_by_side(walks);
  fmt::print("\nThe path on the bowl. A digit is the number of the first step that landed there.\n\n");
  show_pictures(walks);
  fmt::print("  {:<17} {:>6}  {:>12}   why it stopped\n", "rate", "steps", "w at the end");
  for (const Walk& walk : walks) {
    const bool burst = walk.result.reason == downhill::StopReason::not_finite;
    const downhill::Iterate& end = walk.result.path[walk.result.path.size() - (burst ? 2 : 1)];
    fmt::print("  {:<6} {:<10} {:>6}  {:>12.2g}   {}\n", walk.learning_rate, walk.verb, walk.result.steps, end.point[0],
               name(walk.result.reason));
  }
  fmt::print("\nAny rate between 0 and 1 arrives; beyond 1 each step lands higher than the last.\n");
  return std::ranges::all_of(walks, went_as_foretold) ? 0 : 1;
}
