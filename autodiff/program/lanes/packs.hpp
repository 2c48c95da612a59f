#pragma once
/// \file
/// Walking through lanes in packs, for the sources of this folder. All of it is inlined, or has the instruction set in
/// its name.

#include <cstddef>
#include <type_traits>

#include <autodiff/program/lanes.hpp>
#include <autodiff/simd/functions.hpp>
#include <autodiff/simd/rule_kernels.hpp>

namespace downhill::program_detail {

using simd::any;
using simd::choose;
using simd::handed_on;
using simd::multiply_add;

template <class T>
using LanePack = simd::Pack<T, simd::Native>;
/// Packs side by side: enough of them that none waits for the one before, and few enough for the registers.
template <class Isa>
inline constexpr std::size_t packs_side_by_side = Isa::bytes == 64 ? 4 : 2;

template <class T>
[[gnu::always_inline]] inline LanePack<T> load(const T* from) {
  return LanePack<T>::load(from);
}
template <class T>
[[gnu::always_inline]] inline LanePack<T> spread(T number) {
  return LanePack<T>(number);
}
template <std::size_t n>
using Count = std::integral_constant<std::size_t, n>;

/// Calls body(how many packs, the first lane) for packs side by side.
template <class T, class Body>
[[gnu::always_inline]] inline void for_packs(std::size_t lanes, Body&& body) {
  constexpr std::size_t unrolled = packs_side_by_side<simd::Native>, width = LanePack<T>::size;
  std::size_t lane = 0;
  for (; lane + unrolled * width <= lanes; lane += unrolled * width) body(Count<unrolled>{}, lane);
  for (; lane < lanes; lane += width) body(Count<1>{}, lane);
}

/// The sum over all lanes of what `add(sum, lane)` adds to it, in four chains.
template <class T, class Add>
[[gnu::always_inline]] inline LanePack<T> sum_over_packs(std::size_t lanes, Add&& add) {
  using P = LanePack<T>;
  P a(0), b(0), c(0), d(0);
  std::size_t lane = 0;
  for (; lane + 4 * P::size <= lanes; lane += 4 * P::size) {
    a = add(a, lane), b = add(b, lane + P::size);
    c = add(c, lane + 2 * P::size), d = add(d, lane + 3 * P::size);
  }
  for (; lane < lanes; lane += P::size) a = add(a, lane);
  return (a + b) + (c + d);
}
template <class T>
[[gnu::always_inline]] inline double total(LanePack<T> sums) {
  double sum = 0;
  for (std::size_t i = 0; i < LanePack<T>::size; ++i) sum += static_cast<double>(sums[i]);
  return sum;
}

/// slope * moves, with or without care (lanes.hpp).
template <bool careful, class P>
[[gnu::always_inline]] inline P product(P slope, P moves) {
  if constexpr (careful)
    return handed_on(slope, moves);
  else
    return slope * moves;
}
/// sum + slope * moves.
template <bool careful, class P>
[[gnu::always_inline]] inline P sum_and(P sum, P slope, P moves) {
  if constexpr (careful)
    return sum + handed_on(slope, moves);
  else
    return multiply_add(slope, moves, sum);
}
/// adjoint (+)= slope(lane) * g(lane).
template <bool careful, class T, class Slope>
[[gnu::always_inline]] inline void along(const Frame<T>& frame, const Operand& operand, const T* g, Slope&& slope) {
  constexpr std::size_t width = LanePack<T>::size;
  T* const to = frame.adjoint(operand.adjoint);
  if (operand.is_first)
    for (std::size_t lane = 0; lane < frame.lanes; lane += width)
      product<careful>(slope(lane), load(g + lane)).store(to + lane);
  else
    for (std::size_t lane = 0; lane < frame.lanes; lane += width)
      sum_and<careful>(load(to + lane), slope(lane), load(g + lane)).store(to + lane);
}

/// The same, a pack at a time, where one pass reaches several operands.
template <bool careful, class T>
class Along {
 public:
  [[gnu::always_inline]] Along(const Frame<T>& frame, const Operand& operand)
      : to_(operand.is_wanted() ? frame.adjoint(operand.adjoint) : nullptr), is_first_(operand.is_first) {}
  [[gnu::always_inline]] explicit operator bool() const { return to_ != nullptr; }
  [[gnu::always_inline]] void operator()(std::size_t lane, LanePack<T> slope, LanePack<T> moves) const {
    T* const to = to_ + lane;
    (is_first_ ? product<careful>(slope, moves) : sum_and<careful>(load<T>(to), slope, moves)).store(to);
  }

 private:
  T* to_;
  bool is_first_;
};

// ---- what reaches uniform values
template <class T>
[[gnu::always_inline]] inline void add_to(T* sums, Uniform uniform, LanePack<T> part) {
  T* const to = sums + uniform * simd::whole<T>;
  (load(to) + part).store(to);
}
template <class T>
[[gnu::always_inline]] inline bool any_moves(const LaneRun<T>& run, const Uniform* uniforms, std::size_t count) {
  for (std::size_t k = 0; k < count; ++k)
    if (run.plan->moves[uniforms[k]]) return true;
  return false;
}
template <class T>
[[gnu::always_inline]] inline void add_to_biases(const LaneRun<T>& run, const Uniform* biases, std::size_t count,
                                                 LanePack<T> sum) {
  for (std::size_t k = 0; k < count; ++k)
    if (run.plan->moves[biases[k]]) add_to(run.sums, biases[k], sum);
}
template <class T>
[[gnu::always_inline]] inline void add_bias_sums(const LaneRun<T>& run, const T* g, const Uniform* biases,
                                                 std::size_t count) {
  if (!any_moves(run, biases, count)) return;
  add_to_biases(run, biases, count, sum_over_packs<T>(run.frame.lanes, [g](LanePack<T> s, std::size_t lane) {
                  return s + load(g + lane);
                }));
}
/// The sum of the uniform values that a sum of products begins with.
template <class T>
[[gnu::always_inline]] inline T bias_of(const LaneRun<T>& run, const LaneStep& step) {
  T bias = 0;
  for (std::uint32_t k = 0; k < step.biases; ++k) bias += run.uniforms[run.plan->biases[step.first_bias + k]];
  return bias;
}

}  // namespace downhill::program_detail
