#include <autodiff/fuse.hpp>

#include <array>
#include <random>
#include <vector>

#include <autodiff/gradient.hpp>

#include "support/catch.hpp"

using namespace downhill;

namespace {

const auto long_function = [](const auto& x, const auto& y, const auto& z) {
  auto s = x * y + z;
  for (int i = 0; i < 5; ++i) s = sin(s * x) + exp(-s * s) * log(1 + y * y) - tanh(z) / (2 + s * s);
  return s;
};

}  // namespace

TEST_CASE("a fused function is one statement with the same value and derivatives") {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> draw(-2, 2);
  for (int time = 0; time < 100; ++time) {
    Tape<double> tape;
    const auto x = tape.variable(draw(random)), y = tape.variable(draw(random)), z = tape.variable(draw(random));
    const Var<double> plain = long_function(x, y, z);
    const std::size_t statements = tape.statements();
    const Var<double> fused = fuse(long_function)(x, y, z);
    CHECK(tape.statements() == statements + 1);
    CHECK(fused.value() == plain.value());
    const auto expected = tape.gradient(plain), got = tape.gradient(fused);
    for (const auto& v : {x, y, z}) CHECK(got[v] == Catch::Approx(expected[v]).epsilon(1e-10).margin(1e-13));
  }
}

TEST_CASE("operands of a fused function may be plain, passive, or one and the same") {
  Tape<double> tape;
  const auto x = tape.variable(0.5);
  const auto product = fuse([](auto a, auto b, auto c) { return a * b * c; });
  CHECK(tape.gradient(product(x, 3, 2.0f))[x] == 6);
  CHECK(tape.gradient(product(x, Var<double>(3), x))[x] == 3);
  CHECK_FALSE(product(Var<double>(2), 3, 4).is_active());
  CHECK(tape.gradient(product(x, x, x))[x] == Catch::Approx(0.75));
  CHECK(tape.gradient(fuse([](auto) { return 1.0; })(x) + x)[x] == 1);
}

TEST_CASE("a fused function with several results is a statement for each") {
  Tape<float> tape;
  const auto x = tape.variable(3), y = tape.variable(4);
  const auto [length, angle] = fuse([](auto a, auto b) { return std::array{hypot(a, b), atan2(b, a)}; })(x, y);
  CHECK(tape.statements() == 2);
  CHECK(tape.gradient(length)[y] == Catch::Approx(0.8));
  CHECK(tape.gradient(angle)[x] == Catch::Approx(-4.0 / 25));
}

TEST_CASE("a fused function nests: on a tape of Duals it carries second derivatives") {
  Tape<Dual<double>> tape;
  const auto x = tape.variable({2, 1});
  CHECK(tape.gradient(fuse([](auto a) { return a * a * a; })(x))[x].tangent() == Catch::Approx(12));
}

TEST_CASE("what a fused function throws passes through and leaves nothing on the tape") {
  Tape<double> tape, other;
  const auto x = tape.variable(1), y = other.variable(2);
  CHECK_THROWS_WITH(fuse([](auto) -> Dual<double> { throw std::runtime_error("no"); })(x), "no");
  CHECK_THROWS_AS(fuse([](auto a, auto b) { return a * b; })(x, y), TapeError);
  CHECK(tape.statements() == 0);
}
