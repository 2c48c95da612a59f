#include <cstddef>

#include <autodiff/program/lanes/packs.hpp>
#include <autodiff/program/lanes/steps.hpp>

// Compiled for each instruction set.

namespace downhill::program_detail {
namespace {

// square(x): its sum, and the adjoint 2 x.
template <class T>
double square(const LaneRun<T>& run, std::size_t samples) {
  using P = LanePack<T>;
  const Operand& operand = run.plan->operands[run.plan->steps[run.plan->steps.size() - 1].first];
  const T* const x = run.frame.value(operand.value);
  T* const to = run.frame.adjoint(operand.adjoint);
  const std::size_t packed = samples / P::size * P::size;
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

// The square of a sum of J products that reach nothing but uniform values: what it is, what it reaches and the sum of
// the squares, without a word in memory.
template <std::size_t J, bool careful, bool with_gradient, class T>
double square_of_products(const LaneRun<T>& run, const LaneStep& step, std::size_t samples) {
  using P = LanePack<T>;
  const Term* const terms = run.plan->terms.data() + step.first;
  const P bias = spread(bias_of(run, step));
  const T* x[J];
  P c[J], sums[2][J], all[2], squares[2];
  for (std::size_t j = 0; j < J; ++j) {
    x[j] = run.frame.value(terms[j].a.value);
    c[j] = spread(run.uniforms[terms[j].coefficient]);
  }
  for (std::size_t h = 0; h < 2; ++h) {
    all[h] = squares[h] = P(0);
    for (std::size_t j = 0; j < J; ++j) sums[h][j] = P(0);
  }
  const auto add = [&](std::size_t h, std::size_t lane, auto&& within) {
    P at[J], r = bias;
    for (std::size_t j = 0; j < J; ++j) {
      at[j] = load(x[j] + lane);
      r = multiply_add(c[j], at[j], r);
    }
    r = within(r);
    squares[h] = multiply_add(r, r, squares[h]);
    if constexpr (with_gradient) {
      all[h] += r;
      for (std::size_t j = 0; j < J; ++j) sums[h][j] = sum_and<careful>(sums[h][j], at[j], r);
    }
  };
  const auto everywhere = [](P r) { return r; };
  std::size_t lane = 0;
  for (; lane + 2 * P::size <= samples; lane += 2 * P::size)
    add(0, lane, everywhere), add(1, lane + P::size, everywhere);
  for (; lane < samples; lane += P::size)
    add(0, lane, [&](P r) { return choose(P::counted() < P(samples - lane), r, P(0)); });
  if constexpr (with_gradient) {
    const auto twice = [](P a, P b) { return (a + b) + (a + b); };
    for (std::size_t j = 0; j < J; ++j)
      if (run.plan->moves[terms[j].coefficient]) add_to(run.sums, terms[j].coefficient, twice(sums[0][j], sums[1][j]));
    add_to_biases(run, run.plan->biases.data() + step.first_bias, step.biases, twice(all[0], all[1]));
  }
  return total<T>(squares[0] + squares[1]);
}
template <std::size_t J, class T>
double square_of_products(const LaneRun<T>& run, const LaneStep& step, std::size_t samples, bool with_gradient) {
  if (!with_gradient) return square_of_products<J, false, false>(run, step, samples);
  return run.is_careful ? square_of_products<J, true, true>(run, step, samples)
                        : square_of_products<J, false, true>(run, step, samples);
}

}  // namespace

template <class T, class Isa>
double Tail<T, Isa>::run(const LaneRun<T>& run, std::size_t samples, bool with_gradient) {
  if (run.plan->tail == 1) return square(run, samples);
  const LaneStep& step = run.plan->steps[run.plan->steps.size() - 2];
  switch (step.count) {
    case 1: return square_of_products<1>(run, step, samples, with_gradient);
    case 2: return square_of_products<2>(run, step, samples, with_gradient);
    case 3: return square_of_products<3>(run, step, samples, with_gradient);
    default: return square_of_products<most_in_tail>(run, step, samples, with_gradient);
  }
}

template struct Tail<double, simd::Native>;
template struct Tail<float, simd::Native>;

}  // namespace downhill::program_detail
