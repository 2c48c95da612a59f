#include <autodiff/tape/listener.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>

using namespace downhill;

namespace {

/// Writes down what it hears.
struct Protocol final : Listener<double> {
  std::vector<std::string> heard;
  void variable(std::size_t slot, const double& value) override {
    heard.push_back(fmt::format("{} is {}", slot, value));
  }
  void step(std::size_t result, std::string_view label, const double& value,
            std::span<const StepOperand<double>> operands) override {
    std::string text = fmt::format("{} = {}", result, label);
    for (const StepOperand<double>& operand : operands)
      text += operand.is_plain() ? fmt::format(" {}", operand.number)
                                 : fmt::format(" {}->{}", operand.number, operand.slot);
    heard.push_back(text + fmt::format(" is {}", value));
  }
  void block(const Block<double>& made, std::size_t first, std::size_t results) override {
    heard.push_back(fmt::format("{} from {}: {}", made.name(), first, results));
  }
  void block_values(std::size_t first, std::span<const double> values) override {
    heard.push_back(fmt::format("{} is {}", first, values[0]));
  }
  void rewound(std::size_t slots) override { heard.push_back(fmt::format("rewound to {}", slots)); }
};

struct Listening {
  Tape<double> tape;
  Protocol protocol;
  Listening() { tape.listen(&protocol); }
  ~Listening() { tape.listen(nullptr); }
  const std::vector<std::string>& heard() const { return protocol.heard; }
};
using Heard = std::vector<std::string>;

}  // namespace

TEST_CASE("a listener hears every elementary step, its operands and its plain numbers", "[heard]") {
  Listening l;
  const Var<double> w = l.tape.variable(3), x = l.tape.variable(2);
  const Var<double> y = square(2.0 * w * x - 1.0);
  CHECK(y.value() == 121);
  CHECK(l.heard() == Heard{"0 is 3", "1 is 2", "2 = * 2 2->0 is 6", "3 = * 2->2 6->1 is 12", "4 = - 1->3 1 is 11",
                           "5 = square 22->4 is 121"});
  CHECK(l.tape.gradient(y)[w] == 88);
}

TEST_CASE("a sum makes a new step for each term that it is given", "[heard]") {
  Listening l;
  const Var<double> x = l.tape.variable(2);
  Var<double> sum = x * x;
  sum += x;
  sum -= 1.0;
  sum += sum;
  CHECK(sum.value() == 10);
  CHECK(l.heard() ==
        Heard{"0 is 2", "1 = * 2->0 2->0 is 4", "2 = + 1->1 1->0 is 6", "3 = - 1->2 1 is 5", "4 = + 1->3 1->3 is 10"});
  CHECK(l.tape.gradient(sum)[x] == 10);
}

TEST_CASE("operations of many operands are one step, blocks say their values", "[heard]") {
  Listening l;
  const Var<double> x = l.tape.variable(2), y = l.tape.variable(3);
  CHECK(sum(std::vector{x, Var<double>(7), y}).value() == 12);
  CHECK(custom(1.5, {{x, 0.5}}).value() == 1.5);
  CHECK(fuse([](auto a, auto b) { return a * b + a; })(x, y).value() == 8);
  CHECK(clamp(x, 0.0, y).value() == 2);
  CHECK(recompute([](auto a, auto b) { return a * b; })(x, y).value() == 6);
  CHECK(l.heard() == Heard{"0 is 2", "1 is 3", "2 = sum 1->0 7 1->1 is 12", "3 = custom 0.5->0 is 1.5",
                           "4 = fuse 4->0 2->1 is 8", "5 = clamp 1->0 0 0->1 is 2", "recompute from 6: 1", "6 is 6"});
}

TEST_CASE("plain numbers in Vars are heard as numbers, and by themselves not at all", "[heard]") {
  Listening l;
  const Var<double> x = l.tape.variable(2), plain = 5;
  CHECK((plain * plain).value() == 25);
  CHECK(sin(plain).value() == std::sin(5.0));
  CHECK((plain - x).value() == 3);
  CHECK((x / plain).value() == 0.4);
  CHECK(l.heard() == Heard{"0 is 2", "1 = - 5 -1->0 is 3", "2 = / 0.2->0 5 is 0.4"});
}

TEST_CASE("Vars from before the listener can be heard from now on", "[heard]") {
  Tape<double> tape;
  Protocol protocol;
  Var<double> x = tape.variable(2);
  const Var<double> h = x * x;
  tape.listen(&protocol);
  CHECK((h * 2.0).value() == 8);  // recorded, and not heard
  x = tape.parameter(0);
  const Var<double> y = tape.heard(h) * x;
  CHECK(protocol.heard == Heard{"1 is 4", "3 = * 2->1 4->0 is 8"});
  CHECK((h * x).value() == 8);
  CHECK(protocol.heard.back() == "4 = * 2->1 4->0 is 8");
  tape.listen(nullptr);
  CHECK((y * x + x).value() == 18);
  CHECK(protocol.heard.size() == 3);
  CHECK(tape.gradient(y * x + x)[x] == 33);
}

TEST_CASE("a listener is told what a rewind takes away, and stale Vars are known as stale", "[heard]") {
  Listening l;
  const Var<double> x = l.tape.variable(2, "x");
  const Mark mark = l.tape.mark();
  const Var<double> y = x * x;
  l.tape.rewind(mark);
  CHECK(l.heard().back() == "rewound to 1");
  CHECK((x * 3.0).value() == 6);
  CHECK(y.value() == 4);
  CHECK_THROWS_WITH(y * x, Catch::Matchers::ContainsSubstring("stale"));
  CHECK_THROWS_WITH(l.tape.gradient(y), Catch::Matchers::ContainsSubstring("stale"));
  CHECK(l.tape.update_parameters().size() == 1);
  CHECK_THROWS_WITH(sin(x), Catch::Matchers::ContainsSubstring("take it again"));
  CHECK(sin(l.tape.parameter(0)).value() == std::sin(2.0));
}

TEST_CASE("heard Vars are copied, moved, compared and misused as all others", "[heard]") {
  Listening l;
  Tape<double> other;
  Var<double> x = l.tape.variable(2), y = x, moved = std::move(y);
  CHECK(moved.is_active());
  CHECK(moved.tape() == &l.tape);
  CHECK(moved.slot() == x.slot());
  CHECK(moved == x);
  CHECK(x < 3.0);
  CHECK_THROWS_AS(y + x, TapeError);
  CHECK_THROWS_AS(x * other.variable(1), TapeError);
  CHECK_THROWS_AS(sum(std::vector{x, other.variable(1)}), TapeError);
  CHECK_THROWS_AS(x + y, TapeError);
  CHECK_THROWS_AS(other.gradient(x), TapeError);
  CHECK_THROWS_AS(other.heard(x), TapeError);
  CHECK_THROWS_AS(l.tape.heard(Var<double>(1)), TapeError);
  Protocol second;
  CHECK_THROWS_WITH(l.tape.listen(&second), Catch::Matchers::ContainsSubstring("one trace at a time"));
  const Var<double> z = x * x;
  const Gradient<double> gradient = l.tape.gradient(z);
  CHECK(gradient[x] == 4);
  CHECK_THROWS_AS(gradient[z * z], TapeError);
}

TEST_CASE("a tape of Duals is heard as well", "[heard]") {
  Tape<Dual<double>> tape;
  inspect::Trace trace(tape);
  const auto x = tape.variable(Dual<double>(3, 1));
  const auto y = x * x * x;
  CHECK(tape.gradient(y)[x].tangent() == 18);
  CHECK(trace.of(y).steps.size() == 3);
}
