#pragma once
// The 35 problems of J. J. More, B. S. Garbow, K. E. Hillstrom, "Testing Unconstrained Optimization Software", ACM
// Transactions on Mathematical Software 7 (1981), 17-41.
//
// Each is a vector of residuals f1, ..., fm of x1, ..., xn; the objective is the sum of their squares. start() is the
// paper's standard start. minima() are values of that sum: the global minimum first, then other local minima and
// infima at infinity, those of the paper and those that a search from random starts found; there may be more. They
// come from a closed form, or were computed with 113 bits at a stationary point. With an n that is not the default,
// local minima may be missing; where not even the global one is tabulated, minima() is empty.

#include <cstddef>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include <support/mgh_residuals.hpp>

namespace downhill::mgh {

template <class X>
using ResidualsOver = std::vector<X> (*)(std::span<const X>);

/// One of them. They are of one type, so that what is called with a problem is compiled once; the residuals of each are
/// compiled in mgh_problems.cpp.
struct Problem {
  std::string_view name;
  std::vector<double> (*start)();
  std::vector<double> (*minima)();
  std::tuple<ResidualsOver<double>, ResidualsOver<Dual<double, 8>>, ResidualsOver<Var<double>>> over;

  template <class V>
  Residuals<V> operator()(const V& x) const {
    using X = NumberOf<V>;
    return std::get<ResidualsOver<X>>(over)({x.data(), static_cast<std::size_t>(x.size())});
  }
};

/// All of them, in the paper's order.
std::span<const Problem> problems();

}  // namespace downhill::mgh
