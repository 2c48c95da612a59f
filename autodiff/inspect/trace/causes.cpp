#include <autodiff/inspect/trace/causes.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include <autodiff/calculus/rules.hpp>
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
bool x_infinite(const Case& c) { return std::isinf(c.x); }
bool y_infinite(const Case& c) { return std::isinf(c.y); }

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

constexpr std::string_view infinity_in_product =
    "an infinity went in, and in a product it meets every element of its row or column, 0 times infinity included: see "
    "what overflowed before it";
constexpr std::string_view infinite_logit =
    "an infinite number went in: a masked class must not be the label, and what overflowed must be found before it";

// The first that fits counts.
constexpr std::array known_value_causes{
    Cause{Log::name, x_zero, log_of_zero},
    Cause{Log2::name, x_zero, log_of_zero},
    Cause{Log10::name, x_zero, log_of_zero},
    Cause{Log::name, x_negative, log_of_negative},
    Cause{Log2::name, x_negative, log_of_negative},
    Cause{Log10::name, x_negative, log_of_negative},
    Cause{Log1p::name, [](const Case& c) { return c.x <= -1; }, "log1p of -1 or less: 1 + x must stay positive"},
    Cause{Divide::name, [](const Case& c) { return c.x == 0 && c.y == 0; },
          "0 / 0: where the divisor is a deviation or a length, what it is of does not vary or is 0; add a small "
          "constant "
          "to it, test for the case with select, or use a form whose limit is computed, such as expm1, log1p or hypot"},
    Cause{Divide::name, y_zero, "division by 0: add a small constant to the divisor, or test for the case with select"},
    Cause{Divide::name, [](const Case& c) { return std::isinf(c.x) && std::isinf(c.y); },
          "infinity / infinity: both overflowed before; divide their logarithms, as softmax does"},
    Cause{Divide::name, always, "the quotient overflows: the divisor is close to 0; add a small constant to it"},
    Cause{Reciprocal::name, x_zero,
          "division by 0: add a small constant to the divisor, or test for the case with select"},
    Cause{Sqrt::name, x_negative,
          "sqrt of a negative number: rounding may have made a difference negative that should be 0; use max(x, 0), or "
          "hypot and norm for lengths"},
    Cause{Exp::name, always, exp_overflow},
    Cause{Exp2::name, always, exp_overflow},
    Cause{Expm1::name, always, exp_overflow},
    Cause{Sinh::name, always, exp_overflow},
    Cause{Cosh::name, always, exp_overflow},
    Cause{Pow::name, [](const Case& c) { return c.x < 0 && c.is_nan; },
          "a negative base with an exponent that is not whole: use abs, square or cbrt, or keep the base positive"},
    Cause{Pow::name, [](const Case& c) { return c.x == 0; }, "0 to a negative power: add a small constant to the base"},
    Cause{Asin::name, beyond_one, "asin outside of [-1, 1]: rounding is enough to leave it; use clamp, or atan2"},
    Cause{Acos::name, beyond_one, "acos outside of [-1, 1]: rounding is enough to leave it; use clamp, or atan2"},
    Cause{Acosh::name, [](const Case& c) { return c.x < 1; }, "acosh below 1: use max(x, 1)"},
    Cause{Atanh::name, at_one,
          "atanh at 1 or -1 is infinite: a tanh that rounded to 1 went in; keep the number before it"},
    Cause{Atanh::name, beyond_one, "atanh outside of (-1, 1): use clamp"},
    Cause{Add::name, [](const Case& c) { return std::isinf(c.x) && std::isinf(c.y) && c.is_nan; },
          difference_of_infinities},
    Cause{Subtract::name, [](const Case& c) { return std::isinf(c.x) && std::isinf(c.y) && c.is_nan; },
          difference_of_infinities},
    Cause{
        Multiply::name, [](const Case& c) { return c.is_nan && (c.x == 0 || c.y == 0); },
        "0 times infinity: one factor underflowed, and the other overflowed; multiply their logarithms, or use select "
        "to "
        "leave the case out"},
    Cause{"custom", always, "the value given to `custom` is not finite: see the function that computed it"},
    Cause{"fuse", always, "inside of the function given to `fuse`: trace it without fuse to see the step"},
    Cause{"recompute", always,
          "inside of the function given to `recompute`: trace it without recompute to see the step"},
    Cause{"layer_norm", x_infinite, "an infinity went in: its row has no mean; see what overflowed before it"},
    Cause{"layer_norm", always,
          "the squares of a row overflow, or all its numbers are equal and epsilon is 0, which is 0 / 0"},
    Cause{"product", x_infinite, infinity_in_product},
    Cause{"product", y_infinite, infinity_in_product},
    Cause{"affine", x_infinite, infinity_in_product},
    Cause{"affine", y_infinite, infinity_in_product},
    Cause{"mean_squared_error", x_infinite, "an infinity went in: see what overflowed before it"},
    Cause{
        "mean_squared_error", always,
        "the square of a difference overflows: the outputs or the targets are too large; scale the targets, lower the "
        "learning rate"},
    Cause{"logistic_cross_entropy", x_infinite, infinite_logit},
    Cause{"logistic_cross_entropy", always,
          "the targets must be numbers from 0 to 1: one that is not finite went in, or the sum overflows"},
    Cause{"softmax_cross_entropy", x_infinite, infinite_logit},
    Cause{Sin::name, always, "the sine of an infinity is NaN: see what overflowed before it"},
    Cause{Cos::name, always, "the cosine of an infinity is NaN: see what overflowed before it"},
};

constexpr std::array known_flow_causes{
    Cause{Sqrt::name, x_zero,
          "sqrt has an infinite slope at 0: add a small constant under the root, or use hypot or norm, whose slope at "
          "0 is "
          "0"},
    Cause{Cbrt::name, x_zero, "cbrt has an infinite slope at 0: keep its operand away from 0"},
    Cause{Log::name, x_zero, log_of_zero},
    Cause{Log::name, x_negative, log_of_negative},
    Cause{Pow::name, x_zero, "a power below 1 has an infinite slope at 0: add a small constant to the base"},
    Cause{Pow::name, x_negative,
          "a negative base has no slope along the exponent: give the exponent as a plain number, or keep the base "
          "positive"},
    Cause{Divide::name, y_zero, "division by 0: add a small constant to the divisor, or test for the case with select"},
    Cause{Reciprocal::name, x_zero,
          "division by 0: add a small constant to the divisor, or test for the case with select"},
    Cause{Asin::name, at_one, "asin has an infinite slope at 1 and -1: use clamp to stay inside, or atan2"},
    Cause{Acos::name, at_one, "acos has an infinite slope at 1 and -1: use clamp to stay inside, or atan2"},
    Cause{Acosh::name, [](const Case& c) { return c.x == 1; }, "acosh has an infinite slope at 1: stay above it"},
    Cause{Atanh::name, at_one, "atanh has an infinite slope at 1 and -1: use clamp to stay inside"},
    Cause{Atan2::name, [](const Case& c) { return c.x == 0 && c.y == 0; },
          "atan2(0, 0) has no slope: test for the case with select"},
};

// What every rule says of itself: where it has no value, and where its slope is infinite.
std::string text_of(const OperandDomain& domain) {
  switch (domain.poles) {
    case Poles::zero: return "anything but 0";
    case Poles::whole_up_to_zero: return "anything but 0, -1, -2, ...";
    case Poles::none: break;
  }
  const bool has_low = std::isfinite(domain.low), has_high = std::isfinite(domain.high);
  if (has_low && has_high)
    return fmt::format("{0}{2:g}, {3:g}{1}", domain.is_open ? '(' : '[', domain.is_open ? ')' : ']', domain.low,
                       domain.high);
  return has_low ? fmt::format("{} {:g}", domain.is_open ? "above" : "not below", domain.low)
                 : fmt::format("{} {:g}", domain.is_open ? "below" : "not above", domain.high);
}
template <class Rule, std::size_t i>
const std::string& advice_on_domain() {
  static const std::string text =
      arity_of<Rule> == 1
          ? fmt::format("{} has a value for {} alone: keep its operand there, or leave the case out with select",
                        Rule::name, text_of(domain_of<Rule>(i)))
          : fmt::format("{} has a value where its operand {} is {}: keep it there, or leave the case out with select",
                        Rule::name, i + 1, text_of(domain_of<Rule>(i)));
  return text;
}
template <class Rule>
const std::string& advice_on_slope() {
  static const std::string text =
      fmt::format("{} has an infinite slope there: keep its operand away from it", Rule::name);
  return text;
}
template <class Rule, std::size_t i>
Cause outside_domain() {
  return {Rule::name,
          [](const Case& c) {
            const double x = i == 0 ? c.x : c.y;
            return x == x && !domain_of<Rule>(i).contains(x);
          },
          advice_on_domain<Rule, i>()};
}
template <class Rule>
void add_causes(std::vector<Cause>& of_values, std::vector<Cause>& of_flows) {
  constexpr std::size_t arity = arity_of<Rule>;
  if constexpr (arity == 1 || arity == 2) of_values.push_back(outside_domain<Rule, 0>());
  if constexpr (arity == 2) of_values.push_back(outside_domain<Rule, 1>());
  if constexpr (arity == 1 && requires(double x) { Rule::smoothness(x); })
    of_flows.push_back({Rule::name, [](const Case& c) { return Rule::smoothness(c.x) == Smoothness::steep; },
                        advice_on_slope<Rule>()});
}
struct Causes {
  std::vector<Cause> of_values{known_value_causes.begin(), known_value_causes.end()};
  std::vector<Cause> of_flows{known_flow_causes.begin(), known_flow_causes.end()};
  Causes() {
    AllRules::for_each([this]<class Rule>(std::type_identity<Rule>) { add_causes<Rule>(of_values, of_flows); });
  }
};
const Causes& all_causes() {
  static const Causes all;
  return all;
}

std::string_view found(std::span<const Cause> causes, std::string_view label, const Case& given) {
  for (const Cause& cause : causes)
    if (cause.label == label && cause.fits(given)) return cause.text;
  return {};
}

// The operands of one result. Where it is not known which elements it was made of, any that fit a cause count.
std::string_view found(std::span<const Cause> causes, const Record& record, const RecordedStep& step,
                       std::size_t element) {
  Case given;
  given.is_nan = element < step.values.size() && std::isnan(step.values[element]);
  const auto set = [&](std::size_t operand, double& x) -> bool {
    if (operand >= step.operands.size()) return true;
    const std::size_t k = element_of(step, step.operands[operand], element);
    if (k == nowhere) return false;
    x = element_value(record, step.operands[operand], k).value_or(unknown);
    return true;
  };
  // Two views of one matrix are one operand.
  constexpr auto binary = RulesOfArity<2>::names();
  const bool is_joined = step.kind == RecordedStep::Kind::block && step.operands.size() == 1 &&
                         std::ranges::find(binary, step.label) != binary.end();
  const bool knows_x = set(0, given.x), knows_y = !is_joined && set(1, given.y);
  if (knows_x && knows_y) return found(causes, step.label, given);
  for (const Cause& cause : causes) {
    if (cause.label != step.label) continue;
    Case any = given;
    const auto fits_any = [&](std::size_t operand, double& x) {
      for (std::size_t k = 0; k < step.operands[operand].count; ++k) {
        x = element_value(record, step.operands[operand], k).value_or(unknown);
        if (cause.fits(any)) return true;
      }
      x = unknown;
      return false;
    };
    if (cause.fits(any) || (!knows_x && fits_any(0, any.x)) || (!knows_y && fits_any(is_joined ? 0 : 1, any.y)))
      return cause.text;
  }
  return {};
}

// What a row of the operand does to softmax and its kin.
std::string_view cause_in_row(const Record& record, const RecordedStep& step, std::size_t element) {
  if (step.operands.empty() || step.shape.rows == 0) return {};
  const Operand& x = step.operands[0];
  const std::size_t columns = x.shape.columns;
  if (columns == 0) return {};
  const std::size_t row = element / std::max<std::size_t>(step.shape.columns, 1);
  bool is_masked = true, has_infinity = false, has_masked = false;
  for (std::size_t k = row * columns; k < (row + 1) * columns; ++k) {
    const double value = element_value(record, x, k).value_or(0);
    const bool is_minus = std::isinf(value) && value < 0;
    is_masked = is_masked && is_minus, has_masked = has_masked || is_minus;
    has_infinity = has_infinity || (std::isinf(value) && value > 0);
  }
  if (is_masked)
    return "every number of the row is -infinity: a mask that hides all of it leaves nothing to choose from; let each "
           "row see at least one, or mask with a large finite number";
  if (has_infinity) return "+infinity in the row: see what overflowed before it";
  if (has_masked)
    return "its number is -infinity, as of a mask: the logarithm of a probability of 0; leave it out of what is summed";
  return {};
}

constexpr std::array<std::string_view, 3> by_row{"softmax", "log_softmax", "log_sum_exp"};
// Is each element of the result made of one element of each operand? Of the rules of numbers this is known.
bool is_by_element(std::string_view label) {
  constexpr auto rules = (RulesOfArity<1>{} + RulesOfArity<2>{} + RulesOfArity<3>{}).names();
  return std::ranges::find(rules, label) != rules.end();
}

}  // namespace

std::optional<double> element_value(const Record& record, const Operand& operand, std::size_t element) {
  if (operand.count == 1 && operand.value) return operand.value;
  if (operand.is_plain())
    return element < operand.values.size() ? std::optional(operand.values[element]) : std::nullopt;
  if (operand.step == nowhere) return std::nullopt;
  const RecordedStep& made = record.steps[operand.step];
  const std::size_t at = operand.slot - made.slot + element;
  return at < made.values.size() ? std::optional(made.values[at]) : std::nullopt;
}

std::size_t element_of(const RecordedStep& step, const Operand& operand, std::size_t element) {
  if (operand.count == 1) return 0;
  if (!is_by_element(step.label)) return nowhere;
  const auto [rows, columns] = step.shape;
  const auto [of_rows, of_columns] = operand.shape;
  if (of_rows * of_columns != operand.count || columns == 0) return nowhere;
  if ((of_rows != rows && of_rows != 1) || (of_columns != columns && of_columns != 1)) return nowhere;
  return (of_rows == 1 ? 0 : element / columns) * of_columns + (of_columns == 1 ? 0 : element % columns);
}

std::string cause_of_value(const Record& record, const RecordedStep& step, std::size_t element) {
  if (step.kind == RecordedStep::Kind::variable)
    return "it was given so: a parameter that an earlier step of training threw off (the learning rate is too large), "
           "or data that are not finite";
  for (const Operand& operand : step.operands) {
    if (!operand.is_plain()) continue;
    if (operand.value && !std::isfinite(*operand.value))
      return "a plain number that went in is not finite: look at the data";
    const std::size_t k = element_of(step, operand, element);
    const std::size_t bad = k == nowhere ? first_not_finite(operand.values)
                            : k < operand.values.size() && !std::isfinite(operand.values[k]) ? k
                                                                                             : nowhere;
    if (bad != nowhere && operand.shape.columns > 0)
      return fmt::format("a constant matrix that went in is not finite: {} in row {}, column {}; look at the data",
                         short_text(operand.values[bad]), bad / operand.shape.columns, bad % operand.shape.columns);
  }
  if (std::ranges::find(by_row, step.label) != by_row.end())
    if (const std::string_view text = cause_in_row(record, step, element); !text.empty()) return std::string(text);
  if (const std::string_view text = found(all_causes().of_values, record, step, element); !text.empty())
    return std::string(text);
  if (element < step.values.size() && !std::isnan(step.values[element])) return std::string(grows);
  return "the operation has no value there: look at its operands";
}

std::string cause_of_flow(const Record& record, const RecordedStep& step, const Operand& operand, std::size_t element) {
  const bool is_steep = operand.slope && !std::isfinite(*operand.slope);
  for (std::size_t i = 0; i < step.count; ++i) {
    if (operand.count != 1 && element_of(step, operand, i) != element) continue;
    const bool flows = i < step.adjoints.size() && step.adjoints[i] != 0;
    if (!flows || !(is_steep || (step.kind == RecordedStep::Kind::block && std::isfinite(step.adjoints[i])))) continue;
    if (const std::string_view text = found(all_causes().of_flows, record, step, i); !text.empty())
      return std::string(text);
  }
  if (first_not_finite(step.values) != nowhere)
    return "the value of this step is not finite either, and so is its slope: see the first value";
  if (is_steep) return "the slope of this step is not finite there";
  return "finite slopes, multiplied and added along the sweep, overflow: gradients explode; lower the depth or the "
         "slopes, scale the result, or normalise between the steps";
}

}  // namespace downhill::inspect
