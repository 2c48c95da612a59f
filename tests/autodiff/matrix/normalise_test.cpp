#include <autodiff/matrix/normalise.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Grid;
using block_check::Size;
using test::scattered;

TEST_CASE("layer normalisation is its scalar expansion") {
  for (const Size& shape : {Size{3, 4}, {1, 40}, {5, 1}}) {
    const std::size_t m = shape.columns;
    check(
        {shape, {1, m}, {1, m}}, [](const auto& x) { return layer_norm(x[0], x[1], x[2]); },
        [&]<class X>(const std::vector<Grid<X>>& x) {
          return Grid<X>(shape.rows, m, [&](std::size_t i, std::size_t j) {
            X mean(0), variance(0);
            for (const X& value : x[0].row(i)) mean = mean + value / static_cast<double>(m);
            for (const X& value : x[0].row(i)) variance = variance + square(value - mean) / static_cast<double>(m);
            return x[1](0, j) * (x[0](i, j) - mean) / sqrt(variance + 1e-5) + x[2](0, j);
          });
        });
  }
}

TEMPLATE_TEST_CASE("layer normalisation is right far from 0, and for huge and tiny numbers", "", float, double) {
  using T = TestType;
  const auto normal = [](const std::vector<T>& x, double epsilon) {
    const Eigen::MatrixXd ones = Eigen::MatrixXd::Ones(1, static_cast<Eigen::Index>(x.size()));
    return layer_norm(VarMatrix<T>::constant(x, 1, x.size()), VarMatrix<T>(ones), VarMatrix<T>(0 * ones), epsilon)
        .value();
  };
  const auto expected = [](const std::vector<T>& x, long double epsilon) {
    std::vector<long double> u;
    long double mean = 0, variance = 0;
    const long double n = static_cast<long double>(x.size());
    for (const T value : x) mean += (value - static_cast<long double>(x[0])) / n;
    for (const T value : x)
      u.push_back(value - static_cast<long double>(x[0]) - mean), variance += u.back() * u.back() / n;
    for (long double& value : u) value /= std::sqrt(variance + epsilon);
    return u;
  };
  const auto agree = [&](const std::vector<T>& x, double epsilon) {
    const auto got = normal(x, epsilon);
    const auto wanted = expected(x, epsilon);
    for (std::size_t j = 0; j < x.size(); ++j) {
      CAPTURE(x[j], j);
      CHECK(static_cast<double>(got(0, static_cast<Eigen::Index>(j))) ==
            Catch::Approx(static_cast<double>(wanted[j]))
                .epsilon(8 * static_cast<double>(std::numeric_limits<T>::epsilon()))
                .margin(4 * static_cast<double>(std::numeric_limits<T>::epsilon())));
    }
  };
  for (const double origin : {0.0, 1e4, 1e6, -1e6}) {
    std::vector<T> x;
    for (int i = 0; i < 100; ++i) x.push_back(static_cast<T>(origin + i / 1000.0));
    agree(x, 1e-5);
  }
  const T most = std::numeric_limits<T>::max();
  for (const T size : {T(1e30), most / 4, most, T(1e-30)})
    for (const double epsilon : {1e-5, 0.0})
      if (size > 1 || epsilon == 0) agree({size, -size, size / 2, -size / 8}, epsilon);
  CHECK(normal(std::vector<T>(7, T(1e30)), 1e-5).isZero(0));
  CHECK(normal(std::vector<T>(7, T(0.1)), 1e-5).isZero(0));
}

TEST_CASE("dropout keeps the mean, drops the share that was asked for, and hands back to what it kept") {
  Tape<double> tape;
  const std::vector<double> ones(20'000, 1.0);
  const auto x = parameters(tape, ones, 100, 200);
  std::mt19937_64 generator(5);
  const auto y = dropout(x, 0.25, generator);
  const auto values = y.value();
  const auto dropped = static_cast<double>((values.array() == 0).count());
  CHECK(dropped / 20'000 == Catch::Approx(0.25).margin(0.015));
  CHECK(values.maxCoeff() == Catch::Approx(1 / 0.75));
  CHECK(tape.gradient(sum(y))[x].isApprox(values));
  std::mt19937_64 again(5);
  CHECK(dropout(x, 0.25, again).value() == values);
  CHECK(again == generator);
}

TEST_CASE("some rows of a batch lose what they lose in the batch, and the generator goes as far") {
  Tape<double> tape;
  for (const std::size_t columns : {4U, 5U}) {  // one call of the generator serves two elements, of two rows where odd
    const std::vector<double> ones(7 * columns, 1.0);
    const auto whole = parameters(tape, ones, 7, columns);
    std::mt19937_64 generator(5);
    const auto expected = dropout(whole, 0.5, generator).value();
    const std::array<std::size_t, 3> rows{1, 2, 5};
    const auto some = parameters(tape, std::vector<double>(3 * columns, 1.0), 3, columns);
    std::mt19937_64 again(5);
    const auto values = dropout(some, 0.5, again, {.rows = rows, .of = 7}).value();
    for (std::size_t i = 0; i < rows.size(); ++i)
      CHECK(values.row(static_cast<Eigen::Index>(i)) == expected.row(static_cast<Eigen::Index>(rows[i])));
    CHECK(again == generator);
    CHECK_THROWS_AS(dropout(whole, 0.5, again, {.rows = rows, .of = 7}), ShapeError);
  }
}

TEST_CASE("a rate of 0 drops nothing, and rates below 0 or of 1 and more are refused") {
  Tape<double> tape;
  const auto x = parameters(tape, scattered(6, 1), 2, 3);
  std::mt19937_64 generator(5);
  CHECK(dropout(x, 0, generator).value() == x.value());
  CHECK_THROWS_AS(dropout(x, 1, generator), OptionError);
  CHECK_THROWS_AS(dropout(x, -0.1, generator), OptionError);
  CHECK_THROWS_AS(dropout(x, std::nan(""), generator), OptionError);
  CHECK_THROWS_AS(layer_norm(x, x, x), ShapeError);
  CHECK_THROWS_AS(layer_norm(x.block(0, 0, 2, 0), x.block(0, 0, 1, 0), x.block(0, 0, 1, 0)), ShapeError);
}
