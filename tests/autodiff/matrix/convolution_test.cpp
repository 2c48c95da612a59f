#include <autodiff/matrix/convolution.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <autodiff/dual.hpp>
#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Grid;
using Catch::Matchers::ContainsSubstring;
using test::scattered;

namespace {

/// The images, the weights and the bias.
template <class X>
Grid<X> convolved_by_hand(const std::vector<Grid<X>>& x, const ImageShape& image, const Window& window) {
  const std::size_t channels = x[1].columns;
  const ImageShape result = convolved(image, window, channels);
  return Grid<X>(x[0].rows, result.size(), [&](std::size_t i, std::size_t j) {
    const std::size_t to = j % channels, across = j / channels % result.width, down = j / channels / result.width;
    X sum = x[2](0, to);
    std::size_t weight = 0;
    for (std::size_t v = 0; v < window.height; ++v)
      for (std::size_t u = 0; u < window.width; ++u)
        for (std::size_t c = 0; c < image.channels; ++c, ++weight) {
          const std::size_t row = down * window.stride + v, column = across * window.stride + u, p = window.padding;
          if (row >= p && row < image.height + p && column >= p && column < image.width + p)
            sum = sum + x[0](i, ((row - p) * image.width + column - p) * image.channels + c) * x[1](weight, to);
        }
    return sum;
  });
}

void check_convolution(std::size_t images, const ImageShape& image, std::size_t channels, const Window& window) {
  CAPTURE(images, image.height, image.width, image.channels, channels);
  CAPTURE(window.height, window.width, window.stride, window.padding);
  check(
      {{images, image.size()}, {window.height * window.width * image.channels, channels}, {1, channels}},
      [&](const auto& x) { return convolution(x[0], image, x[1], x[2], window); },
      [&]<class X>(const std::vector<Grid<X>>& x) { return convolved_by_hand(x, image, window); });
}

}  // namespace

TEST_CASE("a convolution is its scalar expansion") {
  for (const std::size_t stride : {1u, 2u, 3u})
    for (const std::size_t padding : {0u, 1u, 2u}) {
      check_convolution(2, {5, 4, 2}, 3, {3, 3, stride, padding});
      check_convolution(1, {4, 6, 1}, 1, {2, 3, stride, padding});
      check_convolution(3, {3, 5, 3}, 2, {1, 1, stride, padding});
    }
}

TEST_CASE("a window may be as large as the image, or larger by the padding, or see none of it") {
  check_convolution(2, {3, 5, 2}, 4, {3, 5, 1, 0});
  check_convolution(2, {2, 1, 2}, 3, {4, 3, 1, 1});
  check_convolution(1, {1, 1, 1}, 1, {1, 1, 1, 0});
  check_convolution(2, {1, 2, 1}, 2, {1, 1, 1, 2});
}

TEST_CASE("images are taken several at a time, and the last ones alone") {
  // 36 places x 18 elements of 8 bytes: 25 images in 128 kB.
  const ImageShape image{6, 6, 2};
  const Window window{3, 3, 1, 1};
  Tape<double> tape;
  const auto x = parameters(tape, scattered(57 * image.size(), 1), 57, image.size());
  const auto weights = parameters(tape, scattered(18 * 3, 2), 18, 3), bias = parameters(tape, scattered(3, 3), 1, 3);
  const auto target = VarMatrix<double>(Eigen::MatrixXd::Random(57, 108));
  const auto loss = [&](std::size_t first, std::size_t count) {
    return sum(target.block(first, 0, count, 108) *
               convolution(x.block(first, 0, count, image.size()), image, weights, bias, window));
  };
  const auto together = tape.gradient(loss(0, 57));
  Var<double> one_by_one = 0;
  for (std::size_t i = 0; i < 57; ++i) one_by_one += loss(i, 1);
  CHECK(together.parameters().size() == x.size() + weights.size() + bias.size());
  const auto apart = tape.gradient(one_by_one);
  for (const auto& operand : {x, weights, bias}) CHECK(together[operand].isApprox(apart[operand], 1e-13));
}

TEST_CASE("operands that are constant take no gradient and leave that of the others as it is") {
  const ImageShape image{4, 5, 2};
  const Window window{3, 2, 1, 1};
  const std::vector<std::vector<double>> values{scattered(3 * image.size(), 1), scattered(12 * 4, 2), scattered(4, 3)};
  const std::vector<block_check::Size> shapes{{3, image.size()}, {12, 4}, {1, 4}};
  const auto gradients = [&](std::size_t constant) {
    Tape<double> tape;
    std::vector<VarMatrix<double>> x;
    for (std::size_t k = 0; k < 3; ++k)
      x.push_back(k == constant ? VarMatrix<double>::constant(values[k], shapes[k].rows, shapes[k].columns)
                                : parameters(tape, values[k], shapes[k].rows, shapes[k].columns));
    const auto y = convolution(x[0], image, x[1], x[2], window);
    const auto gradient = tape.gradient(sum(y * y));
    std::vector<std::optional<Eigen::MatrixXd>> of;
    for (const auto& m : x) of.push_back(m.is_active() ? std::optional<Eigen::MatrixXd>(gradient[m]) : std::nullopt);
    return of;
  };
  const auto all = gradients(3);
  for (std::size_t constant = 0; constant < 3; ++constant) {
    const auto some = gradients(constant);
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(some[k].has_value() == (k != constant));
      if (some[k]) CHECK(some[k]->isApprox(*all[k], 1e-14));
    }
  }
  const auto made = [&](std::size_t k) {
    return VarMatrix<double>::constant(values[k], shapes[k].rows, shapes[k].columns);
  };
  const auto y = convolution(made(0), image, made(1), made(2), window);
  CHECK_FALSE(y.is_active());
  CHECK(y.rows() == 3);
}

TEST_CASE("a convolution carries tangents, so that the sweep gives second derivatives") {
  const ImageShape image{3, 4, 2};
  const Window window{2, 2, 1, 1};
  Tape<Dual<double>> tape;
  std::vector<VarMatrix<Dual<double>>> x;
  std::vector<Grid<Var<Dual<double>>>> grids;
  unsigned seed = 0;
  for (const auto& [rows, columns] : {block_check::Size{2, image.size()}, {8, 3}, {1, 3}}) {
    const std::vector<double> at = scattered(rows * columns, ++seed), along = scattered(rows * columns, 10 + seed);
    std::vector<Dual<double>> values;
    for (std::size_t k = 0; k < at.size(); ++k) values.emplace_back(at[k], along[k]);
    x.push_back(parameters(tape, values, rows, columns));
    grids.push_back(block_check::grid(x.back()));
  }
  const auto squares = [](const auto& grid) {
    Var<Dual<double>> total = 0;
    for (const auto& y : grid.values) total = total + y * y;
    return total;
  };
  const auto swept = tape.gradient(squares(block_check::grid(convolution(x[0], image, x[1], x[2], window))));
  const auto of_scalars = tape.gradient(squares(convolved_by_hand(grids, image, window)));
  for (std::size_t k = 0; k < swept.parameters().size(); ++k) {
    CHECK(swept.parameters()[k].value() == Catch::Approx(of_scalars.parameters()[k].value()).epsilon(1e-12));
    CHECK(swept.parameters()[k].tangent() == Catch::Approx(of_scalars.parameters()[k].tangent()).epsilon(1e-12));
  }
}

TEST_CASE("no images make no images, and their gradient is 0") {
  Tape<double> tape;
  const ImageShape image{3, 3, 2};
  const auto weights = parameters(tape, scattered(8 * 3, 1), 8, 3), bias = parameters(tape, scattered(3, 2), 1, 3);
  const auto y = convolution(VarMatrix<double>(Eigen::MatrixXd(0, 18)), image, weights, bias, {2, 2});
  CHECK(y.rows() == 0);
  CHECK(y.columns() == 12);
  CHECK(tape.gradient(sum(y))[weights].isZero());
}

TEST_CASE("shapes that do not fit are refused, with the operation and both shapes") {
  Tape<double> tape;
  const auto x = parameters(tape, scattered(2 * 18, 1), 2, 18), weights = parameters(tape, scattered(24, 2), 8, 3),
             bias = parameters(tape, scattered(3, 3), 1, 3);
  const Window window{2, 2};
  CHECK_THROWS_WITH(convolution(x, {3, 4, 2}, weights, bias, window),
                    ContainsSubstring("convolution: 2 x 18 and 2 x 24; each row must be one image"));
  CHECK_THROWS_WITH(convolution(x, {3, 3, 2}, weights.transpose(), bias, window),
                    ContainsSubstring("convolution: 3 x 8 and 8 x 8; the weights"));
  CHECK_THROWS_WITH(convolution(x, {3, 3, 2}, weights, bias.transpose(), window),
                    ContainsSubstring("convolution: 3 x 1 and 8 x 3; the bias"));
  CHECK_THROWS_AS(convolution(x, {3, 3, 2}, weights, bias.block(0, 0, 1, 2), window), ShapeError);
  CHECK_THROWS_AS(convolution(x, {3, 3, 2}, weights, bias, {4, 2}), ShapeError);
  CHECK_THROWS_AS(convolution(x, {3, 3, 2}, weights.block(0, 0, 8, 0), bias, window), ShapeError);
  Tape<double> other;
  CHECK_THROWS_AS(convolution(x, {3, 3, 2}, weights, parameters(other, scattered(3, 3), 1, 3), window), TapeError);
}
