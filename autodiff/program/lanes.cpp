#include <autodiff/program/lanes.hpp>

#include <array>
#include <cstddef>
#include <utility>

#include <autodiff/program/packs.hpp>

namespace downhill::program_detail {
namespace {

// Calls body(B, the first lane) for B packs side by side: enough of them that no result waits for the one before.
template <class T, class Body>
[[gnu::always_inline]] inline void for_packs(std::size_t lanes, Body&& body) {
  constexpr std::size_t width = lanes_of<T>;
  std::size_t lane = 0;
  for (; lane + 4 * width <= lanes; lane += 4 * width) body(std::integral_constant<std::size_t, 4>{}, lane);
  for (; lane < lanes; lane += width) body(std::integral_constant<std::size_t, 1>{}, lane);
}

// The sum over all lanes of f(lane), in four chains.
template <class T, class F>
[[gnu::always_inline]] inline Lanes<T> sum_over_packs(std::size_t lanes, F&& f) {
  constexpr std::size_t width = lanes_of<T>;
  std::array<Lanes<T>, 4> sums{Lanes<T>(T(0)), Lanes<T>(T(0)), Lanes<T>(T(0)), Lanes<T>(T(0))};
  std::size_t lane = 0;
  for (; lane + 4 * width <= lanes; lane += 4 * width)
    for (std::size_t b = 0; b < 4; ++b) sums[b] = f(sums[b], lane + b * width);
  for (; lane < lanes; lane += width) sums[0] = f(sums[0], lane);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// slope * moves, with or without care.
template <bool careful, class T>
[[gnu::always_inline]] inline Lanes<T> product(const Lanes<T>& slope, const Lanes<T>& moves) {
  if constexpr (careful)
    return handed_on(slope, moves);
  else
    return slope * moves;
}
// sum + slope * moves.
template <bool careful, class T>
[[gnu::always_inline]] inline Lanes<T> sum_and(const Lanes<T>& sum, const Lanes<T>& slope, const Lanes<T>& moves) {
  if constexpr (careful)
    return sum + handed_on(slope, moves);
  else
    return multiply_add(slope, moves, sum);
}
template <class T>
void add_to(T* sums, Uniform uniform, const Lanes<T>& part) {
  T* const to = sums + uniform * lanes_of<T>;
  store(to, load(to) + part);
}
template <class T>
Lanes<T> spread(T number) {
  return Lanes<T>(number);
}

// ---- a rule in packs
template <class Rule, class T, class Index>
struct InLanes;
template <class Rule, class T, std::size_t... i>
struct InLanes<Rule, T, std::index_sequence<i...>> {
  using P = Lanes<T>;
  static void forward(const Frame<T>& frame, const Step& step, const Operand* x) {
    const std::array<const T*, sizeof...(i)> at{frame.value(x[i].value)...};
    T* const result = frame.value(step.value);
    for (std::size_t lane = 0; lane < frame.lanes; lane += lanes_of<T>)
      store(result + lane, Rule::template value<P>(load(at[i] + lane)...));
  }
  template <bool careful>
  static void reverse(const Frame<T>& frame, const Step& step, const Operand* x) {
    if constexpr (sizeof...(i) == 2)
      if (x[0].is_wanted() && x[0].adjoint == x[1].adjoint) {
        along(frame, step, x, x[0], [&](const P& v, const auto&... a) {
          return slope_of<Rule, 0, P>(v, a...) + slope_of<Rule, 1, P>(v, a...);
        }, std::bool_constant<careful>{});
        return;
      }
    (along(frame, step, x, x[i],
           [](const P& v, const auto&... a) { return slope_of<Rule, i, P>(v, a...); },
           std::bool_constant<careful>{}),
     ...);
  }

 private:
  template <class Slope, bool careful>
  [[gnu::always_inline]] static void along(const Frame<T>& frame, const Step& step, const Operand* x,
                                           const Operand& operand, Slope&& slope, std::bool_constant<careful>) {
    if (!operand.is_wanted()) return;
    const std::array<const T*, sizeof...(i)> at{frame.value(x[i].value)...};
    const T *const result = frame.value(step.value), *const adjoint = frame.adjoint(step.adjoint);
    T* const to = frame.adjoint(operand.adjoint);
    if (operand.is_first)
      for (std::size_t lane = 0; lane < frame.lanes; lane += lanes_of<T>)
        store(to + lane, product<careful>(slope(load(result + lane), load(at[i] + lane)...), load(adjoint + lane)));
    else
      for (std::size_t lane = 0; lane < frame.lanes; lane += lanes_of<T>)
        store(to + lane, sum_and<careful>(load(to + lane), slope(load(result + lane), load(at[i] + lane)...),
                                          load(adjoint + lane)));
  }
};

template <class T>
struct LaneKernel {
  typename Kernel<T>::Run forward, reverse, careful;
};
template <class Operation, class T>
LaneKernel<T> lane_kernel_for() {
  if constexpr (is_in_packs<Operation>) {
    using Of = InLanes<Operation, T, std::make_index_sequence<arity_of<Operation>>>;
    return {&Of::forward, &Of::template reverse<false>, &Of::template reverse<true>};
  } else {
    const Kernel<T>& one_by_one = kernel_of<T>(code_of<Operation>);
    return {one_by_one.forward, one_by_one.reverse, one_by_one.reverse};
  }
}
template <class T, class... Operation>
std::array<LaneKernel<T>, sizeof...(Operation)> lane_kernels_for(TypeList<Operation...>) {
  return {lane_kernel_for<Operation, T>()...};
}
template <class T>
const LaneKernel<T>& lane_kernel_of(Code code) {
  static const auto kernels = lane_kernels_for<T>(Operations{});
  return kernels[code];
}

// ---- sums of products
template <class T>
void products_forward(const LaneRun<T>& run, const LaneStep& step) {
  using P = Lanes<T>;
  constexpr std::size_t width = lanes_of<T>;
  const Frame<T>& frame = run.frame;
  const Term* const terms = run.plan->terms.data() + step.first;
  T bias = 0;
  for (std::uint32_t k = 0; k < step.biases; ++k) bias += run.uniforms[run.plan->biases[step.first_bias + k]];
  T* const result = frame.value(step.value);
  for_packs<T>(frame.lanes, [&](auto packs, std::size_t lane) {
    std::array<P, packs> sum;
    for (std::size_t b = 0; b < packs; ++b) sum[b] = spread(bias);
    for (std::uint32_t k = 0; k < step.count; ++k) {
      const Term& term = terms[k];
      const T* const a = frame.value(term.a.value) + lane;
      if (term.has_b) {
        const T* const z = frame.value(term.b.value) + lane;
        if (term.is_negative)
          for (std::size_t b = 0; b < packs; ++b)
            sum[b] = multiply_add(-load(a + b * width), load(z + b * width), sum[b]);
        else
          for (std::size_t b = 0; b < packs; ++b) sum[b] = multiply_add(load(a + b * width), load(z + b * width), sum[b]);
      } else {
        const P c = spread(run.uniforms[term.coefficient]);
        for (std::size_t b = 0; b < packs; ++b) sum[b] = multiply_add(c, load(a + b * width), sum[b]);
      }
    }
    for (std::size_t b = 0; b < packs; ++b) store(result + lane + b * width, sum[b]);
  });
}

template <bool careful, class T, class Slope>
[[gnu::always_inline]] inline void along(const Frame<T>& frame, const Operand& operand, const T* g, Slope&& slope) {
  T* const to = frame.adjoint(operand.adjoint);
  if (operand.is_first)
    for (std::size_t lane = 0; lane < frame.lanes; lane += lanes_of<T>)
      store(to + lane, product<careful>(slope(lane), load(g + lane)));
  else
    for (std::size_t lane = 0; lane < frame.lanes; lane += lanes_of<T>)
      store(to + lane, sum_and<careful>(load(to + lane), slope(lane), load(g + lane)));
}

template <bool careful, class T>
void add_bias_sums(const LaneRun<T>& run, const T* g, const Uniform* biases, std::size_t count) {
  bool any_moves = false;
  for (std::size_t k = 0; k < count; ++k) any_moves = any_moves || run.plan->moves[biases[k]];
  if (!any_moves) return;
  const auto sum =
      sum_over_packs<T>(run.frame.lanes, [&](const auto& s, std::size_t lane) { return s + load(g + lane); });
  for (std::size_t k = 0; k < count; ++k)
    if (run.plan->moves[biases[k]]) add_to(run.sums, biases[k], sum);
}

template <bool careful, class T>
void products_reverse(const LaneRun<T>& run, const LaneStep& step) {
  using P = Lanes<T>;
  const Frame<T>& frame = run.frame;
  const Plan<T>& plan = *run.plan;
  const T* const g = frame.adjoint(step.adjoint);
  add_bias_sums<careful>(run, g, plan.biases.data() + step.first_bias, step.biases);
  for (std::uint32_t k = 0; k < step.count; ++k) {
    const Term& term = plan.terms[step.first + k];
    const T* const a = frame.value(term.a.value);
    if (term.has_b) {
      const T* const b = frame.value(term.b.value);
      const P sign = spread(term.is_negative ? T(-1) : T(1));
      if (term.a.is_wanted() && term.a.adjoint == term.b.adjoint) {
        along<careful>(frame, term.a, g, [&](std::size_t lane) { return sign * (load(a + lane) + load(a + lane)); });
        continue;
      }
      if (term.a.is_wanted())
        along<careful>(frame, term.a, g, [&](std::size_t lane) { return sign * load(b + lane); });
      if (term.b.is_wanted())
        along<careful>(frame, term.b, g, [&](std::size_t lane) { return sign * load(a + lane); });
      continue;
    }
    if (term.a.is_wanted()) {
      const P c = spread(run.uniforms[term.coefficient]);
      along<careful>(frame, term.a, g, [&](std::size_t) { return c; });
    }
    if (plan.moves[term.coefficient])
      add_to(run.sums, term.coefficient, sum_over_packs<T>(frame.lanes, [&](const P& s, std::size_t lane) {
               return sum_and<careful>(s, load(a + lane), load(g + lane));
             }));
  }
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
  constexpr std::size_t width = lanes_of<T>;
  const LaneRun<T>& run = layer.run;
  for_packs<T>(run.frame.lanes, [&](auto packs, std::size_t lane) {
    std::array<std::array<P, packs>, R> sum;
    for (std::size_t r = 0; r < R; ++r)
      for (std::size_t b = 0; b < packs; ++b)
        sum[r][b] = spread(layer.step.biases > 0 ? run.uniforms[layer.biases[row + r]] : T(0));
    for (std::size_t k = 0; k < layer.step.count; ++k) {
      const T* const x = layer.value(k) + lane;
      std::array<P, packs> at;
      for (std::size_t b = 0; b < packs; ++b) at[b] = load(x + b * width);
      for (std::size_t r = 0; r < R; ++r) {
        const P c = spread(run.uniforms[layer.weight(row + r, k)]);
        for (std::size_t b = 0; b < packs; ++b) sum[r][b] = multiply_add(c, at[b], sum[r][b]);
      }
    }
    for (std::size_t r = 0; r < R; ++r)
      for (std::size_t b = 0; b < packs; ++b)
        store(run.frame.value(layer.rows[row + r].value) + lane + b * width, sum[r][b]);
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
void operands_reverse(const Layer<T>& layer, const std::array<std::size_t, J>& k) {
  using P = Lanes<T>;
  constexpr std::size_t width = lanes_of<T>;
  const LaneRun<T>& run = layer.run;
  for_packs<T>(run.frame.lanes, [&](auto packs, std::size_t lane) {
    std::array<std::array<P, packs>, J> sum;
    for (std::size_t j = 0; j < J; ++j)
      for (std::size_t b = 0; b < packs; ++b) sum[j][b] = spread(T(0));
    for (std::size_t row = 0; row < layer.step.rows; ++row) {
      const T* const g = layer.adjoint(row) + lane;
      std::array<P, packs> at;
      for (std::size_t b = 0; b < packs; ++b) at[b] = load(g + b * width);
      for (std::size_t j = 0; j < J; ++j) {
        const P c = spread(run.uniforms[layer.weight(row, k[j])]);
        for (std::size_t b = 0; b < packs; ++b) sum[j][b] = sum_and<careful>(sum[j][b], c, at[b]);
      }
    }
    for (std::size_t j = 0; j < J; ++j) {
      const Operand& operand = layer.operands[k[j]];
      T* const to = run.frame.adjoint(operand.adjoint) + lane;
      for (std::size_t b = 0; b < packs; ++b)
        store(to + b * width, operand.is_first ? sum[j][b] : load(to + b * width) + sum[j][b]);
    }
  });
}
// What reaches the weights of R rows and J operands.
template <std::size_t R, std::size_t J, bool careful, class T>
void weights_reverse(const Layer<T>& layer, std::size_t row, std::size_t k) {
  using P = Lanes<T>;
  const LaneRun<T>& run = layer.run;
  std::array<std::array<P, J>, R> sum;
  for (std::size_t r = 0; r < R; ++r)
    for (std::size_t j = 0; j < J; ++j) sum[r][j] = spread(T(0));
  for (std::size_t lane = 0; lane < run.frame.lanes; lane += lanes_of<T>) {
    std::array<P, R> g;
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
  std::size_t k = 0;
  for (; k + 4 <= layer.step.count; k += 4) weights_reverse<R, 4, careful>(layer, row, k);
  for (; k < layer.step.count; ++k) weights_reverse<R, 1, careful>(layer, row, k);
}
template <bool careful, class T>
void layer_reverse(const LaneRun<T>& run, const LaneStep& step) {
  const Layer<T> layer(run, step);
  if (step.biases > 0)
    for (std::size_t row = 0; row < step.rows; ++row)
      add_bias_sums<careful>(run, layer.adjoint(row), layer.biases + row, 1);
  std::size_t row = 0;
  for (; row + 4 <= step.rows; row += 4) weights_reverse<4, careful>(layer, row);
  for (; row < step.rows; ++row) weights_reverse<1, careful>(layer, row);
  std::array<std::size_t, 4> four;
  std::size_t gathered = 0;
  for (std::size_t k = 0; k < step.count; ++k) {
    if (!layer.operands[k].is_wanted()) continue;
    four[gathered++] = k;
    if (gathered == 4) operands_reverse<4, careful>(layer, four), gathered = 0;
  }
  for (std::size_t j = 0; j < gathered; ++j) operands_reverse<1, careful, T>(layer, {four[j]});
}

// ---- all steps
template <class T>
void forward(const LaneRun<T>& run) {
  for (const LaneStep& step : run.plan->steps) {
    if (step.kind == LaneStep::Kind::products)
      products_forward(run, step);
    else if (step.kind == LaneStep::Kind::layer)
      layer_forward(run, step);
    else
      lane_kernel_of<T>(step.code).forward(run.frame, {step.code, step.value, step.adjoint, step.first, step.count},
                                           run.plan->operands.data() + step.first);
  }
}
template <bool careful, class T>
void reverse(const LaneRun<T>& run) {
  for (auto step = run.plan->steps.rbegin(); step != run.plan->steps.rend(); ++step) {
    if (!step->is_swept) continue;
    if (step->kind == LaneStep::Kind::products) {
      products_reverse<careful>(run, *step);
    } else if (step->kind == LaneStep::Kind::layer) {
      layer_reverse<careful>(run, *step);
    } else {
      const LaneKernel<T>& kernel = lane_kernel_of<T>(step->code);
      (careful ? kernel.careful : kernel.reverse)(run.frame,
                                                  {step->code, step->value, step->adjoint, step->first, step->count},
                                                  run.plan->operands.data() + step->first);
    }
  }
}
template <class T>
void reverse_either(const LaneRun<T>& run) {
  run.is_careful ? reverse<true>(run) : reverse<false>(run);
}

}  // namespace

template <class T>
const LaneFunctions<T>& lane_functions() {
  static constexpr LaneFunctions<T> functions{lanes_of<T>, &forward<T>, &reverse_either<T>};
  return functions;
}
template const LaneFunctions<double>& lane_functions();
template const LaneFunctions<float>& lane_functions();

}  // namespace downhill::program_detail
