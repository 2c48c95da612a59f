#pragma once
/// \file
/// The determinant and the adjugate, which is its gradient for every matrix, singular ones too.

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/linear_algebra/elimination.hpp>
#include <autodiff/matrix/var_matrix.hpp>

namespace downhill {

namespace linear_detail {

/// The product of n numbers f(k), which are ordered from large to small. Factors are taken from either end, so that the
/// product stays away from overflow and underflow.
template <class T, class F>
T balanced_product(std::size_t n, F&& f) {
  T product(1);
  for (std::size_t low = 0, high = n; low < high;) product = product * (magnitude(product) > 1 ? f(--high) : f(low++));
  return product;
}

/// The determinant without a division: Bird, "A simple division-free algorithm for computing determinants", Inf. Proc.
/// Letters 111 (2011).
template <class T>
T determinant_without_division(const Dense<T>& a) {
  const std::size_t n = a.rows;
  Dense<T> f = a;
  for (std::size_t step = 1; step < n; ++step) {
    T trace(0);
    for (std::size_t i = n; i-- > 0;) {
      const T diagonal = f(i, i);
      for (std::size_t j = 0; j < i; ++j) f(i, j) = T(0);
      f(i, i) = -trace;
      trace = trace + diagonal;
    }
    f = times<T>(f, a);
  }
  return n % 2 == 1 ? f(0, 0) : -f(0, 0);
}

template <class T>
Dense<T> adjugate_without_division(const Dense<T>& a) {
  Dense<T> adjugate(a.rows, a.rows);
  if (a.rows == 1) adjugate(0, 0) = T(1);
  if (a.rows < 2 || std::floating_point<T>) return adjugate;  // of zeros
  for_each_element(a.layout(), [&](std::size_t row, std::size_t column) {
    Dense<T> minor(a.rows - 1, a.rows - 1);
    for_each_element(minor.layout(), [&](std::size_t i, std::size_t j) {
      minor(i, j) = a(i + (i >= row ? 1 : 0), j + (j >= column ? 1 : 0));
    });
    const T cofactor = determinant_without_division(minor);
    adjugate(column, row) = (row + column) % 2 == 0 ? cofactor : -cofactor;
  });
  return adjugate;
}

/// P A Q = [L 0; M I] [U R; 0 S], where S has one row, or more if they are zeros: nothing is ever divided by S, so that
/// a singular matrix is no special case.
template <class T>
class CompletePivoting {
 public:
  explicit CompletePivoting(const Elements<const T>& a) : f_(a), row_(f_.rows), column_(f_.rows) {
    std::iota(row_.begin(), row_.end(), std::size_t{0});
    std::iota(column_.begin(), column_.end(), std::size_t{0});
    while (done_ + 1 < f_.rows && bring_largest()) {
      const std::size_t k = done_++;
      for (std::size_t i = k + 1; i < f_.rows; ++i) {
        f_(i, k) = f_(i, k) / f_(k, k);
        for (std::size_t j = k + 1; j < f_.rows; ++j) f_(i, j) = f_(i, j) - f_(i, k) * f_(k, j);
      }
    }
    rest_ = Dense<T>(f_.rows - done_, f_.rows - done_);
    for_each_element(rest_.layout(), [&](std::size_t i, std::size_t j) { rest_(i, j) = f_(done_ + i, done_ + j); });
  }

  T determinant() const {
    if (f_.rows == 0) return T(1);
    if (rest_.rows > 1) return signed_by(pivots() * determinant_without_division(rest_));
    return signed_by(balanced_product<T>(f_.rows, [&](std::size_t k) { return f_(k, k); }));
  }

  /// adj([U R; 0 S]) = |U| [|S| U^-1, -U^-1 R adj(S); 0, adj(S)], times the inverse of [L 0; M I].
  Dense<T> adjugate() const {
    const std::size_t n = f_.rows;
    Dense<T> x(n, n);
    if (n == 0) return x;
    const T of_pivots = pivots();
    const T of_rest = of_pivots * determinant_without_division(rest_);
    const Dense<T> inner = adjugate_without_division(rest_);
    for (std::size_t i = 0; i < done_; ++i) x(i, i) = of_rest;
    for_each_element(inner.layout(),
                     [&](std::size_t i, std::size_t j) { x(done_ + i, done_ + j) = of_pivots * inner(i, j); });
    for (std::size_t i = done_; i-- > 0;) {
      for (std::size_t k = i + 1; k < n; ++k) subtract_row(x, i, k, f_(i, k));
      divide_row(x, i, f_(i, i));
    }
    for (std::size_t j = done_; j-- > 0;)
      for (std::size_t k = j + 1; k < n; ++k)
        for (std::size_t i = 0; i < n; ++i) x(i, j) = x(i, j) - x(i, k) * f_(k, j);
    Dense<T> adjugate(n, n);
    for_each_element(x.layout(),
                     [&](std::size_t i, std::size_t j) { adjugate(column_[i], row_[j]) = signed_by(x(i, j)); });
    return adjugate;
  }

 private:
  // Brings the largest of what is left to the front. False where all of it is 0.
  bool bring_largest() {
    const std::size_t n = f_.rows, k = done_;
    std::size_t row = k, column = k;
    for (std::size_t i = k; i < n; ++i)
      for (std::size_t j = k; j < n; ++j)
        if (!(magnitude(f_(i, j)) <= magnitude(f_(row, column)))) row = i, column = j;
    if (magnitude(f_(row, column)) == 0) return false;
    odd_ ^= (row != k) ^ (column != k);
    std::swap(row_[k], row_[row]);
    std::swap(column_[k], column_[column]);
    for (std::size_t j = 0; row != k && j < n; ++j) std::swap(f_(k, j), f_(row, j));
    for (std::size_t i = 0; column != k && i < n; ++i) std::swap(f_(i, k), f_(i, column));
    return true;
  }
  T pivots() const {
    return balanced_product<T>(done_, [&](std::size_t k) { return f_(k, k); });
  }
  T signed_by(const T& x) const { return odd_ ? -x : x; }

  Dense<T> f_, rest_;
  std::vector<std::size_t> row_, column_;
  std::size_t done_ = 0;
  bool odd_ = false;
};

template <class T>
class DeterminantBlock final : public matrix_detail::OperandBlock<T, 1> {
 public:
  DeterminantBlock(const std::array<matrix_detail::Operand<T>, 1>& a, CompletePivoting<T> factors)
      : matrix_detail::OperandBlock<T, 1>(a, Layout::dense(1, 1)), factors_(std::move(factors)) {}
  std::string_view name() const override { return "determinant"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const T g = adjoint[first];
    if (downhill::is_zero(g)) return;
    const Dense<T> adjugate = factors_.adjugate();
    const Elements<T> to = this->operand(0).in(adjoint);
    for_each_element(to.layout, [&](std::size_t i, std::size_t j) { to(i, j) = to(i, j) + g * adjugate(j, i); });
  }
  // The largest is looked for before each step of the elimination; the adjugate is two systems with n right sides.
  BlockWork work(std::size_t) const override {
    const auto n = static_cast<double>(this->operand(0).layout.rows), cube = n * n * n;
    return this->with_bytes({.operations = 2 * cube / 3 + cube / 3}, {.operations = 2 * cube});
  }

 private:
  CompletePivoting<T> factors_;
};

template <class T>
class LogDeterminantBlock final : public matrix_detail::OperandBlock<T, 1> {
 public:
  LogDeterminantBlock(const std::array<matrix_detail::Operand<T>, 1>& a, Lu<T> lu)
      : matrix_detail::OperandBlock<T, 1>(a, Layout::dense(1, 1)), lu_(std::move(lu)) {}
  std::string_view name() const override { return "log_determinant"; }
  void pull_back(std::size_t first, T* adjoint) const override {
    const T g = adjoint[first];
    if (downhill::is_zero(g)) return;
    const Dense<T> inverse = solve_transposed(lu_, Dense<T>::identity(lu_.factors.rows).elements());
    const Elements<T> to = this->operand(0).in(adjoint);
    for_each_element(to.layout, [&](std::size_t i, std::size_t j) { to(i, j) = to(i, j) + g * inverse(i, j); });
  }
  BlockWork work(std::size_t) const override {
    const auto n = static_cast<double>(this->operand(0).layout.rows), cube = n * n * n;
    return this->with_bytes({.operations = 2 * cube / 3, .functions = n}, {.operations = 2 * cube});
  }

 private:
  Lu<T> lu_;
};

}  // namespace linear_detail

/// |A|, of a square matrix, by complete pivoting; 1 for 0 x 0. Its gradient is the adjugate, transposed: exact for
/// singular matrices too, where |A| A'^-1 would be 0 times infinity. Throws ShapeError unless A is square. Giles,
/// section 2.2.4; Magnus and Neudecker, "Matrix Differential Calculus" (2019), section 8.3.
template <class T>
Var<T> determinant(const VarMatrix<T>& a) {
  using R = MatrixRecorder;
  if (a.rows() != a.columns()) misuse::not_square("determinant", a.rows(), a.columns());
  if (a.rows() == 0) return Var<T>(T(1));
  return R::scalar(R::on_tape<T>(a.tape(), [&](Tape<T>& tape) {
    const std::array operands{R::operand(tape, a)};
    linear_detail::CompletePivoting<T> factors(operands[0].elements());
    const std::span<T> value = R::memory<T>(tape, 1);
    value[0] = factors.determinant();
    return R::record<linear_detail::DeterminantBlock<T>, T>(tape, Layout::dense(1, 1), value, operands,
                                                            std::move(factors));
  }));
}

/// log |det A|: the logarithm of the size, whatever the sign, without the overflow of the determinant; 0 for 0 x 0, and
/// -infinity for a singular matrix. Its gradient is A'^-1. Throws ShapeError unless A is square.
template <class T>
Var<T> log_determinant(const VarMatrix<T>& a) {
  using R = MatrixRecorder;
  if (a.rows() != a.columns()) misuse::not_square("log_determinant", a.rows(), a.columns());
  if (a.rows() == 0) return Var<T>(T(0));
  return R::scalar(R::on_tape<T>(a.tape(), [&](Tape<T>& tape) {
    using std::abs, std::log;
    const std::array operands{R::operand(tape, a)};
    linear_detail::Lu<T> lu = linear_detail::lu_of(operands[0].elements());
    const std::span<T> value = R::memory<T>(tape, 1);
    value[0] = T(0);
    for (std::size_t i = 0; i < a.rows(); ++i) value[0] = value[0] + log(abs(lu.factors(i, i)));
    return R::record<linear_detail::LogDeterminantBlock<T>, T>(tape, Layout::dense(1, 1), value, operands,
                                                               std::move(lu));
  }));
}

}  // namespace downhill
