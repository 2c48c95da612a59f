// Rows and columns of a table, and columns brought to one scale and back.

#include <models/data/dataset.hpp>

#include <cmath>
#include <vector>

#include <autodiff/error.hpp>

#include "support/catch.hpp"

using namespace downhill;
using Values = std::vector<double>;

TEST_CASE("each column is brought to the mean 0 and the standard deviation 1, and back") {
  const Values rows{1, 10, 7, 3, 30, 7, 5, 50, 7};
  const TableScaling scaling = standardise(rows, 3);
  REQUIRE(scaling.columns.size() == 3);
  for (std::size_t c = 0; c < 3; ++c) {
    const Scaling alone = standardise(Values{rows[c], rows[3 + c], rows[6 + c]});
    CHECK(scaling.columns[c].mean == alone.mean);
    CHECK(scaling.columns[c].scale == alone.scale);
  }
  CHECK(scaling.columns[2].scale == 1);  // all equal
  Values scaled = rows;
  scaling.to(scaled);
  const double end = std::sqrt(1.5);
  const Values expected{-end, -end, 0, 0, 0, 0, end, end, 0};
  for (std::size_t i = 0; i < rows.size(); ++i) CHECK(scaled[i] == Catch::Approx(expected[i]).margin(1e-15));
  scaling.from(scaled);
  for (std::size_t i = 0; i < rows.size(); ++i) CHECK(scaled[i] == Catch::Approx(rows[i]));
}

TEST_CASE("a scaling of some rows is applied to others, of float as of double") {
  const std::vector<float> train{1, 10, 3, 30};
  const TableScaling scaling = standardise(train, 2);
  std::vector<float> held_out{5, 20};
  scaling.to(held_out);
  CHECK(held_out == std::vector<float>{3, 0});
  scaling.from(held_out);
  CHECK(held_out == std::vector<float>{5, 20});
  Values none;
  scaling.to(none);
  CHECK(none.empty());
  const Dataset table = parse_csv("x,y\n1,10\n3,30\n", "t.csv");
  CHECK(standardise(table.values, table.columns()).columns[1].mean == 20);
}

TEST_CASE("rows that are not whole are not scaled") {
  Values three{1, 2, 3};
  CHECK_THROWS_AS(standardise(three, 2), ShapeError);
  CHECK_THROWS_AS(standardise(three, 0), ShapeError);
  CHECK_THROWS_AS(standardise(Values{}, 2), ShapeError);
  CHECK_THROWS_WITH(standardise(three, 2), "standardise: 3 values in rows of 2 columns; give whole rows");
  const TableScaling scaling = standardise(three, 1), two = standardise(Values{1, 2}, 2);
  CHECK_THROWS_AS(two.to(three), ShapeError);
  CHECK_THROWS_WITH(two.from(three), "TableScaling: 3 values in rows of 2 columns; give whole rows");
  CHECK_THROWS_AS(TableScaling{}.to(three), ShapeError);
  CHECK(three == Values{1, 2, 3});
}

TEST_CASE("a column or a row that is not there is refused with those that are") {
  const Dataset table{.source = "t.csv", .names = {"x", "y"}, .values = {1, 2}};
  CHECK_THROWS_AS(table.column("z"), DataError);
  CHECK_THROWS_WITH(table.column("z"), "t.csv: no column 'z'; the columns are 'x', 'y'");
  CHECK_THROWS_WITH(table.column(2), "t.csv: no column 2; there are 2 columns, counted from 0");
  CHECK_THROWS_WITH(table.row(1), "t.csv: no row 1; there are 1 row, counted from 0");
  CHECK_THROWS_AS(Dataset{}.row(0), DataError);
  CHECK_THROWS_AS(Dataset{}.column(0), DataError);
}
