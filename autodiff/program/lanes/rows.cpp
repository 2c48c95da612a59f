#include <cstddef>
#include <utility>

#include <autodiff/program/lanes/packs.hpp>
#include <autodiff/program/lanes/steps.hpp>

// Compiled for each instruction set. A sum over many numbers of a sample is worked out where they stand, row by row: to
// bring them to their lanes first would take longer than all that is done with them.

namespace downhill::program_detail {
namespace {

// The rows of a block; what is left of a pack gets the last sample again.
template <class T>
struct BlockRows {
  const T* first;
  std::size_t stride, rows;
  BlockRows(const LaneRun<T>& run, const LaneStep& step)
      : first(run.rows.numbers + (step.first - run.rows.first)), stride(run.rows.per_row), rows(run.rows.rows) {}
  const T* operator[](std::size_t i) const { return first + (i < rows ? i : rows - 1) * stride; }
};

// Columns [begin, begin + packs of them), the last of which may begin earlier, and then starts with some that were had
// before. These count as 0.
template <class T>
struct Strip {
  static constexpr std::size_t most = 8;  // packs in it
  std::size_t begin, packs, last, had;
  Strip(std::size_t from, std::size_t count) : begin(from) {
    constexpr std::size_t width = LanePack<T>::size;
    const std::size_t left = count - from;
    packs = left >= most * width ? most : (left + width - 1) / width;
    last = begin + (packs - 1) * width;
    had = last + width > count ? last + width - count : 0;
    last -= had;
  }
  std::size_t end() const { return last + LanePack<T>::size; }
  std::size_t at(std::size_t pack) const { return pack + 1 == packs ? last : begin + pack * LanePack<T>::size; }
};

// The sum of each of `size` packs, in the lanes of one: halves of half of the packs are shuffled with those of the
// other half and added, again and again.
template <bool upper, class P, std::size_t... i>
[[gnu::always_inline]] inline P interleaved(P x, P y, std::index_sequence<i...>) {
  constexpr std::size_t from = upper ? P::size / 2 : 0;
  return P(__builtin_shufflevector(x.vector, y.vector, static_cast<int>(from + i / 2 + (i % 2) * P::size)...));
}
template <class P>
[[gnu::always_inline]] inline P sums_of(P* packs) {
  constexpr auto lanes = std::make_index_sequence<P::size>();
  for (std::size_t half = P::size / 2; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i)
      packs[i] =
          interleaved<false>(packs[i], packs[i + half], lanes) + interleaved<true>(packs[i], packs[i + half], lanes);
  return packs[0];
}

template <class T>
[[gnu::flatten]] void row_forward(const LaneRun<T>& run, const LaneStep& step) {
  using P = LanePack<T>;
  const BlockRows<T> rows(run, step);
  const Uniform* const weights = run.plan->weights.data() + step.first_weight;
  T* const to = run.frame.value(step.value);
  const T bias = bias_of(run, step);
  for (std::size_t column = 0; column < step.count;) {
    const Strip<T> strip(column, step.count);
    P c[Strip<T>::most];
    for (std::size_t k = 0; k < strip.packs; ++k) {
      alignas(64) T some[P::size];
      for (std::size_t j = 0; j < P::size; ++j) some[j] = run.uniforms[weights[strip.at(k) + j]];
      c[k] = load<T>(some);
    }
    const auto fresh = P::counted() >= P(strip.had);
    for (std::size_t lane = 0; lane < run.frame.lanes; lane += P::size) {
      P sum[P::size];
      for (std::size_t i = 0; i < P::size; ++i) {
        const T* const row = rows[lane + i];
        for (std::size_t k = 0; k < strip.packs; ++k)
          simd::prefetch(row + 2 * P::size * rows.stride + strip.begin + k * P::size);
        sum[i] = c[strip.packs - 1] * choose(fresh, load(row + strip.last), P(0));
        for (std::size_t k = 0; k + 1 < strip.packs; ++k)
          sum[i] = multiply_add(c[k], load(row + strip.begin + k * P::size), sum[i]);
      }
      (sums_of(sum) + (column == 0 ? spread(bias) : load(to + lane))).store(to + lane);
    }
    column = strip.end();
  }
}

template <std::size_t packs, bool careful, class T>
[[gnu::always_inline]] inline void weights_reverse(const LaneRun<T>& run, const BlockRows<T>& rows, const T* g,
                                                   const std::size_t* at, LanePack<T>* sums) {
  using P = LanePack<T>;
  P even[packs], odd[packs];
  for (std::size_t k = 0; k < packs; ++k) even[k] = odd[k] = P(0);
  // Lanes come in whole packs, and so in pairs.
  for (std::size_t lane = 0; lane < run.frame.lanes; lane += 2) {
    const T *const row = rows[lane], *const next = rows[lane + 1];
    const P here = spread(g[lane]), there = spread(g[lane + 1]);
    for (std::size_t k = 0; k < packs; ++k) {
      even[k] = sum_and<careful>(even[k], load(row + at[k]), here);
      odd[k] = sum_and<careful>(odd[k], load(next + at[k]), there);
    }
  }
  for (std::size_t k = 0; k < packs; ++k) sums[k] = even[k] + odd[k];
}
template <bool careful, class T>
[[gnu::flatten]] void row_reverse(const LaneRun<T>& run, const LaneStep& step) {
  using P = LanePack<T>;
  const BlockRows<T> rows(run, step);
  const Uniform* const weights = run.plan->weights.data() + step.first_weight;
  const T* const g = run.frame.adjoint(step.adjoint);
  for (std::size_t column = 0; column < step.count;) {
    const Strip<T> strip(column, step.count);
    std::size_t at[Strip<T>::most];
    for (std::size_t k = 0; k < strip.packs; ++k) at[k] = strip.at(k);
    P sums[Strip<T>::most];
    std::size_t k = 0;
    for (; k + 4 <= strip.packs; k += 4) weights_reverse<4, careful>(run, rows, g, at + k, sums + k);
    for (; k < strip.packs; ++k) weights_reverse<1, careful>(run, rows, g, at + k, sums + k);
    for (k = 0; k < strip.packs; ++k)
      for (std::size_t j = k + 1 == strip.packs ? strip.had : 0; j < P::size; ++j)
        run.sums[weights[at[k] + j] * simd::whole<T>] += sums[k][j];
    column = strip.end();
  }
  add_bias_sums(run, g, run.plan->biases.data() + step.first_bias, step.biases);
}

}  // namespace

template <class T, class Isa>
void RowSteps<T, Isa>::forward(const LaneRun<T>& run, const LaneStep& step) {
  row_forward(run, step);
}
template <class T, class Isa>
void RowSteps<T, Isa>::reverse(const LaneRun<T>& run, const LaneStep& step) {
  run.is_careful ? row_reverse<true>(run, step) : row_reverse<false>(run, step);
}

template struct RowSteps<double, simd::Native>;
template struct RowSteps<float, simd::Native>;

}  // namespace downhill::program_detail
