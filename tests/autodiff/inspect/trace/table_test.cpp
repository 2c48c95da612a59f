#include "support/catch.hpp"

#include <string>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>

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

TEST_CASE("a record prints its steps forward and its visits backward", "[table]") {
  Tape<double> tape;
  inspect::Trace trace(tape);
  const auto w = tape.variable(0.5, "w"), x = tape.variable(2, "x");
  const auto loss = square(w * x - 3.0);
  trace.name(loss, "loss");
  CHECK(inspect::table(trace.of(loss)) ==
        "slot  name  step      value  operands: value (slope)\n"
        "0     w     variable    0.5\n"
        "1     x     variable      2\n"
        "2           *             1  w = 0.5 (2)   x = 2 (0.5)\n"
        "3           -            -2  slot 2 = 1 (1)   3\n"
        "4     loss  square        4  slot 3 = -2 (-4)\n"
        "\n"
        "slot  visit        adjoint  flow -> operand (its adjoint before, after)\n"
        "4     square loss        1  -4 -> slot 3 (0, -4)\n"
        "3     -                 -4  -4 -> slot 2 (0, -4)\n"
        "2     *                 -4  -8 -> w (0, -8)   -2 -> x (0, -2)\n");
}

TEST_CASE("a table of a record is cut, coloured and annotated as asked", "[table]") {
  Tape<double> tape;
  const auto early = tape.variable(2) * 1.0;
  inspect::Trace trace(tape);
  const std::vector<Var<double>> x = tape.variables(std::vector<double>(20, 1.0));
  const auto y = sum(x) * early / 0.0;
  tape.name(y, "y");
  static_cast<void>(tape.variable(1) * 2.0);
  inspect::Record record = trace.of(y);
  const std::string plain = inspect::table(record, {.most_rows = 5});
  CHECK_THAT(plain, Catch::Matchers::ContainsSubstring("... and 20 more steps"));
  CHECK_THAT(plain, Catch::Matchers::ContainsSubstring("... and 12 more"));
  CHECK_THAT(plain, Catch::Matchers::ContainsSubstring("1 statements on the tape"));
  CHECK_THAT(plain, Catch::Matchers::ContainsSubstring("trace.watch(x)"));
  CHECK_THAT(plain, !Catch::Matchers::ContainsSubstring("\033"));
  const std::string colored = inspect::table(record, {.colors = true});
  CHECK_THAT(colored, Catch::Matchers::ContainsSubstring("\033[31minf\033[0m"));
  CHECK_THAT(colored, Catch::Matchers::ContainsSubstring("\033[1my\033[0m"));
  record.lacks_sources = true;
  CHECK_THAT(inspect::table(record), Catch::Matchers::ContainsSubstring("trace.here(\"label\")"));
}

TEST_CASE("a matrix without elements is no operand that a table could show") {
  Tape<double> tape;
  const auto none = parameters(tape, {}, 0, 2);
  const auto w = parameters(tape, std::vector<double>{1, 2}, 1, 2, "w");
  const auto nothing = sum(none);
  const auto loss = nothing + sum(concatenate_rows({none, w}));
  const std::string text = inspect::table(tape);
  CHECK(text.find("concatenate of 0 w to 1\n") != std::string::npos);
  CHECK(text.find("\n2     sum\n") != std::string::npos);
  CHECK(tape.gradient(loss)[w](0, 1) == 1);
}
