#pragma once
/// \file
/// Factors that need iterations or decisions: eigenvectors, singular vectors, the pseudo-inverse. For plain numbers
/// Eigen computes them; for Duals they are made from the factors of the values, by the derivatives of the factors.
/// (Eigen's own algorithms, given numbers that carry derivatives, lose them where an element is exactly 0: see
/// eigen.hpp.)

#include <array>
#include <concepts>
#include <cstddef>
#include <vector>

#include <autodiff/dual.hpp>
#include <autodiff/linear_algebra/elimination.hpp>

namespace downhill::linear_detail {

/// A = V diag(values) V', the values in ascending order.
template <class T>
struct SymmetricEigen {
  std::vector<T> values;
  Dense<T> vectors;  // a column each
};
/// A = U diag(values) V', the values in descending order, as many as the smaller of rows and columns.
template <class T>
struct ThinSvd {
  Dense<T> left;  // a column each
  std::vector<T> values;
  Dense<T> right;
};
/// X = A^+ B, the least of those that minimise |A X - B|.
template <class T>
struct LeastSquares {
  Dense<T> solution, pseudo_inverse;
  std::size_t rank = 0;
};

template <std::floating_point T>
SymmetricEigen<T> symmetric_eigen(const Dense<T>& a);
template <std::floating_point T>
ThinSvd<T> thin_svd(const Dense<T>& a);
template <std::floating_point T>
LeastSquares<T> least_squares(const Dense<T>& a, const Dense<T>& b);
extern template SymmetricEigen<double> symmetric_eigen(const Dense<double>&);
extern template SymmetricEigen<float> symmetric_eigen(const Dense<float>&);
extern template ThinSvd<double> thin_svd(const Dense<double>&);
extern template ThinSvd<float> thin_svd(const Dense<float>&);
extern template LeastSquares<double> least_squares(const Dense<double>&, const Dense<double>&);
extern template LeastSquares<float> least_squares(const Dense<float>&, const Dense<float>&);

// ---- Duals: the factors of the values, and how they move with A

template <class D>
using ValueOf = typename D::value_type;

template <AnyDual D>
Dense<ValueOf<D>> value_of(const Dense<D>& x) {
  Dense<ValueOf<D>> values(x.rows, x.columns);
  for (std::size_t k = 0; k < x.values.size(); ++k) values.values[k] = x.values[k].value();
  return values;
}
template <AnyDual D>
Dense<ValueOf<D>> tangent_of(const Dense<D>& x, std::size_t direction) {
  Dense<ValueOf<D>> tangents(x.rows, x.columns);
  for (std::size_t k = 0; k < x.values.size(); ++k) tangents.values[k] = x.values[k].tangent(direction);
  return tangents;
}
/// The numbers x with these tangents, which are given direction by direction.
template <AnyDual D>
std::vector<D> joined(const std::vector<ValueOf<D>>& x,
                      const std::array<std::vector<ValueOf<D>>, D::directions>& tangents) {
  std::vector<D> all;
  for (std::size_t k = 0; k < x.size(); ++k) {
    std::array<ValueOf<D>, D::directions> moves;
    for (std::size_t d = 0; d < D::directions; ++d) moves[d] = tangents[d][k];
    all.push_back(D(x[k], moves));
  }
  return all;
}
template <AnyDual D>
Dense<D> joined(const Dense<ValueOf<D>>& x, const std::array<std::vector<ValueOf<D>>, D::directions>& tangents) {
  Dense<D> all;
  all.rows = x.rows, all.columns = x.columns;
  all.values = joined<D>(x.values, tangents);
  return all;
}
/// a / b, and 0 where a is 0, whatever b is.
template <class T>
T quotient(const T& a, const T& b) {
  return downhill::is_zero(a) ? T(0) : T(a / b);
}

/// With M = V' dA V: d value_i = M_ii, dV = V F, F_ij = M_ij / (value_j - value_i). Giles, section 3.1.
template <AnyDual D>
SymmetricEigen<D> symmetric_eigen(const Dense<D>& a) {
  using S = ValueOf<D>;
  const SymmetricEigen<S> of = symmetric_eigen(value_of(a));
  std::array<std::vector<S>, D::directions> of_values, of_vectors;
  for (std::size_t d = 0; d < D::directions; ++d) {
    Dense<S> m = times<S>(of.vectors.transposed(), times<S>(tangent_of(a, d), of.vectors));
    for (std::size_t i = 0; i < m.rows; ++i) of_values[d].push_back(m(i, i));
    for_each_element(m.layout(), [&](std::size_t i, std::size_t j) {
      m(i, j) = i == j ? S(0) : quotient<S>(m(i, j), of.values[j] - of.values[i]);
    });
    of_vectors[d] = times<S>(of.vectors, m).values;
  }
  return {joined<D>(of.values, of_values), joined<D>(of.vectors, of_vectors)};
}

/// With s the values and M = U' dA V: d s_i = M_ii (0 where s_i is), dV = V F + N_V, dU = U G + N_U, where
/// F_ij = (s_i M_ij + M_ji s_j) / (s_j² - s_i²), G_ij = (M_ij s_j + s_i M_ji) / (s_j² - s_i²), and N the part outside
/// the span, N_U = (I - U U') dA V S^-1, N_V = (I - V V') dA' U S^-1.
template <AnyDual D>
ThinSvd<D> thin_svd(const Dense<D>& a) {
  using S = ValueOf<D>;
  const ThinSvd<S> of = thin_svd(value_of(a));
  const std::vector<S>& s = of.values;
  std::array<std::vector<S>, D::directions> of_left, of_values, of_right;
  // What x, moved by moving / s, gains outside its span and by the rotation.
  const auto moved = [&](const Dense<S>& x, const Dense<S>& moving, const Dense<S>& rotation) {
    Dense<S> outside = difference(moving, times<S>(x, times<S>(x.transposed(), moving)));
    const Dense<S> inside = times<S>(x, rotation);
    for_each_element(outside.layout(), [&](std::size_t i, std::size_t j) {
      outside(i, j) = quotient<S>(outside(i, j), s[j]) + inside(i, j);
    });
    return outside;
  };
  for (std::size_t d = 0; d < D::directions; ++d) {
    const Dense<S> moves = tangent_of(a, d);
    const Dense<S> of_v = times<S>(moves, of.right), of_u = times<S>(moves.transposed(), of.left);
    const Dense<S> m = times<S>(of.left.transposed(), of_v);
    Dense<S> f(s.size(), s.size()), g = f;
    for_each_element(m.layout(), [&](std::size_t i, std::size_t j) {
      if (i == j) return of_values[d].push_back(magnitude(s[i]) == 0 ? S(0) : m(i, i));
      const S gap = (s[j] - s[i]) * (s[j] + s[i]);
      f(i, j) = quotient<S>(s[i] * m(i, j) + m(j, i) * s[j], gap);
      g(i, j) = quotient<S>(m(i, j) * s[j] + s[i] * m(j, i), gap);
    });
    // A square factor spans all there is, and what is outside would be rounding.
    const auto without_outside = [](const Dense<S>& x, const Dense<S>& moving) {
      return x.rows == x.columns ? Dense<S>(x.rows, x.columns) : moving;
    };
    of_left[d] = moved(of.left, without_outside(of.left, of_v), g).values;
    of_right[d] = moved(of.right, without_outside(of.right, of_u), f).values;
  }
  return {joined<D>(of.left, of_left), joined<D>(s, of_values), joined<D>(of.right, of_right)};
}

/// dX = P (dB - dA X) + P P' dA' (B - A X) + (I - P A) dA' P' X with P = A^+, of which the second term is 0 for a
/// matrix of full row rank and the third for one of full column rank. Golub and Pereyra, "The differentiation of
/// pseudo-inverses and nonlinear least squares problems whose variables separate", SIAM J. Numer. Anal. 10 (1973).
template <AnyDual D>
LeastSquares<D> least_squares(const Dense<D>& a, const Dense<D>& b) {
  using S = ValueOf<D>;
  const Dense<S> of_a = value_of(a), of_b = value_of(b);
  const LeastSquares<S> of = least_squares(of_a, of_b);
  const Dense<S>&p = of.pseudo_inverse, &x = of.solution;
  std::array<std::vector<S>, D::directions> of_solution, of_inverse;
  // Of X = P B, or of P itself, where B is the identity.
  const auto moved = [&](const Dense<S>& moves, const Dense<S>& y, const Dense<S>& first,
                         const Dense<S>& transposed_rest) {
    Dense<S> sum = first;  // P (dB - dA X)
    if (of.rank < a.rows)
      add(times<S>(p, times<S>(p.transposed(), transposed_rest)), 1, Elements<S>{sum.values.data(), sum.layout()});
    if (of.rank < a.columns) {
      const Dense<S> t = times<S>(moves.transposed(), times<S>(p.transposed(), y));
      add(difference(t, times<S>(p, times<S>(of_a, t))), 1, Elements<S>{sum.values.data(), sum.layout()});
    }
    return sum;
  };
  for (std::size_t d = 0; d < D::directions; ++d) {
    const Dense<S> moves = tangent_of(a, d);
    const Dense<S> residual = difference(of_b, times<S>(of_a, x));
    of_solution[d] = moved(moves, x, times<S>(p, difference(tangent_of(b, d), times<S>(moves, x))),
                           times<S>(moves.transposed(), residual))
                         .values;
    const Dense<S> transposed(moves.transposed());
    Dense<S> first = times<S>(p, times<S>(moves, p));
    for (S& value : first.values) value = -value;
    of_inverse[d] = moved(moves, p, first, difference(transposed, times<S>(times<S>(transposed, of_a), p))).values;
  }
  return {joined<D>(x, of_solution), joined<D>(p, of_inverse), of.rank};
}

}  // namespace downhill::linear_detail
