#include <autodiff/descent/least_squares/levenberg_marquardt.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <autodiff/descent/vectors.hpp>
#include <autodiff/error.hpp>

namespace downhill {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double rounding = std::numeric_limits<double>::epsilon();
// Shares of the whole step are tried down to this one.
constexpr double least_share = 0.25;
// A step that changes a parameter by itself counts as a change of the residuals by at least this part of them.
constexpr double least_weight = 0.03;

}  // namespace

LevenbergMarquardt::Walker::Walker(const LevenbergMarquardt& method, std::size_t parameters)
    : first_radius_(method.radius),
      cosine_(method.cosine),
      relative_step_(method.relative_step),
      bounds_(LevenbergMarquardt::name, method.lower, method.upper, parameters) {
  demand(method.radius > 0 && std::isfinite(method.radius), LevenbergMarquardt::name, "the first radius", method.radius,
         "must be positive and finite");
  demand(method.cosine >= 0, LevenbergMarquardt::name, "the cosine", method.cosine, "must not be negative");
  demand(method.relative_step >= 0, LevenbergMarquardt::name, "the relative step", method.relative_step,
         "must not be negative");
  fitted_ = VectorXd::Ones(static_cast<Index>(parameters));
  for (const std::size_t i : method.fixed) {
    if (i >= parameters)
      throw OptionError(fmt::format("{}: parameter {} is to be fixed, but there are only {}", LevenbergMarquardt::name,
                                    i, parameters));
    fitted_[static_cast<Index>(i)] = 0;
  }
}

LevenbergMarquardt::Walker::Walker(Walker&&) noexcept = default;
LevenbergMarquardt::Walker& LevenbergMarquardt::Walker::operator=(Walker&&) noexcept = default;
LevenbergMarquardt::Walker::~Walker() = default;

double LevenbergMarquardt::Walker::flatness(const Iterate& at) const {
  return movable(as_vector(at.point), as_vector(at.gradient)).cwiseProduct(as_vector(at.gradient)).stableNorm();
}

// 1 for what can follow its slope, 0 for what is fixed or held by a bound.
VectorXd LevenbergMarquardt::Walker::movable(const VectorXd& x, const VectorXd& slope) const {
  const auto held = (x.array() <= bounds_.lower().array() && slope.array() > 0) ||
                    (x.array() >= bounds_.upper().array() && slope.array() < 0);
  return held.select(0.0, fitted_);
}

double LevenbergMarquardt::Walker::promised(const VectorXd& p) const {
  const double linear = at_.promised(p);
  return curved_ ? linear - p.dot(curvature_.matrix() * p) : linear;
}

// A step of the model, of which what would leave the bounds stops there, and the others are found again with that in
// mind.
VectorXd LevenbergMarquardt::Walker::within_bounds(VectorXd p, VectorXd free, const VectorXd& d) const {
  const VectorXd& x = at_.point();
  VectorXd stopped = VectorXd::Zero(x.size());
  for (;;) {
    const VectorXd clipped = bounds_.clamp(x + p) - x;
    const Eigen::Array<bool, Eigen::Dynamic, 1> leaves =
        free.array() > 0 && ((x + p).array() < bounds_.lower().array() || (x + p).array() > bounds_.upper().array());
    if (!leaves.any()) return p;
    for (Index j = 0; j < x.size(); ++j)
      if (leaves[j]) {
        stopped[j] = clipped[j];
        free[j] = 0;
      }
    LinearModel others(at_.jacobian(), at_.residuals() + at_.jacobian() * stopped, free, d);
    p = stopped + others.step(radius_);
  }
}

void LevenbergMarquardt::Walker::judge(double fall, double promise, double slope, double length, double now) {
  const double ratio = fall / promise;
  if (ratio > 0.25) {
    if (ratio >= 0.75 || length < 0.9 * radius_) radius_ = 2 * length;
    return;
  }
  // The parabola through what is known has its bottom there.
  double share = fall >= 0 ? 0.5 : 0.5 * slope / (slope + fall / 2);
  if (!(share >= 0.1) || !(now < 100 * at_.value())) share = 0.1;
  radius_ = share * std::min(radius_, 10 * length);
}

bool LevenbergMarquardt::Walker::accept(const VectorXd& p, double fall, double noise, Trial trial, Iterate& to,
                                        ResidualEvaluator& evaluate) {
  const double linear = at_.promised(p);
  const VectorXd slope = at_.slope();
  if (!at_.accept(std::move(trial), to, evaluate)) return false;
  if (!curvature_.is_empty() && fall > noise) {
    const double curved = linear - p.dot(curvature_.matrix() * p);
    curved_ = 1.5 * std::abs(fall - curved) < std::abs(fall - linear);
  }
  curvature_.learn(p, at_.slope() - slope, at_.jacobian().transpose() * (at_.jacobian() * p));
  return true;
}

Move LevenbergMarquardt::Walker::advance(const Iterate&, Iterate& to, ResidualEvaluator& evaluate) {
  if (end_) return *end_;
  const VectorXd x = at_.point(), free = movable(x, at_.slope());
  const Index n = x.size();
  VectorXd norms(n);
  for (Index j = 0; j < n; ++j) norms[j] = at_.jacobian().col(j).stableNorm();
  scale_ = scale_.size() == 0 ? norms : scale_.cwiseMax(norms);
  const Precision precision = at_.precision(norms);
  const double size = precision.size, reach = precision.reach, noise = precision.noise();
  VectorXd d(n);
  for (Index j = 0; j < n; ++j)
    d[j] = scale_[j] > 0 ? std::max(scale_[j], x[j] == 0 ? 0 : least_weight * size / std::abs(x[j])) : 1;
  const VectorXd inverse_scale = free.cwiseQuotient(d);

  LinearModel linear(at_.jacobian(), at_.residuals(), free, d);
  std::optional<CurvedModel> curved;
  if (curved_) curved.emplace(at_.jacobian(), at_.slope(), curvature_.matrix(), inverse_scale);
  double whole = curved ? curved->promised() : linear.promised();
  if (const std::optional<Move> end =
          flat_or_short(whole, curved ? curved->length() : linear.length(), precision, cosine_, relative_step_))
    return *end;
  const bool first = radius_ < 0;
  if (first) {
    radius_ = first_radius_ * (reach > 0 ? reach : size);
    if (linear.length() > radius_) share_ = 0;
  }

  if (whole <= noise) {
    VectorXd p = curved ? VectorXd(inverse_scale.cwiseProduct(curved->step(2 * curved->length()))) : linear.undamped();
    const Refinement found = at_.refine(bounds_.clamp(x + p), free, linear.promised(), to, evaluate);
    if (found != Refinement::refined) end_ = end_in_rounding(whole, precision);
    return found == Refinement::none ? *end_ : Move{};
  }
  double least_radius = rounding * std::min(radius_, d.cwiseProduct(x).stableNorm());
  if (!(least_radius > 0)) least_radius = rounding * rounding * radius_;
  double now = at_.value();
  for (bool tried = false;;) {
    const bool shared = share_ > 0 && !curved;
    VectorXd p = curved   ? VectorXd(inverse_scale.cwiseProduct(curved->step(radius_)))
                 : shared ? VectorXd(share_ * linear.undamped())
                          : linear.step(radius_);
    const double length = d.cwiseProduct(p).stableNorm();
    p = within_bounds(std::move(p), free, d);
    const double promise = promised(p);
    // Within this radius rounding would be the judge: earlier steps have shrunk it too far.
    if (!tried && !shared && promise <= noise && radius_ < linear.length()) {
      radius_ *= 10;
      continue;
    }
    if (first || shared) radius_ = shared ? length : std::min(radius_, length);
    Trial trial(bounds_.clamp(x + p), evaluate);
    const double fall = at_.fall(trial);
    tried = true;
    now = trial.value();
    const bool in_rounding = promise <= noise && fall <= noise;  // a step cut short by bounds may fall unforeseen
    if (curved && !in_rounding && !(fall > 0)) {
      // Its curvature is a guess: the model without it comes before a shorter step.
      curved.reset();
      curved_ = false;
      whole = linear.promised();
      continue;
    }
    judge(fall, promise, at_.slope().dot(p), length, now);
    if (fall > 0) {
      if (in_rounding && length > 0.5 * last_length_) end_ = end_in_rounding(whole, precision);
      if (shared && fall < 0.25 * promise)
        share_ /= 2;
      else if (shared && fall >= 0.75 * promise)
        share_ = std::min(1.0, 4 * share_);
      else if (!shared && !curved && length >= linear.length())
        share_ = 1;
      if (accept(p, fall, noise, std::move(trial), to, evaluate)) {
        last_length_ = length;
        return {};
      }
      now = std::numeric_limits<double>::quiet_NaN();
      radius_ = 0.1 * length;
    } else if (in_rounding) {
      break;
    }
    if (shared) {
      share_ *= radius_ / length;
      if (share_ < least_share) share_ = 0;
    }
    if (!(radius_ > least_radius)) break;
  }
  return last_resort(free, now, noise, to, evaluate);
}

Move LevenbergMarquardt::Walker::last_resort(const VectorXd& free, double last_value, double noise, Iterate& to,
                                             ResidualEvaluator& evaluate) {
  std::optional<SingleStep> single = step_of_one(at_, free, bounds_, noise, evaluate);
  if (!single) return no_single_step(last_value);
  const Index j = single->parameter;
  const VectorXd p = single->trial.point - at_.point();
  // Its slope does not reach far: from now on its steps cost more.
  scale_[j] /= single->fraction;
  radius_ = scale_[j] * std::abs(p[j]);
  curved_ = false;
  share_ = 0;
  if (single->in_rounding) end_ = no_single_step(last_value);
  const double fall = at_.fall(single->trial);
  if (!accept(p, fall, noise, std::move(single->trial), to, evaluate)) return no_single_step(last_value);
  return {};
}

}  // namespace downhill
