// Products of dense, transposed and partial matrices, active and constant.

#include <autodiff/matrix/product.hpp>

#include <vector>

#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Grid;
using test::scattered;

namespace {

template <class X>
Grid<X> times(const Grid<X>& a, const Grid<X>& b) {
  return {a.rows, b.columns, [&](std::size_t i, std::size_t j) {
            X sum(0);
            for (std::size_t k = 0; k < a.columns; ++k) sum = sum + a(i, k) * b(k, j);
            return sum;
          }};
}

const auto transposed = []<class X>(const Grid<X>& a) {
  return Grid<X>(a.columns, a.rows, [&](std::size_t i, std::size_t j) { return a(j, i); });
};

}  // namespace

TEST_CASE("a product is its scalar expansion, with either side transposed") {
  for (const auto& [n, k, m] : std::vector<std::array<std::size_t, 3>>{
           {3, 4, 5}, {1, 4, 5}, {3, 1, 5}, {3, 4, 1}, {1, 1, 1}, {1, 7, 1}, {20, 33, 18}}) {
    check(
        {{n, k}, {k, m}}, [](const auto& x) { return product(x[0], x[1]); },
        [](const auto& x) { return times(x[0], x[1]); });
    check(
        {{k, n}, {k, m}}, [](const auto& x) { return product(x[0].transpose(), x[1]); },
        [](const auto& x) { return times(transposed(x[0]), x[1]); });
    check(
        {{n, k}, {m, k}}, [](const auto& x) { return product(x[0], x[1].transpose()); },
        [](const auto& x) { return times(x[0], transposed(x[1])); });
  }
}

TEST_CASE("a matrix may be multiplied by itself, and a product by another") {
  check({{4, 4}}, [](const auto& x) { return product(x[0], x[0]); }, [](const auto& x) { return times(x[0], x[0]); });
  check(
      {{4, 3}}, [](const auto& x) { return product(x[0], x[0].transpose()); },
      [](const auto& x) { return times(x[0], transposed(x[0])); });
  check(
      {{2, 3}, {3, 4}, {4, 2}}, [](const auto& x) { return product(product(x[0], x[1]), x[2]); },
      [](const auto& x) { return times(times(x[0], x[1]), x[2]); });
}

TEST_CASE("X W + b is its scalar expansion") {
  check(
      {{7, 3}, {3, 18}, {1, 18}}, [](const auto& x) { return affine(x[0], x[1], x[2]); },
      []<class X>(const std::vector<Grid<X>>& x) {
        const Grid<X> xw = times(x[0], x[1]);
        return Grid<X>(7, 18, [&](std::size_t i, std::size_t j) { return xw(i, j) + x[2](0, j); });
      });
}

TEST_CASE("a constant factor, on either side, gives the other its gradient and takes none") {
  Tape<double> tape;
  const auto p = parameters(tape, scattered(6, 1), 2, 3);
  const Eigen::MatrixXd k = Eigen::MatrixXd::Random(3, 4), l = Eigen::MatrixXd::Random(5, 2);
  CHECK(tape.gradient(sum(product(p, VarMatrix<double>(k))))[p].isApprox(Eigen::MatrixXd::Ones(2, 4) * k.transpose()));
  CHECK(tape.gradient(sum(product(VarMatrix<double>(l), p)))[p].isApprox(l.transpose() * Eigen::MatrixXd::Ones(5, 3)));
  CHECK(tape.gradient(sum(product(VarMatrix<double>(l).block(1, 0, 3, 2), p)))[p].isApprox(
      l.middleRows(1, 3).transpose() * Eigen::MatrixXd::Ones(3, 3)));
}

TEST_CASE("a product over nothing is 0") {
  Tape<double> tape;
  const auto p = parameters(tape, scattered(6, 1), 2, 3);
  const auto empty = product(p.block(0, 0, 2, 0), p.block(0, 0, 0, 3));
  CHECK(empty.value().isZero());
  CHECK(tape.gradient(sum(empty))[p].isZero());
}
