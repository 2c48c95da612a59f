// Rules element by element: repeated operands, packs with a remainder, and what packs promise.

#include <autodiff/matrix/elementwise.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Domain;
using block_check::Grid;
using block_check::numbers;
using block_check::Size;

namespace {

// f of matrices beside f of their elements, each operand repeated to the common shape.
template <class F>
void check_elementwise(const std::vector<Size>& shapes, F&& f, const Domain& domain = {}) {
  const auto of = [&](const auto& x) {
    if constexpr (requires { f(x[0], x[0], x[0]); })
      return f(x[0], x[1], x[2]);
    else if constexpr (requires { f(x[0], x[0]); })
      return f(x[0], x[1]);
    else
      return f(x[0]);
  };
  check(
      shapes, of,
      [&]<class X>(const std::vector<Grid<X>>& x) {
        std::size_t rows = 1, columns = 1;
        for (const auto& operand : x) {
          if (operand.rows != 1) rows = operand.rows;
          if (operand.columns != 1) columns = operand.columns;
        }
        return Grid<X>(rows, columns, [&](std::size_t i, std::size_t j) {
          std::vector<X> here;
          for (const auto& m : x) here.push_back(m(m.rows == 1 ? 0 : i, m.columns == 1 ? 0 : j));
          return of(here);
        });
      },
      domain);
}

const std::vector<Size> sizes{{3, 4}, {1, 1}, {1, 37}, {37, 1}, {5, 17}};

}  // namespace

TEST_CASE("operations of two operands repeat rows, columns and scalars") {
  const std::vector<Size> shapes{{3, 19}, {1, 19}, {3, 1}, {1, 1}};
  for (const Size& x : shapes)
    for (const Size& y : shapes) {
      const Domain positive{0.5, 2};
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return p + q; });
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return p - q; });
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return p * q; });
      check_elementwise(
          {x, y}, [](const auto& p, const auto& q) { return p / q; }, positive);
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return max(p, q); });
      check_elementwise(
          {x, y}, [](const auto& p, const auto& q) { return pow(p, q); }, positive);
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return elu(p, q); });
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return leaky_relu(p, q); });
    }
}

TEST_CASE("operations of three operands repeat them too") {
  for (const std::vector<Size>& shapes :
       {std::vector<Size>{{3, 5}, {3, 5}, {3, 5}}, {{3, 5}, {1, 1}, {1, 1}}, {{3, 1}, {1, 5}, {1, 1}}}) {
    check_elementwise(shapes, [](const auto& x, const auto& y, const auto& z) { return clamp(x, y, z); });
    check_elementwise(shapes, [](const auto& x, const auto& y, const auto& z) { return hypot(x, y, z); });
  }
}

TEST_CASE("elementary functions are those of the scalars, in packs and at their ends") {
  for (const Size& shape : sizes) {
    const Domain positive{0.1, 0.9};
    check_elementwise({shape}, [](const auto& x) { return exp(x); });
    check_elementwise({shape}, [](const auto& x) { return expm1(x); });
    check_elementwise({shape}, [](const auto& x) { return tanh(x * 3); });
    check_elementwise({shape}, [](const auto& x) { return sigmoid(x * 4); });
    check_elementwise({shape}, [](const auto& x) { return log_sigmoid(x * 4); });
    check_elementwise({shape}, [](const auto& x) { return softplus(x * 4); });
    check_elementwise({shape}, [](const auto& x) { return silu(x * 4); });
    check_elementwise({shape}, [](const auto& x) { return gelu(x); });
    check_elementwise({shape}, [](const auto& x) { return elu(x); });
    check_elementwise({shape}, [](const auto& x) { return relu(x); });
    check_elementwise({shape}, [](const auto& x) { return leaky_relu(x); });
    check_elementwise({shape}, [](const auto& x) { return huber(x, 0.75); });
    check_elementwise({shape}, [](const auto& x) { return square(x) - x * 2 + 1 / (3 + x); });
    check_elementwise(
        {shape}, [](const auto& x) { return log(x); }, positive);
    check_elementwise(
        {shape}, [](const auto& x) { return log1p(x); }, positive);
    check_elementwise(
        {shape}, [](const auto& x) { return asin(x); }, positive);
    check_elementwise(
        {shape}, [](const auto& x) { return lgamma(x); }, positive);
  }
}

TEMPLATE_TEST_CASE("a pack is within a few ulp of the scalar over the whole domain, its edges included", "", float,
                   double) {
  using T = TestType;
  using Limits = std::numeric_limits<T>;
  const auto compare = []<class Rule>(Rule, T ulps, T slope_ulps) {
    std::vector<T> x{T(0),
                     -T(0),
                     Limits::min(),
                     -Limits::min(),
                     Limits::max(),
                     -Limits::max(),
                     Limits::infinity(),
                     -Limits::infinity(),
                     Limits::quiet_NaN(),
                     T(1),
                     T(-1),
                     Limits::epsilon(),
                     T(0.5),
                     T(-0.5)};
    for (const double y : numbers(2000, 7, -1, 1))
      for (const double scale : {0.01, 1.0, 12.0, 100.0}) x.push_back(static_cast<T>(y * scale));
    Tape<T> tape;
    const auto m = parameters(tape, x, 1, x.size());
    const auto y = apply<Rule>(m);
    const auto values = y.value();
    const auto slopes = tape.gradient(sum(y))[m];
    for (std::size_t k = 0; k < x.size(); ++k) {
      const auto at = static_cast<Eigen::Index>(k);
      const T value = Rule::template value<T>(x[k]), slope = Rule::template slope<T>(x[k], value);
      CAPTURE(Rule::name, x[k], values(0, at), value, slopes(0, at), slope);
      const auto agree = [&](T a, T b, T within) {
        // An exponential that would be denormal is 0 in a pack.
        return a == b || (a != a && b != b) ||
               std::abs(a - b) <= within * Limits::epsilon() * std::abs(b) + 4 * Limits::min();
      };
      CHECK(agree(values(0, at), value, ulps));
      CHECK(agree(slopes(0, at), slope, slope_ulps));
    }
  };
  compare(Exp{}, 4, 4);
  compare(Expm1{}, 8, 8);
  compare(Log{}, 4, 4);
  compare(Log1p{}, 8, 8);
  compare(Tanh{}, 8, sizeof(T) == 4 ? 500 : 8);  // see tanh_keeps_digits
  compare(Sigmoid{}, 8, 8);
  compare(Softplus{}, 8, 8);
  compare(LogSigmoid{}, 8, 8);
  compare(Silu{}, 8, 8);
}

TEST_CASE("an adjoint of 0 stops at an infinite slope, in matrices as in scalars") {
  Tape<double> tape;
  const auto x = parameters(tape, std::vector<double>{0, 4}, 1, 2);
  const auto y = sqrt(x) * VarMatrix<double>(Eigen::RowVector2d(0, 1));
  CHECK(tape.gradient(sum(y))[x](0, 0) == 0);
  const auto z = log(x) * VarMatrix<double>(Eigen::RowVector2d(0, 1)).block(0, 0, 1, 2);
  CHECK(tape.gradient(z(0, 1))[x](0, 0) == 0);
}

TEST_CASE("compound assignments of matrices, with scalars and numbers") {
  Tape<double> tape;
  const auto x = parameters(tape, numbers(4, 1), 2, 2);
  const auto w = tape.variable(3.0, "w");
  VarMatrix<double> y = x;
  y += 1, y *= w, y -= x, y /= 2;
  CHECK(y(1, 0).value() == Catch::Approx(((x(1, 0).value() + 1) * 3 - x(1, 0).value()) / 2));
  CHECK(tape.gradient(sum(y))[x](0, 0) == Catch::Approx(1));
}
