#include <autodiff/descent/quasi_newton.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include <autodiff/descent/vectors.hpp>
#include <autodiff/error.hpp>

namespace downhill {
namespace {

using Eigen::VectorXd;
using Given = Eigen::Ref<const VectorXd>;

constexpr double infinity = std::numeric_limits<double>::infinity(), rounding = std::numeric_limits<double>::epsilon();

bool has_curvature(const Given& s, const Given& y) {
  const double size = norm_of(y);
  return s.dot(y / size) > rounding * norm_of(s);
}

class Steepest final : public Direction {
 public:
  void aim(const Given& gradient, Eigen::Ref<VectorXd> direction) override { direction = -gradient; }
  void learn(const Given&, const Given&, const Given&) override {}
  void forget() override {}
  bool is_scaled() const override { return false; }
};

class Conjugate final : public Direction {
 public:
  explicit Conjugate(std::size_t parameters) : restart_after_(parameters) {}
  void aim(const Given& gradient, Eigen::Ref<VectorXd> direction) override {
    if (beta_ == 0)
      last_ = -gradient;
    else
      last_ = beta_ * last_ - gradient;
    direction = last_;
  }
  void learn(const Given&, const Given& y, const Given& gradient) override {
    const VectorXd before = gradient - y;
    const double size = norm_of(gradient), size_before = norm_of(before);
    const bool restart =
        ++steps_ >= restart_after_ || std::abs((gradient / size).dot(before / size)) >= 0.2 || !(size_before > 0);
    beta_ = restart ? 0 : std::max(0.0, (gradient / size_before).dot(y / size_before));
    if (restart) steps_ = 0;
  }
  void forget() override {
    beta_ = 0;
    steps_ = 0;
  }
  bool is_scaled() const override { return false; }

 private:
  VectorXd last_;
  double beta_ = 0;
  std::size_t steps_ = 0, restart_after_;
};

class Dense final : public Direction {
 public:
  void aim(const Given& gradient, Eigen::Ref<VectorXd> direction) override {
    if (inverse_.size() == 0)
      direction = -gradient;
    else
      direction.noalias() = inverse_.selfadjointView<Eigen::Lower>() * -gradient;
  }
  void learn(const Given& s, const Given& y, const Given&) override {
    if (!has_curvature(s, y)) return;
    const double curvature = s.dot(y);
    if (inverse_.size() == 0)  // Nocedal and Wright, (6.20)
      inverse_ = Eigen::MatrixXd::Identity(s.size(), s.size()) * (curvature / norm_of(y) / norm_of(y));
    auto lower = inverse_.selfadjointView<Eigen::Lower>();
    product_.noalias() = lower * y;
    lower.rankUpdate(s, (1 + y.dot(product_) / curvature) / curvature);
    lower.rankUpdate(product_, s, -1 / curvature);
  }
  void forget() override { inverse_.resize(0, 0); }
  bool is_scaled() const override { return inverse_.size() > 0; }

 private:
  Eigen::MatrixXd inverse_;
  VectorXd product_;
};

class Limited final : public Direction {
 public:
  Limited(std::size_t pairs, std::size_t parameters) : memory_(pairs, parameters) {}
  void aim(const Given& gradient, Eigen::Ref<VectorXd> direction) override {
    direction = -gradient;
    memory_.multiply(direction);
  }
  void learn(const Given& s, const Given& y, const Given&) override { memory_.learn(s, y); }
  void forget() override { memory_.forget(); }
  bool is_scaled() const override { return !memory_.is_empty(); }

 private:
  LbfgsMemory memory_;
};

void demand_memory(std::string_view method, std::size_t memory) {
  if (memory == 0) throw OptionError(fmt::format("{}: the memory is 0 pairs; give at least 1, 10 is usual", method));
}

LineSearchWalker walker_with(std::string_view method, std::unique_ptr<Direction> direction, const LineSearch& search) {
  demand_sound(method, search);
  return {std::move(direction), search};
}

// Why nothing lower was found, after the last trial. `promised` is the fall of the value that the curvature lets
// expect, and `left` the part of a parameter that the step there would change.
Move found_nothing(const Iterate& from, const Iterate& trial, bool fell_without_bound, double promised, double left) {
  if (fell_without_bound)
    return {.found_lower = false,
            .why = "the value falls without bound: along the direction it reached -inf",
            .reason = StopReason::unbounded};
  if (!std::isfinite(trial.value))
    return {.found_lower = false, .why = "the value is not finite along the direction, however short the step"};
  // A direction of which the method has learned too little may hide behind both: the gradient must agree.
  const bool is_small = euclidean_norm(from.gradient) <= 1e-4 * std::max(1.0, std::abs(from.value));
  if (is_small && (promised <= 100 * rounding * std::abs(from.value) || left <= 1e-7))
    return {.found_lower = false,
            .why = "no lower point was found along the direction: this is the bottom, to rounding"};
  return {.found_lower = false,
          .why =
              "no lower point was found along the direction, although its slope promises one (rounding in the value, a "
              "kink or a cliff): no further progress",
          .reason = StopReason::no_progress};
}

double half_of_slope(const Iterate& at, const VectorXd& step) {
  const double unit = unit_of(step);
  return std::abs(as_vector(at.gradient).dot(unit * step)) / unit / 2;
}

}  // namespace

LineSearchWalker SteepestDescent::walker(std::size_t) const {
  return walker_with(name, std::make_unique<Steepest>(), search);
}
LineSearchWalker ConjugateGradient::walker(std::size_t parameters) const {
  return walker_with(name, std::make_unique<Conjugate>(parameters), search);
}
LineSearchWalker Bfgs::walker(std::size_t) const { return walker_with(name, std::make_unique<Dense>(), search); }
LineSearchWalker Lbfgs::walker(std::size_t parameters) const {
  demand_memory(name, memory);
  return walker_with(name, std::make_unique<Limited>(memory, parameters), search);
}

LineSearchWalker::LineSearchWalker(std::unique_ptr<Direction> direction, const LineSearch& search)
    : direction_(std::move(direction)), searcher_(search), backtracks_(std::holds_alternative<Armijo>(search)) {}
LineSearchWalker::LineSearchWalker(LineSearchWalker&&) noexcept = default;
LineSearchWalker& LineSearchWalker::operator=(LineSearchWalker&&) noexcept = default;
LineSearchWalker::~LineSearchWalker() = default;

void LineSearchWalker::aim(const Iterate& at) {
  aim_.resize(static_cast<Eigen::Index>(at.gradient.size()));
  direction_->aim(as_vector(at.gradient), aim_);
}

double LineSearchWalker::first_step(const Iterate& from, double slope, double unit, bool is_scaled) const {
  if (is_scaled) return 1 / unit;
  if (last_step_ > 0 && backtracks_) return 2 * last_step_ / unit;
  if (last_step_ > 0) {  // Nocedal and Wright, (3.60)
    const double step = last_step_ * std::min(10.0, last_slope_ / slope * (unit / last_unit_)) / unit;
    if (step > 0 && std::isfinite(step)) return step;
  }
  return first_look(from, as_span(aim_), slope);
}

double LineSearchWalker::look(const Iterate& from, Iterate& to, Evaluator& evaluate, bool is_scaled) {
  const double unit = unit_of(aim_);  // so that no slope overflows
  aim_ *= unit;
  const double slope = as_vector(from.gradient).dot(aim_);
  if (!(slope < 0) || !std::isfinite(slope)) return 0;
  const double step = searcher_.search(from, as_span(aim_), first_step(from, slope, unit, is_scaled), to, evaluate);
  if (step == 0 || to.point == from.point) return 0;
  last_step_ = step * unit;
  last_slope_ = slope;
  last_unit_ = unit;
  return last_step_;
}

std::span<const double> LineSearchWalker::step_left(const Iterate& at) {
  if (direction_->is_scaled()) {
    if (!is_aimed_) aim(at);
    is_aimed_ = true;
    return as_span(aim_);
  }
  if (!(curvature_ > 0)) return {};
  estimate_ = as_vector(at.gradient) / -curvature_;
  return as_span(estimate_);
}

bool LineSearchWalker::stalls(const Iterate& at) {
  constexpr int patience = 4;
  const double norm = euclidean_norm(at.gradient);
  const bool is_lower = at.value < lowest_, is_flatter = norm < 0.9 * least_norm_;
  stalled_ = is_lower || is_flatter ? 0 : stalled_ + 1;
  if (is_lower && !(lowest_ - at.value <= 10 * rounding * std::abs(at.value))) has_turned_ = false;
  lowest_ = std::min(lowest_, at.value);
  least_norm_ = std::min(least_norm_, norm);
  return stalled_ >= patience;
}

Move LineSearchWalker::cannot_go_on(const Iterate& from, const Iterate& trial, double promised) {
  double left = estimate_.size() > 0 ? remaining_part(as_span(estimate_), from.point, from.point) : infinity;
  if (estimate_.size() == 0 && std::isfinite(trial.value)) {  // by the curvature along what was tried
    moved_ = as_vector(trial.point) - as_vector(from.point);
    const double length = norm_of(moved_);
    const double curvature = (moved_ / length).dot((as_vector(trial.gradient) - as_vector(from.gradient)) / length);
    if (curvature > 0) {
      estimate_ = as_vector(from.gradient) / -curvature;
      promised = half_of_slope(from, estimate_);
      left = remaining_part(as_span(estimate_), from.point, from.point);
    }
  }
  return found_nothing(from, trial, searcher_.fell_without_bound(), promised, left);
}

Move LineSearchWalker::advance(const Iterate& from, Iterate& to, Evaluator& evaluate) {
  const auto gradient = as_vector(from.gradient);
  const bool is_scaled = direction_->is_scaled();
  if (const auto step = step_left(from); !step.empty()) estimate_ = as_vector(step);
  double promised = estimate_.size() > 0 ? half_of_slope(from, estimate_) : infinity;
  const auto turn_steepest = [&] {
    direction_->forget();
    last_step_ = 0;
    aim_ = -gradient;
  };
  bool is_steepest = last_step_ == 0 && !is_scaled;
  if (stalls(from)) {
    // What it has learned may hide a direction. Where steepest descent does not help either, this is the end.
    if (is_steepest || has_turned_) return cannot_go_on(from, from, promised);
    turn_steepest();
    is_steepest = has_turned_ = true;
  } else if (!is_aimed_) {
    aim(from);
  }
  is_aimed_ = false;
  double step = look(from, to, evaluate, is_scaled && !is_steepest);
  if (step == 0 && !is_steepest) {
    turn_steepest();
    step = look(from, to, evaluate, false);
  }
  if (step == 0) return cannot_go_on(from, to, promised);
  moved_ = as_vector(to.point) - as_vector(from.point);
  change_ = as_vector(to.gradient) - gradient;
  const double length = norm_of(moved_);
  curvature_ = (moved_ / length).dot(change_ / length);
  direction_->learn(moved_, change_, as_vector(to.gradient));
  return {.learning_rate = step};
}

// ---- L-BFGS

LbfgsMemory::LbfgsMemory(std::size_t pairs, std::size_t parameters)
    : s_(static_cast<Eigen::Index>(parameters), static_cast<Eigen::Index>(pairs)), y_(s_.rows(), s_.cols()) {}

void LbfgsMemory::learn(const Given& s, const Given& y) {
  if (!has_curvature(s, y)) return;
  const auto pairs = static_cast<std::size_t>(s_.cols());
  newest_ = count_ == 0 ? 0 : (newest_ + 1) % pairs;
  count_ = std::min(count_ + 1, pairs);
  s_.col(static_cast<Eigen::Index>(newest_)) = s;
  y_.col(static_cast<Eigen::Index>(newest_)) = y;
}

// The two loops of Nocedal, "Updating quasi-Newton matrices with limited storage", Math. Comp. 35 (1980).
void LbfgsMemory::multiply(Eigen::Ref<VectorXd> v, const VectorXd* free) const {
  const auto pairs = static_cast<std::size_t>(s_.cols());
  const auto column = [&](std::size_t age) { return static_cast<Eigen::Index>((newest_ + pairs - age) % pairs); };
  const auto dot = [&](const auto& a, const auto& b) {
    return free == nullptr ? a.dot(b) : (a.array() * b.array() * free->array()).sum();
  };
  std::vector<double> alpha(count_), curvature(count_);
  double scale = 0;
  for (std::size_t age = 0; age < count_; ++age) {
    const auto s = s_.col(column(age)), y = y_.col(column(age));
    curvature[age] = dot(s, y);
    if (!(curvature[age] > 0)) continue;  // on the free parameters alone
    if (scale == 0) {
      const double unit = unit_of(y);
      scale = curvature[age] * unit / dot(unit * y, unit * y) * unit;
    }
    alpha[age] = dot(s, v) / curvature[age];
    v -= alpha[age] * y;
  }
  if (scale > 0) v *= scale;
  for (std::size_t age = count_; age-- > 0;) {
    if (!(curvature[age] > 0)) continue;
    const auto s = s_.col(column(age)), y = y_.col(column(age));
    v += (alpha[age] - dot(y, v) / curvature[age]) * s;
  }
  if (free != nullptr) v.array() *= free->array();
}

// ---- with bounds

BoundedLbfgs::Walker::Walker(const BoundedLbfgs& method, std::size_t parameters)
    : bounds_(BoundedLbfgs::name, method.lower, method.upper, parameters),
      search_(method.search),
      memory_(method.memory, parameters) {
  demand_memory(BoundedLbfgs::name, method.memory);
  demand_sound(BoundedLbfgs::name, search_);
}

BoundedLbfgs::Walker::Walker(Walker&&) noexcept = default;
BoundedLbfgs::Walker& BoundedLbfgs::Walker::operator=(Walker&&) noexcept = default;
BoundedLbfgs::Walker::~Walker() = default;

double BoundedLbfgs::Walker::flatness(const Iterate& at) const {
  const auto x = as_vector(at.point), g = as_vector(at.gradient);
  if (!g.allFinite()) return g.norm();
  // As written in the header, but without the rounding of x - g, in which a small g is lost.
  return g.cwiseMin(x - bounds_.lower()).cwiseMax(x - bounds_.upper()).stableNorm();
}

double BoundedLbfgs::Walker::backtrack(const Iterate& from, double step, Iterate& to, Evaluator& evaluate) {
  const auto x = as_vector(from.point), g = as_vector(from.gradient);
  fell_without_bound_ = false;
  for (std::size_t i = 0; i < search_.evaluations; ++i, step *= search_.shrink) {
    as_vector(to.point) = bounds_.clamp(x + step * aim_);
    if (to.point == from.point) return 0;
    evaluate(to);
    if (to.value == -infinity) fell_without_bound_ = true;
    if (!std::isfinite(to.value) || !as_vector(to.gradient).allFinite()) continue;
    const double promised = g.dot(as_vector(to.point) - x);
    if (to.value < from.value && to.value <= from.value + search_.decrease * promised) return step;
    // Where the value cannot show a fall any more, the gradient can.
    if (to.value <= from.value && std::abs(promised) <= 10 * rounding * std::abs(from.value) &&
        flatness(to) < 0.9 * flatness(from))
      return step;
    if (std::abs(promised) < 0.1 * rounding * std::abs(from.value)) return 0;
  }
  return 0;
}

void BoundedLbfgs::Walker::aim(const Iterate& from) {
  if (is_aimed_) return;
  is_aimed_ = true;
  const auto x = as_vector(from.point), g = as_vector(from.gradient);
  // Bertsekas's active set: at a bound, or so near that the next step would cross it, and pushed against it.
  const double near = 1e-8 * x.lpNorm<Eigen::Infinity>();
  free_ = (((x - bounds_.lower()).array() <= near && g.array() > 0) ||
           ((bounds_.upper() - x).array() <= near && g.array() < 0))
              .select(VectorXd::Zero(x.size()), VectorXd::Ones(x.size()));
  aim_ = -(g.array() * free_.array()).matrix();
  memory_.multiply(aim_, &free_);
  if (!(g.dot(aim_) < 0) && (free_.array() > 0).any()) {
    memory_.forget();
    aim_ = -(g.array() * free_.array()).matrix();
  }
  aim_.array() -= g.array() * (1 - free_.array());
}

std::span<const double> BoundedLbfgs::Walker::step_left(const Iterate& at) {
  aim(at);
  if (memory_.is_empty()) return {};
  const auto x = as_vector(at.point);
  estimate_ = bounds_.clamp(x + aim_) - x;
  return as_span(estimate_);
}

Move BoundedLbfgs::Walker::advance(const Iterate& from, Iterate& to, Evaluator& evaluate) {
  const auto x = as_vector(from.point), g = as_vector(from.gradient);
  const bool is_estimated = !step_left(from).empty();
  const double promised = is_estimated ? half_of_slope(from, estimate_) : infinity;
  const double left = is_estimated ? remaining_part(as_span(estimate_), from.point, from.point) : infinity;
  is_aimed_ = false;
  const auto walk_along = [&] {
    if (!memory_.is_empty()) return backtrack(from, 1, to, evaluate);
    const double unit = unit_of(aim_);
    aim_ *= unit;
    const double first = first_look(from, as_span(aim_), g.dot(aim_));
    return unit * backtrack(from, std::max(first, 10 * last_length_ / norm_of(aim_)), to, evaluate);
  };
  double step = walk_along();
  if (step == 0 && !memory_.is_empty()) {
    memory_.forget();
    last_length_ = 0;
    aim_ = -g;
    step = walk_along();
  }
  if (step == 0) return found_nothing(from, to, fell_without_bound_, promised, left);
  change_ = as_vector(to.point) - x;
  last_length_ = norm_of(change_);
  of_gradient_ = as_vector(to.gradient) - g;
  memory_.learn(change_, of_gradient_);
  return {.learning_rate = step};
}

}  // namespace downhill
