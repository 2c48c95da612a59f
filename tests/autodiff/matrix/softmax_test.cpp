#include <autodiff/matrix/softmax.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <autodiff/matrix.hpp>
#include <autodiff/ranges.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Grid;
using block_check::Size;

namespace {

template <class X>
X log_sum(const std::vector<X>& x) {
  X sum(0);
  for (const X& value : x) sum = sum + exp(value);
  return log(sum);
}

}  // namespace

TEST_CASE("softmax, its logarithm and the logarithm of the sum are their scalar expansions") {
  for (const Size& shape : {Size{3, 4}, {1, 1}, {2, 50}, {9, 1}}) {
    check(
        {shape}, [](const auto& x) { return log_softmax(x[0]); },
        []<class X>(const std::vector<Grid<X>>& x) {
          return Grid<X>(x[0].rows, x[0].columns,
                         [&](std::size_t i, std::size_t j) { return x[0](i, j) - log_sum(x[0].row(i)); });
        });
    check(
        {shape}, [](const auto& x) { return softmax(x[0]); },
        []<class X>(const std::vector<Grid<X>>& x) {
          return Grid<X>(x[0].rows, x[0].columns,
                         [&](std::size_t i, std::size_t j) { return exp(x[0](i, j) - log_sum(x[0].row(i))); });
        });
    check(
        {shape}, [](const auto& x) { return log_sum_exp_of_rows(x[0]); },
        []<class X>(const std::vector<Grid<X>>& x) {
          return Grid<X>(x[0].rows, 1, [&](std::size_t i, std::size_t) { return log_sum(x[0].row(i)); });
        });
  }
}

TEST_CASE("logits of any size overflow nowhere, and a softmax sums to 1 with slopes that sum to 0") {
  Tape<double> tape;
  const auto x = parameters(tape, std::vector<double>{1e4, 1e4 - 1, -1e4, -1e300, 0, 1e-300}, 2, 3);
  const auto p = softmax(x).value();
  CHECK(p(0, 0) == Catch::Approx(1 / (1 + std::exp(-1.0))).epsilon(1e-15));
  CHECK(p(1, 0) == 0);
  CHECK(p.row(0).sum() == Catch::Approx(1).epsilon(1e-15));
  const auto slopes = tape.gradient(softmax(x)(0, 1))[x];
  CHECK(slopes.row(0).sum() == Catch::Approx(0).margin(1e-15));
  CHECK(log_sum_exp_of_rows(x)(0, 0).value() == Catch::Approx(1e4 + std::log1p(std::exp(-1.0))).epsilon(1e-15));
}

TEST_CASE("a class that is ruled out has the probability 0, and a row of them alone no number") {
  const double inf = std::numeric_limits<double>::infinity();
  Tape<double> tape;
  const auto x = parameters(tape, std::vector<double>{-inf, 0, 0, -inf, -inf, -inf}, 2, 3);
  CHECK(softmax(x)(0, 0).value() == 0);
  CHECK(softmax(x)(0, 1).value() == 0.5);
  CHECK(tape.gradient(softmax(x)(0, 1))[x](0, 0) == 0);
  CHECK(log_softmax(x)(0, 0).value() == -inf);
  CHECK(log_sum_exp_of_rows(x)(1, 0).value() == -inf);
  CHECK(std::isnan(softmax(x)(1, 0).value()));
  CHECK_THROWS_AS(log_sum_exp_of_rows(x.block(0, 0, 2, 0)), ShapeError);
}

TEST_CASE("where the largest element is infinite, the logarithm of the sum is that of the ranges") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::vector<double>& row : {std::vector<double>{infinity, 0, infinity},
                                         {-infinity, -infinity, -infinity},
                                         {1, infinity, -infinity},
                                         {-infinity, 2, 1},
                                         {infinity, nan, 1},
                                         {-infinity, nan, -infinity}}) {
    Tape<double> tape;
    const auto x = parameters(tape, row, 1, 3);
    std::vector<Var<double>> numbers;
    for (const double number : row) numbers.push_back(tape.variable(number));
    const auto y = log_sum_exp_of_rows(x)(0, 0), z = log_sum_exp(numbers);
    const auto of_matrix = tape.gradient(y)[x];
    const auto g = tape.gradient(z);
    CAPTURE(row, y.value(), z.value());
    CHECK((y.value() == z.value() || (y.value() != y.value() && z.value() != z.value())));
    if (z.value() != z.value()) continue;
    for (std::size_t j = 0; j < 3; ++j)
      CHECK(of_matrix(0, static_cast<Eigen::Index>(j)) == Catch::Approx(g[numbers[j]]).margin(0));
  }
}
