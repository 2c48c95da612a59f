#include <autodiff/descent/minimize.hpp>

#include <fmt/format.h>

#include <Eigen/Core>

#include <cmath>

#include <autodiff/error.hpp>

namespace downhill {

std::string_view name(StopReason reason) {
  switch (reason) {
    case StopReason::flat_gradient: return "flat_gradient";
    case StopReason::value_settled: return "value_settled";
    case StopReason::target_value: return "target_value";
    case StopReason::step_limit: return "step_limit";
    case StopReason::not_finite: return "not_finite";
  }
  return "unknown";
}

namespace descent {

void demand_sound(std::span<const double> start, const GradientDescent& method, const Stop& stop) {
  if (start.empty()) throw ShapeError("minimize: the start is empty; it needs one number for each parameter");
  for (std::size_t i = 0; i < start.size(); ++i)
    if (!std::isfinite(start[i]))
      throw OptionError(fmt::format("minimize: start[{}] is {}; start from finite numbers", i, start[i]));
  if (!(method.learning_rate > 0) || !std::isfinite(method.learning_rate))
    throw OptionError(
        fmt::format("minimize: the learning rate is {}; it must be positive and finite", method.learning_rate));
  if (std::isnan(stop.gradient_norm) || std::isnan(stop.value_change) || std::isnan(stop.target_value))
    throw OptionError("minimize: a stop condition is NaN; it would never hold");
}

double euclidean_norm(std::span<const double> x) {
  return Eigen::Map<const Eigen::VectorXd>(x.data(), static_cast<Eigen::Index>(x.size())).stableNorm();
}

bool has_ended(const Walk& walk, const GradientDescent& method, const Stop& stop, Result& result) {
  const auto end = [&](StopReason reason, std::string why) {
    result.reason = reason;
    result.why = std::move(why);
    return true;
  };
  if (!std::isfinite(walk.value) || !std::isfinite(walk.gradient_norm)) {
    const bool of_value = !std::isfinite(walk.value);
    return end(StopReason::not_finite,
               walk.steps == 0
                   ? fmt::format("the {} is {} at the start", of_value ? "value" : "gradient's norm",
                                 of_value ? walk.value : walk.gradient_norm)
                   : fmt::format("the {} became {} at step {}; the learning rate {} is probably too large",
                                 of_value ? "value" : "gradient's norm", of_value ? walk.value : walk.gradient_norm,
                                 walk.steps, method.learning_rate));
  }
  if (walk.gradient_norm <= stop.gradient_norm)
    return end(StopReason::flat_gradient,
               fmt::format("the gradient is flat: |g| = {:.2g} <= {:.2g}", walk.gradient_norm, stop.gradient_norm));
  if (walk.value <= stop.target_value)
    return end(StopReason::target_value,
               fmt::format("the value reached its target: {:.6g} <= {:.6g}", walk.value, stop.target_value));
  const double change = std::abs(walk.value - walk.previous_value);
  if (walk.steps > 0 && change <= stop.value_change)
    return end(StopReason::value_settled,
               fmt::format("the value has settled: it changed by {:.2g} <= {:.2g} in the last step", change,
                           stop.value_change));
  if (walk.steps >= stop.steps)
    return end(StopReason::step_limit, fmt::format("{} steps were taken, the limit; |g| = {:.2g} is not yet flat",
                                                   walk.steps, walk.gradient_norm));
  return false;
}

}  // namespace descent
}  // namespace downhill
