#pragma once
// Walking downhill: new = old - learning_rate * gradient, again and again, until the ground is flat.

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <autodiff/descent/objective.hpp>

namespace downhill {

/// x <- x - learning_rate * gradient. Cauchy, "Méthode générale pour la résolution des systèmes d'équations
/// simultanées", Comptes Rendus 25 (1847).
struct GradientDescent {
  double learning_rate = 0.1;

  void step(std::span<double> point, std::span<const double> gradient) const {
    for (std::size_t i = 0; i < point.size(); ++i) point[i] -= learning_rate * gradient[i];
  }
};

/// When to stop. The first condition that holds ends the walk.
struct Stop {
  double gradient_norm = 1e-8;  ///< at or below this Euclidean norm of the gradient; 0: only where it is exactly flat
  double value_change = -1;     ///< at or below this |change of the value| in one step; negative: never
  double target_value = -std::numeric_limits<double>::infinity();  ///< at or below this value
  std::size_t steps = 10'000;                                      ///< after so many steps
};

/// Why a walk ended.
enum class StopReason {
  flat_gradient,  ///< |gradient| <= Stop::gradient_norm
  value_settled,  ///< |change of the value| <= Stop::value_change
  target_value,   ///< value <= Stop::target_value
  step_limit,     ///< Stop::steps steps were taken
  not_finite,     ///< the value or the gradient became NaN or infinite
};

/// The name of a reason, as it stands in the code: "flat_gradient".
std::string_view name(StopReason reason);

/// What to remember on the way.
enum class Keep { result, path };

/// One place on the path, and what was found there.
struct Step {
  std::vector<double> point;
  double value;
  std::vector<double> gradient;
};

/// Where a walk ended. If the value became NaN or infinite, this is the last place where all was finite.
struct Result {
  std::vector<double> point;
  double value = 0;
  double gradient_norm = 0;
  std::size_t steps = 0;  ///< steps taken, the one that failed included
  StopReason reason = StopReason::step_limit;
  std::string why;         ///< one sentence: "the gradient is flat: |g| = 3.1e-09 <= 1e-08"
  std::vector<Step> path;  ///< with Keep::path: start, every step's place, and the end
};

namespace descent {

// The parts of `minimize` that do not depend on the objective.
void demand_sound(std::span<const double> start, const GradientDescent& method, const Stop& stop);
double euclidean_norm(std::span<const double> x);
struct Walk {
  std::size_t steps;
  double value, previous_value, gradient_norm;
};
/// Should the walk end here? If so, sets the reason and the sentence.
bool has_ended(const Walk& walk, const GradientDescent& method, const Stop& stop, Result& result);

}  // namespace descent

/// Walks downhill from `start`. The objective is called with a span of numbers (Vars here) and returns one; it may be
/// generic over the number type. Throws OptionError for a learning rate that is not positive and finite, or a start
/// that is not finite, and ShapeError for an empty start; what the objective throws passes through.
template <TapeFunction F>
Result minimize(F&& objective, std::vector<double> start, const GradientDescent& method, const Stop& stop = {},
                Keep keep = Keep::result) {
  descent::demand_sound(start, method, stop);
  TapeObjective<std::decay_t<F>> evaluate(std::forward<F>(objective));
  Result result;
  result.point = start;
  std::vector<double> point = std::move(start), gradient(point.size());
  for (descent::Walk walk{0, 0, std::numeric_limits<double>::infinity(), 0};; ++walk.steps) {
    walk.value = evaluate(point, gradient);
    walk.gradient_norm = descent::euclidean_norm(gradient);
    if (keep == Keep::path) result.path.push_back({point, walk.value, gradient});
    const bool ended = descent::has_ended(walk, method, stop, result);
    result.steps = walk.steps;
    if (ended && result.reason == StopReason::not_finite && walk.steps > 0) return result;
    result.point = point;
    result.value = walk.value;
    result.gradient_norm = walk.gradient_norm;
    if (ended) return result;
    method.step(point, gradient);
    walk.previous_value = walk.value;
  }
}

}  // namespace downhill
