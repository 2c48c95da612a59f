#pragma once
/// \file
/// Every rule over numbers in memory, in packs, compiled for each instruction set: `value` and, for each operand, the
/// pull-back of a reverse sweep.
///
///     kernel_of<Tanh, double>().value(rows, v, n)                            v = tanh x
///     kernel_of<Tanh, double>().pull_back[0](rows, v, g, adjoint, n, true)   adjoint += slope(x, v) g
///
/// Rules that are not InPacks (calculus/special.hpp) are worked out lane by lane.

#include <array>
#include <concepts>
#include <cstddef>

#include <autodiff/calculus/activations.hpp>
#include <autodiff/calculus/rules.hpp>
#include <autodiff/calculus/type_list.hpp>
#include <autodiff/simd/instruction_set.hpp>

namespace downhill::simd {

/// So many numbers fill the widest register: kernels take multiples of them.
template <class T>
inline constexpr std::size_t whole = 64 / sizeof(T);

/// The numbers of an operand: data[k * step], where step is 1, or 0 for one number that is repeated; then it stands
/// `whole` times.
template <class T>
struct Row {
  const T* data;
  std::size_t step;
};

/// For n numbers, a multiple of `whole`. Where an adjoint or a slope is 0, nothing is handed on (chain_rule.hpp). What
/// is written may be the memory of an operand, or of v or g.
template <class T>
struct RuleKernel {
  void (*value)(const Row<T>* x, T* v, std::size_t n) = nullptr;
  /// adjoint += slope g along operand i, or adjoint = slope g unless it adds.
  void (*pull_back[3])(const Row<T>* x, const T* v, const T* g, T* adjoint, std::size_t n, bool adds) = {};
};

/// Those that have kernels.
using KernelRules = decltype(RulesOfArity<1>{} + RulesOfArity<2>{} + RulesOfArity<3>{} +
                             TypeList<special::LogisticLoss, special::LogisticSlope>{});
template <class Rule>
concept HasKernel = KernelRules::contains<Rule>;

/// The kernels for one instruction set.
template <class T, class Isa>
struct RuleKernels {
  static const std::array<RuleKernel<T>, KernelRules::size> rules;
};

extern template struct RuleKernels<float, Portable>;
extern template struct RuleKernels<double, Portable>;
#ifdef __x86_64__
extern template struct RuleKernels<float, Avx2>;
extern template struct RuleKernels<double, Avx2>;
extern template struct RuleKernels<float, Avx512>;
extern template struct RuleKernels<double, Avx512>;
#endif

/// The kernel of a rule for the chosen instruction set; T is float or double.
template <class Rule, class T>
  requires HasKernel<Rule>
const RuleKernel<T>& kernel_of(InstructionSet set = chosen_set()) {
  return with_set(
      set, [](auto isa) -> const auto& { return RuleKernels<T, decltype(isa)>::rules; })[KernelRules::index_of<Rule>()];
}

/// The numbers of an operand anywhere: data[k * step] for any step.
template <class T>
struct Strided {
  const T* data;
  std::size_t stride;
};
/// The same for any n and any strides, of a rule with so many operands. What is written is side by side.
template <class T>
void work_out(const RuleKernel<T>& kernel, const Strided<T>* x, std::size_t operands, T* v, std::size_t n);
template <class T>
void pull_back(const RuleKernel<T>& kernel, std::size_t i, const Strided<T>* x, std::size_t operands, const T* v,
               const T* g, T* adjoint, std::size_t n, bool adds);

}  // namespace downhill::simd
