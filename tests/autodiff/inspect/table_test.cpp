#include "support/catch.hpp"

#include <string>

#include <autodiff/autodiff.hpp>

using namespace downhill;

TEST_CASE("a tape prints its variables and its statements, oldest first", "[table]") {
  Tape<double> tape;
  const Var<double> w = tape.variable(3, "w"), x = tape.variable(2, "x"), b = tape.variable(1, "b");
  const Var<double> y = w * x + b;
  tape.name(y, "y");
  const Var<double> z = y * y;
  CHECK(inspect::table(tape) ==
        "slot  edges: slope -> parent slot\n"
        "0 w   variable\n"
        "1 x   variable\n"
        "2 b   variable\n"
        "3 y   2 -> 0 w   3 -> 1 x   1 -> 2 b\n"
        "4     14 -> 3 y\n");
  CHECK(inspect::table(tape, tape.gradient(z)) ==
        "slot  edges: slope -> parent slot     adjoint\n"
        "0 w   variable                             28\n"
        "1 x   variable                             42\n"
        "2 b   variable                             14\n"
        "3 y   2 -> 0 w   3 -> 1 x   1 -> 2 b       14\n"
        "4     14 -> 3 y                             1\n");
}

TEST_CASE("a long tape is cut with a line that counts the rest", "[table]") {
  Tape<float> tape;
  Var<float> x = tape.variable(1);
  for (int i = 0; i < 1000; ++i) {
    const Var<float> previous = x;
    x = sin(previous);
  }
  const std::string text = inspect::table(tape, 10);
  CHECK_THAT(text, Catch::Matchers::ContainsSubstring("... and 991 more rows"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 12);
}

TEST_CASE("an empty tape prints its heading", "[table]") {
  CHECK(inspect::table(Tape<double>()) == "slot  edges: slope -> parent slot\n");
}

TEST_CASE("a table refuses a gradient of another tape or of another moment", "[table]") {
  Tape<double> tape, other;
  const Var<double> x = tape.variable(1), y = x * x;
  CHECK((other.variable(1) * 2.0).value() == 2);
  const auto gradient = tape.gradient(y);
  CHECK_THROWS_AS(inspect::table(other, gradient), TapeError);
  CHECK_THROWS_AS(inspect::table(tape, Gradient<double>()), TapeError);
  CHECK((y * y).value() == 1);
  CHECK_THROWS_WITH(inspect::table(tape, gradient), Catch::Matchers::ContainsSubstring("sweep again"));
}
