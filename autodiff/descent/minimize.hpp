#pragma once
/// \file
/// Walking downhill: new = old - learning_rate * gradient, again and again, until the ground is flat.
///
/// This loop is the same for every objective (objective.hpp) and every method: gradient descent and its kin
/// (methods.hpp), line searches and quasi-Newton methods (quasi_newton.hpp), least squares (least_squares.hpp).

#include <concepts>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/descent/methods.hpp>
#include <autodiff/descent/objective.hpp>
#include <autodiff/descent/result.hpp>
#include <autodiff/descent/walk.hpp>

namespace downhill {

namespace minimize_detail {

template <class O>
inline constexpr bool is_keep = std::same_as<std::remove_cvref_t<O>, Keep>;

template <class O>
Keep keep_of(const O& observer) {
  if constexpr (is_keep<O>)
    return observer;
  else
    return Keep::result;
}
template <class O>
void tell(Walk& walk, O& observer) {
  if constexpr (!is_keep<O>) walk.tell(observer);
}

}  // namespace minimize_detail

/// Walks downhill from `start` with a method, by default gradient descent: `minimize(f, {5})`,
/// `minimize(f, {5, 5}, {.learning_rate = 0.1})`.
///
/// Observers are called with a `const Progress&` at the start, after every step, and when the walk has ended; one that
/// returns true ends it. With Keep::path among them, the result has the path.
///
/// Throws OptionError for an option of the method outside its domain or a start that is not finite, ShapeError for an
/// empty start; what the objective throws at the start passes through. What it throws later, and what an observer
/// throws, ends the walk: the result has the last good point and StopReason::exception.
///
/// Throws TapeError where the objective does not depend on the parameters.
template <class F, class M = GradientDescent, class... Observers>
Result minimize(F&& objective, std::vector<double> start, const M& method = {}, const Stop& stop = {},
                Observers&&... observers) {
  static_assert(
      Minimizable<F>,
      "minimize: write the objective as [](const auto& x) { ... }: it is called with Inputs<Var<double>>, a span, or "
      "with a Tape<double>& as well, and returns a number; or it takes (std::span<const double> point, "
      "std::span<double> gradient) and returns a double");
  const bool keep_path = ((minimize_detail::keep_of(observers) == Keep::path) || ...);
  Walk walk(std::move(start), stop, keep_path ? Keep::path : Keep::result, is_noisy<std::remove_cvref_t<F>>);
  auto&& function = as_objective(std::forward<F>(objective));
  auto evaluate = evaluator_of(function);
  auto walker = walker_of(method, walk.size());

  walk.begin(evaluate, walker);
  for (;;) {
    const bool ended = walk.has_ended();
    (minimize_detail::tell(walk, observers), ...);
    if (walk.ended() && !ended) (minimize_detail::tell(walk, observers), ...);  // by an observer: all must know
    if (walk.ended()) return std::move(walk).result();
    walk.advance(evaluate, walker);
  }
}

/// The same from an Eigen vector or a std::array, of which the objective, or the residuals of a SumOfSquares, takes one
/// of its own number type: `minimize([](const auto& x) { return (x - c).squaredNorm(); }, Eigen::Vector3d::Zero())`.
/// The result's point is a std::vector all the same.
template <class F, derivatives_detail::Point P, class M = GradientDescent, class... Observers>
  requires(!std::same_as<P, std::vector<double>>)
Result minimize(F&& objective, const P& start, const M& method = {}, const Stop& stop = {}, Observers&&... observers) {
  std::vector<double> numbers(static_cast<std::size_t>(start.size()));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = derivatives_detail::number_at<double>(start, i);
  auto&& function = of_points_like(std::forward<F>(objective), start);
  return minimize(std::forward<decltype(function)>(function), std::move(numbers), method, stop,
                  std::forward<Observers>(observers)...);
}

template <class F, class... X>
  requires(sizeof...(X) == 0 || (Plain<X> || ...))
auto minimize(F&&, const X&...) {
  static_assert(!std::is_same_v<F, F>,
                "minimize: a start is missing, one number for each parameter: write minimize(f, {1.0, 2.0})");
  return Result{};
}

}  // namespace downhill
