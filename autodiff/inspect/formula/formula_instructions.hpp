#pragma once
/// \file
/// What a formula consists of once it is read: instructions in postfix order, each of which works on a stack.
///
///     tanh(w*x + b)^2       w  x  *  b  +  tanh  2  ^
///
/// An instruction that calls a rule knows it by its place in one of four lists, by number of operands. They are made of
/// the list of all rules (calculus/rules.hpp): names, values and slopes are the rules' own.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/calculus.hpp>
#include <autodiff/calculus/rules.hpp>
#include <autodiff/dual.hpp>
#include <autodiff/program/traits.hpp>
#include <autodiff/ranges.hpp>
#include <autodiff/variable.hpp>

namespace downhill::inspect::formula_detail {

/// x^y, typed with the operator.
struct Power : Pow {
  static constexpr std::string_view name = "^";
};

// A constant beside an X: of X's own type where X is plain, so that it does not widen the result.
template <class X>
auto constant_beside(double number) {
  return static_cast<ConstantFor<X>>(number);
}

// How one rule works on operands of type X, which are temporaries: it takes them, and x becomes the result.
template <class Rule, class X>
void call_unary(X& x) {
  x = apply<Rule>(std::move(x));
}
template <class Rule, class X>
void call_binary(X& x, X& y) {
  x = apply<Rule>(std::move(x), std::move(y));
}
template <class Rule, class X>
void call_before_constant(X& x, double y) {
  x = apply<Rule>(std::move(x), constant_beside<X>(y));
}
template <class Rule, class X>
void call_after_constant(double x, X& y) {
  y = apply<Rule>(constant_beside<X>(x), std::move(y));
}
template <class Rule, class X>
void call_ternary(X& x, const X& y, const X& z) {
  x = apply<Rule>(x, y, z);
}

// The operands of the last call become one: of a rule over a range.
template <class Rule, class X>
X call_range(std::span<const X> operands) {
  return Rule::value(operands);
}

/// What a second operand is where it is left out.
template <class Rule>
constexpr std::optional<double> default_of() {
  if constexpr (requires { Rule::default_y; })
    return Rule::default_y;
  else
    return std::nullopt;
}
/// Is this typed between its operands, and not called?
constexpr bool is_operator(std::string_view name) { return name[0] < 'a' || name[0] > 'z'; }

template <class List>
struct Rules;
template <class... Rule>
struct Rules<TypeList<Rule...>> {
  static constexpr auto names = TypeList<Rule...>::names();
  static constexpr std::array<std::optional<double>, sizeof...(Rule)> defaults{default_of<Rule>()...};
  template <class X>
  static constexpr std::array unary{&call_unary<Rule, X>...};
  template <class X>
  static constexpr std::array binary{&call_binary<Rule, X>...};
  template <class X>
  static constexpr std::array before_constant{&call_before_constant<Rule, X>...};
  template <class X>
  static constexpr std::array after_constant{&call_after_constant<Rule, X>...};
  template <class X>
  static constexpr std::array ternary{&call_ternary<Rule, X>...};
  template <class X>
  static constexpr std::array range{&call_range<Rule, X>...};

  template <class R>
  static constexpr std::uint32_t index_of() {
    return static_cast<std::uint32_t>(TypeList<Rule...>::template index_of<R>());
  }
};

// The rules over one range: dot takes two, polynomial a number beside it.
template <class Rule>
concept OverOneRange = requires(std::span<const double> x) {
  { Rule::value(x) } -> std::same_as<double>;
};
template <class... Rule>
constexpr auto over_one_range(TypeList<Rule...>) {
  return (TypeList<>{} + ... + KeptIf<OverOneRange<Rule>, Rule>{});
}

using Unary = Rules<RulesOfArity<1>>;
using Binary = Rules<decltype(without<SelectFirst>(RulesOfArity<2>{}) + TypeList<Power>{})>;
using Ternary = Rules<RulesOfArity<3>>;
using Range = Rules<decltype(over_one_range(RulesOfArity<any_number>{}))>;

enum class Kind : std::uint8_t {
  number,
  name,  ///< the value of the index-th name
  unary,
  binary,
  before_constant,  ///< binary, its second operand the number
  after_constant,   ///< binary, its first operand the number
  ternary,
  range,  ///< over `count` operands
};

struct Instruction {
  Kind kind;
  std::uint32_t index = 0;  ///< in the list of its kind
  std::uint32_t count = 0;
  double number = 0;
};

/// How many operands an instruction takes from the stack. It leaves one result.
constexpr std::size_t operands_of(const Instruction& instruction) {
  switch (instruction.kind) {
    case Kind::number:
    case Kind::name: return 0;
    case Kind::binary: return 2;
    case Kind::ternary: return 3;
    case Kind::range: return instruction.count;
    default: return 1;
  }
}

/// The result of the instructions, none of which takes the stack higher than `height`.
template <class X>
X run(std::span<const Instruction> instructions, std::size_t height, std::span<const X> values) {
  std::vector<X> stack;
  stack.reserve(height);
  for (const Instruction& instruction : instructions) {
    X* const top = stack.data() + stack.size();
    switch (instruction.kind) {
      case Kind::number: stack.push_back(static_cast<X>(instruction.number)); break;
      case Kind::name: stack.push_back(values[instruction.index]); break;
      case Kind::unary: Unary::unary<X>[instruction.index](top[-1]); break;
      case Kind::binary:
        Binary::binary<X>[instruction.index](top[-2], top[-1]);
        stack.pop_back();
        break;
      case Kind::before_constant: Binary::before_constant<X>[instruction.index](top[-1], instruction.number); break;
      case Kind::after_constant: Binary::after_constant<X>[instruction.index](instruction.number, top[-1]); break;
      case Kind::ternary:
        Ternary::ternary<X>[instruction.index](top[-3], top[-2], top[-1]);
        stack.erase(stack.end() - 2, stack.end());
        break;
      case Kind::range: {
        X result = Range::range<X>[instruction.index]({top - instruction.count, instruction.count});
        stack.erase(stack.end() - static_cast<std::ptrdiff_t>(instruction.count), stack.end());
        stack.push_back(std::move(result));
      }
    }
  }
  return std::move(stack.back());
}

// Compiled once, in formula.cpp: each has a hundred rules in it.
extern template double run(std::span<const Instruction>, std::size_t, std::span<const double>);
extern template Var<double> run(std::span<const Instruction>, std::size_t, std::span<const Var<double>>);
extern template Dual<double> run(std::span<const Instruction>, std::size_t, std::span<const Dual<double>>);
extern template Dual<double, 8> run(std::span<const Instruction>, std::size_t, std::span<const Dual<double, 8>>);
extern template Symbol<double> run(std::span<const Instruction>, std::size_t, std::span<const Symbol<double>>);
extern template Var<Dual<double>> run(std::span<const Instruction>, std::size_t, std::span<const Var<Dual<double>>>);

}  // namespace downhill::inspect::formula_detail
