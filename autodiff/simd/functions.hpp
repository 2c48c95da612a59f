#pragma once
/// \file
/// Elementary functions over packs, within 4 ulp over their whole domain. For sources that are compiled for each
/// instruction set (instruction_set.hpp): there rules that are InPacks work out packs as they do plain numbers, as in
/// `Tanh::value<Pack<double>>(x)`, and value_in_packs and slope_in_packs those of every rule, lane by lane where it
/// must be.

#include <concepts>
#include <cstddef>

#include <autodiff/calculus/rules.hpp>
#include <autodiff/simd/circular.hpp>
#include <autodiff/simd/error_function.hpp>
#include <autodiff/simd/exponential.hpp>
#include <autodiff/simd/inverse_circular.hpp>
#include <autodiff/simd/lane_by_lane.hpp>
#include <autodiff/simd/logarithm.hpp>
#include <autodiff/simd/power.hpp>

namespace downhill::simd {

/// Is a rule worked out in packs? Otherwise one lane after the other, at the price of so many scalar calls.
template <class Rule>
concept WorksInPacks = std::derived_from<Rule, InPacks>;

/// The value of a rule over packs.
template <class Rule, class T, class Isa, std::size_t lanes, class... X>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> value_in_packs(Pack<T, Isa, lanes> x, X... rest) {
  if constexpr (WorksInPacks<Rule>)
    return Rule::template value<Pack<T, Isa, lanes>>(x, rest...);
  else
    return value_everywhere<Rule>(x, rest...);
}
/// Its i-th slope, given the value v.
template <class Rule, std::size_t i, class T, class Isa, std::size_t lanes, class... X>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> slope_in_packs(Pack<T, Isa, lanes> v, X... x) {
  using P = Pack<T, Isa, lanes>;
  if constexpr (WorksInPacks<Rule>)
    return slope_of<Rule, i, P>(v, x...);
  else
    return slope_where<Rule, i>(P(0) == P(0), v, v, x...);
}

// The edges of slopes, lane by lane.
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> pow_slope_x_edge(const Pack<T, Isa, lanes>& x,
                                                                   const Pack<T, Isa, lanes>& y,
                                                                   const Pack<T, Isa, lanes>& v) {
  return slope_where<Pow, 0>(v == v || v != v, v, v, x, y);
}
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> pow_slope_y_edge(const Pack<T, Isa, lanes>& x,
                                                                   const Pack<T, Isa, lanes>& y) {
  const auto v = pow(x, y);
  return slope_where<Pow, 1>(v == v || v != v, v, v, x, y);
}

template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> hypot_slope_edge(const Pack<T, Isa, lanes>& v,
                                                                   const Pack<T, Isa, lanes>& x,
                                                                   const Pack<T, Isa, lanes>& y,
                                                                   const Pack<T, Isa, lanes>& z) {
  return slope_where<Hypot3, 0>(v == v || v != v, v, v, x, y, z);
}

// What is worked out in double for float.
template <class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<float, Isa, lanes> gelu(const Pack<float, Isa, lanes>& x) {
  return in_doubles([](auto y) { return special::gelu(y); }, x);
}
template <class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<float, Isa, lanes> gelu_slope(const Pack<float, Isa, lanes>& x) {
  return in_doubles([](auto y) { return special::gelu_slope(y); }, x);
}

/// The slope of y = tanh x. Without a choice: in few packs are all lanes where 1 - y² keeps its digits, and to ask
/// costs as much as to work it out.
template <class T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> tanh_slope(const Pack<T, Isa, lanes>& x, const Pack<T, Isa, lanes>&) {
  using P = Pack<T, Isa, lanes>;
  return P(4) * special::bell(exp(P(-2) * abs(x)));
}

}  // namespace downhill::simd
