#include "support/catch.hpp"

#include <sstream>
#include <utility>

#include <autodiff/autodiff.hpp>

using downhill::Tape, downhill::Var;

TEST_CASE("a Var prints as the number it holds, with that number's formats", "[print]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(2.0 / 3);
  CHECK(fmt::format("{}", x) == fmt::format("{}", 2.0 / 3));
  CHECK(fmt::format("[{:>8.3f}]", x) == "[   0.667]");
  CHECK(fmt::format("{:+.1e}", x * -1) == "-6.7e-01");
  std::ostringstream stream;
  stream << x << ' ' << Var<float>(1.5F);
  CHECK(stream.str() == "0.666667 1.5");
}

TEST_CASE("printing a Var that was moved from throws instead of printing rubbish", "[print]") {
  Var<double> x = 1;
  const Var<double> taken = std::move(x);
  CHECK_THROWS_AS(fmt::format("{}", x), downhill::TapeError);
  CHECK(fmt::format("{} {}", taken, Var<double>()) == "1 0");
}
