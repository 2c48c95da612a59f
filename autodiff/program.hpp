#pragma once
/// \file
/// Programs: record the loss of one sample once, and run it for any number of them.
///
/// A tape holds slopes, and is for one point. A program holds operations:
///
///     auto program = record([](const auto& w, const auto& s) { return square(w[0] * s[0] + w[1] - s[1]); }, 2, 2);
///     auto loss = mean_over(rows, program);
///     auto result = minimize(loss, {0, 0}, Lbfgs{});
///
/// where rows are x, y, x, y, ... It is run forward and back in lanes, a block of samples at a time, each instruction
/// for all of them, in vectors of the processor. So a gradient over many samples costs less than the plain function
/// does. What is recorded is made simpler first (ProgramOptions); `fmt::print("{}", program)` shows what became of it.
///
/// Where the function branches on a comparison of its numbers, the program is for samples that go the same way, and
/// others have programs of their own, their variants (program/variants.hpp). The answer is never that of another
/// branch. `select(x < y, a, b)`, max, min, abs and their like do not branch.
///
/// Values and gradients are those of the tape to within rounding: sums of products are gathered in another order, and
/// with x y + z rounded once where the processor can. With ProgramOptions::none() they have its very bits, as far as
/// the compiler does not round x y + z once on the one side and twice on the other (g++ does unless -ffp-contract=off),
/// and where the tape does not fold.

#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/derivatives.hpp>
#include <autodiff/program/call.hpp>
#include <autodiff/program/condition.hpp>
#include <autodiff/program/each.hpp>
#include <autodiff/program/numbers.hpp>
#include <autodiff/program/options.hpp>
#include <autodiff/program/print.hpp>
#include <autodiff/program/record.hpp>
#include <autodiff/program/residuals.hpp>
#include <autodiff/program/sums.hpp>
#include <autodiff/program/traits.hpp>
#include <autodiff/program/variants.hpp>

namespace downhill {

namespace program_detail {

// Returns auto, so that the compiler says this before anything else.
template <std::size_t results>
constexpr auto demand_one_result() {
  static_assert(
      results == 1,
      "sum_over and mean_over add up one result of each sample, and this program has several: let the recorded "
      "function return their sum, or the one that is meant; residuals_over and each_over take all of them");
  return results == 1;
}

}  // namespace program_detail

/// A recorded function f(w, s) of parameters w and the numbers s of a sample. A handle: copies share what was recorded.
/// A program belongs to one thread at a time; over many samples it takes threads of its own (set_threads).
///
/// It has several results where f returns them in a std::array, a pair or a tuple. Forward it is run once for all of
/// them.
template <class T = double, std::size_t count = 1>
class Program {
 public:
  using value_type = T;

  explicit Program(std::shared_ptr<program_detail::ProgramState<T>> state)
      : state_(state), runner_(std::make_shared<program_detail::BlockRunner<T>>(std::move(state))) {}

  /// How many results it has, parameters, and numbers in a sample.
  static constexpr std::size_t results() { return count; }
  std::size_t parameters() const { return state_->parameters(); }
  std::size_t per_sample() const { return state_->per_sample(); }

  /// f(w, s). Throws ShapeError, as all of these do, unless w and s have their sizes.
  T value(const program_detail::Numbers<T>& w, const program_detail::Numbers<T>& s) const
    requires(count == 1)
  {
    return evaluated("value", w, s, {})[0];
  }
  /// df/dw.
  std::vector<T> gradient(const program_detail::Numbers<T>& w, const program_detail::Numbers<T>& s) const
    requires(count == 1)
  {
    return value_and_gradient(w, s).gradient;
  }
  ValueAndGradient<T, std::vector<T>> value_and_gradient(const program_detail::Numbers<T>& w,
                                                         const program_detail::Numbers<T>& s) const
    requires(count == 1)
  {
    ValueAndGradient<T, std::vector<T>> found{T(0), std::vector<T>(parameters())};
    found.value = value_and_gradient(w, s, found.gradient);
    return found;
  }
  /// The same into memory of the caller: in a loop it allocates nothing. Returns f(w, s).
  T value_and_gradient(const program_detail::Numbers<T>& w, const program_detail::Numbers<T>& s,
                       std::span<T> into) const
    requires(count == 1)
  {
    if (into.size() != parameters()) misuse::wrong_gradient("gradient", parameters(), into.size());
    return evaluated("gradient", w, s, into)[0];
  }
  /// All results of f(w, s).
  std::array<T, count> values(const program_detail::Numbers<T>& w, const program_detail::Numbers<T>& s) const {
    return evaluated("values", w, s, {});
  }
  /// df/dw: the gradient of each result, row by row.
  std::vector<T> jacobian(const program_detail::Numbers<T>& w, const program_detail::Numbers<T>& s) const {
    std::vector<T> rows(count * parameters());
    evaluated("jacobian", w, s, rows);
    return rows;
  }
  /// f(w, s) and its derivative along v, a direction of the parameters; of several results, an array with those of
  /// each.
  auto jvp(const program_detail::Numbers<T>& w, const program_detail::Numbers<T>& s,
           const program_detail::Numbers<T>& v) const {
    demand("jvp", w, s);
    if (v.size() != parameters()) misuse::wrong_direction("jvp", parameters(), v.size());
    std::array<Dual<T>, count> results;
    state_->jvp(w, s, v, results);
    std::array<ValueAndTangent<T>, count> found;
    for (std::size_t k = 0; k < count; ++k) found[k] = {results[k].value(), results[k].tangent()};
    return program_detail::one_or_all(found);
  }
  /// H v, with the Hessian H of f along w. At a kink its limit from all sides, NaN where there is none, as
  /// `hessian_vector_product` of a function has it (derivatives.hpp).
  std::vector<T> hessian_vector_product(const program_detail::Numbers<T>& w, const program_detail::Numbers<T>& s,
                                        const program_detail::Numbers<T>& v) const
    requires(count == 1)
  {
    demand("hessian_vector_product", w, s);
    if (v.size() != parameters()) misuse::wrong_direction("hessian_vector_product", parameters(), v.size());
    return state_->hessian_vector_product(w, s, v);
  }

  /// f(w, s) over any mixture of Vars, Duals and plain numbers: each of w and s a vector, an array or a span of them,
  /// or in braces, or a matrix on a tape. On a tape, which may be one of Duals, it is one block, along w and s alike.
  /// Several results are a std::array of as many. With a VarMatrix in place of s, each of whose rows is a sample, a
  /// matrix with the results of each in a row; the numbers of a constant one must stay where they are until the sweep.
  /// Throws ShapeError for other sizes, TapeError for two tapes
  /// or what is stale.
  template <class W, class S>
  auto operator()(const W& w, const S& s) const {
    if constexpr (AnyMatrix<S>)
      return program_detail::of_rows<T>(runner_, w, s);
    else
      return program_detail::of_sample<T, count>(runner_, w, s);
  }
  /// The same of a sample in braces.
  template <class W>
  auto operator()(const W& w, std::initializer_list<Var<T>> s) const {
    return program_detail::of_sample<T, count>(runner_, w, s);
  }
  /// The same of parameters in braces.
  template <class S>
  auto operator()(std::initializer_list<Var<T>> w, const S& s) const {
    return (*this)(std::span<const Var<T>>(w.begin(), w.size()), s);
  }
  /// The same of both in braces.
  auto operator()(std::initializer_list<Var<T>> w, std::initializer_list<Var<T>> s) const {
    return program_detail::of_sample<T, count>(runner_, w, s);
  }

  /// The ways that it was seen to take through its branches, and how many samples went each of them.
  Variants variants() const { return state_->uses(); }
  const std::shared_ptr<program_detail::ProgramState<T>>& state() const { return state_; }

 private:
  void demand(std::string_view operation, const program_detail::Numbers<T>& w,
              const program_detail::Numbers<T>& s) const {
    if (w.size() != parameters()) misuse::wrong_parameters(operation, parameters(), w.size());
    if (s.size() != per_sample()) misuse::wrong_sample(operation, per_sample(), s.size());
  }
  // The results, and row by row their gradients, where as many numbers are given.
  std::array<T, count> evaluated(std::string_view operation, const program_detail::Numbers<T>& w,
                                 const program_detail::Numbers<T>& s, std::span<T> slopes) const {
    demand(operation, w, s);
    std::array<T, count> found{};
    bool meets_edge = false;
    state_->evaluate(w, s, std::span<T>(found), slopes, {}, program_detail::Nesting::on_tape, meets_edge);
    return found;
  }

  std::shared_ptr<program_detail::ProgramState<T>> state_;
  std::shared_ptr<program_detail::BlockRunner<T>> runner_;  // of blocks
};

/// Records f(w, s), which is generic over its number type and takes w and s as spans of so many numbers. Where f
/// branches on a comparison of these, it is recorded when the first sample is there. f must go the same way each time
/// that it is given the same numbers.
///
/// Where f returns a std::array, a pair or a tuple of numbers, the program has as many results:
///
///     auto program = record([](const auto& w, const auto& s) { return std::array{w[0] * s[0], w[0] * s[1]}; }, 1, 2);
///
/// What they share is worked out once, which two programs would do twice.
template <class T = double, class F>
auto record(F f, std::size_t parameters, std::size_t per_sample, const ProgramOptions& options = {}) {
  namespace p = program_detail;
  if constexpr (p::demand_recordable<F, T>()) {
    constexpr std::size_t results = p::result_count<p::ResultOf<F, Symbol<T>>>;
    return Program<T, results>(std::make_shared<p::ProgramState<T>>(
        std::shared_ptr<p::CallableFunction<T>>(
            std::make_shared<p::RecordedFunctionOf<F, T>>(std::move(f), parameters, per_sample)),
        parameters, per_sample, options, results));
  } else {
    return Program<T>(nullptr);
  }
}

/// The sum of f(w, s) over samples, row by row in `rows`: an Objective, which sees the rows as they are when it is
/// evaluated, and may be taken batch by batch (MiniBatches). With weights, the sum of weight * f(w, s). Throws
/// ShapeError unless these are whole rows, a weight for each, and the program has parameters.
template <class T>
SumOver<T> sum_over(std::type_identity_t<std::span<const T>> rows, const Program<T>& program,
                    const SumOptions<T>& options = {}) {
  return {program.state(), "sum_over", program_detail::columns_of(rows, program.per_sample(), "sum_over"), options,
          false};
}
/// The sum divided by the number of samples, or with weights by their sum. Throws ShapeError where there are none.
template <class T>
SumOver<T> mean_over(std::type_identity_t<std::span<const T>> rows, const Program<T>& program,
                     const SumOptions<T>& options = {}) {
  return {program.state(), "mean_over", program_detail::columns_of(rows, program.per_sample(), "mean_over"), options,
          true};
}
/// Each sample by itself: its values, one of each result, and their gradients along its own numbers, or the first of
/// them. Throws ShapeError unless these are whole rows.
template <class T, std::size_t results>
EachOver<T> each_over(std::type_identity_t<std::span<const T>> rows, const Program<T, results>& program,
                      const EachOptions& options = {}) {
  return {program.state(), program_detail::columns_of(rows, program.per_sample(), "each_over"), options};
}

/// The same of samples in columns, one for each number of a sample: `mean_over({xs, ys}, program)`. Throws ShapeError
/// also unless all are of one length.
template <class T>
SumOver<T> sum_over(std::type_identity_t<std::initializer_list<program_detail::Column<T>>> columns,
                    const Program<T>& program, const SumOptions<T>& options = {}) {
  return {program.state(), "sum_over", program_detail::columns_of(columns, program.per_sample(), "sum_over"), options,
          false};
}
template <class T>
SumOver<T> mean_over(std::type_identity_t<std::initializer_list<program_detail::Column<T>>> columns,
                     const Program<T>& program, const SumOptions<T>& options = {}) {
  return {program.state(), "mean_over", program_detail::columns_of(columns, program.per_sample(), "mean_over"), options,
          true};
}
template <class T, std::size_t results>
EachOver<T> each_over(std::type_identity_t<std::initializer_list<program_detail::Column<T>>> columns,
                      const Program<T, results>& program, const EachOptions& options = {}) {
  return {program.state(), program_detail::columns_of(columns, program.per_sample(), "each_over"), options};
}

/// Residuals for SumOfSquares (descent/least_squares.hpp), the results f(w, s) of each sample, with their Jacobian in
/// lanes:
///
///     minimize(SumOfSquares(residuals_over(rows, program)), start, LevenbergMarquardt{});
///
/// Throws ShapeError unless these are whole rows, at least one, and the program has parameters.
template <std::size_t results>
ResidualsOver residuals_over(std::span<const double> rows, const Program<double, results>& program) {
  return {program.state(), program_detail::columns_of(rows, program.per_sample(), "residuals_over")};
}
template <std::size_t results>
ResidualsOver residuals_over(std::initializer_list<program_detail::Column<double>> columns,
                             const Program<double, results>& program) {
  return {program.state(), program_detail::columns_of(columns, program.per_sample(), "residuals_over")};
}

/// A view of rows that are gone when it is used is refused.
template <class R, class T>
  requires TemporaryRange<R, T>
SumOver<T> sum_over(R&&, const Program<T>&, const SumOptions<T>& = {}) = delete;
template <class R, class T>
  requires TemporaryRange<R, T>
SumOver<T> mean_over(R&&, const Program<T>&, const SumOptions<T>& = {}) = delete;
template <class R, class T, std::size_t results>
  requires TemporaryRange<R, T>
EachOver<T> each_over(R&&, const Program<T, results>&, const EachOptions& = {}) = delete;
template <TemporaryRange<double> R, std::size_t results>
ResidualsOver residuals_over(R&&, const Program<double, results>&) = delete;

/// A sum of programs of several results is refused, with what to do instead.
template <class R, class T, std::size_t results, class... Options>
  requires(results > 1)
auto sum_over(const R&, const Program<T, results>&, const Options&...) {
  return program_detail::demand_one_result<results>();
}
template <class R, class T, std::size_t results, class... Options>
  requires(results > 1)
auto mean_over(const R&, const Program<T, results>&, const Options&...) {
  return program_detail::demand_one_result<results>();
}

}  // namespace downhill
