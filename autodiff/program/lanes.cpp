#include <autodiff/program/lanes.hpp>

#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

#include <autodiff/simd/functions.hpp>
#include <autodiff/simd/rule_kernels.hpp>

// Compiled for each instruction set: what is here is in an unnamed namespace, or has the set in its name.

namespace downhill::program_detail {
namespace {

using simd::any;
using simd::choose;
using simd::handed_on;
using simd::multiply_add;

template <class T>
using Lanes = simd::Pack<T, simd::Native>;
template <class T>
inline constexpr std::size_t width = Lanes<T>::size;
// Packs side by side: enough of them that none waits for the one before, and few enough for the registers.
inline constexpr std::size_t unrolled = simd::Native::bytes == 64 ? 4 : 2;

template <class T>
[[gnu::always_inline]] inline Lanes<T> load(const T* from) {
  return Lanes<T>::load(from);
}
template <class T>
[[gnu::always_inline]] inline Lanes<T> spread(T number) {
  return Lanes<T>(number);
}
template <std::size_t n>
using Count = std::integral_constant<std::size_t, n>;

// Calls body(how many packs, the first lane) for packs side by side.
template <class T, class Body>
[[gnu::always_inline]] inline void for_packs(std::size_t lanes, Body&& body) {
  std::size_t lane = 0;
  for (; lane + unrolled * width<T> <= lanes; lane += unrolled * width<T>) body(Count<unrolled>{}, lane);
  for (; lane < lanes; lane += width<T>) body(Count<1>{}, lane);
}

// The sum over all lanes of what `add(sum, lane)` adds to it, in four chains.
template <class T, class Add>
[[gnu::always_inline]] inline Lanes<T> sum_over_packs(std::size_t lanes, Add&& add) {
  Lanes<T> a(0), b(0), c(0), d(0);
  std::size_t lane = 0;
  for (; lane + 4 * width<T> <= lanes; lane += 4 * width<T>) {
    a = add(a, lane), b = add(b, lane + width<T>);
    c = add(c, lane + 2 * width<T>), d = add(d, lane + 3 * width<T>);
  }
  for (; lane < lanes; lane += width<T>) a = add(a, lane);
  return (a + b) + (c + d);
}

// slope * moves, with or without care.
template <bool careful, class P>
[[gnu::always_inline]] inline P product(P slope, P moves) {
  if constexpr (careful)
    return handed_on(slope, moves);
  else
    return slope * moves;
}
// sum + slope * moves.
template <bool careful, class P>
[[gnu::always_inline]] inline P sum_and(P sum, P slope, P moves) {
  if constexpr (careful)
    return sum + handed_on(slope, moves);
  else
    return multiply_add(slope, moves, sum);
}
template <class T>
[[gnu::always_inline]] inline void add_to(T* sums, Uniform uniform, Lanes<T> part) {
  T* const to = sums + uniform * simd::whole<T>;
  (load(to) + part).store(to);
}

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

// adjoint (+)= slope(lane) * g(lane).
template <bool careful, class T, class Slope>
[[gnu::always_inline]] inline void along(const Frame<T>& frame, const Operand& operand, const T* g, Slope&& slope) {
  T* const to = frame.adjoint(operand.adjoint);
  if (operand.is_first)
    for (std::size_t lane = 0; lane < frame.lanes; lane += width<T>)
      product<careful>(slope(lane), load(g + lane)).store(to + lane);
  else
    for (std::size_t lane = 0; lane < frame.lanes; lane += width<T>)
      sum_and<careful>(load(to + lane), slope(lane), load(g + lane)).store(to + lane);
}

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
template <class Rule, class T>
[[gnu::flatten]] void forward_with_slope(const LaneRun<T>& run, const LaneStep& step) {
  const T* const x = run.frame.value(run.plan->operands[step.first].value);
  T *const to = run.frame.value(step.value), *const slope = run.frame.value(step.slopes);
  for (std::size_t lane = 0; lane < run.frame.lanes; lane += width<T>) {
    const auto both = with_slope(std::type_identity<Rule>{}, load(x + lane));
    both.value.store(to + lane);
    both.slope.store(slope + lane);
  }
}
template <class T>
void reverse_with_slope(const LaneRun<T>& run, const LaneStep& step) {
  const T* const g = run.frame.adjoint(step.adjoint);
  for (std::uint32_t i = 0; i < step.count; ++i) {
    const Operand& x = run.plan->operands[step.first + i];
    if (!x.is_wanted()) continue;
    const T* const slope = run.frame.value(step.slopes + i);
    along<true>(run.frame, x, g, [slope](std::size_t lane) { return load(slope + lane); });
  }
}

/// log(e^x_1 + ... + e^x_n) and its slopes, as LogSumExp has them (ranges/log_sum_exp.hpp): m + log(1 + the others)
/// with the largest m.
template <class T>
[[gnu::flatten]] void log_sum_exp_forward(const LaneRun<T>& run, const LaneStep& step) {
  using P = Lanes<T>;
  const Operand* const x = run.plan->operands.data() + step.first;
  const P zero(0), one(1);
  for (std::size_t lane = 0; lane < run.frame.lanes; lane += width<T>) {
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
  for (std::size_t lane = 0; lane < run.frame.lanes; lane += width<T>)
    choose(compared<how>(at(0, lane), at(1, lane)), at(2, lane), at(3, lane)).store(run.frame.value(step.value) + lane);
}
template <Comparison how, class T>
void select_reverse(const LaneRun<T>& run, const LaneStep& step) {
  using P = Lanes<T>;
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

// ---- sums of products
template <class T>
void products_forward(const LaneRun<T>& run, const LaneStep& step) {
  using P = Lanes<T>;
  const Frame<T>& frame = run.frame;
  const Term* const terms = run.plan->terms.data() + step.first;
  T bias = 0;
  for (std::uint32_t k = 0; k < step.biases; ++k) bias += run.uniforms[run.plan->biases[step.first_bias + k]];
  T* const result = frame.value(step.value);
  for_packs<T>(frame.lanes, [&](auto packs, std::size_t lane) {
    P sum[packs];
    for (std::size_t b = 0; b < packs; ++b) sum[b] = spread(bias);
    for (std::uint32_t k = 0; k < step.count; ++k) {
      const Term& term = terms[k];
      const T* const a = frame.value(term.a.value) + lane;
      if (term.has_b) {
        const T* const z = frame.value(term.b.value) + lane;
        if (term.is_negative)
          for (std::size_t b = 0; b < packs; ++b)
            sum[b] = multiply_add(-load(a + b * width<T>), load(z + b * width<T>), sum[b]);
        else
          for (std::size_t b = 0; b < packs; ++b)
            sum[b] = multiply_add(load(a + b * width<T>), load(z + b * width<T>), sum[b]);
      } else {
        const P c = spread(run.uniforms[term.coefficient]);
        for (std::size_t b = 0; b < packs; ++b) sum[b] = multiply_add(c, load(a + b * width<T>), sum[b]);
      }
    }
    for (std::size_t b = 0; b < packs; ++b) sum[b].store(result + lane + b * width<T>);
  });
}

template <class T>
bool any_moves(const LaneRun<T>& run, const Uniform* uniforms, std::size_t count) {
  for (std::size_t k = 0; k < count; ++k)
    if (run.plan->moves[uniforms[k]]) return true;
  return false;
}
template <class T>
void add_to_biases(const LaneRun<T>& run, const Uniform* biases, std::size_t count, Lanes<T> sum) {
  for (std::size_t k = 0; k < count; ++k)
    if (run.plan->moves[biases[k]]) add_to(run.sums, biases[k], sum);
}
template <class T>
void add_bias_sums(const LaneRun<T>& run, const T* g, const Uniform* biases, std::size_t count) {
  if (!any_moves(run, biases, count)) return;
  add_to_biases(run, biases, count,
                sum_over_packs<T>(run.frame.lanes, [g](Lanes<T> s, std::size_t lane) { return s + load(g + lane); }));
}

// What reaches the coefficients of J terms, and the sum of the adjoint itself: the adjoint is read once for all of
// them.
template <std::size_t J, bool careful, class T>
[[gnu::always_inline]] inline Lanes<T> coefficients_reverse(const LaneRun<T>& run, const T* g, const Term* terms) {
  using P = Lanes<T>;
  constexpr std::size_t chains = J >= 8 ? 1 : J >= 4 ? 2 : 4;
  P sum[J][chains], all[chains];
  const T* x[J];
  for (std::size_t j = 0; j < J; ++j) x[j] = run.frame.value(terms[j].a.value);
  for (std::size_t c = 0; c < chains; ++c) {
    all[c] = P(0);
    for (std::size_t j = 0; j < J; ++j) sum[j][c] = P(0);
  }
  const auto add = [&](std::size_t c, std::size_t lane) {
    const P at = load(g + lane);
    all[c] += at;
    for (std::size_t j = 0; j < J; ++j) sum[j][c] = sum_and<careful>(sum[j][c], load(x[j] + lane), at);
  };
  std::size_t lane = 0;
  for (; lane + chains * width<T> <= run.frame.lanes; lane += chains * width<T>)
    for (std::size_t c = 0; c < chains; ++c) add(c, lane + c * width<T>);
  for (; lane < run.frame.lanes; lane += width<T>) add(0, lane);
  for (std::size_t c = 1; c < chains; ++c) {
    all[0] += all[c];
    for (std::size_t j = 0; j < J; ++j) sum[j][0] += sum[j][c];
  }
  for (std::size_t j = 0; j < J; ++j) add_to(run.sums, terms[j].coefficient, sum[j][0]);
  return all[0];
}

// A term c a: to c, or to a, or to both in one pass.
template <bool careful, class T>
void term_reverse(const LaneRun<T>& run, const Term& term, const T* g) {
  using P = Lanes<T>;
  const Frame<T>& frame = run.frame;
  const bool moves = run.plan->moves[term.coefficient];
  if (!term.a.is_wanted()) {
    if (moves) coefficients_reverse<1, careful>(run, g, &term);
    return;
  }
  const P c = spread(run.uniforms[term.coefficient]);
  if (!moves) return along<careful>(frame, term.a, g, [c](std::size_t) { return c; });
  const T* const a = frame.value(term.a.value);
  T* const to = frame.adjoint(term.a.adjoint);
  const auto both = [&](auto is_first) {
    return sum_over_packs<T>(frame.lanes, [&](P s, std::size_t lane) {
      const P at = load(g + lane);
      if constexpr (is_first)
        product<careful>(c, at).store(to + lane);
      else
        sum_and<careful>(load(to + lane), c, at).store(to + lane);
      return sum_and<careful>(s, load(a + lane), at);
    });
  };
  add_to(run.sums, term.coefficient, term.a.is_first ? both(std::true_type{}) : both(std::false_type{}));
}
// A term a b or -a b.
template <bool careful, class T>
void pair_reverse(const LaneRun<T>& run, const Term& term, const T* g) {
  using P = Lanes<T>;
  const Frame<T>& frame = run.frame;
  const T *const a = frame.value(term.a.value), *const b = frame.value(term.b.value);
  const P sign(term.is_negative ? -1 : 1);
  if (term.a.is_wanted() && term.a.adjoint == term.b.adjoint)
    return along<careful>(frame, term.a, g, [&](std::size_t lane) { return sign * (load(a + lane) + load(a + lane)); });
  if (term.a.is_wanted()) along<careful>(frame, term.a, g, [&](std::size_t lane) { return sign * load(b + lane); });
  if (term.b.is_wanted()) along<careful>(frame, term.b, g, [&](std::size_t lane) { return sign * load(a + lane); });
}

template <bool careful, class T>
[[gnu::flatten]] void products_reverse(const LaneRun<T>& run, const LaneStep& step) {
  const Plan<T>& plan = *run.plan;
  const T* const g = run.frame.adjoint(step.adjoint);
  const Uniform* const biases = plan.biases.data() + step.first_bias;
  const Term* const terms = plan.terms.data() + step.first;
  bool needs_sum = any_moves(run, biases, step.biases);
  const auto take = [&](Lanes<T> sum) {
    if (needs_sum) add_to_biases(run, biases, step.biases, sum);
    needs_sum = false;
  };
  std::size_t k = 0;
  while (k < step.count) {
    const Term& term = terms[k];
    if (term.has_b) {
      pair_reverse<careful>(run, term, g);
      ++k;
      continue;
    }
    std::size_t alone = 0;  // terms from here on that reach their coefficients only
    while (k + alone < step.count && alone < 8 && !terms[k + alone].has_b && !terms[k + alone].a.is_wanted() &&
           plan.moves[terms[k + alone].coefficient])
      ++alone;
    if (alone == 8) {
      take(coefficients_reverse<8, careful>(run, g, terms + k));
      k += 8;
    } else if (alone >= 4) {
      take(coefficients_reverse<4, careful>(run, g, terms + k));
      k += 4;
    } else if (alone >= 2) {
      take(coefficients_reverse<2, careful>(run, g, terms + k));
      k += 2;
    } else if (alone == 1) {
      take(coefficients_reverse<1, careful>(run, g, terms + k));
      ++k;
    } else {
      term_reverse<careful>(run, term, g);
      ++k;
    }
  }
  if (needs_sum) add_bias_sums(run, g, biases, step.biases);
}

// ---- layers: each operand is loaded once for several rows
template <class T>
struct Layer {
  const LaneRun<T>& run;
  const LaneStep& step;
  const Operand* operands;
  const Row* rows;
  const Uniform *weights, *biases;

  Layer(const LaneRun<T>& of, const LaneStep& its)
      : run(of),
        step(its),
        operands(of.plan->operands.data() + its.first),
        rows(of.plan->rows.data() + its.first_row),
        weights(of.plan->weights.data() + its.first_weight),
        biases(of.plan->biases.data() + its.first_bias) {}
  Uniform weight(std::size_t row, std::size_t k) const { return weights[row * step.count + k]; }
  const T* value(std::size_t k) const { return run.frame.value(operands[k].value); }
  const T* adjoint(std::size_t row) const { return run.frame.adjoint(rows[row].adjoint); }
};

template <std::size_t R, class T>
void rows_forward(const Layer<T>& layer, std::size_t row) {
  using P = Lanes<T>;
  const LaneRun<T>& run = layer.run;
  for_packs<T>(run.frame.lanes, [&](auto packs, std::size_t lane) {
    P sum[R][packs];
    for (std::size_t r = 0; r < R; ++r)
      for (std::size_t b = 0; b < packs; ++b)
        sum[r][b] = spread(layer.step.biases > 0 ? run.uniforms[layer.biases[row + r]] : T(0));
    for (std::size_t k = 0; k < layer.step.count; ++k) {
      const T* const x = layer.value(k) + lane;
      P at[packs];
      for (std::size_t b = 0; b < packs; ++b) at[b] = load(x + b * width<T>);
      for (std::size_t r = 0; r < R; ++r) {
        const P c = spread(run.uniforms[layer.weight(row + r, k)]);
        for (std::size_t b = 0; b < packs; ++b) sum[r][b] = multiply_add(c, at[b], sum[r][b]);
      }
    }
    for (std::size_t r = 0; r < R; ++r)
      for (std::size_t b = 0; b < packs; ++b)
        sum[r][b].store(run.frame.value(layer.rows[row + r].value) + lane + b * width<T>);
  });
}
template <class T>
void layer_forward(const LaneRun<T>& run, const LaneStep& step) {
  const Layer<T> layer(run, step);
  std::size_t row = 0;
  for (; row + 4 <= step.rows; row += 4) rows_forward<4>(layer, row);
  for (; row < step.rows; ++row) rows_forward<1>(layer, row);
}

// What reaches J operands from all rows.
template <std::size_t J, bool careful, class T>
void operands_reverse(const Layer<T>& layer, const std::size_t* k) {
  using P = Lanes<T>;
  const LaneRun<T>& run = layer.run;
  for_packs<T>(run.frame.lanes, [&](auto packs, std::size_t lane) {
    P sum[J][packs];
    for (std::size_t j = 0; j < J; ++j)
      for (std::size_t b = 0; b < packs; ++b) sum[j][b] = P(0);
    for (std::size_t row = 0; row < layer.step.rows; ++row) {
      const T* const g = layer.adjoint(row) + lane;
      P at[packs];
      for (std::size_t b = 0; b < packs; ++b) at[b] = load(g + b * width<T>);
      for (std::size_t j = 0; j < J; ++j) {
        const P c = spread(run.uniforms[layer.weight(row, k[j])]);
        for (std::size_t b = 0; b < packs; ++b) sum[j][b] = sum_and<careful>(sum[j][b], c, at[b]);
      }
    }
    for (std::size_t j = 0; j < J; ++j) {
      const Operand& operand = layer.operands[k[j]];
      T* const to = run.frame.adjoint(operand.adjoint) + lane;
      for (std::size_t b = 0; b < packs; ++b)
        (operand.is_first ? sum[j][b] : load(to + b * width<T>) + sum[j][b]).store(to + b * width<T>);
    }
  });
}
// What reaches the weights of R rows and J operands.
template <std::size_t R, std::size_t J, bool careful, class T>
void weights_reverse(const Layer<T>& layer, std::size_t row, std::size_t k) {
  using P = Lanes<T>;
  const LaneRun<T>& run = layer.run;
  P sum[R][J];
  for (std::size_t r = 0; r < R; ++r)
    for (std::size_t j = 0; j < J; ++j) sum[r][j] = P(0);
  for (std::size_t lane = 0; lane < run.frame.lanes; lane += width<T>) {
    P g[R];
    for (std::size_t r = 0; r < R; ++r) g[r] = load(layer.adjoint(row + r) + lane);
    for (std::size_t j = 0; j < J; ++j) {
      const P x = load(layer.value(k + j) + lane);
      for (std::size_t r = 0; r < R; ++r) sum[r][j] = sum_and<careful>(sum[r][j], x, g[r]);
    }
  }
  for (std::size_t r = 0; r < R; ++r)
    for (std::size_t j = 0; j < J; ++j) add_to(run.sums, layer.weight(row + r, k + j), sum[r][j]);
}
template <std::size_t R, bool careful, class T>
void weights_reverse(const Layer<T>& layer, std::size_t row) {
  constexpr std::size_t J = unrolled;
  std::size_t k = 0;
  for (; k + J <= layer.step.count; k += J) weights_reverse<R, J, careful>(layer, row, k);
  for (; k < layer.step.count; ++k) weights_reverse<R, 1, careful>(layer, row, k);
}
template <bool careful, class T>
void layer_reverse(const LaneRun<T>& run, const LaneStep& step) {
  const Layer<T> layer(run, step);
  if (step.biases > 0)
    for (std::size_t row = 0; row < step.rows; ++row) add_bias_sums(run, layer.adjoint(row), layer.biases + row, 1);
  std::size_t row = 0;
  for (; row + 4 <= step.rows; row += 4) weights_reverse<4, careful>(layer, row);
  for (; row < step.rows; ++row) weights_reverse<1, careful>(layer, row);
  std::size_t four[4];
  std::size_t gathered = 0;
  for (std::size_t k = 0; k < step.count; ++k) {
    if (!layer.operands[k].is_wanted()) continue;
    four[gathered++] = k;
    if (gathered == 4) operands_reverse<4, careful>(layer, four), gathered = 0;
  }
  for (std::size_t j = 0; j < gathered; ++j) operands_reverse<1, careful>(layer, four + j);
}

// ---- all steps
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
template <class T>
void rule_reverse(const LaneRun<T>& run, const LaneStep& step) {
  switch (step.code) {
    case code_of<SelectIf<Comparison::less>>: return select_reverse<Comparison::less>(run, step);
    case code_of<SelectIf<Comparison::less_equal>>: return select_reverse<Comparison::less_equal>(run, step);
    case code_of<SelectIf<Comparison::equal>>: return select_reverse<Comparison::equal>(run, step);
    default: break;
  }
  if (step.slopes != no_slot)
    reverse_with_slope(run, step);
  else if (step.is_fixed)
    RuleStep<T>(run, step).reverse();
  else
    kernel_of<T>(step.code).reverse(run.frame, as_step<T>(step), run.plan->operands.data() + step.first);
}

template <class T>
void forward(const LaneRun<T>& run) {
  const LaneStep *const begin = run.plan->steps.data(), *const end = begin + run.plan->steps.size() - run.tail;
  for (const LaneStep* step = begin; step != end; ++step) {
    if (step->kind == LaneStep::Kind::products)
      products_forward(run, *step);
    else if (step->kind == LaneStep::Kind::layer)
      layer_forward(run, *step);
    else
      rule_forward(run, *step);
  }
}
template <bool careful, class T>
void reverse(const LaneRun<T>& run) {
  const LaneStep *const begin = run.plan->steps.data(), *step = begin + run.plan->steps.size() - run.tail;
  while (step-- != begin) {
    if (!step->is_swept) continue;
    if (step->kind == LaneStep::Kind::products)
      products_reverse<careful>(run, *step);
    else if (step->kind == LaneStep::Kind::layer)
      layer_reverse<careful>(run, *step);
    else
      rule_reverse(run, *step);
  }
}
template <class T>
void reverse_either(const LaneRun<T>& run) {
  run.is_careful ? reverse<true>(run) : reverse<false>(run);
}

template <class T>
double total(Lanes<T> sums) {
  double sum = 0;
  for (std::size_t i = 0; i < width<T>; ++i) sum += static_cast<double>(sums[i]);
  return sum;
}
// The last step where it is square(x): its sum, and the adjoint 2 x, in one pass.
template <class T>
double tail(const LaneRun<T>& run, std::size_t samples) {
  using P = Lanes<T>;
  const Operand& operand = run.plan->operands[run.plan->steps[run.plan->steps.size() - 1].first];
  const T* const x = run.frame.value(operand.value);
  T* const to = run.frame.adjoint(operand.adjoint);
  const std::size_t packed = samples / width<T> * width<T>;
  double sum = total<T>(sum_over_packs<T>(packed, [&](P s, std::size_t lane) {
    const P at = load(x + lane);
    (at + at).store(to + lane);
    return multiply_add(at, at, s);
  }));
  for (std::size_t lane = packed; lane < samples; ++lane) {
    to[lane] = x[lane] + x[lane];
    sum += static_cast<double>(x[lane] * x[lane]);
  }
  for (std::size_t lane = samples; lane < run.frame.lanes; ++lane) to[lane] = 0;
  return sum;
}

// ---- samples: numbers that lie row by row go to their lanes
template <bool upper, class P, std::size_t... i>
[[gnu::always_inline]] inline P interleaved(P x, P y, std::index_sequence<i...>) {
  constexpr std::size_t from = upper ? P::size / 2 : 0;
  return P(__builtin_shufflevector(x.vector, y.vector, static_cast<int>(from + i / 2 + (i % 2) * P::size)...));
}
template <std::size_t first, class P, std::size_t... i>
[[gnu::always_inline]] inline P every_other(P x, P y, std::index_sequence<i...>) {
  return P(__builtin_shufflevector(x.vector, y.vector, static_cast<int>(first + 2 * i)...));
}
// Rows become columns: to shuffle the first half of the rows with the second, again and again, is to transpose them.
template <class P>
[[gnu::always_inline]] inline void transpose(P* rows) {
  constexpr auto lanes = std::make_index_sequence<P::size>();
  for (std::size_t round = 1; round < P::size; round *= 2) {
    P shuffled[P::size];
    for (std::size_t i = 0; i < P::size / 2; ++i) {
      shuffled[2 * i] = interleaved<false>(rows[i], rows[i + P::size / 2], lanes);
      shuffled[2 * i + 1] = interleaved<true>(rows[i], rows[i + P::size / 2], lanes);
    }
    for (std::size_t i = 0; i < P::size; ++i) rows[i] = shuffled[i];
  }
}
template <class T>
void load_one_by_one(const LaneRun<T>& run, const RowMajor<T>& samples, std::size_t first) {
  const auto* const begin = run.plan->sample.data();
  const auto* const end = begin + run.plan->sample.size();
  for (const auto* input = begin; input != end; ++input) {
    const T* const from = samples.numbers + input->index;
    T* const to = run.frame.value(input->slot);
    for (std::size_t lane = first; lane < samples.rows; ++lane) to[lane] = from[lane * samples.per_row];
  }
}
template <class T>
[[gnu::flatten]] void load_rows(const LaneRun<T>& run, const RowMajor<T>& samples) {
  using P = Lanes<T>;
  const std::size_t per_row = samples.per_row;
  const std::uint32_t* const slots = run.plan->sample_slots.data();
  std::size_t row = 0;
  if (per_row == 2 && slots[0] != no_slot && slots[1] != no_slot) {
    T *const x = run.frame.value(slots[0]), *const y = run.frame.value(slots[1]);
    constexpr auto lanes = std::make_index_sequence<P::size>();
    for (; row + width<T> <= samples.rows; row += width<T>) {
      const T* const from = samples.numbers + 2 * row;
      const P a = load(from), b = load(from + width<T>);
      every_other<0>(a, b, lanes).store(x + row);
      every_other<1>(a, b, lanes).store(y + row);
    }
  } else if (3 * run.plan->sample.size() > per_row) {
    // A tile may read beyond its rows, but not beyond what there is.
    for (; row + width<T> <= samples.rows; row += width<T>)
      for (std::size_t column = 0; column < per_row; column += width<T>) {
        const T* const from = samples.numbers + row * per_row + column;
        P tile[width<T>];
        const std::size_t columns = per_row - column < width<T> ? per_row - column : width<T>;
        if ((row + width<T> - 1) * per_row + column + width<T> <= samples.readable) {
          for (std::size_t i = 0; i < width<T>; ++i) tile[i] = load(from + i * per_row);
        } else {
          alignas(64) T copy[width<T>] = {};
          for (std::size_t i = 0; i < width<T>; ++i) {
            for (std::size_t j = 0; j < columns; ++j) copy[j] = from[i * per_row + j];
            tile[i] = load(static_cast<const T*>(copy));
          }
        }
        transpose(tile);
        for (std::size_t j = 0; j < columns; ++j)
          if (slots[column + j] != no_slot) tile[j].store(run.frame.value(slots[column + j]) + row);
      }
  }
  load_one_by_one(run, samples, row);
}
template <class T>
double sum_of(const T* numbers, std::size_t count) {
  const std::size_t packed = count / width<T> * width<T>;
  double sum =
      total<T>(sum_over_packs<T>(packed, [numbers](Lanes<T> s, std::size_t lane) { return s + load(numbers + lane); }));
  for (std::size_t i = packed; i < count; ++i) sum += static_cast<double>(numbers[i]);
  return sum;
}

}  // namespace

template <class T, class Isa>
const LaneFunctions<T> LaneFunctionsFor<T, Isa>::functions{&forward<T>, &tail<T>, &reverse_either<T>, &load_rows<T>,
                                                           &sum_of<T>};

template struct LaneFunctionsFor<double, simd::Native>;
template struct LaneFunctionsFor<float, simd::Native>;

}  // namespace downhill::program_detail
