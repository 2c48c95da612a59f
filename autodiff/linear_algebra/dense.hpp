#pragma once
/// \file
/// A matrix that an operation of linear algebra computes with: its elements, row after row, of any number type.

#include <concepts>
#include <cstddef>
#include <vector>

#include <autodiff/matrix/kernel.hpp>
#include <autodiff/matrix/layout.hpp>
#include <autodiff/matrix/product.hpp>

namespace downhill::linear_detail {

template <class T>
struct Dense {
  std::size_t rows = 0, columns = 0;
  std::vector<T> values;

  Dense() = default;
  Dense(std::size_t n, std::size_t m) : rows(n), columns(m), values(n * m, T(0)) {}
  explicit Dense(const Elements<const T>& x) : Dense(x.layout.rows, x.layout.columns) {
    for_each_element(x.layout, [&](std::size_t i, std::size_t j) { (*this)(i, j) = x(i, j); });
  }
  static Dense identity(std::size_t n) {
    Dense x(n, n);
    for (std::size_t i = 0; i < n; ++i) x(i, i) = T(1);
    return x;
  }

  T& operator()(std::size_t i, std::size_t j) { return values[i * columns + j]; }
  const T& operator()(std::size_t i, std::size_t j) const { return values[i * columns + j]; }
  Layout layout() const { return Layout::dense(rows, columns); }
  Elements<const T> elements() const { return {values.data(), layout()}; }
  Elements<const T> transposed() const { return elements().transposed(); }
};

template <class T>
Elements<const T> elements_of(const Dense<T>& x) {
  return x.elements();
}
template <class T>
Elements<const T> elements_of(const Elements<const T>& x) {
  return x;
}

/// a b. Of nested numbers a tangent that is NaN stays, though it meets a 0: it is not known.
template <class T, class A, class B>
Dense<T> times(const A& a, const B& b) {
  const Elements<const T> left = elements_of(a), right = elements_of(b);
  Dense<T> c(left.layout.rows, right.layout.columns);
  if constexpr (std::floating_point<T>)
    matrix_detail::add_product<T>(left, right, {c.values.data(), c.layout()});
  else
    for_each_element(c.layout(), [&](std::size_t i, std::size_t j) {
      for (std::size_t k = 0; k < left.layout.columns; ++k) c(i, j) = c(i, j) + known_product(left(i, k), right(k, j));
    });
  return c;
}
/// to += scale x.
template <class T>
void add(const Dense<T>& x, double scale, const Elements<T>& to) {
  for_each_element(to.layout, [&](std::size_t i, std::size_t j) { to(i, j) = to(i, j) + x(i, j) * T(scale); });
}
template <class T>
Dense<T> difference(Dense<T> x, const Dense<T>& y) {
  for (std::size_t k = 0; k < x.values.size(); ++k) x.values[k] = x.values[k] - y.values[k];
  return x;
}
/// (A + A') / 2, and A itself, exactly, where it is symmetric.
template <class T>
Dense<T> symmetric_part(const Elements<const T>& a) {
  Dense<T> s(a.layout.rows, a.layout.columns);
  for_each_element(s.layout(), [&](std::size_t i, std::size_t j) { s(i, j) = a(i, j) / T(2) + a(j, i) / T(2); });
  return s;
}

}  // namespace downhill::linear_detail
