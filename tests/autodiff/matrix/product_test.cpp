// Products of dense, transposed and partial matrices, active and constant.

#include <autodiff/matrix/product.hpp>

#include <cstring>
#include <vector>

#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Grid;
using block_check::numbers;

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

// Keeps the number of threads as it was.
struct Threads {
  std::size_t before = threads();
  explicit Threads(std::size_t count) { set_threads(count); }
  ~Threads() { set_threads(before); }
};

}  // namespace

TEMPLATE_TEST_CASE("products and their adjoints are the same bits on any number of threads", "", float, double) {
  using T = TestType;
  // Around the edges of pieces, and of what is worth more than one thread.
  const std::vector<std::array<std::size_t, 3>> sizes{{241, 30, 187}, {128, 20, 512}, {1, 1050, 1000}, {1050, 1000, 1},
                                                      {239, 20, 240}, {240, 20, 241}, {383, 45, 64},   {6272, 9, 19},
                                                      {192, 30, 192}, {577, 1, 1801}, {97, 110, 101},  {193, 600, 50}};
  const auto bits_of = [](const std::array<std::size_t, 3>& size) {
    const auto [n, k, m] = size;
    Tape<T> tape;
    const auto values = [&](std::size_t count, unsigned seed) {
      const std::vector<double> exact = numbers(count, seed, -1, 1);
      return std::vector<T>(exact.begin(), exact.end());
    };
    const auto a = parameters<T>(tape, values(n * k, 1), n, k), b = parameters<T>(tape, values(k * m, 2), k, m);
    const auto c = parameters<T>(tape, values(n * m, 3), n, m), turned = parameters<T>(tape, values(k * n, 4), k, n);
    const auto y = product(a, b), z = product(turned.transpose(), b);
    std::vector<T> all = tape.gradient(sum(y * c) + sum(z * c)).parameters();
    for (const auto& result : {y, z}) {
      const auto values_of = result.value();
      all.insert(all.end(), values_of.data(), values_of.data() + values_of.size());
    }
    return all;
  };
  for (const auto& size : sizes) {
    CAPTURE(size[0], size[1], size[2]);
    const std::vector<T> alone = bits_of(size);
    for (const std::size_t count : {2u, 7u}) {
      const Threads some(count);
      const std::vector<T> together = bits_of(size);
      CHECK(std::memcmp(alone.data(), together.data(), alone.size() * sizeof(T)) == 0);
    }
  }
}

TEST_CASE("there is one thread unless more are asked for") {
  CHECK(threads() == 1);
  {
    const Threads some(3);
    CHECK((threads() == 3 || threads() == 1));  // 1 without OpenMP
  }
  const Threads all(0);
  CHECK(threads() >= 1);
}

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

TEST_CASE("a matrix times itself, and a product of products") {
  check(
      {{4, 4}}, [](const auto& x) { return product(x[0], x[0]); }, [](const auto& x) { return times(x[0], x[0]); });
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
  const auto p = parameters(tape, numbers(6, 1), 2, 3);
  const Eigen::MatrixXd k = Eigen::MatrixXd::Random(3, 4), l = Eigen::MatrixXd::Random(5, 2);
  CHECK(tape.gradient(sum(product(p, VarMatrix<double>(k))))[p].isApprox(Eigen::MatrixXd::Ones(2, 4) * k.transpose()));
  CHECK(tape.gradient(sum(product(VarMatrix<double>(l), p)))[p].isApprox(l.transpose() * Eigen::MatrixXd::Ones(5, 3)));
  CHECK(tape.gradient(sum(product(VarMatrix<double>(l).block(1, 0, 3, 2), p)))[p].isApprox(
      l.middleRows(1, 3).transpose() * Eigen::MatrixXd::Ones(3, 3)));
}

TEST_CASE("a product over nothing is 0") {
  Tape<double> tape;
  const auto p = parameters(tape, numbers(6, 1), 2, 3);
  const auto empty = product(p.block(0, 0, 2, 0), p.block(0, 0, 0, 3));
  CHECK(empty.value().isZero());
  CHECK(tape.gradient(sum(empty))[p].isZero());
}
