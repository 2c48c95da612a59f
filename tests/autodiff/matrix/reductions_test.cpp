#include <autodiff/matrix/reductions.hpp>

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
using test::scattered;

namespace {

// of(elements) of each row, of each column, or of all.
template <class Of>
auto by_row(Of of) {
  return [of]<class X>(const std::vector<Grid<X>>& x) {
    return Grid<X>(x[0].rows, 1, [&](std::size_t i, std::size_t) { return of(x[0].row(i)); });
  };
}
template <class Of>
auto by_column(Of of) {
  return [of]<class X>(const std::vector<Grid<X>>& x) {
    return Grid<X>(1, x[0].columns, [&](std::size_t, std::size_t j) {
      std::vector<X> column;
      for (std::size_t i = 0; i < x[0].rows; ++i) column.push_back(x[0](i, j));
      return of(column);
    });
  };
}
template <class Of>
auto of_all(Of of) {
  return [of]<class X>(const std::vector<Grid<X>>& x) {
    return Grid<X>(1, 1, [&](std::size_t, std::size_t) { return of(x[0].values); });
  };
}

const auto total = []<class X>(const std::vector<X>& x) {
  X sum(0);
  for (const X& value : x) sum = sum + value;
  return sum;
};
const auto average = []<class X>(const std::vector<X>& x) { return X(total(x) / static_cast<double>(x.size())); };
const auto largest = []<class X>(const std::vector<X>& x) {
  X most = x[0];
  for (const X& value : x) most = max(most, value);
  return most;
};

template <class T>
VarMatrix<T> as_one(const Var<T>& x) {
  return VarMatrix<T>(x);
}

}  // namespace

TEST_CASE("sums, means and maxima are their scalar expansions") {
  for (const Size& shape : {Size{3, 4}, {1, 1}, {1, 70}, {70, 1}, {5, 41}}) {
    CAPTURE(shape.rows, shape.columns);
    check({shape}, [](const auto& x) { return as_one(sum(x[0])); }, of_all(total));
    check({shape}, [](const auto& x) { return sum_of_rows(x[0]); }, by_row(total));
    check({shape}, [](const auto& x) { return sum_of_columns(x[0]); }, by_column(total));
    check({shape}, [](const auto& x) { return as_one(mean(x[0])); }, of_all(average));
    check({shape}, [](const auto& x) { return mean_of_rows(x[0]); }, by_row(average));
    check({shape}, [](const auto& x) { return mean_of_columns(x[0]); }, by_column(average));
    check({shape}, [](const auto& x) { return as_one(max(x[0])); }, of_all(largest));
    check({shape}, [](const auto& x) { return max_of_rows(x[0]); }, by_row(largest));
    check({shape}, [](const auto& x) { return max_of_columns(x[0]); }, by_column(largest));
  }
}

TEST_CASE("equally large elements share the slope of their maximum") {
  Tape<double> tape;
  const auto x = parameters(tape, std::vector<double>{1, 3, 3, 3, 2, 2}, 2, 3);
  const auto of_rows = tape.gradient(sum(max_of_rows(x)))[x];
  CHECK(of_rows(0, 0) == 0);
  CHECK(of_rows(0, 1) == 0.5);
  CHECK(of_rows(1, 0) == 1);
  const auto of_all_elements = tape.gradient(max(x))[x];
  CHECK(of_all_elements(1, 0) == Catch::Approx(1.0 / 3));
}

TEST_CASE("a maximum over a NaN is NaN, wherever it stands, and so is its slope") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t at = 0; at < 3; ++at) {
    Tape<double> tape;
    std::vector<double> values{1, 2, 3};
    values[at] = nan;
    const auto x = parameters(tape, values, 1, 3);
    const auto y = max(x);
    CHECK(std::isnan(y.value()));
    CHECK(std::isnan(tape.gradient(y)[x](0, 0)));
  }
}

TEST_CASE("what has no elements has the sum 0, and neither mean nor maximum") {
  Tape<double> tape;
  const auto x = parameters(tape, scattered(6, 1), 2, 3);
  const auto empty = x.block(0, 0, 2, 0);
  CHECK(sum(empty).value() == 0);
  CHECK(sum_of_rows(empty).value().isZero());
  CHECK_THROWS_AS(mean(empty), ShapeError);
  CHECK_THROWS_AS(max(empty), ShapeError);
  CHECK_THROWS_AS(mean_of_rows(empty), ShapeError);
  CHECK_THROWS_AS(max_of_rows(empty), ShapeError);
  CHECK_THROWS_AS(mean_of_columns(x.block(0, 0, 0, 3)), ShapeError);
  CHECK_THROWS_AS(max_of_columns(x.block(0, 0, 0, 3)), ShapeError);
}

TEST_CASE(
    "sums of four million floats keep their digits, however the elements lie, and so do slopes of what is repeated") {
  const std::size_t n = 2000;
  std::vector<float> x;
  double added = 0;
  for (const double value : scattered(n * n, 3, 0, 1))
    x.push_back(static_cast<float>(value)), added += static_cast<double>(x.back());
  const auto all = VarMatrix<float>::constant(x, n, n);
  const auto within = [](double got, double right) { CHECK(got == Catch::Approx(right).epsilon(1e-7)); };
  within(static_cast<double>(sum(all).value()), added);
  within(static_cast<double>(sum(all.transpose()).value()), added);
  within(static_cast<double>(mean(all.reshape(1, n * n)).value()), added / (n * n));
  within(static_cast<double>(sum_of_rows(all.reshape(1, n * n)).value()(0, 0)), added);
  within(static_cast<double>(sum_of_columns(all.reshape(n * n, 1)).value()(0, 0)), added);
  within(static_cast<double>(mean_of_columns(all.reshape(n * n / 2, 2)).value().sum()), added / (n * n / 2));
  within(static_cast<double>(mean_of_rows(all.reshape(n * n / 2, 2).transpose()).value().sum()), added / (n * n / 2));
  double inner = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 1; j < n; ++j) inner += static_cast<double>(x[i * n + j]);
  within(static_cast<double>(sum(all.block(0, 1, n, n - 1)).value()), inner);

  Tape<float> tape;
  const auto w = parameters(tape, std::vector<float>{1}, 1, 1), row = parameters(tape, std::vector<float>{1, 1}, 1, 2);
  const auto block = all.block(0, 1, n, n - 1), tall = all.reshape(n * n / 2, 2);
  const auto swept = tape.gradient(sum(w * block));
  within(static_cast<double>(swept[w](0, 0)), inner);
  within(static_cast<double>(tape.gradient(sum(w * all))[w](0, 0)), added);
  within(static_cast<double>(tape.gradient(sum(tall * row))[row].sum()), added);
  within(static_cast<double>(tape.gradient(sum(elu(-tall, row)))[row].sum()), [&] {
    double of_elu = 0;
    for (const float value : x) of_elu += std::expm1(-static_cast<double>(value));
    return of_elu;
  }());
}

TEST_CASE("a sum of many doubles has the error of a few") {
  const std::vector<double> tenths(1'000'000, 0.1);
  const auto x = VarMatrix<double>::constant(tenths, 1000, 1000);
  CHECK(std::abs(sum(x).value() - 100'000) <= 1e-10);
  CHECK(std::abs(sum_of_columns(x.reshape(1'000'000, 1)).value()(0, 0) - 100'000) <= 1e-10);
}
