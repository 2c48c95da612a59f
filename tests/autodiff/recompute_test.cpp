#include <autodiff/recompute.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include <autodiff/inspect/trace/table.hpp>
#include <autodiff/ranges.hpp>

#include "support/catch.hpp"

using namespace downhill;
using Catch::Matchers::ContainsSubstring;

namespace {

// x <- sin(x) + 0.5 w, many times: a logistic recurrence without an end.
template <class X>
X steps(X x, const X& w, int count) {
  for (int i = 0; i < count; ++i) x = sin(x) + 0.5 * w * cos(x);
  return x;
}

}  // namespace

TEST_CASE("a recomputation has the derivatives of what it stands for, and is swept again and again") {
  Tape<double> tape;
  const auto x = tape.variable(0.3, "x"), w = tape.variable(0.8, "w");
  const auto segment = recompute([](const auto& a, const auto& b) { return steps(a, b, 20); });
  const Var<double> kept = segment(segment(x, w) * 2, w) + w;
  const std::size_t bytes = tape.bytes();
  const Var<double> plain = steps(steps(x, w, 20) * 2, w, 20) + w;
  CHECK(bytes < 200);
  CHECK(kept.value() == plain.value());
  const auto expected = tape.gradient(plain);
  for (int time = 0; time < 3; ++time) {
    const auto got = tape.gradient(kept);
    CHECK(got[x] == Catch::Approx(expected[x]).epsilon(1e-12));
    CHECK(got[w] == Catch::Approx(expected[w]).epsilon(1e-12));
  }
}

TEST_CASE("a recurrence of a million steps takes the memory of the ends of its segments") {
  constexpr int count = 1'000'000, length = 1'000;
  Tape<double> tape;
  const auto w = tape.variable(0.8);
  Var<double> kept = tape.variable(0.3);
  const auto segment = recompute([](const auto& a, const auto& b) { return steps(a, b, length); });
  for (int i = 0; i < count / length; ++i) kept = segment(kept, w);
  CHECK(tape.bytes() == 0);
  CHECK(tape.statements() == count / length);
  CHECK(tape.slots() == 2 + count / length);
  const double recomputed = tape.gradient(kept)[w];

  double x = 0.3, slope = 0;  // forward, by hand
  for (int i = 0; i < count; ++i) {
    slope = (std::cos(x) - 0.4 * std::sin(x)) * slope + 0.5 * std::cos(x);
    x = std::sin(x) + 0.4 * std::cos(x);
  }
  CHECK(kept.value() == Catch::Approx(x).epsilon(1e-13));
  CHECK(recomputed == Catch::Approx(slope).epsilon(1e-10));
}

TEST_CASE("recomputed segments take a vector, give several results, and nest") {
  Tape<double> tape;
  const auto x = tape.variables(std::vector<double>{1, 2, 3});
  const auto inner = recompute([](const auto& a, const auto& b) { return a * b; });
  const auto outer = recompute([&](std::span<const Var<double>> a) {
    return std::array{inner(a[0], a[1]) + sum(a), inner(inner(a[1], a[2]), a[2])};
  });
  const auto [first, second] = outer(x);
  CHECK(first.value() == 8);
  CHECK(second.value() == 18);
  const Gradient<double> gradient = tape.gradient({{first, 2.0}, {second, 1.0}});
  CHECK(gradient[x[0]] == 2 * 3);
  CHECK(gradient[x[1]] == 2 * 2 + 9);
  CHECK(gradient[x[2]] == 2 + 12);
  CHECK(tape.gradient(second)[x[0]] == 0);
  CHECK(tape.gradient(second)[second] == 1);
}

TEST_CASE("inputs of a recomputation may be passive, the same, or temporaries, and change afterwards") {
  Tape<double> tape;
  const auto x = tape.variable(3);
  const auto product = recompute([](const auto& a, const auto& b) { return a * b; });
  CHECK(tape.gradient(product(x, Var<double>(5)))[x] == 5);
  CHECK(tape.gradient(product(x, x))[x] == 6);
  CHECK_FALSE(product(Var<double>(2), Var<double>(4)).is_active());
  CHECK(tape.gradient(product(x * 2, x + 1) * 3)[x] == Catch::Approx(3 * (4 * 3 + 2)));
  Var<double> y = x * 2;
  const Var<double> kept = product(y, y);
  y += x;
  y *= 2;
  CHECK(tape.gradient(kept)[x] == Catch::Approx(2 * 6 * 2));
  Var<double> sum = product(x, x);
  sum += x;
  sum += product(sum, x);
  CHECK(tape.gradient(sum)[x] == Catch::Approx(7 + 7 * 3 + 12));  // s + s x with s = x^2 + x
}

TEST_CASE("an adjoint of 0 stops at a recomputed segment") {
  Tape<double> tape;
  const auto x = tape.variable(0);
  int calls = 0;
  const auto root = recompute([&](const auto& a) {
    ++calls;
    return sqrt(a);
  });
  const Var<double> y = root(x);
  CHECK(tape.gradient(select(false, y, x))[x] == 1);
  CHECK(tape.gradient(y)[x] == std::numeric_limits<double>::infinity());
}

TEST_CASE("a rewind forgets the recomputed segments after the mark, and frees what they hold") {
  Tape<double> tape;
  const auto x = tape.variable(2);
  const auto alive = std::make_shared<int>(0);
  const auto here = tape.mark();
  for (int time = 0; time < 3; ++time) {
    const auto y = recompute([alive](const auto& a) { return a * a; })(x);
    CHECK(alive.use_count() == 2);
    CHECK(tape.gradient(y * x)[x] == 12);
    tape.rewind(here);
    CHECK(alive.use_count() == 1);
    CHECK(tape.statements() == 0);
    CHECK_THROWS_AS(y * 2, TapeError);
  }
}

TEST_CASE("a recomputation refuses Vars that are not its inputs, and says what to do") {
  Tape<double> tape, other;
  const auto x = tape.variable(2), w = tape.variable(3), foreign = other.variable(1);
  CHECK_THROWS_WITH(recompute([&](const auto& a) { return a * w; })(x), ContainsSubstring("pass it as an input"));
  CHECK_THROWS_WITH(recompute([](const auto& a, const auto& b) { return a * b; })(x, foreign),
                    ContainsSubstring("recompute: the Vars are on different tapes"));
  Var<double> gone = x;
  const Var<double> taken = std::move(gone);
  CHECK_THROWS_AS(recompute([](const auto& a) { return a; })(gone), TapeError);
}

TEST_CASE("what f throws in the sweep passes through, and the half-swept Gradient is empty") {
  Tape<double> tape;
  const auto x = tape.variable(2);
  bool fails = false;
  const auto y = recompute([&](const auto& a) {
    if (fails) throw std::runtime_error("no");
    return a * a;
  })(x);
  Gradient<double> gradient = tape.gradient(y);
  CHECK(gradient[x] == 4);
  fails = true;
  CHECK_THROWS_WITH(tape.gradient(y * 2, gradient), "no");
  CHECK(gradient.adjoints().empty());
  CHECK_THROWS_AS(gradient[x], TapeError);
  fails = false;
  CHECK(tape.gradient(y)[x] == 4);
}

TEST_CASE("the table shows a recomputation and what it depends on") {
  Tape<double> tape;
  const auto x = tape.variable(2, "x");
  recompute([](const auto& a) { return a * a; })(x);
  CHECK_THAT(inspect::table(tape), ContainsSubstring("1     recompute of 0 x"));
}

TEST_CASE("a recomputation nests on a tape of Duals") {
  Tape<Dual<double>> tape;
  const auto x = tape.variable({2, 1});
  CHECK(tape.gradient(recompute([](const auto& a) { return a * a * a; })(x))[x].tangent() == 12);
}
