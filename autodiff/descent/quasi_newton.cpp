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

bool has_curvature(const VectorXd& s, const VectorXd& y) {
  return s.dot(y) > std::numeric_limits<double>::epsilon() * s.norm() * y.norm();
}

class Steepest final : public Direction {
 public:
  void aim(const VectorXd& gradient, VectorXd& direction) override { direction = -gradient; }
  void learn(const VectorXd&, const VectorXd&, const VectorXd&) override {}
  void forget() override {}
  bool is_scaled() const override { return false; }
};

class Conjugate final : public Direction {
 public:
  explicit Conjugate(std::size_t parameters) : restart_after_(parameters) {}
  void aim(const VectorXd& gradient, VectorXd& direction) override {
    if (beta_ == 0)
      last_ = -gradient;
    else
      last_ = beta_ * last_ - gradient;
    direction = last_;
  }
  void learn(const VectorXd&, const VectorXd& y, const VectorXd& gradient) override {
    // The gradient before is gradient - y.
    const double now = gradient.squaredNorm(), mixed = now - gradient.dot(y), before = (gradient - y).squaredNorm();
    const bool restart = ++steps_ >= restart_after_ || std::abs(mixed) >= 0.2 * now;
    beta_ = restart ? 0 : std::max(0.0, (now - mixed) / before);
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
  void aim(const VectorXd& gradient, VectorXd& direction) override {
    if (inverse_.size() == 0)
      direction = -gradient;
    else
      direction.noalias() = inverse_.selfadjointView<Eigen::Lower>() * -gradient;
  }
  void learn(const VectorXd& s, const VectorXd& y, const VectorXd&) override {
    if (!has_curvature(s, y)) return;
    const double curvature = s.dot(y);
    if (inverse_.size() == 0)  // Nocedal and Wright, (6.20)
      inverse_ = Eigen::MatrixXd::Identity(s.size(), s.size()) * (curvature / y.squaredNorm());
    auto lower = inverse_.selfadjointView<Eigen::Lower>();
    product_.noalias() = lower * y;
    lower.rankUpdate(s, (curvature + y.dot(product_)) / (curvature * curvature));
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
  void aim(const VectorXd& gradient, VectorXd& direction) override {
    direction = -gradient;
    memory_.multiply(direction);
  }
  void learn(const VectorXd& s, const VectorXd& y, const VectorXd&) override { memory_.learn(s, y); }
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

// After the last trial.
Move found_nothing(const Iterate& trial) {
  return {.found_lower = false,
          .why = std::isfinite(trial.value)
                     ? "no lower point was found along the direction: this is the bottom, to rounding"
                     : "the value is not finite along the direction, however short the step"};
}

}  // namespace

LineSearchWalker SteepestDescent::walker(std::size_t) const {
  return walker_with("SteepestDescent", std::make_unique<Steepest>(), search);
}
LineSearchWalker ConjugateGradient::walker(std::size_t parameters) const {
  return walker_with("ConjugateGradient", std::make_unique<Conjugate>(parameters), search);
}
LineSearchWalker Bfgs::walker(std::size_t) const { return walker_with("Bfgs", std::make_unique<Dense>(), search); }
LineSearchWalker Lbfgs::walker(std::size_t parameters) const {
  demand_memory("Lbfgs", memory);
  return walker_with("Lbfgs", std::make_unique<Limited>(memory, parameters), search);
}

LineSearchWalker::LineSearchWalker(std::unique_ptr<Direction> direction, const LineSearch& search)
    : direction_(std::move(direction)), searcher_(search), backtracks_(std::holds_alternative<Armijo>(search)) {}

double LineSearchWalker::first_step(double slope) const {
  if (direction_->is_scaled()) return 1;
  if (last_step_ > 0 && backtracks_) return 2 * last_step_;
  if (last_step_ > 0) return last_step_ * std::min(10.0, last_slope_ / slope);  // Nocedal and Wright, (3.60)
  return std::min(1.0, 1 / aim_.norm());
}

Move LineSearchWalker::advance(const Iterate& from, Iterate& to, Evaluator& evaluate) {
  const auto gradient = as_vector(from.gradient);
  direction_->aim(gradient, aim_);
  double slope = gradient.dot(aim_);
  bool is_steepest = false;
  const auto turn_steepest = [&] {
    direction_->forget();
    last_step_ = 0;
    aim_ = -gradient;
    slope = -gradient.squaredNorm();
    is_steepest = true;
  };
  if (!(slope < 0) || !std::isfinite(slope)) turn_steepest();
  double step = searcher_.search(from, aim_, first_step(slope), to, evaluate);
  if (step == 0 && !is_steepest) {
    turn_steepest();
    step = searcher_.search(from, aim_, first_step(slope), to, evaluate);
  }
  if (step == 0 || to.point == from.point) return found_nothing(to);
  last_step_ = step;
  last_slope_ = slope;
  change_ = as_vector(to.gradient) - gradient;
  direction_->learn(step * aim_, change_, as_vector(to.gradient));
  return {.learning_rate = step};
}

// ---- L-BFGS

LbfgsMemory::LbfgsMemory(std::size_t pairs, std::size_t parameters)
    : s_(static_cast<Eigen::Index>(parameters), static_cast<Eigen::Index>(pairs)), y_(s_.rows(), s_.cols()) {}

void LbfgsMemory::learn(const VectorXd& s, const VectorXd& y) {
  if (!has_curvature(s, y)) return;
  const auto pairs = static_cast<std::size_t>(s_.cols());
  newest_ = count_ == 0 ? 0 : (newest_ + 1) % pairs;
  count_ = std::min(count_ + 1, pairs);
  s_.col(static_cast<Eigen::Index>(newest_)) = s;
  y_.col(static_cast<Eigen::Index>(newest_)) = y;
}

// The two loops of Nocedal, "Updating quasi-Newton matrices with limited storage", Math. Comp. 35 (1980).
void LbfgsMemory::multiply(VectorXd& v, const VectorXd* free) const {
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
    if (scale == 0) scale = curvature[age] / dot(y, y);
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
    : search_(method.search), memory_(method.memory, parameters) {
  demand_memory("BoundedLbfgs", method.memory);
  demand_sound("BoundedLbfgs", search_);
  const double infinity = std::numeric_limits<double>::infinity();
  const auto filled = [&](const std::vector<double>& bounds, double otherwise, std::string_view which) -> VectorXd {
    const auto size = static_cast<Eigen::Index>(parameters);
    if (bounds.size() <= 1) return VectorXd::Constant(size, bounds.empty() ? otherwise : bounds[0]);
    if (bounds.size() != parameters)
      throw ShapeError(fmt::format("BoundedLbfgs: {} {} bounds for {} parameters; give none, one or {}", bounds.size(),
                                   which, parameters, parameters));
    return as_vector(bounds);
  };
  lower_ = filled(method.lower, -infinity, "lower");
  upper_ = filled(method.upper, infinity, "upper");
  for (Eigen::Index i = 0; i < lower_.size(); ++i)
    if (!(lower_[i] <= upper_[i]))
      throw OptionError(fmt::format("BoundedLbfgs: the lower bound {} of parameter {} is not below the upper one, {}",
                                    lower_[i], i, upper_[i]));
}

void BoundedLbfgs::Walker::admit(const std::vector<double>& start) const {
  for (std::size_t i = 0; i < start.size(); ++i) {
    const auto at = static_cast<Eigen::Index>(i);
    if (!(start[i] >= lower_[at] && start[i] <= upper_[at]))
      throw OptionError(fmt::format("BoundedLbfgs: start[{}] is {}, outside its bounds [{}, {}]", i, start[i],
                                    lower_[at], upper_[at]));
  }
}

double BoundedLbfgs::Walker::flatness(const Iterate& at) const {
  const auto x = as_vector(at.point), g = as_vector(at.gradient);
  if (!g.allFinite()) return g.norm();
  return ((x - g).cwiseMax(lower_).cwiseMin(upper_) - x).stableNorm();
}

double BoundedLbfgs::Walker::backtrack(const Iterate& from, double step, Iterate& to, Evaluator& evaluate) const {
  const auto x = as_vector(from.point), g = as_vector(from.gradient);
  for (std::size_t i = 0; i < search_.evaluations; ++i, step *= search_.shrink) {
    as_vector(to.point) = (x + step * aim_).cwiseMax(lower_).cwiseMin(upper_);
    evaluate(to);
    const double promised = g.dot(as_vector(to.point) - x);
    if (std::isfinite(to.value) && as_vector(to.gradient).allFinite() && to.value < from.value &&
        to.value <= from.value + search_.decrease * promised)
      return step;
  }
  return 0;
}

Move BoundedLbfgs::Walker::advance(const Iterate& from, Iterate& to, Evaluator& evaluate) {
  const auto x = as_vector(from.point), g = as_vector(from.gradient);
  // Bertsekas's active set: at a bound, or so near that the next step would cross it, and pushed against it.
  const double near = std::min(1e-6, flatness(from));
  free_ = (((x - lower_).array() <= near && g.array() > 0) || ((upper_ - x).array() <= near && g.array() < 0))
              .select(VectorXd::Zero(x.size()), VectorXd::Ones(x.size()));
  aim_ = -(g.array() * free_.array()).matrix();
  memory_.multiply(aim_, &free_);
  if (!(g.dot(aim_) < 0) && (free_.array() > 0).any()) {
    memory_.forget();
    aim_ = -(g.array() * free_.array()).matrix();
  }
  aim_.array() -= g.array() * (1 - free_.array());

  const auto walk_along = [&] {
    const double first = memory_.is_empty() ? std::min(1.0, 1 / aim_.norm()) : 1;
    return backtrack(from, first, to, evaluate);
  };
  double step = walk_along();
  if (step == 0 && !memory_.is_empty()) {
    memory_.forget();
    aim_ = -g;
    step = walk_along();
  }
  if (step == 0) return found_nothing(to);
  change_ = as_vector(to.point) - x;
  of_gradient_ = as_vector(to.gradient) - g;
  memory_.learn(change_, of_gradient_);
  return {.learning_rate = step};
}

}  // namespace downhill
