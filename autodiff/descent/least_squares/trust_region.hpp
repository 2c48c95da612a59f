#pragma once
/// \file
/// Steps that minimise a quadratic model of the sum of squares within |D p| <= radius.

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <autodiff/descent/least_squares/linearisation.hpp>

namespace downhill {

/// The model |r + J p|², of a linearisation. One QR factorisation, of J with its columns at the same length, serves
/// every radius, and tells which columns depend on others, to rounding, in whatever units the parameters are. Moré,
/// "The Levenberg-Marquardt algorithm: implementation and theory", in Numerical Analysis, Lecture Notes in Mathematics
/// 630 (1978).
class LinearModel {
 public:
  /// Parameters with free[j] = 0 do not move. `scale` is D.
  LinearModel(const ResidualEvaluator::Matrix& jacobian, const Eigen::VectorXd& residuals, const Eigen::VectorXd& free,
              const Eigen::VectorXd& scale);
  /// The step p to the bottom of the model. Where columns depend on others, to rounding, their parameters do not move.
  const Eigen::VectorXd& undamped() const { return undamped_; }
  /// |D p| of that.
  double length() const { return length_; }
  /// |r|² - |r + J p|² of that.
  double promised() const { return promised_; }
  /// The number of parameters that the bottom moves, and the same model with one less: without the column that depends
  /// most on the others.
  Eigen::Index rank() const { return rank_; }
  void reduce_rank();
  /// The step p whose |D p| is the radius, to a tenth of it: it minimises |r + J p|² + lambda |D p|² for some lambda.
  Eigen::VectorXd step(double radius);

 private:
  void find_bottom();
  Eigen::VectorXd back(const Eigen::VectorXd& z) const;

  Eigen::VectorXd inverse_norms_, weights_;  // weights: D beside the norms, in the order of the pivots
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr_;
  Eigen::Index rank_;
  Eigen::VectorXd right_, bottom_, undamped_;
  double length_, promised_, lambda_ = 0;
};

/// The model with the curvature of the residuals themselves: |r + J p|² + p'S p, where S stands for the sum of r_i
/// times the Hessian of r_i. Steps come from the eigenvectors of (J'J + S) / D². Moré and Sorensen, "Computing a trust
/// region step", SIAM J. Sci. Stat. Comput. 4 (1983).
class CurvedModel {
 public:
  CurvedModel(const ResidualEvaluator::Matrix& jacobian, const Eigen::VectorXd& slope, const Eigen::MatrixXd& curvature,
              const Eigen::VectorXd& inverse_scale);
  Eigen::VectorXd step(double radius) const;
  /// The length of the whole step, and what it promises; both are infinite where the model has no bottom.
  double length() const { return length_; }
  double promised() const { return promised_; }

 private:
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen_;
  Eigen::VectorXd along_;  // the slope, along the eigenvectors
  double length_, promised_;
};

/// S, learned from the steps. After each step S is first scaled to the curvature that the step found, and then changed
/// by as little as explains how the slope changed beyond J'J, in the norm of the curvature along the step. Dennis, Gay
/// and Welsch, "An adaptive nonlinear least-squares algorithm", ACM Trans. Math. Softw. 7 (1981), section 3.
class ResidualCurvature {
 public:
  bool is_empty() const { return matrix_.size() == 0; }
  const Eigen::MatrixXd& matrix() const { return matrix_; }
  /// Learns from a step s, over which the slope changed by y; J's is known at the new place.
  void learn(const Eigen::VectorXd& s, const Eigen::VectorXd& y, const Eigen::VectorXd& of_linear);

 private:
  Eigen::MatrixXd matrix_;
};

}  // namespace downhill
