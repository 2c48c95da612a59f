#pragma once
/// \file
/// Where a function has a value: the domain of each operand of a rule.

#include <cstddef>
#include <limits>

namespace downhill {

/// What an interval leaves out.
enum class Poles {
  none,
  zero,
  whole_up_to_zero,  ///< 0, -1, -2, ...
};

/// The numbers from `low` to `high`, less the poles. Where it is open, it is without its bounds: there the value is
/// infinite, as at a pole.
struct OperandDomain {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool is_open = false;
  Poles poles = Poles::none;

  /// Does x belong to it?
  constexpr bool contains(double x) const {
    const bool is_inside = is_open ? x > low && x < high : x >= low && x <= high;
    return is_inside && !is_pole(x);
  }

 private:
  constexpr bool is_pole(double x) const {
    if (poles == Poles::zero) return x == 0;
    // Beyond 2^53 every number is whole.
    return poles == Poles::whole_up_to_zero && x <= 0 &&
           (x < -0x1p53 || static_cast<double>(static_cast<long long>(x)) == x);
  }
};

/// Infinities included.
inline constexpr OperandDomain all_numbers;
/// All but 0.
inline constexpr OperandDomain not_zero{.poles = Poles::zero};
/// 0 and above.
inline constexpr OperandDomain not_negative{.low = 0};
/// Above 0.
inline constexpr OperandDomain positive_numbers{.low = 0, .is_open = true};
/// From 0 to 1, both left out.
inline constexpr OperandDomain probabilities{.low = 0, .high = 1, .is_open = true};
/// From -1 to 1.
inline constexpr OperandDomain up_to_one{.low = -1, .high = 1};
/// From -1 to 1, both left out.
inline constexpr OperandDomain below_one{.low = -1, .high = 1, .is_open = true};
/// Where the gamma function is finite.
inline constexpr OperandDomain without_gamma_poles{.poles = Poles::whole_up_to_zero};

/// The domain of operand i of a rule: its `domain`, one for all operands or an array of them. A rule without one takes
/// all numbers; and so does one whose domain depends on another operand, as that of the base of a power does.
template <class Rule>
constexpr OperandDomain domain_of(std::size_t i) {
  if constexpr (requires { Rule::domain[i]; })
    return Rule::domain[i];
  else if constexpr (requires { Rule::domain; })
    return Rule::domain;
  else
    return all_numbers;
}

}  // namespace downhill
