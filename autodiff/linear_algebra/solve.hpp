#pragma once
/// \file
/// Systems of equations with a square matrix, its inverse, and the Cholesky factor of a positive definite one.

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <autodiff/linear_algebra/elimination.hpp>
#include <autodiff/matrix/var_matrix.hpp>

namespace downhill {

namespace linear_detail {

/// X = A^-1 B: adjoint of B += W, adjoint of A -= W X', where W = A'^-1 times the adjoint of X.
template <class T>
class SolveBlock final : public matrix_detail::OperandBlock<T, 2> {
 public:
  SolveBlock(const std::array<matrix_detail::Operand<T>, 2>& operands, const Layout& shape, Lu<T> lu, const T* x)
      : matrix_detail::OperandBlock<T, 2>(operands, shape), lu_(std::move(lu)), x_(x) {}
  std::string_view name() const override { return "solve"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    if (matrix_detail::are_zero(this->result().size(), adjoint + first)) return;
    const Dense<T> w = solve_transposed(lu_, this->result_in(adjoint, first));
    const Elements<const T> x{x_, this->result()};
    if (this->operand(1).is_active()) add(w, 1, this->operand(1).in(adjoint));
    if (this->operand(0).is_active()) add(times<T>(w, x.transposed()), -1, this->operand(0).in(adjoint));
  }
  // The leading terms, as in all blocks of linear algebra.
  BlockWork work(std::size_t results) const override {
    const auto n = static_cast<double>(this->result().rows), solved = 2 * n * static_cast<double>(results);
    const double factored = 2 * n * n * n / 3;
    return this->with_bytes({.operations = factored + solved},
                            {.operations = this->operand(0).is_active() ? 2 * solved : solved}, results);
  }

 private:
  Lu<T> lu_;
  const T* x_;
};

/// Y = A^-1: adjoint of A -= Y' (adjoint of Y) Y'.
template <class T>
class InverseBlock final : public matrix_detail::OperandBlock<T, 1> {
 public:
  InverseBlock(const std::array<matrix_detail::Operand<T>, 1>& a, const Layout& shape, const T* y)
      : matrix_detail::OperandBlock<T, 1>(a, shape), y_(y) {}
  std::string_view name() const override { return "inverse"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    if (matrix_detail::are_zero(this->result().size(), adjoint + first)) return;
    const Elements<const T> y = Elements<const T>{y_, this->result()}.transposed();
    add(times<T>(y, times<T>(this->result_in(adjoint, first), y)), -1, this->operand(0).in(adjoint));
  }
  BlockWork work(std::size_t) const override {
    const auto n = static_cast<double>(this->result().rows), cube = n * n * n;
    return this->with_bytes({.operations = 2 * cube / 3 + 2 * cube}, {.operations = 4 * cube});
  }

 private:
  const T* y_;
};

/// A = L L': with P the lower triangle of L' (adjoint of L), half its diagonal, and S = L'^-1 P L^-1, adjoint of A +=
/// (S + S') / 2.
template <class T>
class CholeskyBlock final : public matrix_detail::OperandBlock<T, 1> {
 public:
  CholeskyBlock(const std::array<matrix_detail::Operand<T>, 1>& a, const Layout& shape, const T* l)
      : matrix_detail::OperandBlock<T, 1>(a, shape), l_(l) {}
  std::string_view name() const override { return "cholesky"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    Dense<T> of_l(this->result_in(adjoint, first));
    const std::size_t n = of_l.rows;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = i + 1; j < n; ++j) of_l(i, j) = T(0);  // there L is 0, whatever A is
    if (matrix_detail::are_zero(of_l.values.size(), of_l.values.data())) return;
    const Dense<T> l(Elements<const T>{l_, this->result()});
    Dense<T> s = times<T>(l.transposed(), of_l);
    for (std::size_t i = 0; i < n; ++i) {
      s(i, i) = s(i, i) / T(2);
      for (std::size_t j = i + 1; j < n; ++j) s(i, j) = T(0);
    }
    solve_transposed_triangle(l, s);
    s = Dense<T>(s.transposed());
    solve_transposed_triangle(l, s);
    add(symmetric_part<T>(s.elements()), 1, this->operand(0).in(adjoint));
  }
  BlockWork work(std::size_t) const override {
    const auto n = static_cast<double>(this->result().rows), cube = n * n * n;
    return this->with_bytes({.operations = cube / 3}, {.operations = 2 * cube + 2 * cube});
  }

 private:
  const T* l_;
};

template <class T>
std::span<T> kept(Tape<T>& tape, const Dense<T>& x) {
  const std::span<T> values = MatrixRecorder::memory<T>(tape, x.values.size());
  std::ranges::copy(x.values, values.begin());
  return values;
}

}  // namespace linear_detail

/// X = A^-1 B, the solution of A X = B, (n x n) (n x k): n x k, by elimination with partial pivoting; better than the
/// inverse times B. Where A is singular, infinite or NaN, as a division by 0 is. Throws ShapeError unless A is square
/// and B has as many rows. Giles, section 2.3.1.
template <class T>
VarMatrix<T> solve(const VarMatrix<T>& a, const VarMatrix<T>& b) {
  using R = MatrixRecorder;
  if (a.rows() != a.columns()) misuse::not_square("solve", a.rows(), a.columns());
  if (a.rows() != b.rows())
    misuse::different_shapes("solve", a.rows(), a.columns(), b.rows(), b.columns(),
                             "both must have the same number of rows");
  return R::on_tape<T>(R::common_tape<T>("solve", a, b), [&](Tape<T>& tape) {
    const Layout shape = Layout::dense(b.rows(), b.columns());
    const std::array operands{R::operand(tape, a), R::operand(tape, b)};
    linear_detail::Lu<T> lu = linear_detail::lu_of(operands[0].elements());
    const std::span<T> x = linear_detail::kept(tape, linear_detail::solve(lu, operands[1].elements()));
    return R::record<linear_detail::SolveBlock<T>, T>(tape, shape, x, operands, shape, std::move(lu), x.data());
  });
}

/// A^-1; where A is singular, infinite or NaN. Throws ShapeError unless A is square. Giles, section 2.2.3.
template <class T>
VarMatrix<T> inverse(const VarMatrix<T>& a) {
  using R = MatrixRecorder;
  if (a.rows() != a.columns()) misuse::not_square("inverse", a.rows(), a.columns());
  return R::on_tape<T>(a.tape(), [&](Tape<T>& tape) {
    const Layout shape = Layout::dense(a.rows(), a.rows());
    const std::array operands{R::operand(tape, a)};
    const auto one = linear_detail::Dense<T>::identity(a.rows());
    const std::span<T> y =
        linear_detail::kept(tape, linear_detail::solve(linear_detail::lu_of(operands[0].elements()), one.elements()));
    return R::record<linear_detail::InverseBlock<T>, T>(tape, shape, y, operands, shape, y.data());
  });
}

/// The lower triangle L with A = L L', of a positive definite matrix; NaN from the row on where it is found that it is
/// not. A is taken as (A + A') / 2, so that its gradient is symmetric. Throws ShapeError unless A is square. Giles,
/// section 3.2; Murray, "Differentiation of the Cholesky decomposition" (2016).
template <class T>
VarMatrix<T> cholesky(const VarMatrix<T>& a) {
  using R = MatrixRecorder;
  if (a.rows() != a.columns()) misuse::not_square("cholesky", a.rows(), a.columns());
  return R::on_tape<T>(a.tape(), [&](Tape<T>& tape) {
    const Layout shape = Layout::dense(a.rows(), a.rows());
    const std::array operands{R::operand(tape, a)};
    const std::span<T> l =
        linear_detail::kept(tape, linear_detail::cholesky(linear_detail::symmetric_part(operands[0].elements())));
    return R::record<linear_detail::CholeskyBlock<T>, T>(tape, shape, l, operands, shape, l.data());
  });
}

template <class... X>
  requires MixedMatrices<X...>
auto solve(const X&...) {
  return matrix_detail::refuse_mixed<X...>();
}

}  // namespace downhill
