// downhill doctor: what a learning rate will do near a point, before it does it.

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <autodiff/descent/diagnosis.hpp>
#include <autodiff/descent/minimize.hpp>
#include <autodiff/descent/walk.hpp>
#include <autodiff/text/counted.hpp>

#include "command.hpp"
#include "formula_at_point.hpp"

namespace {

struct Options {
  FormulaArguments formula;
  std::optional<double> learning_rate;
};

void show(std::string_view what, double value, std::string_view why = "") {
  fmt::print("  {:<24}{:>12.6g}{}{}\n", what, unsigned_nan(value) + 0.0, why.empty() ? "" : "   ", why);
}

bool is_bowl(const downhill::Diagnosis& d) { return d.curvature.largest > 0 && !d.curvature.falls(); }

// What real steps did, and whether they lead downhill for good.
struct Tried {
  std::string text;
  bool leads_down = false;
};
Tried tried(const FormulaAtPoint& f, const downhill::Diagnosis& d) {
  constexpr std::size_t most = 1000;
  const downhill::Result walk = minimize(f, f.point(), {.learning_rate = d.learning_rate},
                                         {.gradient_norm = 1e-8, .steps = most}, downhill::Keep::path);
  const double first = walk.path.front().value, last = walk.path.back().value;
  if (walk.steps == 0) return {"none is taken, as the gradient is flat there", is_bowl(d)};
  const std::string way = fmt::format("in {}, f went from {:.4g} to {:.4g}", downhill::counted(walk.steps, "step"),
                                      first, unsigned_nan(last));
  if (!std::isfinite(last)) return {way + ": it diverges", false};
  if (walk.reason == downhill::StopReason::flat_gradient) {
    if (downhill::curvature(f, walk.point).falls())
      return {way + ", where the gradient is flat, but the ground falls away on both sides: a saddle or a top", false};
    return {way + ", where the gradient is flat", last <= first};
  }
  if (walk.path.size() < 3) return {way, last <= first};
  const downhill::PathDiagnosis path = diagnose(std::span<const downhill::Iterate>(walk.path));
  const bool is_wrong = path.pace == downhill::Pace::diverges || path.pace == downhill::Pace::leaves || path.is_stuck;
  return {fmt::format("{}; {}", way, path.why), last < first && !is_wrong};
}

// The best rate by real steps. Tried are a rate far above the best one of the quadratic, its halves, and the rate that
// was given; the best is that which arrives first, or comes lowest.
struct BestRate {
  double rate = 0;
  bool arrives = false;
  std::size_t steps = 0;
  double value = std::numeric_limits<double>::infinity();
};
BestRate best_of_real_steps(const FormulaAtPoint& f, double best_of_quadratic, std::optional<double> given) {
  constexpr std::size_t most = 300;
  constexpr int doublings = 4, halvings = 40;
  std::vector<double> rates;
  for (int k = 0; k <= halvings; ++k) rates.push_back(std::ldexp(best_of_quadratic, -k));
  for (int k = 1; k <= doublings; ++k) rates.push_back(std::ldexp(best_of_quadratic, k));
  if (given) rates.push_back(*given);
  BestRate best;
  const double first = f(f.point());
  for (const double rate : rates) {
    const downhill::Result walk =
        minimize(f, f.point(), {.learning_rate = rate}, {.gradient_norm = 1e-8, .steps = most}, downhill::Keep::path);
    const double last = walk.path.back().value;
    if (!std::isfinite(last) || last > first) continue;
    const bool arrives = walk.reason == downhill::StopReason::flat_gradient;
    if (arrives != best.arrives ? arrives : arrives ? walk.steps < best.steps : last < best.value)
      best = {rate, arrives, walk.steps, last};
  }
  return best;
}

std::string suggestion(const FormulaAtPoint& f, const downhill::Diagnosis& d, std::optional<double> given) {
  if (is_bowl(d)) {
    const BestRate best = best_of_real_steps(f, d.best_rate, given);
    if (!(best.rate > 0)) return "none; no rate led downhill in real steps";
    const std::string rate = fmt::format("--learning-rate {:.2g}", best.rate);
    if (best.rate == d.best_rate) return rate;
    return fmt::format("{}. Of many rates it came lowest in real steps; the quadratic's best is {:.2g}", rate,
                       d.best_rate);
  }
  const downhill::RangeTest test = downhill::learning_rate_range_test(f, f.point());
  if (test.survived && test.lowest >= test.trials.back().learning_rate)
    return fmt::format("none; the value fell with every rate up to {:.2g}: there may be no bottom", test.lowest);
  if (!(test.suggested > 0)) return "none; the value fell with no rate";
  return fmt::format(
      "--learning-rate {:.2g}. With a rate that grew from step to step, the value was lowest at {:.2g}. A method that "
      "searches for its step, such as bfgs, needs no rate",
      test.suggested, test.lowest);
}

void run(const Options& options) {
  const FormulaAtPoint f(options.formula);
  const auto [value, gradient] = downhill::value_and_gradient(f, f.point());
  const double steepness = downhill::euclidean_norm(gradient);
  fmt::print("{}\n\n", f.text());
  show("value", value);
  show("|gradient|", steepness);
  if (!std::isfinite(value)) throw NotReached("the value is not finite there, so the ground has no shape");
  for (std::size_t i = 0; i < gradient.size(); ++i)
    if (!std::isfinite(gradient[i]))
      throw NotReached(fmt::format("the slope along {} is {} there, so no rate is right; look beside it", f.names()[i],
                                   unsigned_nan(gradient[i])));

  const downhill::Curvature curvature = downhill::curvature(f, f.point());
  if (!curvature.is_finite())
    throw NotReached(
        "the ground has a kink there, or bends without bounds: its second derivatives tend to no common limit from all "
        "sides, so it has no curvature that could tell of a rate; look beside it");
  const downhill::Diagnosis d = diagnose(curvature, options.learning_rate.value_or(1));
  show("largest curvature", curvature.largest);
  show("smallest curvature", curvature.smallest, is_bowl(d) ? "" : "this is no bowl");
  if (is_bowl(d)) {
    show("condition number", d.condition_number, "largest / smallest");
    show("largest stable rate", d.largest_stable_rate, "2 / largest: beyond it every step lands higher");
    show("best rate", d.best_rate, "2 / (smallest + largest)");
    show("best contraction", d.best_contraction, "what a step with the best rate leaves of the distance");
  } else if (curvature.largest > 0) {
    show("largest stable rate", d.largest_stable_rate, "2 / largest: beyond it every step lands higher");
  }
  fmt::print("\nAt this point. Where the formula is more than a quadratic, its ground changes on the way.\n\n");
  if (!options.learning_rate) return fmt::print("{}\n", wrapped(fmt::format("Suggestion: {}.", suggestion(f, d, {}))));
  const Tried real = tried(f, d);
  fmt::print("{}\n", wrapped(fmt::format("Verdict of the quadratic that fits here: {}.", d.why)));
  fmt::print("{}\n", wrapped(fmt::format("Verdict of real steps from here: {}.", real.text)));
  fmt::print("{}\n", wrapped(fmt::format("Suggestion: {}.", suggestion(f, d, options.learning_rate))));
  if (!real.leads_down)
    throw NotReached(fmt::format("gradient descent with {:.6g} does not converge from there", *options.learning_rate));
}

}  // namespace

void add_doctor(CLI::App& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *program.add_subcommand("doctor", "what a learning rate will do, before it does it");
  add_formula(command, options->formula);
  command.add_option("--learning-rate", options->learning_rate, "the one to judge (without it: what would be best)")
      ->type_name("R")
      ->check(positive_number());
  command.footer(
      "Exit code 0: real steps with this rate (up to 1000) lead downhill; 1: they do not, or value,\n"
      "slope or curvature are not finite there; 2: something is wrong with what was given.\n\n"
      "Example: downhill doctor \"x^2 + 10*y^2\" x=1 y=1 --learning-rate 0.05");
  command.callback([options] { run(*options); });
}
