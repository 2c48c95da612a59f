// Compiled with debug information, so that there is something to find.

#include <autodiff/inspect/trace/source.hpp>

#include "support/catch.hpp"

#include <numeric>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>

using namespace downhill;
using inspect::Record;
using inspect::Trace;
using inspect::TraceOptions;

namespace {

template <class X>
X helper(const X& x) {
  return sin(x) * x;
}
constexpr std::size_t helper_line = __LINE__ - 2;

void check_line(const inspect::RecordedStep& step, std::size_t line) {
  INFO(step.label << " at " << step.source.file << ":" << step.source.line);
  CHECK(step.source.is_known() == inspect::can_read_frames());
  if (!inspect::can_read_frames()) return;
  CHECK(step.source.line == line);
  CHECK_THAT(step.source.file, Catch::Matchers::ContainsSubstring("source_test.cpp"));
}

}  // namespace

TEST_CASE("a trace knows the line of every step, through operators, functions and templates", "[source]") {
  Tape<double> tape;
  Trace trace(tape, TraceOptions{.sources = true});
  const Var<double> x = tape.variable(2);
  std::size_t line = __LINE__;
  const Var<double> y = x * 3.0;
  Var<double> z = helper(y);
  z += y;
  const Var<double> s = sum(std::vector{y, z});
  const Var<double> c = recompute([](auto a) { return a * a; })(s);
  const Record record = trace.of(c);
  REQUIRE(record.steps.size() == 7);
  check_line(record.steps[1], line + 1);
  check_line(record.steps[2], helper_line);
  check_line(record.steps[3], helper_line);
  check_line(record.steps[4], line + 3);
  check_line(record.steps[5], line + 4);
  check_line(record.steps[6], line + 5);
  CHECK(record.lacks_sources == !inspect::can_read_frames());
}

TEST_CASE("steps that the standard library makes are where it was called", "[source]") {
  Tape<double> tape;
  Trace trace(tape, TraceOptions{.sources = true});
  const std::vector<Var<double>> x = tape.variables(std::vector{1.0, 2.0, 3.0});
  const std::size_t line = __LINE__ + 1;
  const Var<double> total = std::accumulate(x.begin(), x.end(), Var<double>(0));
  for (const inspect::RecordedStep& step : trace.of(total).steps)
    if (step.kind == inspect::RecordedStep::Kind::operation) check_line(step, line);
}

TEST_CASE("a stamp and a line go together", "[source]") {
  Tape<double> tape;
  Trace trace(tape, TraceOptions{.sources = true});
  const Var<double> x = tape.variable(2);
  const auto here = trace.here("the square");
  const std::size_t stamp = __LINE__ - 1, line = __LINE__ + 1;
  const Var<double> y = x * x;
  const Record record = trace.of(y);
  CHECK(record.steps[1].source.scope == "the square");
  CHECK(record.steps[1].source.line == (inspect::can_read_frames() ? line : stamp));
}

TEST_CASE("without being asked a trace keeps no places", "[source]") {
  Tape<double> tape;
  Trace trace(tape);
  const Var<double> x = tape.variable(2), y = x * x;
  const Record record = trace.of(y);
  CHECK(!record.steps[1].source.is_known());
  CHECK(!record.lacks_sources);
}

TEST_CASE("addresses that mean nothing have no place", "[source]") {
  CHECK(!inspect::source_of_frames({}).is_known());
  void* const nothing = nullptr;
  CHECK(!inspect::source_of_frames(std::span(&nothing, 1)).is_known());
}
