#pragma once
/// \file
/// A program for one sample at a time, over any number type: what single values, gradients, tangents and products with
/// the Hessian are made of.

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <autodiff/program/kernel.hpp>

namespace downhill::program_detail {

/// The values and adjoints of a run.
template <class N>
struct Memory {
  std::vector<N> values, adjoints;
  Nesting nesting = Nesting::on_tape;
};

template <class T>
class ScalarProgram {
 public:
  explicit ScalarProgram(const Instructions<T>& instructions)
      : guards_(instructions.guards()), size_(instructions.size()), results_(instructions.results()) {
    const std::vector<char> is_wanted =
        dependents(instructions, [](const Instruction& i) { return i.code != code_of<ConstantNumber>; });
    for (Place i = 0; i < instructions.size(); ++i) {
      const Instruction& instruction = instructions[i];
      if (instructions.is_constant(i)) {
        constants_.push_back({i, instructions.constant(i)});
      } else if (is_leaf(instruction.code)) {
        (instruction.code == code_of<ParameterNumber> ? parameters_ : sample_).push_back({i, instruction.first});
      } else {
        const auto first = static_cast<std::uint32_t>(operands_.size());
        for (const Place operand : instructions.operands(i))
          operands_.push_back({.value = operand, .adjoint = is_wanted[operand] ? operand : no_slot});
        steps_.push_back({instruction.code, i, i, first, instruction.count});
      }
    }
  }

  template <class N>
  const N& forward(std::span<const N> parameters, std::span<const N> sample, Memory<N>& memory) const {
    memory.values.resize(size_);
    for (const auto& [place, number] : constants_) memory.values[place] = N(number);
    for (const auto& [place, i] : parameters_) memory.values[place] = parameters[i];
    for (const auto& [place, i] : sample_) memory.values[place] = sample[i];
    const Frame<N> frame{.values = memory.values.data(), .nesting = memory.nesting};
    for (const Step& step : steps_) kernel_of<N>(step.code).forward(frame, step, operands_.data() + step.first);
    return memory.values[results_.front()];
  }
  /// The k-th of its results.
  template <class N>
  const N& result(const Memory<N>& memory, std::size_t k = 0) const {
    return memory.values[results_[k]];
  }
  /// Is it the program for the sample that was run?
  template <class N>
  bool fits(const Memory<N>& memory) const {
    return std::ranges::all_of(guards_, [&](const Guard& guard) {
      return holds(guard.comparison, memory.values[guard.a], memory.values[guard.b]) == guard.outcome;
    });
  }
  /// Did a comparison meet a tie, beyond which the function may go on by another branch?
  template <class N>
  bool meets_tie(const Memory<N>& memory) const {
    const auto tie = [&](Place a, Place b) { return memory.values[a] == memory.values[b]; };
    return std::ranges::any_of(guards_, [&](const Guard& guard) { return tie(guard.a, guard.b); }) ||
           std::ranges::any_of(steps_, [&](const Step& step) {
             const Operand* const x = operands_.data() + step.first;
             return is_selection(step.code) && tie(x[0].value, x[1].value);
           });
  }
  /// After forward: to[i] += weight * d result / d parameter i, of the k-th result.
  template <class N>
  void reverse(const N& weight, Memory<N>& memory, std::span<N> to, std::size_t k = 0) const {
    sweep(weight, memory, k);
    for (const auto& [place, i] : parameters_) to[i] = to[i] + memory.adjoints[place];
  }
  /// The adjoints of the sample, after that.
  template <class N>
  void sample_adjoints(const Memory<N>& memory, std::span<N> to) const {
    std::ranges::fill(to, N(0));
    for (const auto& [place, i] : sample_) to[i] = to[i] + memory.adjoints[place];
  }

 private:
  template <class N>
  void sweep(const N& weight, Memory<N>& memory, std::size_t k) const {
    memory.adjoints.assign(size_, N(0));
    memory.adjoints[results_[k]] = weight;
    const Frame<N> frame{.values = memory.values.data(), .adjoints = memory.adjoints.data(), .nesting = memory.nesting};
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step)
      if (!is_zero(memory.adjoints[step->adjoint]))
        kernel_of<N>(step->code).reverse(frame, *step, operands_.data() + step->first);
  }

  struct Constant {
    Place place;
    T number;
  };
  struct Input {
    Place place;
    std::uint32_t index;
  };
  std::vector<Constant> constants_;
  std::vector<Input> parameters_, sample_;
  std::vector<Step> steps_;
  std::vector<Operand> operands_;
  std::vector<Guard> guards_;
  std::size_t size_;
  std::vector<Place> results_;
};

}  // namespace downhill::program_detail
