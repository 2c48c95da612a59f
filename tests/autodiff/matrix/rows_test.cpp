#include <autodiff/matrix/rows.hpp>

#include <vector>

#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Grid;
using test::scattered;

TEST_CASE("gathered rows are copies, and hand back to the rows they came from") {
  const std::vector<std::size_t> rows{2, 0, 2, 2, 4};
  check(
      {{5, 3}}, [&](const auto& x) { return gather_rows(x[0], rows); },
      [&]<class X>(const std::vector<Grid<X>>& x) {
        return Grid<X>(5, 3, [&](std::size_t i, std::size_t j) { return x[0](rows[i], j); });
      });
}

TEST_CASE("matrices stand one above the other or side by side") {
  check(
      {{2, 3}, {1, 3}, {4, 3}}, [](const auto& x) { return concatenate_rows({x[0], x[1], x[2], x[0]}); },
      []<class X>(const std::vector<Grid<X>>& x) {
        return Grid<X>(9, 3, [&](std::size_t i, std::size_t j) {
          return i < 2 ? x[0](i, j) : i < 3 ? x[1](i - 2, j) : i < 7 ? x[2](i - 3, j) : x[0](i - 7, j);
        });
      });
  check(
      {{3, 2}, {3, 1}}, [](const auto& x) { return concatenate_columns({x[0], x[1]}); },
      []<class X>(const std::vector<Grid<X>>& x) {
        return Grid<X>(3, 3, [&](std::size_t i, std::size_t j) { return j < 2 ? x[0](i, j) : x[1](i, j - 2); });
      });
}

TEST_CASE("a constant may stand beside what is on a tape, and constants alone need none") {
  Tape<double> tape;
  const auto p = parameters(tape, scattered(4, 1), 2, 2);
  const VarMatrix<double> ones(Eigen::MatrixXd::Ones(2, 1));
  const auto both = concatenate_columns({p, ones});
  CHECK(both(1, 2).value() == 1);
  CHECK(tape.gradient(sum(square(both)))[p](0, 1) == Catch::Approx(2 * p(0, 1).value()));
  const auto constants = concatenate_rows({ones, ones});
  CHECK_FALSE(constants.is_active());
  CHECK(constants.rows() == 4);
  const std::vector<std::size_t> second{1};
  CHECK(gather_rows(ones, second).value()(0, 0) == 1);
}

TEST_CASE("rows that are not there and shapes that do not fit are refused") {
  using Catch::Matchers::ContainsSubstring;
  Tape<double> tape, other;
  const auto p = parameters(tape, scattered(6, 1), 2, 3), q = parameters(other, scattered(6, 1), 2, 3);
  const std::vector<std::size_t> wrong{0, 2};
  CHECK_THROWS_WITH(gather_rows(p, wrong), ContainsSubstring("the row 2 of a matrix of 2 rows"));
  CHECK(gather_rows(p, {}).rows() == 0);
  CHECK_THROWS_WITH(concatenate_rows({p, p.transpose()}),
                    ContainsSubstring("concatenate_rows: 2 x 3 and 3 x 2; the columns must be the same"));
  CHECK_THROWS_WITH(concatenate_columns({p, p.transpose()}), ContainsSubstring("the rows must be the same"));
  CHECK_THROWS_AS(concatenate_rows({p, q}), TapeError);
  CHECK_THROWS_AS(concatenate_rows(std::span<const VarMatrix<double>>{}), ShapeError);
}
