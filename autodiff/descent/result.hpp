#pragma once
/// \file
/// What a walk returns.

#include <cstddef>
#include <exception>
#include <string>
#include <vector>

#include <autodiff/descent/stop.hpp>

namespace downhill {

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

}  // namespace downhill
