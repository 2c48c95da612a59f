#pragma once
// What descent needs of a function: its value and its gradient at a point. TapeObjective makes both from a callable
// that is generic over its number type.

#include <algorithm>
#include <concepts>
#include <span>
#include <utility>
#include <vector>

#include <autodiff/gradient.hpp>

namespace downhill {

/// Anything that can be called with a span of Vars and returns one: `[](auto w) { return w[0] * w[0]; }`.
template <class F>
concept TapeFunction = requires(F& f, std::span<const Var<double>> point) {
  { f(point) } -> std::convertible_to<Var<double>>;
};

/// f, and its gradient by one reverse sweep. The tape is reused: in the steady state an evaluation allocates nothing.
template <TapeFunction F>
class TapeObjective {
 public:
  explicit TapeObjective(F f) : f_(std::move(f)) {}

  /// Returns f(point) and writes the gradient. A result that does not depend on the point has the gradient 0.
  double operator()(std::span<const double> point, std::span<double> gradient) {
    tape_.clear();
    tape_.variables(point, variables_);
    const Var<double> result = f_(std::span<const Var<double>>(variables_));
    if (result.is_active()) {
      tape_.gradient(result, swept_);
      std::ranges::copy(swept_.parameters().first(point.size()), gradient.begin());
    } else {
      std::ranges::fill(gradient, 0.0);
    }
    return result.value();
  }

 private:
  F f_;
  Tape<double> tape_;
  std::vector<Var<double>> variables_;
  Gradient<double> swept_;
};

}  // namespace downhill
