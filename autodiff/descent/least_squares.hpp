#pragma once
// Nonlinear least squares: the least r_1(x)² + ... + r_m(x)², by methods that look at the residuals one by one and at
// their Jacobian J, where a gradient knows only 2 J'r.

#include <Eigen/Core>

#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <autodiff/derivatives.hpp>
#include <autodiff/descent/objective.hpp>
#include <autodiff/descent/walk.hpp>

namespace downhill {

/// The sum of the squares of what `residuals` returns, m numbers for n parameters. It is generic over its number type
/// and returns them in a std::vector or the like. An Objective for every method; the Jacobian is by `jacobian`, forward
/// mode for up to 16 parameters.
template <class R>
class SumOfSquares {
 public:
  explicit SumOfSquares(R residuals) : residuals_(std::move(residuals)) {}

  double operator()(std::span<const double> point, std::span<double> gradient) {
    return recording_(point, gradient, [this](Tape<double>&, Inputs<Var<double>> x) {
      Var<double> sum(0.0);
      derivatives_detail::for_each_result(residuals_(x),
                                          [&](const auto& residual, std::size_t) { sum += residual * residual; });
      return sum;
    });
  }
  Eigen::VectorXd residuals(std::span<const double> point) { return as_eigen(residuals_(Inputs<double>(point))); }
  auto jacobian(std::span<const double> point) { return downhill::jacobian(residuals_, point); }
  /// The same of residuals that take vectors of the kind of `like`.
  template <class P>
  auto of_points_like(const P& like) const {
    return SumOfSquares<OfPointsLike<R, P>>(OfPointsLike<R, P>(residuals_, like));
  }
  /// d² r / dt² at x + t p, by nested forward mode.
  Eigen::VectorXd curvature(std::span<const double> point, std::span<const double> p) {
    return as_eigen(derivatives_detail::second_along(residuals_, point, [&](std::size_t i) { return p[i]; }));
  }

 private:
  template <class Values>
  static Eigen::VectorXd as_eigen(const Values& values) {
    Eigen::VectorXd copy(static_cast<Eigen::Index>(derivatives_detail::count_of(values)));
    derivatives_detail::for_each_result(
        values, [&](const auto& value, std::size_t i) { copy[static_cast<Eigen::Index>(i)] = value; });
    return copy;
  }

  R residuals_;
  Recording recording_;
};

/// An Evaluator that knows the residuals as well. Each call counts as one evaluation.
class ResidualEvaluator : public Evaluator {
 public:
  using Matrix = DerivativeMatrix<double, Eigen::Dynamic, Eigen::Dynamic>;
  Eigen::VectorXd residuals(std::span<const double> point) {
    ++evaluations_;
    return residuals_at(point);
  }
  Matrix jacobian(std::span<const double> point) {
    ++evaluations_;
    return jacobian_at(point);
  }
  Eigen::VectorXd curvature(std::span<const double> point, std::span<const double> p) {
    ++evaluations_;
    return curvature_at(point, p);
  }

 private:
  virtual Eigen::VectorXd residuals_at(std::span<const double> point) = 0;
  virtual Matrix jacobian_at(std::span<const double> point) = 0;
  virtual Eigen::VectorXd curvature_at(std::span<const double> point, std::span<const double> p) = 0;
};

template <class R>
class ResidualEvaluatorOf final : public ResidualEvaluator {
 public:
  explicit ResidualEvaluatorOf(SumOfSquares<R>& objective) : objective_(objective) {}

 private:
  double evaluate(std::span<const double> point, std::span<double> gradient) override {
    return objective_(point, gradient);
  }
  Eigen::VectorXd residuals_at(std::span<const double> point) override { return objective_.residuals(point); }
  Matrix jacobian_at(std::span<const double> point) override { return objective_.jacobian(point); }
  Eigen::VectorXd curvature_at(std::span<const double> point, std::span<const double> p) override {
    return objective_.curvature(point, p);
  }
  SumOfSquares<R>& objective_;
};
template <class R>
ResidualEvaluatorOf<R> evaluator_of(SumOfSquares<R>& objective) {
  return ResidualEvaluatorOf<R>(objective);
}

/// The residuals and their Jacobian at a point, for methods that step by them.
class Linearisation {
 public:
  const Eigen::VectorXd& residuals() const { return residuals_; }
  const ResidualEvaluator::Matrix& jacobian() const { return jacobian_; }

  /// Makes this one that of `at`.
  void move_to(const Iterate& at, ResidualEvaluator& evaluate);
  /// Sets `to` to the point x + p, where the residuals are r: its value, its gradient by a new Jacobian.
  void accept(const Eigen::VectorXd& point, Eigen::VectorXd residuals, Iterate& to, ResidualEvaluator& evaluate);

 private:
  std::vector<double> point_;
  Eigen::VectorXd residuals_;
  ResidualEvaluator::Matrix jacobian_;
};

/// p minimises |r + J p|, by a rank-revealing QR factorisation; x <- x + a p, where a is halved until the value falls.
/// Gauss (1809); Björck, "Numerical Methods for Least Squares Problems" (1996), section 9.2.
struct GaussNewton {
  std::size_t halvings = 40;

  class Walker {
   public:
    explicit Walker(const GaussNewton& method) : halvings_(method.halvings) {}
    Move advance(const Iterate& from, Iterate& to, ResidualEvaluator& evaluate);

   private:
    std::size_t halvings_;
    Linearisation at_;
  };
  Walker walker(std::size_t) const { return Walker(*this); }
};

/// p minimises |r + J p|² + lambda |D p|², where D holds the largest norms so far of the columns of J; lambda falls
/// where the model foretells the value well, and grows where a step does not lower it. x <- x + p + a / 2, where the
/// acceleration a follows the bend of a canyon: it minimises |r'' + J a|² + lambda |D a|² with the second derivative
/// r'' of the residuals along p, from nested forward mode. Levenberg (1944); Marquardt, "An algorithm for least-squares
/// estimation of nonlinear parameters", SIAM J. 11 (1963); for D, Moré, "The Levenberg-Marquardt algorithm:
/// implementation and theory" (1978); for lambda, Nielsen, "Damping parameter in Marquardt's method" (1999); for a,
/// Transtrum and Sethna, "Improvements to the Levenberg-Marquardt algorithm" (2012).
struct LevenbergMarquardt {
  double damping = 1e-3;       ///< the first lambda
  double acceleration = 0.75;  ///< the largest 2 |D a| / |D p| of a step; 0: steps without a

  class Walker {
   public:
    explicit Walker(const LevenbergMarquardt& method);
    Move advance(const Iterate& from, Iterate& to, ResidualEvaluator& evaluate);

   private:
    double lambda_, growth_ = 2, acceleration_;
    double last_length_ = std::numeric_limits<double>::infinity();  // of the last step, in units of D
    Eigen::VectorXd scale_;                                         // D
    Linearisation at_;
  };
  /// Throws OptionError for a damping that is not positive.
  Walker walker(std::size_t) const { return Walker(*this); }
};

}  // namespace downhill
