#pragma once
/// \file
/// Eigenvalues of symmetric matrices, and singular values of any.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/linear_algebra/factors.hpp>
#include <autodiff/linear_algebra/solve.hpp>

namespace downhill {

namespace linear_detail {

/// adjoint of A += V diag(adjoint of the values) V'.
template <class T>
class EigenvaluesBlock final : public matrix_detail::OperandBlock<T, 1> {
 public:
  EigenvaluesBlock(const std::array<matrix_detail::Operand<T>, 1>& a, const Layout& shape, Dense<T> vectors)
      : matrix_detail::OperandBlock<T, 1>(a, shape), vectors_(std::move(vectors)) {}
  std::string_view name() const override { return "eigenvalues_symmetric"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    if (matrix_detail::are_zero(this->result().size(), adjoint + first)) return;
    Dense<T> scaled = vectors_;
    for_each_element(scaled.layout(),
                     [&](std::size_t i, std::size_t k) { scaled(i, k) = handed_on(scaled(i, k), adjoint[first + k]); });
    add(symmetric_part<T>(times<T>(scaled, vectors_.transposed()).elements()), 1, this->operand(0).in(adjoint));
  }
  // Forward at least the way to a tridiagonal matrix: iterations come on top, as many as the matrix asks for.
  BlockWork work(std::size_t results) const override {
    const auto n = static_cast<double>(results), cube = n * n * n;
    BlockWork made = this->with_bytes({.operations = 4 * cube / 3}, {.operations = 2 * cube}, vectors_.values.size());
    made.is_complete = false;
    return made;
  }

 private:
  Dense<T> vectors_;
};

/// adjoint of A += U diag(adjoint of the values) V', without those that are 0.
template <class T>
class SingularValuesBlock final : public matrix_detail::OperandBlock<T, 1> {
 public:
  SingularValuesBlock(const std::array<matrix_detail::Operand<T>, 1>& a, const Layout& shape, ThinSvd<T> svd)
      : matrix_detail::OperandBlock<T, 1>(a, shape), svd_(std::move(svd)) {}
  std::string_view name() const override { return "singular_values"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    if (matrix_detail::are_zero(this->result().size(), adjoint + first)) return;
    Dense<T> scaled = svd_.left;
    for_each_element(scaled.layout(), [&](std::size_t i, std::size_t k) {
      const T g = magnitude(svd_.values[k]) == 0 ? T(adjoint[first + k] * T(0)) : adjoint[first + k];
      scaled(i, k) = handed_on(scaled(i, k), g);
    });
    add(times<T>(scaled, svd_.right.transposed()), 1, this->operand(0).in(adjoint));
  }
  // Forward there are iterations, as many as the matrix asks for.
  BlockWork work(std::size_t results) const override {
    const auto multiplied = 2 * static_cast<double>(svd_.left.rows * svd_.right.rows * results);
    BlockWork made =
        this->with_bytes({}, {.operations = multiplied}, svd_.left.values.size() + svd_.right.values.size());
    made.is_complete = false;
    return made;
  }

 private:
  ThinSvd<T> svd_;
};

template <class T>
std::span<T> kept(Tape<T>& tape, const std::vector<T>& x) {
  const std::span<T> values = MatrixRecorder::memory<T>(tape, x.size());
  std::ranges::copy(x, values.begin());
  return values;
}

}  // namespace linear_detail

/// The eigenvalues of a symmetric matrix, a column in ascending order. A is taken as (A + A') / 2, so that its gradient
/// is symmetric. Where eigenvalues are equal, each alone has no derivative (they cross), and gets that of one choice of
/// eigenvectors; what depends on all of them alike, as their sum, has the right one, and second derivatives are NaN
/// where they would need more than that. NaN where an element is not finite. Throws ShapeError unless A is square.
/// Giles, section 3.1.
template <class T>
VarMatrix<T> eigenvalues_symmetric(const VarMatrix<T>& a) {
  using R = MatrixRecorder;
  if (a.rows() != a.columns()) misuse::not_square("eigenvalues_symmetric", a.rows(), a.columns());
  return R::on_tape<T>(a.tape(), [&](Tape<T>& tape) {
    const Layout shape = Layout::dense(a.rows(), 1);
    const std::array operands{R::operand(tape, a)};
    auto eigen = linear_detail::symmetric_eigen(linear_detail::symmetric_part(operands[0].elements()));
    const std::span<T> values = linear_detail::kept(tape, eigen.values);
    return R::record<linear_detail::EigenvaluesBlock<T>, T>(tape, shape, values, operands, shape,
                                                            std::move(eigen.vectors));
  });
}

/// The singular values of an n x m matrix, a column of min(n, m) in descending order. For equal ones the same holds as
/// for eigenvalues. At 0 a singular value has a kink, as |x| has, and the slope 0. NaN where an element is not finite.
/// Giles, section 3.2.
template <class T>
VarMatrix<T> singular_values(const VarMatrix<T>& a) {
  using R = MatrixRecorder;
  return R::on_tape<T>(a.tape(), [&](Tape<T>& tape) {
    const Layout shape = Layout::dense(std::min(a.rows(), a.columns()), 1);
    const std::array operands{R::operand(tape, a)};
    auto svd = linear_detail::thin_svd(linear_detail::Dense<T>(operands[0].elements()));
    const std::span<T> values = linear_detail::kept(tape, svd.values);
    return R::record<linear_detail::SingularValuesBlock<T>, T>(tape, shape, values, operands, shape, std::move(svd));
  });
}

}  // namespace downhill
