#pragma once
/// \file
/// The instructions of a program: what was recorded of one sample, in single assignment. An instruction is known by its
/// place, and so is the value that it makes; its operands stand before it.
///
///     square(w[0] * s[0] - s[1]):   0 w[0]   1 s[0]   2 s[1]   3 * 0 1   4 - 3 2   5 square 4

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include <autodiff/calculus/rules.hpp>

namespace downhill::program_detail {

/// How two numbers are compared.
enum class Comparison : std::uint8_t { less, less_equal, equal };
template <class T>
bool holds(Comparison comparison, const T& a, const T& b) {
  switch (comparison) {
    case Comparison::less: return a < b;
    case Comparison::less_equal: return a <= b;
    default: return a == b;
  }
}

/// Operands a, b, x, y: x where a compares so with b, otherwise y.
template <Comparison how>
struct SelectIf {
  static constexpr std::string_view name = how == Comparison::less         ? "select <"
                                           : how == Comparison::less_equal ? "select <="
                                                                           : "select ==";
  static constexpr Comparison comparison = how;
};
/// Operands x, ..., and behind them their tangents: the tangent of a rule of these x.
template <class Rule>
struct TangentOf {
  static constexpr std::string_view prefix = "tangent of ";
  static constexpr auto letters = [] {
    std::array<char, prefix.size() + Rule::name.size()> text{};
    std::copy(Rule::name.begin(), Rule::name.end(), std::copy(prefix.begin(), prefix.end(), text.begin()));
    return text;
  }();
  static constexpr std::string_view name{letters.data(), letters.size()};
};
template <class... Rule>
constexpr TypeList<TangentOf<Rule>...> tangents_of(TypeList<Rule...>) {
  return {};
}
// What stands for itself: a number, a parameter w[i], the i-th number of a sample.
struct ConstantNumber {
  static constexpr std::string_view name = "constant";
};
struct ParameterNumber {
  static constexpr std::string_view name = "w";
};
struct SampleNumber {
  static constexpr std::string_view name = "s";
};
using Selections = TypeList<SelectIf<Comparison::less>, SelectIf<Comparison::less_equal>, SelectIf<Comparison::equal>>;
/// What an instruction can do: a rule of the calculus, or what only programs have.
using Operations = decltype(AllRules{} + Selections{} + tangents_of(AllRules{}) +
                            TypeList<ConstantNumber, ParameterNumber, SampleNumber>{});

/// The place of an operation in that list.
using Code = std::uint16_t;
template <class Operation>
inline constexpr Code code_of = static_cast<Code>(Operations::index_of<Operation>());
constexpr Code tangent_of(Code rule) { return static_cast<Code>(AllRules::size + Selections::size + rule); }
inline std::string_view name_of(Code code) {
  static constexpr auto names = Operations::names();
  return names[code];
}

/// An instruction by its place.
using Place = std::uint32_t;

struct Instruction {
  Code code = 0;
  std::uint32_t first = 0;  // of its operands; of a constant, a parameter and a number of a sample, which one it is
  std::uint32_t count = 0;  // operands
};

/// A comparison that decided which way the recorded function went: the program is for samples with this outcome.
struct Guard {
  Comparison comparison;
  bool outcome;
  Place a, b;
  friend bool operator==(const Guard&, const Guard&) = default;
};

template <class T>
class Instructions {
 public:
  Place add(Code code, std::span<const Place> operands) {
    const auto first = static_cast<std::uint32_t>(operands_.size());
    operands_.insert(operands_.end(), operands.begin(), operands.end());
    return append({code, first, static_cast<std::uint32_t>(operands.size())});
  }
  Place add(Code code, std::initializer_list<Place> operands) {
    return add(code, std::span<const Place>(operands.begin(), operands.size()));
  }
  Place add_constant(const T& number) {
    constants_.push_back(number);
    return append({code_of<ConstantNumber>, static_cast<std::uint32_t>(constants_.size() - 1)});
  }
  Place add_parameter(std::size_t i) { return append({code_of<ParameterNumber>, static_cast<std::uint32_t>(i)}); }
  Place add_sample_number(std::size_t i) { return append({code_of<SampleNumber>, static_cast<std::uint32_t>(i)}); }
  void add_guard(const Guard& guard) { guards_.push_back(guard); }
  void add_result(Place result) { results_.push_back(result); }

  std::size_t size() const { return instructions_.size(); }
  const Instruction& operator[](Place place) const { return instructions_[place]; }
  std::span<const Place> operands(Place place) const {
    const Instruction& instruction = instructions_[place];
    return std::span(operands_).subspan(instruction.first, instruction.count);
  }
  bool is_constant(Place place) const { return instructions_[place].code == code_of<ConstantNumber>; }
  const T& constant(Place place) const { return constants_[instructions_[place].first]; }
  const std::vector<Guard>& guards() const { return guards_; }
  const std::vector<Place>& results() const { return results_; }

 private:
  Place append(const Instruction& instruction) {
    instructions_.push_back(instruction);
    return static_cast<Place>(instructions_.size() - 1);
  }

  std::vector<Instruction> instructions_;
  std::vector<Place> operands_;
  std::vector<T> constants_;
  std::vector<Guard> guards_;
  std::vector<Place> results_;
};

/// Does an instruction choose one of two operands by a comparison of two others?
constexpr bool is_selection(Code code) { return code >= AllRules::size && code < AllRules::size + Selections::size; }
/// Does an instruction stand for itself, without operands?
constexpr bool is_leaf(Code code) { return code >= code_of<ConstantNumber>; }

/// For each instruction: does it depend on what `is_source(instruction)` names?
template <class T, class IsSource>
std::vector<char> dependents(const Instructions<T>& instructions, IsSource&& is_source) {
  std::vector<char> depends(instructions.size(), 0);
  for (Place i = 0; i < instructions.size(); ++i) {
    if (is_leaf(instructions[i].code)) {
      depends[i] = is_source(instructions[i]) ? 1 : 0;
      continue;
    }
    for (const Place operand : instructions.operands(i)) depends[i] = static_cast<char>(depends[i] | depends[operand]);
  }
  return depends;
}
template <class T>
std::vector<char> dependents_of_parameters(const Instructions<T>& instructions) {
  return dependents(instructions, [](const Instruction& i) { return i.code == code_of<ParameterNumber>; });
}
template <class T>
std::vector<char> dependents_of_samples(const Instructions<T>& instructions) {
  return dependents(instructions, [](const Instruction& i) { return i.code == code_of<SampleNumber>; });
}

}  // namespace downhill::program_detail
