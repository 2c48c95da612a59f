#pragma once
/// \file
/// The list of rules: every elementary function and every operation over a range, once.
///
/// Formulas, the causes that an autopsy names and the tables of the tests iterate over it. A rule has a name, an arity
/// and a domain for each operand (domain.hpp). The order is that of the headers, and nothing depends on it.

#include <cstddef>
#include <limits>

#include <autodiff/calculus.hpp>
#include <autodiff/calculus/domain.hpp>
#include <autodiff/calculus/type_list.hpp>
#include <autodiff/ranges.hpp>

namespace downhill {

/// All rules. A function that is added is added here, and then every table test asks for its reference.
using AllRules = TypeList<
    // calculus.hpp
    Add, Subtract, Multiply, Divide, Negate,                                        // operators
    Reciprocal, Square, Cube, Sqrt, Cbrt, Pow, Hypot, Hypot3,                       // powers and roots
    Exp, Exp2, Expm1, Log, Log2, Log10, Log1p, LogAddExp, XLogX, XLogY, Logit,      // exponentials, logarithms
    Sin, Cos, Tan, Asin, Acos, Atan, Atan2, Sinh, Cosh, Tanh, Asinh, Acosh, Atanh,  // circular and hyperbolic
    Erf, Erfc, ErfInv, LogGamma, TGamma, Digamma,                                   // special functions
    // calculus/kinks.hpp
    Sign, Floor, Ceil, Round, Trunc, Fmod, Remainder, Abs, CopySign, Max, Min, Fmax, Fmin, Fdim, Clamp, Fma,
    SelectFirst,
    // calculus/networks.hpp
    Sigmoid, Softplus, LogSigmoid, Relu, LeakyRelu, Elu, Huber, Gelu, Silu, Mish, Softsign,
    // ranges.hpp
    RangeSum, RangeMean, RangeNorm, RangeLogSumExp, RangeDot, RangePolynomial>;

/// The arity of what takes ranges.
inline constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

/// How many operands a rule has: as many as slopes. One over ranges records its edges itself, and has none.
template <class Rule>
inline constexpr std::size_t arity_of = [] {
  if constexpr (requires(double x) { Rule::template slope_z<double>(x, x, x, x); })
    return std::size_t(3);
  else if constexpr (requires(double x) { Rule::template slope_y<double>(x, x, x); })
    return std::size_t(2);
  else if constexpr (requires(double x) { Rule::template slope<double>(x, x); })
    return std::size_t(1);
  else
    return any_number;
}();

/// The rules of a list that have so many operands.
template <std::size_t arity, class... Rule>
constexpr auto of_arity(TypeList<Rule...>) {
  return (TypeList<>{} + ... + KeptIf<(arity_of<Rule> == arity), Rule>{});
}
template <std::size_t arity>
using RulesOfArity = decltype(of_arity<arity>(AllRules{}));

}  // namespace downhill
