// Duals as numbers. That they have the derivatives of every function is tested in calculus_test.cpp.

#include <autodiff/dual.hpp>

#include <Eigen/Dense>

#include <array>
#include <limits>
#include <sstream>
#include <type_traits>
#include <vector>

#include <autodiff/eigen.hpp>
#include <autodiff/gradient.hpp>
#include <autodiff/print.hpp>
#include <autodiff/ranges.hpp>

#include "support/catch.hpp"

using namespace downhill;

namespace {

const double infinity = std::numeric_limits<double>::infinity();
using Pair = Dual<double, 2>;

}  // namespace

TEST_CASE("a Dual is a number and its tangents, and a number is a constant") {
  const Pair x(3, {1, 2});
  CHECK(x.value() == 3);
  CHECK(x.tangent() == 1);
  CHECK(x.tangent(1) == 2);
  CHECK(Pair::variable(3, 1).tangents() == std::array<double, 2>{0, 1});
  const Pair constant = 4;
  CHECK(constant.tangents() == std::array<double, 2>{0, 0});
  CHECK(static_cast<int>(constant) == 4);
  CHECK(Dual<double>().value() == 0);
  CHECK(Dual<float>(1.5, 1).value() == 1.5F);
}

TEST_CASE("Duals mix with numbers on either side, and with the number that is nested in them") {
  const Dual<double> x(3, 1);
  CHECK((2 * x + 1 - x / 2).tangent() == 1.5);
  CHECK((1.0F / x).tangent() == Catch::Approx(-1.0 / 9));
  CHECK(pow(2, x).tangent() == Catch::Approx(8 * std::log(2)));
  CHECK(pow(x, 2u).tangent() == 6);
  CHECK(max(x, 5).tangent() == 0);
  CHECK(fma(x, 2, x).tangent() == 3);
  CHECK(clamp(x, 0, 10).tangent() == 1);
  CHECK(leaky_relu(-x).tangent() == -0.01);
  CHECK(select(true, x, 7).tangent() == 1);
  Dual<double> y = x;
  y += 1, y -= x, y *= x, y /= 2;
  CHECK(y.value() == 1.5);
  CHECK(y.tangent() == 0.5);
  CHECK((+x).value() == 3);

  const Dual<Dual<double>> nested(x, 1);
  static_assert(std::is_same_v<decltype(nested * x), Dual<Dual<double>>>);
  static_assert(std::is_same_v<decltype(x * nested), Dual<Dual<double>>>);
  CHECK((nested * x).tangent().value() == 3);
  CHECK((2 * nested * nested * nested).tangent().tangent() == 36);
}

TEST_CASE("Duals of different scalars or directions do not mix") {
  static_assert(!WithDual<Dual<double>, Dual<float>>);
  static_assert(!WithDual<Dual<double>, Dual<double, 2>>);
  static_assert(!WithDual<Dual<double>, Var<double>>);
  static_assert(!std::is_constructible_v<Dual<double>, Dual<float>>);
  static_assert(std::is_trivially_copyable_v<Dual<Dual<double>, 3>>);
}

TEST_CASE("Duals compare by value") {
  const Dual<double> x(3, 1), y(3, 2);
  CHECK(x == y);
  CHECK(x < 4);
  CHECK(2 < x);
  CHECK(x != 4);
  CHECK(std::max(x, Dual<double>(5)) == 5);
  CHECK(isnan(Dual<double>(NAN)));
  CHECK(isinf(x / 0));
  CHECK(isfinite(x));
  CHECK(signbit(-x));
}

TEST_CASE("an operand that does not move adds nothing, be the slope along it infinite") {
  CHECK(sqrt(Pair(0, {0, 1})).tangents() == std::array<double, 2>{0, infinity});
  CHECK((Dual<double>(2, 1) + sqrt(Dual<double>(0))).tangent() == 1);
  CHECK(hypot(Dual<double>(0, 1), Dual<double>(0, 1)).tangent() == 0);
  CHECK(std::isnan(log(Dual<double>(-1, 1)).tangent()));
  CHECK(log(Dual<double>(-1)).tangent() == 0);
  CHECK(max(Pair(1, {1, 0}), Pair(1, {0, 1})).tangents() == std::array<double, 2>{0.5, 0.5});
}

TEST_CASE("third derivatives come from Duals of Duals of Duals") {
  using Third = Dual<Dual<Dual<double>>>;
  const double at = 0.7;
  const Third x(Dual<Dual<double>>(Dual<double>(at, 1), 1), 1);
  CHECK(sin(x).tangent().tangent().tangent() == Catch::Approx(-std::cos(at)));
  CHECK(exp(2 * x).tangent().tangent().tangent() == Catch::Approx(8 * std::exp(2 * at)));
  CHECK((x * x * x).tangent().tangent().tangent() == Catch::Approx(6));
}

TEST_CASE("ranges and Eigen matrices may be of Duals") {
  const std::vector<Pair> x{Pair::variable(3, 0), Pair::variable(-4, 1)};
  CHECK(sum(x).tangents() == std::array<double, 2>{1, 1});
  CHECK(mean(x).tangents() == std::array<double, 2>{0.5, 0.5});
  CHECK(norm(x).value() == 5);
  CHECK(norm(x).tangent(1) == Catch::Approx(-0.8));
  CHECK(norm(std::vector<Pair>(2, Pair(0, {1, 1}))).tangent() == 0);
  CHECK(dot(x, std::vector<double>{1, 2}).tangents() == std::array<double, 2>{1, 2});
  CHECK(dot(x, x).tangents() == std::array<double, 2>{6, -8});
  CHECK(polynomial(x, 2).tangents() == std::array<double, 2>{1, 2});
  CHECK(polynomial(std::vector<double>{1, 2, 3}, x[0]).tangent() == 20);
  const std::vector<Pair> tie{Pair::variable(1, 0), Pair::variable(1, 1)};
  CHECK(log_sum_exp(tie).tangents() == std::array<double, 2>{0.5, 0.5});
  CHECK(softmax(tie)[0].tangent(0) == Catch::Approx(0.25));

  Eigen::Matrix2<Pair> a;
  a << x[0], 1, 2, x[1];
  CHECK(a.determinant().tangents() == std::array<double, 2>{-4, 3});
  CHECK((a * Eigen::Vector2d(1, 2).cast<Pair>()).sum().tangent(1) == 2);
  CHECK((2.0 * a)(0, 0).tangent() == 2);
}

TEST_CASE("a tape of Duals carries the derivative of its gradient") {
  Tape<Dual<double>> tape;
  const auto x = tape.variable({2, 1}), y = tape.variable(3);
  const auto gradient = tape.gradient(x * x * y + 2 * sin(x) - y / x);
  CHECK(gradient[x].value() == Catch::Approx(12 + 2 * std::cos(2) + 0.75));
  CHECK(gradient[x].tangent() == Catch::Approx(6 - 2 * std::sin(2) - 0.75));
  CHECK(gradient[y].tangent() == Catch::Approx(4 + 0.25));
  Var<Dual<double>> total = 0;
  for (int i = 0; i < 3; ++i) total += x * Dual<double>(1, 2);
  CHECK(total.value().tangent() == 3 * (1 + 2 * 2));
  CHECK(tape.gradient(total)[x].tangent() == 6);
}

TEST_CASE("a Dual prints as the number it holds") {
  const Dual<double> x(1.25, 7);
  CHECK(fmt::format("{:.1f}|{}", x, Dual<Dual<double>>(x)) == "1.2|1.25");
  std::ostringstream out;
  out << x;
  CHECK(out.str() == "1.25");
}
