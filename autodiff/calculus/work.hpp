#pragma once
/// \file
/// What a rule of the calculus takes for one element, by counting.
///
/// A sum, a product, a quotient, a comparison and a choice count as what they are. A value of any other rule counts as
/// one function, and its slope as another, unless it is arithmetic of what is there already, as that of exp is.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <autodiff/calculus/rules.hpp>
#include <autodiff/tape/work.hpp>

namespace downhill {

namespace work_detail {

template <class Rule, class... One>
inline constexpr bool is_one_of = (std::is_same_v<Rule, One> || ...);

template <class Rule>
inline constexpr bool is_choice = is_one_of<Rule, Sign, Floor, Ceil, Round, Trunc, Abs, CopySign, Max, Min, Fmax, Fmin,
                                            Fdim, Clamp, SelectFirst, Relu, LeakyRelu>;

}  // namespace work_detail

/// The value of a rule of so many operands.
template <class Rule>
constexpr Work value_work(std::size_t operands) {
  using namespace work_detail;
  const auto n = static_cast<double>(operands);
  if constexpr (is_one_of<Rule, Add, Subtract, Multiply, Divide, Negate, Reciprocal, Square> || is_choice<Rule>)
    return {.operations = 1};
  else if constexpr (is_one_of<Rule, Cube, Fma, Softsign>)
    return {.operations = 2};
  else if constexpr (is_one_of<Rule, RangeSum, RangeDot>)  // of n / 2 pairs: as many products, and one sum less
    return {.operations = std::max(n - 1, 0.0)};
  else if constexpr (is_one_of<Rule, RangeMean>)
    return {.operations = n};
  else if constexpr (is_one_of<Rule, RangeNorm>)
    return {.operations = std::max(2 * n - 1, 0.0), .functions = 1};
  else if constexpr (is_one_of<Rule, RangeLogSumExp>)
    return {.operations = 3 * n, .functions = n + 1};
  else if constexpr (is_one_of<Rule, RangePolynomial>)  // of x and n - 1 coefficients, by Horner
    return {.operations = std::max(2 * (n - 2), 0.0)};
  else
    return {.functions = 1};
}

/// A slope of a rule, along one of its operands, without what hands an adjoint along it.
template <class Rule>
constexpr Work slope_work(std::size_t operand) {
  using namespace work_detail;
  if constexpr (is_one_of<Rule, Add, Subtract, Negate, Multiply, Fma, Exp, RangeSum, RangeMean, RangeDot>)
    return {};
  else if constexpr (is_choice<Rule> || is_one_of<Rule, Square, Sqrt, RangeNorm, RangePolynomial>)
    return {.operations = 1};
  else if constexpr (is_one_of<Rule, Divide>)
    return {.operations = operand == 0 ? 1.0 : 2.0};
  else if constexpr (is_one_of<Rule, Cube, Reciprocal, Softsign>)
    return {.operations = 2};
  else
    return {.functions = 1};
}

/// The slope, and the adjoint handed along it: a multiplication and an addition.
template <class Rule>
constexpr Work pull_back_work(std::size_t operand) {
  Work work = slope_work<Rule>(operand);
  work.operations += 2;
  return work;
}

}  // namespace downhill
