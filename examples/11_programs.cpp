// A loss over data is a sum of one small function over many samples. A tape records it for every sample anew; a program
// records it once, and runs it for all of them. What that looks like, what it saves, and what happens where the
// function branches.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include <autodiff/autodiff.hpp>

namespace {

// One sample is a dose, an age and what was seen; the parameters are the slopes of both and a shift.
const auto response = [](const auto& w, const auto& s) {
  const auto expected = tanh(exp(w[0]) * s[0] + w[1] * s[1] + w[2] / 2);
  return pow(expected - s[2], 2) + 0.001 * pow(w[1], 2);
};

// How long a call to a shop is answered: below w[2] minutes it costs nothing, beyond that by the minute.
const auto cost_of_a_call = [](const auto& w, const auto& s) {
  if (s[0] <= w[2]) return square(w[0] - s[1]);
  return square(w[0] + w[1] * (s[0] - w[2]) - s[1]);
};

// The mean over all rows, on a tape, which keeps its memory from one time to the next.
template <class F>
double on_a_tape(downhill::Tape<double>& tape, const F& f, std::span<const double> w, std::span<const double> rows,
                 std::size_t per_sample, std::span<double> gradient) {
  tape.clear();
  const auto parameters = tape.variables(w);
  downhill::Var<double> sum(0.0);
  for (std::size_t i = 0; i < rows.size(); i += per_sample) sum += f(parameters, rows.subspan(i, per_sample));
  const auto mean = sum / (static_cast<double>(rows.size()) / static_cast<double>(per_sample));
  const auto swept = tape.gradient(mean);
  std::ranges::copy(swept.parameters().first(w.size()), gradient.begin());
  return mean.value();
}

// The shortest of some runs, in nanoseconds.
template <class Run>
double time_of(Run&& run) {
  double shortest = std::numeric_limits<double>::infinity();
  for (int time = 0; time < 7; ++time) {
    const auto begin = std::chrono::steady_clock::now();
    run();
    shortest =
        std::min(shortest, std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count());
  }
  return shortest;
}

bool agree(std::span<const double> a, std::span<const double> b) {
  return std::ranges::equal(a, b, [](double x, double y) { return std::abs(x - y) <= 1e-11 * (1 + std::abs(y)); });
}

bool show_the_program() {
  const auto program = downhill::record(response, 3, 3);
  fmt::print(
      "The loss of one sample, with the parameters w and the numbers s of the sample:\n\n"
      "  (tanh(exp(w[0]) s[0] + w[1] s[1] + w[2] / 2) - s[2])² + 0.001 w[1]²\n\n"
      "Recorded, each line is one instruction. Simplified, pow(x, 2) is square(x) and w[2] / 2\n"
      "is 0.5 w[2]. Planned, exp(w[0]) and all else that is of parameters alone is worked out\n"
      "once, and a sum of products is one instruction:\n\n{}\n",
      program);

  constexpr std::size_t samples = 100'000;
  std::vector<double> rows;
  for (std::size_t i = 0; i < samples; ++i) {
    const double dose = static_cast<double>(i % 317) / 317, age = static_cast<double>(i % 101) / 101;
    rows.insert(rows.end(), {dose, age, std::tanh(1.5 * dose - 0.5 * age + 0.2)});
  }
  const std::vector<double> w{0.1, -0.2, 0.3};
  std::vector<double> gradient(3), of_tape(3);
  auto loss = mean_over(rows, program);
  downhill::Tape<double> tape;
  double value = 0, value_of_tape = 0;
  const double by_program = time_of([&] { value = loss(w, gradient); });
  const double by_tape = time_of([&] { value_of_tape = on_a_tape(tape, response, w, rows, 3, of_tape); });
  fmt::print("The mean over {} samples at w = ({}, {}, {}), and its gradient:\n\n", samples, w[0], w[1], w[2]);
  fmt::print("  {:<10} {:>14}   {:>14} {:>14} {:>14}   {:>12}\n", "", "mean", "slope of w[0]", "w[1]", "w[2]",
             "a sample");
  const auto row = [](std::string_view name, double mean, const std::vector<double>& slopes, double time) {
    fmt::print("  {:<10} {:>14.10f}   {:>14.10f} {:>14.10f} {:>14.10f}   {:>9.1f} ns\n", name, mean, slopes[0],
               slopes[1], slopes[2], time / samples);
  };
  row("tape", value_of_tape, of_tape, by_tape);
  row("program", value, gradient, by_program);
  fmt::print("\nThat is {:.0f} times as fast. Descent asks for it again and again:\n\n", by_tape / by_program);

  const auto arrived = minimize(loss, w, downhill::Lbfgs{});
  fmt::print("  L-BFGS, {} steps: exp(w[0]) = {:.3f}, w[1] = {:.3f}, w[2] / 2 = {:.3f}\n", arrived.steps,
             std::exp(arrived.point[0]), arrived.point[1], arrived.point[2] / 2);
  downhill::MiniBatches batches(loss, {.batch = 64, .seed = 1});
  const auto walked = minimize(batches, w, downhill::Adam{.learning_rate = 0.01}, {.steps = 2'000});
  fmt::print("  Adam, {} batches of 64: exp(w[0]) = {:.3f}, w[1] = {:.3f}, w[2] / 2 = {:.3f}\n\n", walked.evaluations,
             std::exp(walked.point[0]), walked.point[1], walked.point[2] / 2);
  return agree(gradient, of_tape) && agree(std::vector{value}, std::vector{value_of_tape});
}

bool show_branches() {
  fmt::print(
      "A function may branch. A call of s[0] minutes costs w[0], and beyond w[2] minutes w[1] for\n"
      "each more:\n\n"
      "  if (s[0] <= w[2]) return (w[0] - s[1])²\n"
      "  return (w[0] + w[1] (s[0] - w[2]) - s[1])²\n\n"
      "Which way it goes is known when the first sample is there, and what is recorded then holds\n"
      "for samples that go the same way: its guards tell. For others another variant is recorded.\n\n");
  std::vector<double> rows;
  for (int i = 0; i < 1000; ++i) {
    const double minutes = 0.01 * i;
    rows.insert(rows.end(), {minutes, 2 + 0.5 * std::max(0.0, minutes - 3)});
  }
  const auto program = downhill::record(cost_of_a_call, 3, 2);
  auto loss = mean_over(rows, program);
  downhill::Tape<double> tape;
  bool all_agree = true;
  fmt::print("  {:<18} {:>10} {:>10}   calls so far by variant\n", "w", "program", "tape");
  for (const double limit : {5.0, 3.0, 20.0}) {
    const std::vector<double> w{1, 0.25, limit};
    std::vector<double> gradient(3), of_tape(3);
    const double value = loss(w, gradient), value_of_tape = on_a_tape(tape, cost_of_a_call, w, rows, 2, of_tape);
    all_agree = all_agree && agree(gradient, of_tape) && agree(std::vector{value}, std::vector{value_of_tape});
    fmt::print("  {:<18} {:>10.6f} {:>10.6f}  ", fmt::format("({}, {}, {})", w[0], w[1], w[2]), value, value_of_tape);
    for (const downhill::VariantUse& variant : program.variants().recorded) fmt::print(" {:>5}", variant.samples);
    fmt::print("\n");
  }
  fmt::print(
      "\nAs w[2] moves, calls go over from one variant to the other, and each gets the answer of its\n"
      "own branch. select(s[0] <= w[2], a, b) works out both, and needs no variant.\n");
  return all_agree && program.variants().size() == 2 && program.variants().samples_on_tape == 0;
}

}  // namespace

int main() {
  const bool one = show_the_program(), other = show_branches();
  return one && other ? 0 : 1;
}
