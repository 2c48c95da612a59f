#pragma once
// Helpers with which the problems of mgh_problems.hpp are written.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/autodiff.hpp>

namespace downhill::mgh {

/// The number type of a vector of variables.
template <class V>
using NumberOf = std::remove_cvref_t<decltype(std::declval<const V&>()[0])>;
/// f1, ..., fm.
template <class V>
using Residuals = std::vector<NumberOf<V>>;

/// No residuals yet, with room for m.
template <class V>
Residuals<V> room_for(std::size_t m) {
  Residuals<V> f;
  f.reserve(m);
  return f;
}

template <class X>
X square_of(const X& x) {
  return x * x;
}
template <class X>
X cube_of(const X& x) {
  return x * x * x;
}

/// The first n numbers of the form at(j), j = 1, 2, ...
template <class At>
std::vector<double> sequence(std::size_t n, const At& at) {
  std::vector<double> x(n);
  for (std::size_t j = 1; j <= n; ++j) x[j - 1] = at(double(j));
  return x;
}

}  // namespace downhill::mgh
