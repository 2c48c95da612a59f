#pragma once
/// \file
/// Linear least squares.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include <autodiff/linear_algebra/factors.hpp>
#include <autodiff/linear_algebra/solve.hpp>

namespace downhill {

namespace linear_detail {

/// With P = A^+, R = B - A X and Z = P' (adjoint of X): adjoint of B += Z, adjoint of A += -Z X' + R (P Z)' +
/// P' X (adjoint of X - P A adjoint of X)'.
template <class T>
class LeastSquaresBlock final : public matrix_detail::OperandBlock<T, 2> {
 public:
  LeastSquaresBlock(const std::array<matrix_detail::Operand<T>, 2>& operands, const Layout& shape,
                    LeastSquares<T> factors, Dense<T> a, Dense<T> residual)
      : matrix_detail::OperandBlock<T, 2>(operands, shape),
        factors_(std::move(factors)),
        a_(std::move(a)),
        residual_(std::move(residual)) {}
  std::string_view name() const override { return "solve_least_squares"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    if (matrix_detail::are_zero(this->result().size(), adjoint + first)) return;
    const Dense<T> of_x(this->result_in(adjoint, first));
    const Dense<T>&p = factors_.pseudo_inverse, &x = factors_.solution;
    const Dense<T> z = times<T>(p.transposed(), of_x);
    if (this->operand(1).is_active()) add(z, 1, this->operand(1).in(adjoint));
    if (!this->operand(0).is_active()) return;
    const Elements<T> to = this->operand(0).in(adjoint);
    add(times<T>(z, x.transposed()), -1, to);
    if (factors_.rank < a_.rows) add(times<T>(residual_, times<T>(p, z).transposed()), 1, to);
    if (factors_.rank < a_.columns) {
      const Dense<T> outside = difference(of_x, times<T>(p, times<T>(a_, of_x)));
      add(times<T>(times<T>(p.transposed(), x), outside.transposed()), 1, to);
    }
  }
  // Forward at least the steps of QR: the rank, and what it asks for, come on top.
  BlockWork work(std::size_t) const override {
    const auto m = static_cast<double>(a_.rows), n = static_cast<double>(a_.columns);
    const auto multiplied = 2 * m * n * static_cast<double>(this->result().columns);
    const double least = std::min(m, n), most = std::max(m, n);
    BlockWork made = this->with_bytes({.operations = 2 * least * least * (most - least / 3)},
                                      {.operations = (this->operand(0).is_active() ? 4 : 1) * multiplied});
    made.is_complete = false;
    return made;
  }

 private:
  LeastSquares<T> factors_;
  Dense<T> a_, residual_;
};

}  // namespace linear_detail

/// The X that minimises |A X - B|, for m x n and m x k matrices n x k, by QR with column pivoting. Where many X do, for
/// fewer rows than columns or for a matrix of lower rank, it is the one with the least |X|, by singular values. A
/// column counts as dependent on the others where what it adds to them is below the rounding of its own length,
/// whatever its units. The gradient holds for changes of A that keep its rank: where a change of A would change its
/// rank, X jumps. NaN where an element of A is not finite. Throws ShapeError unless A and B have the same number of
/// rows. Golub and Pereyra (1973).
template <class T>
VarMatrix<T> solve_least_squares(const VarMatrix<T>& a, const VarMatrix<T>& b) {
  using R = MatrixRecorder;
  if (a.rows() != b.rows())
    misuse::different_shapes("solve_least_squares", a.rows(), a.columns(), b.rows(), b.columns(),
                             "both must have the same number of rows");
  return R::on_tape<T>(R::common_tape<T>("solve_least_squares", a, b), [&](Tape<T>& tape) {
    using linear_detail::Dense, linear_detail::times;
    const Layout shape = Layout::dense(a.columns(), b.columns());
    const std::array operands{R::operand(tape, a), R::operand(tape, b)};
    Dense<T> left(operands[0].elements());
    const Dense<T> right(operands[1].elements());
    auto factors = linear_detail::least_squares(left, right);
    Dense<T> residual = linear_detail::difference(right, times<T>(left, factors.solution));
    const std::span<T> x = linear_detail::kept(tape, factors.solution);
    return R::record<linear_detail::LeastSquaresBlock<T>, T>(tape, shape, x, operands, shape, std::move(factors),
                                                             std::move(left), std::move(residual));
  });
}

template <class... X>
  requires MixedMatrices<X...>
auto solve_least_squares(const X&...) {
  return matrix_detail::refuse_mixed<X...>();
}

}  // namespace downhill
