#pragma once
/// \file
/// A formula typed as text, as a function that has derivatives:
///
///     const auto f = inspect::Formula::parse("(1 - x)^2 + 100*(y - x^2)^2");
///     minimize(f, f.point({{"x", -1.2}, {"y", 1}}), Lbfgs{});
///
///     sum      = product { ("+" | "-") product }
///     product  = signed { ("*" | "/") signed }
///     signed   = ("+" | "-") signed | power               so that -x^2 is -(x^2)
///     power    = operand [ "^" signed ]                   from the right, and 2^-1 needs no parentheses
///     operand  = number | name | function "(" sum { "," sum } ")" | "(" sum ")"
///
/// Functions are those of calculus.hpp by their name there; max and min take any number of operands, and so do sum,
/// mean, norm and log_sum_exp. `select` is not among them: a formula has no comparisons. pi and e are constants. A name
/// is made of letters, also Greek ones, digits and _. What people paste is read as well: · × ÷ − ² ³ and π.
///
/// A number, and what is computed from numbers alone, is a double; x^2 and x^3 are square and cube. Everything else is
/// computed, and recorded, as the same expression would be in C++. Any text can be given: what is no formula throws,
/// nothing recurses, and the locale does not matter.

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <autodiff/inspect/formula/formula_instructions.hpp>

namespace downhill::inspect {

/// The value of a name.
struct NamedValue {
  std::string_view name;
  double value;
};

/// A function of its free names. It may be given to everything that takes a function of a vector: `gradient`,
/// `hessian`, `minimize`, `check_gradient` and so on.
class Formula {
 public:
  static constexpr std::size_t longest = 65'536;  ///< bytes of text
  static constexpr std::size_t deepest = 1'000;   ///< operations that wait for an operand, and open parentheses

  /// Throws FormulaError, which knows the place, for what is no formula, is longer than `longest` or nests deeper than
  /// `deepest`.
  static Formula parse(std::string_view text);

  /// What was typed.
  const std::string& text() const { return text_; }
  /// The free names, in the order in which they appear first.
  const std::vector<std::string>& names() const { return names_; }
  /// The constants by name, pi and e, that were typed.
  std::vector<std::string_view> constants() const;

  /// The value at numbers of any type that calculus.hpp takes, in the order of names(): a std::vector, std::array,
  /// std::span, Inputs or Eigen vector of them. Throws ShapeError unless there is one for each name.
  template <class V>
  auto operator()(const V& values) const {
    using X = std::remove_cvref_t<decltype(*values.data())>;
    const auto count = static_cast<std::size_t>(values.size());
    if (count != names_.size()) refuse_count(count);
    return formula_detail::run<X>(program_, height_, {values.data(), count});
  }

  /// Values in the order of names(), for this function and for all that takes a point. Throws OptionError for a name
  /// without a value, with two, or that the formula has not.
  std::vector<double> point(std::span<const NamedValue> values) const;
  std::vector<double> point(std::initializer_list<NamedValue> values) const {
    return point(std::span(values.begin(), values.size()));
  }

 private:
  friend std::string to_string(const Formula& formula);
  [[noreturn]] void refuse_count(std::size_t count) const;

  std::string text_;
  std::vector<std::string> names_;
  std::vector<formula_detail::Instruction> parsed_;   // as it was typed
  std::vector<formula_detail::Instruction> program_;  // with constants worked out
  std::size_t height_ = 0;                            // of the stack
};

/// The formula as it was understood, without parentheses that change nothing. Parsed again, it computes the same.
std::string to_string(const Formula& formula);

}  // namespace downhill::inspect
