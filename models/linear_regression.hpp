#pragma once
/// \file
/// Linear regression with any number of predictors: the coefficients, and how certain they are.

#include <Eigen/Core>

#include <cstddef>
#include <span>
#include <vector>

#include <autodiff/descent/least_squares/parameter_errors.hpp>

namespace downhill {

/// What a regression fits, and how much each row counts.
struct RegressionOptions {
  bool intercept = true;  ///< a constant besides the predictors
  /// The weights w_i >= 0, one for each row; without any, all are 1. Measurements with the standard deviations s_i have
  /// the weights 1 / s_i². A row of weight 0 is left out and does not count as an observation.
  std::vector<double> weights = {};
};

/// What was fitted, and ParameterErrors of its coefficients: their standard errors, covariance, and the standard
/// deviation of the residuals.
struct LinearFit : ParameterErrors {
  bool has_intercept = true;
  std::vector<double> coefficients;  ///< the intercept, if there is one, and one for each predictor
  /// 1 - sum of w_i residual_i² / sum of w_i (y_i - ȳ)², where ȳ is the weighted mean, or 0 without an intercept; 1
  /// where all y are that already.
  double r_squared = 0;

  /// The prediction for one row of predictors. Throws ShapeError unless there is a number for each.
  double operator()(std::span<const double> predictors) const;
};

namespace linear_regression_detail {
// All but the covariance, which is written into parameters x parameters numbers; Eigen's memory does not cross the
// border of the library. `columns` are the predictors, one after the other.
LinearFit fit_columns(std::span<const double> columns, std::size_t predictors, std::size_t rows,
                      std::span<const double> y, const RegressionOptions& options, std::vector<double>& covariance);
LinearFit fit_powers(std::span<const double> x, std::span<const double> y, std::size_t degree,
                     const RegressionOptions& options, std::vector<double>& covariance);
inline LinearFit with_covariance(LinearFit fit, const std::vector<double>& covariance) {
  const auto n = static_cast<Eigen::Index>(fit.coefficients.size());
  fit.covariance = Eigen::Map<const Eigen::MatrixXd>(covariance.data(), n, n);
  return fit;
}
}  // namespace linear_regression_detail

/// The coefficients b that minimise the sum of w_i (y_i - b_0 - b_1 X_i1 - ... - b_k X_ik)², X being n x k and y of n
/// elements, with
///
///     s² = sum of w_i residual_i² / (n - parameters)        covariance of b = s² (A'W A)^-1, A = (1, X)
///
/// By Householder reflections in arithmetic of 32 digits, with every column in units of its own: b is that of X and y
/// as they are given to nearly all digits, also where the predictors are nearly dependent. (Where they are powers of
/// one number, their rounding alone costs digits: see polynomial_regression.) The effort is about 200 n parameters²
/// operations. Where a number is not finite, all results are NaN; with as many rows as parameters, s and the errors
/// are.
///
/// Throws ShapeError unless X and y have the same number of rows, which is at least that of parameters, and there are
/// as many weights as rows; OptionError for a weight that is negative or not finite; DataError where a predictor is
/// a combination of those before it, to rounding: it names each that is, since their coefficients are not determined.
///
/// Golub, "Numerical methods for solving linear least squares problems", Numer. Math. 7 (1965); Björck, "Numerical
/// Methods for Least Squares Problems" (1996), section 2.8.3.
inline LinearFit linear_regression(const Eigen::MatrixXd& predictors, const Eigen::VectorXd& y,
                                   const RegressionOptions& options = {}) {
  std::vector<double> covariance;
  const auto size = static_cast<std::size_t>(predictors.size());
  return linear_regression_detail::with_covariance(
      linear_regression_detail::fit_columns({predictors.data(), size}, static_cast<std::size_t>(predictors.cols()),
                                            static_cast<std::size_t>(predictors.rows()),
                                            {y.data(), static_cast<std::size_t>(y.size())}, options, covariance),
      covariance);
}

/// The polynomial b_0 + b_1 x + ... + b_d x^d that is nearest to the points, without b_0 where there is no intercept.
/// The powers have 32 digits too: rounded to doubles they would be other predictors, of which NIST's Filip, a
/// polynomial of degree 10, keeps 7 digits at most. The fit's predictors are x, x², ..., x^d. Throws as
/// linear_regression does, and OptionError for a degree of 0 without an intercept.
inline LinearFit polynomial_regression(std::span<const double> x, std::span<const double> y, std::size_t degree,
                                       const RegressionOptions& options = {}) {
  std::vector<double> covariance;
  return linear_regression_detail::with_covariance(
      linear_regression_detail::fit_powers(x, y, degree, options, covariance), covariance);
}

}  // namespace downhill
