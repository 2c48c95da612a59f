#include <autodiff/matrix/normalise.hpp>

#include <cmath>
#include <random>
#include <vector>

#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Grid;
using block_check::numbers;
using block_check::Size;

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

TEST_CASE("a rate of 0 drops nothing, and rates below 0 or of 1 and more are refused") {
  Tape<double> tape;
  const auto x = parameters(tape, numbers(6, 1), 2, 3);
  std::mt19937_64 generator(5);
  CHECK(dropout(x, 0, generator).value() == x.value());
  CHECK_THROWS_AS(dropout(x, 1, generator), OptionError);
  CHECK_THROWS_AS(dropout(x, -0.1, generator), OptionError);
  CHECK_THROWS_AS(dropout(x, std::nan(""), generator), OptionError);
  CHECK_THROWS_AS(layer_norm(x, x, x), ShapeError);
  CHECK_THROWS_AS(layer_norm(x.block(0, 0, 2, 0), x.block(0, 0, 1, 0), x.block(0, 0, 1, 0)), ShapeError);
}
