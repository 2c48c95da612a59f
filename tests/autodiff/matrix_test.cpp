// Every block against its scalar expansion on the same tape: values and adjoints of all operands.

#include <autodiff/matrix.hpp>

#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <new>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <autodiff/derivatives.hpp>
#include <autodiff/ranges.hpp>
#include <support/catch.hpp>

using namespace downhill;

namespace {

std::vector<double> numbers(std::size_t n, unsigned seed, double low = -2, double high = 2) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> uniform(low, high);
  std::vector<double> x(n);
  for (double& value : x) value = uniform(generator);
  return x;
}

// The elements of a matrix as scalars.
using Scalars = std::vector<std::vector<Var<double>>>;
Scalars scalars(const VarMatrix<double>& m) {
  Scalars s(m.rows());
  for (std::size_t i = 0; i < m.rows(); ++i)
    for (std::size_t j = 0; j < m.columns(); ++j) s[i].push_back(m(i, j));
  return s;
}

// One number of all elements, each with a weight of its own.
Var<double> weighed(const Scalars& m) {
  Var<double> sum(0.0);
  double weight = 0.3;
  for (const auto& row : m)
    for (const Var<double>& x : row) sum += x * std::sin(weight += 0.7);
  return sum;
}

// Does the block give the values and gradients of the scalar expansion?
void check_same(Tape<double>& tape, const VarMatrix<double>& block, const Scalars& expansion) {
  REQUIRE(block.rows() == expansion.size());
  for (std::size_t i = 0; i < block.rows(); ++i) {
    REQUIRE(block.columns() == expansion[i].size());
    for (std::size_t j = 0; j < block.columns(); ++j)
      CHECK(block(i, j).value() == Catch::Approx(expansion[i][j].value()).epsilon(1e-13).margin(1e-14));
  }
  const auto of_block = tape.gradient(weighed(scalars(block))), of_scalars = tape.gradient(weighed(expansion));
  for (std::size_t k = 0; k < tape.parameters().size(); ++k)
    CHECK(of_block.parameters()[k] == Catch::Approx(of_scalars.parameters()[k]).epsilon(1e-12).margin(1e-13));
}

template <class Operation>
Scalars expanded(std::size_t rows, std::size_t columns, Operation&& at) {
  Scalars s(rows);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) s[i].push_back(at(i, j));
  return s;
}

}  // namespace

TEST_CASE("a matrix of parameters shares its slots and values with scalars") {
  Tape<double> tape;
  const auto m = parameters(tape, numbers(6, 1), 2, 3, "m");
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

TEST_CASE("a product is its scalar expansion, with either side transposed, a block, or constant") {
  Tape<double> tape;
  const auto a = parameters(tape, numbers(12, 1), 3, 4), b = parameters(tape, numbers(20, 2), 4, 5);
  const auto c = parameters(tape, numbers(15, 3), 5, 3);
  const Eigen::MatrixXd k = Eigen::MatrixXd::Random(4, 2);
  const auto check = [&](const VarMatrix<double>& left, const VarMatrix<double>& right) {
    check_same(tape, product(left, right), expanded(left.rows(), right.columns(), [&](std::size_t i, std::size_t j) {
                 Var<double> sum(0.0);
                 for (std::size_t l = 0; l < left.columns(); ++l) sum += left(i, l) * right(l, j);
                 return sum;
               }));
  };
  check(a, b);
  check(b.transpose(), a.transpose());
  check(a.transpose(), c.transpose());
  check(a, VarMatrix<double>(k));
  check(VarMatrix<double>(k).transpose(), b);
  check(a.block(1, 1, 2, 3), b.block(0, 2, 3, 2));
  check(a.block(1, 1, 2, 3).transpose(), c.block(2, 0, 2, 3));
  check(a.row(2), b.column(1));
  check(a.column(3), b.row(0));
  check(a.row(0).transpose(), b.column(4).transpose());
  check(a, a.transpose());
  check(product(a, b), c);
}

TEST_CASE("X W + b is its scalar expansion") {
  Tape<double> tape;
  const auto x = parameters(tape, numbers(6, 4), 2, 3), w = parameters(tape, numbers(12, 5), 3, 4);
  const auto b = parameters(tape, numbers(4, 6), 1, 4);
  check_same(tape, affine(x, w, b), expanded(2, 4, [&](std::size_t i, std::size_t j) {
               Var<double> sum = b(0, j);
               for (std::size_t l = 0; l < 3; ++l) sum += x(i, l) * w(l, j);
               return sum;
             }));
}

TEST_CASE("elementwise operations repeat rows, columns, scalars and numbers") {
  Tape<double> tape;
  const auto full = parameters(tape, numbers(12, 1, 0.5, 2), 3, 4), row = parameters(tape, numbers(4, 2, 0.5, 2), 1, 4);
  const auto column = parameters(tape, numbers(3, 3, 0.5, 2), 3, 1),
             one = parameters(tape, numbers(1, 4, 0.5, 2), 1, 1);
  const auto scalar = tape.variable(1.25);
  const auto at = [](const VarMatrix<double>& m, std::size_t i, std::size_t j) {
    return m(m.rows() == 1 ? 0 : i, m.columns() == 1 ? 0 : j);
  };
  const std::vector<VarMatrix<double>> all{full, row, column, one, full.block(1, 1, 1, 1), full * full};
  for (const auto& x : all)
    for (const auto& y : all) {
      const std::size_t rows = std::max(x.rows(), y.rows()), columns = std::max(x.columns(), y.columns());
      const auto check = [&](const VarMatrix<double>& block, auto&& operation) {
        check_same(tape, block, expanded(rows, columns, [&](std::size_t i, std::size_t j) {
                     return Var<double>(operation(at(x, i, j), at(y, i, j)));
                   }));
      };
      check(x + y, [](auto p, auto q) { return p + q; });
      check(x - y, [](auto p, auto q) { return p - q; });
      check(x * y, [](auto p, auto q) { return p * q; });
      check(x / y, [](auto p, auto q) { return p / q; });
      check(max(x, y), [](auto p, auto q) { return max(p, q); });
      check(pow(x, y), [](auto p, auto q) { return pow(p, q); });
    }
  check_same(tape, full * scalar + 3,
             expanded(3, 4, [&](std::size_t i, std::size_t j) { return full(i, j) * scalar + 3; }));
  check_same(tape, 2 - scalar / row,
             expanded(1, 4, [&](std::size_t, std::size_t j) { return 2 - scalar / row(0, j); }));
  check_same(tape, VarMatrix<double>(scalar) * full,
             expanded(3, 4, [&](std::size_t i, std::size_t j) { return full(i, j) * scalar; }));
  check_same(tape, -full, expanded(3, 4, [&](std::size_t i, std::size_t j) { return -full(i, j); }));
}

TEST_CASE("elementary functions work element by element, also on transposes and blocks") {
  Tape<double> tape;
  const auto m = parameters(tape, numbers(12, 7, 0.1, 0.9), 3, 4);
  const auto check = [&](auto&& f) {
    for (const VarMatrix<double>& x : {m, m.transpose(), m.block(1, 0, 2, 3)})
      check_same(tape, f(x), expanded(x.rows(), x.columns(), [&](std::size_t i, std::size_t j) { return f(x(i, j)); }));
  };
  check([](const auto& x) { return exp(x); });
  check([](const auto& x) { return tanh(x); });
  check([](const auto& x) { return relu(x - 0.5); });
  check([](const auto& x) { return sigmoid(x); });
  check([](const auto& x) { return log(x); });
  check([](const auto& x) { return square(x); });
  check([](const auto& x) { return asin(x); });
  check([](const auto& x) { return lgamma(x); });
}

TEST_CASE("sums and means of all, of rows and of columns") {
  Tape<double> tape;
  const auto m = parameters(tape, numbers(12, 8), 3, 4);
  for (const VarMatrix<double>& x : {m, m.transpose(), m.block(0, 1, 3, 2)}) {
    const auto row = [&](std::size_t i) {
      Var<double> total(0.0);
      for (std::size_t j = 0; j < x.columns(); ++j) total += x(i, j);
      return total;
    };
    check_same(tape, sum_of_rows(x), expanded(x.rows(), 1, [&](std::size_t i, std::size_t) { return row(i); }));
    check_same(tape, mean_of_rows(x), expanded(x.rows(), 1, [&](std::size_t i, std::size_t) {
                 return row(i) / static_cast<double>(x.columns());
               }));
    check_same(tape, sum_of_columns(x.transpose()),
               expanded(1, x.rows(), [&](std::size_t, std::size_t i) { return row(i); }));
    Var<double> all(0.0);
    for (std::size_t i = 0; i < x.rows(); ++i) all += row(i);
    CHECK(sum(x).value() == Catch::Approx(all.value()));
    check_same(tape, VarMatrix<double>(mean(x)), {{all / static_cast<double>(x.size())}});
  }
}

TEST_CASE("softmax, its logarithm and cross entropy are their scalar expansions, and overflow nowhere") {
  Tape<double> tape;
  const auto m = parameters(tape, numbers(12, 9), 3, 4);
  const auto row = [&](std::size_t i) { return std::vector{m(i, 0), m(i, 1), m(i, 2), m(i, 3)}; };
  check_same(tape, log_softmax(m),
             expanded(3, 4, [&](std::size_t i, std::size_t j) { return m(i, j) - log_sum_exp(row(i)); }));
  check_same(tape, softmax(m),
             expanded(3, 4, [&](std::size_t i, std::size_t j) { return exp(m(i, j) - log_sum_exp(row(i))); }));
  const std::vector<std::size_t> labels{2, 0, 3};
  Var<double> loss(0.0);
  for (std::size_t i = 0; i < 3; ++i) loss += (log_sum_exp(row(i)) - m(i, labels[i])) / 3;
  const auto fused = softmax_cross_entropy(m, labels);
  check_same(tape, VarMatrix<double>(fused), {{loss}});

  Tape<double> far;
  const auto huge = parameters(far, std::vector<double>{1000, -1000, 0, 1000}, 2, 2);
  const auto saturated = softmax_cross_entropy(huge, std::vector<std::size_t>{0, 0});
  CHECK(saturated.value() == Catch::Approx(500));
  CHECK(far.gradient(saturated)[huge](1, 0) == Catch::Approx(-0.5));
}

TEST_CASE("a network of matrices has the loss and the gradient of its scalars, in float as in double") {
  const auto train = []<class T>(Tape<T>& tape) {
    const auto cast = [](const std::vector<double>& x) { return std::vector<T>(x.begin(), x.end()); };
    const auto w1 = parameters(tape, cast(numbers(10, 1)), 2, 5), b1 = parameters(tape, cast(numbers(5, 2)), 1, 5);
    const auto w2 = parameters(tape, cast(numbers(15, 3)), 5, 3), b2 = parameters(tape, cast(numbers(3, 4)), 1, 3);
    const auto inputs = cast(numbers(14, 5));
    const auto x = VarMatrix<T>::constant(inputs, 7, 2);
    const auto loss =
        softmax_cross_entropy(affine(tanh(affine(x, w1, b1)), w2, b2), std::vector<std::size_t>{0, 1, 2, 0, 1, 2, 0});
    std::vector<double> result{static_cast<double>(loss.value())};
    const auto swept = tape.gradient(loss);
    for (const T g : swept.parameters()) result.push_back(static_cast<double>(g));
    return result;
  };
  Tape<double> in_double;
  Tape<float> in_float;
  const auto exact = train(in_double), rough = train(in_float);
  REQUIRE(exact.size() == 34);
  for (std::size_t i = 0; i < exact.size(); ++i) CHECK(rough[i] == Catch::Approx(exact[i]).epsilon(1e-4).margin(1e-5));

  // Against forward mode, one parameter after the other.
  const std::vector<double> inputs = numbers(14, 5);
  const auto scalar = [&](const auto& p) {
    auto total = 0 * p[0];
    for (std::size_t i = 0; i < 7; ++i) {
      std::vector<std::remove_cvref_t<decltype(p[0] + 1.0)>> h, out;
      for (std::size_t j = 0; j < 5; ++j)
        h.push_back(tanh(inputs[2 * i] * p[j] + inputs[2 * i + 1] * p[5 + j] + p[10 + j]));
      for (std::size_t j = 0; j < 3; ++j) {
        auto z = p[30 + j] + 0.0;
        for (std::size_t l = 0; l < 5; ++l) z = z + h[l] * p[15 + 3 * l + j];
        out.push_back(z);
      }
      total = total + (log(exp(out[0]) + exp(out[1]) + exp(out[2])) - out[i % 3]) / 7;
    }
    return total;
  };
  const std::vector<double> at(in_double.parameters().begin(), in_double.parameters().end());
  for (std::size_t k = 0; k < at.size(); ++k) {
    std::vector<double> direction(at.size());
    direction[k] = 1;
    CHECK(directional_derivative(scalar, at, direction) == Catch::Approx(exact[k + 1]).epsilon(1e-10).margin(1e-12));
  }
}

TEST_CASE("matrices nest: a tape of Duals carries a Hessian-vector product through elementwise operations") {
  Tape<Dual<double>> tape;
  std::vector<Dual<double>> values{{0.5, 1}, {1.5, 0}};
  const auto m = parameters(tape, values, 1, 2);
  const auto loss = sum(exp(m) * product(m, VarMatrix<Dual<double>>(m).reshape(2, 1)).reshape(1, 1) / 2);
  const auto g = tape.gradient(loss)[m];
  // The loss is (e^x + e^y) (x² + y²) / 2.
  CHECK(g(0, 0).tangent() == Catch::Approx((std::exp(0.5) * (2.5 + 2) + (std::exp(0.5) + std::exp(1.5)) * 2) / 2));
  CHECK(g(0, 1).tangent() == Catch::Approx((std::exp(0.5) * 3 + std::exp(1.5)) / 2));
}

TEST_CASE("consecutive variables are a matrix, and what is not is refused") {
  Tape<double> tape;
  const auto x = tape.variables(numbers(6, 1));
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
  const auto w = parameters(tape, numbers(6, 1), 2, 3);
  const std::vector<double> data = numbers(8, 2);
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
  const auto p = parameters(tape, numbers(6, 1), 2, 3), q = parameters(other, numbers(6, 1), 2, 3);
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
  CHECK_THROWS_AS(parameters(tape, numbers(5, 1), 2, 3), ShapeError);
  CHECK_THROWS_AS(mean(p.block(0, 0, 0, 3)), ShapeError);
}
