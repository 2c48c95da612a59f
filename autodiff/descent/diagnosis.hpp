#pragma once
/// \file
/// The doctor: what a learning rate will do, before it does it, and what it has done, from the path.
///
/// Near a point, gradient descent with the rate eta multiplies the distance to the bottom, along the direction of each
/// curvature (eigenvalue of the Hessian) lambda, by 1 - eta lambda:
///
///     eta lambda     0         1         2
///                    |---------|---------|--------->
///                    straight  |  from   |  ever
///                    down      |  side to|  higher
///                              |  side   |
///
/// The largest curvature sets the limit, eta < 2 / lambda_max; the smallest one sets the pace. Neither needs the
/// Hessian, only its products with vectors. Source: Nocedal and Wright, "Numerical Optimization" (2006), section 3.3;
/// Lanczos, "An iteration method for the solution of the eigenvalue problem", J. Res. NBS 45 (1950).

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/derivatives.hpp>
#include <autodiff/descent/objective.hpp>
#include <autodiff/descent/result.hpp>

namespace downhill {

/// The extreme eigenvalues of a Hessian.
struct Curvature {
  double largest = 0, smallest = 0;
  double error = 0;                        ///< each is within this of an eigenvalue (the norm of its residual)
  std::size_t products = 0;                ///< Hessian-vector products taken
  std::vector<double> steepest, flattest;  ///< unit vectors along which the curvature is largest, smallest

  /// A curvature whose absolute value is no larger than this cannot be told from 0. It is `error` plus 64 units of
  /// rounding of the larger of the two.
  double noise() const;
  /// Does the ground curve up along a direction, or down? A flat gradient is a bottom where it only rises, a saddle
  /// where it does both, a top where it only falls.
  bool rises() const { return largest > noise(); }
  bool falls() const { return smallest < -noise(); }
  /// False at a kink, where the curvatures are NaN or infinite.
  bool is_finite() const;
};

/// How long Lanczos iteration goes on.
struct LanczosOptions {
  /// The most Hessian-vector products; each keeps a vector. With n or more the result is exact.
  std::size_t products = 100;
  /// The iteration ends when the error is below this part of the larger of |largest| and |smallest|.
  double tolerance = 1e-6;
  std::uint64_t seed = 1;  ///< of the random start
};

/// By Lanczos iteration with full reorthogonalisation, given v -> H v for vectors of n numbers. Throws ShapeError if n
/// is 0; where a product is not finite, so are the curvatures.
Curvature curvature_of(std::size_t n, const std::function<std::vector<double>(std::span<const double>)>& product,
                       const LanczosOptions& options = {});

/// The curvature of f at a point, f generic over its number type.
template <class F>
Curvature curvature(F&& f, const std::vector<double>& point, const LanczosOptions& options = {}) {
  return curvature_of(
      point.size(), [&](std::span<const double> v) { return hessian_vector_product(f, point, v); }, options);
}

/// What a learning rate does.
enum class Pace {
  crawls,      ///< it arrives, but a rate ten times as large would as well
  converges,   ///< it arrives
  oscillates,  ///< it arrives from side to side, or bounces for ever: beyond the best rate, within the stable ones
  diverges,    ///< every step lands higher
  leaves,      ///< there is no bowl: the ground curves down along some direction, and descent leaves along it
};
/// "crawls", "converges" and so on.
std::string_view name(Pace pace);

/// What a learning rate will do at a point, and which rates would do better.
struct Diagnosis {
  double learning_rate = 0;
  Curvature curvature = {};
  double largest_stable_rate = 0;  ///< 2 / lambda_max; infinite where nothing curves up
  double best_rate = 0;            ///< 2 / (lambda_min + lambda_max): the least contraction on a quadratic
  double contraction = 0;          ///< of the distance to the bottom in a step, max |1 - eta lambda|; above 1 it grows
  double best_contraction = 0;     ///< the same with the best rate: (kappa - 1) / (kappa + 1)
  double condition_number = 0;  ///< kappa, lambda_max / lambda_min; infinite where the ground is flat along a direction
  Pace pace = Pace::converges;
  std::string why = {};  ///< one or two sentences
};

/// What the rate does with these curvatures. Throws OptionError for a rate that is not positive and finite, or
/// curvatures that are not finite.
Diagnosis diagnose(const Curvature& curvature, double learning_rate);

/// What gradient descent with this rate will do near a point, before it takes a step.
template <class F>
Diagnosis diagnose(F&& f, const std::vector<double>& point, double learning_rate, const LanczosOptions& options = {}) {
  return diagnose(curvature(f, point, options), learning_rate);
}

/// What a walk of gradient descent did, from its path alone. With another method, `learning_rate` is what the steps
/// show, and the pace describes the path all the same.
struct PathDiagnosis {
  Pace pace;
  double learning_rate;       ///< as the steps show it, |step| / |gradient|
  double contraction;         ///< of the length of a step, the geometric mean over its last 20 steps
  double largest_curvature;   ///< seen on the way, |change of the gradient| / |step|
  double smallest_curvature;  ///< likewise
  std::string why;
  std::size_t period = 0;  ///< the walk returns to the same places after so many steps; 0 where it does not
  bool is_stuck = false;   ///< the walk bounces or goes round, and comes no lower: more steps would lead nowhere
};

/// Throws OptionError for a path of fewer than three places.
PathDiagnosis diagnose(std::span<const Iterate> path);

// ---- the learning-rate range test

/// The learning rates that a range test tries: `steps` of them from `from` to `to`, each the same factor above the
/// last.
struct RangeTestOptions {
  double from = 1e-6, to = 10;
  std::size_t steps = 100;
};

/// The value of the objective after a step with each rate, from small to large.
struct RangeTest {
  /// A rate, and the value after a step with it.
  struct Trial {
    double learning_rate, value;
  };
  std::vector<Trial> trials;  ///< the last one may be NaN or infinite
  double lowest = 0;          ///< the rate after which the value was lowest
  double steepest = 0;        ///< the rate at which the value fell fastest
  double suggested = 0;       ///< a tenth of `lowest`: a rate to start with
  bool survived = true;       ///< false where the test ended early, because the value rose far or was not finite
};

namespace diagnosis_detail {
RangeTest range_test(const std::function<double(std::span<const double>, std::span<double>)>& objective,
                     std::vector<double> start, const RangeTestOptions& options);
}

/// Gradient steps from `start` with a rate that grows from `from` to `to` by the same factor each time, until the value
/// rises far above where it began or is not finite. Smith, "Cyclical learning rates for training neural networks"
/// (2017). Throws OptionError unless 0 < from < to and there are at least 2 steps.
template <Minimizable F>
RangeTest learning_rate_range_test(F&& objective, std::vector<double> start, const RangeTestOptions& options = {}) {
  auto&& function = as_objective(std::forward<F>(objective));
  return diagnosis_detail::range_test(std::ref(function), std::move(start), options);
}

}  // namespace downhill
