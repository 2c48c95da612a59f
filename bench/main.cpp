// downhill_bench: what a gradient costs, measured against the plain function it is the gradient of.
//
// All flags are Google Benchmark's: --benchmark_filter=W1, --benchmark_out=file.json, --benchmark_format=json.

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "contender.hpp"
#include "derivatives.hpp"
#include "descent.hpp"
#include "machine.hpp"
#include "networks.hpp"
#include "packs.hpp"
#include "programs.hpp"
#include "report.hpp"

namespace {

using namespace downhill::bench;

void time_it(benchmark::State& state, const Contender& contender) {
  std::vector<double> point = contender.point;
  for (auto _ : state) {
    benchmark::DoNotOptimize(point.data());
    benchmark::ClobberMemory();
    Outcome outcome = contender.evaluate(point);
    benchmark::DoNotOptimize(outcome);
  }
  for (const auto& [name, count] : contender.counts) state.counters[name] = count;
}

}  // namespace

int main(int argc, char** argv) {
  // Many short repetitions, all contenders shuffled: a disturbance hits a few of each. Later flags, the user's, win.
  std::vector<std::string> words{argv[0], "--benchmark_enable_random_interleaving=true", "--benchmark_min_time=0.003",
                                 "--benchmark_repetitions=80"};
  words.insert(words.end(), argv + 1, argv + argc);
  const bool tables = std::none_of(words.begin(), words.end(), [](std::string_view word) {
    return word.starts_with("--benchmark_format") || word.starts_with("--benchmark_list_tests");
  });

  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  benchmark::AddCustomContext("compiler", compiler());
  benchmark::AddCustomContext("flags", flags());
  benchmark::AddCustomContext("processor", processor());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

  add_own_contenders();
  add_derivatives();
  add_descent();
  add_networks();
  add_packs();
  add_programs();
  if (!all_agree()) return 1;
  for (const Contender& contender : contenders())
    if (auto* made =
            benchmark::RegisterBenchmark((contender.workload + "/" + contender.name).c_str(), time_it, contender);
        contender.repetitions > 0)
      made->Repetitions(contender.repetitions);

  if (tables) {
    fmt::print(stderr, "Every gradient agrees with its reference. Timing...\n\n");
    Report report;
    benchmark::RunSpecifiedBenchmarks(&report);
  } else {
    benchmark::RunSpecifiedBenchmarks();
  }
  benchmark::Shutdown();
}
