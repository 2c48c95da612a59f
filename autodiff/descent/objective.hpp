#pragma once
/// \file
/// What descent needs of a function, its value and its gradient at a point, and how other things are made into that:
///
///     a callable that is generic over its number type    [](auto w) { return w[0] * w[0]; }
///     one that wants the tape as well                    [](Tape<double>& tape, std::span<const Var<double>> w) {...}
///     a plain function and a gradient written by hand    by_hand(value, gradient)
///     a mean over samples, some of them at a time        MiniBatches(loss, samples, {.batch = 32})
///     a sum of squares                                   SumOfSquares(residuals), see least_squares.hpp

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/derivatives/function.hpp>
#include <autodiff/derivatives/inputs.hpp>
#include <autodiff/gradient.hpp>

namespace downhill {

/// Writes the gradient at a point and returns the value.
template <class F>
concept Objective = requires(F& f, std::span<const double> point, std::span<double> gradient) {
  { f(point, gradient) } -> std::convertible_to<double>;
};

/// Anything that can be called with Vars, as a std::span or an Inputs, and returns one.
template <class F>
concept TapeFunction = requires(F& f, Inputs<Var<double>> point) {
  { f(point) } -> std::convertible_to<Var<double>>;
};
/// The same with the tape, to name values on it or to mark and rewind.
template <class F>
concept TapeFunctionWithTape = requires(F& f, Tape<double>& tape, Inputs<Var<double>> point) {
  { f(tape, point) } -> std::convertible_to<Var<double>>;
};

/// The value and the gradient of what is recorded, by one reverse sweep. The tape is reused: in the steady state an
/// evaluation allocates nothing.
class Recording {
 public:
  Recording() = default;
  /// A copy has a tape of its own.
  Recording(const Recording&) {}
  Recording& operator=(const Recording&) { return *this; }
  /// Returns record(tape, variables) and writes its gradient. Throws TapeError where the result depends on no variable,
  /// as one that was made from `.value()` does; of a function that has a constant branch, and was elsewhere before, the
  /// gradient there is 0.
  template <class Record>
  double operator()(std::span<const double> point, std::span<double> gradient, Record&& record) {
    tape_.clear();
    tape_.variables(point, variables_);
    const Var<double> result = record(tape_, Inputs<Var<double>>(variables_));
    if (result.is_active()) {
      depends_ = true;
      tape_.gradient(result, swept_);
      std::ranges::copy(swept_.parameters().first(point.size()), gradient.begin());
    } else {
      if (!depends_) misuse::passive_objective();
      std::ranges::fill(gradient, 0.0);
    }
    return result.value();
  }

 private:
  Tape<double> tape_;
  std::vector<Var<double>> variables_;
  Gradient<double> swept_;
  bool depends_ = false;  // on its variables, at a point so far
};

/// f on a tape of its own.
template <class F>
  requires TapeFunction<F> || TapeFunctionWithTape<F>
class TapeObjective {
 public:
  explicit TapeObjective(F f) : f_(std::move(f)) {}

  double operator()(std::span<const double> point, std::span<double> gradient) {
    return recording_(point, gradient, [this](Tape<double>& tape, Inputs<Var<double>> x) -> Var<double> {
      if constexpr (TapeFunctionWithTape<F>)
        return f_(tape, x);
      else
        return f_(x);
    });
  }

 private:
  F f_;
  Recording recording_;
};

/// f, which takes vectors of the kind of P (an Eigen vector, a std::array), as a function of spans. What it returns as
/// an Eigen expression is evaluated.
template <class F, class P>
class OfPointsLike {
 public:
  OfPointsLike(F f, const P& like) : f_(std::move(f)), size_(static_cast<std::size_t>(like.size())) {}

  template <class V>
  auto operator()(const V& x) {
    using X = derivatives_detail::Scalar<V>;
    if (x.size() != size_) misuse::different_sizes("minimize", size_, x.size());
    derivatives_detail::Of<P, X> point;
    if constexpr (requires { point.resize(1); }) point.resize(static_cast<decltype(point.size())>(size_));
    for (std::size_t i = 0; i < size_; ++i) derivatives_detail::at(point, i) = x[i];
    if constexpr (derivatives_detail::demand_generic<F, const decltype(point)&>()) {
      using R = std::remove_cvref_t<decltype(f_(std::as_const(point)))>;
      if constexpr (derivatives_detail::EigenVector<R>)
        return typename R::PlainObject(f_(std::as_const(point)));
      else
        return R(f_(std::as_const(point)));
    }
  }

 private:
  F f_;
  std::size_t size_;
};

/// A plain function, value(point) -> double, and its gradient by hand: gradient(point, into), or gradient(point) that
/// returns something to copy from. Compare the two with `check_gradient` first. Throws ShapeError where the gradient
/// has not the size of the point.
template <class Value, class Slopes>
auto by_hand(Value value, Slopes gradient) {
  return [value = std::move(value), gradient = std::move(gradient)](std::span<const double> point,
                                                                    std::span<double> into) mutable -> double {
    if constexpr (std::invocable<Slopes&, std::span<const double>, std::span<double>>) {
      gradient(point, into);
    } else {
      const auto& slopes = gradient(point);
      if (std::size(slopes) != into.size()) misuse::different_sizes("by_hand", into.size(), std::size(slopes));
      std::copy(std::begin(slopes), std::end(slopes), into.begin());
    }
    return value(point);
  };
}

/// How samples are cut into batches.
struct BatchOptions {
  std::size_t batch = 32;  ///< samples in a batch; the last one of an epoch may be smaller
  std::uint64_t seed = 1;  ///< of the order, which is the same on every machine
  bool shuffle = true;     ///< a new order for every epoch
};

/// Shuffles indices by the method of Fisher and Yates, so that every order is equally likely. The order is the same on
/// every machine: std::shuffle differs between standard libraries, the generator itself does not.
void shuffle(std::span<std::size_t> indices, std::mt19937_64& generator);

/// The order in which samples are visited: every one once in an epoch.
class BatchOrder {
 public:
  /// Throws OptionError if there are no samples or a batch has none.
  BatchOrder(std::size_t samples, const BatchOptions& options);
  /// The next batch.
  std::span<const std::size_t> next();
  /// Epochs that are over.
  std::size_t epochs() const { return state_.epochs; }
  std::size_t samples() const { return state_.order.size(); }

  /// What has to be saved to go on: the order of this epoch, how many samples of it were visited, and the generator
  /// that makes the next order.
  struct State {
    std::vector<std::size_t> order;
    std::size_t position = 0, epochs = 0;
    std::mt19937_64 generator;
  };
  const State& state() const { return state_; }
  /// Goes on from there. Throws ShapeError for another number of samples, OptionError for what is no order of them.
  void restore(State state);

 private:
  BatchOptions options_;
  State state_;
};

/// A loss over any of its samples: writes its gradient at a point, of the samples with these indices, and returns the
/// value. `mean_over` and `sum_over` a program (program.hpp) are.
template <class F>
concept BatchObjective =
    requires(F& f, std::span<const double> point, std::span<double> gradient, std::span<const std::size_t> batch) {
      { f(point, gradient, batch) } -> std::convertible_to<double>;
      { f.samples() } -> std::convertible_to<std::size_t>;
    };

/// A loss over some of the samples: f(w, indices) is generic over the number type of w and returns, say, the mean loss
/// of the samples with those indices; or a BatchObjective, which knows how many samples it has. Every evaluation takes
/// the next batch, so the walk sees a noisy value and gradient; use it with a first-order method, and stop after so
/// many steps.
///
///     MiniBatches(mean_over(rows, program), {.batch = 64, .seed = 7})
template <class F>
class MiniBatches {
 public:
  static constexpr bool is_noisy = true;  // see walk.hpp

  MiniBatches(F f, std::size_t samples, const BatchOptions& options = {})
      : f_(std::move(f)), order_(samples, options) {}
  explicit MiniBatches(F f, const BatchOptions& options = {})
    requires BatchObjective<F>
      : f_(std::move(f)), order_(f_.samples(), options) {}

  double operator()(std::span<const double> point, std::span<double> gradient) {
    const std::span<const std::size_t> batch = order_.next();
    if constexpr (BatchObjective<F>)
      return f_(point, gradient, batch);
    else
      return recording_(point, gradient,
                        [&](Tape<double>&, Inputs<Var<double>> x) -> Var<double> { return f_(x, batch); });
  }
  std::size_t epochs() const { return order_.epochs(); }

 private:
  F f_;
  BatchOrder order_;
  Recording recording_;
};

/// f as an Objective. An objective passes through, so that its state stays with its owner; of a constant one that may
/// not be called, a copy.
template <class F>
decltype(auto) as_objective(F&& f) {
  using Plain = std::remove_cvref_t<F>;
  if constexpr (Objective<std::remove_reference_t<F>>)
    return std::forward<F>(f);
  else if constexpr (Objective<Plain>)
    return Plain(f);
  else
    return TapeObjective<Plain>(std::forward<F>(f));
}
/// f, which takes vectors of the kind of `like`, as what `minimize` takes; an Objective takes spans anyway.
template <class F, class P>
decltype(auto) of_points_like(F&& f, const P& like) {
  using Plain = std::remove_cvref_t<F>;
  if constexpr (requires { f.of_points_like(like); })
    return f.of_points_like(like);
  else if constexpr (Objective<Plain>)
    return std::forward<F>(f);
  else
    return OfPointsLike<Plain, P>(std::forward<F>(f), like);
}
/// What `minimize` takes.
template <class F>
concept Minimizable = Objective<std::remove_cvref_t<F>> || TapeFunction<std::remove_cvref_t<F>> ||
                      TapeFunctionWithTape<std::remove_cvref_t<F>>;

}  // namespace downhill
