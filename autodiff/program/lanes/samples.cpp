#include <cstddef>
#include <utility>

#include <autodiff/program/lanes/packs.hpp>
#include <autodiff/program/lanes/steps.hpp>

// Compiled for each instruction set. Rows become columns: chunks of 16 bytes of several rows are read into one pack, so
// that what is left to do is within chunks.

namespace downhill::program_detail {
namespace {

template <class T>
inline constexpr std::size_t in_chunk = 16 / sizeof(T);

template <std::size_t first, class P, std::size_t... i>
[[gnu::always_inline]] inline P every_other(P x, P y, std::index_sequence<i...>) {
  return P(__builtin_shufflevector(x.vector, y.vector, static_cast<int>(first + 2 * i)...));
}
// Halves of the chunks of x and of y, one number of the one after one of the other.
template <bool upper, class P, std::size_t... i>
[[gnu::always_inline]] inline P interleaved_chunks(P x, P y, std::index_sequence<i...>) {
  constexpr std::size_t n = in_chunk<typename P::Number>, from = upper ? n / 2 : 0;
  return P(__builtin_shufflevector(x.vector, y.vector,
                                   static_cast<int>(i / n * n + from + i % n / 2 + (i % 2) * P::size)...));
}
// packs[j] has a chunk of row j, then of row j + n, and so on, n the numbers in a chunk; then it has column j.
template <class P>
[[gnu::always_inline]] inline void transpose_chunks(P* packs) {
  constexpr std::size_t n = in_chunk<typename P::Number>;
  constexpr auto lanes = std::make_index_sequence<P::size>();
  for (std::size_t round = 1; round < n; round *= 2) {
    P shuffled[n];
    for (std::size_t i = 0; i < n / 2; ++i) {
      shuffled[2 * i] = interleaved_chunks<false>(packs[i], packs[i + n / 2], lanes);
      shuffled[2 * i + 1] = interleaved_chunks<true>(packs[i], packs[i + n / 2], lanes);
    }
    for (std::size_t i = 0; i < n; ++i) packs[i] = shuffled[i];
  }
}

// Calls visit(first column, how many of its columns were had before) for the chunks of a row of n or more numbers. The
// last one begins early enough not to reach beyond the row.
template <class T, class Visit>
[[gnu::always_inline]] inline void for_chunks(std::size_t per_row, Visit&& visit) {
  constexpr std::size_t n = in_chunk<T>;
  for (std::size_t column = 0; column < per_row; column += n) {
    const std::size_t first = column + n <= per_row ? column : per_row - n;
    visit(first, column - first);
  }
}

template <class T>
void load_one_by_one(const LaneRun<T>& run, const RowMajor<T>& samples, std::size_t first) {
  const auto* const begin = run.plan->sample.data();
  const auto* const end = begin + run.plan->sample.size();
  for (const auto* input = begin; input != end; ++input) {
    if (input->index < samples.first) continue;
    const T* const from = samples.numbers + (input->index - samples.first);
    T* const to = run.frame.value(input->slot);
    for (std::size_t lane = first; lane < samples.rows; ++lane) to[lane] = from[lane * samples.per_row];
  }
}
template <class T>
[[gnu::flatten]] void load_rows(const LaneRun<T>& run, const RowMajor<T>& samples) {
  using P = LanePack<T>;
  constexpr std::size_t width = P::size, n = in_chunk<T>;
  const std::size_t per_row = samples.per_row, whole = samples.rows / width * width;
  const std::uint32_t* const slots = run.plan->sample_slots.data() + samples.first;
  if (per_row == 2 && slots[0] != no_slot && slots[1] != no_slot) {
    T *const x = run.frame.value(slots[0]), *const y = run.frame.value(slots[1]);
    constexpr auto lanes = std::make_index_sequence<width>();
    for (std::size_t row = 0; row < whole; row += width) {
      const T* const from = samples.numbers + 2 * row;
      simd::prefetch(from + 16 * width);
      simd::prefetch(from + 17 * width);
      const P a = load(from), b = load(from + width);
      every_other<0>(a, b, lanes).store(x + row);
      every_other<1>(a, b, lanes).store(y + row);
    }
    return load_one_by_one(run, samples, whole);
  }
  if (per_row < n) return load_one_by_one(run, samples, 0);
  // Some packs of rows at a time, which stay in the nearest cache while chunk after chunk is taken of them.
  constexpr std::size_t stretch = 4 * width;
  for (std::size_t begin = 0; begin < whole; begin += stretch) {
    const std::size_t end = begin + stretch < whole ? begin + stretch : whole;
    for_chunks<T>(per_row, [&](std::size_t first, std::size_t had) {
      T* to[n];
      bool is_used = false;
      for (std::size_t j = 0; j < n; ++j) {
        const std::uint32_t slot = j < had ? no_slot : slots[first + j];
        to[j] = slot == no_slot ? nullptr : run.frame.value(slot);
        is_used = is_used || to[j] != nullptr;
      }
      if (!is_used) return;
      for (std::size_t row = begin; row < end; row += width) {
        const T* const from = samples.numbers + row * per_row + first;
        P packs[n];
        for (std::size_t j = 0; j < n; ++j) packs[j] = simd::chunks<simd::Native>(from + j * per_row, n * per_row);
        transpose_chunks(packs);
        for (std::size_t j = 0; j < n; ++j)
          if (to[j] != nullptr) packs[j].store(to[j] + row);
      }
    });
  }
  load_one_by_one(run, samples, whole);
}

// packs[j] has column j of some rows, one in each lane; then it has row j. Halves change their places, then quarters,
// and so on.
template <std::size_t part, bool upper, class P, std::size_t... i>
[[gnu::always_inline]] inline P exchanged(P x, P y, std::index_sequence<i...>) {
  // Of each two neighbouring parts, the first or the second of x and then of y.
  constexpr std::size_t first = upper ? part : 0;
  return P(__builtin_shufflevector(
      x.vector, y.vector,
      static_cast<int>(i / (2 * part) * (2 * part) + first + i % part + (i / part % 2) * P::size)...));
}
template <std::size_t part, class P>
[[gnu::always_inline]] inline void transpose(P* packs) {
  constexpr auto lanes = std::make_index_sequence<P::size>();
  for (std::size_t begin = 0; begin < P::size; begin += 2 * part)
    for (std::size_t j = begin; j < begin + part; ++j) {
      const P x = packs[j], y = packs[j + part];
      packs[j] = exchanged<part, false>(x, y, lanes);
      packs[j + part] = exchanged<part, true>(x, y, lanes);
    }
  if constexpr (2 * part < P::size) transpose<2 * part>(packs);
}

// A pack of rows. The sum of all numbers says whether one of them is NaN: infinities of both signs are taken for it
// too.
template <class T>
class RowsOfPack {
  using P = LanePack<T>;

 public:
  RowsOfPack(const LaneRun<T>& run, const RowsOut<T>& to)
      : adjoints_(run.frame.adjoints),
        stride_(run.frame.stride),
        slots_(run.plan->sample_adjoints.data()),
        to_(to.numbers),
        per_row_(to.per_row),
        apart_(to.apart) {}
  // Some columns at a time; the last ones begin early enough not to reach beyond the row.
  template <std::size_t columns>
  [[gnu::always_inline]] void store(std::size_t row) {
    for (std::size_t column = 0; column < per_row_; column += columns) {
      const std::size_t first = column + columns <= per_row_ ? column : per_row_ - columns;
      T* const to = to_ + row * apart_ + first;
      P packs[columns];
      for (std::size_t j = 0; j < columns; ++j) {
        const std::uint32_t slot = slots_[first + j];
        packs[j] = slot == no_slot ? P(0) : load<T>(adjoints_ + slot * stride_ + row);
        sums_[j % 4] += packs[j];
      }
      if constexpr (columns == P::size) {
        transpose<1>(packs);
        for (std::size_t j = 0; j < columns; ++j) packs[j].store(to + j * apart_);
      } else {
        transpose_chunks(packs);
        for (std::size_t j = 0; j < columns; ++j) simd::store_chunks(packs[j], to + j * apart_, columns * apart_);
      }
    }
  }
  bool are_numbers() const {
    const P sum = (sums_[0] + sums_[1]) + (sums_[2] + sums_[3]);
    return all(sum == sum);
  }

 private:
  const T* const adjoints_;
  const std::size_t stride_;
  const std::uint32_t* const slots_;
  T* const to_;
  const std::size_t per_row_, apart_;
  P sums_[4] = {P(0), P(0), P(0), P(0)};
};
template <class T>
[[gnu::flatten]] bool store_rows(const LaneRun<T>& run, const RowsOut<T>& to) {
  using P = LanePack<T>;
  constexpr std::size_t n = in_chunk<T>;
  const std::size_t per_row = to.per_row, whole = per_row < n ? 0 : to.rows / P::size * P::size;
  RowsOfPack<T> rows(run, to);
  if (per_row >= P::size)
    for (std::size_t row = 0; row < whole; row += P::size) rows.template store<P::size>(row);
  else
    for (std::size_t row = 0; row < whole; row += P::size) rows.template store<n>(row);
  bool are_numbers = rows.are_numbers();
  for (std::size_t j = 0; j < per_row; ++j) {
    const std::uint32_t slot = run.plan->sample_adjoints[j];
    for (std::size_t row = whole; row < to.rows; ++row) {
      const T slope = slot == no_slot ? T(0) : run.frame.adjoint(slot)[row];
      to.numbers[row * to.apart + j] = slope;
      are_numbers = are_numbers && slope == slope;
    }
  }
  return are_numbers;
}

}  // namespace

template <class T, class Isa>
bool Rows<T, Isa>::store(const LaneRun<T>& run, const RowsOut<T>& to) {
  return store_rows(run, to);
}
template <class T, class Isa>
void Rows<T, Isa>::load(const LaneRun<T>& run, const RowMajor<T>& samples) {
  load_rows(run, samples);
}

template struct Rows<double, simd::Native>;
template struct Rows<float, simd::Native>;

}  // namespace downhill::program_detail
