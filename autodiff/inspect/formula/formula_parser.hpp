#pragma once
/// \file
/// Reading a formula: text to instructions in postfix order. See formula.hpp for the grammar.

#include <array>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/inspect/formula/formula_instructions.hpp>

namespace downhill::inspect::formula_detail {

struct Constant {
  std::string_view name;
  double value;
};
/// A number instruction with the index i > 0 was typed as the i-th of these.
inline constexpr std::array<Constant, 3> constants{{{}, {"pi", std::numbers::pi}, {"e", std::numbers::e}}};

/// How tightly an operator binds; what is no operator binds tightest.
enum Precedence { sum_precedence = 1, product_precedence, sign_precedence, power_precedence, call_precedence };
Precedence precedence_of(const Instruction& instruction);

struct Parsed {
  std::vector<Instruction> instructions;
  std::vector<std::string> names;
};
/// Throws FormulaError. Source of the method: Dijkstra's shunting-yard, "An ALGOL 60 translator for the X1" (1961).
Parsed parse(std::string_view text);

}  // namespace downhill::inspect::formula_detail
