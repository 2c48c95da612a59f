#pragma once
/// \file
/// Elimination: P A = L U by partial pivoting, P A Q = L U by complete pivoting, A = L L'. The pivots are chosen by
/// their values, and no step is left out where a value is 0, so that numbers that carry derivatives go through as they
/// are. Golub and Van Loan, "Matrix Computations" (2013), chapters 3 and 4.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include <autodiff/dual.hpp>
#include <autodiff/linear_algebra/dense.hpp>

namespace downhill::linear_detail {

/// The plain number within, without its sign.
template <class T>
auto magnitude(const T& x) {
  if constexpr (AnyDual<T>)
    return magnitude(x.value());
  else
    return std::abs(x);
}

// ---- partial pivoting

/// Row i of L U, which stand in one matrix without L's ones, is row source[i] of A.
template <class T>
struct Lu {
  Dense<T> factors;
  std::vector<std::size_t> source;
};

template <class T>
void eliminate(Dense<T>& a, std::vector<std::size_t>& source) {
  const std::size_t n = a.rows;
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i)
      if (magnitude(a(i, k)) > magnitude(a(pivot, k))) pivot = i;
    if (pivot != k) {
      std::swap(source[k], source[pivot]);
      for (std::size_t j = 0; j < n; ++j) std::swap(a(k, j), a(pivot, j));
    }
    for (std::size_t i = k + 1; i < n; ++i) {
      a(i, k) = a(i, k) / a(k, k);
      for (std::size_t j = k + 1; j < n; ++j) a(i, j) = a(i, j) - a(i, k) * a(k, j);
    }
  }
}
/// Through Eigen.
template <std::floating_point T>
void eliminate(Dense<T>& a, std::vector<std::size_t>& source);
extern template void eliminate(Dense<double>&, std::vector<std::size_t>&);
extern template void eliminate(Dense<float>&, std::vector<std::size_t>&);

template <class T>
Lu<T> lu_of(const Elements<const T>& a) {
  Lu<T> lu{Dense<T>(a), std::vector<std::size_t>(a.layout.rows)};
  std::iota(lu.source.begin(), lu.source.end(), std::size_t{0});
  eliminate(lu.factors, lu.source);
  return lu;
}

/// Row i of x -= factor * its row k.
template <class T>
void subtract_row(Dense<T>& x, std::size_t i, std::size_t k, const T& factor) {
  for (std::size_t j = 0; j < x.columns; ++j) x(i, j) = x(i, j) - factor * x(k, j);
}
template <class T>
void divide_row(Dense<T>& x, std::size_t i, const T& by) {
  for (std::size_t j = 0; j < x.columns; ++j) x(i, j) = x(i, j) / by;
}

/// A^-1 b.
template <class T>
Dense<T> solve(const Lu<T>& lu, const Elements<const T>& b) {
  const Dense<T>& f = lu.factors;
  Dense<T> x(f.rows, b.layout.columns);
  for_each_element(x.layout(), [&](std::size_t i, std::size_t j) { x(i, j) = b(lu.source[i], j); });
  for (std::size_t i = 0; i < f.rows; ++i)
    for (std::size_t k = 0; k < i; ++k) subtract_row(x, i, k, f(i, k));
  for (std::size_t i = f.rows; i-- > 0;) {
    for (std::size_t k = i + 1; k < f.rows; ++k) subtract_row(x, i, k, f(i, k));
    divide_row(x, i, f(i, i));
  }
  return x;
}
/// A'^-1 b.
template <class T>
Dense<T> solve_transposed(const Lu<T>& lu, const Elements<const T>& b) {
  const Dense<T>& f = lu.factors;
  Dense<T> y(b);
  for (std::size_t i = 0; i < f.rows; ++i) {
    for (std::size_t k = 0; k < i; ++k) subtract_row(y, i, k, f(k, i));
    divide_row(y, i, f(i, i));
  }
  for (std::size_t i = f.rows; i-- > 0;)
    for (std::size_t k = i + 1; k < f.rows; ++k) subtract_row(y, i, k, f(k, i));
  Dense<T> x(y.rows, y.columns);
  for_each_element(x.layout(), [&](std::size_t i, std::size_t j) { x(lu.source[i], j) = y(i, j); });
  return x;
}

// ---- A = L L'

template <class T>
Dense<T> cholesky(Dense<T> a) {
  using std::sqrt;
  const std::size_t n = a.rows;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      T rest = a(i, j);
      for (std::size_t k = 0; k < j; ++k) rest = rest - a(i, k) * a(j, k);
      a(i, j) = i == j ? T(sqrt(rest)) : T(rest / a(j, j));
    }
    for (std::size_t j = i + 1; j < n; ++j) a(i, j) = T(0);
  }
  return a;
}
/// x <- L'^-1 x.
template <class T>
void solve_transposed_triangle(const Dense<T>& l, Dense<T>& x) {
  for (std::size_t i = l.rows; i-- > 0;) {
    for (std::size_t k = i + 1; k < l.rows; ++k) subtract_row(x, i, k, l(k, i));
    divide_row(x, i, l(i, i));
  }
}

}  // namespace downhill::linear_detail
