#pragma once
/// \file
/// The place where a method of least squares stands: the residuals and their Jacobian at a point, and the residuals at
/// another one that is tried.

#include <Eigen/Core>

#include <optional>
#include <vector>

#include <autodiff/descent/bounds.hpp>
#include <autodiff/descent/least_squares/sum_of_squares.hpp>

namespace downhill {

/// A sum that keeps what rounding took from it, so that the difference of two nearly equal sums has its digits.
/// Ogita, Rump and Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26 (2005).
struct CompensatedSum {
  double high = 0, low = 0;
  void add(double term);
  void add_square(double root);
  double operator-(const CompensatedSum& other) const { return (high - other.high) + (low - other.low); }
};

/// A point to which a step leads.
struct Trial {
  Eigen::VectorXd point, residuals;
  CompensatedSum sum;

  Trial() = default;
  Trial(Eigen::VectorXd at, ResidualEvaluator& evaluate);
  double value() const { return sum.high; }
};

enum class Refinement { none, refined, lower };

/// What tells whether only rounding is left: the sizes of r and of D x, and whether each residual is 0 to the rounding
/// of its parameters, or of its value at the start.
struct Precision {
  double size, reach;
  bool fits_exactly;

  /// What the rounding of r and of the parameters does to the sum.
  double noise() const;
  /// Is there so little of the sum to gain, or of the residuals left, that this is the bottom?
  bool is_bottom(double promised) const;
};

/// r and J at a point, for methods that step by them. With a robust loss both are multiplied, row by row, by the square
/// root of its weight at r: J'r is half the gradient then too, and J'J is at least the loss's own curvature, so that a
/// step that lowers |r + J p|² seldom overshoots. Holland and Welsch (1977).
class Linearisation {
 public:
  const Eigen::VectorXd& point() const { return at_.point; }
  double value() const { return at_.value(); }
  const Eigen::VectorXd& residuals() const { return residuals_; }
  /// Of a point with the lengths of J's columns.
  Precision precision(const Eigen::VectorXd& norms) const;
  const ResidualEvaluator::Matrix& jacobian() const { return jacobian_; }
  /// J'r, half the gradient.
  const Eigen::VectorXd& slope() const { return slope_; }
  /// What |r|² - |r + J p|² says that a step p is worth.
  double promised(const Eigen::VectorXd& p) const;
  /// How much lower the trial is; not positive where it is not lower, or not finite.
  double fall(const Trial& trial) const;

  /// Makes this one that of `at`, and sets the value and the gradient of `at`.
  void begin(Iterate& at, ResidualEvaluator& evaluate);
  /// Goes to the trial and sets `to`, unless the Jacobian is not finite there.
  bool accept(Trial trial, Iterate& to, ResidualEvaluator& evaluate);
  /// For where rounding decides which sum is lower, while the linear model still has digits. Goes to `point` and sets
  /// `to` in two cases: the sum is lower there; or the sum is not higher than the lowest by more than its last digits,
  /// and the whole linear step of the parameters with free[j] > 0 promises less than three quarters of what it promised
  /// here.
  Refinement refine(Eigen::VectorXd point, const Eigen::VectorXd& free, double promised, Iterate& to,
                    ResidualEvaluator& evaluate);

 private:
  void linearise(ResidualEvaluator::Matrix jacobian, const RobustLoss& loss);
  void write(Iterate& to) const;

  Trial at_;
  Eigen::VectorXd residuals_, first_residuals_, slope_;
  double lowest_ = 0;
  ResidualEvaluator::Matrix jacobian_;
};

/// The longest step that lowers the sum and moves one parameter alone, the one that promises most. It is the last
/// resort where the slopes of different parameters hold over such different distances that no common step lowers the
/// sum: a residual that saturates, for one, has nearly no slope and asks for an enormous step.
struct SingleStep {
  Eigen::Index parameter = 0;
  double fraction = 1;  ///< of the step that minimises |r + J p|
  Trial trial;
  bool in_rounding = false;  ///< it does not lower the sum by more than rounding does
};
/// None if no parameter has one. Those with free[j] = 0 are not moved,
/// and none leaves its bounds.
std::optional<SingleStep> step_of_one(const Linearisation& from, const Eigen::VectorXd& free, const Bounds& bounds,
                                      double noise, ResidualEvaluator& evaluate);

/// The ends of a walk. The ground is flat where the whole linear step promises at most the part cosine² of |r|². The
/// step is short where its length is at most relative_step times that of the point, both in units of D.
std::optional<Move> flat_or_short(double promised, double length, const Precision& precision, double cosine,
                                  double relative_step);
/// The whole step promises no more than the rounding of the sum, and does not keep that promise. This is the bottom
/// where the promise is little beside the sum, or nothing is left of any residual; elsewhere the parameters have no
/// digits left to go on with.
Move end_in_rounding(double promised, const Precision& precision);
/// There is no SingleStep either.
Move no_single_step(double last_value);

}  // namespace downhill
