#pragma once
// The points and gradients of a walk, which are std::vectors, as Eigen looks at them, and the other way.

#include <Eigen/Core>

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

}  // namespace downhill
