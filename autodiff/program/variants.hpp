#pragma once
/// \file
/// The variants of a program: one for each way that the recorded function was seen to take through its branches.
///
/// A comparison of Symbols is a guard. Samples for which a guard has the other outcome are recorded by themselves, as
/// they come, up to a number of variants; beyond that each of them is evaluated on a tape.

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <autodiff/calculus/chain_rule.hpp>
#include <autodiff/derivatives/limits.hpp>
#include <autodiff/dual.hpp>
#include <autodiff/program/function.hpp>
#include <autodiff/program/options.hpp>
#include <autodiff/program/plan.hpp>
#include <autodiff/program/scalar.hpp>
#include <autodiff/program/simplify.hpp>
#include <autodiff/program/tangent.hpp>

namespace downhill {

/// How often a variant ran.
struct VariantUse {
  std::size_t samples = 0;       ///< for so many samples since it was recorded
  std::size_t instructions = 0;  ///< after the passes
  std::size_t guards = 0;        ///< comparisons that a sample must answer as the recorded one did
};
/// The variants in the order in which they were recorded, and how many samples were left to the tape.
struct Variants {
  std::vector<VariantUse> recorded = {};
  std::size_t samples_on_tape = 0;
  std::size_t size() const { return recorded.size(); }
};

namespace program_detail {

template <class T>
class Variant {
 public:
  Variant(Instructions<T> recorded, std::size_t per_sample, const ProgramOptions& options)
      : recorded_(std::move(recorded)),
        instructions_(simplified(recorded_, options)),
        scalar_(instructions_),
        per_sample_(per_sample),
        options_(options) {}

  const Instructions<T>& recorded() const { return recorded_; }
  const Instructions<T>& instructions() const { return instructions_; }
  const ScalarProgram<T>& scalar() const { return scalar_; }
  /// Made when it is first asked for.
  const Plan<T>& plan(const Differentiated& along) {
    for (const auto& [known, plan] : plans_)
      if (known == along) return *plan;
    plans_.emplace_back(along, std::make_unique<Plan<T>>(planned(instructions_, per_sample_, along, options_)));
    return *plans_.back().second;
  }
  std::size_t samples = 0;

 private:
  Instructions<T> recorded_, instructions_;
  ScalarProgram<T> scalar_;
  std::size_t per_sample_;
  ProgramOptions options_;
  std::vector<std::pair<Differentiated, std::unique_ptr<Plan<T>>>> plans_;
};

/// What the handles of one program share.
template <class T>
class ProgramState {
 public:
  ProgramState(std::shared_ptr<RecordedFunction<T>> function, std::size_t parameters, std::size_t per_sample,
               const ProgramOptions& options, std::size_t results = 1)
      : function_(std::move(function)),
        parameters_(parameters),
        per_sample_(per_sample),
        results_(results),
        options_(options) {
    if (std::optional<Instructions<T>> recorded = function_->record()) add(std::move(*recorded));
  }
  ProgramState(std::shared_ptr<CallableFunction<T>> function, std::size_t parameters, std::size_t per_sample,
               const ProgramOptions& options, std::size_t results = 1)
      : ProgramState(std::shared_ptr<RecordedFunction<T>>(function), parameters, per_sample, options, results) {
    callable_ = std::move(function);
  }

  std::size_t parameters() const { return parameters_; }
  std::size_t per_sample() const { return per_sample_; }
  std::size_t results() const { return results_; }
  const ProgramOptions& options() const { return options_; }
  RecordedFunction<T>& function() { return *function_; }
  CallableFunction<T>& callable() { return *callable_; }
  /// The program of its derivative along a direction: that has the parameters w and behind them the direction v, so
  /// its gradient along w is H v. Made when it is first asked for.
  const std::shared_ptr<ProgramState>& tangent() {
    if (!tangent_)
      tangent_ = std::make_shared<ProgramState>(std::make_shared<TangentFunction<T>>(function_, parameters_),
                                                2 * parameters_, per_sample_, options_);
    return tangent_;
  }

  std::size_t size() const { return variants_.size(); }
  Variant<T>& operator[](std::size_t i) { return *variants_[i]; }
  const Variant<T>& operator[](std::size_t i) const { return *variants_[i]; }
  bool has_room() const { return variants_.size() < options_.variants; }
  Variant<T>& add(Instructions<T> recorded) {
    variants_.push_back(std::make_unique<Variant<T>>(std::move(recorded), per_sample_, options_));
    return *variants_.back();
  }
  Variant<T>& add(std::span<const T> parameters, std::span<const T> sample) {
    return add(function_->record(parameters, sample));
  }
  /// The variant for this sample, run forward with numbers of type N; nullptr where only the tape is left.
  template <class N>
  Variant<T>* run(std::span<const N> parameters, std::span<const N> sample, Memory<N>& into,
                  std::span<const T> parameter_values, std::span<const T> sample_values) {
    for (const auto& variant : variants_) {
      variant->scalar().forward(parameters, sample, into);
      if (variant->scalar().fits(into)) return ++variant->samples, variant.get();
    }
    if (!has_room()) return nullptr;
    Variant<T>& made = add(parameter_values, sample_values);
    made.scalar().forward(parameters, sample, into);
    return ++made.samples, &made;
  }

  /// The results of f(w, s), and row by row their slopes along w, and along s as well, where as many numbers are given.
  /// `meets_edge` becomes true where a comparison of numbers that carry tangents meets a tie.
  void evaluate(std::span<const T> w, std::span<const T> s, std::span<T> values, std::span<T> of_w, std::span<T> of_s,
                Nesting, bool& /*meets_edge*/) {
    memory.nesting = Nesting::on_tape;
    Variant<T>* const variant = run<T>(w, s, memory, w, s);
    if (variant == nullptr) return evaluate_on_tape(w, s, values, of_w, of_s);
    std::ranges::fill(of_w, T(0));
    for (std::size_t k = 0; k < results_; ++k) {
      values[k] = variant->scalar().result(memory, k);
      if (of_w.empty() && of_s.empty()) continue;
      variant->scalar().reverse(T(1), memory, row(of_w, k), k);
      if (!of_s.empty()) variant->scalar().sample_adjoints(memory, row(of_s, k));
    }
  }
  /// The same over numbers that carry tangents: direction by direction.
  template <std::size_t N>
  void evaluate(std::span<const Dual<T, N>> w, std::span<const Dual<T, N>> s, std::span<Dual<T, N>> values,
                std::span<Dual<T, N>> of_w, std::span<Dual<T, N>> of_s, Nesting nesting, bool& meets_edge) {
    dual_memory_.nesting = nesting;
    const auto along = [](const Dual<T, N>& x, std::size_t direction) {
      return Dual<T>(x.value(), x.tangent(direction));
    };
    const auto join = [](Dual<T, N>& to, std::size_t direction, const Dual<T>& part) {
      std::array<T, N> all = direction == 0 ? std::array<T, N>{} : to.tangents();
      all[direction] = part.tangent();
      to = Dual<T, N>(part.value(), all);
    };
    for (std::size_t direction = 0; direction < N; ++direction) {
      moving_.resize(w.size()), resting_.resize(s.size());
      std::ranges::transform(w, moving_.begin(), [&](const auto& x) { return along(x, direction); });
      std::ranges::transform(s, resting_.begin(), [&](const auto& x) { return along(x, direction); });
      with_variant(moving_, resting_, [&](const ScalarProgram<T>& scalar) {
        meets_edge = meets_edge || scalar.meets_tie(dual_memory_);
        for (std::size_t k = 0; k < results_; ++k) {
          join(values[k], direction, scalar.result(dual_memory_, k));
          if (of_w.empty() && of_s.empty()) continue;
          adjoints_.assign(w.size(), Dual<T>(0));
          scalar.reverse(Dual<T>(1), dual_memory_, std::span<Dual<T>>(adjoints_), k);
          for (std::size_t i = 0; i < adjoints_.size(); ++i) join(row(of_w, k)[i], direction, adjoints_[i]);
          if (of_s.empty()) continue;
          adjoints_.resize(s.size());
          scalar.sample_adjoints(dual_memory_, std::span<Dual<T>>(adjoints_));
          for (std::size_t j = 0; j < adjoints_.size(); ++j) join(row(of_s, k)[j], direction, adjoints_[j]);
        }
      });
    }
  }
  /// The results of f(w, s) and their derivatives along v.
  void jvp(std::span<const T> w, std::span<const T> s, std::span<const T> v, std::span<Dual<T>> results) {
    dual_memory_.nesting = Nesting::in_forward_mode;
    with_variant_along(w, s, v, [&](const ScalarProgram<T>& scalar) {
      for (std::size_t k = 0; k < results_; ++k) results[k] = scalar.result(dual_memory_, k);
    });
  }
  /// H v, with the Hessian along w; at a kink its limit, where it has one (derivatives/limits.hpp).
  std::vector<T> hessian_vector_product(std::span<const T> w, std::span<const T> s, std::span<const T> v) {
    const std::vector<T> point(w.begin(), w.end());
    const auto at = [&](const std::vector<T>& x) { return second_order_along(x, s, v); };
    return derivatives_detail::product_with_limits(at(point), point, at).second;
  }
  Variants uses() const {
    Variants uses;
    for (const auto& variant : variants_)
      uses.recorded.push_back(
          {variant->samples, variant->instructions().size(), variant->instructions().guards().size()});
    uses.samples_on_tape = samples_on_tape;
    return uses;
  }
  std::size_t samples_on_tape = 0;
  Memory<T> memory;

 private:
  // Of numbers for each result, row by row, those of the k-th.
  template <class N>
  std::span<N> row(std::span<N> rows, std::size_t k) const {
    const std::size_t numbers = rows.size() / results_;
    return rows.subspan(k * numbers, numbers);
  }
  void evaluate_on_tape(std::span<const T> w, std::span<const T> s, std::span<T> values, std::span<T> of_w,
                        std::span<T> of_s) {
    ++samples_on_tape;
    std::vector<double> slopes(of_w.empty() ? 0 : w.size());
    for (std::size_t k = 0; k < results_; ++k) {
      std::ranges::fill(slopes, 0.0);
      values[k] = function_->on_tape(w, s, k, 1, slopes, row(of_s, k));
      std::ranges::transform(slopes, row(of_w, k).begin(), [](double slope) { return static_cast<T>(slope); });
    }
  }
  // Runs the variant for (w, s) forward. Where there is no room for one, it is recorded for this once.
  template <class Use>
  void with_variant(std::span<const Dual<T>> w, std::span<const Dual<T>> s, Use&& use) {
    values_.clear();
    for (const auto& numbers : {w, s})
      for (const Dual<T>& x : numbers) values_.push_back(x.value());
    const std::span<const T> parameters = std::span(values_).first(w.size());
    const std::span<const T> sample = std::span(values_).subspan(w.size());
    if (const Variant<T>* const variant = run<Dual<T>>(w, s, dual_memory_, parameters, sample))
      return use(variant->scalar());
    const ScalarProgram<T> once(function_->record(parameters, sample));
    once.forward(w, s, dual_memory_);
    use(once);
  }
  // The same, where w moves along v and s rests.
  template <class Use>
  void with_variant_along(std::span<const T> w, std::span<const T> s, std::span<const T> v, Use&& use) {
    moving_.resize(w.size());
    for (std::size_t i = 0; i < w.size(); ++i) moving_[i] = Dual<T>(w[i], v[i]);
    resting_.assign(s.begin(), s.end());
    with_variant(moving_, resting_, use);
  }

  // H v, the gradient, and behind it its component along v, as evaluated at w.
  derivatives_detail::SecondOrder<T> second_order_along(std::span<const T> w, std::span<const T> s,
                                                        std::span<const T> v) {
    std::vector<Dual<T>> adjoints(w.size());
    derivatives_detail::SecondOrder<T> found;
    dual_memory_.nesting = Nesting::on_tape;
    with_variant_along(w, s, v, [&](const ScalarProgram<T>& scalar) {
      found.value = scalar.result(dual_memory_).value();
      found.is_at_edge = scalar.meets_tie(dual_memory_);
      scalar.reverse(Dual<T>(1), dual_memory_, std::span<Dual<T>>(adjoints));
    });
    T along = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      along += handed_on(adjoints[i].value(), v[i]);
      found.first.push_back(adjoints[i].value());
      found.second.push_back(adjoints[i].tangent());
    }
    found.first.push_back(along);
    return found;
  }

  std::shared_ptr<RecordedFunction<T>> function_;
  std::shared_ptr<CallableFunction<T>> callable_;
  std::shared_ptr<ProgramState> tangent_;
  std::size_t parameters_, per_sample_, results_;
  ProgramOptions options_;
  Memory<Dual<T>> dual_memory_;
  std::vector<T> values_;
  std::vector<Dual<T>> moving_, resting_, adjoints_;
  std::vector<std::unique_ptr<Variant<T>>> variants_;
};

}  // namespace program_detail

}  // namespace downhill
