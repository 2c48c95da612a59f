#include <cstddef>
#include <type_traits>

#include <autodiff/program/lanes/packs.hpp>
#include <autodiff/program/lanes/steps.hpp>

// Compiled for each instruction set.

namespace downhill::program_detail {
namespace {

template <class T>
void products_forward(const LaneRun<T>& run, const LaneStep& step) {
  using P = LanePack<T>;
  const Frame<T>& frame = run.frame;
  const Term* const terms = run.plan->terms.data() + step.first;
  const T bias = bias_of(run, step);
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
            sum[b] = multiply_add(-load(a + b * LanePack<T>::size), load(z + b * LanePack<T>::size), sum[b]);
        else
          for (std::size_t b = 0; b < packs; ++b)
            sum[b] = multiply_add(load(a + b * LanePack<T>::size), load(z + b * LanePack<T>::size), sum[b]);
      } else {
        const P c = spread(run.uniforms[term.coefficient]);
        for (std::size_t b = 0; b < packs; ++b) sum[b] = multiply_add(c, load(a + b * LanePack<T>::size), sum[b]);
      }
    }
    for (std::size_t b = 0; b < packs; ++b) sum[b].store(result + lane + b * LanePack<T>::size);
  });
}

// What reaches the coefficients of J terms, and the sum of the adjoint itself: the adjoint is read once for all of
// them.
template <std::size_t J, bool careful, class T>
[[gnu::always_inline]] inline LanePack<T> coefficients_reverse(const LaneRun<T>& run, const T* g, const Term* terms) {
  using P = LanePack<T>;
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
  for (; lane + chains * LanePack<T>::size <= run.frame.lanes; lane += chains * LanePack<T>::size)
    for (std::size_t c = 0; c < chains; ++c) add(c, lane + c * LanePack<T>::size);
  for (; lane < run.frame.lanes; lane += LanePack<T>::size) add(0, lane);
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
  using P = LanePack<T>;
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
// Of a term a b or -a b, to a and to b.
template <bool is_negative, class T, class Reach>
[[gnu::always_inline]] inline void pair_reverse(const Term& term, const T* a, const T* z, Reach&& reach) {
  using P = LanePack<T>;
  const auto at = [](const T* from, std::size_t b) {
    const P slope = load(from + b * P::size);
    return is_negative ? -slope : slope;
  };
  if (term.a.is_wanted() && term.a.adjoint == term.b.adjoint) {
    reach(term.a, [&](std::size_t b) { return at(a, b) + at(a, b); });
    return;
  }
  if (term.a.is_wanted()) reach(term.a, [&](std::size_t b) { return at(z, b); });
  if (term.b.is_wanted()) reach(term.b, [&](std::size_t b) { return at(a, b); });
}
// Terms a b and -a b, one after the other: their adjoint stays in registers for all of them.
template <bool careful, class T>
void pairs_reverse(const LaneRun<T>& run, const Term* terms, std::size_t count, const T* g) {
  using P = LanePack<T>;
  const Frame<T> frame = run.frame;
  for_packs<T>(frame.lanes, [&](auto packs, std::size_t lane) {
    P moves[packs];
    for (std::size_t b = 0; b < packs; ++b) moves[b] = load(g + lane + b * P::size);
    const auto reach = [&](const Operand& operand, auto&& slope) {
      T* const to = frame.adjoint(operand.adjoint) + lane;
      if (operand.is_first)
        for (std::size_t b = 0; b < packs; ++b) product<careful>(slope(b), moves[b]).store(to + b * P::size);
      else
        for (std::size_t b = 0; b < packs; ++b)
          sum_and<careful>(load(to + b * P::size), slope(b), moves[b]).store(to + b * P::size);
    };
    for (std::size_t k = 0; k < count; ++k) {
      const Term& term = terms[k];
      const T *const a = frame.value(term.a.value) + lane, *const z = frame.value(term.b.value) + lane;
      if (term.is_negative)
        pair_reverse<true>(term, a, z, reach);
      else
        pair_reverse<false>(term, a, z, reach);
    }
  });
}

template <bool careful, class T>
[[gnu::flatten]] void products_reverse(const LaneRun<T>& run, const LaneStep& step) {
  const Plan<T>& plan = *run.plan;
  const T* const g = run.frame.adjoint(step.adjoint);
  const Uniform* const biases = plan.biases.data() + step.first_bias;
  const Term* const terms = plan.terms.data() + step.first;
  bool needs_sum = any_moves(run, biases, step.biases);
  const auto take = [&](LanePack<T> sum) {
    if (needs_sum) add_to_biases(run, biases, step.biases, sum);
    needs_sum = false;
  };
  std::size_t k = 0;
  while (k < step.count) {
    const Term& term = terms[k];
    if (term.has_b) {
      std::size_t pairs = 1;
      while (k + pairs < step.count && terms[k + pairs].has_b) ++pairs;
      pairs_reverse<careful>(run, &term, pairs, g);
      k += pairs;
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
}  // namespace

template <class T, class Isa>
void ProductSteps<T, Isa>::forward(const LaneRun<T>& run, const LaneStep& step) {
  products_forward(run, step);
}
template <class T, class Isa>
void ProductSteps<T, Isa>::reverse(const LaneRun<T>& run, const LaneStep& step) {
  run.is_careful ? products_reverse<true>(run, step) : products_reverse<false>(run, step);
}

template struct ProductSteps<double, simd::Native>;
template struct ProductSteps<float, simd::Native>;

}  // namespace downhill::program_detail
