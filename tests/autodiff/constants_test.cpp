#include <autodiff/constants.hpp>

#include <cmath>
#include <numbers>
#include <type_traits>

#include <autodiff/gradient.hpp>

#include "support/catch.hpp"

using namespace downhill;

namespace {

// Generic code, as it is written for plain numbers.
template <class X>
X circumference(const X& radius) {
  return X(2) * std::numbers::pi_v<X> * radius;
}

}  // namespace

TEST_CASE("the constants of <numbers> are constants of every number type") {
  Tape<double> tape;
  const Var<double> radius = tape.variable(3);
  CHECK(circumference(3.0) == circumference(radius).value());
  CHECK(tape.gradient(circumference(radius))[radius] == 2 * std::numbers::pi);
  CHECK(circumference(Dual<double>(3, 1)).tangent() == 2 * std::numbers::pi);
  CHECK(circumference(Dual<Dual<float>>(3)).value().value() == circumference(3.F));
  CHECK(!std::numbers::e_v<Var<double>>.is_active());
  CHECK(std::numbers::phi_v<Var<float>>.value() == std::numbers::phi_v<float>);
  CHECK(std::numbers::ln2_v<Var<Dual<double>>>.value() == std::numbers::ln2);
  STATIC_REQUIRE(std::numbers::egamma_v<Dual<double, 4>> == std::numbers::egamma);
}
