#pragma once
/// \file
/// What has no form in packs, one lane after the other: rules of plain numbers, compiled for any processor. Code for a
/// wide one calls them through a table, and so never compiles a function of plain numbers that the linker could take
/// for everyone's.

#include <cstddef>

#include <autodiff/calculus/rules.hpp>
#include <autodiff/simd/machine.hpp>

namespace downhill::simd {

/// A rule of plain numbers: its value for n lanes, where operand i has the numbers x[i][k * step[i]], and its slopes,
/// which take v as well.
template <class T>
struct OneByOne {
  void (*value)(const T* const* x, const std::size_t* step, T* v, std::size_t n) = nullptr;
  void (*slopes[3])(const T* const* x, const std::size_t* step, const T* v, T* slope, std::size_t n) = {};
};
/// Of the rule at that place of AllRules; float and double.
template <class T>
const OneByOne<T>& one_by_one(std::size_t rule);

namespace one_by_one_detail {

inline constexpr std::size_t steps[] = {1, 1, 1};

// f(pointers to the operands, v, result) in the lanes that ask for it. Out of line: it is rare.
template <class F, class T, class Isa, std::size_t lanes, class... X>
[[gnu::noinline]] Pack<T, Isa, lanes> where(const F& f, Mask<T, Isa, lanes> asks, Pack<T, Isa, lanes> otherwise,
                                            const Pack<T, Isa, lanes>& v, const X&... x) {
  alignas(64) T operand[sizeof...(X)][lanes], of[lanes], result[lanes];
  std::size_t k = 0;
  (x.store(operand[k++]), ...);
  v.store(of);
  otherwise.store(result);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    if (!asks[lane]) continue;
    const T* at[sizeof...(X)];
    for (std::size_t i = 0; i < sizeof...(X); ++i) at[i] = operand[i] + lane;
    f(at, of + lane, result + lane);
  }
  return Pack<T, Isa, lanes>::load(result);
}

}  // namespace one_by_one_detail

/// `otherwise`, and where a lane asks for it the value of the rule, or its i-th slope given the value v.
template <class Rule, class T, class Isa, std::size_t lanes, class... X>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> value_where(Mask<T, Isa, lanes> asks, Pack<T, Isa, lanes> otherwise,
                                                              X... x) {
  if (!any(asks)) [[likely]]
    return otherwise;
  using one_by_one_detail::steps;
  const auto f = [](const T* const* at, const T*, T* result) {
    one_by_one<T>(AllRules::index_of<Rule>()).value(at, steps, result, 1);
  };
  return one_by_one_detail::where(f, asks, otherwise, otherwise, x...);
}
/// The value of the rule in all lanes.
template <class Rule, class T, class Isa, std::size_t lanes, class... X>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> value_everywhere(Pack<T, Isa, lanes> x, X... rest) {
  alignas(64) T operand[1 + sizeof...(X)][lanes], result[lanes];
  std::size_t k = 0;
  x.store(operand[k++]);
  (rest.store(operand[k++]), ...);
  const T* at[3] = {operand[0], operand[sizeof...(X) > 0 ? 1 : 0], operand[sizeof...(X)]};
  one_by_one<T>(AllRules::index_of<Rule>()).value(at, one_by_one_detail::steps, result, lanes);
  return Pack<T, Isa, lanes>::load(result);
}
template <class Rule, std::size_t i, class T, class Isa, std::size_t lanes, class... X>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> slope_where(Mask<T, Isa, lanes> asks, Pack<T, Isa, lanes> otherwise,
                                                              Pack<T, Isa, lanes> v, X... x) {
  if (!any(asks)) [[likely]]
    return otherwise;
  using one_by_one_detail::steps;
  const auto f = [](const T* const* at, const T* of, T* result) {
    one_by_one<T>(AllRules::index_of<Rule>()).slopes[i](at, steps, of, result, 1);
  };
  return one_by_one_detail::where(f, asks, otherwise, v, x...);
}

}  // namespace downhill::simd
