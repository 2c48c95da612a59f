#include <autodiff/tape/misuse.hpp>

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "support/catch.hpp"

#include <autodiff/gradient.hpp>
#include <autodiff/ranges.hpp>

using namespace downhill;
using Catch::Matchers::ContainsSubstring;

namespace {

struct State {
  std::size_t slots, bytes, statements, parameters;
  explicit State(const Tape<double>& tape)
      : slots(tape.slots()), bytes(tape.bytes()), statements(tape.statements()), parameters(tape.parameters().size()) {}
  bool operator==(const State&) const = default;
};

// Everything that can be done with a Var that must be on this tape, and valid.
std::vector<std::function<void(Tape<double>&, Var<double>&)>> every_use(Var<double>& good) {
  return {
      [](auto&, auto& x) { -x; },
      [](auto&, auto& x) { x + 1.0; },
      [](auto&, auto& x) { 2 / x; },
      [](auto&, auto& x) { x* x; },
      [](auto&, auto& x) { exp(x); },
      [](auto&, auto& x) { tanh(Var<double>(x)); },
      [&](auto&, auto& x) { good + x; },
      [&](auto&, auto& x) { x - good; },
      [&](auto&, auto& x) { pow(x, good); },
      [&](auto&, auto& x) { good* good + x; },
      [&](auto&, auto& x) { x - good* good; },
      [&](auto&, auto& x) { good* good* Var<double>(x); },
      [&](auto&, auto& x) { fma(good, good, x); },
      [&](auto&, auto& x) { custom(1.0, {{good, 1.0}, {x, 2.0}, {good, 3.0}}); },
      [&](auto&, auto& x) { sum(std::array{good, x, good}); },
      [&](auto&, auto& x) {
        Var<double> s = good;
        s += x;
      },
      [&](auto&, auto& x) {
        Var<double> s = good * 2;
        s += x;
      },
      [&](auto&, auto& x) {
        Var<double> s = good * 2;
        s -= Var<double>(x);
      },
      [&](auto&, auto& x) {
        Var<double> s = good * 2;
        s *= x;
      },
      [&](auto&, auto& x) { x += good; },
      [&](auto&, auto& x) { x *= good; },
      [](auto& tape, auto& x) { tape.gradient(x); },
      [](auto& tape, auto& x) { tape.name(x, "x"); },
      [&](auto& tape, auto& x) { tape.gradient(good)[x]; },
      [&](auto& tape, auto& x) { tape.gradient({Seed{good, 1.0}, Seed{x, 1.0}}); },
  };
}

}  // namespace

TEST_CASE("a stale Var throws wherever it is used, and the tape stays as it was", "[tape]") {
  Tape<double> tape;
  Var<double> good = tape.variable(2);
  const Mark mark = tape.mark();
  const Var<double> made = tape.variable(3, "force");
  tape.name(made, "force");
  tape.rewind(mark);
  const Var<double> in_its_place = good * 7;
  CHECK(in_its_place.slot() == made.slot());
  for (const auto& use : every_use(good)) {
    Var<double> stale = made;
    CHECK_THROWS_WITH(use(tape, stale), ContainsSubstring("stale") && ContainsSubstring("make it before the mark"));
  }
  CHECK(tape.gradient(good * in_its_place)[good] == 28);
  CHECK(made.value() == 3);
  CHECK((made > 2 && made == 3));
}

TEST_CASE("a Var of another tape throws wherever it is used, and both tapes stay as they were", "[tape]") {
  Tape<double> tape, other;
  Var<double> good = tape.variable(2);
  const Var<double> foreign = other.variable(3);
  std::size_t thrown = 0;
  for (const auto& use : every_use(good)) {
    Var<double> x = foreign;
    try {
      use(tape, x);
    } catch (const TapeError& error) {
      ++thrown;
      CHECK_THAT(error.what(), ContainsSubstring("the Vars are on different tapes"));
    }
  }
  CHECK(thrown == every_use(good).size() - 6);  // those that use x alone
  CHECK(tape.gradient(good * good)[good] == 4);
  CHECK(other.gradient(foreign * foreign)[foreign] == 6);
}

TEST_CASE("an update of the parameters makes every older Var stale, but no mark", "[tape]") {
  Tape<double> tape;
  Var<double> old = tape.variable(3, "w");
  const Mark mark = tape.mark();
  Var<double> result = old * old;
  const std::span<double> values = tape.update_parameters();
  values[0] = 10;
  Var<double> w = tape.parameter(0);
  for (const auto& use : every_use(w)) {
    Var<double> x = old;
    CHECK_THROWS_WITH(use(tape, x), ContainsSubstring("'w' (slot 0) is stale: the parameters were updated in place"));
  }
  CHECK_THROWS_AS(result + 1, TapeError);
  tape.rewind(mark);
  CHECK(tape.parameters()[0] == 10);
  CHECK(tape.gradient(w * w)[w] == 20);
}

TEST_CASE("an operation that throws leaves the tape and its operands as they were", "[tape]") {
  Tape<double> tape, other;
  const Var<double> x = tape.variable(2), foreign = other.variable(3);
  Var<double> gone = 1;
  const Var<double> taken = std::move(gone);
  Var<double> s = x * x;
  const State before(tape);
  SECTION("custom with a foreign Var in the middle") {
    CHECK_THROWS_WITH(custom(1.0, {{x, 1.0}, {foreign, 1.0}, {s, 1.0}}), ContainsSubstring("custom"));
  }
  SECTION("sum with a Var that was moved from in the middle") {
    CHECK_THROWS_AS(sum(std::array<Var<double>, 3>{x, gone, s}), TapeError);
  }
  SECTION("compound assignments") {
    CHECK_THROWS_AS(s += foreign, TapeError);
    CHECK_THROWS_AS(s -= foreign, TapeError);
    CHECK_THROWS_AS(s *= gone, TapeError);
    CHECK_THROWS_AS(s /= foreign, TapeError);
  }
  SECTION("a temporary that would have been folded") {
    CHECK_THROWS_AS(std::move(s) * foreign, TapeError);
    CHECK_THROWS_AS(gone - std::move(s), TapeError);
  }
  CHECK(State(tape) == before);
  CHECK(s.value() == 4);
  s += x;
  CHECK(tape.gradient(s)[x] == 5);
}

TEST_CASE("what outlived its tape is refused by a new tape at the same address", "[misuse]") {
  std::optional<Tape<double>> tape;
  tape.emplace();
  Var<double> old = tape->variable(5);
  const Mark mark = tape->mark();
  const Var<double> later = old * 2;
  for (int time = 0; time < 100; ++time) {
    const Tape<double>* const address = &*tape;
    tape.emplace();
    REQUIRE(&*tape == address);
    Var<double> x = tape->variable(2);
    const State before(*tape);
    for (const Var<double>& dead : {old, later}) {
      CHECK_THROWS_WITH(dead * x, ContainsSubstring("on a tape that no longer exists"));
      CHECK_THROWS_WITH(x - dead, ContainsSubstring("on a tape that no longer exists"));
      CHECK_THROWS_WITH(tape->gradient(dead), ContainsSubstring("on a tape that no longer exists"));
      CHECK_THROWS_WITH(tape->gradient(x)[dead], ContainsSubstring("on a tape that no longer exists"));
    }
    CHECK_THROWS_WITH(tape->rewind(mark), ContainsSubstring("another tape"));
    CHECK(before == State(*tape));
    tape->clear();
    CHECK(tape->slots() == 0);
  }
}
