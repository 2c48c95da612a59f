#include <autodiff/descent/least_squares/gauss_newton.hpp>

#include <cmath>
#include <utility>

#include <autodiff/descent/least_squares/trust_region.hpp>

namespace downhill {

using Eigen::Index;
using Eigen::VectorXd;

namespace {
constexpr int patience = 100;  // steps
constexpr double little = 0.01;
}  // namespace

GaussNewton::Walker::Walker(const GaussNewton& method)
    : halvings_(method.halvings), cosine_(method.cosine), relative_step_(method.relative_step) {
  demand(method.cosine >= 0, GaussNewton::name, "the cosine", method.cosine, "must not be negative");
  demand(method.relative_step >= 0, GaussNewton::name, "the relative step", method.relative_step,
         "must not be negative");
}

GaussNewton::Walker::Walker(Walker&&) noexcept = default;
GaussNewton::Walker& GaussNewton::Walker::operator=(Walker&&) noexcept = default;
GaussNewton::Walker::~Walker() = default;

GaussNewton::Walker GaussNewton::walker(std::size_t) const { return Walker(*this); }

// Have `patience` steps in a row brought little of what was promised, and little of the sum?
bool GaussNewton::Walker::has_stalled(double promised) {
  const double value = at_.value();
  if (!(last_value_ - value < little * last_promised_)) {
    waited_ = 0;
    value_before_wait_ = value;
  }
  last_value_ = value;
  last_promised_ = promised;
  if (++waited_ < patience) return false;
  const bool stalled = value_before_wait_ - value < little * value_before_wait_;
  waited_ = 0;
  value_before_wait_ = value;
  return stalled;
}

Move GaussNewton::Walker::advance(const Iterate&, Iterate& to, ResidualEvaluator& evaluate) {
  if (end_) return *end_;
  const VectorXd x = at_.point();
  const Index n = x.size();
  VectorXd norms(n);
  for (Index j = 0; j < n; ++j) norms[j] = at_.jacobian().col(j).stableNorm();
  LinearModel linear(at_.jacobian(), at_.residuals(), VectorXd::Ones(n), norms);
  const Precision precision = at_.precision(norms);
  const double noise = precision.noise();
  if (const std::optional<Move> end =
          flat_or_short(linear.promised(), linear.length(), precision, cosine_, relative_step_))
    return *end;

  if (linear.promised() <= noise) {
    const Refinement found = at_.refine(x + linear.undamped(), VectorXd::Ones(n), linear.promised(), to, evaluate);
    if (found != Refinement::refined) end_ = end_in_rounding(linear.promised(), precision);
    return found == Refinement::none ? *end_ : Move{.learning_rate = 1};
  }
  if (has_stalled(linear.promised()))
    return {.found_lower = false,
            .why =
                "of what the linear model promises, a hundred steps together have brought less than a hundredth of "
                "the sum of squares: the model does not hold here, as where J is nearly singular; "
                "LevenbergMarquardt takes better steps",
            .reason = StopReason::no_progress};
  std::optional<Trial> lowest;
  double now = 0;
  // Where J is nearly singular, its step is long and holds over a small part of its length: fewer parameters go
  // further.
  for (; linear.rank() > 0; linear.reduce_rank()) {
    const VectorXd& p = linear.undamped();
    const double slope = 2 * at_.slope().dot(p);
    double step = 1;
    for (std::size_t i = 0; i <= halvings_; ++i, step /= 2) {
      Trial trial(x + step * p, evaluate);
      const double fall = at_.fall(trial);
      now = trial.value();
      if (fall > 0 && fall >= -1e-4 * step * slope) {
        // One that fell less than it should have, and yet further, is not given away.
        if (lowest && at_.fall(*lowest) > fall) std::swap(*lowest, trial);
        if (!at_.accept(std::move(trial), to, evaluate)) continue;
        return {.learning_rate = step};
      }
      if (fall > 0 && (!lowest || fall > at_.fall(*lowest))) lowest = std::move(trial);
    }
  }
  const Bounds none(GaussNewton::name, {}, {}, to.point.size());
  std::optional<SingleStep> single = step_of_one(at_, VectorXd::Ones(n), none, noise, evaluate);
  // A place that was rejected for being hardly lower is better than none.
  if (lowest && (!single || at_.fall(*lowest) > at_.fall(single->trial)))
    single = SingleStep{.trial = std::move(*lowest), .in_rounding = !single || single->in_rounding};
  if (!single) return no_single_step(now);
  if (single->in_rounding) end_ = no_single_step(now);
  if (!at_.accept(std::move(single->trial), to, evaluate)) return no_single_step(now);
  return {.learning_rate = single->fraction};
}

}  // namespace downhill
