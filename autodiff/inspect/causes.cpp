#include <autodiff/inspect/causes.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include <autodiff/inspect/text.hpp>

namespace downhill::inspect {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

struct Case {
  double x = unknown, y = unknown;  // the operands
  bool is_nan = false;              // what came out; otherwise infinite
};
struct Cause {
  std::string_view label;
  bool (*fits)(const Case&);
  std::string_view text;
};

bool always(const Case&) { return true; }
bool x_zero(const Case& c) { return c.x == 0; }
bool x_negative(const Case& c) { return c.x < 0; }
bool y_zero(const Case& c) { return c.y == 0; }
bool beyond_one(const Case& c) { return std::abs(c.x) > 1; }
bool at_one(const Case& c) { return std::abs(c.x) == 1; }

constexpr std::string_view log_of_zero =
    "log of 0: where it is of a probability, the softmax or the sigmoid saturated; use log_softmax, log_sum_exp, "
    "log_sigmoid or softmax_cross_entropy, which take the numbers before it";
constexpr std::string_view log_of_negative =
    "log of a negative number: what is under it must stay positive; use softplus "
    "or exp to make it so";
constexpr std::string_view exp_overflow =
    "exp overflows above 709.8 in double and 88.7 in float: subtract the largest first, as log_sum_exp and softmax do";
constexpr std::string_view grows =
    "the numbers grow without bound: the learning rate is too large, or a recurrence amplifies; lower the rate, clip "
    "the "
    "gradient, or scale the inputs";
constexpr std::string_view difference_of_infinities =
    "infinity - infinity: each of the two overflowed before; work with their logarithms, or subtract before the "
    "function "
    "that overflows";

// The first that fits counts.
constexpr std::array value_causes{
    Cause{"log", x_zero, log_of_zero},
    Cause{"log2", x_zero, log_of_zero},
    Cause{"log10", x_zero, log_of_zero},
    Cause{"log", x_negative, log_of_negative},
    Cause{"log2", x_negative, log_of_negative},
    Cause{"log10", x_negative, log_of_negative},
    Cause{"log1p", [](const Case& c) { return c.x <= -1; }, "log1p of -1 or less: 1 + x must stay positive"},
    Cause{"/", [](const Case& c) { return c.x == 0 && c.y == 0; },
          "0 / 0: test for the case with select, or use a form whose limit is computed, such as expm1, log1p or hypot"},
    Cause{"/", y_zero, "division by 0: add a small constant to the divisor, or test for the case with select"},
    Cause{"/", [](const Case& c) { return std::isinf(c.x) && std::isinf(c.y); },
          "infinity / infinity: both overflowed before; divide their logarithms, as softmax does"},
    Cause{"/", always, "the quotient overflows: the divisor is close to 0; add a small constant to it"},
    Cause{"reciprocal", x_zero, "division by 0: add a small constant to the divisor, or test for the case with select"},
    Cause{"sqrt", x_negative,
          "sqrt of a negative number: rounding may have made a difference negative that should be 0; use max(x, 0), or "
          "hypot and norm for lengths"},
    Cause{"exp", always, exp_overflow},
    Cause{"exp2", always, exp_overflow},
    Cause{"expm1", always, exp_overflow},
    Cause{"sinh", always, exp_overflow},
    Cause{"cosh", always, exp_overflow},
    Cause{"pow", [](const Case& c) { return c.x < 0 && c.is_nan; },
          "a negative base with an exponent that is not whole: use abs, square or cbrt, or keep the base positive"},
    Cause{"pow", [](const Case& c) { return c.x == 0; }, "0 to a negative power: add a small constant to the base"},
    Cause{"asin", beyond_one, "asin outside of [-1, 1]: rounding is enough to leave it; use clamp, or atan2"},
    Cause{"acos", beyond_one, "acos outside of [-1, 1]: rounding is enough to leave it; use clamp, or atan2"},
    Cause{"acosh", [](const Case& c) { return c.x < 1; }, "acosh below 1: use max(x, 1)"},
    Cause{"atanh", at_one, "atanh at 1 or -1 is infinite: a tanh that rounded to 1 went in; keep the number before it"},
    Cause{"atanh", beyond_one, "atanh outside of (-1, 1): use clamp"},
    Cause{"lgamma", always, "lgamma has poles at 0, -1, -2, ...: keep its operand positive"},
    Cause{"fmod", y_zero, "fmod by 0: the divisor must not be 0"},
    Cause{"+", [](const Case& c) { return std::isinf(c.x) && std::isinf(c.y) && c.is_nan; }, difference_of_infinities},
    Cause{"-", [](const Case& c) { return std::isinf(c.x) && std::isinf(c.y) && c.is_nan; }, difference_of_infinities},
    Cause{
        "*", [](const Case& c) { return c.is_nan && (c.x == 0 || c.y == 0); },
        "0 times infinity: one factor underflowed, and the other overflowed; multiply their logarithms, or use select "
        "to "
        "leave the case out"},
    Cause{"custom", always, "the value given to `custom` is not finite: see the function that computed it"},
    Cause{"fuse", always, "inside of the function given to `fuse`: trace it without fuse to see the step"},
    Cause{"checkpoint", always,
          "inside of the function given to `checkpoint`: trace it without checkpoint to see the step"},
    Cause{"sin", always, "the sine of an infinity is NaN: see what overflowed before it"},
    Cause{"cos", always, "the cosine of an infinity is NaN: see what overflowed before it"},
};

constexpr std::array flow_causes{
    Cause{"sqrt", x_zero,
          "sqrt has an infinite slope at 0: add a small constant under the root, or use hypot or norm, whose slope at "
          "0 is "
          "0"},
    Cause{"cbrt", x_zero, "cbrt has an infinite slope at 0: keep its operand away from 0"},
    Cause{"log", x_zero, log_of_zero},
    Cause{"log", x_negative, log_of_negative},
    Cause{"pow", x_zero, "a power below 1 has an infinite slope at 0: add a small constant to the base"},
    Cause{"pow", x_negative,
          "a negative base has no slope along the exponent: give the exponent as a plain number, or keep the base "
          "positive"},
    Cause{"/", y_zero, "division by 0: add a small constant to the divisor, or test for the case with select"},
    Cause{"reciprocal", x_zero, "division by 0: add a small constant to the divisor, or test for the case with select"},
    Cause{"asin", at_one, "asin has an infinite slope at 1 and -1: use clamp to stay inside, or atan2"},
    Cause{"acos", at_one, "acos has an infinite slope at 1 and -1: use clamp to stay inside, or atan2"},
    Cause{"acosh", [](const Case& c) { return c.x == 1; }, "acosh has an infinite slope at 1: stay above it"},
    Cause{"atanh", at_one, "atanh has an infinite slope at 1 and -1: use clamp to stay inside"},
    Cause{"atan2", [](const Case& c) { return c.x == 0 && c.y == 0; },
          "atan2(0, 0) has no slope: test for the case with select"},
};

template <std::size_t n>
std::string_view found(const std::array<Cause, n>& causes, std::string_view label, const Case& given) {
  for (const Cause& cause : causes)
    if (cause.label == label && cause.fits(given)) return cause.text;
  return {};
}

Case case_of(const RecordedStep& step) {
  Case given;
  if (step.operands.size() > 0) given.x = step.operands[0].value.value_or(unknown);
  if (step.operands.size() > 1) given.y = step.operands[1].value.value_or(unknown);
  given.is_nan = std::ranges::any_of(step.values, [](double v) { return std::isnan(v); });
  return given;
}

}  // namespace

std::string cause_of_value(const RecordedStep& step) {
  if (step.kind == RecordedStep::Kind::variable)
    return "it was given so: a parameter that an earlier step of training threw off (the learning rate is too large), "
           "or "
           "data that are not finite";
  for (const Operand& operand : step.operands) {
    if (!operand.is_plain()) continue;
    if (operand.value && !std::isfinite(*operand.value))
      return "a plain number that went in is not finite: look at the data";
    if (const std::size_t bad = first_not_finite(operand.values); bad != nowhere)
      return fmt::format("a constant matrix that went in is not finite: {} in row {}, column {}; look at the data",
                         short_text(operand.values[bad]), bad / operand.shape.columns, bad % operand.shape.columns);
  }
  if (const std::string_view text = found(value_causes, step.label, case_of(step)); !text.empty())
    return std::string(text);
  if (!case_of(step).is_nan) return std::string(grows);
  return "the operation has no value there: look at its operands";
}

std::string cause_of_flow(const RecordedStep& step, const Operand& operand) {
  Case given = case_of(step);
  if (const std::string_view text = found(flow_causes, step.label, given);
      !text.empty() && operand.slope && !std::isfinite(*operand.slope))
    return std::string(text);
  if (first_not_finite(step.values) != nowhere)
    return "the value of this step is not finite either, and so is its slope: see the first value";
  if (operand.slope && !std::isfinite(*operand.slope)) return "the slope of this step is not finite there";
  return "finite slopes, multiplied and added along the sweep, overflow: gradients explode; lower the depth or the "
         "slopes, "
         "scale the result, or normalise between the steps";
}

}  // namespace downhill::inspect
