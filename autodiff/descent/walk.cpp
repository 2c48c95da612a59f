#include <autodiff/descent/walk.hpp>

#include <fmt/format.h>

#include <autodiff/descent/vectors.hpp>
#include <autodiff/error.hpp>

namespace downhill {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string what_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "something that is not a std::exception";
  }
}

// One that goes to 0 counts for the way that it has come.
double size_of_parameter(double now, double start) { return std::max(std::abs(now), 1e-8 * std::abs(now - start)); }

}  // namespace

double euclidean_norm(std::span<const double> x) { return as_vector(x).stableNorm(); }

double remaining_part(std::span<const double> step, std::span<const double> point, std::span<const double> start) {
  if (step.empty()) return infinity;
  double part = 0;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == 0) continue;
    const double of_this = std::abs(step[i]) / size_of_parameter(point[i], start[i]);
    if (!(of_this <= part)) part = std::isnan(of_this) ? infinity : of_this;
  }
  return part;
}

void demand(bool holds, std::string_view who, std::string_view what, double value, std::string_view rule) {
  if (!holds) throw OptionError(fmt::format("{}: {} is {}; it {}", who, what, value, rule));
}

Walk::Walk(std::vector<double> start, const Stop& stop, Keep keep, bool is_noisy)
    : stop_(stop), keep_(keep), is_noisy_(is_noisy), patience_(stop.patience) {
  if (start.empty()) throw ShapeError("minimize: the start is empty; it needs one number for each parameter");
  for (std::size_t i = 0; i < start.size(); ++i)
    if (!std::isfinite(start[i]))
      throw OptionError(fmt::format("minimize: start[{}] is {}; start from finite numbers", i, start[i]));
  for (const double condition : {stop.gradient_norm.value_or(0), stop.precision, stop.step_length, stop.value_change,
                                 stop.target_value, stop.seconds, stop.patience.minimum_change})
    if (std::isnan(condition)) throw OptionError("minimize: a stop condition is NaN; it would never hold");
  start_ = start;
  now_.point = std::move(start);
  now_.gradient.resize(now_.point.size());
  next_ = now_;
}

bool Walk::end(StopReason reason, std::string why) {
  result_.reason = reason;
  result_.why = std::move(why);
  return ended_ = true;
}

void Walk::end_by(std::exception_ptr exception) {
  end(StopReason::exception, fmt::format("at step {} this was thrown: {}", steps_, what_of(exception)));
  result_.exception = std::move(exception);
}

double Walk::step_length() const { return (as_vector(now_.point) - as_vector(next_.point)).stableNorm(); }

void Walk::remember_lowest(double norm_before) {
  if (steps_ == 0) {
    first_value_ = now_.value;
    return;
  }
  const bool was_here = lowest_.point.empty();
  const double value = was_here ? next_.value : lowest_.value, norm = was_here ? norm_before : lowest_.norm;
  const bool is_lower = is_noisy_ || now_.value < value || (now_.value == value && norm_ <= norm);
  if (is_finite() && is_lower) {
    lowest_.point.clear();
    result_.found_at = steps_;
  } else if (was_here) {
    lowest_ = {next_.point, value, norm};
  }
}

std::span<const double> Walk::step_by_last_step() {
  if (steps_ == 0) return {};
  const auto s = as_vector(now_.point) - as_vector(next_.point);
  const double length = s.stableNorm();
  const double curvature = (s / length).dot((as_vector(now_.gradient) - as_vector(next_.gradient)) / length);
  if (!(curvature > 0)) return {};
  least_curvature_ = std::min(curvature, 2 * least_curvature_);
  estimate_.resize(start_.size());
  as_vector(estimate_) = as_vector(now_.gradient) / -least_curvature_;
  return estimate_;
}

double Walk::remaining(std::span<const double> step) const {
  double of_value = 0;
  for (std::size_t i = 0; i < start_.size(); ++i)
    of_value = std::max(of_value, std::abs(now_.gradient[i]) * size_of_parameter(now_.point[i], start_[i]));
  return std::max(remaining_part(step, now_.point, start_), of_value / std::abs(now_.value));
}

bool Walk::is_flat() const {
  if (norm_ == 0) return true;
  if (stop_.gradient_norm) return norm_ <= *stop_.gradient_norm;
  if (judged_by_method_) return false;
  return norm_ <= flat_norm() || (!is_noisy_ && remaining_ <= stop_.precision);
}

// A value is the sum of terms that may be larger: its last digits are rounding. They are no reason to go back from flat
// ground to a place that is not flat.
bool Walk::is_above_lowest() const {
  if (lowest_.point.empty()) return false;
  return now_.value - lowest_.value > 1e-12 * std::abs(now_.value);
}

std::string Walk::why_flat() const {
  if (norm_ == 0)
    return steps_ == 0 ? "the gradient is exactly 0 at the start: a bottom, a top or a saddle"
                       : "the gradient is flat: it is exactly 0";
  const double bound = stop_.gradient_norm.value_or(flat_norm());
  if (norm_ <= bound) return fmt::format("the gradient is flat: |g| = {:.2g} <= {:.2g}", norm_, bound);
  return fmt::format("the gradient is flat: |g| = {:.2g}, which is {:.2g} of the value and the parameters", norm_,
                     remaining_);
}

// Was the last place so far down that no step too long explains it? Infinite terms of both signs may hide it.
bool Walk::fell_without_bound() const {
  constexpr double far = 1e50;
  return steps_ > 0 && !lowest_.point.empty() && lowest_.value == next_.value &&
         lowest_.value < -far * std::max(1.0, std::abs(first_value_));
}

std::string Walk::what_became_infinite() const {
  const bool of_value = !std::isfinite(now_.value);
  const std::string what = fmt::format("the {} {} {}", of_value ? "value" : "gradient's norm",
                                       steps_ == 0 ? "is" : "became", of_value ? now_.value : norm_);
  if (steps_ == 0) return what + " at the start";
  if (std::isnan(move_.learning_rate)) return fmt::format("{} at step {}", what, steps_);
  return fmt::format("{} at step {}; the learning rate {:.6g} is probably too large", what, steps_,
                     move_.learning_rate);
}

bool Walk::has_ended() {
  if (ended_) return true;
  if (now_.value == -infinity)
    return end(StopReason::unbounded,
               fmt::format("the value falls without bound: it {} -inf {}", steps_ == 0 ? "is" : "reached",
                           steps_ == 0 ? "at the start" : fmt::format("at step {}", steps_)));
  if (!is_finite() && fell_without_bound())
    return end(StopReason::unbounded,
               fmt::format("the value falls without bound: it fell from {:.3g} to {:.3g} before it left the numbers at "
                           "step {}",
                           first_value_, lowest_.value, steps_));
  if (!is_finite()) return end(StopReason::not_finite, what_became_infinite());
  if (is_flat()) {
    if (!is_above_lowest()) return end(StopReason::flat_gradient, why_flat());
    return end(StopReason::no_progress,
               fmt::format("the walk came to a plateau where |g| = {:.2g}, higher than where it has been", norm_));
  }
  if (now_.value <= stop_.target_value)
    return end(StopReason::target_value,
               fmt::format("the value reached its target: {:.6g} <= {:.6g}", now_.value, stop_.target_value));
  if (!move_.found_lower) return end(move_.reason, fmt::format("{}; |g| = {:.2g}", move_.why, norm_));
  if (steps_ > 0) {
    const double change = std::abs(now_.value - next_.value);
    if (change <= stop_.value_change)
      return end(StopReason::value_settled,
                 fmt::format("the value has settled: it changed by {:.2g} <= {:.2g} in the last step", change,
                             stop_.value_change));
    if (const double length = stop_.step_length >= 0 ? step_length() : 0; length <= stop_.step_length)
      return end(StopReason::short_step,
                 fmt::format("the last step was short: {:.2g} <= {:.2g}", length, stop_.step_length));
  }
  if (steps_ >= stop_.steps)
    return end(StopReason::step_limit,
               fmt::format("{} steps were taken, the limit; |g| = {:.2g} is not yet flat", steps_, norm_));
  if (const std::size_t made = evaluations_->evaluations(); made >= stop_.evaluations)
    return end(StopReason::evaluation_limit,
               fmt::format("{} evaluations were made, the limit is {}; |g| = {:.2g} is not yet flat", made,
                           stop_.evaluations, norm_));
  if (const double passed = seconds(); passed >= stop_.seconds)
    return end(StopReason::time_limit, fmt::format("{:.3g} s have passed, the limit is {:.3g} s; |g| = {:.2g} is not "
                                                   "yet flat",
                                                   passed, stop_.seconds, norm_));
  guard([&] {
    if (stop_.when && stop_.when(progress())) end(StopReason::condition, "Stop::when is true");
    if (ended_ || stop_.patience.rounds == 0) return;
    const double watched = stop_.validation_value ? stop_.validation_value(now_.point) : now_.value;
    if (patience_.runs_out(watched))
      end(StopReason::patience_ran_out, patience_.why(stop_.validation_value ? "validation value" : "value", "step"));
  });
  return ended_;
}

Progress Walk::progress() const {
  return {steps_,
          now_.point,
          now_.value,
          now_.gradient,
          norm_,
          move_.learning_rate,
          evaluations_->evaluations(),
          seconds(),
          stop_,
          ended_ ? std::optional(result_.reason) : std::nullopt,
          ended_ ? std::string_view(result_.why) : std::string_view{}};
}

Result Walk::result() && {
  const bool at_an_end = result_.reason == StopReason::flat_gradient || !move_.found_lower;
  if (at_an_end && !lowest_.point.empty() && !is_above_lowest()) {
    lowest_.point.clear();
    result_.found_at = move_.found_lower ? steps_ : steps_ - 1;
  }
  const bool is_here = lowest_.point.empty();
  if (!is_here && ended_)
    if (result_.reason != StopReason::not_finite && result_.reason != StopReason::unbounded)
      result_.why += fmt::format("; the lowest point, which is the result, was reached at step {}", result_.found_at);
  result_.point = std::move(is_here ? now_.point : lowest_.point);
  result_.value = is_here ? now_.value : lowest_.value;
  result_.gradient_norm = is_here ? norm_ : lowest_.norm;
  result_.steps = steps_;
  result_.evaluations = evaluations_->evaluations();
  result_.seconds = seconds();
  return std::move(result_);
}

}  // namespace downhill
