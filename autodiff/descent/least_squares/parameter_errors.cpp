#include <autodiff/descent/least_squares/parameter_errors.hpp>

#include <fmt/format.h>
#include <Eigen/QR>

#include <cmath>
#include <limits>

#include <autodiff/descent/least_squares/linearisation.hpp>
#include <autodiff/descent/vectors.hpp>
#include <autodiff/error.hpp>

namespace downhill::least_squares_detail {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

ParameterErrors errors_at(std::span<const double> point, std::span<const std::size_t> fixed,
                          ResidualEvaluator& evaluate, std::span<double> covariance) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<Index>(point.size());
  VectorXd free = VectorXd::Ones(n);
  for (const std::size_t i : fixed) {
    if (i >= point.size())
      throw OptionError(fmt::format("parameter_errors: parameter {} is fixed, but there are only {}", i, n));
    free[static_cast<Index>(i)] = 0;
  }
  Iterate at{.point = {point.begin(), point.end()}, .gradient = std::vector<double>(point.size())};
  Linearisation here;
  here.begin(at, evaluate);

  std::vector<Index> fitted;
  for (Index j = 0; j < n; ++j)
    if (free[j] > 0) fitted.push_back(j);
  const auto count = static_cast<Index>(fitted.size()), m = here.residuals().size();
  MatrixXd columns(m, count);
  VectorXd norms(count);
  for (Index k = 0; k < count; ++k) {
    const auto column = here.jacobian().col(fitted[static_cast<std::size_t>(k)]);
    const double norm = column.stableNorm();
    norms[k] = norm > 0 ? norm : 1;
    columns.col(k) = column / norms[k];
  }
  const Eigen::ColPivHouseholderQR<MatrixXd> qr(columns);
  Index rank = 0;
  const double least =
      std::numeric_limits<double>::epsilon() * (std::min(m, count) > 0 ? std::abs(qr.matrixR()(0, 0)) : 0.0);
  while (rank < std::min(m, count) && std::abs(qr.matrixR()(rank, rank)) > least) ++rank;

  ParameterErrors errors;
  errors.degrees_of_freedom = static_cast<std::size_t>(m - rank);
  errors.residual_standard_deviation =
      m > rank ? here.residuals().stableNorm() / std::sqrt(static_cast<double>(m - rank)) : nan;
  Eigen::Map<MatrixXd> into(covariance.data(), n, n);
  into.setZero();
  // R^-1 of the pivots that count; a column that depends on them leaves them and itself undetermined.
  const MatrixXd inverse =
      qr.matrixR().topLeftCorner(rank, rank).triangularView<Eigen::Upper>().solve(MatrixXd::Identity(rank, rank));
  const MatrixXd mixed = inverse * MatrixXd(qr.matrixR().topRightCorner(rank, count - rank));
  const auto& order = qr.colsPermutation().indices();
  const auto determined = [&](Index k) {
    return k < rank && (count == rank || mixed.row(k).cwiseAbs().maxCoeff() <= 1e-8);
  };
  for (Index a = 0; a < count; ++a) {
    for (Index b = 0; b < count; ++b) {
      const Index of_a = order[a], of_b = order[b];
      double& entry = into(fitted[static_cast<std::size_t>(of_a)], fitted[static_cast<std::size_t>(of_b)]);
      if (!determined(a) || !determined(b))
        entry = a == b ? infinity : nan;
      else
        entry = errors.residual_standard_deviation * errors.residual_standard_deviation *
                (inverse.row(a).dot(inverse.row(b)) / norms[of_a] / norms[of_b]);
    }
  }
  for (Index j = 0; j < n; ++j) errors.standard_errors.push_back(std::sqrt(into(j, j)));
  return errors;
}

}  // namespace downhill::least_squares_detail
