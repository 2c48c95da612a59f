#include <concepts>
#include <cstddef>
#include <limits>
#include <numbers>
#include <type_traits>

#include <autodiff/program/lanes/packs.hpp>
#include <autodiff/program/lanes/steps.hpp>

// Compiled for each instruction set.

namespace downhill::program_detail {
namespace {

// ---- rules of a fixed number of operands, by the kernels that all have
// The place of the kernel of each rule.
template <class... Rule>
struct KernelPlaces {
  std::size_t of[sizeof...(Rule)] = {simd::KernelRules::index_of<Rule>()...};
};
template <class... Rule>
constexpr KernelPlaces<Rule...> kernel_places(TypeList<Rule...>) {
  return {};
}
constexpr auto places = kernel_places(AllRules{});

template <class T>
struct RuleStep {
  const LaneRun<T>& run;
  const LaneStep& step;
  const Operand* x;
  simd::Row<T> rows[3];

  RuleStep(const LaneRun<T>& of, const LaneStep& its) : run(of), step(its), x(of.plan->operands.data() + its.first) {
    for (std::uint32_t i = 0; i < step.count; ++i) rows[i] = {run.frame.value(x[i].value), 1};
  }
  const simd::RuleKernel<T>& kernel() const { return simd::RuleKernels<T, simd::Native>::rules[places.of[step.code]]; }
  void forward() const { kernel().value(rows, run.frame.value(step.value), run.frame.lanes); }
  void reverse() const {
    for (std::uint32_t i = 0; i < step.count; ++i)
      if (x[i].is_wanted())
        kernel().pull_back[i](rows, run.frame.value(step.value), run.frame.adjoint(step.adjoint),
                              run.frame.adjoint(x[i].adjoint), run.frame.lanes, !x[i].is_first);
  }
};

// ---- rules whose slope comes with the value, at little more than its cost: it is kept, and the sweep only multiplies
template <class P>
struct WithSlope {
  P value, slope;
};
/// tanh x = -e / (2 + e) and its slope 4 (1 + e) / (2 + e)^2, with e = e^(-2 |x|) - 1.
template <class P>
[[gnu::always_inline]] inline WithSlope<P> with_slope(std::type_identity<Tanh>, P x) {
  using T = typename P::Number;
  simd::Whole<P> n;
  const P size = P(-2) * abs(x), y = simd::reduced_exponential(choose(size < P(-60), P(-60), size), n);
  const P power = simd::power_of_two<T>(n.bits), e = multiply_add(power, y, power - P(1));
  const P inverse = P(1) / (P(2) + e), full = choose(size < P(-60), exp(size), multiply_add(power, y, power));
  return {choose(x == P(0), x, copysign(e * inverse, x)), P(4) * full * inverse * inverse};
}
/// log(1 + e^x) and sigmoid x, from one e^-|x|.
template <class P>
[[gnu::always_inline]] inline WithSlope<P> with_slope(std::type_identity<Softplus>, P x) {
  const P zero(0), e = exp(choose(x < zero, x, -x));
  return {choose(x < zero, zero, x) + log1p(e), choose(x < zero, e, P(1)) / (P(1) + e)};
}
/// sin x with cos x, cos x with -sin x.
template <class P>
[[gnu::always_inline]] inline WithSlope<P> with_slope(std::type_identity<Sin>, P x) {
  return {sin(x), cos(x)};
}
template <class P>
[[gnu::always_inline]] inline WithSlope<P> with_slope(std::type_identity<Cos>, P x) {
  return {cos(x), -sin(x)};
}
/// erf x and erfc x with the bell 2 e^-x² / sqrt(pi), which they need themselves but for small x.
template <class P>
[[gnu::always_inline]] inline WithSlope<P> with_slope(std::type_identity<Erf>, P x) {
  using T = typename P::Number;
  if constexpr (std::same_as<T, double> && P::InstructionSet::has_fma) {
    using Series = simd::ErrorFunctionSeries<T>;
    const P size = abs(x);
    const auto tail = simd::error_tail<Series>(size);
    const P near_zero = simd::error_near_zero<Series>(x), beyond = copysign(P(1) - tail.value, x);
    return {choose(size < P(1), near_zero, beyond), P(2 * std::numbers::inv_sqrtpi) * tail.bell};
  } else {
    const P value = erf(x);
    return {value, simd::slope_in_packs<Erf, 0>(value, x)};
  }
}
template <class P>
[[gnu::always_inline]] inline WithSlope<P> with_slope(std::type_identity<Erfc>, P x) {
  using T = typename P::Number;
  if constexpr (std::same_as<T, double> && P::InstructionSet::has_fma) {
    using Series = simd::ErrorFunctionSeries<T>;
    const P size = abs(x);
    const auto tail = simd::error_tail<Series>(size);
    const P near_zero = P(1) - simd::error_near_zero<Series>(x);
    const P beyond = choose(x < P(0), P(2) - tail.value, tail.value);
    return {choose(size < P(0.5), near_zero, beyond), P(-2 * std::numbers::inv_sqrtpi) * tail.bell};
  } else {
    const P value = erfc(x);
    return {value, simd::slope_in_packs<Erfc, 0>(value, x)};
  }
}
template <class Rule, class T>
[[gnu::flatten]] void forward_with_slope(const LaneRun<T>& run, const LaneStep& step) {
  const T* const x = run.frame.value(run.plan->operands[step.first].value);
  T *const to = run.frame.value(step.value), *const slope = run.frame.value(step.slopes);
  for (std::size_t lane = 0; lane < run.frame.lanes; lane += LanePack<T>::size) {
    const auto both = with_slope(std::type_identity<Rule>{}, load(x + lane));
    both.value.store(to + lane);
    both.slope.store(slope + lane);
  }
}
template <bool careful, class T>
void reverse_with_slope(const LaneRun<T>& run, const LaneStep& step) {
  const T* const g = run.frame.adjoint(step.adjoint);
  for (std::uint32_t i = 0; i < step.count; ++i) {
    const Operand& x = run.plan->operands[step.first + i];
    if (!x.is_wanted()) continue;
    const T* const slope = run.frame.value(step.slopes + i);
    along<careful>(run.frame, x, g, [slope](std::size_t lane) { return load(slope + lane); });
  }
}

// ---- rules that programs are full of: all slopes in one pass, and a quotient by one inverse
template <class T>
struct Sweep {
  const LaneRun<T>& run;
  const Operand* x;
  const T *g, *v;
  Sweep(const LaneRun<T>& of, const LaneStep& step)
      : run(of),
        x(of.plan->operands.data() + step.first),
        g(of.frame.adjoint(step.adjoint)),
        v(of.frame.value(step.value)) {}
  const T* value(std::size_t i) const { return run.frame.value(x[i].value); }
};
/// Of x + y, x - y and -x: 1 and -1.
template <class T>
void sum_reverse(const LaneRun<T>& run, const LaneStep& step) {
  const Sweep<T> sweep(run, step);
  for (std::uint32_t i = 0; i < step.count; ++i) {
    if (!sweep.x[i].is_wanted()) continue;
    const bool is_plus = step.code == code_of<Add> || (step.code == code_of<Subtract> && i == 0);
    const LanePack<T> slope(is_plus ? 1 : -1);
    along<false>(run.frame, sweep.x[i], sweep.g, [slope](std::size_t) { return slope; });
  }
}
/// Of x y: y and x.
template <bool careful, class T>
void multiply_reverse(const LaneRun<T>& run, const LaneStep& step) {
  const Sweep<T> sweep(run, step);
  const T *const x = sweep.value(0), *const y = sweep.value(1);
  const Along<careful, T> to_x(run.frame, sweep.x[0]), to_y(run.frame, sweep.x[1]);
  for (std::size_t lane = 0; lane < run.frame.lanes; lane += LanePack<T>::size) {
    const LanePack<T> moves = load(sweep.g + lane);
    if (to_x) to_x(lane, load(y + lane), moves);
    if (to_y) to_y(lane, load(x + lane), moves);
  }
}
/// Of e^x = v: v.
template <bool careful, class T>
void exp_reverse(const LaneRun<T>& run, const LaneStep& step) {
  const Sweep<T> sweep(run, step);
  if (sweep.x->is_wanted())
    along<careful>(run.frame, *sweep.x, sweep.g, [v = sweep.v](std::size_t lane) { return load(v + lane); });
}
/// Of x / y = v: 1 / y and -v / y; where one of them is not an ordinary number, as the rule has it.
template <bool careful, class T>
[[gnu::flatten]] void divide_reverse(const LaneRun<T>& run, const LaneStep& step) {
  using P = LanePack<T>;
  const Sweep<T> sweep(run, step);
  const T *const dividend = sweep.value(0), *const divisor = sweep.value(1);
  const Along<careful, T> to_x(run.frame, sweep.x[0]), to_y(run.frame, sweep.x[1]);
  const auto is_ordinary = [](P number) {
    const P size = abs(number);
    return size >= P(std::numeric_limits<T>::min()) && size <= P(std::numeric_limits<T>::max());
  };
  for (std::size_t lane = 0; lane < run.frame.lanes; lane += P::size) {
    const P at = load(divisor + lane), inverse = simd::inverse(at), moves = load(sweep.g + lane);
    if (to_x) to_x(lane, inverse, moves);
    if (!to_y) continue;
    const P value = load(sweep.v + lane);
    P slope = -(value * inverse);
    if (!all(is_ordinary(inverse) && is_ordinary(value))) [[unlikely]]
      slope = simd::slope_in_packs<Divide, 1>(value, load(dividend + lane), at);
    to_y(lane, slope, moves);
  }
}
/// Of log x = v: 1 / x, and NaN with v. 0 is added for the sake of -0.
template <bool careful, class T>
[[gnu::flatten]] void log_reverse(const LaneRun<T>& run, const LaneStep& step) {
  using P = LanePack<T>;
  const Sweep<T> sweep(run, step);
  if (!sweep.x->is_wanted()) return;
  along<careful>(run.frame, *sweep.x, sweep.g, [x = sweep.value(0), v = sweep.v](std::size_t lane) {
    const P value = load(v + lane);
    return choose(value == value, simd::inverse(load(x + lane) + P(0)), value);
  });
}
/// Of sqrt x = v: 1 / (2 v).
template <bool careful, class T>
[[gnu::flatten]] void sqrt_reverse(const LaneRun<T>& run, const LaneStep& step) {
  using P = LanePack<T>;
  const Sweep<T> sweep(run, step);
  if (!sweep.x->is_wanted()) return;
  along<careful>(run.frame, *sweep.x, sweep.g,
                 [v = sweep.v](std::size_t lane) { return P(0.5) * simd::inverse(load(v + lane) + P(0)); });
}

/// log(e^x_1 + ... + e^x_n) and its slopes, as LogSumExp has them (ranges/log_sum_exp.hpp): m + log(1 + the others)
/// with the largest m.
template <class T>
[[gnu::flatten]] void log_sum_exp_forward(const LaneRun<T>& run, const LaneStep& step) {
  using P = LanePack<T>;
  const Operand* const x = run.plan->operands.data() + step.first;
  const P zero(0), one(1);
  for (std::size_t lane = 0; lane < run.frame.lanes; lane += LanePack<T>::size) {
    P largest(-std::numeric_limits<T>::infinity());
    for (std::uint32_t i = 0; i < step.count; ++i) {
      const P here = load(run.frame.value(x[i].value) + lane);
      largest = choose(here <= largest || largest != largest, largest, here);
    }
    P others(0);
    auto is_taken = one < zero;  // has the largest been met?
    for (std::uint32_t i = 0; i < step.count; ++i) {
      const P here = load(run.frame.value(x[i].value) + lane);
      const auto is_largest = here == largest;
      const P weight = choose(is_largest, one, exp(here - largest));
      weight.store(run.frame.value(step.slopes + i) + lane);
      others += choose(is_largest && !is_taken, zero, weight);
      is_taken = is_taken || is_largest;
    }
    const P total = one + others, inverse = one / total;
    for (std::uint32_t i = 0; i < step.count; ++i) {
      T* const slope = run.frame.value(step.slopes + i) + lane;
      (load(slope) * inverse).store(slope);
    }
    choose(largest - largest == zero, largest + log1p(others), largest).store(run.frame.value(step.value) + lane);
  }
}

// ---- a choice of one of two operands
template <Comparison how, class P>
[[gnu::always_inline]] inline auto compared(P a, P b) {
  if constexpr (how == Comparison::less)
    return a < b;
  else if constexpr (how == Comparison::less_equal)
    return a <= b;
  else
    return a == b;
}
template <Comparison how, class T>
void select_forward(const LaneRun<T>& run, const LaneStep& step) {
  const Operand* const x = run.plan->operands.data() + step.first;
  const auto at = [&](std::size_t i, std::size_t lane) { return load(run.frame.value(x[i].value) + lane); };
  for (std::size_t lane = 0; lane < run.frame.lanes; lane += LanePack<T>::size)
    choose(compared<how>(at(0, lane), at(1, lane)), at(2, lane), at(3, lane)).store(run.frame.value(step.value) + lane);
}
template <Comparison how, class T>
void select_reverse(const LaneRun<T>& run, const LaneStep& step) {
  using P = LanePack<T>;
  const Operand* const x = run.plan->operands.data() + step.first;
  const T* const g = run.frame.adjoint(step.adjoint);
  const auto at = [&](std::size_t i, std::size_t lane) { return load(run.frame.value(x[i].value) + lane); };
  for (std::size_t i = 0; i < 4; ++i)
    if (x[i].is_wanted())
      along<true>(run.frame, x[i], g, [&](std::size_t lane) {
        const auto first = compared<how>(at(0, lane), at(1, lane));
        return i < 2 ? P(0) : i == 2 ? choose(first, P(1), P(0)) : choose(first, P(0), P(1));
      });
}

template <class T>
Step as_step(const LaneStep& step) {
  return {step.code, step.value, step.adjoint, step.first, step.count};
}
template <class T>
void rule_forward(const LaneRun<T>& run, const LaneStep& step) {
  switch (step.code) {
    case code_of<Tanh>: return forward_with_slope<Tanh>(run, step);
    case code_of<Softplus>: return forward_with_slope<Softplus>(run, step);
    case code_of<Sin>: return forward_with_slope<Sin>(run, step);
    case code_of<Cos>: return forward_with_slope<Cos>(run, step);
    case code_of<Erf>: return forward_with_slope<Erf>(run, step);
    case code_of<Erfc>: return forward_with_slope<Erfc>(run, step);
    case code_of<RangeLogSumExp>: return log_sum_exp_forward(run, step);
    case code_of<SelectIf<Comparison::less>>: return select_forward<Comparison::less>(run, step);
    case code_of<SelectIf<Comparison::less_equal>>: return select_forward<Comparison::less_equal>(run, step);
    case code_of<SelectIf<Comparison::equal>>: return select_forward<Comparison::equal>(run, step);
    default: break;
  }
  if (step.is_fixed)
    RuleStep<T>(run, step).forward();
  else
    kernel_of<T>(step.code).forward(run.frame, as_step<T>(step), run.plan->operands.data() + step.first);
}
template <bool careful, class T>
void rule_reverse(const LaneRun<T>& run, const LaneStep& step) {
  switch (step.code) {
    case code_of<Add>:
    case code_of<Subtract>:
    case code_of<Negate>: return sum_reverse(run, step);
    case code_of<Multiply>: return multiply_reverse<careful>(run, step);
    case code_of<Divide>: return divide_reverse<careful>(run, step);
    case code_of<Exp>: return exp_reverse<careful>(run, step);
    case code_of<Log>: return log_reverse<careful>(run, step);
    case code_of<Sqrt>: return sqrt_reverse<careful>(run, step);
    case code_of<SelectIf<Comparison::less>>: return select_reverse<Comparison::less>(run, step);
    case code_of<SelectIf<Comparison::less_equal>>: return select_reverse<Comparison::less_equal>(run, step);
    case code_of<SelectIf<Comparison::equal>>: return select_reverse<Comparison::equal>(run, step);
    default: break;
  }
  if (step.slopes != no_slot)
    reverse_with_slope<careful>(run, step);
  else if (step.is_fixed)
    RuleStep<T>(run, step).reverse();
  else
    kernel_of<T>(step.code).reverse(run.frame, as_step<T>(step), run.plan->operands.data() + step.first);
}
}  // namespace

template <class T, class Isa>
void RuleSteps<T, Isa>::forward(const LaneRun<T>& run, const LaneStep& step) {
  rule_forward(run, step);
}
template <class T, class Isa>
void RuleSteps<T, Isa>::reverse(const LaneRun<T>& run, const LaneStep& step) {
  run.is_careful ? rule_reverse<true>(run, step) : rule_reverse<false>(run, step);
}

template struct RuleSteps<double, simd::Native>;
template struct RuleSteps<float, simd::Native>;

}  // namespace downhill::program_detail
