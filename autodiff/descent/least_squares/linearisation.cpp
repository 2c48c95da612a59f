#include <autodiff/descent/least_squares/linearisation.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <autodiff/descent/least_squares/trust_region.hpp>
#include <autodiff/descent/vectors.hpp>

namespace downhill {

using Eigen::Index;
using Eigen::VectorXd;

namespace {
constexpr double last_digits = 2e-14;  // of a sum, where rounding may decide
}

void CompensatedSum::add(double term) {
  const double sum = high + term, of_term = sum - high;
  const double lost = (high - (sum - of_term)) + (term - of_term);
  high = sum;
  low += lost;
}

void CompensatedSum::add_square(double root) {
  const double square = root * root;
  add(square);
  low += std::fma(root, root, -square);
}

Trial::Trial(VectorXd at, ResidualEvaluator& evaluate) : point(std::move(at)) {
  residuals = evaluate.residuals(as_span(point));
  const RobustLoss& loss = evaluate.loss();
  for (const double r : residuals)
    if (is_squared(loss))
      sum.add_square(r);
    else
      sum.add(value_of(loss, r));
  // What rounding took is not a number where the sum overflows.
  const double total = sum.high + sum.low;
  sum = std::isfinite(total) ? CompensatedSum{total, (sum.high - total) + sum.low} : CompensatedSum{sum.high, 0};
}

double Linearisation::promised(const VectorXd& p) const { return -(2 * slope_.dot(p) + (jacobian_ * p).squaredNorm()); }

double Linearisation::fall(const Trial& trial) const {
  if (!(trial.value() <= value())) return std::min(0.0, value() - trial.value());
  return at_.sum - trial.sum;
}

void Linearisation::begin(Iterate& at, ResidualEvaluator& evaluate) {
  at_ = Trial(as_vector(at.point), evaluate);
  linearise(evaluate.jacobian(at.point), evaluate.loss());
  first_residuals_ = residuals_.cwiseAbs();
  lowest_ = value();
  write(at);
}

Precision Linearisation::precision(const VectorXd& norms) const {
  constexpr double rounding = std::numeric_limits<double>::epsilon();
  const VectorXd by_parameters = jacobian_.cwiseAbs() * point().cwiseAbs();
  const auto least = (100 * rounding * by_parameters).cwiseMax(50 * rounding * first_residuals_);
  return {residuals_.stableNorm(), norms.cwiseProduct(point()).stableNorm(),
          (residuals_.cwiseAbs().array() <= least.array()).all()};
}

bool Linearisation::accept(Trial trial, Iterate& to, ResidualEvaluator& evaluate) {
  auto jacobian = evaluate.jacobian(as_span(trial.point));
  if (!jacobian.allFinite()) return false;
  at_ = std::move(trial);
  lowest_ = std::min(lowest_, value());
  linearise(std::move(jacobian), evaluate.loss());
  write(to);
  return true;
}

Refinement Linearisation::refine(VectorXd point, const VectorXd& free, double promised, Iterate& to,
                                 ResidualEvaluator& evaluate) {
  Trial trial(std::move(point), evaluate);
  const bool is_lower = fall(trial) > 0;
  if (!is_lower && !(trial.value() <= (1 + last_digits) * lowest_)) return Refinement::none;
  Linearisation there = *this;
  if (!there.accept(std::move(trial), to, evaluate)) return Refinement::none;
  const LinearModel model(there.jacobian_, there.residuals_, free, VectorXd::Ones(free.size()));
  const bool is_refined = model.promised() < 0.75 * promised;
  if (!is_refined && !is_lower) return Refinement::none;
  *this = std::move(there);
  return is_refined ? Refinement::refined : Refinement::lower;
}

void Linearisation::linearise(ResidualEvaluator::Matrix jacobian, const RobustLoss& loss) {
  jacobian_ = std::move(jacobian);
  residuals_ = at_.residuals;
  if (!is_squared(loss))
    for (Index i = 0; i < residuals_.size(); ++i) {
      const double root = std::sqrt(weight_of(loss, at_.residuals[i]));
      residuals_[i] *= root;
      jacobian_.row(i) *= root;
    }
  slope_.noalias() = jacobian_.transpose() * residuals_;
}

void Linearisation::write(Iterate& to) const {
  to.point.assign(at_.point.begin(), at_.point.end());
  to.value = value();
  as_vector(to.gradient) = 2 * slope_;
}

std::optional<SingleStep> step_of_one(const Linearisation& from, const VectorXd& free, const Bounds& bounds,
                                      double noise, ResidualEvaluator& evaluate) {
  const VectorXd squares = from.jacobian().colwise().squaredNorm();
  const VectorXd promises = (squares.array() > 0).select(from.slope().array().square() / squares.array(), 0);
  std::vector<Index> order(static_cast<std::size_t>(squares.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](Index j) { return promises[j]; });

  std::optional<SingleStep> best;
  for (const Index j : order) {
    if (!(free[j] > 0) || !(promises[j] > 0)) continue;
    const double whole = -from.slope()[j] / squares[j], x = from.point()[j];
    for (double fraction = 1;; fraction /= 4) {
      VectorXd point = from.point();
      point[j] = std::clamp(x + fraction * whole, bounds.lower()[j], bounds.upper()[j]);
      if (point[j] == x || !std::isnormal(fraction)) break;
      Trial trial(std::move(point), evaluate);
      const double fall = from.fall(trial);
      if (fall > noise) return SingleStep{j, fraction, std::move(trial)};
      if (fall > 0 && (!best || fall > from.fall(best->trial))) best = SingleStep{j, fraction, std::move(trial), true};
    }
  }
  return best;
}

double Precision::noise() const { return 4 * std::numeric_limits<double>::epsilon() * size * (size + reach); }

bool Precision::is_bottom(double promised) const { return promised <= 1e-14 * size * size || fits_exactly; }

namespace {
Move without_digits() {
  return {.found_lower = false,
          .why =
              "the rounding of the parameters changes the sum of squares by as much as a step could lower it: they "
              "have no digits left to go on with",
          .reason = StopReason::no_progress};
}
}  // namespace

std::optional<Move> flat_or_short(double promised, double length, const Precision& precision, double cosine,
                                  double relative_step) {
  if (promised <= cosine * cosine * precision.size * precision.size)
    return Move{.found_lower = false,
                .why = "the residuals are orthogonal to all that a step can change: the ground is flat",
                .reason = StopReason::flat_gradient};
  if (!(length <= relative_step * precision.reach)) return std::nullopt;
  if (!precision.is_bottom(promised)) return without_digits();
  return Move{.found_lower = false,
              .why = "the whole step to the bottom of the linear model is no longer than rounding",
              .reason = StopReason::short_step};
}

Move end_in_rounding(double promised, const Precision& precision) {
  if (!precision.is_bottom(promised)) return without_digits();
  return {.found_lower = false, .why = "no step lowers the sum of squares: this is the bottom, to rounding"};
}

Move no_single_step(double last_value) {
  return {
      .found_lower = false,
      .why = std::isfinite(last_value)
                 ? "no step lowers the sum of squares, however short, although its slope promises it: the residuals "
                   "are at the end of their digits, have a kink here, or their derivatives are not theirs"
                 : "the sum of squares is not finite, however short the step",
      .reason = std::isfinite(last_value) ? StopReason::no_progress : StopReason::no_descent};
}

}  // namespace downhill
