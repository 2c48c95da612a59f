#pragma once
// Random functions of parameters and a sample, for programs: the same seed gives the same function over every number
// type. They branch on their numbers, loop as long as these say, choose, and return early. Values stay moderate.

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace random_program {

/// Compiled in random_program.cpp, once for each number type.
template <class V>
V of(std::span<const V> w, std::span<const V> s, unsigned seed, std::size_t steps);

template <class W, class S>
auto make(const W& w, const S& s, unsigned seed, std::size_t steps) {
  using V = std::remove_cvref_t<decltype(w[0] * s[0])>;
  std::vector<V> of_w, of_s;
  for (std::size_t i = 0; i < w.size(); ++i) of_w.push_back(w[i]);
  for (std::size_t i = 0; i < s.size(); ++i) of_s.push_back(s[i]);
  return of<V>(of_w, of_s, seed, steps);
}

}  // namespace random_program
