// Beside `using namespace std` the functions of plain numbers are std's: what follows would otherwise be ambiguous.

#include <autodiff/calculus/number.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>

#include <autodiff/calculus.hpp>
#include <autodiff/dual.hpp>
#include <autodiff/gradient.hpp>
#include <autodiff/variable.hpp>

#include "support/catch.hpp"

using namespace std;
using namespace downhill;

namespace {

template <class X, class Y>
bool same(X x, Y y) {
  return std::is_same_v<X, Y> && x == y;
}

template <class X, class Y>
void check_mixed(X x, Y y) {
  const X constant = x;
  CHECK(same(pow(x, y), std::pow(x, y)));
  CHECK(same(pow(constant, y), std::pow(x, y)));
  CHECK(same(hypot(x, y), std::hypot(x, y)));
  CHECK(same(atan2(x, y), std::atan2(x, y)));
  CHECK(same(fmod(x, y), std::fmod(x, y)));
  CHECK(same(remainder(x, y), std::remainder(x, y)));
  CHECK(same(copysign(x, y), std::copysign(x, y)));
  CHECK(same(fmin(x, y), std::fmin(x, y)));
  CHECK(same(fmax(x, y), std::fmax(x, y)));
  CHECK(same(fdim(x, y), std::fdim(x, y)));
  CHECK(same(fma(x, y, x), std::fma(x, y, x)));
  CHECK(same(hypot(x, y, x), std::hypot(x, y, x)));
  CHECK(same(downhill::pow(x, y), std::pow(x, y)));
  if constexpr (std::is_same_v<X, Y>) {
    const X low = x, high = y;
    CHECK(same(max(x, y), std::max(x, y)));
    CHECK(same(max(low, high), std::max(low, high)));
    CHECK(same(min(X(1), y), std::min(X(1), y)));
    CHECK(same(clamp(x, y, y), y));
    CHECK(same(clamp(low, high, high), y));
  }
}

template <class X>
void check_plain(X x) {
  const X c = x;
  CHECK(same(sqrt(x), std::sqrt(x)));
  CHECK(same(exp(c), std::exp(c)));
  CHECK(same(abs(c), std::abs(c)));
  CHECK(same(floor(x), std::floor(x)));
  CHECK(same(tgamma(x), std::tgamma(x)));
  CHECK(same(lgamma(X(3)), std::lgamma(X(3))));
  check_mixed(x, 1), check_mixed(x, 1.F), check_mixed(x, 1.), check_mixed(x, 1.L), check_mixed(x, 1L);
}

template <class X>
void check_active(X x) {
  const X c = x;
  CHECK((pow(x, 2) + pow(c, x) + pow(2, c)).value() == 12);
  CHECK((max(x, c) + min(c, c) + clamp(x, 0, 1) + clamp(c, c, c)).value() == 7);
  CHECK((fma(x, c, 2) + fmin(x, 1) + fmax(c, c) + fdim(c, 1.F)).value() == 10);
  CHECK((copysign(x, -1) + remainder(x, 3) + abs(x)).value() == -1);
  CHECK((hypot(x, c, 1) + hypot(x, 0)).value() == 5);
  CHECK(xlogx(tgamma(x)).value() == 0);
}

}  // namespace

TEST_CASE("with both namespaces open, a function of plain numbers is std's, whatever their types") {
  check_plain(2), check_plain(2.F), check_plain(2.), check_plain(2.L), check_plain(2L);
  CHECK(downhill::max(1, 2.5) == 2.5);
}

TEST_CASE("whole numbers are taken as doubles by the functions that std does not have") {
  const int three = 3;
  CHECK(same(square(three), 9.));
  CHECK(same(cube(2U), 8.));
  CHECK(same(reciprocal(4), 0.25));
  CHECK(same(sigmoid(0), 0.5));
  CHECK(same(softplus(0), std::log(2.)));
  CHECK(same(log_sigmoid(0), -std::log(2.)));
  CHECK(same(relu(-3), 0.));
  CHECK(same(leaky_relu(-3), -0.03));
  CHECK(same(leaky_relu(-4, 2), -8.));
  CHECK(same(elu(-1), std::expm1(-1.)));
  CHECK(same(huber(3), 2.5));
  CHECK(same(gelu(0), 0.));
  CHECK(same(silu(0), 0.));
  CHECK(same(mish(0), 0.));
  CHECK(same(softsign(-3), -0.75));
  CHECK(same(logit(0.5F), 0.F));
  CHECK(same(erfinv(0), 0.));
  CHECK(same(digamma(1), -std::numbers::egamma));
  CHECK(same(sign(-7L), -1.));
  CHECK(same(xlogx(0), 0.));
  CHECK(same(xlogy(0, 0), 0.));
  CHECK(same(logaddexp(0, 0), std::log(2.)));
  CHECK(same(select(true, 1, 2), 1.));
  CHECK(same(square(2.F), 4.F));
  CHECK(same(leaky_relu(-3.F), -3.F * 0.01F));
}

TEST_CASE("with both namespaces open, a function of active numbers is Downhill's") {
  Tape<double> tape;
  check_active<Var<double>>(tape.variable(2));
  check_active(Dual<double>(2, 1));
}
