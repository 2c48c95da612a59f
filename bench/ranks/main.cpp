// What summing gradients over ranks costs, and how much of it the sweep hides: start it by mpirun.
//
//     mpirun -np 2 build/release/bench/downhill_ranks_bench
//
// Each line is a training of the same network, and its best of several runs.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <random>

#include <models/models.hpp>
#include <models/ranks/data_parallel.hpp>

using namespace downhill;

namespace {

Samples<float> noise(std::size_t count, std::size_t features) {
  std::mt19937_64 generator(1);
  Samples<float> samples{.features = features};
  for (std::size_t i = 0; i < count * features; ++i) samples.inputs.push_back(static_cast<float>(uniform(generator)));
  for (std::size_t i = 0; i < count; ++i) samples.labels.push_back(i % 10);
  return samples;
}

struct StepCost {
  double step = std::numeric_limits<double>::infinity(), waited = std::numeric_limits<double>::infinity();
};

StepCost cost_of(const DataParallelOptions& how, const Samples<float>& samples, std::size_t batch) {
  StepCost best;
  for (int run = 0; run < 5; ++run) {
    Mlp<float> network(dense({784, 1024, 1024, 1024, 10}, Activation::relu));
    DataParallel ranks(how);
    const auto result = ranks.fit(network, samples, Adam{}, {.epochs = 1, .batch = batch});
    const double steps = static_cast<double>(result.steps);
    best.step = std::min(best.step, ranks.sum(result.seconds) / static_cast<double>(ranks.size()) / steps);
    best.waited = std::min(best.waited, ranks.sum(ranks.seconds_waited()) / static_cast<double>(ranks.size()) / steps);
  }
  return best;
}

}  // namespace

int main() {
  const Ranks ranks;
  constexpr std::size_t of_each = 64, steps = 8;
  const std::size_t batch = of_each * ranks.size();
  const Samples<float> samples = noise(batch * steps, 784);
  const auto show = [&](const char* what, const DataParallelOptions& how) {
    const StepCost cost = cost_of(how, samples, batch);
    if (ranks.is_first())
      fmt::print("{:<44} {:7.2f} ms a step, of which {:6.2f} ms waiting\n", what, 1e3 * cost.step, 1e3 * cost.waited);
  };
  if (ranks.is_first())
    fmt::print("784-1024-1024-1024-10, 2.9 million weights, Adam, batches of {} on {} ranks\n", batch, ranks.size());
  show("MPI asked in the sweep", {});
  show("MPI asked after it", {.overlap = false});
  show("MPI asked in the sweep, Iallreduce", {.reduction = Reduction::any});
  show("MPI asked after it, Iallreduce", {.reduction = Reduction::any, .overlap = false});
  show("sharded, MPI asked in the sweep", {.shard = true});
}
