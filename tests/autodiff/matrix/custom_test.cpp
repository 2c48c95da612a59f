#include <autodiff/matrix/custom.hpp>

#include <Eigen/LU>

#include <memory>
#include <stdexcept>
#include <vector>

#include <autodiff/inspect/trace/trace.hpp>
#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Grid;
using Catch::Matchers::ContainsSubstring;
using test::scattered;

namespace {

// Y = A^-1, dY = -Y dA Y.
template <class T>
VarMatrix<T> inverted(const VarMatrix<T>& a) {
  const typename VarMatrix<T>::Matrix y = a.value().inverse();
  return custom(y, {a}, [y](const auto& g, auto a_bar) { a_bar += -y.transpose() * g * y.transpose(); });
}

template <class T>
VarMatrix<T> times(const VarMatrix<T>& a, const VarMatrix<T>& b) {
  const auto x = a.value(), y = b.value();
  return custom(x * y, {a, b}, [x, y](const auto& g, auto a_bar, auto b_bar) {
    if (a_bar.is_wanted()) a_bar += g * y.transpose();
    if (b_bar.is_wanted()) b_bar += x.transpose() * g;
  });
}

template <class T>
Grid<T> product_of(const Grid<T>& a, const Grid<T>& b) {
  return Grid<T>(a.rows, b.columns, [&](std::size_t i, std::size_t j) {
    T sum(0);
    for (std::size_t k = 0; k < a.columns; ++k) sum = sum + a(i, k) * b(k, j);
    return sum;
  });
}

}  // namespace

TEST_CASE("an operation of one's own is its scalar expansion, however its operands lie") {
  check(
      {{3, 4}, {4, 2}}, [](const auto& x) { return times(x[0], x[1]); },
      [](const auto& x) { return product_of(x[0], x[1]); });
  check(
      {{1, 1}, {1, 5}}, [](const auto& x) { return times(x[0], x[1]); },
      [](const auto& x) { return product_of(x[0], x[1]); });
  check(
      {{3, 3}}, [](const auto& x) { return times(x[0], x[0].transpose()); },  // one operand twice
      [](const auto& x) {
        auto turned = x[0];
        for (std::size_t i = 0; i < 3; ++i)
          for (std::size_t j = 0; j < 3; ++j) turned.values[i * 3 + j] = x[0](j, i);
        return product_of(x[0], turned);
      });
}

TEST_CASE("the inverse of a matrix, as an operation of one's own, agrees with finite differences") {
  const auto loss = [](const auto& x) {
    const auto a = as_matrix(x, 3, 3);
    return sum(inverted(a) * inverted(a)) + sum(inverted(a.transpose()).row(1));
  };
  std::vector<double> at = scattered(9, 5);
  for (std::size_t i = 0; i < 9; i += 4) at[i] += 4;
  const auto value = [](std::vector<double> x) {
    const Eigen::Matrix3d y = Eigen::Map<Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(x.data()).inverse();
    return y.squaredNorm() + y.col(1).sum();
  };
  Tape<double> tape;
  const auto x = tape.variables(at);
  const Var<double> result = loss(Inputs<Var<double>>(x));
  CHECK(result.value() == Catch::Approx(value(at)).epsilon(1e-13));
  const Gradient<double> gradient = tape.gradient(result);
  for (std::size_t i = 0; i < at.size(); ++i) {
    auto up = at, down = at;
    up[i] += 1e-5, down[i] -= 1e-5;
    CHECK(gradient[x[i]] == Catch::Approx((value(up) - value(down)) / 2e-5).epsilon(1e-7).margin(1e-9));
  }
}

TEST_CASE("second derivatives come through an operation of one's own whose pull-back is of any number") {
  using D = Dual<double>;
  Tape<D> tape;
  const auto a = parameters<D>(tape, std::vector<D>{D(0.5, 1), D(2), D(-1), D(3)}, 2, 2);
  const auto gradient = tape.gradient(sum(times(a, times(a, a))));
  Tape<D> again;
  const auto b = parameters<D>(again, std::vector<D>{D(0.5, 1), D(2), D(-1), D(3)}, 2, 2);
  const auto expected = again.gradient(sum(product(b, product(b, b))));
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(gradient.parameters()[i].value() == Catch::Approx(expected.parameters()[i].value()));
    CHECK(gradient.parameters()[i].tangent() == Catch::Approx(expected.parameters()[i].tangent()));
  }
}

TEST_CASE("to constants nothing is handed back, and of constants alone the result is one") {
  const Eigen::Matrix2d two = 2 * Eigen::Matrix2d::Identity();
  Tape<double> tape;
  const auto w = parameters<double>(tape, std::vector{1.0, 2.0, 3.0, 4.0}, 2, 2);
  const auto gradient = tape.gradient(sum(times(VarMatrix<double>(two), w)));
  for (const double g : gradient.parameters()) CHECK(g == 2);
  const auto constant = times(VarMatrix<double>(two), VarMatrix<double>(two));
  CHECK(!constant.is_active());
  CHECK(constant.value() == 4 * Eigen::Matrix2d::Identity());
}

TEST_CASE("a pull-back that nothing comes back to is not called") {
  Tape<double> tape;
  const auto w = parameters<double>(tape, std::vector{1.0, 2.0}, 1, 2);
  int calls = 0;
  const auto y = custom(w.value(), {w}, [&calls](const auto& g, auto w_bar) { ++calls, w_bar += g; });
  CHECK(tape.gradient(sum(w))[w(0, 0)] == 1);
  CHECK(calls == 0);
  CHECK(tape.gradient(y(0, 1))[w(0, 1)] == 1);
  CHECK(calls == 1);
}

TEST_CASE("a share of the wrong shape is refused, with both shapes, and so are operands of two tapes") {
  Tape<double> tape, other;
  const auto a = parameters<double>(tape, std::vector<double>(6, 1.0), 2, 3);
  const auto b = parameters<double>(other, std::vector<double>(6, 1.0), 2, 3);
  const auto wrong = custom(a.value(), {a}, [](const auto& g, auto a_bar) { a_bar += g.transpose(); });
  CHECK_THROWS_AS(tape.gradient(sum(wrong)), ShapeError);
  CHECK_THROWS_WITH(tape.gradient(sum(wrong)),
                    "custom: 3 x 2 and 2 x 3; what a pull-back adds to an adjoint must have the shape of the operand");
  const auto of_constant = custom(a.value(), {a, VarMatrix<double>(Eigen::MatrixXd::Ones(1, 1))},
                                  [](const auto& g, auto, auto c_bar) { c_bar += g; });
  CHECK_THROWS_AS(tape.gradient(sum(of_constant)), ShapeError);  // a constant's as well: the formula is wrong
  const auto add = [](const auto& g, auto a_bar, auto b_bar) { a_bar += g, b_bar += g; };
  CHECK_THROWS_AS(custom(a.value(), {a, b}, add), TapeError);
  CHECK_THROWS_WITH(custom(a.value(), {a, b}, add), ContainsSubstring("custom"));
}

TEST_CASE("what a pull-back throws leaves the sweep, its Gradient empty, and the tape as it was") {
  Tape<double> tape;
  const auto a = parameters<double>(tape, std::vector{1.0, 2.0}, 1, 2);
  bool fails = true;
  const auto y = custom(2 * a.value(), {a}, [&fails](const auto& g, auto a_bar) {
    a_bar += g;
    if (fails) throw std::runtime_error("half-way");
    a_bar += g;
  });
  const auto result = sum(y);
  Gradient<double> gradient;
  CHECK_THROWS_WITH(tape.gradient(result, gradient), "half-way");
  CHECK_THROWS_AS(gradient[a(0, 0)], Error);
  const std::size_t statements = tape.statements();
  fails = false;
  tape.gradient(result, gradient);
  CHECK(gradient[a(0, 0)] == 2);
  CHECK(gradient[a(0, 1)] == 2);
  CHECK(tape.statements() == statements);
}

TEST_CASE("an operation of one's own that cannot be recorded leaves the tape as it was") {
  struct Reluctant {
    Reluctant() = default;
    Reluctant(Reluctant&&) = default;
    Reluctant(const Reluctant&) { throw std::runtime_error("no copy"); }
    void operator()(const Eigen::Map<const VarMatrix<double>::Matrix>& g, const OperandAdjoint<double>& a_bar) const {
      a_bar += g;
    }
  };
  Tape<double> tape;
  const auto a = parameters<double>(tape, std::vector{1.0, 2.0}, 1, 2);
  const std::size_t slots = tape.slots(), statements = tape.statements();
  CHECK_THROWS_WITH(custom(a.value(), {a}, Reluctant{}), "no copy");
  CHECK(tape.slots() == slots);
  CHECK(tape.statements() == statements);
  CHECK(tape.gradient(sum(a))[a(0, 0)] == 1);
}

TEST_CASE("what a pull-back holds goes with its block") {
  const auto held = std::make_shared<int>(7);
  Tape<double> tape;
  const auto a = parameters<double>(tape, std::vector{1.0, 2.0}, 1, 2);
  const auto mark = tape.mark();
  for (int step = 0; step < 3; ++step) {
    const auto y = custom(a.value(), {a}, [held](const auto& g, auto a_bar) { a_bar += *held * g; });
    CHECK(tape.gradient(sum(y))[a(0, 0)] == 7);
    CHECK(held.use_count() == 2);
    tape.rewind(mark);
    CHECK(held.use_count() == 1);
  }
}

TEST_CASE("a trace shows an operation of one's own, with its constants") {
  Tape<double> tape;
  inspect::Trace trace(tape);
  const auto w = parameters<double>(tape, std::vector{1.0, 2.0}, 2, 1, "W");
  const auto record = trace.of(sum(times(VarMatrix<double>(Eigen::RowVector2d(3, 4)), w)));
  REQUIRE(record.steps.size() == 3);
  CHECK(record.steps[1].label == "custom");
  CHECK(record.steps[1].operands.size() == 2);
}
