#pragma once
/// \file
/// What a walk is told (when to stop), what it tells on the way, and what it returns.

#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace downhill {

struct Progress;

/// Patience runs out after `steps` observations in a row of which none was lower than the least before by more than
/// `minimum_change`. With 0 steps it never runs out.
struct Patience {
  std::size_t steps = 0;
  double minimum_change = 0;
};

/// When to stop. The first condition that holds ends the walk.
///
/// By default, the ground is flat where |g| <= precision min(1, the largest |g| so far), so that a small value does not
/// look flat from the start; or, where the value is not near 0, by ratios that depend neither on its unit nor on those
/// of the parameters, where for every parameter
///
///     |g_i| max(|x_i|, 1e-8 |x_i - start_i|) <= precision |f|    (Dennis and Schnabel, "Numerical Methods for
///     |step_i| <= precision max(|x_i|, 1e-8 |x_i - start_i|)      Unconstrained Optimization" (1983), section 7.2)
///
/// The step is that which is left to the bottom, -g divided by the least curvature s'y / s's along recent steps s, over
/// which the gradient changed by y. What is exactly 0 is always flat. A `gradient_norm` replaces these rules by a bound
/// in the units of the problem.
struct Stop {
  /// At or below this Euclidean norm of the gradient; 0: only where it is exactly flat. Not given: see above.
  std::optional<double> gradient_norm = std::nullopt;
  double precision = 1e-8;   ///< of the rules above, which hold without a gradient_norm
  double step_length = -1;   ///< at or below this |step|; negative: never
  double value_change = -1;  ///< at or below this |change of the value| in one step; negative: never
  double target_value = -std::numeric_limits<double>::infinity();              ///< at or below this value
  std::size_t steps = 10'000;                                                  ///< after so many steps
  std::size_t evaluations = std::numeric_limits<std::size_t>::max();           ///< after so many evaluations
  double seconds = std::numeric_limits<double>::infinity();                    ///< after so much wall time
  std::function<bool(const Progress&)> when = {};                              ///< as soon as this is true
  Patience patience = {};                                                      ///< when it has run out, with
  std::function<double(std::span<const double> point)> validation_value = {};  ///< this, or else the value itself
};

/// Why a walk ended. Only flat_gradient says that this is the bottom, and no_descent where `Result::why` does.
enum class StopReason {
  flat_gradient,  ///< the gradient is flat, see Stop
  short_step,     ///< |step| <= Stop::step_length
  value_settled,  ///< |change of the value| <= Stop::value_change
  target_value,   ///< value <= Stop::target_value
  no_descent,     ///< no lower point was found: the bottom, to rounding, or nothing but NaN and infinity around
  no_progress,  ///< no lower point was found, though the gradient promises one, or the walk ended on a plateau that is
                ///< higher than where it had been: the result is not known to be the bottom
  unbounded,    ///< the value falls without bound
  step_limit,   ///< Stop::steps steps were taken
  evaluation_limit,  ///< Stop::evaluations evaluations were made
  time_limit,        ///< Stop::seconds have passed
  condition,         ///< Stop::when was true
  patience_ran_out,  ///< Stop::patience
  observer,          ///< an observer asked for it
  not_finite,        ///< the value or the gradient became NaN or infinite
  exception,         ///< the objective or an observer threw; Result::exception is what
};

/// The name of a reason, as it stands in the code: "flat_gradient".
std::string_view name(StopReason reason);

/// What a walk keeps for its result: give Keep::path to `minimize` like an observer.
enum class Keep { result, path };

/// A point that a walk came to, and what the objective says of it.
struct Iterate {
  std::vector<double> point;
  double value = 0;
  std::vector<double> gradient = {};
};

/// Where a walk led: the lowest place that it visited, of those with equal values the one with the least gradient, and
/// never one where something is NaN or infinite, unless the start is. Where the walk ended on flat ground, another
/// place must be lower by more than rounding. (Of an objective that is noisy, such as MiniBatches, values at different
/// places cannot be compared: there it is the last place where all was well.)
struct Result {
  std::vector<double> point;
  double value = 0;
  double gradient_norm = 0;     ///< Euclidean; with bounds, that of the projected gradient
  std::size_t steps = 0;        ///< steps taken, the one that failed included
  std::size_t found_at = 0;     ///< the number of the step that led to `point`; 0: it is the start
  std::size_t evaluations = 0;  ///< of the value and the gradient, or of the residuals, or of their Jacobian
  double seconds = 0;           ///< wall time
  StopReason reason = StopReason::step_limit;
  std::string why;                    ///< one sentence: "the gradient is flat: |g| = 3.1e-09 <= 1e-08"
  std::exception_ptr exception = {};  ///< what was thrown, for StopReason::exception
  std::vector<Iterate> path;          ///< with Keep::path: the start, and where each step led
};

/// What an observer is told: at the start, after every step, and once more when the walk has ended.
struct Progress {
  std::size_t steps;
  std::span<const double> point;
  double value;
  std::span<const double> gradient;
  double gradient_norm;
  double learning_rate;  ///< of the step that led here: the rate, or the step length of a line search; NaN if none
  std::size_t evaluations;
  double seconds;
  const Stop& stop;
  std::optional<StopReason> ended;  ///< set in the last call
  std::string_view why;             ///< likewise
};

}  // namespace downhill
