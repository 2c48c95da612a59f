#include <autodiff/inspect/trace/trace.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>

#include "support/random_expression.hpp"

using namespace downhill;
using inspect::Record;
using inspect::Trace;

namespace {

template <class T>
std::vector<Var<T>> inputs_on(Tape<T>& tape, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Var<T>> inputs;
  for (int i = 0; i < 4; ++i) inputs.push_back(tape.variable(std::uniform_real_distribution<T>(T(-2), T(2))(random)));
  return inputs;
}

std::vector<std::string> labels(const Record& record) {
  std::vector<std::string> all;
  for (const inspect::RecordedStep& step : record.steps) all.push_back(step.label);
  return all;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

TEST_CASE("a trace shows every elementary step with its operands, slopes and plain numbers", "[trace]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = tape.variable(0.5, "w"), x = tape.variable(2, "x"), b = tape.variable(3, "b");
  const auto loss = square(w * x + b - 1.5);
  trace.name(loss, "loss");
  const Record record = trace.of(loss);
  CHECK(labels(record) == std::vector<std::string>{"variable", "variable", "variable", "*", "+", "-", "square"});
  const inspect::RecordedStep& product = record.steps[3];
  REQUIRE(product.operands.size() == 2);
  CHECK(product.operands[0].name == "w");
  CHECK(product.operands[0].value == 0.5);
  CHECK(product.operands[0].slope == 2.0);
  CHECK(product.operands[1].step == 1);
  CHECK(product.values == std::vector{1.0});
  const inspect::RecordedStep& difference = record.steps[5];
  CHECK(difference.operands[1].is_plain());
  CHECK(difference.operands[1].value == 1.5);
  CHECK(!difference.operands[1].slope);
  CHECK(record.steps[record.result].name == "loss");
  CHECK(record.result_slot == loss.slot());

  REQUIRE(record.sweep.size() == 4);
  CHECK(record.sweep[0].step == 6);
  CHECK(record.sweep[3].step == 3);
  const auto& given = record.sweep[3].contributions;
  REQUIRE(given.size() == 2);
  CHECK(given[0].flow == std::vector{2 * 2.5 * 2});
  CHECK(given[0].before == std::vector{0.0});
  CHECK(given[0].after == std::vector{10.0});
  CHECK(record.adjoint(w.slot()) == 10);
  CHECK(record.value(x.slot()) == 2);
}

TEMPLATE_TEST_CASE("values, adjoints and flows are those of the tape, to the bit", "[trace]", double, float) {
  using T = TestType;
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Tape<T> tape, untraced;
    Trace trace(tape);
    const auto inputs = inputs_on(tape, seed), plain = inputs_on(untraced, seed);
    const Var<T> result = random_expression::make(inputs, seed, 1 + seed % 60);
    const Var<T> same_result = random_expression::make(plain, seed, 1 + seed % 60);
    REQUIRE(same(result.value(), same_result.value()));
    const Gradient<T> gradient = tape.gradient(result), folded = untraced.gradient(same_result);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      CHECK(std::abs(gradient[inputs[i]] - folded[plain[i]]) <=
            200 * std::numeric_limits<T>::epsilon() * (1 + std::abs(folded[plain[i]])));

    const Record record = trace.of(result);
    std::vector<double> adjoint(tape.slots(), 0);
    adjoint[result.slot()] = 1;
    for (const inspect::RecordedStep& step : record.steps) {
      REQUIRE(step.values.size() == 1);
      CHECK(step.adjoints[0] == double{gradient.adjoints()[step.slot]});
    }
    CHECK(record.steps[record.result].values[0] == double{result.value()});
    for (const inspect::Visit& visit : record.sweep) {
      const inspect::RecordedStep& step = record.steps[visit.step];
      CHECK(step.adjoints[0] == adjoint[step.slot]);
      for (const inspect::Contribution& to : visit.contributions) {
        const inspect::Operand& operand = step.operands[to.operand];
        CHECK(to.before[0] == adjoint[operand.slot]);
        CHECK(T(to.flow[0]) == T(*operand.slope) * T(step.adjoints[0]));
        CHECK(std::abs(to.after[0] - (to.before[0] + to.flow[0])) <=
              2 * double{std::numeric_limits<T>::epsilon()} * (std::abs(to.before[0]) + std::abs(to.flow[0])));
        adjoint[operand.slot] = to.after[0];
      }
    }
  }
}

TEST_CASE("a record holds what the result depends on, no more and no less, and in order", "[trace]") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    Tape<double> tape;
    Trace trace(tape);
    const auto result = random_expression::make(inputs_on(tape, seed), seed, 40);
    std::set<std::size_t> needed{result.slot()};
    std::size_t statements = 0;
    tape.for_each_backwards([&](std::size_t slot, std::span<const Edge<double>> edges) {
      ++statements;
      if (needed.contains(slot))
        for (const Edge<double>& edge : edges) needed.insert(edge.parent);
    });
    const Record record = trace.of(result);
    std::set<std::size_t> kept;
    for (std::size_t i = 0; i < record.steps.size(); ++i) {
      CHECK(kept.insert(record.steps[i].slot).second);
      for (const inspect::Operand& operand : record.steps[i].operands) {
        if (operand.is_plain()) continue;
        CHECK(operand.step < i);
        CHECK(record.steps[operand.step].slot == operand.slot);
      }
    }
    CHECK(kept == needed);
    CHECK(record.left_out + record.sweep.size() == statements);
    const Record all = trace.of(result, {.all = true});
    CHECK(all.steps.size() == tape.slots());
    CHECK(all.left_out == 0);
  }
}

TEST_CASE("without a trace, a record has slopes, adjoints, names and the parameters", "[trace]") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    Tape<double> tape;
    const auto inputs = inputs_on(tape, seed);
    tape.name(inputs[0], "first");
    const auto result = random_expression::make(inputs, seed, 40);
    const Record record = inspect::record_of(tape, result);
    const Gradient<double> gradient = tape.gradient(result);
    for (const inspect::RecordedStep& step : record.steps) {
      CHECK(step.adjoints[0] == gradient.adjoints()[step.slot]);
      CHECK((step.kind == inspect::RecordedStep::Kind::variable || step.kind == inspect::RecordedStep::Kind::untraced));
      CHECK(step.values.empty() == (step.kind == inspect::RecordedStep::Kind::untraced));
      CHECK((step.name == "first") == (step.slot == 0));
    }
  }
}

TEST_CASE("steps from before the trace are in the record as untraced, with their slopes", "[trace]") {
  Tape<double> tape;
  auto x = tape.variable(3, "x");
  const auto early = x * x + 1.0;
  Trace trace(tape);
  x = trace.watch(x);
  const auto result = trace.watch(early) * x;
  const Record record = trace.of(result);
  CHECK(labels(record) == std::vector<std::string>{"variable", "untraced", "*"});
  CHECK(record.steps[1].operands[0].slope == 6.0);
  CHECK(record.steps[2].operands[0].value == 10.0);
  CHECK(record.steps[0].adjoints == std::vector{28.0});
  CHECK_THROWS_WITH(record.value(99), Catch::Matchers::ContainsSubstring("no slot 99"));
}

TEST_CASE("a trace follows marks and rewinds of a loop", "[trace]") {
  Tape<double> tape;
  Trace trace(tape);
  tape.variable(1, "w");
  const Mark mark = tape.mark();
  for (int i = 0; i < 5; ++i) {
    const auto w = tape.parameter(0), data = tape.variable(i, "data");
    const auto loss = square(w * data - 1.0);
    const Record record = trace.of(loss);
    CHECK(record.steps.size() == 5);
    CHECK(record.value(data.slot()) == i);
    CHECK(record.adjoint(0) == tape.gradient(loss)[w]);
    tape.update_parameters()[0] -= 0.1;
    tape.rewind(mark);
  }
}

TEST_CASE("a block is one step, and what it gave to its operands is what changed", "[trace]") {
  Tape<double> tape;
  Trace trace(tape);
  const std::vector<Var<double>> x = tape.variables(std::vector{1.0, 2.0, 3.0});
  const auto both = recompute([](auto v) { return std::vector{v[0] * v[1], v[1] * v[2]}; })(x);
  const auto result = both[0] * 2.0 + both[1];
  const Record record = trace.of(result);
  const inspect::RecordedStep& block = record.steps[3];
  CHECK(block.kind == inspect::RecordedStep::Kind::block);
  CHECK(block.label == "recompute");
  CHECK(block.count == 2);
  CHECK(block.values == std::vector{2.0, 6.0});
  CHECK(block.adjoints == std::vector{2.0, 1.0});
  REQUIRE(block.operands.size() == 3);
  const inspect::Visit& visit = record.sweep.back();
  CHECK(visit.contributions[1].flow == std::vector{5.0});
  REQUIRE(block.slopes.size() == 4);
  double total = 0;
  for (const inspect::BlockSlope& one : block.slopes) total += one.slope * block.adjoints[one.result];
  CHECK(total == 4 + 2 + 3 + 2);
  CHECK(record.value(block.slot + 1) == 6);
  CHECK(record.adjoint(block.slot) == 2);
  CHECK(!trace.of(result, {.most_block_slopes = 5}).steps[3].has_slopes);
}

TEST_CASE("a chain of a hundred thousand steps is traced, shown and explained", "[trace]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto x = tape.variable(0.5, "x");
  auto y = x;
  for (int i = 0; i < 100000; ++i) y = 1.0 - sin(y);
  const Record record = trace.of(y);
  CHECK(record.steps.size() == 200001);
  CHECK(record.steps[0].adjoints[0] == tape.gradient(y)[x]);
  CHECK_THAT(inspect::table(record), Catch::Matchers::ContainsSubstring("... and 199901 more steps"));
  CHECK_THAT(inspect::dot(record), Catch::Matchers::ContainsSubstring("earlier steps are left out"));
  CHECK(inspect::why(record, x).paths == 1);
  CHECK(inspect::json(record).size() > 1'000'000);
  CHECK(!inspect::autopsy(record).value);
}

TEST_CASE("stamps say where a step was recorded, the innermost first, and end with their scope", "[trace]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto x = tape.variable(2);
  Var<double> y;
  std::size_t line = 0;
  {
    const auto outer = trace.here("outer");
    y = x * x;
    {
      const auto inner = trace.here("inner");
      line = __LINE__ - 1;
      y = sin(y);
    }
    y = cos(y);
  }
  y = y + 1.0;
  const Record record = trace.of(y);
  CHECK(record.steps[1].source.scope == "outer");
  CHECK(record.steps[2].source.scope == "inner");
  CHECK(record.steps[2].source.line == line);
  CHECK_THAT(record.steps[2].source.file, Catch::Matchers::ContainsSubstring("trace_test.cpp"));
  CHECK(record.steps[3].source.scope == "outer");
  CHECK(!record.steps[4].source.is_known());
}

TEST_CASE("a trace refuses what is no result, and a tape that has a trace", "[trace]") {
  Tape<double> tape, other;
  Trace trace(tape);
  CHECK_THROWS_AS(Trace(tape), TapeError);
  CHECK_THROWS_AS(trace.of(Var<double>(1)), TapeError);
  CHECK_THROWS_AS(trace.of(other.variable(1)), TapeError);
  const auto x = tape.variable(1);
  CHECK(trace.of(x).steps.size() == 1);
  CHECK(trace.of(x).adjoint(x.slot()) == 1);
  CHECK_THROWS_AS(trace.name(Var<double>(1), "plain"), TapeError);
}

TEST_CASE("a tape can be traced again after a trace has ended, by Vars of both times", "[trace]") {
  Tape<double> tape;
  Var<double> x;
  {
    Trace trace(tape);
    x = tape.variable(2, "x");
    CHECK(trace.of(x * x).steps.size() == 2);
  }
  const auto between = x * 3.0;
  Trace trace(tape);
  const auto y = between * x;
  CHECK(y.value() == 12);
  CHECK(trace.of(y).adjoint(x.slot()) == 12);
  CHECK(trace.of(y).steps.back().label == "*");
}

TEST_CASE("an operand that a block is given twice, or as part of another, is one operand", "[trace]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto x = tape.variable(3), y = tape.variable(4);
  const auto product = recompute([](auto a, auto b, auto c) { return a * b * c; })(y, x, y);
  const Record record = trace.of(product);
  const inspect::RecordedStep& step = record.steps.back();
  REQUIRE(step.operands.size() == 2);
  CHECK(step.operands[0].slot == y.slot());
  CHECK(step.operands[0].slope == 24.0);
  CHECK(step.operands[1].slope == 16.0);
  CHECK(record.sweep[0].contributions[0].flow == std::vector{24.0});
  CHECK(inspect::why(record, y).shown == 24);
}

TEST_CASE("a block of thousands of operands is traced", "[trace]") {
  Tape<double> tape;
  Trace trace(tape);
  const std::vector<Var<double>> x = tape.variables(std::vector<double>(20000, 0.5));
  const auto total = recompute([](auto v) {
    auto s = v[0] * 1.0;
    for (std::size_t i = 1; i < v.size(); ++i) s += v[i];
    return s;
  })(x);
  const Record record = trace.of(total);
  CHECK(record.steps.size() == 20001);
  CHECK(record.steps.back().operands.size() == 20000);
  CHECK(!record.steps.back().has_slopes);
}
