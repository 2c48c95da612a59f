// Nothing recurses over the graph: CTest runs this program with a stack of 256 KB.

#include "support/catch.hpp"

#include <cmath>
#include <memory>
#include <utility>

#include <autodiff/gradient.hpp>

using namespace downhill;

namespace {
constexpr int length = 10'000'000;
}

TEST_CASE("a chain of ten million operations is recorded, swept and destroyed", "[deep_chain]") {
  auto tape = std::make_unique<Tape<double>>();
  const Var<double> x = tape->variable(0.5);
  Var<double> y = x;
  for (int i = 0; i < length; ++i) {
    const Var<double>& named = y;
    y = sin(named) + 0.5;  // a named operand: nothing folds, every sine is a statement
  }
  CHECK(tape->slots() == length + 1);
  CHECK(tape->statements() == length);

  // Near the fixed point y = sin y + 0.5 the chain forgets where it began; the last operations are what counts.
  double expected = 0.5;
  for (int i = 0; i < length; ++i) expected = std::sin(expected) + 0.5;
  CHECK(y.value() == Catch::Approx(expected).epsilon(1e-14));

  const Gradient<double> gradient = tape->gradient(y);
  CHECK(gradient[y] == 1);
  const double slope = std::cos(expected);
  const double before = gradient.adjoints()[tape->slots() - 101];
  CHECK(before == Catch::Approx(std::pow(slope, 100)).epsilon(1e-10));
  CHECK(gradient[x] == 0);  // slope^10,000,000 underflows
  tape.reset();
  CHECK(gradient.adjoints().size() == length + 1);
}

TEST_CASE("a sum of ten million terms keeps one slot, and its gradient counts them", "[deep_chain]") {
  Tape<float> tape;
  const Var<float> w = tape.variable(0.25F), b = tape.variable(1.0F);
  Var<float> sum = w * 2;
  for (int i = 0; i < length; ++i) sum -= w * b;
  CHECK(tape.slots() == 3);
  CHECK(tape.gradient(sum)[b] == Catch::Approx(-0.25F * length));
}

TEST_CASE("a chain of ten million temporaries that fold is one statement", "[deep_chain]") {
  Tape<double> tape;
  const Var<double> a = tape.variable(1.0), b = tape.variable(2.0);
  Var<double> y = a * 0.5;
  double value = 0.5, slope_a = 0.5, slope_b = 0;
  constexpr double factor = 1 - 1e-7;  // its powers stay far from underflow, where folding ends
  for (int i = 0; i < length; ++i) {
    y = std::move(y) * factor + b;
    value = value * factor + 2;
    slope_a *= factor;
    slope_b = slope_b * factor + 1;
  }
  CHECK(tape.statements() == 1);
  CHECK(y.value() == value);
  CHECK(tape.gradient(y)[a] == slope_a);
  CHECK(tape.gradient(y)[b] == slope_b);
}

TEST_CASE("a chain of Vars that own their predecessors by move is destroyed without recursion", "[deep_chain]") {
  Tape<double> tape;
  std::vector<Var<double>> chain{tape.variable(1.0)};
  chain.reserve(length / 10);
  while (chain.size() < length / 10) chain.push_back(chain.back() + chain[chain.size() / 2] * 1e-9);
  CHECK(tape.gradient(chain.back())[chain.front()] > 0);
  chain.clear();
  CHECK(tape.slots() == length / 10);
}
