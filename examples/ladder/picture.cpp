// The ladder as a picture: the time of a step and of a gradient by finite differences, and beyond the last rung what
// they would be at 10^12 parameters.

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include <autodiff/inspect.hpp>
#include <autodiff/text/counted.hpp>

#include "ladder.hpp"

namespace ladder {
namespace {

using namespace downhill;
using inspect::Growth;

constexpr double beyond = 1e12;
constexpr double enough_to_extrapolate = 1e5;  // parameters: with fewer, overhead decides

const Measured* largest_climbed(const std::vector<Measured>& rungs) {
  const Measured* largest = nullptr;
  for (const Measured& rung : rungs)
    if (rung.is_climbed()) largest = &rung;
  return largest;
}

// Proportional to the parameters from the largest rung on, and losses as many as there are parameters.
std::vector<Growth> growths(const std::vector<Measured>& rungs) {
  Growth step{"gradient and step"}, differences{"finite differences"};
  for (const Measured& rung : rungs) {
    if (!rung.is_climbed()) continue;
    const auto parameters = static_cast<double>(rung.rung.parameters);
    step.points.push_back({parameters, rung.seconds_gradient});
    differences.points.push_back({parameters, rung.seconds_differences, rung.differences_are_measured});
  }
  const Measured* const last = largest_climbed(rungs);
  if (last != nullptr && static_cast<double>(last->rung.parameters) >= enough_to_extrapolate) {
    const double times = beyond / static_cast<double>(last->rung.parameters);
    step.points.push_back({beyond, times * last->seconds_gradient, false});
    differences.points.push_back({beyond, beyond * times * last->seconds_function, false});
  }
  return {step, differences};
}

inspect::Figure with_lines(inspect::Figure figure, const std::vector<Measured>& rungs, const Machine& machine,
                           std::size_t threads) {
  const Measured* const last = largest_climbed(rungs);
  if (last == nullptr)
    figure.lines.push_back("no rung was climbed");
  else
    figure.lines.push_back(fmt::format("{} parameters: {} a step; {} by finite differences, n + 1 losses",
                                       inspect::size_text(static_cast<double>(last->rung.parameters)),
                                       inspect::duration_text(last->seconds_gradient),
                                       inspect::duration_text(last->seconds_differences)));
  for (const Measured& rung : rungs)
    if (!rung.is_climbed())
      figure.lines.push_back(fmt::format("{} parameters: {}",
                                         inspect::size_text(static_cast<double>(rung.rung.parameters)), rung.refusal));
  figure.lines.push_back(
      "Hollow and dashed: n + 1 times one loss where that takes more than a second, and 10¹² parameters in "
      "proportion to the largest rung.");
  figure.lines.push_back(fmt::format("Float, {}: a product of matrices has {:.0f} GFLOP/s, the triad {:.1f} GB/s.",
                                     counted(threads, "thread"), machine.operations / 1e9, machine.bytes / 1e9));
  return figure;
}

inspect::Figure times_figure(const std::vector<Measured>& rungs, const Machine& machine, std::size_t threads,
                             double width, double height) {
  return with_lines(
      inspect::growth(
          growths(rungs),
          {.title = "Parameters, and the time of a gradient", .size = "parameters", .width = width, .height = height}),
      rungs, machine, threads);
}

// The steps once more, beside what counting them says.
inspect::Figure predictions_figure(const std::vector<Measured>& rungs, double width, double height) {
  Growth measured{"measured"}, expected{"predicted"};
  std::vector<std::string> lines;
  for (const Measured& rung : rungs) {
    if (!rung.is_climbed()) continue;
    const auto parameters = static_cast<double>(rung.rung.parameters);
    measured.points.push_back({parameters, rung.seconds_gradient});
    expected.points.push_back({parameters, rung.predicted_gradient(), false});
    lines.push_back(fmt::format("{}: {}, predicted {}", inspect::size_text(parameters),
                                inspect::duration_text(rung.seconds_gradient),
                                inspect::duration_text(rung.predicted_gradient())));
  }
  inspect::Figure figure =
      inspect::growth(std::array{measured, expected}, {.title = "A step, predicted by counting operations and bytes",
                                                       .size = "parameters",
                                                       .guess = "predicted",
                                                       .width = width,
                                                       .height = height});
  figure.lines = lines;
  return figure;
}

}  // namespace

std::string svg_of(const std::vector<Measured>& rungs, const Machine& machine, std::size_t threads) {
  return inspect::svg(times_figure(rungs, machine, threads, 760, 430));
}

std::string page_of(const std::vector<Measured>& rungs, const Machine& machine, std::size_t threads) {
  constexpr double width = 480, height = 430;  // as wide as a phone can show with letters that can be read
  return inspect::page(
      "The ladder", "One procedure of descent, from a line with two parameters to a network that fills the memory.",
      std::array{times_figure(rungs, machine, threads, width, height), predictions_figure(rungs, width, height)});
}

}  // namespace ladder
