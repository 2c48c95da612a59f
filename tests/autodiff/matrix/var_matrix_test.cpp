// The type itself: elements, views, values, adjoints, and how it is misused.

#include <array>
#include <autodiff/matrix/var_matrix.hpp>
#include <utility>

#include <cmath>
#include <span>
#include <stdexcept>
#include <vector>

#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using test::scattered;

TEST_CASE("a matrix of parameters shares its slots and values with scalars") {
  Tape<double> tape;
  const auto m = parameters(tape, scattered(6, 1), 2, 3, "m");
  const auto x = tape.variable(5);
  CHECK(tape.parameters().size() == 7);
  CHECK(m(1, 2).slot() == 5);
  CHECK(m(1, 2).value() == tape.parameters()[5]);
  const auto loss = m(0, 1) * m(0, 1) * x;
  const auto gradient = tape.gradient(loss);
  CHECK(gradient[m](0, 1) == Catch::Approx(2 * m(0, 1).value() * 5));
  CHECK(gradient[m](1, 1) == 0);
  CHECK(m.value()(1, 0) == tape.parameters()[3]);
  CHECK(tape.name_of(0) == "m");
}

TEST_CASE("consecutive variables are a matrix, and what is not is refused") {
  Tape<double> tape;
  const auto x = tape.variables(scattered(6, 1));
  const auto m = as_matrix(Inputs<Var<double>>(x), 2, 3);
  CHECK(m(1, 0).slot() == 3);
  CHECK(tape.gradient(sum(square(m)))[x[4]] == Catch::Approx(2 * x[4].value()));
  const std::vector<Var<double>> swapped{x[1], x[0]}, numbers_only{1.0, 2.0}, results{x[0] * 2, x[1] * 2};
  CHECK_THROWS_AS(as_matrix(Inputs<Var<double>>(swapped), 1, 2), TapeError);
  CHECK_THROWS_AS(as_matrix(Inputs<Var<double>>(numbers_only), 1, 2), TapeError);
  CHECK_THROWS_AS(as_matrix(Inputs<Var<double>>(results), 1, 2), TapeError);
  CHECK_THROWS_AS(as_matrix(Inputs<Var<double>>(x), 2, 2), ShapeError);
}

TEST_CASE("constants are computed without a tape, and cost nothing in the sweep") {
  const VarMatrix<double> a(Eigen::MatrixXd::Constant(2, 2, 3)), b(Eigen::MatrixXd::Identity(2, 2));
  const auto c = product(a, b) + 1;
  CHECK_FALSE(c.is_active());
  CHECK(c.value()(1, 0) == 4);
  CHECK_FALSE(sum(c).is_active());
  Tape<double> tape;
  const auto p = parameters(tape, std::vector<double>{1, 2, 3, 4}, 2, 2);
  const auto y = product(c, p);  // c may be gone before the sweep
  CHECK(tape.slots() == 8);
  CHECK(tape.gradient(sum(y))[p](0, 0) == Catch::Approx(8));
}

TEST_CASE("a training step in the steady state takes no new slots, and sees the updated parameters") {
  Tape<double> tape;
  const auto w = parameters(tape, scattered(6, 1), 2, 3);
  const std::vector<double> data = scattered(8, 2);
  const auto x = VarMatrix<double>::constant(data, 4, 2);
  const auto start = tape.mark();
  Gradient<double> swept;
  double before = 1e300;
  for (int step = 0; step < 20; ++step) {
    const auto loss = mean_squared_error(product(x, w), 1);
    CHECK(loss.value() < before);
    before = loss.value();
    tape.gradient(loss, swept);
    tape.rewind(start);
    const auto p = tape.update_parameters();
    for (std::size_t i = 0; i < p.size(); ++i) p[i] -= 0.1 * swept.parameters()[i];
    CHECK(tape.slots() == 6);
  }
}

TEST_CASE("a matrix from before a rewind is stale, one of another tape foreign, and shapes that do not fit are named") {
  using Catch::Matchers::ContainsSubstring;
  Tape<double> tape, other;
  const auto p = parameters(tape, scattered(6, 1), 2, 3), q = parameters(other, scattered(6, 1), 2, 3);
  const auto start = tape.mark();
  const auto y = exp(p);
  tape.rewind(start);
  CHECK_THROWS_AS(y + 1, TapeError);
  CHECK_THROWS_AS(y.value(), TapeError);
  CHECK_NOTHROW(p + 1);
  CHECK_THROWS_AS(p + q, TapeError);
  CHECK_THROWS_WITH(product(p, p), "product: 2 x 3 and 2 x 3; the columns of the first must be the rows of the second");
  CHECK_THROWS_WITH(p + p.block(0, 0, 2, 2),
                    ContainsSubstring("+: 2 x 3 and 2 x 2; rows and columns must be the same"));
  CHECK_THROWS_AS(p(2, 0), ShapeError);
  CHECK_THROWS_AS(p.block(1, 0, 2, 1), ShapeError);
  CHECK_THROWS_AS(p.reshape(4, 2), ShapeError);
  CHECK_THROWS_WITH(p.transpose().reshape(2, 3), ContainsSubstring("gaps"));
  CHECK_THROWS_WITH(affine(p, p.transpose(), p), ContainsSubstring("affine: 2 x 3 and 2 x 2"));
  CHECK_THROWS_AS(softmax_cross_entropy(p, std::vector<std::size_t>{0}), ShapeError);
  CHECK_THROWS_WITH(softmax_cross_entropy(p, std::vector<std::size_t>{0, 3}),
                    ContainsSubstring("the label 3 of 3 columns"));
  CHECK_THROWS_AS(parameters(tape, scattered(5, 1), 2, 3), ShapeError);
  CHECK_THROWS_AS(mean(p.block(0, 0, 0, 3)), ShapeError);
}

namespace {

template <class T, class R>
concept ViewedAsConstant = requires(R&& values) { VarMatrix<T>::constant(std::forward<R>(values), 2, 2); };
// Temporaries, which would be gone.
static_assert(!ViewedAsConstant<double, std::vector<double>>);
static_assert(!ViewedAsConstant<double, const std::vector<double>>);
static_assert(!ViewedAsConstant<float, std::vector<float>>);
static_assert(!ViewedAsConstant<double, std::array<double, 4>>);
// What stays.
static_assert(ViewedAsConstant<double, std::vector<double>&>);
static_assert(ViewedAsConstant<double, const std::vector<double>&>);
static_assert(ViewedAsConstant<double, std::array<double, 4>&>);
static_assert(ViewedAsConstant<double, std::span<const double>>);
static_assert(ViewedAsConstant<double, std::span<double>>);
static_assert(!ViewedAsConstant<double, std::vector<float>&>);

}  // namespace

TEST_CASE("* of matrices that fit a product says what to write") {
  using Catch::Matchers::ContainsSubstring;
  Tape<double> tape;
  const auto a = parameters(tape, scattered(6, 1), 2, 3);
  CHECK_THROWS_WITH(a * (a.transpose() * 1.0), ContainsSubstring("2 x 3") && ContainsSubstring("3 x 2") &&
                                                   ContainsSubstring("write product(a, b)"));
}

TEST_CASE("a matrix without elements is as good as any other", "[empty]") {
  Tape<double> tape;
  const bool is_first = GENERATE(true, false);
  const auto before = is_first ? VarMatrix<double>(Eigen::MatrixXd(0, 0)) : parameters(tape, scattered(2, 3), 1, 2);
  const auto wide = parameters(tape, {}, 0, 3, "wide"), tall = parameters(tape, {}, 2, 0, "tall");
  const auto w = parameters(tape, scattered(6, 1), 2, 3, "w");
  CHECK(wide.is_active());
  CHECK(wide.value().cols() == 3);

  for (int step = 0; step < 3; ++step) {  // also after a rewind and an update, as in training
    const auto here = tape.mark();
    const auto none = tanh(wide + 1) * wide;
    CHECK(none.rows() == 0);
    const auto zeros = product(wide.transpose(), wide) + product(tall, tall.transpose()).block(0, 0, 1, 1);
    CHECK(zeros.value().isZero());
    const auto all = concatenate_rows({wide, w, wide});
    CHECK(all.value() == w.value());
    const auto loss = sum(square(concatenate_columns({tall, all}))) + sum(none) + sum(zeros);
    const auto gradient = tape.gradient(loss);
    CHECK(gradient[wide].rows() == 0);
    CHECK(gradient[wide].cols() == 3);
    CHECK(gradient[tall].rows() == 2);
    CHECK(gradient[none].cols() == 3);
    CHECK(gradient[w](1, 2) == Catch::Approx(2 * w(1, 2).value()));
    tape.rewind(here);
    for (double& p : tape.update_parameters()) p += 0.5;
  }
  CHECK_THROWS_AS(mean(wide), ShapeError);
  CHECK_THROWS_AS(wide(0, 0), ShapeError);

  const auto here = tape.mark();
  tape.variable(1);
  const auto later = parameters(tape, {}, 0, 3);
  tape.rewind(here);
  CHECK_THROWS_AS(later.value(), TapeError);
}

TEST_CASE("no variables are a matrix without elements") {
  const std::vector<Var<double>> none;
  const auto m = as_matrix(Inputs<Var<double>>(none), 0, 4);
  CHECK(m.columns() == 4);
  Tape<double> tape;
  const auto w = parameters(tape, scattered(8, 1), 4, 2);
  const auto y = product(m, w);
  CHECK(y.rows() == 0);
  const auto gradient = tape.gradient(sum(y) + sum(w));
  CHECK(gradient[w](0, 0) == 1);
  CHECK(gradient[m].cols() == 4);
}

template <class X>
concept CanBeAskedForNaN = requires(const X& x) { isnan(x); };

TEST_CASE("isnan and its kin are of one number, not of a matrix") {
  STATIC_REQUIRE(CanBeAskedForNaN<Var<double>>);
  STATIC_REQUIRE_FALSE(CanBeAskedForNaN<VarMatrix<double>>);
}

TEST_CASE("parameters may be filled where they stay, and then nothing is copied") {
  Tape<double> tape;
  tape.reserve_parameters(8);
  const double* const place = tape.parameters().data();
  const auto count_up = [](std::span<double> values) {
    double next = 1;
    for (double& value : values) value = next++;
  };
  const auto w = parameters(tape, 2, 3, count_up, "w");
  const auto b = parameters(tape, 1, 2, [](std::span<double> values) { CHECK(values.size() == 2); });
  CHECK(tape.parameters().data() == place);
  CHECK(tape.name_of(0) == "w");
  CHECK(w.value()(1, 2) == 6);
  CHECK(b.value()(0, 1) == 0);  // zeros come to it
  const auto gradient = tape.gradient(sum(product(w.row(1), w.transpose())));
  CHECK(gradient[w](0, 1) == 5);
  CHECK(gradient[w](1, 1) == 2 + 2 * 5);
  CHECK(gradient[b](0, 0) == 0);
}

TEST_CASE("parameters cannot be filled behind a statement, and what fills them may throw") {
  Tape<double> tape;
  CHECK_THROWS_AS(parameters(tape, 2, 2, [](std::span<double>) { throw std::runtime_error("no values"); }),
                  std::runtime_error);
  CHECK(tape.slots() == 0);
  CHECK(tape.parameters().empty());
  const auto x = tape.variable(3);
  static_cast<void>(x * x);
  CHECK_THROWS_WITH(parameters(tape, 2, 2, [](std::span<double>) {}),
                    Catch::Matchers::ContainsSubstring("before the first statement"));
  constexpr std::size_t many = std::size_t{1} << 40;
  Tape<double> full;
  CHECK_THROWS_WITH(parameters(full, many, many, [](std::span<double>) {}),
                    Catch::Matchers::ContainsSubstring("the tape is full"));
  CHECK_THROWS_WITH(parameters(full, many, 2, [](std::span<double>) {}),
                    Catch::Matchers::ContainsSubstring("the tape is full"));
  CHECK_THROWS_WITH(full.reserve_parameters(many), Catch::Matchers::ContainsSubstring("the tape is full"));
  CHECK(full.slots() == 0);
}
