#include <autodiff/descent/least_squares/gauss_newton.hpp>

#include <cmath>
#include <limits>
#include <utility>

#include <autodiff/descent/least_squares/trust_region.hpp>

namespace downhill {

using Eigen::Index;
using Eigen::VectorXd;

GaussNewton::Walker::Walker(const GaussNewton& method)
    : halvings_(method.halvings), cosine_(method.cosine), relative_step_(method.relative_step) {
  demand(method.cosine >= 0, "GaussNewton", "the cosine", method.cosine, "must not be negative");
  demand(method.relative_step >= 0, "GaussNewton", "the relative step", method.relative_step, "must not be negative");
}

GaussNewton::Walker::Walker(Walker&&) noexcept = default;
GaussNewton::Walker& GaussNewton::Walker::operator=(Walker&&) noexcept = default;
GaussNewton::Walker::~Walker() = default;

GaussNewton::Walker GaussNewton::walker(std::size_t) const { return Walker(*this); }

Move GaussNewton::Walker::advance(const Iterate&, Iterate& to, ResidualEvaluator& evaluate) {
  if (end_) return *end_;
  const VectorXd x = at_.point();
  const Index n = x.size();
  VectorXd norms(n);
  for (Index j = 0; j < n; ++j) norms[j] = at_.jacobian().col(j).stableNorm();
  const LinearModel linear(at_.jacobian(), at_.residuals(), VectorXd::Ones(n), norms);
  const double size = at_.residuals().stableNorm(), reach = norms.cwiseProduct(x).stableNorm();
  if (const std::optional<Move> end =
          flat_or_short(linear.promised(), size, linear.length(), reach, cosine_, relative_step_))
    return *end;

  const VectorXd& p = linear.undamped();
  const double slope = 2 * at_.slope().dot(p), noise = noise_of(size, reach);
  const bool at_bottom = linear.promised() <= noise;
  std::optional<Trial> lowest;
  double step = 1, now = 0;
  for (std::size_t i = 0; i <= halvings_; ++i, step /= 2) {
    Trial trial(x + step * p, evaluate);
    const double fall = at_.fall(trial);
    now = trial.value();
    if (fall > 0 && (at_bottom || fall >= -1e-4 * step * slope)) {
      if (at_bottom && step * linear.length() > 0.5 * last_length_)
        end_ = end_in_rounding(linear.promised(), size, reach);
      if (!at_.accept(std::move(trial), to, evaluate)) continue;
      last_length_ = step * linear.length();
      return {.learning_rate = step};
    }
    if (fall > 0 && (!lowest || fall > at_.fall(*lowest))) lowest = std::move(trial);
    if (at_bottom) return end_in_rounding(linear.promised(), size, reach);
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::optional<SingleStep> single = step_of_one(at_, VectorXd::Ones(n), VectorXd::Constant(n, -infinity),
                                                 VectorXd::Constant(n, infinity), noise, evaluate);
  // A place that was rejected for being hardly lower is better than none.
  if (lowest && (!single || at_.fall(*lowest) > at_.fall(single->trial)))
    single = SingleStep{.trial = std::move(*lowest), .in_rounding = !single || single->in_rounding};
  if (!single) return no_single_step(now);
  if (single->in_rounding) end_ = no_single_step(now);
  if (!at_.accept(std::move(single->trial), to, evaluate)) return no_single_step(now);
  return {.learning_rate = single->fraction};
}

}  // namespace downhill
