#pragma once
/// \file
/// The functions that a formula may call, by name and number of operands.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <autodiff/inspect/formula/formula_instructions.hpp>

namespace downhill::inspect::formula_detail {

/// What is called by one name: its place in each list, behind the last one where it has none.
struct Function {
  std::string_view name;
  std::uint32_t unary, binary, ternary, range;

  explicit Function(std::string_view typed);

  bool has_unary() const { return unary < Unary::names.size(); }
  bool has_binary() const { return binary < Binary::names.size(); }
  bool has_ternary() const { return ternary < Ternary::names.size(); }
  bool has_range() const { return range < Range::names.size(); }
  bool exists() const { return has_unary() || has_binary() || has_ternary() || has_range(); }
  /// Has its second operand a default, and which?
  bool has_default() const { return has_binary() && Binary::defaults[binary].has_value(); }
  double default_operand() const { return *Binary::defaults[binary]; }
  /// Is it of two operands, and called with more of them, two at a time?
  bool joins() const { return name == Max::name || name == Min::name; }

  /// "1 operand".
  std::string operands() const;
};

/// What may have been meant by a name that is no function: "; did you mean tanh?", or nothing.
std::string instead_of(std::string_view name);

/// Those of `known` that are nearest to a name, if any is near: "; did you mean w or v?". Near are up to two letters
/// changed, left out, put in or exchanged.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> known);

}  // namespace downhill::inspect::formula_detail
