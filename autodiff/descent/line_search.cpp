#include <autodiff/descent/line_search.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <autodiff/descent/vectors.hpp>

namespace downhill {
namespace {

struct Trial {
  double step, value, slope;  // of the function along the line
  bool is_finite() const { return std::isfinite(value) && std::isfinite(slope); }
};

// The function along the line, and the lowest point of it that was seen.
class Line {
 public:
  Line(const Iterate& from, std::span<const double> direction, Iterate& to, Iterate& lowest, bool& fell_without_bound,
       Evaluator& evaluate)
      : from_(from),
        direction_(as_vector(direction)),
        to_(to),
        lowest_(lowest),
        fell_without_bound_(fell_without_bound),
        evaluate_(evaluate) {
    fell_without_bound_ = false;
    start_ = {0, from.value, as_vector(from.gradient).dot(direction_)};
    lowest_trial_ = start_;
  }

  const Trial& start() const { return start_; }
  Trial at(double step) {
    to_.point.resize(from_.point.size());
    to_.gradient.resize(from_.point.size());
    as_vector(to_.point) = as_vector(from_.point) + step * direction_;
    evaluate_(to_);
    if (to_.value == -std::numeric_limits<double>::infinity()) fell_without_bound_ = true;
    const Trial trial{step, to_.value, as_vector(to_.gradient).dot(direction_)};
    if (trial.is_finite() && trial.value < lowest_trial_.value) {
      lowest_trial_ = trial;
      lowest_ = to_;
    }
    return trial;
  }
  /// Is all that the slope promises of such a step, or a shorter one, lost in the rounding of the value?
  bool is_lost_in_rounding(double step) const {
    constexpr double part = 0.1 * std::numeric_limits<double>::epsilon();
    return step * std::abs(start_.slope) < part * std::abs(start_.value);
  }
  /// Goes back to the lowest point.
  double settle_for_lowest() {
    if (lowest_trial_.step > 0) std::swap(to_, lowest_);
    return lowest_trial_.step;
  }

 private:
  const Iterate& from_;
  Eigen::Map<const Eigen::VectorXd> direction_;
  Iterate &to_, &lowest_;
  bool& fell_without_bound_;
  Evaluator& evaluate_;
  Trial start_, lowest_trial_;
};

double backtrack(const Armijo& rule, Line& line, double step) {
  for (std::size_t i = 0; i < rule.evaluations; ++i, step *= rule.shrink) {
    const Trial trial = line.at(step);
    if (trial.is_finite() && trial.value <= line.start().value + rule.decrease * step * line.start().slope &&
        trial.value < line.start().value)
      return step;
    if (line.is_lost_in_rounding(step)) break;
  }
  return line.settle_for_lowest();
}

// Where the cubic with the values and slopes of a and b has its minimum; NaN if it has none.
double cubic_minimum(const Trial& a, const Trial& b) {
  const double theta = 3 * (a.value - b.value) / (b.step - a.step) + a.slope + b.slope;
  const double scale = std::max({std::abs(theta), std::abs(a.slope), std::abs(b.slope)});
  const double square = (theta / scale) * (theta / scale) - (a.slope / scale) * (b.slope / scale);
  const double root = std::copysign(scale * std::sqrt(square), b.step - a.step);
  return b.step - (b.step - a.step) * ((b.slope + root - theta) / (b.slope - a.slope + 2 * root));
}
// Of the parabola with the value and slope of a, and the value of b.
double parabola_minimum(const Trial& a, const Trial& b) {
  const double length = b.step - a.step;
  return a.step + a.slope / ((a.value - b.value) / length + a.slope) / 2 * length;
}
// Of the parabola with the slopes of a and b.
double secant_minimum(const Trial& a, const Trial& b) {
  return b.step + b.slope / (b.slope - a.slope) * (a.step - b.step);
}

double nearer(double to, double a, double b) { return std::abs(a - to) < std::abs(b - to) ? a : b; }
double farther(double from, double a, double b) { return std::abs(a - from) < std::abs(b - from) ? b : a; }

// An interval that holds an acceptable step: `best` has the least value, and its slope points to `other`.
struct Interval {
  Trial best, other;
  bool bracketed = false;

  // The paper's section 4: the next step from what `now` shows, and the smaller interval.
  double next(const Trial& now, double least, double most) {
    double step;
    if (now.value > best.value) {
      const double cubic = cubic_minimum(best, now), parabola = parabola_minimum(best, now);
      step = std::abs(cubic - best.step) < std::abs(parabola - best.step) ? cubic : (cubic + parabola) / 2;
      bracketed = true;
    } else if (now.slope * best.slope < 0) {
      step = farther(now.step, cubic_minimum(best, now), secant_minimum(best, now));
      bracketed = true;
    } else if (std::abs(now.slope) < std::abs(best.slope)) {
      double cubic = cubic_minimum(best, now);
      const bool beyond = (cubic - now.step) * (now.step - best.step) > 0;  // false for NaN as well
      if (!beyond) cubic = now.step > best.step ? most : least;
      const double secant = secant_minimum(best, now);
      if (bracketed) {
        step = nearer(now.step, cubic, secant);
        const double limit = now.step + 0.66 * (other.step - now.step);
        step = now.step > best.step ? std::min(step, limit) : std::max(step, limit);
      } else {
        step = farther(now.step, cubic, secant);
      }
    } else if (bracketed) {
      step = cubic_minimum(now, other);
    } else {
      step = now.step > best.step ? most : least;
    }
    if (now.value > best.value) {
      other = now;
    } else {
      if (now.slope * best.slope < 0) other = best;
      best = now;
    }
    return step;
  }
};

double more_thuente(const StrongWolfe& rule, Line& line, double step) {
  const Trial start = line.start();
  const double slack = 10 * std::numeric_limits<double>::epsilon() * std::abs(start.value);
  const auto is_acceptable = [&](const Trial& trial) {
    if (!(std::abs(trial.slope) <= rule.curvature * std::abs(start.slope))) return false;
    const bool lower = trial.value <= start.value + rule.decrease * trial.step * start.slope;
    const bool level = trial.value <= start.value && start.value - trial.value <= slack &&
                       trial.slope <= (2 * rule.decrease - 1) * start.slope;
    return lower || level;
  };
  // The paper's auxiliary function: psi(a) = phi(a) - phi(0) - decrease a phi'(0).
  const auto auxiliary = [&](const Trial& t) {
    return Trial{t.step, t.value - start.value - rule.decrease * t.step * start.slope,
                 t.slope - rule.decrease * start.slope};
  };
  const auto original = [&](const Trial& t) {
    return Trial{t.step, t.value + start.value + rule.decrease * t.step * start.slope,
                 t.slope + rule.decrease * start.slope};
  };

  Interval interval{start, start};
  double too_far = std::numeric_limits<double>::infinity();  // not finite from here on
  double width = too_far, width_before = too_far;
  bool first_stage = true;
  for (std::size_t i = 0; i < rule.evaluations; ++i) {
    const Trial now = line.at(step);
    if (!now.is_finite()) {
      too_far = step;
      step = interval.best.step + 0.1 * (step - interval.best.step);
      if (!(step > interval.best.step)) break;
      continue;
    }
    if (is_acceptable(now)) return step;
    if (now.value >= start.value && line.is_lost_in_rounding(step)) break;

    const Trial helper = auxiliary(now);
    if (helper.value <= 0 && now.slope >= 0) first_stage = false;
    double least = std::min(interval.best.step, interval.other.step),
           most = std::max(interval.best.step, interval.other.step);
    if (!interval.bracketed) {
      least = now.step + 1.1 * (now.step - interval.best.step);
      most = now.step + 4 * (now.step - interval.best.step);
    }
    if (first_stage && now.value <= interval.best.value && helper.value > 0) {
      Interval of_helper{auxiliary(interval.best), auxiliary(interval.other), interval.bracketed};
      step = of_helper.next(helper, least, most);
      interval = {original(of_helper.best), original(of_helper.other), of_helper.bracketed};
    } else {
      step = interval.next(now, least, most);
    }

    if (interval.bracketed) {
      const double narrow = std::abs(interval.other.step - interval.best.step);
      if (narrow >= 0.66 * width_before) step = interval.best.step + 0.5 * (interval.other.step - interval.best.step);
      width_before = std::exchange(width, narrow);
      const auto [low, high] = std::minmax(interval.best.step, interval.other.step);
      if (!(step > low && step < high)) step = low + 0.5 * (high - low);
      if (!(step > low && step < high)) break;  // nothing lies between
    } else if (!(step < too_far)) {
      step = now.step + 0.5 * (too_far - now.step);
    }
    if (!std::isfinite(step)) break;
  }
  return line.settle_for_lowest();
}

}  // namespace

void demand_sound(std::string_view method, const LineSearch& search) {
  const auto fraction = [&](std::string_view what, double value) {
    demand(value > 0 && value < 1, method, what, value, "must lie between 0 and 1");
  };
  if (const auto* armijo = std::get_if<Armijo>(&search)) {
    fraction("Armijo::decrease", armijo->decrease);
    fraction("Armijo::shrink", armijo->shrink);
  } else {
    const auto& wolfe = std::get<StrongWolfe>(search);
    fraction("StrongWolfe::decrease", wolfe.decrease);
    fraction("StrongWolfe::curvature", wolfe.curvature);
    demand(wolfe.decrease < wolfe.curvature, method, "StrongWolfe::decrease", wolfe.decrease,
           "must be less than the curvature");
  }
}

double first_look(const Iterate& from, std::span<const double> direction, double slope) {
  constexpr double part = 0.01;
  const double parameter = as_vector(from.point).lpNorm<Eigen::Infinity>();
  if (parameter > 0) return part * parameter / as_vector(direction).lpNorm<Eigen::Infinity>();
  const double step = part * std::abs(from.value / slope);
  return step > 0 && std::isfinite(step) ? step : 1 / as_vector(direction).lpNorm<Eigen::Infinity>();
}

double LineSearcher::search(const Iterate& from, std::span<const double> direction, double first_step, Iterate& to,
                            Evaluator& evaluate) {
  Line line(from, direction, to, lowest_, fell_without_bound_, evaluate);
  if (const auto* armijo = std::get_if<Armijo>(&search_)) return backtrack(*armijo, line, first_step);
  return more_thuente(std::get<StrongWolfe>(search_), line, first_step);
}

}  // namespace downhill
