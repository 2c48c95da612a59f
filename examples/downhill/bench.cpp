// downhill bench: what a gradient costs on this machine, in a few seconds.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <autodiff/gradient.hpp>
#include <autodiff/text/table.hpp>
#include <bench/workloads.hpp>
#include <models/models.hpp>

#include "command.hpp"

namespace {

// Something that is timed: the fastest of many short repetitions stands for it.
struct Timed {
  std::string name;
  std::function<void()> work;
  double seconds = std::numeric_limits<double>::infinity();
  std::size_t calls = 1;  // in a repetition
};

double seconds_of(Timed& timed) {
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < timed.calls; ++i) timed.work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// All of them in turn, so that a disturbance that lasts hits each a little.
void time_all(std::vector<Timed>& all, double seconds) {
  constexpr double repetition = 1e-3;
  for (Timed& timed : all)
    while (seconds_of(timed) < repetition) timed.calls *= 2;
  const auto begin = std::chrono::steady_clock::now();
  do {
    for (Timed& timed : all)
      timed.seconds = std::min(timed.seconds, seconds_of(timed) / static_cast<double>(timed.calls));
  } while (std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < seconds);
}

std::string time_text(double seconds) {
  return seconds < 1e-3 ? fmt::format("{:.2f} µs", 1e6 * seconds) : fmt::format("{:.2f} ms", 1e3 * seconds);
}

volatile double kept;  // the compiler may not leave out what ends here

// The plain function, and its value and gradient, in memory that is there already.
template <class Workload>
void add_function(std::vector<Timed>& all, const Workload& f) {
  struct Recording {
    downhill::Tape<double> tape;
    std::vector<downhill::Var<double>> parameters;
    downhill::Gradient<double> gradient;
    downhill::Var<double> record(const Workload& of) {
      tape.clear();
      tape.variables(of.point, parameters);
      return of(parameters);
    }
  };
  const auto recording = std::make_shared<Recording>();
  all.push_back({"plain", [&f] { kept = f(f.point); }});
  all.push_back({"gradient", [&f, recording] {
                   recording->tape.gradient(recording->record(f), recording->gradient);
                   kept = recording->gradient.parameters()[0];
                 }});
}

// A network for digits of 8 x 8 pixels, and a batch of random ones.
struct Digits {
  downhill::Samples<float> samples{.features = 64};
  downhill::Mlp<float> network{downhill::dense({64, 64, 32, 10}, downhill::Activation::relu)};

  Digits() {
    for (const double x : downhill::bench::scattered(batch * 64, 1)) samples.inputs.push_back(static_cast<float>(x));
    for (std::size_t i = 0; i < batch; ++i) samples.labels.push_back(i % 10);
  }
  static constexpr std::size_t batch = 32;
};

void run(double seconds) {
  const auto& functions = downhill::bench::workloads();
  std::vector<Timed> all;
  std::apply([&](const auto&... f) { (add_function(all, f), ...); }, functions);
  Digits digits;
  downhill::Trainer trainer(digits.network, digits.samples, downhill::Adam{},
                            downhill::TrainingOptions<float>{.batch = Digits::batch});
  all.push_back({"forward", [&] { kept = digits.network.predict(digits.samples.inputs)(0, 0); }});
  all.push_back({"step", [&] { kept = trainer.step(); }});
  time_all(all, seconds);

  fmt::print(
      "What a gradient costs on this machine: value and gradient by tape (recording and one reverse\n"
      "sweep), as a multiple of the plain function of doubles, compiled alike.\n\n");
  std::vector<downhill::TableRow> rows{{"function", "parameters", "plain", "gradient", "ratio"}};
  const auto row = [&](const char* what, std::size_t parameters, const Timed& plain, const Timed& gradient) {
    rows.push_back({what, fmt::format("{}", parameters), time_text(plain.seconds), time_text(gradient.seconds),
                    fmt::format("{:.1f} x", gradient.seconds / plain.seconds)});
  };
  const auto parameters_of = [](const auto& f) { return f.point.size(); };
  row("a line through 1,000 points", parameters_of(std::get<0>(functions)), all[0], all[1]);
  row("Rosenbrock's valley", parameters_of(std::get<1>(functions)), all[2], all[3]);
  row("1,000 times sin, exp and log in a chain", parameters_of(std::get<2>(functions)), all[4], all[5]);
  row("network 2-16-16-1 as scalars, batch of 32", parameters_of(std::get<3>(functions)), all[6], all[7]);
  rows.push_back({});
  rows.push_back({"network of matrices, float", "parameters", "forward", "step", "ratio"});
  row("64-64-32-10, batch of 32, Adam", digits.network.parameters().size(), all[8], all[9]);
  fmt::print("{}", aligned_text(rows, std::array{downhill::Align::left, downhill::Align::right}, 2));
  fmt::print(
      "\nEach time is that of the fastest repetition. A plain function that takes a nanosecond for each\n"
      "operation makes the ratio high, not the tape slow. The full benchmarks, beside other libraries\n"
      "and gradients written by hand, are in bench/: cmake --workflow --preset bench\n");
}

}  // namespace

void add_bench(CLI::App& program) {
  const auto seconds = std::make_shared<double>(2);
  CLI::App& command = *program.add_subcommand("bench", "what a gradient costs on this machine");
  command.add_option("--seconds", *seconds, "how long to measure (default: 2)")
      ->type_name("S")
      ->check(positive_number());
  command.footer("Example: downhill bench --seconds 5");
  command.callback([seconds] { run(*seconds); });
}
