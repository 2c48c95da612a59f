#pragma once
/// \file
/// The bookkeeping of a walk: where it is, what it has counted, and whether it should end.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/descent/progress.hpp>
#include <autodiff/descent/result.hpp>

namespace downhill {

/// The objective as a method sees it: its type is hidden, and evaluations are counted.
class Evaluator {
 public:
  Evaluator() = default;
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;
  virtual ~Evaluator() = default;

  /// Sets the value and the gradient of `at` to those at its point.
  void operator()(Iterate& at) {
    ++evaluations_;
    at.value = evaluate(at.point, at.gradient);
  }
  std::size_t evaluations() const { return evaluations_; }

 protected:
  std::size_t evaluations_ = 0;

 private:
  virtual double evaluate(std::span<const double> point, std::span<double> gradient) = 0;
};

/// An Evaluator of one objective, which must outlive it.
template <class F>
class EvaluatorOf final : public Evaluator {
 public:
  explicit EvaluatorOf(F& objective) : objective_(objective) {}

 private:
  double evaluate(std::span<const double> point, std::span<double> gradient) override {
    return objective_(point, gradient);
  }
  F& objective_;
};

/// The objective as a method sees it.
template <class F>
EvaluatorOf<F> evaluator_of(F& objective) {
  return EvaluatorOf<F>(objective);
}

/// What a method did when asked for a step.
struct Move {
  double learning_rate = std::numeric_limits<double>::quiet_NaN();  ///< or the step length along its direction
  bool found_lower = true;                                          ///< false: it is where it was, and cannot go on
  std::string_view why = {};                                        ///< then, why not
  StopReason reason = StopReason::no_descent;                       ///< likewise
};

/// How far it still is to the bottom, by an estimate of the step that leads there: the largest |step_i| / |x_i|, where
/// a parameter that has come from far counts as no less than 1e-8 of its way from `start`. Infinite without an
/// estimate.
double remaining_part(std::span<const double> step, std::span<const double> point, std::span<const double> start);

/// The length of x, without overflow.
double euclidean_norm(std::span<const double> x);

/// Throws OptionError unless the number lies where it must: `demand(rate > 0, "Adam", "the learning rate", rate,
/// "must be positive")`.
void demand(bool holds, std::string_view who, std::string_view what, double value, std::string_view rule);

/// Does the objective give other values at the same point? Then its class says `static constexpr bool is_noisy = true`.
template <class F>
inline constexpr bool is_noisy = [] {
  if constexpr (requires { F::is_noisy; })
    return bool(F::is_noisy);
  else
    return false;
}();

/// A method's walker, which takes the steps, has `Move advance(const Iterate& from, Iterate& to, E& evaluate)`. It may
/// have `admit(start)`, which throws if the method cannot start there, and `double flatness(const Iterate& at)`, what
/// counts as the norm of the gradient.
class Walk {
 public:
  /// Throws ShapeError for an empty start, OptionError for one that is not finite or a condition that is NaN.
  Walk(std::vector<double> start, const Stop& stop, Keep keep, bool is_noisy = false);

  /// Evaluates the start. What the objective throws here passes through.
  template <class E, class Method>
  void begin(E& evaluate, Method& method) {
    evaluations_ = &evaluate;
    if constexpr (requires { method.admit(now_.point); }) method.admit(now_.point);
    if constexpr (requires { method.begin(now_, evaluate); })
      method.begin(now_, evaluate);
    else
      evaluate(now_);
    measure(method);
  }
  /// Takes the method's next step. What is thrown on the way ends the walk.
  template <class E, class Method>
  void advance(E& evaluate, Method& method) {
    static_assert(std::is_invocable_v<decltype(&Method::advance), Method&, const Iterate&, Iterate&, E&>,
                  "this method steps by residuals: give minimize a SumOfSquares(residuals)");
    guard([&] {
      ++steps_;
      move_ = method.advance(now_, next_, evaluate);
      if (!move_.found_lower) return;
      std::swap(now_, next_);
      measure(method);
    });
  }
  /// Should it end here? Then the result says why.
  bool has_ended();
  /// Tells an observer where the walk is; one that returns true ends it.
  template <class Observer>
  void tell(Observer& observer) {
    guard([&] {
      std::optional<std::string> why = progress_detail::tell(observer, progress());
      if (why && !ended_) end(StopReason::observer, std::move(*why));
    });
  }
  bool ended() const { return ended_; }
  std::size_t size() const { return now_.point.size(); }
  Result result() &&;

 private:
  template <class Action>
  void guard(Action&& action) {
    try {
      action();
    } catch (...) {
      end_by(std::current_exception());
    }
  }
  template <class Method>
  void measure(Method& method) {
    const double norm_before = norm_;
    if constexpr (requires { method.flatness(now_); })
      norm_ = method.flatness(now_);
    else
      norm_ = euclidean_norm(now_.gradient);
    remember_lowest(norm_before);
    if (std::isfinite(norm_)) largest_norm_ = std::max(largest_norm_, norm_);
    if (!stop_.gradient_norm && !is_noisy_ && is_finite()) {
      if constexpr (requires { Method::judges_flatness; })
        judged_by_method_ = Method::judges_flatness;
      else
        remaining_ = remaining(step_by_last_step());
    }
    if (keep_ == Keep::path) result_.path.push_back(now_);
  }
  bool is_finite() const { return std::isfinite(now_.value) && std::isfinite(norm_); }
  // Keeps the place before, if the walk has just left the lowest one.
  void remember_lowest(double norm_before);
  std::span<const double> step_by_last_step();
  double remaining(std::span<const double> step) const;
  bool judged_by_method_ = false;
  double flat_norm() const { return stop_.precision * std::min(1.0, largest_norm_); }
  bool is_flat() const;
  bool is_above_lowest() const;
  std::string why_flat() const;
  bool end(StopReason reason, std::string why);
  void end_by(std::exception_ptr exception);
  bool fell_without_bound() const;
  std::string what_became_infinite() const;
  double step_length() const;
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }
  Progress progress() const;

  Iterate now_, next_;  // next_ is the point before, once a step is taken
  struct Lowest {
    std::vector<double> point;
    double value = 0, norm = 0;
  } lowest_;  // its point is empty while it is now_
  std::vector<double> start_, estimate_;
  const Stop& stop_;
  Keep keep_;
  bool is_noisy_;
  Evaluator* evaluations_ = nullptr;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::size_t steps_ = 0;
  double first_value_ = 0, norm_ = 0, largest_norm_ = 0;
  double remaining_ = std::numeric_limits<double>::infinity();
  double least_curvature_ = std::numeric_limits<double>::infinity();  // along recent steps
  Move move_;
  PatienceCounter patience_;
  bool ended_ = false;
  Result result_;
};

}  // namespace downhill
