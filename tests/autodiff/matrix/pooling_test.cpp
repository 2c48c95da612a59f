#include <autodiff/matrix/pooling.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Grid;
using Catch::Matchers::ContainsSubstring;
using test::scattered;

namespace {

/// What `of` makes of what each window sees of a channel.
template <class X, class Of>
Grid<X> pooled_by_hand(const Grid<X>& x, const ImageShape& image, const Window& window, Of&& of) {
  const ImageShape result = pooled(image, window);
  return Grid<X>(x.rows, result.size(), [&](std::size_t i, std::size_t j) {
    const std::size_t c = j % image.channels, pixel = j / image.channels, p = window.padding;
    std::vector<X> seen;
    for (std::size_t v = 0; v < window.height; ++v)
      for (std::size_t u = 0; u < window.width; ++u) {
        const std::size_t row = pixel / result.width * window.stride + v;
        const std::size_t column = pixel % result.width * window.stride + u;
        if (row >= p && row < image.height + p && column >= p && column < image.width + p)
          seen.push_back(x(i, ((row - p) * image.width + column - p) * image.channels + c));
      }
    return of(seen);
  });
}

const auto largest = []<class X>(const std::vector<X>& seen) {
  X most = seen.at(0);
  for (const X& x : seen) most = max(most, x);
  return most;
};
const auto average = []<class X>(const std::vector<X>& seen) {
  X sum(0);
  for (const X& x : seen) sum = sum + x;
  return X(sum / static_cast<double>(seen.size()));
};

void check_pooling(std::size_t images, const ImageShape& image, const Window& window) {
  CAPTURE(images, image.height, image.width, image.channels);
  CAPTURE(window.height, window.width, window.stride, window.padding);
  check(
      {{images, image.size()}}, [&](const auto& x) { return max_pooling(x[0], image, window); },
      [&](const auto& x) { return pooled_by_hand(x[0], image, window, largest); });
  check(
      {{images, image.size()}}, [&](const auto& x) { return average_pooling(x[0], image, window); },
      [&](const auto& x) { return pooled_by_hand(x[0], image, window, average); });
}

}  // namespace

TEST_CASE("pooling is its scalar expansion, with windows that overlap, touch, or leave gaps") {
  for (const std::size_t stride : {1u, 2u, 3u}) {
    for (const std::size_t padding : {0u, 1u, 2u}) check_pooling(2, {5, 4, 3}, {3, 3, stride, padding});
    for (const std::size_t padding : {0u, 1u}) check_pooling(1, {4, 7, 1}, {2, 3, stride, padding});
    check_pooling(3, {3, 5, 2}, {1, 1, stride, 0});
  }
  check_pooling(2, {3, 5, 2}, {3, 5, 1, 0});
  check_pooling(2, {1, 1, 37}, {1, 1, 1, 0});
  check_pooling(1, {1, 2, 1}, {3, 3, 2, 1});
}

TEST_CASE("the first of equally large pixels takes all of the slope") {
  const double inf = std::numeric_limits<double>::infinity();
  Tape<double> tape;
  const auto x = parameters(tape, std::vector<double>{1, 3, 3, 3, -inf, -inf, -inf, -inf}, 2, 4);
  const auto y = max_pooling(x, {2, 2, 1}, {2, 2, 1, 1});
  CHECK((y.value().row(1).array() == -inf).all());
  const auto slopes = tape.gradient(y(0, 4) + y(1, 4))[x];
  CHECK(slopes == Eigen::Matrix<double, 2, 4>{{0, 1, 0, 0}, {1, 0, 0, 0}});
}

TEST_CASE("the largest of pixels is no number if one of them is none, and that one takes the slope") {
  const double nan = std::nan("");
  for (const std::size_t at : {0u, 1u, 2u, 3u}) {
    Tape<double> tape;
    std::vector<double> values{1, -2, 3, 2};
    values[at] = nan;
    const auto x = parameters(tape, values, 1, 4);
    const auto y = max_pooling(x, {2, 2, 1}, {2, 2});
    CHECK(std::isnan(y(0, 0).value()));
    CHECK(tape.gradient(y(0, 0))[x](0, static_cast<Eigen::Index>(at)) == 1);
    CHECK(tape.gradient(y(0, 0))[x].sum() == 1);
  }
}

TEST_CASE("padding does not count in a mean, so that of equal pixels is the same everywhere") {
  Tape<double> tape;
  const auto x = parameters(tape, std::vector<double>(12, 7.0), 1, 12);
  const auto y = average_pooling(x, {3, 4, 1}, {3, 3, 1, 1});
  CHECK(y.value().isConstant(7));
  CHECK(tape.gradient(sum(y))[x].sum() == Catch::Approx(12));
}

TEST_CASE("constants pool to constants, and no images to none") {
  const VarMatrix<double> constant(Eigen::MatrixXd::Constant(2, 8, 3));
  for (const auto& y : {max_pooling(constant, {2, 4, 1}, {2, 2, 2}), average_pooling(constant, {2, 4, 1}, {2, 2, 2})}) {
    CHECK_FALSE(y.is_active());
    CHECK(y.value() == Eigen::MatrixXd::Constant(2, 2, 3));
  }
  Tape<double> tape;
  const auto none = parameters(tape, scattered(8, 1), 1, 8).block(0, 0, 0, 8);
  CHECK(max_pooling(none, {2, 4, 1}, {2, 2, 2}).value().size() == 0);
  CHECK(average_pooling(none, {2, 4, 1}, {2, 2, 2}).value().size() == 0);
}

TEST_CASE("rows that are no images of that shape are refused, with the operation and both shapes") {
  Tape<double> tape;
  const auto x = parameters(tape, scattered(36, 1), 2, 18);
  CHECK_THROWS_WITH(max_pooling(x, {3, 4, 2}, {2, 2}), ContainsSubstring("max_pooling: 2 x 18 and 2 x 24; each row"));
  CHECK_THROWS_WITH(average_pooling(x, {3, 4, 2}, {2, 2}),
                    ContainsSubstring("average_pooling: 2 x 18 and 2 x 24; each row"));
  CHECK_THROWS_AS(max_pooling(x, {3, 3, 2}, {4, 2}), ShapeError);
  CHECK_THROWS_AS(average_pooling(x, {3, 3, 2}, {2, 2, 1, 2}), ShapeError);
}
