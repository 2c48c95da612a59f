#include <autodiff/inspect/trace/why.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>

#include "support/random_expression.hpp"

using namespace downhill;
using inspect::Record;
using inspect::Trace;
using inspect::Why;

namespace {

/// The products of all paths from a slot down to another, one after the other.
void enumerate(const Record& record, std::size_t from, std::size_t to, double product, std::vector<double>& found) {
  if (from == to) found.push_back(product);
  for (const inspect::RecordedStep& step : record.steps) {
    if (from < step.slot || from >= step.slot + step.count) continue;
    for (const inspect::BlockSlope& one : step.slopes)
      if (step.slot + one.result == from)
        enumerate(record, step.operands[one.operand].slot + one.element, to, product * one.slope, found);
    if (step.kind == inspect::RecordedStep::Kind::block) continue;
    for (const inspect::Operand& operand : step.operands)
      if (!operand.is_plain()) enumerate(record, operand.slot, to, product * *operand.slope, found);
  }
}

double product_of(const inspect::Path& path) {
  double product = 1;
  for (const inspect::Path::Edge& edge : path.edges) product = product * edge.slope;
  return product;
}

}  // namespace

TEST_CASE("the heaviest paths are those that enumeration finds, and all of them sum to the gradient", "[why]") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Tape<double> tape;
    Trace trace(tape);
    std::vector<Var<double>> inputs;
    for (int i = 0; i < 3; ++i) inputs.push_back(tape.variable(0.3 * i + 0.1));
    const auto result = random_expression::make(inputs, seed, 14);
    const Record record = trace.of(result);
    for (const Var<double>& input : inputs) {
      if (record.step_of(input.slot()) == inspect::nowhere) continue;
      std::vector<double> all;
      enumerate(record, result.slot(), input.slot(), 1, all);
      if (all.size() > 3000) continue;
      std::ranges::sort(all, [](double a, double b) { return std::abs(a) > std::abs(b); });
      double total = 0, size = 0;
      for (const double product : all) total += product, size += std::abs(product);

      const Why everything = why(record, input, 4000);
      CHECK(everything.paths == all.size());
      REQUIRE(everything.heaviest.size() == all.size());
      CHECK(everything.gradient == tape.gradient(result)[input]);
      CHECK(std::abs(everything.shown - everything.gradient) <= 1e-13 * (size + 1));
      CHECK(std::abs(total - everything.gradient) <= 1e-13 * (size + 1));

      const Why few = why(record, input, 5);
      REQUIRE(few.heaviest.size() == std::min<std::size_t>(5, all.size()));
      for (std::size_t i = 0; i < few.heaviest.size(); ++i) {
        CHECK(std::abs(few.heaviest[i].product) == std::abs(all[i]));
        CHECK(product_of(few.heaviest[i]) == few.heaviest[i].product);
      }
      CHECK(few.rest() == few.gradient - few.shown);
    }
  }
}

TEST_CASE("a path leads from the result to the parameter, edge by edge", "[why]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = tape.variable(3, "w"), x = tape.variable(2, "x");
  const auto loss = square(w * x - 5.0) + 0.5 * w;
  trace.name(loss, "loss");
  const Record record = trace.of(loss);
  const Why found = why(record, "w", 1);
  CHECK(found.paths == 2);
  CHECK(found.gradient == 4.5);
  CHECK(found.shown == 4);
  CHECK(found.rest() == 0.5);
  std::size_t slot = loss.slot();
  for (const inspect::Path::Edge& edge : found.heaviest[0].edges) {
    CHECK(record.steps[edge.step].slot == slot);
    slot = record.steps[edge.step].operands[edge.operand].slot;
  }
  CHECK(slot == w.slot());
  const std::string text = explanation(record, found);
  CHECK_THAT(text, Catch::Matchers::ContainsSubstring("d loss / d w = 4.5, along 2 paths"));
  CHECK_THAT(text, Catch::Matchers::ContainsSubstring("1. 4, 88.9 %"));
  CHECK_THAT(text, Catch::Matchers::ContainsSubstring("shown 4, the rest 0.5"));
}

TEST_CASE("exponentially many paths are counted, and the heaviest found, without walking them", "[why]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto x = tape.variable(1, "x");
  auto y = x;
  for (int i = 0; i < 60; ++i) y = 0.5 * y + 0.25 * y;
  const Why found = why(trace.of(y), x, 3);
  CHECK(found.paths == std::uint64_t{1} << 60);
  CHECK(found.heaviest[0].product == std::pow(0.5, 60));
  CHECK(found.heaviest[1].product == std::pow(0.5, 61));
  CHECK(found.heaviest[2].product == std::pow(0.5, 61));
  for (int i = 0; i < 10; ++i) y = y + y;
  CHECK(why(trace.of(y), x, 3).paths == Why::countless);
}

TEST_CASE("paths go through the elements of a block, and past one that is too large", "[why]") {
  Tape<double> tape;
  Trace trace(tape);
  const std::vector<Var<double>> x = tape.variables(std::vector{1.0, 2.0, 3.0});
  const auto both = recompute([](auto v) { return std::vector{v[0] * v[1], v[1] * v[2]}; })(x);
  const auto result = both[0] * 2.0 + both[1];
  const Why found = why(trace.of(result), x[1]);
  CHECK(found.paths == 2);
  CHECK(found.shown == 5);
  CHECK(found.blocks_passed_by == 0);
  const Record coarse = trace.of(result, {.most_block_slopes = 1});
  const Why passed = why(coarse, x[1]);
  CHECK(passed.paths == 0);
  CHECK(passed.gradient == 5);
  CHECK(passed.blocks_passed_by == 1);
  CHECK_THAT(explanation(coarse, passed), Catch::Matchers::ContainsSubstring("most_block_slopes"));
}

TEST_CASE("the result itself, slopes of 0 and slopes that are not finite have paths too", "[why]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto x = tape.variable(0, "x");
  const auto y = 0.0 * sqrt(x) + relu(x) + log(x) * 2.0;
  const Record record = trace.of(y);
  CHECK(why(record, y).heaviest[0].edges.empty());
  CHECK(why(record, y).gradient == 1);
  const Why found = why(record, x);
  CHECK(found.paths == 3);
  CHECK(found.heaviest[0].product == std::numeric_limits<double>::infinity());
  CHECK(found.heaviest[1].product == 0);
  CHECK(found.heaviest[2].product == 0);
}

TEST_CASE("what the result does not depend on, and names that nobody gave, are refused", "[why]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto x = tape.variable(1, "x"), other = tape.variable(1, "other");
  const Record record = trace.of(x * x);
  CHECK_THROWS_AS(why(record, other), TapeError);
  CHECK_THROWS_WITH(why(record, "other"), Catch::Matchers::ContainsSubstring("'other'"));
  CHECK_THROWS_AS(why(record, Var<double>(2)), TapeError);
  CHECK(why(record, "x", 0).heaviest.size() == 1);
}
