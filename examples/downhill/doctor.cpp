// downhill doctor: what a learning rate will do near a point, before it does it.

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <optional>
#include <string>

#include <autodiff/descent/diagnosis.hpp>
#include <autodiff/descent/walk.hpp>

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

bool is_bowl(const downhill::Diagnosis& d) {
  return d.curvature.largest > 0 && d.pace != downhill::Pace::leaves && d.curvature.smallest > -d.curvature.error;
}

// Does gradient descent arrive, where the ground stays as it is? To rounding, a rate at the limit does not.
bool arrives(const downhill::Diagnosis& d) {
  return is_bowl(d) && d.learning_rate < (1 - 1e-9) * d.largest_stable_rate;
}

std::string suggestion(const FormulaAtPoint& f, const downhill::Diagnosis& d) {
  if (is_bowl(d)) return fmt::format("--learning-rate {:.2g}", d.best_rate);
  const downhill::RangeTest test = downhill::learning_rate_range_test(f, f.point());
  if (test.survived && test.lowest >= test.samples.back().learning_rate)
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
  if (!std::isfinite(value) || !std::isfinite(steepness))
    throw NotReached("the value or the gradient is not finite there, so the ground has no shape");

  const downhill::Curvature curvature = downhill::curvature(f, f.point());
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
  if (options.learning_rate) fmt::print("{}\n", wrapped(fmt::format("Verdict: {}.", d.why)));
  fmt::print("{}\n", wrapped(fmt::format("Suggestion: {}.", suggestion(f, d))));
  if (options.learning_rate && !arrives(d))
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
      "Exit code 0: gradient descent with this rate converges, if the ground stays as it is at the\n"
      "point; 1: it does not; 2: something is wrong with what was given.\n\n"
      "Example: downhill doctor \"x^2 + 10*y^2\" x=1 y=1 --learning-rate 0.05");
  command.callback([options] { run(*options); });
}
