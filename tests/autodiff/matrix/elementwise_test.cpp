// Rules element by element: repeated operands, packs with a remainder, and what packs promise.

#include <autodiff/matrix/elementwise.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
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

namespace {

// How many ulp of T, those of denormal numbers among them, lie between what came and what is right.
template <class T>
double ulps(T got, long double right) {
  using Limits = std::numeric_limits<T>;
  if (got != got || right != right) return got != got && right != right ? 0 : 1e30;
  if (static_cast<T>(right) == got) return 0;
  if (std::isinf(got)) return 1e30;
  const int exponent = std::max(right == 0 ? Limits::min_exponent : std::ilogb(right), Limits::min_exponent - 1);
  return static_cast<double>(std::abs(static_cast<long double>(got) - right) /
                             std::ldexp(1.0L, exponent - Limits::digits + 1));
}

// Numbers of every size, denormal ones included, edges, and where functions bend.
template <class T>
std::vector<T> of_all_sizes() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> x{T(0), Limits::infinity(), Limits::quiet_NaN(), T(1), Limits::max()};
  for (int k = Limits::min_exponent - Limits::digits; k < Limits::max_exponent; ++k)
    for (const double y : numbers(3, static_cast<unsigned>(k + 2000), 1, 2))
      x.push_back(std::ldexp(static_cast<T>(y), k));
  for (const double scale : {1.0, 12.0, 30.0, 90.0, 110.0, 720.0, 760.0})
    for (const double y : numbers(300, 7, 0, scale)) x.push_back(static_cast<T>(y));
  for (const T least : {T(87.3365447505531L), T(88.7228390520684L), T(103.97L), T(708.396418532264L),
                        T(709.782712893384L), T(745.13L), T(0.34657359L), T(0.88137358L), T(0.54930614L)})
    for (T y = least, k = 0; k < 5; ++k, y = std::nextafter(y, T(1000))) x.push_back(y);
  for (std::size_t k = 0, n = x.size(); k < n; ++k) x.push_back(-x[k]);
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("a pack is within 4 ulp over the whole domain: denormal numbers, edges, what overflows", "", float,
                   double) {
  using T = TestType;
  const auto compare = []<class Rule>(Rule, double most, auto... rest) {
    const std::vector<T> x = of_all_sizes<T>();
    Tape<T> tape;
    const auto m = parameters(tape, x, 1, x.size());
    const auto y = apply<Rule>(m, T(rest)...);
    const auto values = y.value();
    const auto slopes = tape.gradient(sum(y))[m];
    for (std::size_t k = 0; k < x.size(); ++k) {
      const auto at = static_cast<Eigen::Index>(k);
      const long double here = x[k], value = Rule::template value<long double>(here, rest...);
      long double slope;
      if constexpr (sizeof...(rest) == 0)
        slope = Rule::template slope<long double>(here, value);
      else
        slope = Rule::template slope_x<long double>(here, rest..., value);
      const double of_value = ulps(values(0, at), value), of_slope = ulps(slopes(0, at), slope);
      // Near the zero of its slope, that of silu has the error of the terms that cancel there.
      const bool cancels = std::is_same_v<Rule, Silu> && here > -2 && here < -0.5L;
      if (of_value <= most &&
          (of_slope <= most || (cancels && std::abs(slopes(0, at) - slope) <= std::numeric_limits<T>::epsilon())))
        continue;
      CAPTURE(Rule::name, x[k], values(0, at), value, slopes(0, at), slope);
      CHECK(of_value <= most);
      CHECK(of_slope <= most);
    }
  };
  AllRules::for_each([&]<class Rule>(std::type_identity<Rule>) {
    if constexpr (!std::derived_from<Rule, InPacks>)
      return;
    else if constexpr (arity_of<Rule> == 1)
      compare(Rule{}, 4);
    else
      compare(Rule{}, 4, 1.0L);
  });
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
  const auto x = parameters(tape, numbers(4, 1), 2, 2);
  const auto w = tape.variable(3.0, "w");
  VarMatrix<double> y = x;
  y += 1, y *= w, y -= x, y /= 2;
  CHECK(y(1, 0).value() == Catch::Approx(((x(1, 0).value() + 1) * 3 - x(1, 0).value()) / 2));
  CHECK(tape.gradient(sum(y))[x](0, 0) == Catch::Approx(1));
}
