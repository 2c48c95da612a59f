// Rules element by element: repeated operands, and packs with a remainder. What packs promise is in
// simd/functions_test.cpp.

#include <autodiff/matrix/elementwise.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

#include <autodiff/calculus/rules.hpp>
#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::check;
using block_check::Domain;
using block_check::Grid;
using block_check::Size;
using test::scattered;

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
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return p / q; }, positive);
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return max(p, q); });
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return pow(p, q); }, positive);
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return elu(p, q); });
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return leaky_relu(p, q); });
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return copysign(p, q); });
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return fmin(p, q) - 2 * fmax(p, q); });
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return fdim(p, q); });
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return remainder(p, q); }, positive);
      check_elementwise({x, y}, [](const auto& p, const auto& q) { return xlogy(p, q); }, positive);
    }
}

TEST_CASE("operations of three operands repeat them too") {
  for (const std::vector<Size>& shapes :
       {std::vector<Size>{{3, 5}, {3, 5}, {3, 5}}, {{3, 5}, {1, 1}, {1, 1}}, {{3, 1}, {1, 5}, {1, 1}}}) {
    check_elementwise(shapes, [](const auto& x, const auto& y, const auto& z) { return clamp(x, y, z); });
    check_elementwise(shapes, [](const auto& x, const auto& y, const auto& z) { return hypot(x, y, z); });
  }
}

// Where the elements of an operand are drawn from: well inside of its domain, and nothing that overflows.
namespace {
Domain inside(const OperandDomain& domain) {
  const double low = std::isfinite(domain.low) ? domain.low + 0.1 : domain.poles == Poles::none ? -2 : 0.1;
  return {low, std::isfinite(domain.high) ? domain.high - 0.1 : std::max(2.0, low + 1)};
}
}  // namespace

TEST_CASE("every rule of the list is that of the scalars, in packs and at their ends") {
  AllRules::for_each([]<class Rule>(std::type_identity<Rule>) {
    CAPTURE(Rule::name);
    if constexpr (arity_of<Rule> == 1)
      for (const Size& shape : {Size{3, 4}, Size{1, 37}, Size{5, 17}})
        check_elementwise({shape}, [](const auto& x) { return apply<Rule>(x); }, inside(domain_of<Rule>(0)));
    if constexpr (arity_of<Rule> == 2) {
      const Domain positive{0.5, 2};
      check_elementwise({{5, 17}, {5, 17}}, [](const auto& x, const auto& y) { return apply<Rule>(x, y); }, positive);
    }
  });
}

TEST_CASE("functions of sums are those of the scalars, in packs and at their ends") {
  for (const Size& shape : sizes) {
    check_elementwise({shape}, [](const auto& x) { return tanh(x * 3) - exp(x); });
    check_elementwise({shape}, [](const auto& x) { return sigmoid(x * 4) * silu(x * 4); });
    check_elementwise({shape}, [](const auto& x) { return log_sigmoid(x * 4) + softplus(x * 4); });
    check_elementwise({shape}, [](const auto& x) { return elu(x) + leaky_relu(x) + huber(x, 0.75); });
    check_elementwise({shape}, [](const auto& x) { return square(x) - x * 2 + 1 / (3 + x); });
  }
}

TEST_CASE("the logarithm of a denormal number is right in a pack") {  // by mpmath
  Tape<double> tape;
  const auto x = parameters(tape, std::vector<double>{5e-324, 1e-310, 2.2250738585072009e-308}, 1, 3);
  const auto y = log(x).value();
  CHECK(y(0, 0) == Catch::Approx(-744.440071921381262314).epsilon(1e-15));
  CHECK(y(0, 1) == Catch::Approx(-713.801378828154165101).epsilon(1e-15));
  CHECK(y(0, 2) == Catch::Approx(-708.396418532264106446).epsilon(1e-15));
  CHECK(log(VarMatrix<float>(Eigen::MatrixXf::Constant(1, 1, 1e-45F))).value()(0, 0) ==
        Catch::Approx(-103.278929903431851F));
}

TEST_CASE("an adjoint of 0 stops at an infinite slope, in matrices as in scalars") {
  Tape<double> tape;
  const auto x = parameters(tape, std::vector<double>{0, 4}, 1, 2);
  const auto y = sqrt(x) * VarMatrix<double>(Eigen::RowVector2d(0, 1));
  CHECK(tape.gradient(sum(y))[x](0, 0) == 0);
  const auto z = log(x) * VarMatrix<double>(Eigen::RowVector2d(0, 1)).block(0, 0, 1, 2);
  CHECK(tape.gradient(z(0, 1))[x](0, 0) == 0);
}

TEST_CASE("compound assignments of matrices take matrices, scalars and numbers") {
  Tape<double> tape;
  const auto x = parameters(tape, scattered(4, 1), 2, 2);
  const auto w = tape.variable(3.0, "w");
  VarMatrix<double> y = x;
  y += 1, y *= w, y -= x, y /= 2;
  CHECK(y(1, 0).value() == Catch::Approx(((x(1, 0).value() + 1) * 3 - x(1, 0).value()) / 2));
  CHECK(tape.gradient(sum(y))[x](0, 0) == Catch::Approx(1));
}
