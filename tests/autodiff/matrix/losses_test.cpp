#include <autodiff/matrix/losses.hpp>

#include <cmath>
#include <vector>

#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Grid;
using block_check::numbers;
using block_check::Size;

namespace {

template <class X, class Of>
Grid<X> one(Of&& of) {
  return {1, 1, [&](std::size_t, std::size_t) { return of(); }};
}
// The mean of term(i, j).
template <class X, class Term>
Grid<X> mean_of_terms(std::size_t rows, std::size_t columns, Term&& term) {
  return one<X>([&] {
    X sum(0);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) sum = sum + term(i, j);
    return sum / static_cast<double>(rows * columns);
  });
}

}  // namespace

TEST_CASE("softmax cross entropy is its scalar expansion") {
  const std::vector<std::size_t> labels{2, 0, 3, 3, 1};
  check(
      {{5, 4}}, [&](const auto& x) { return std::remove_cvref_t<decltype(x[0])>(softmax_cross_entropy(x[0], labels)); },
      [&]<class X>(const std::vector<Grid<X>>& x) {
        return mean_of_terms<X>(5, 1, [&](std::size_t i, std::size_t) {
          X sum(0);
          for (const X& logit : x[0].row(i)) sum = sum + exp(logit);
          return log(sum) - x[0](i, labels[i]);
        });
      });
}

TEST_CASE("logistic cross entropy is its scalar expansion, for labels and for probabilities") {
  const std::vector<double> targets{1, 0, 0.25, 1, 0, 0.5};
  check(
      {{2, 3}},
      [&](const auto& x) {
        using M = std::remove_cvref_t<decltype(x[0])>;
        const std::vector<typename M::value_type> t(targets.begin(), targets.end());
        return M(logistic_cross_entropy(x[0], t));
      },
      [&]<class X>(const std::vector<Grid<X>>& x) {
        return mean_of_terms<X>(2, 3, [&](std::size_t i, std::size_t j) {
          const double t = targets[3 * i + j];
          const X p = 1 / (1 + exp(-x[0](i, j)));
          return -t * log(p) - (1 - t) * log(1 - p);
        });
      });
}

TEST_CASE("squared errors and Huber's loss are their scalar expansions, with repeated operands") {
  for (const Size& y : {Size{4, 3}, {1, 3}, {4, 1}, {1, 1}}) {
    const auto other = [&](const auto& m, std::size_t i, std::size_t j) {
      return m(m.rows == 1 ? 0 : i, m.columns == 1 ? 0 : j);
    };
    check(
        {{4, 3}, y}, [](const auto& x) { return std::remove_cvref_t<decltype(x[0])>(mean_squared_error(x[0], x[1])); },
        [&]<class X>(const std::vector<Grid<X>>& x) {
          return mean_of_terms<X>(4, 3,
                                  [&](std::size_t i, std::size_t j) { return square(x[0](i, j) - other(x[1], i, j)); });
        });
    check(
        {{4, 3}, y}, [](const auto& x) { return std::remove_cvref_t<decltype(x[0])>(huber_loss(x[0], x[1], 0.5)); },
        [&]<class X>(const std::vector<Grid<X>>& x) {
          return mean_of_terms<X>(
              4, 3, [&](std::size_t i, std::size_t j) { return huber(x[0](i, j) - other(x[1], i, j), 0.5); });
        });
  }
}

TEST_CASE("losses far from the bottom are finite, and so are their slopes") {
  Tape<double> tape;
  const auto x = parameters(tape, std::vector<double>{1000, -1000, 0, 1000}, 2, 2);
  const auto softmax_loss = softmax_cross_entropy(x, std::vector<std::size_t>{0, 0});
  CHECK(softmax_loss.value() == Catch::Approx(500));
  CHECK(tape.gradient(softmax_loss)[x](1, 0) == Catch::Approx(-0.5));
  const auto logistic_loss = logistic_cross_entropy(x, std::vector<double>{0, 1, 1, 0});
  CHECK(logistic_loss.value() == Catch::Approx((1000 + 1000 + std::log(2) + 1000) / 4));
  CHECK(tape.gradient(logistic_loss)[x](0, 0) == Catch::Approx(0.25));
}

TEST_CASE("labels and targets that do not fit are refused") {
  using Catch::Matchers::ContainsSubstring;
  Tape<double> tape;
  const auto x = parameters(tape, numbers(6, 1), 2, 3);
  CHECK_THROWS_AS(softmax_cross_entropy(x, std::vector<std::size_t>{0}), ShapeError);
  CHECK_THROWS_WITH(softmax_cross_entropy(x, std::vector<std::size_t>{0, 3}),
                    ContainsSubstring("the label 3 of 3 columns"));
  CHECK_THROWS_AS(softmax_cross_entropy(x.block(0, 0, 0, 3), {}), ShapeError);
  CHECK_THROWS_AS(logistic_cross_entropy(x, std::vector<double>{0, 1}), ShapeError);
  CHECK_THROWS_AS(mean_squared_error(x, x.block(0, 0, 2, 2)), ShapeError);
}
