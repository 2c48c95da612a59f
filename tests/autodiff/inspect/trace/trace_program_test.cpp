// Programs on a tape with a trace: the block, and what is inside of it at one sample.

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <support/catch.hpp>

using namespace downhill;
using Catch::Matchers::ContainsSubstring;
using inspect::Record;
using inspect::RecordedStep;
using inspect::Trace;

namespace {

const auto bent = [](const auto& w, const auto& s) {
  const auto z = tanh(w[0] * s[0] + w[1]);
  return z > 0.25 ? square(z - s[1]) : exp(z) * w[1];
};

const RecordedStep& program_of(const Record& record, std::string_view label) {
  for (const RecordedStep& step : record.steps)
    if (step.label == label) return step;
  throw std::runtime_error("no such step");
}

}  // namespace

TEST_CASE("an opened program has the steps of its function at one sample, and what flows back along them") {
  const auto program = record(bent, 2, 2);
  Tape<double> tape;
  Trace trace(tape);
  const auto w = tape.variables(std::vector<double>{0.5, -0.25});
  const auto rows = parameters(tape, std::vector<double>{1, 2, -1, 0.5, 3, 1}, 3, 2);
  const auto column = program(w, rows);
  const Var<double> loss = sum(square(column));
  for (const std::size_t sample : {0U, 1U, 2U}) {
    const Record record = trace.of(loss, {.sample = sample});
    const RecordedStep& step = program_of(record, "program");
    CHECK(step.count == 3);
    REQUIRE(step.opened);
    CHECK(step.opened->sample == sample);
    CHECK(step.opened->samples == 3);
    // By hand, with the adjoint of that row for a weight.
    Tape<double> alone;
    Trace heard(alone);
    const auto of_w = alone.variables(std::vector<double>{0.5, -0.25});
    const auto s = alone.variables(std::vector<double>{rows(sample, 0).value(), rows(sample, 1).value()});
    const Var<double> result = bent(of_w, s);
    const Record wanted = heard.of(result);
    const Record& inside = *step.opened->inside;
    REQUIRE(inside.steps.size() == wanted.steps.size());
    for (std::size_t i = 0; i < inside.steps.size(); ++i) {
      CHECK(inside.steps[i].label == wanted.steps[i].label);
      CHECK(inside.steps[i].values == wanted.steps[i].values);
      CHECK(inside.steps[i].adjoints[0] ==
            Catch::Approx(wanted.steps[i].adjoints[0] * 2 * column(sample, 0).value()).margin(1e-15));
    }
    CHECK(inside.steps[0].name == "w[0]");
    CHECK(inside.steps[inside.result].values[0] == Catch::Approx(column(sample, 0).value()).epsilon(1e-14));
    const std::string text = inspect::table(record);
    CHECK_THAT(text, ContainsSubstring("inside of program") && ContainsSubstring("tanh"));
    CHECK_THAT(inspect::json(record), ContainsSubstring("\"opened\":{"));
    CHECK(inspect::table(record, {.opens = false}).find("inside of") == std::string::npos);
  }
}

TEST_CASE("of a mean over samples, and of one sample, what is inside adds up to the gradient") {
  const auto program = record(bent, 2, 2);
  const std::vector<double> rows{1, 2, -1, 0.5, 3, 1, 0.5, -2};
  auto mean = mean_over(rows, program);
  Tape<double> tape;
  Trace trace(tape);
  const auto w = tape.variables(std::vector<double>{0.5, -0.25});
  const Var<double> loss = mean(w) * 3.0;
  std::vector<double> total(2);
  for (std::size_t sample = 0; sample < 4; ++sample) {
    const Record record = trace.of(loss, {.sample = sample});
    const RecordedStep& step = program_of(record, "mean_over");
    REQUIRE(step.opened);
    CHECK(step.opened->samples == 4);
    for (std::size_t k = 0; k < 2; ++k) {
      const std::size_t at = step.opened->inside->step_named("w[" + std::to_string(k) + "]");
      if (at != inspect::nowhere) total[k] += step.opened->inside->steps[at].adjoints[0];
    }
  }
  const auto swept = tape.gradient(loss);
  for (std::size_t k = 0; k < 2; ++k) CHECK(total[k] == Catch::Approx(swept[w[k]]).epsilon(1e-14));
  const Var<double> one = program(w, std::vector<double>{1, 2});
  const Record record = trace.of(one);
  const RecordedStep& step = program_of(record, "program");
  CHECK(step.opened->inside->steps[0].adjoints[0] == Catch::Approx(tape.gradient(one)[w[0]]).epsilon(1e-14));
  // The paths of `why` go through the block.
  const inspect::Why why = inspect::why(record, w[0]);
  CHECK(why.paths == 1);
  CHECK(why.heaviest[0].product == Catch::Approx(tape.gradient(one)[w[0]]).epsilon(1e-14));
}

TEST_CASE("the autopsy names the sample and the instruction where the first NaN is") {
  const auto program = record([](const auto& w, const auto& s) { return log(w[0] * s[0]) * w[1]; }, 2, 1);
  std::vector<double> numbers(50, 2.0);
  numbers[17] = -1;
  Tape<double> tape;
  Trace trace(tape);
  const auto w = tape.variables(std::vector<double>{0.5, 0.25});
  const Record record = trace.of(sum(program(w, VarMatrix<double>::constant(numbers, 50, 1))));
  const inspect::Autopsy found = autopsy(record);
  REQUIRE(found.value);
  CHECK(record.steps[found.value->step].label == "program");
  CHECK(found.value->element == 17);
  CHECK_THAT(found.value->cause, ContainsSubstring("at sample 17 of 50") && ContainsSubstring("log of a negative"));
  CHECK_THAT(report(record, found), ContainsSubstring("inside of program"));
  // And where only what flows back is infinite, though the mean hides which sample it was.
  const auto roots = downhill::record([](const auto& v, const auto& s) { return sqrt(v[0] * s[0] - s[1]); }, 1, 2);
  std::vector<double> rows(60, 1.0);
  for (std::size_t i = 0; i < 30; ++i) rows[2 * i] = 4;
  rows[40] = 2;
  auto mean = mean_over(rows, roots);
  const Record of_mean = trace.of(mean(std::vector{w[0]}));
  const inspect::Autopsy of_flow = autopsy(of_mean);
  CHECK(!of_flow.value);
  REQUIRE(of_flow.adjoint);
  CHECK_THAT(of_flow.adjoint->cause, ContainsSubstring("at sample 20 of 30") && ContainsSubstring("sqrt"));
}
