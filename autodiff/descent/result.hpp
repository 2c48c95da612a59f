#pragma once
// What a walk is told (when to stop), what it tells on the way, and what it returns.

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

/// Out of patience: `steps` observations in a row, none of which was lower than the least before by more than
/// `minimum_change`. 0 steps: patient for ever.
struct Patience {
  std::size_t steps = 0;
  double minimum_change = 0;
};

/// When to stop. The first condition that holds ends the walk.
struct Stop {
  double gradient_norm = 1e-8;  ///< at or below this Euclidean norm of the gradient; 0: only where it is exactly flat
  double step_length = -1;      ///< at or below this |step|; negative: never
  double value_change = -1;     ///< at or below this |change of the value| in one step; negative: never
  double target_value = -std::numeric_limits<double>::infinity();              ///< at or below this value
  std::size_t steps = 10'000;                                                  ///< after so many steps
  std::size_t evaluations = std::numeric_limits<std::size_t>::max();           ///< after so many evaluations
  double seconds = std::numeric_limits<double>::infinity();                    ///< after so much wall time
  std::function<bool(const Progress&)> when = {};                              ///< as soon as this is true
  Patience patience = {};                                                      ///< when it has run out, with
  std::function<double(std::span<const double> point)> validation_value = {};  ///< this, or else the value itself
};

/// Why a walk ended.
enum class StopReason {
  flat_gradient,     ///< |gradient| <= Stop::gradient_norm
  short_step,        ///< |step| <= Stop::step_length
  value_settled,     ///< |change of the value| <= Stop::value_change
  target_value,      ///< value <= Stop::target_value
  no_descent,        ///< the method found no lower point along its direction: the bottom, to rounding
  step_limit,        ///< Stop::steps steps were taken
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

/// What to remember on the way: give Keep::path to `minimize` like an observer.
enum class Keep { result, path };

/// One place on the path, and what was found there.
struct Step {
  std::vector<double> point;
  double value;
  std::vector<double> gradient;
};

/// Where a walk ended. If the value became NaN or infinite, or something threw, this is the last place where all was
/// well.
struct Result {
  std::vector<double> point;
  double value = 0;
  double gradient_norm = 0;     ///< Euclidean; with bounds, that of the projected gradient
  std::size_t steps = 0;        ///< steps taken, the one that failed included
  std::size_t evaluations = 0;  ///< of the value and the gradient, or of the residuals, or of their Jacobian
  double seconds = 0;           ///< wall time
  StopReason reason = StopReason::step_limit;
  std::string why;                    ///< one sentence: "the gradient is flat: |g| = 3.1e-09 <= 1e-08"
  std::exception_ptr exception = {};  ///< what was thrown, for StopReason::exception
  std::vector<Step> path;             ///< with Keep::path: start, every step's place, and the end
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
