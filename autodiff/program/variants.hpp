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

#include <autodiff/dual.hpp>
#include <autodiff/program/options.hpp>
#include <autodiff/program/plan.hpp>
#include <autodiff/program/scalar.hpp>
#include <autodiff/program/simplify.hpp>

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

/// The user's function, over each of the numbers that it is called with.
template <class T>
class RecordedFunction {
 public:
  virtual ~RecordedFunction() = default;
  /// As it goes at this sample.
  virtual Instructions<T> record(std::span<const T> parameters, std::span<const T> sample) = 0;
  /// Without a sample, if it goes the same way for all of them.
  virtual std::optional<Instructions<T>> record() = 0;
  /// On a tape: the value, and to[i] += weight * its slope along parameter i. With `of_sample`, also those along the
  /// numbers of the sample.
  virtual T on_tape(std::span<const T> parameters, std::span<const T> sample, double weight, std::span<double> to,
                    std::span<T> of_sample) = 0;
};

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
  const Plan<T>& plan(bool of_samples) {
    std::optional<Plan<T>>& plan = plans_[of_samples ? 1 : 0];
    if (!plan) plan = planned(instructions_, per_sample_, of_samples, options_);
    return *plan;
  }
  std::size_t samples = 0;

 private:
  Instructions<T> recorded_, instructions_;
  ScalarProgram<T> scalar_;
  std::size_t per_sample_;
  ProgramOptions options_;
  std::array<std::optional<Plan<T>>, 2> plans_;
};

/// What the handles of one program share.
template <class T>
class ProgramState {
 public:
  ProgramState(std::unique_ptr<RecordedFunction<T>> function, std::size_t parameters, std::size_t per_sample,
               const ProgramOptions& options)
      : function_(std::move(function)), parameters_(parameters), per_sample_(per_sample), options_(options) {
    if (std::optional<Instructions<T>> recorded = function_->record()) add(std::move(*recorded));
  }

  std::size_t parameters() const { return parameters_; }
  std::size_t per_sample() const { return per_sample_; }
  const ProgramOptions& options() const { return options_; }
  RecordedFunction<T>& function() { return *function_; }

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

  /// f(w, s), and its gradient, where as many numbers are given.
  T value_and_gradient(std::span<const T> w, std::span<const T> s, std::span<T> gradient) {
    Variant<T>* const variant = run<T>(w, s, memory, w, s);
    std::ranges::fill(gradient, T(0));
    if (variant != nullptr) {
      if (!gradient.empty()) variant->scalar().reverse(T(1), memory, gradient);
      return variant->scalar().result(memory);
    }
    ++samples_on_tape;
    std::vector<double> slopes(gradient.size());
    const T value = function_->on_tape(w, s, 1, slopes, {});
    std::ranges::transform(slopes, gradient.begin(), [](double slope) { return static_cast<T>(slope); });
    return value;
  }
  /// f(w, s) and its derivative along v.
  Dual<T> jvp(std::span<const T> w, std::span<const T> s, std::span<const T> v) {
    Dual<T> result;
    with_variant(w, s, v, [&](const ScalarProgram<T>& scalar) { result = scalar.result(dual_memory_); });
    return result;
  }
  std::vector<T> hessian_vector_product(std::span<const T> w, std::span<const T> s, std::span<const T> v) {
    std::vector<Dual<T>> adjoints(w.size());
    with_variant(w, s, v, [&](const ScalarProgram<T>& scalar) {
      scalar.reverse(Dual<T>(1), dual_memory_, std::span<Dual<T>>(adjoints));
    });
    std::vector<T> product;
    for (const Dual<T>& adjoint : adjoints) product.push_back(adjoint.tangent());
    return product;
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
  // Runs the variant for (w, s) forward, where w moves along v. Where there is no room for one, it is recorded for this
  // once.
  template <class Use>
  void with_variant(std::span<const T> w, std::span<const T> s, std::span<const T> v, Use&& use) {
    std::vector<Dual<T>> moving, resting(s.begin(), s.end());
    for (std::size_t i = 0; i < w.size(); ++i) moving.push_back(Dual<T>(w[i], v[i]));
    if (const Variant<T>* const variant = run<Dual<T>>(moving, resting, dual_memory_, w, s))
      return use(variant->scalar());
    const ScalarProgram<T> once(function_->record(w, s));
    once.forward(std::span<const Dual<T>>(moving), std::span<const Dual<T>>(resting), dual_memory_);
    use(once);
  }

  std::unique_ptr<RecordedFunction<T>> function_;
  std::size_t parameters_, per_sample_;
  ProgramOptions options_;
  Memory<Dual<T>> dual_memory_;
  std::vector<std::unique_ptr<Variant<T>>> variants_;
};

}  // namespace program_detail

}  // namespace downhill
