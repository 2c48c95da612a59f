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
using Columns = Eigen::MatrixXd;
using Column = Eigen::VectorXd;

// Factors of floats are those of the same numbers as doubles: more digits, and Eigen's algorithms are compiled once.
template <class T>
Columns wide(const Dense<T>& x) {
  return Eigen::Map<const Rows<T>>(x.values.data(), static_cast<Index>(x.rows), static_cast<Index>(x.columns))
      .template cast<double>();
}
template <class T, class E>
Dense<T> dense(const E& x) {
  Dense<T> copy(static_cast<std::size_t>(x.rows()), static_cast<std::size_t>(x.cols()));
  Eigen::Map<Rows<T>>(copy.values.data(), x.rows(), x.cols()) = x.template cast<T>();
  return copy;
}
template <class T>
std::vector<T> numbers(const Column& x) {
  std::vector<T> copy;
  for (const double number : x) copy.push_back(static_cast<T>(number));
  return copy;
}
template <class T>
Dense<T> all_nan(std::size_t rows, std::size_t columns) {
  Dense<T> x(rows, columns);
  std::ranges::fill(x.values, std::numeric_limits<T>::quiet_NaN());
  return x;
}

struct Svd {
  Columns left;
  Column values;
  Columns right;
};
Svd decomposed(const Columns& a) {
  constexpr Index small = 64;  // there Jacobi's method is fast enough, and gets the small values right to more digits
  const auto taken = [](const auto& svd) { return Svd{svd.matrixU(), svd.singularValues(), svd.matrixV()}; };
  constexpr unsigned thin = Eigen::ComputeThinU | Eigen::ComputeThinV;
  if (std::min(a.rows(), a.cols()) <= small) return taken(Eigen::JacobiSVD<Columns>(a, thin));
  return taken(Eigen::BDCSVD<Columns>(a, thin));
}

// The power of two next to each column's norm: dividing by it is exact, and columns of all units weigh the same.
Column scales(const Columns& a) {
  Column d(a.cols());
  for (Index j = 0; j < a.cols(); ++j) {
    const double norm = a.col(j).stableNorm();
    d[j] = norm > 0 ? std::exp2(std::floor(std::log2(norm))) : 1.0;
  }
  return d;
}

// A^+ and A^+ b, for a matrix of full column rank; false for another. A column counts as dependent where what it adds
// to the others is below the rounding of its own length, in numbers of this epsilon.
bool by_qr(const Columns& a, const Columns& b, double epsilon, Columns& x, Columns& inverse) {
  const Column d = scales(a);
  const Eigen::ColPivHouseholderQR<Columns> qr(a * d.cwiseInverse().asDiagonal());
  const Index n = a.cols();
  const double rounding = epsilon * std::sqrt(static_cast<double>(a.rows()));
  if (!(qr.matrixR().diagonal().head(n).cwiseAbs().minCoeff() > 4 * rounding)) return false;
  const Columns q = qr.householderQ() * Columns::Identity(a.rows(), n);
  const auto r = qr.matrixR().topRows(n).triangularView<Eigen::Upper>();
  const auto back = [&](const Columns& y) -> Columns {
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
  if (a.rows == 0) return {{}, a};
  const Columns matrix = wide(a);
  if (!matrix.allFinite())
    return {std::vector<T>(a.rows, std::numeric_limits<T>::quiet_NaN()), all_nan<T>(a.rows, a.rows)};
  const Eigen::SelfAdjointEigenSolver<Columns> eigen(matrix);
  return {numbers<T>(eigen.eigenvalues()), dense<T>(eigen.eigenvectors())};
}

template <std::floating_point T>
ThinSvd<T> thin_svd(const Dense<T>& a) {
  const std::size_t count = std::min(a.rows, a.columns);
  if (count == 0) return {Dense<T>(a.rows, 0), {}, Dense<T>(a.columns, 0)};
  const Columns matrix = wide(a);
  if (!matrix.allFinite())
    return {all_nan<T>(a.rows, count), std::vector<T>(count, std::numeric_limits<T>::quiet_NaN()),
            all_nan<T>(a.columns, count)};
  const Svd svd = decomposed(matrix);
  return {dense<T>(svd.left), numbers<T>(svd.values), dense<T>(svd.right)};
}

template <std::floating_point T>
LeastSquares<T> least_squares(const Dense<T>& a, const Dense<T>& b) {
  const Columns matrix = wide(a), right = wide(b);
  const std::size_t smaller = std::min(a.rows, a.columns);
  if (smaller == 0) return {Dense<T>(a.columns, b.columns), Dense<T>(a.columns, a.rows), 0};
  if (!matrix.allFinite()) return {all_nan<T>(a.columns, b.columns), all_nan<T>(a.columns, a.rows), smaller};
  constexpr double epsilon = std::numeric_limits<T>::epsilon();
  Columns x, inverse;
  if (a.rows >= a.columns && by_qr(matrix, right, epsilon, x, inverse))
    return {dense<T>(x), dense<T>(inverse), smaller};
  if (a.rows < a.columns && by_qr(matrix.transpose(), Columns::Zero(matrix.cols(), 1), epsilon, x, inverse))
    return {dense<T>(Columns(inverse.transpose() * right)), dense<T>(Columns(inverse.transpose())), smaller};
  const Svd svd = decomposed(matrix);
  const double least = svd.values[0] * epsilon * static_cast<double>(std::max(a.rows, a.columns));
  Index rank = 0;
  while (rank < svd.values.size() && svd.values[rank] > least) ++rank;
  const Column over = svd.values.head(rank).cwiseInverse();
  inverse = svd.right.leftCols(rank) * over.asDiagonal() * svd.left.leftCols(rank).transpose();
  return {dense<T>(Columns(inverse * right)), dense<T>(inverse), static_cast<std::size_t>(rank)};
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
