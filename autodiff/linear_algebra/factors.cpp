#include <autodiff/linear_algebra/factors.hpp>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#include <Eigen/SVD>

#include <algorithm>
#include <cmath>
#include <limits>

#include <autodiff/linear_algebra/elimination.hpp>

namespace downhill::linear_detail {
namespace {

using Eigen::Dynamic, Eigen::Index;

template <class T>
using Rows = Eigen::Matrix<T, Dynamic, Dynamic, Eigen::RowMajor>;
template <class T>
using Columns = Eigen::Matrix<T, Dynamic, Dynamic>;
template <class T>
using Column = Eigen::Matrix<T, Dynamic, 1>;

template <class T>
Eigen::Map<const Rows<T>> as_eigen(const Dense<T>& x) {
  return {x.values.data(), static_cast<Index>(x.rows), static_cast<Index>(x.columns)};
}
template <class T, class E>
Dense<T> dense(const E& x) {
  Dense<T> copy(static_cast<std::size_t>(x.rows()), static_cast<std::size_t>(x.cols()));
  Eigen::Map<Rows<T>>(copy.values.data(), x.rows(), x.cols()) = x;
  return copy;
}
template <class T>
Dense<T> all_nan(std::size_t rows, std::size_t columns) {
  Dense<T> x(rows, columns);
  std::ranges::fill(x.values, std::numeric_limits<T>::quiet_NaN());
  return x;
}
template <class T>
std::vector<T> copy_of(const Column<T>& x) {
  return {x.begin(), x.end()};
}

template <class T>
ThinSvd<T> decomposed(const Columns<T>& a) {
  constexpr Index small = 64;  // there Jacobi's method is fast enough, and gets the small values right to more digits
  const auto taken = [](const auto& svd) {
    return ThinSvd<T>{dense<T>(svd.matrixU()), copy_of<T>(svd.singularValues()), dense<T>(svd.matrixV())};
  };
  constexpr unsigned thin = Eigen::ComputeThinU | Eigen::ComputeThinV;
  if (std::min(a.rows(), a.cols()) <= small) return taken(Eigen::JacobiSVD<Columns<T>>(a, thin));
  return taken(Eigen::BDCSVD<Columns<T>>(a, thin));
}

// The power of two next to each column's norm: dividing by it is exact, and columns of all units weigh the same.
template <class T>
Column<T> scales(const Columns<T>& a) {
  Column<T> d(a.cols());
  for (Index j = 0; j < a.cols(); ++j) {
    const T norm = a.col(j).stableNorm();
    d[j] = norm > 0 ? std::exp2(std::floor(std::log2(norm))) : T(1);
  }
  return d;
}

// A^+ and A^+ b, for a matrix of full column rank; false for another. A column counts as dependent where what it adds
// to the others is below the rounding of its own length.
template <class T>
bool by_qr(const Columns<T>& a, const Columns<T>& b, Columns<T>& x, Columns<T>& inverse) {
  const Column<T> d = scales<T>(a);
  const Eigen::ColPivHouseholderQR<Columns<T>> qr(a * d.cwiseInverse().asDiagonal());
  const Index n = a.cols();
  const T rounding = std::numeric_limits<T>::epsilon() * static_cast<T>(std::sqrt(static_cast<double>(a.rows())));
  if (!(qr.matrixR().diagonal().head(n).cwiseAbs().minCoeff() > 4 * rounding)) return false;
  const Columns<T> q = qr.householderQ() * Columns<T>::Identity(a.rows(), n);
  const auto r = qr.matrixR().topRows(n).template triangularView<Eigen::Upper>();
  const auto back = [&](const Columns<T>& y) -> Columns<T> {
    return d.cwiseInverse().asDiagonal() * (qr.colsPermutation() * r.solve(y));
  };
  x = back((qr.householderQ().adjoint() * b).topRows(n));
  inverse = back(q.transpose());
  return true;
}

}  // namespace

template <std::floating_point T>
void eliminate(Dense<T>& a, std::vector<std::size_t>& source) {
  if (a.rows == 0) return;
  Eigen::Map<Rows<T>> all(a.values.data(), static_cast<Index>(a.rows), static_cast<Index>(a.rows));
  const Eigen::PartialPivLU<Eigen::Ref<Rows<T>>> lu(all);
  for (std::size_t i = 0; i < a.rows; ++i)
    source[static_cast<std::size_t>(lu.permutationP().indices()[static_cast<Index>(i)])] = i;
}

template <std::floating_point T>
SymmetricEigen<T> symmetric_eigen(const Dense<T>& a) {
  const auto matrix = as_eigen(a);
  if (a.rows == 0) return {{}, a};
  if (!matrix.allFinite())
    return {std::vector<T>(a.rows, std::numeric_limits<T>::quiet_NaN()), all_nan<T>(a.rows, a.rows)};
  const Eigen::SelfAdjointEigenSolver<Columns<T>> eigen(matrix);
  return {copy_of<T>(eigen.eigenvalues()), dense<T>(eigen.eigenvectors())};
}

template <std::floating_point T>
ThinSvd<T> thin_svd(const Dense<T>& a) {
  const std::size_t count = std::min(a.rows, a.columns);
  if (count == 0) return {Dense<T>(a.rows, 0), {}, Dense<T>(a.columns, 0)};
  if (!as_eigen(a).allFinite())
    return {all_nan<T>(a.rows, count), std::vector<T>(count, std::numeric_limits<T>::quiet_NaN()),
            all_nan<T>(a.columns, count)};
  return decomposed<T>(as_eigen(a));
}

template <std::floating_point T>
LeastSquares<T> least_squares(const Dense<T>& a, const Dense<T>& b) {
  const Columns<T> matrix = as_eigen(a), right = as_eigen(b);
  const std::size_t smaller = std::min(a.rows, a.columns);
  if (smaller == 0) return {Dense<T>(a.columns, b.columns), Dense<T>(a.columns, a.rows), 0};
  if (!matrix.allFinite()) return {all_nan<T>(a.columns, b.columns), all_nan<T>(a.columns, a.rows), smaller};
  Columns<T> x, inverse;
  if (a.rows >= a.columns && by_qr<T>(matrix, right, x, inverse)) return {dense<T>(x), dense<T>(inverse), smaller};
  if (a.rows < a.columns && by_qr<T>(matrix.transpose(), Columns<T>::Zero(matrix.cols(), 1), x, inverse))
    return {dense<T>(Columns<T>(inverse.transpose() * right)), dense<T>(Columns<T>(inverse.transpose())), smaller};
  const ThinSvd<T> svd = decomposed<T>(matrix);
  const T least = svd.values[0] * std::numeric_limits<T>::epsilon() * static_cast<T>(std::max(a.rows, a.columns));
  std::size_t rank = 0;
  while (rank < smaller && svd.values[rank] > least) ++rank;
  const auto r = static_cast<Index>(rank);
  const Column<T> over = Eigen::Map<const Column<T>>(svd.values.data(), r).cwiseInverse();
  inverse = as_eigen(svd.right).leftCols(r) * over.asDiagonal() * as_eigen(svd.left).leftCols(r).transpose();
  return {dense<T>(Columns<T>(inverse * right)), dense<T>(inverse), rank};
}

template void eliminate(Dense<double>&, std::vector<std::size_t>&);
template void eliminate(Dense<float>&, std::vector<std::size_t>&);
template SymmetricEigen<double> symmetric_eigen(const Dense<double>&);
template SymmetricEigen<float> symmetric_eigen(const Dense<float>&);
template ThinSvd<double> thin_svd(const Dense<double>&);
template ThinSvd<float> thin_svd(const Dense<float>&);
template LeastSquares<double> least_squares(const Dense<double>&, const Dense<double>&);
template LeastSquares<float> least_squares(const Dense<float>&, const Dense<float>&);

}  // namespace downhill::linear_detail
