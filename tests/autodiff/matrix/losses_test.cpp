#include <autodiff/matrix/losses.hpp>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Grid;
using block_check::Size;
using test::scattered;

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

TEST_CASE("squared errors and Huber's loss are their scalar expansions") {
  check(
      {{4, 3}, {4, 3}},
      [](const auto& x) { return std::remove_cvref_t<decltype(x[0])>(mean_squared_error(x[0], x[1])); },
      [&]<class X>(const std::vector<Grid<X>>& x) {
        return mean_of_terms<X>(4, 3, [&](std::size_t i, std::size_t j) { return square(x[0](i, j) - x[1](i, j)); });
      });
  check(
      {{4, 3}, {4, 3}}, [](const auto& x) { return std::remove_cvref_t<decltype(x[0])>(huber_loss(x[0], x[1], 0.5)); },
      [&]<class X>(const std::vector<Grid<X>>& x) {
        return mean_of_terms<X>(4, 3,
                                [&](std::size_t i, std::size_t j) { return huber(x[0](i, j) - x[1](i, j), 0.5); });
      });
}

TEST_CASE("losses do not repeat rows, columns or numbers: a column beside a row is refused with both shapes") {
  using Catch::Matchers::ContainsSubstring;
  Tape<double> tape;
  const auto column = parameters(tape, std::vector<double>{1, 2, 3}, 3, 1);
  const auto row = VarMatrix<double>(Eigen::RowVector3d(1, 2, 3));
  for (const auto& [x, y] : {std::pair{column, row}, {row, column}}) {
    CHECK_THROWS_WITH(mean_squared_error(x, y), ContainsSubstring("mean_squared_error") && ContainsSubstring("3 x 1") &&
                                                    ContainsSubstring("1 x 3"));
    CHECK_THROWS_WITH(huber_loss(x, y),
                      ContainsSubstring("huber_loss") && ContainsSubstring("3 x 1") && ContainsSubstring("1 x 3"));
  }
  const auto m = parameters(tape, scattered(12, 1), 4, 3);
  CHECK_THROWS_AS(mean_squared_error(m, row), ShapeError);
  CHECK_THROWS_AS(mean_squared_error(m, m.column(0)), ShapeError);
  CHECK_THROWS_AS(mean_squared_error(m, m.block(0, 0, 1, 1)), ShapeError);
  // A number has no shape that could be mistaken.
  CHECK(mean_squared_error(m, 1.0).value() == Catch::Approx(mean(square(m - 1)).value()));
  CHECK(huber_loss(tape.variable(1.0), m).value() == Catch::Approx(mean(huber(1 - m)).value()));
  CHECK(mean_squared_error(m.block(0, 0, 1, 1), 1.0).value() == Catch::Approx(std::pow(m(0, 0).value() - 1, 2)));
}

TEMPLATE_TEST_CASE("a small loss keeps its digits, and so does its slope", "", float, double) {  // by mpmath
  using T = TestType;
  const double within = 8 * static_cast<double>(std::numeric_limits<T>::epsilon());
  const struct {
    double logit, target, loss, slope;
  } rows[] = {{12, 1, 6.14419347773280543e-6, -6.14417460221471783e-6},
              {-12, 0, 6.14419347773280543e-6, 6.14417460221471783e-6},
              {30, 1, 9.35762296883973678e-14, -9.35762296883929895e-14},
              {80, 1, 1.80485138784541517e-35, -1.80485138784541517e-35},
              {12, 0, 12.0000061441934777, 0.999993855825397785},
              {2, 0.25, 1.62692801104297249, 0.630797077977882444},
              {0.5, 0.75, 0.599076984180106681, -0.127540668798145435}};
  for (const auto& [logit, target, loss, slope] : rows) {
    CAPTURE(logit, target);
    Tape<T> tape;
    const auto x = parameters(tape, std::vector<T>{T(logit)}, 1, 1);
    const auto y = logistic_cross_entropy(x, std::vector<T>{T(target)});
    CHECK(static_cast<double>(y.value()) == Catch::Approx(loss).epsilon(within));
    CHECK(static_cast<double>(tape.gradient(y)[x](0, 0)) == Catch::Approx(slope).epsilon(within));
    if (target != 1) continue;  // the same as two classes
    const auto logits = parameters(tape, std::vector<T>{0, T(logit)}, 1, 2);
    for (const auto& of_two :
         {softmax_cross_entropy(logits, std::vector<std::size_t>{1}), -log_softmax(logits)(0, 1)}) {
      CHECK(static_cast<double>(of_two.value()) == Catch::Approx(loss).epsilon(within));
      const auto slopes = tape.gradient(of_two)[logits];
      CHECK(static_cast<double>(slopes(0, 1)) == Catch::Approx(slope).epsilon(within));
      CHECK(static_cast<double>(slopes(0, 0)) == Catch::Approx(-slope).epsilon(within));
    }
    const auto p = softmax(logits);
    CHECK(static_cast<double>(tape.gradient(p(0, 1))[logits](0, 1)) ==
          Catch::Approx(-slope * (1 + slope)).epsilon(within));
  }
  // A certain answer that is right costs nothing.
  const T inf = std::numeric_limits<T>::infinity();
  CHECK(logistic_cross_entropy(VarMatrix<T>(Eigen::RowVector2d(inf, -inf)), std::vector<T>{1, 0}).value() == 0);
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
  const auto x = parameters(tape, scattered(6, 1), 2, 3);
  CHECK_THROWS_AS(softmax_cross_entropy(x, std::vector<std::size_t>{0}), ShapeError);
  CHECK_THROWS_WITH(softmax_cross_entropy(x, std::vector<std::size_t>{0, 3}),
                    ContainsSubstring("the label 3 of 3 columns"));
  CHECK_THROWS_AS(softmax_cross_entropy(x.block(0, 0, 0, 3), {}), ShapeError);
  CHECK_THROWS_AS(logistic_cross_entropy(x, std::vector<double>{0, 1}), ShapeError);
  CHECK_THROWS_AS(mean_squared_error(x, x.block(0, 0, 2, 2)), ShapeError);
}
