#pragma once
/// \file
/// How certain fitted parameters are: their covariance and standard errors.

#include <Eigen/Core>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <autodiff/descent/least_squares/sum_of_squares.hpp>

namespace downhill {

/// The standard errors of a fit, and what they are computed from.
struct ParameterErrors {
  std::size_t degrees_of_freedom = 0;      ///< the number of residuals less that of the parameters which they determine
  double residual_standard_deviation = 0;  ///< s = sqrt(sum of squares / degrees of freedom); NaN if there are none
  Eigen::MatrixXd covariance;              ///< s² (J'J)^-1
  std::vector<double> standard_errors;     ///< the roots of its diagonal
};

namespace least_squares_detail {
// All but the covariance, which is written into n x n numbers.
ParameterErrors errors_at(std::span<const double> point, std::span<const std::size_t> fixed,
                          ResidualEvaluator& evaluate, std::span<double> covariance);
}  // namespace least_squares_detail

/// The covariance and the standard errors of the parameters at `point`, the bottom of an objective: as far as it is
/// linear over that distance and the residuals are independent, with one variance beside their weights. Parameters in
/// `fixed` have the error 0; where the residuals do not determine a parameter, to rounding, it is infinite, and so is
/// its covariance with itself; with others it is NaN. With a robust loss, residuals count with its weights. From a QR
/// factorisation of J, not from J'J, which would lose half of the digits. Björck, "Numerical Methods for Least Squares
/// Problems" (1996), section 2.8.3. Throws OptionError for a fixed parameter that does not exist.
template <class R>
ParameterErrors parameter_errors(SumOfSquares<R> objective, std::span<const double> point,
                                 std::span<const std::size_t> fixed = {}) {
  ResidualEvaluatorOf<R> evaluate(objective);
  const auto n = static_cast<Eigen::Index>(point.size());
  Eigen::MatrixXd covariance(n, n);
  ParameterErrors errors = least_squares_detail::errors_at(
      point, fixed, evaluate, {covariance.data(), static_cast<std::size_t>(covariance.size())});
  errors.covariance = std::move(covariance);
  return errors;
}

}  // namespace downhill
