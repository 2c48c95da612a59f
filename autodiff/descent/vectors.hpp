#pragma once
/// \file
/// The points and gradients of a walk, which are std::vectors, as Eigen looks at them, and the other way.

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace downhill {

inline Eigen::Map<const Eigen::VectorXd> as_vector(std::span<const double> x) {
  return {x.data(), static_cast<Eigen::Index>(x.size())};
}
/// To write to: `as_vector(x) = ...` keeps the size of x.
inline Eigen::Map<Eigen::VectorXd> as_vector(std::vector<double>& x) {
  return {x.data(), static_cast<Eigen::Index>(x.size())};
}
inline Eigen::Map<const Eigen::VectorXd> as_vector(const std::vector<double>& x) {
  return as_vector(std::span<const double>(x));
}
inline std::span<const double> as_span(const Eigen::VectorXd& x) {
  return {x.data(), static_cast<std::size_t>(x.size())};
}

/// |x|. Without overflow and underflow where the plain sum of squares would have them.
template <class X>
double norm_of(const X& x) {
  const double norm = x.norm();
  return norm > 1e-140 && norm < 1e140 ? norm : x.stableNorm();
}
/// The power of two that brings the largest of x to between 1 and 2: multiplying by it is exact. 1 if that is 0.
template <class X>
double unit_of(const X& x) {
  const double largest = x.template lpNorm<Eigen::Infinity>();
  return largest > 0 && std::isfinite(largest) ? std::ldexp(1.0, std::min(-std::ilogb(largest), 1023)) : 1.0;
}

}  // namespace downhill
