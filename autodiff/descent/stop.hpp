#pragma once
/// \file
/// When a walk or a training ends, and the reasons.

#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace downhill {

struct Progress;

/// Patience runs out after `rounds` rounds in a row, steps of a walk or epochs of a training, in none of which the
/// value was lower than the least before by more than `minimum_change`. With 0 rounds it never runs out.
struct Patience {
  std::size_t rounds = 0;
  double minimum_change = 0;
};

/// Notices when patience has run out.
class PatienceCounter {
 public:
  /// What has to be saved to go on.
  struct State {
    double least = std::numeric_limits<double>::infinity();  ///< without changes too small to count
    std::size_t waited = 0;                                  ///< rounds since
  };
  explicit PatienceCounter(const Patience& patience) : patience_(patience) {}
  /// Has patience run out, now that `value` was seen?
  bool runs_out(double value) {
    if (value < state_.least - patience_.minimum_change) {
      state_ = {value, 0};
      return false;
    }
    return ++state_.waited >= patience_.rounds && patience_.rounds > 0;
  }
  /// Why it has: "the value has not come below 0.048 for 4 steps", of a value and of rounds called so.
  std::string why(std::string_view value, std::string_view round) const;
  double least() const { return state_.least; }
  const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

 private:
  Patience patience_;
  State state_;
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

}  // namespace downhill
