#include <autodiff/simd/rule_kernels.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <autodiff/simd/functions.hpp>

// Compiled for each instruction set.

namespace downhill::simd {

namespace {

template <class Rule>
constexpr std::size_t operands_of() {
  if constexpr (requires(double x) { Rule::template value<double>(x, x, x); })
    return 3;
  else if constexpr (requires(double x) { Rule::template value<double>(x, x); })
    return 2;
  else
    return 1;
}

template <class Rule, class P, class Index = std::make_index_sequence<operands_of<Rule>()>>
struct Loop;
template <class Rule, class P, std::size_t... i>
struct Loop<Rule, P, std::index_sequence<i...>> {
  using T = typename P::Number;

  [[gnu::flatten]] static void value(const Row<T>* x, T* v, std::size_t n) {
    const T* const data[] = {x[i].data...};
    const std::size_t step[] = {x[i].step...};
    if constexpr (!WorksInPacks<Rule>) return one_by_one<T>(AllRules::index_of<Rule>()).value(data, step, v, n);
    for (std::size_t k = 0; k < n; k += P::size) value_in_packs<Rule>(P::load(data[i] + k * step[i])...).store(v + k);
  }
  template <std::size_t j>
  [[gnu::flatten]] static void pull_back(const Row<T>* x, const T* v, const T* g, T* adjoint, std::size_t n,
                                         bool adds) {
    const T* const data[] = {x[i].data...};
    const std::size_t step[] = {x[i].step...};
    const auto hand_on = [&](std::size_t k, P slope) {
      P part = handed_on(slope, P::load(g + k));
      if (adds) part += P::load(adjoint + k);
      part.store(adjoint + k);
    };
    if constexpr (WorksInPacks<Rule>) {
      for (std::size_t k = 0; k < n; k += P::size)
        hand_on(k, slope_in_packs<Rule, j>(P::load(v + k), P::load(data[i] + k * step[i])...));
    } else {
      constexpr std::size_t stretch = 16 * whole<T>;
      alignas(64) T slopes[stretch];
      for (std::size_t k = 0; k < n; k += stretch) {
        const std::size_t count = std::min(stretch, n - k);
        const T* const at[] = {data[i] + k * step[i]...};
        one_by_one<T>(AllRules::index_of<Rule>()).slopes[j](at, step, v + k, slopes, count);
        for (std::size_t l = 0; l < count; l += P::size) hand_on(k + l, P::load(slopes + l));
      }
    }
  }
  static constexpr RuleKernel<T> kernel() {
    RuleKernel<T> made{value, {}};
    if constexpr (AllRules::contains<Rule>) ((made.pull_back[i] = pull_back<i>), ...);
    return made;
  }
};

template <class T, class Isa, class... Rule>
constexpr std::array<RuleKernel<T>, sizeof...(Rule)> kernels(TypeList<Rule...>) {
  return {Loop<Rule, Pack<T, Isa>>::kernel()...};
}

}  // namespace

template <class T, class Isa>
const std::array<RuleKernel<T>, KernelRules::size> RuleKernels<T, Isa>::rules = kernels<T, Isa>(KernelRules{});

template struct RuleKernels<float, Native>;
template struct RuleKernels<double, Native>;

}  // namespace downhill::simd
