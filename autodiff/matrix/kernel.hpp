#pragma once
/// \file
/// The loops over the elements of matrices. A rule is applied to runs of elements that lie at equal distances
/// (strides). A rule that is InPacks is applied by the kernels of simd/rule_kernels.hpp, which are compiled for every
/// instruction set. Otherwise strides of 1 and 0 are constants to the compiler, which then makes vector instructions.

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include <autodiff/calculus.hpp>
#include <autodiff/matrix/block.hpp>
#include <autodiff/matrix/layout.hpp>
#include <autodiff/ranges/total.hpp>
#include <autodiff/simd/rule_kernels.hpp>
#include <autodiff/threads.hpp>

namespace downhill::matrix_detail {

template <std::size_t i>
using Constant = std::integral_constant<std::size_t, i>;

template <std::size_t N, class Visit>
void for_each_index(Visit&& visit) {
  [&]<std::size_t... i>(std::index_sequence<i...>) { (visit(Constant<i>{}), ...); }(std::make_index_sequence<N>());
}

template <class Rule, class T>
inline constexpr bool in_packs =
    std::floating_point<T> && sizeof(T) <= 8 && simd::HasKernel<Rule> && std::derived_from<Rule, InPacks>;
/// Is this rule left to its kernel whatever the length? Then nothing else is compiled for it.
template <class Rule, class T>
inline constexpr bool always_in_packs = in_packs<Rule, T> && !std::derived_from<Rule, ExactInPacks>;
/// Is a run of so many numbers of a rule in packs left to its kernel? Short ones are not worth the call, where the
/// results are the same.
template <class Rule, class T>
constexpr bool is_worth_a_kernel(std::size_t length) {
  return always_in_packs<Rule, T> || length >= 2 * simd::whole<T>;
}
/// Operands of a kernel, from element k of a run on.
template <class T, std::size_t N>
std::array<simd::Strided<T>, N> operands_from(const std::array<const T*, N>& x,
                                              const std::array<std::size_t, N>& stride, std::size_t k) {
  std::array<simd::Strided<T>, N> operands;
  for (std::size_t i = 0; i < N; ++i) operands[i] = {x[i] + k * stride[i], stride[i]};
  return operands;
}
/// Where the operands of run r begin.
template <class T, std::size_t N>
std::array<const T*, N> run_of(const std::array<Elements<const T>, N>& x, const Runs<N>& runs, std::size_t r) {
  std::array<const T*, N> begin;
  for (std::size_t i = 0; i < N; ++i) begin[i] = x[i].data + r * runs.next[i];
  return begin;
}

/// Calls work(run, begin, end) for all elements of runs, of which one costs about so many additions, several at once
/// where there are threads.
template <std::size_t N, class Work>
void share_runs(const Runs<N>& runs, std::size_t cost, Work&& work) {
  if (runs.count == 1)
    return in_stretches(runs.length, cost, [&](std::size_t from, std::size_t to) { work(0, from, to); });
  in_stretches(runs.count, cost * runs.length, [&](std::size_t from, std::size_t to) {
    for (std::size_t r = from; r < to; ++r) work(r, 0, runs.length);
  });
}
/// What a rule costs by its kernel, in additions.
template <class Rule>
inline constexpr std::size_t cost_in_packs = std::derived_from<Rule, ExactInPacks> ? 1 : 4;

/// Calls work(strides...), where common strides are constants to the compiler.
template <std::size_t N, class Work>
void with_strides(const std::array<std::size_t, N>& stride, Work&& work) {
  const auto are = [&](std::size_t x, std::size_t rest) {
    return stride[0] == x && std::all_of(stride.begin() + 1, stride.end(), [&](std::size_t s) { return s == rest; });
  };
  const auto with = [&](auto x, auto rest) {
    if constexpr (N == 1)
      work(x);
    else if constexpr (N == 2)
      work(x, rest);
    else
      work(x, rest, rest);
  };
  if (are(1, 1)) return with(Constant<1>{}, Constant<1>{});
  if constexpr (N > 1) {
    if (are(1, 0)) return with(Constant<1>{}, Constant<0>{});
    if (are(0, 1)) return with(Constant<0>{}, Constant<1>{});
  }
  std::apply(work, stride);
}

/// The sum of f(k) for k from begin to end. Several partial sums are kept side by side, so that no addition waits for
/// the one before, and long sums are halved again and again, so that small numbers are added to small ones.
template <class T, class F>
Wide<T> wide_sum_of(std::size_t begin, std::size_t end, F&& f) {
  constexpr std::size_t width = std::floating_point<T> ? simd::whole<double> * 2 : 1, stretch = 32 * width;
  const std::size_t n = end - begin;
  if (n > 2 * stretch) {
    const std::size_t middle = begin + n / 2 / width * width;
    const Wide<T> before = wide_sum_of<T>(begin, middle, f);
    return before + wide_sum_of<T>(middle, end, f);
  }
  Wide<T> total(0);
  std::size_t k = begin;
  if constexpr (std::floating_point<T>) {
    if (n >= 2 * width) {
      std::array<Wide<T>, width> lane{};
      for (; k + width <= end; k += width)
        for (std::size_t l = 0; l < width; ++l) lane[l] += static_cast<Wide<T>>(f(k + l));
      for (std::size_t half = width / 2; half > 0; half /= 2)
        for (std::size_t l = 0; l < half; ++l) lane[l] += lane[l + half];
      total = lane[0];
    }
  }
  for (; k < end; ++k) total = total + Wide<T>(f(k));
  return total;
}
/// The sum of n numbers f(k).
template <class T, class F>
T sum_of(std::size_t n, F&& f) {
  return static_cast<T>(wide_sum_of<T>(0, n, f));
}

/// v = f(x...), v dense, by a kernel whose rule costs so many additions.
template <class T, std::size_t N>
[[gnu::noinline]] void evaluate_by_kernel(const simd::RuleKernel<T>& kernel, std::size_t cost,
                                          const std::array<Elements<const T>, N>& x, const Runs<N>& runs, T* v) {
  share_runs(runs, cost, [&](std::size_t r, std::size_t begin, std::size_t end) {
    simd::work_out(kernel, operands_from<T, N>(run_of(x, runs, r), runs.stride, begin).data(), N,
                   v + r * runs.length + begin, end - begin);
  });
}
/// v = f(x...), v dense.
template <class Rule, class T, std::size_t N>
void evaluate(const std::array<Elements<const T>, N>& x, T* v) {
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    const Runs<N> runs({x[i].layout...});
    if constexpr (in_packs<Rule, T>)
      if (is_worth_a_kernel<Rule, T>(runs.length))
        return evaluate_by_kernel<T, N>(simd::kernel_of<Rule, T>(), cost_in_packs<Rule>, x, runs, v);
    if constexpr (!always_in_packs<Rule, T>)
      with_strides<N>(runs.stride, [&](auto... stride) {
        for (std::size_t r = 0; r < runs.count; ++r) {
          const std::array<const T*, N> begin{x[i].data + r * runs.next[i]...};
          T* const __restrict to = v + r * runs.length;
          for (std::size_t k = 0; k < runs.length; ++k) to[k] = value_within<Rule, T>(begin[i][k * stride]...);
        }
      });
  }(std::make_index_sequence<N>());
}

/// to += scale x, as slopes x hand an adjoint on, x dense; rows and columns of `to` may be repeated.
template <class T>
void add_scaled(const T* x, const T& scale, const Elements<T>& to) {
  const Runs<1> runs({to.layout});
  with_strides<1>(runs.stride, [&](auto stride) {
    for (std::size_t r = 0; r < runs.count; ++r) {
      T* const __restrict into = to.data + r * runs.next[0];
      for (std::size_t k = 0; k < runs.length; ++k)
        into[k * stride] = into[k * stride] + handed_on(x[r * runs.length + k], scale);
    }
  });
}

/// to_j += the sum of f(i, j) over `rows` rows i. Sums are kept in registers, for some columns and some rows at a time.
template <std::floating_point T, class Stride, class F>
void add_columns(std::size_t rows, std::size_t columns, F&& f, T* __restrict to, Stride to_stride) {
  constexpr std::size_t stretch = 64;
  std::size_t j = 0;
  const auto add = [&]<std::size_t width>(std::integral_constant<std::size_t, width>) {
    for (; j + width <= columns; j += width) {
      std::array<Wide<T>, width> sums{};
      for (std::size_t i = 0; i < rows;) {
        std::array<Wide<T>, width> few{};
        for (const std::size_t end = std::min(rows, i + stretch); i < end; ++i)
          for (std::size_t l = 0; l < width; ++l) few[l] += static_cast<Wide<T>>(f(i, j + l));
        for (std::size_t l = 0; l < width; ++l) sums[l] += few[l];
      }
      for (std::size_t l = 0; l < width; ++l) to[(j + l) * to_stride] += static_cast<T>(sums[l]);
    }
  };
  add(Constant<4 * simd::whole<double>>());
  add(Constant<2 * simd::whole<double>>());
  add(Constant<simd::whole<double>>());
  for (; j < columns; ++j) to[j * to_stride] += sum_of<T>(rows, [&](std::size_t i) { return f(i, j); });
}
/// to += every row of x, both with their columns side by side.
template <std::floating_point T>
void add_rows_to_row(const Elements<const T>& x, T* to) {
  add_columns<T>(
      x.layout.rows, x.layout.columns,
      [&](std::size_t i, std::size_t j) { return x.data[i * x.layout.row_stride + j]; }, to, Constant<1>());
}

/// Every row of `to` += x, or its one row += every row of x.
template <class T>
void add_rows(const Elements<const T>& x, const Elements<T>& to) {
  if constexpr (std::floating_point<T>) {
    if (to.layout.row_stride == 0 && x.layout.rows > 1) {
      if (to.layout.column_stride == 1 && x.layout.column_stride == 1) return add_rows_to_row<T>(x, to.data);
      return add_columns<T>(
          x.layout.rows, x.layout.columns, [&](std::size_t i, std::size_t j) { return x(i, j); }, to.data,
          to.layout.column_stride);
    }
  }
  const Runs<2> runs({x.layout, to.layout});
  with_strides<2>(runs.stride, [&](auto from_stride, auto into_stride) {
    for (std::size_t r = 0; r < runs.count; ++r) {
      const T* const from = x.data + r * runs.next[0];
      T* const into = to.data + r * runs.next[1];
      for (std::size_t k = 0; k < runs.length; ++k)
        into[k * into_stride] = into[k * into_stride] + from[k * from_stride];
    }
  });
}

/// Are all n elements f(k) neither infinite nor NaN?
template <class F>
bool are_finite(std::size_t n, F&& f) {
  using T = std::remove_cvref_t<decltype(f(std::size_t{}))>;
  constexpr std::size_t width = simd::whole<T>;
  std::array<T, width> lanes{};
  std::size_t k = 0;
  for (; k + width <= n; k += width)
    for (std::size_t l = 0; l < width; ++l) lanes[l] += f(k + l) - f(k + l);  // 0, or NaN
  for (; k < n; ++k) lanes[0] += f(k) - f(k);
  return std::ranges::all_of(lanes, [](T lane) { return lane == 0; });
}

/// The operands of a rule, its values and their adjoints, element by element: what a pull-back works on.
template <class T, std::size_t N>
struct Pulled {
  const std::array<Elements<const T>, N>& x;
  Runs<N> runs;  ///< of the operands; v and g are dense
  const T* v;
  const T* g;
};

/// part = slope_j(x..., v) g: of `count` elements from `begin` on in each of `rows` runs, run after run.
template <class T, std::size_t N>
using PartsOfRuns = void (*)(const Pulled<T, N>& of, std::size_t run, std::size_t rows, std::size_t begin,
                             std::size_t count, T* part);
template <class Rule, std::size_t j, class T, std::size_t N>
void parts_of_runs(const Pulled<T, N>& of, std::size_t run, std::size_t rows, std::size_t begin, std::size_t count,
                   T* part) {
  for (const std::size_t end = run + rows; run < end; ++run, part += count) {
    const auto x = run_of(of.x, of.runs, run);
    const T *const v = of.v + run * of.runs.length + begin, *const g = of.g + run * of.runs.length + begin;
    if constexpr (in_packs<Rule, T>)
      if (is_worth_a_kernel<Rule, T>(count)) {
        simd::pull_back(simd::kernel_of<Rule, T>(), j, operands_from<T, N>(x, of.runs.stride, begin).data(), N, v, g,
                        part, count, false);
        continue;
      }
    if constexpr (!always_in_packs<Rule, T>)
      [&]<std::size_t... i>(std::index_sequence<i...>) {
        for (std::size_t k = 0; k < count; ++k)
          part[k] = handed_on(slope_within<Rule, j, T>(v[k], x[i][(begin + k) * of.runs.stride[i]]...), g[k]);
      }(std::make_index_sequence<N>());
  }
}

/// adjoint of x_j += the parts of all elements, where x_j is repeated: a sum over rows, columns or both. It is compiled
/// once for all rules, and asks for the parts of several runs at a time, where these are short.
template <std::floating_point T, std::size_t N>
[[gnu::noinline]] void add_repeated(const Pulled<T, N>& of, std::size_t j, PartsOfRuns<T, N> parts, T* adjoint) {
  constexpr std::size_t width = 64, stretch = 64, room = 4 * width;
  const Runs<N>& runs = of.runs;
  std::array<T, room> part;
  const auto rows_at_once = [&](std::size_t count) {
    return std::bit_floor(std::clamp<std::size_t>(room / std::max<std::size_t>(count, 1), 1, stretch));
  };
  if (runs.stride[j] == 0) {
    Total<Wide<T>> total;
    const std::size_t together = runs.length <= width ? rows_at_once(runs.length) : 1;
    for (std::size_t first = 0; first < runs.count; first += together) {
      const std::size_t rows = std::min(together, runs.count - first);
      for (std::size_t k = 0; k < runs.length; k += width) {
        const std::size_t count = std::min(width, runs.length - k);
        parts(of, first, rows, k, count, part.data());
        for (std::size_t r = first; r < first + rows; ++r) {
          const T* const row = part.data() + (r - first) * count;
          total.add(wide_sum_of<T>(0, count, [&](std::size_t l) { return row[l]; }));
          if (k + count < runs.length || (runs.next[j] == 0 && r + 1 < runs.count)) continue;
          adjoint[r * runs.next[j]] += static_cast<T>(total.value());
          total = {};
        }
      }
    }
    return;
  }
  for (std::size_t k = 0; k < runs.length; k += width) {
    const std::size_t count = std::min(width, runs.length - k), together = rows_at_once(count);
    std::array<Wide<T>, width> sums{};
    for (std::size_t r = 0; r < runs.count;) {
      std::array<Wide<T>, width> few{};
      for (const std::size_t end = std::min(runs.count, r + stretch); r < end;) {
        const std::size_t rows = std::min(together, end - r);
        parts(of, r, rows, k, count, part.data());
        r += rows;
        for (std::size_t row = 0; row < rows; ++row)
          for (std::size_t l = 0; l < count; ++l) few[l] += static_cast<Wide<T>>(part[row * count + l]);
      }
      for (std::size_t l = 0; l < count; ++l) sums[l] += few[l];
    }
    for (std::size_t l = 0; l < count; ++l) adjoint[(k + l) * runs.stride[j]] += static_cast<T>(sums[l]);
  }
}

/// adjoint of x_j += slope_j(x..., v) g by the kernel of a rule that costs so many additions.
template <class T, std::size_t N>
[[gnu::noinline]] void pull_back_by_kernel(const simd::RuleKernel<T>& kernel, std::size_t j, std::size_t cost,
                                           const Pulled<T, N>& pulled, T* adjoint) {
  constexpr std::size_t width = 256;
  const Runs<N>& runs = pulled.runs;
  share_runs(runs, cost, [&](std::size_t r, std::size_t from, std::size_t end) {
    const auto begin = run_of(pulled.x, runs, r);
    const T *const of = pulled.v + r * runs.length, *const handed = pulled.g + r * runs.length;
    T* const to = adjoint + r * runs.next[j];
    if (runs.stride[j] == 1)
      return simd::pull_back(kernel, j, operands_from<T, N>(begin, runs.stride, from).data(), N, of + from,
                             handed + from, to + from, end - from, true);
    std::array<T, width> part;
    for (std::size_t k = from; k < end; k += width) {
      const std::size_t count = std::min(width, end - k);
      simd::pull_back(kernel, j, operands_from<T, N>(begin, runs.stride, k).data(), N, of + k, handed + k, part.data(),
                      count, false);
      for (std::size_t l = 0; l < count; ++l) to[(k + l) * runs.stride[j]] += part[l];
    }
  });
}

/// adjoint of x_j += slope_j(x..., v) g, v and g dense.
template <class Rule, std::size_t j, class T, std::size_t N>
void pull_back_along(const std::array<Elements<const T>, N>& x, const T* v, const T* g, T* adjoint) {
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    const Pulled<T, N> pulled{x, Runs<N>({x[i].layout...}), v, g};
    const Runs<N>& runs = pulled.runs;
    if constexpr (std::floating_point<T> && N > 1) {
      const Layout& to = x[j].layout;
      if ((to.row_stride == 0 && to.rows > 1) || (to.column_stride == 0 && to.columns > 1))
        return add_repeated<T, N>(pulled, j, &parts_of_runs<Rule, j, T, N>, adjoint);
    }
    if constexpr (in_packs<Rule, T>)
      if (is_worth_a_kernel<Rule, T>(runs.length))
        return pull_back_by_kernel<T, N>(simd::kernel_of<Rule, T>(), j, cost_in_packs<Rule>, pulled, adjoint);
    if constexpr (!always_in_packs<Rule, T>)
      with_strides<N>(runs.stride, [&](auto... stride) {
        const auto to_stride = std::get<j>(std::tuple(stride...));
        for (std::size_t r = 0; r < runs.count; ++r) {
          const std::array<const T*, N> begin{x[i].data + r * runs.next[i]...};
          const T* const __restrict of = v + r * runs.length, * const __restrict from = g + r * runs.length;
          T* const __restrict to = adjoint + r * runs.next[j];
          const auto part = [&](std::size_t k) {
            return handed_on(slope_within<Rule, j, T>(of[k], begin[i][k * stride]...), from[k]);
          };
          for (std::size_t k = 0; k < runs.length; ++k) to[k * to_stride] = to[k * to_stride] + part(k);
        }
      });
  }(std::make_index_sequence<N>());
}

}  // namespace downhill::matrix_detail
