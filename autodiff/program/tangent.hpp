#pragma once
/// \file
/// The derivative of a program along a direction of its parameters, as a program: that of f(w, s) is
/// grad_w f(w, s)' v, with the parameters w and behind them v. It runs in lanes as every program does, and its gradient
/// along w is H v: forward mode within reverse mode, as for nested numbers, without nested numbers.
///
/// Where a rule is smooth and its slope is short, the tangent is written in instructions; otherwise it is one of its
/// own, which Duals work out (kernel.cpp). At a kink it is NaN: then nested numbers are asked, sample by sample.
/// Source: Griewank and Walther, "Evaluating Derivatives" (2008), section 5.4.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <autodiff/dual.hpp>
#include <autodiff/program/function.hpp>
#include <autodiff/program/scalar.hpp>

namespace downhill::program_detail {

/// For double and float.
template <class T>
Instructions<T> tangent_program(const Instructions<T>& recorded, std::size_t parameters);

template <class T>
class TangentFunction final : public RecordedFunction<T> {
 public:
  TangentFunction(std::shared_ptr<RecordedFunction<T>> of, std::size_t parameters)
      : of_(std::move(of)), parameters_(parameters) {}

  Instructions<T> record(std::span<const T> parameters, std::span<const T> sample) override {
    return tangent_program(of_->record(parameters.first(parameters_), sample), parameters_);
  }
  std::optional<Instructions<T>> record() override {
    const std::optional<Instructions<T>> recorded = of_->record();
    return recorded ? std::optional(tangent_program(*recorded, parameters_)) : std::nullopt;
  }
  // By nested numbers.
  T on_tape(std::span<const T> parameters, std::span<const T> sample, std::size_t, double weight, std::span<double> to,
            std::span<T> of_sample) override {
    const ScalarProgram<T> once(of_->record(parameters.first(parameters_), sample));
    std::vector<Dual<T>> w, adjoints(parameters_);
    for (std::size_t i = 0; i < parameters_; ++i) w.push_back(Dual<T>(parameters[i], parameters[parameters_ + i]));
    const std::vector<Dual<T>> s(sample.begin(), sample.end());
    Memory<Dual<T>> memory;
    memory.nesting = to.empty() && of_sample.empty() ? Nesting::in_forward_mode : Nesting::on_tape;
    const T value = once.forward(std::span<const Dual<T>>(w), std::span<const Dual<T>>(s), memory).tangent();
    if (to.empty() && of_sample.empty()) return value;
    once.reverse(Dual<T>(1), memory, std::span<Dual<T>>(adjoints));
    const auto add = [&](double& sum, T part) { sum += static_cast<double>(handed_on(part, static_cast<T>(weight))); };
    for (std::size_t i = 0; i < parameters_ && !to.empty(); ++i) {
      add(to[i], adjoints[i].tangent());
      add(to[parameters_ + i], adjoints[i].value());
    }
    adjoints.resize(of_sample.size());
    if (!of_sample.empty()) once.sample_adjoints(memory, std::span<Dual<T>>(adjoints));
    for (std::size_t j = 0; j < of_sample.size(); ++j) of_sample[j] = adjoints[j].tangent();
    return value;
  }

 private:
  std::shared_ptr<RecordedFunction<T>> of_;
  std::size_t parameters_;
};

}  // namespace downhill::program_detail
