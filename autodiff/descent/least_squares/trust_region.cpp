#include <autodiff/descent/least_squares/trust_region.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace downhill {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double tolerance = 0.1;  // of the radius

}  // namespace

LinearModel::LinearModel(const ResidualEvaluator::Matrix& jacobian, const VectorXd& residuals, const VectorXd& free,
                         const VectorXd& scale) {
  const Index n = jacobian.cols();
  inverse_norms_.setZero(n);
  weights_.setOnes(n);
  for (Index j = 0; j < n; ++j) {
    const double norm = free[j] > 0 ? jacobian.col(j).stableNorm() : 0;
    if (!(norm >= std::numeric_limits<double>::min())) continue;  // 1 / norm must be finite
    inverse_norms_[j] = 1 / norm;
    weights_[j] = std::clamp(scale[j] / norm, 1e-100, 1e100);
  }
  qr_.compute(jacobian * inverse_norms_.asDiagonal());
  weights_ = qr_.colsPermutation().transpose() * weights_;
  right_ = (qr_.householderQ().adjoint() * -residuals).head(std::min(n, residuals.size()));
  const auto pivots = qr_.matrixR().diagonal().cwiseAbs();
  // A pivot that is left of columns which depend on each other is a few roundings large.
  const double least = pivots.size() == 0 ? 0 : 8 * std::numeric_limits<double>::epsilon() * pivots[0];
  for (rank_ = 0; rank_ < right_.size() && pivots[rank_] > least; ++rank_) {
  }
  find_bottom();
}

void LinearModel::find_bottom() {
  bottom_.setZero(inverse_norms_.size());
  bottom_.head(rank_) =
      qr_.matrixR().topLeftCorner(rank_, rank_).triangularView<Eigen::Upper>().solve(right_.head(rank_));
  undamped_ = back(bottom_);
  length_ = weights_.cwiseProduct(bottom_).stableNorm();
  promised_ = right_.head(rank_).squaredNorm();
}

void LinearModel::reduce_rank() {
  --rank_;
  find_bottom();
}

VectorXd LinearModel::back(const VectorXd& z) const { return inverse_norms_.cwiseProduct(qr_.colsPermutation() * z); }

VectorXd LinearModel::step(double radius) {
  if (length_ <= (1 + tolerance) * radius) {
    lambda_ = 0;
    return undamped_;
  }
  const Index n = undamped_.size(), rows = right_.size();
  const auto triangle = qr_.matrixR().topRows(rows).triangularView<Eigen::Upper>();
  // Newton's method on the length as a function of lambda, between bounds.
  double low = 0;
  if (rank_ == n) {
    const VectorXd direction = weights_.array().square() * bottom_.array() / length_;
    const VectorXd w = qr_.matrixR().topLeftCorner(n, n).triangularView<Eigen::Upper>().transpose().solve(direction);
    low = (length_ - radius) / radius / w.squaredNorm();
  }
  const double slope = (triangle.transpose() * right_).cwiseQuotient(weights_).norm();
  double high = slope / radius;
  if (!(high > 0)) high = std::numeric_limits<double>::min() / std::min(radius, tolerance);
  lambda_ = std::clamp(lambda_, std::min(low, high), high);
  if (lambda_ == 0) lambda_ = slope / length_;

  MatrixXd damped(rows + n, n);
  VectorXd right = VectorXd::Zero(rows + n);
  right.head(rows) = right_;
  VectorXd z;
  for (int i = 0; i < 10; ++i) {
    if (!(lambda_ > 0)) lambda_ = std::max(std::numeric_limits<double>::min(), 1e-3 * high);
    damped.topRows(rows) = triangle;
    damped.bottomRows(n).setZero();
    damped.bottomRows(n).diagonal() = std::sqrt(lambda_) * weights_;
    const Eigen::HouseholderQR<MatrixXd> factors(damped);
    z = factors.solve(right);
    const double length = weights_.cwiseProduct(z).stableNorm(), excess = length - radius;
    if (!(std::abs(excess) > tolerance * radius)) break;
    const VectorXd direction = weights_.array().square() * z.array() / length;
    const VectorXd w = factors.matrixQR().topRows(n).triangularView<Eigen::Upper>().transpose().solve(direction);
    if (excess > 0)
      low = std::max(low, lambda_);
    else
      high = std::min(high, lambda_);
    lambda_ = std::max(low, lambda_ + excess / radius / w.squaredNorm());
  }
  return back(z);
}

CurvedModel::CurvedModel(const ResidualEvaluator::Matrix& jacobian, const VectorXd& slope, const MatrixXd& curvature,
                         const VectorXd& inverse_scale) {
  const MatrixXd scaled = jacobian * inverse_scale.asDiagonal();
  MatrixXd hessian = inverse_scale.asDiagonal() * curvature * inverse_scale.asDiagonal();
  hessian.noalias() += scaled.transpose() * scaled;
  eigen_.compute(hessian);
  along_ = eigen_.eigenvectors().transpose() * inverse_scale.cwiseProduct(slope);
  const double least = std::numeric_limits<double>::epsilon() * eigen_.eigenvalues().cwiseAbs().maxCoeff();
  length_ = promised_ = 0;
  for (Index i = 0; i < along_.size(); ++i) {
    if (along_[i] == 0) continue;
    const double value = eigen_.eigenvalues()[i] > least ? eigen_.eigenvalues()[i] : 0;
    length_ = std::hypot(length_, along_[i] / value);
    promised_ += along_[i] * along_[i] / value;
  }
}

VectorXd CurvedModel::step(double radius) const {
  const VectorXd& values = eigen_.eigenvalues();
  const double largest = values.cwiseAbs().maxCoeff();
  // Directions that do not curve and do not slope stay out of it.
  const auto step_at = [&](double lambda) -> VectorXd {
    return (along_.array() == 0).select(0.0, -along_.array() / (values.array() + lambda)).matrix();
  };
  const double least = std::max(0.0, -values[0]) + std::numeric_limits<double>::epsilon() * largest;
  if (values[0] > std::numeric_limits<double>::epsilon() * largest) {
    const VectorXd q = step_at(0);
    if (q.norm() <= (1 + tolerance) * radius) return eigen_.eigenvectors() * q;
  }
  double low = least, high = std::max(2 * least, along_.norm() / radius + least), lambda = low;
  VectorXd q = step_at(lambda);
  if (q.norm() > radius) {
    for (int i = 0; i < 60; ++i) {
      const double length = q.norm(), excess = length - radius;
      if (std::abs(excess) <= tolerance * radius) break;
      (excess > 0 ? low : high) = lambda;
      // Newton's method on 1 / radius - 1 / length.
      const double slope = (q.array().square() / (values.array() + lambda)).sum() / length;
      const double next = lambda + excess * length / (radius * slope);
      lambda =
          next > low && next < high ? next : (low > 0 && high / low > 4 ? std::sqrt(low * high) : (low + high) / 2);
      q = step_at(lambda);
    }
  }
  return eigen_.eigenvectors() * q;
}

void ResidualCurvature::learn(const VectorXd& s, const VectorXd& y, const VectorXd& of_linear) {
  const double curvature = s.dot(y);
  // Term by term, so that the units of the parameters do not matter.
  if (!(std::abs(curvature) > 1e-10 * s.cwiseProduct(y).cwiseAbs().sum()) || !std::isfinite(curvature)) return;
  if (is_empty()) matrix_.setZero(s.size(), s.size());
  const VectorXd beyond = y - of_linear;
  const VectorXd known = matrix_ * s;
  const double size = std::abs(s.dot(known)), found = std::abs(s.dot(beyond));
  const double share = size > found ? found / size : 1;
  const VectorXd missing = beyond - share * known;
  matrix_ *= share;
  matrix_ += (missing * y.transpose() + y * missing.transpose()) / curvature -
             (s.dot(missing) / (curvature * curvature)) * (y * y.transpose());
}

}  // namespace downhill
