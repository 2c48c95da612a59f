#include <cstddef>

#include <autodiff/program/lanes/packs.hpp>
#include <autodiff/program/lanes/steps.hpp>

// Compiled for each instruction set.

namespace downhill::program_detail {
namespace {

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
  using P = LanePack<T>;
  const LaneRun<T>& run = layer.run;
  for_packs<T>(run.frame.lanes, [&](auto packs, std::size_t lane) {
    P sum[R][packs];
    for (std::size_t r = 0; r < R; ++r)
      for (std::size_t b = 0; b < packs; ++b)
        sum[r][b] = spread(layer.step.biases > 0 ? run.uniforms[layer.biases[row + r]] : T(0));
    for (std::size_t k = 0; k < layer.step.count; ++k) {
      const T* const x = layer.value(k) + lane;
      P at[packs];
      for (std::size_t b = 0; b < packs; ++b) at[b] = load(x + b * LanePack<T>::size);
      for (std::size_t r = 0; r < R; ++r) {
        const P c = spread(run.uniforms[layer.weight(row + r, k)]);
        for (std::size_t b = 0; b < packs; ++b) sum[r][b] = multiply_add(c, at[b], sum[r][b]);
      }
    }
    for (std::size_t r = 0; r < R; ++r)
      for (std::size_t b = 0; b < packs; ++b)
        sum[r][b].store(run.frame.value(layer.rows[row + r].value) + lane + b * LanePack<T>::size);
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
  using P = LanePack<T>;
  const LaneRun<T>& run = layer.run;
  for_packs<T>(run.frame.lanes, [&](auto packs, std::size_t lane) {
    P sum[J][packs];
    for (std::size_t j = 0; j < J; ++j)
      for (std::size_t b = 0; b < packs; ++b) sum[j][b] = P(0);
    for (std::size_t row = 0; row < layer.step.rows; ++row) {
      const T* const g = layer.adjoint(row) + lane;
      P at[packs];
      for (std::size_t b = 0; b < packs; ++b) at[b] = load(g + b * LanePack<T>::size);
      for (std::size_t j = 0; j < J; ++j) {
        const P c = spread(run.uniforms[layer.weight(row, k[j])]);
        for (std::size_t b = 0; b < packs; ++b) sum[j][b] = sum_and<careful>(sum[j][b], c, at[b]);
      }
    }
    for (std::size_t j = 0; j < J; ++j) {
      const Operand& operand = layer.operands[k[j]];
      T* const to = run.frame.adjoint(operand.adjoint) + lane;
      for (std::size_t b = 0; b < packs; ++b)
        (operand.is_first ? sum[j][b] : load(to + b * LanePack<T>::size) + sum[j][b]).store(to + b * LanePack<T>::size);
    }
  });
}
// What reaches the weights of R rows and J operands.
template <std::size_t R, std::size_t J, bool careful, class T>
void weights_reverse(const Layer<T>& layer, std::size_t row, std::size_t k) {
  using P = LanePack<T>;
  const LaneRun<T>& run = layer.run;
  P sum[R][J];
  for (std::size_t r = 0; r < R; ++r)
    for (std::size_t j = 0; j < J; ++j) sum[r][j] = P(0);
  for (std::size_t lane = 0; lane < run.frame.lanes; lane += LanePack<T>::size) {
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
  constexpr std::size_t J = packs_side_by_side<simd::Native>;
  std::size_t k = 0;
  for (; k + J <= layer.step.count; k += J) weights_reverse<R, J, careful>(layer, row, k);
  for (; k < layer.step.count; ++k) weights_reverse<R, 1, careful>(layer, row, k);
}
template <bool careful, class T>
void layer_reverse(const LaneRun<T>& run, const LaneStep& step) {
  const Layer<T> layer(run, step);
  if (step.biases > 0)
    for (std::size_t row = 0; row < step.rows; ++row) add_bias_sums(run, layer.adjoint(row), layer.biases + row, 1);
  if (any_moves(run, run.plan->weights.data() + step.first_weight, std::size_t{step.rows} * step.count)) {
    std::size_t row = 0;
    for (; row + 4 <= step.rows; row += 4) weights_reverse<4, careful>(layer, row);
    for (; row < step.rows; ++row) weights_reverse<1, careful>(layer, row);
  }
  std::size_t four[4];
  std::size_t gathered = 0;
  for (std::size_t k = 0; k < step.count; ++k) {
    if (!layer.operands[k].is_wanted()) continue;
    four[gathered++] = k;
    if (gathered == 4) operands_reverse<4, careful>(layer, four), gathered = 0;
  }
  for (std::size_t j = 0; j < gathered; ++j) operands_reverse<1, careful>(layer, four + j);
}
}  // namespace

template <class T, class Isa>
void LayerSteps<T, Isa>::forward(const LaneRun<T>& run, const LaneStep& step) {
  layer_forward(run, step);
}
template <class T, class Isa>
void LayerSteps<T, Isa>::reverse(const LaneRun<T>& run, const LaneStep& step) {
  run.is_careful ? layer_reverse<true>(run, step) : layer_reverse<false>(run, step);
}

template struct LayerSteps<double, simd::Native>;
template struct LayerSteps<float, simd::Native>;

}  // namespace downhill::program_detail
