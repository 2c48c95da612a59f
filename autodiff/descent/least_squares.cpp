#include <autodiff/descent/least_squares.hpp>

#include <Eigen/QR>

#include <cmath>

#include <autodiff/descent/vectors.hpp>

namespace downhill {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double rounding = std::numeric_limits<double>::epsilon();

// After the last trial.
Move found_nothing(double value) {
  return {.found_lower = false,
          .why = std::isfinite(value) ? "no step lowers the sum of squares: this is the bottom, to rounding"
                                      : "the sum of squares is not finite, however short the step"};
}

}  // namespace

void Linearisation::move_to(const Iterate& at, ResidualEvaluator& evaluate) {
  if (point_ == at.point) return;
  residuals_ = evaluate.residuals(at.point);
  jacobian_ = evaluate.jacobian(at.point);
  point_ = at.point;
}

void Linearisation::accept(const VectorXd& point, VectorXd residuals, Iterate& to, ResidualEvaluator& evaluate) {
  jacobian_ = evaluate.jacobian(as_span(point));
  residuals_ = std::move(residuals);
  point_.assign(point.begin(), point.end());
  to.point = point_;
  to.value = residuals_.squaredNorm();
  as_vector(to.gradient).noalias() = 2 * (jacobian_.transpose() * residuals_);
}

Move GaussNewton::Walker::advance(const Iterate& from, Iterate& to, ResidualEvaluator& evaluate) {
  at_.move_to(from, evaluate);
  const VectorXd p = MatrixXd(at_.jacobian()).completeOrthogonalDecomposition().solve(-at_.residuals());
  double step = 1, now = 0;
  for (std::size_t i = 0; i <= halvings_; ++i, step /= 2) {
    const VectorXd point = as_vector(from.point) + step * p;
    VectorXd residuals = evaluate.residuals(as_span(point));
    now = residuals.squaredNorm();
    if (!(now < at_.residuals().squaredNorm())) continue;
    at_.accept(point, std::move(residuals), to, evaluate);
    return {.learning_rate = step};
  }
  return found_nothing(now);
}

LevenbergMarquardt::Walker::Walker(const LevenbergMarquardt& method)
    : lambda_(method.damping), acceleration_(method.acceleration) {
  demand(method.acceleration >= 0, "LevenbergMarquardt", "the acceleration", method.acceleration,
         "must not be negative");
  demand(method.damping > 0 && std::isfinite(method.damping), "LevenbergMarquardt", "the damping", method.damping,
         "must be positive and finite");
}

Move LevenbergMarquardt::Walker::advance(const Iterate& from, Iterate& to, ResidualEvaluator& evaluate) {
  at_.move_to(from, evaluate);
  const VectorXd x = as_vector(from.point);
  const Eigen::Index n = x.size();
  const VectorXd norms = at_.jacobian().colwise().norm();
  scale_ = scale_.size() == 0 ? norms : scale_.cwiseMax(norms);
  const VectorXd d = (scale_.array() > 0).select(scale_, VectorXd::Ones(n));

  // |r + J p|² + lambda |D p|² for every lambda from one factorisation of J D^-1.
  const Eigen::ColPivHouseholderQR<MatrixXd> qr(at_.jacobian() * d.cwiseInverse().asDiagonal());
  const Eigen::Index rank = std::min(n, at_.residuals().size());
  const VectorXd projected = (qr.householderQ().adjoint() * -at_.residuals()).head(rank);
  const auto triangle = qr.matrixR().topRows(rank).template triangularView<Eigen::Upper>();
  MatrixXd damped = MatrixXd::Zero(rank + n, n);
  VectorXd right = VectorXd::Zero(rank + n);
  right.head(rank) = projected;

  const double value = at_.residuals().squaredNorm();
  double now = value;
  while (std::isfinite(lambda_)) {
    damped.topRows(rank) = triangle;
    damped.bottomRows(n).diagonal().setConstant(std::sqrt(lambda_));
    const Eigen::HouseholderQR<MatrixXd> factors(damped);
    const VectorXd permuted = factors.solve(right);
    const VectorXd q = qr.colsPermutation() * permuted, p = q.cwiseQuotient(d);
    const double length = q.norm();
    VectorXd point = x + p;
    bool bends = false;
    if (acceleration_ > 0) {
      const VectorXd second = evaluate.curvature(as_span(x), as_span(p));
      VectorXd of_second = VectorXd::Zero(rank + n);
      of_second.head(rank) = (qr.householderQ().adjoint() * -second).head(rank);
      const VectorXd a = qr.colsPermutation() * factors.solve(of_second).eval();
      bends = !(2 * a.norm() <= acceleration_ * length);
      point += a.cwiseQuotient(d) / 2;
    }
    VectorXd residuals = evaluate.residuals(as_span(point));
    now = residuals.squaredNorm();
    // |r|² - |r + J p|² = |J p|² + 2 lambda |D p|²
    const double promised = (triangle * permuted).squaredNorm() + 2 * lambda_ * length * length;
    const double ratio = (value - now) / promised;
    // Where the promise is below the rounding of the value, steps go on as long as they shrink.
    const bool in_rounding = promised <= 8 * rounding * value;
    if (std::isfinite(now) && (in_rounding || !bends) && (in_rounding ? length < 0.5 * last_length_ : ratio > 1e-4)) {
      lambda_ *= in_rounding ? 0.1 : std::max(1.0 / 3, 1 - std::pow(2 * std::min(ratio, 1.0) - 1, 3));
      growth_ = 2;
      last_length_ = length;
      at_.accept(point, std::move(residuals), to, evaluate);
      return {};
    }
    if (in_rounding || !(length > rounding * (d.array() * x.array()).matrix().norm())) break;
    lambda_ *= growth_;
    growth_ *= 2;
  }
  return found_nothing(now);
}

}  // namespace downhill
