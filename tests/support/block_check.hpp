#pragma once
// Compares a matrix operation with the same operation written out in scalars: on one tape, in forward mode, and in
// float.

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <autodiff/dual.hpp>
#include <autodiff/matrix/var_matrix.hpp>

#include "catch.hpp"
#include "numbers.hpp"

namespace downhill::block_check {

/// The elements of a matrix, as scalars.
template <class X>
struct Grid {
  std::size_t rows, columns;
  std::vector<X> values;

  template <class Element>
  Grid(std::size_t n, std::size_t m, Element&& element) : rows(n), columns(m) {
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < m; ++j) values.push_back(X(element(i, j)));
  }
  const X& operator()(std::size_t i, std::size_t j) const { return values.at(i * columns + j); }
  std::vector<X> row(std::size_t i) const {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i * columns);
    return {begin, begin + static_cast<std::ptrdiff_t>(columns)};
  }
};
template <class T>
Grid<Var<T>> grid(const VarMatrix<T>& m) {
  return {m.rows(), m.columns(), [&](std::size_t i, std::size_t j) { return m(i, j); }};
}

/// One number of all elements, each with a weight of its own.
template <class X>
X weighed(const Grid<X>& m) {
  X sum(0);
  double weight = 0.3;
  for (const X& x : m.values) sum = sum + x * std::sin(weight += 0.7);
  return sum;
}

struct Size {
  std::size_t rows, columns;
};
struct Domain {
  double low = -2, high = 2;
};

/// How the operands lie in memory: as they are, as transposes, or within larger matrices.
enum class Lie { dense, transposed, within };

template <class T>
std::vector<VarMatrix<T>> operands(Tape<T>& tape, const std::vector<Size>& shapes, Lie lie, const Domain& domain) {
  std::vector<VarMatrix<T>> made;
  unsigned seed = 1;
  for (const auto& [rows, columns] : shapes) {
    const auto make = [&](std::size_t n, std::size_t m) {
      std::vector<T> values;
      for (const double x : test::scattered(n * m, seed, domain.low, domain.high)) values.push_back(static_cast<T>(x));
      return parameters(tape, values, n, m);
    };
    if (lie == Lie::dense) made.push_back(make(rows, columns));
    if (lie == Lie::transposed) made.push_back(make(columns, rows).transpose());
    if (lie == Lie::within) made.push_back(make(rows + 2, columns + 3).block(1, 2, rows, columns));
    ++seed;
  }
  return made;
}

/// `block(operands)` gives a VarMatrix of any T, of a vector of them; `expansion(grids)` a Grid of the same number type
/// as that of the grids it is given.
template <class Block, class Expansion>
void check(const std::vector<Size>& shapes, Block&& block, Expansion&& expansion, const Domain& domain = {}) {
  for (const Lie lie : {Lie::dense, Lie::transposed, Lie::within}) {
    CAPTURE(static_cast<int>(lie));
    Tape<double> tape;
    const auto x = operands(tape, shapes, lie, domain);
    const VarMatrix<double> result = block(x);
    std::vector<Grid<Var<double>>> grids;
    for (const auto& m : x) grids.push_back(grid(m));
    const Grid<Var<double>> expanded = expansion(grids);
    REQUIRE(result.rows() == expanded.rows);
    REQUIRE(result.columns() == expanded.columns);
    const auto values = result.value();
    for (std::size_t i = 0; i < expanded.rows; ++i)
      for (std::size_t j = 0; j < expanded.columns; ++j)
        CHECK(values(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) ==
              Catch::Approx(expanded(i, j).value()).epsilon(1e-13).margin(1e-14));
    const auto swept = tape.gradient(weighed(grid(result))), of_scalars = tape.gradient(weighed(expanded));
    const auto gradient = swept.parameters();
    for (std::size_t k = 0; k < gradient.size(); ++k)
      CHECK(gradient[k] == Catch::Approx(of_scalars.parameters()[k]).epsilon(1e-11).margin(1e-12));

    // Forward mode, without a tape: along a random direction.
    const std::vector<double> direction = test::scattered(gradient.size(), 99);
    std::vector<Grid<Dual<double>>> moving;
    double expected = 0;
    for (const auto& m : grids)
      moving.emplace_back(m.rows, m.columns, [&](std::size_t i, std::size_t j) {
        return Dual<double>(m(i, j).value(), direction[m(i, j).slot()]);
      });
    for (std::size_t k = 0; k < gradient.size(); ++k) expected += gradient[k] * direction[k];
    CHECK(weighed(expansion(moving)).tangent() == Catch::Approx(expected).epsilon(1e-11).margin(1e-12));

    Tape<float> rough;
    const VarMatrix<float> in_float = block(operands(rough, shapes, lie, domain));
    const auto of_float = rough.gradient(weighed(grid(in_float)));
    for (std::size_t k = 0; k < gradient.size(); ++k)
      CHECK(static_cast<double>(of_float.parameters()[k]) == Catch::Approx(gradient[k]).epsilon(1e-4).margin(1e-4));
  }
}

}  // namespace downhill::block_check
