#pragma once
/// \file
/// All that programs take of packs of lanes (simd/pack.hpp), in one place.

#include <cstddef>
#include <type_traits>

#include <autodiff/calculus/rules.hpp>
#include <autodiff/simd/pack.hpp>

namespace downhill::program_detail {

template <class T>
using Lanes = Pack<T>;
template <class T>
inline constexpr std::size_t lanes_of = Pack<T>::size;

template <class T>
[[gnu::always_inline]] inline Lanes<T> load(const T* from) {
  return Pack<T>::load(from, std::integral_constant<std::size_t, 1>{}, Pack<T>::size);
}
template <class T>
[[gnu::always_inline]] inline void store(T* to, const Lanes<T>& x) {
  x.store(to, Pack<T>::size);
}
/// x y + z.
template <class T>
[[gnu::always_inline]] inline Lanes<T> multiply_add(const Lanes<T>& x, const Lanes<T>& y, const Lanes<T>& z) {
  return x * y + z;
}
/// handed_on of calculus/chain_rule.hpp, in each lane.
template <class T>
[[gnu::always_inline]] inline Lanes<T> handed_on(const Lanes<T>& slope, const Lanes<T>& moves) {
  const Lanes<T> zero(T(0));
  return choose(slope == zero, zero, choose(moves == zero, zero, slope * moves));
}
template <class T>
T total(const Lanes<T>& x) {
  T sum = 0;
  for (std::size_t i = 0; i < lanes_of<T>; ++i) sum += x.lane[i];
  return sum;
}

/// Rules that can be worked out in packs as they are written.
template <class Rule>
inline constexpr bool is_in_packs =
    std::is_base_of_v<InPacks, Rule> ||
    TypeList<Add, Subtract, Multiply, Negate, Reciprocal, Square, Cube>::contains<Rule>;

}  // namespace downhill::program_detail
