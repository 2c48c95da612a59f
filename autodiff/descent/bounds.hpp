#pragma once
/// \file
/// Bounds, lower <= x <= upper, as all methods have them that keep parameters within bounds.

#include <Eigen/Core>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <autodiff/descent/vectors.hpp>

namespace downhill {

/// Made from what options give: no bound, one for all parameters, or one for each. Bounds may be infinite.
class Bounds {
 public:
  /// Throws ShapeError unless there are none, one, or as many as parameters, and OptionError unless each
  /// lower one is at most the upper one. Errors begin with the name of the method, a literal.
  Bounds(std::string_view method, std::span<const double> lower, std::span<const double> upper, std::size_t parameters);
  /// Throws OptionError for a start outside of them.
  void admit(std::span<const double> start) const;
  /// The point between them that is nearest to x.
  Eigen::VectorXd clamp(const Eigen::VectorXd& x) const { return x.cwiseMax(lower()).cwiseMin(upper()); }
  Eigen::Map<const Eigen::VectorXd> lower() const { return as_vector(lower_); }
  Eigen::Map<const Eigen::VectorXd> upper() const { return as_vector(upper_); }

 private:
  std::string_view method_;
  std::vector<double> lower_, upper_;
};

}  // namespace downhill
