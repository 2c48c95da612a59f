#pragma once
/// \file
/// The learning rate: one number, or a schedule of them.
///
///     Adam constant{.learning_rate = 0.001};
///     Adam falling{.learning_rate = Cosine{.first = 0.001, .steps = 5000}};
///     Adam warm{.learning_rate = WarmUp{.steps = 200, .then = Cosine{.first = 0.001, .steps = 4800}}};
///
/// A schedule is anything that can be called with the number of the step, from 0, and returns its rate.

#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace downhill {

/// A number, or a schedule: any callable that returns the rate of a step, counted from 0.
class LearningRate {
 public:
  LearningRate(double rate) : first_(rate) {}
  template <class S>
    requires(!std::convertible_to<S, double> && !std::same_as<std::remove_cvref_t<S>, LearningRate> &&
             std::is_invocable_r_v<double, const S&, std::size_t>)
  LearningRate(S schedule) : first_(schedule(std::size_t{0})), schedule_(std::move(schedule)) {}

  /// The rate of a step, from 0.
  double at(std::size_t step) const { return schedule_ ? schedule_(step) : first_; }
  bool is_constant() const { return !schedule_; }

 private:
  double first_;
  std::function<double(std::size_t)> schedule_;
};

/// rate(k) = first * factor^floor(k / every), as PyTorch's StepLR.
struct StepDecay {
  double first = 0.1, factor = 0.1;
  std::size_t every = 1000;
  double operator()(std::size_t step) const;
};

/// rate(k) = first * factor^k, as PyTorch's ExponentialLR.
struct Exponential {
  double first = 0.1, factor = 0.999;
  double operator()(std::size_t step) const;
};

/// rate(k) = last + (first - last) (1 + cos(pi k / steps)) / 2, then last. Loshchilov and Hutter, "SGDR", ICLR 2017,
/// without restarts. (PyTorch's CosineAnnealingLR has the same rates up to there, and then climbs back to `first`.)
struct Cosine {
  double first = 0.1, last = 0;
  std::size_t steps = 1000;
  double operator()(std::size_t step) const;
};

/// rate(k) = then(0) (k + 1) / steps for the first `steps` steps; after them the schedule `then` begins at its own step
/// 0. Goyal and others, "Accurate, Large Minibatch SGD" (2017).
struct WarmUp {
  std::size_t steps = 100;
  LearningRate then = 0.1;
  double operator()(std::size_t step) const;
};

/// The rate rises from peak / 25 to the peak over the part `rise` of the steps, falls to peak / 250,000 by the last
/// one, both along half a cosine, and stays there: with t = k / (steps - 1), the rate is highest at t = `rise`, which
/// may lie between two steps, and last at t = 1. Smith and Topin, "Super-Convergence" (2017). (PyTorch's OneCycleLR has
/// the same first and last rates, its peak at k = rise * steps - 1, and one step after the last a rate of the way back,
/// or with linear annealing a negative one, before it throws.)
struct OneCycle {
  double peak = 0.1;
  std::size_t steps = 1000;  ///< after which the rate stays at the last one, peak / 250,000
  double rise = 0.3;         ///< the part of the steps before the peak
  double operator()(std::size_t step) const;
};

}  // namespace downhill
