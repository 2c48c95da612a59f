// Training on several ranks: the losses of one process, the same bits in every run, and what goes wrong.
//
// The program is started by mpirun with 1, 2, 3 or 4 ranks, and each of them runs the tests. What one process does,
// each rank does for itself.

#include <models/ranks/data_parallel.hpp>

#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <autodiff/descent/quasi_newton.hpp>
#include <models/models.hpp>

#include "support/catch.hpp"
#include "support/training.hpp"

using namespace downhill;
using namespace downhill::training_support;

namespace {

Samples<float> moons() { return two_moons<float>(90, 0.2, 1); }
Samples<float> held_out() { return two_moons<float>(41, 0.2, 2); }

struct Trained {
  TrainingResult result;
  std::vector<float> parameters;
};

template <class M>
Trained alone(const M& method, TrainingOptions<float> options = {.epochs = 4, .batch = 16, .seed = 3}) {
  const auto train = moons(), validation = held_out();
  options.validation = &validation;
  Mlp<float> network = with_dropout<float>();
  const TrainingResult result = fit(network, train, method, options);
  return {result, parameters_of(network)};
}

template <class M>
Trained together(const M& method, const DataParallelOptions& how = {},
                 TrainingOptions<float> options = {.epochs = 4, .batch = 16, .seed = 3}) {
  const auto train = moons(), validation = held_out();
  options.validation = &validation;
  Mlp<float> network = with_dropout<float>();
  DataParallel ranks(how);
  const TrainingResult result = ranks.fit(network, train, method, options);
  return {result, parameters_of(network)};
}

void check_close(const TrainingResult& a, const TrainingResult& b, double to = 2e-5) {
  REQUIRE(a.history.size() == b.history.size());
  CHECK(a.steps == b.steps);
  for (std::size_t i = 0; i < a.history.size(); ++i) {
    CHECK(a.history[i].loss == Catch::Approx(b.history[i].loss).epsilon(to));
    CHECK(a.history[i].validation->loss == Catch::Approx(b.history[i].validation->loss).epsilon(to));
    CHECK(a.history[i].validation->score == Catch::Approx(b.history[i].validation->score).epsilon(1e-9));
  }
}

bool same_losses(const TrainingResult& a, const TrainingResult& b) {
  bool same = a.history.size() == b.history.size();
  for (std::size_t i = 0; same && i < a.history.size(); ++i)
    same = a.history[i].loss == b.history[i].loss && a.history[i].validation->loss == b.history[i].validation->loss;
  return same;
}

}  // namespace

TEST_CASE("any number of ranks has the losses of one process, with dropout and without") {
  check_close(together(Adam{.learning_rate = 0.01}).result, alone(Adam{.learning_rate = 0.01}).result);
}

TEST_CASE("with one rank the losses are those of one process, bit for bit") {
  if (Ranks().size() > 1) return;
  const Trained a = together(Adam{.learning_rate = 0.01}), b = alone(Adam{.learning_rate = 0.01});
  CHECK(same_losses(a.result, b.result));
  CHECK(a.parameters == b.parameters);
}

TEST_CASE("a batch that is smaller than the number of ranks has the losses of one process") {
  const TrainingOptions<float> tiny{.epochs = 1, .batch = 2};
  check_close(together(GradientDescent{.learning_rate = 0.05}, {}, tiny).result,
              alone(GradientDescent{.learning_rate = 0.05}, tiny).result);
}

TEST_CASE("the sum in the order of the ranks is the same bits however the span is cut") {
  const Trained whole = together(Adam{.learning_rate = 0.01});
  for (const std::size_t piece : {1U, 7U, 40U}) {
    const Trained cut = together(Adam{.learning_rate = 0.01}, {.piece = piece});
    CHECK(same_losses(whole.result, cut.result));
    CHECK(whole.parameters == cut.parameters);
  }
  CHECK(together(Adam{.learning_rate = 0.01}, {.overlap = false, .piece = 7}).parameters == whole.parameters);
}

TEST_CASE("all ranks have the same parameters at the end") {
  const std::vector<float> own = together(Adam{.learning_rate = 0.01}).parameters;
  std::vector<float> of_first = own;
  Ranks().take_from_first(std::span(of_first));
  CHECK(own == of_first);
}

TEST_CASE("an order that MPI chooses gives the losses of one process as well") {
  check_close(together(Momentum{.learning_rate = 0.02}, {.reduction = Reduction::any, .piece = 16}).result,
              alone(Momentum{.learning_rate = 0.02}).result);
}

TEST_CASE("what a method remembers may be sharded, and nothing changes, not a bit") {
  for (const std::size_t piece : {0U, 5U}) {
    const Trained whole = together(Adam{.learning_rate = 0.01}),
                  sharded = together(Adam{.learning_rate = 0.01}, {.shard = true, .piece = piece});
    CHECK(same_losses(whole.result, sharded.result));
    CHECK(whole.parameters == sharded.parameters);
  }
  AdamW grouped{.learning_rate = 0.01, .weight_decay = 0.1};
  grouped.gradient.groups = {{.begin = 3, .end = 20, .rate = 0.5, .decay = 0}, {.begin = 20, .end = 31, .rate = 2}};
  const Trained whole = together(grouped), sharded = together(grouped, {.shard = true, .piece = 9});
  CHECK(whole.parameters == sharded.parameters);
}

TEST_CASE("a method that takes all samples at once walks on the sum over the ranks") {
  const TrainingOptions<float> options{.epochs = 5};
  check_close(together(Lbfgs{}, {}, options).result, alone(Lbfgs{}, options).result, 1e-3);
}

TEST_CASE("each rank may hold its own samples alone, and some none") {
  const DataParallel of_all;
  const auto train = moons(), validation = held_out();
  // The first rank has none of the samples, where there is another one.
  PartOfSamples<float> part{.samples = {}, .numbers = {}, .of = train.size()};
  const std::size_t holders = of_all.size() > 1 ? of_all.size() - 1 : 1, first = of_all.size() - holders;
  for (std::size_t i = 0; i < train.size(); ++i)
    if (i % holders + first == of_all.rank()) part.numbers.push_back(i);
  part.samples = train.rows(part.numbers);
  const PartOfSamples<float> of_validation = part_of(of_all, validation);
  Mlp<float> network = with_dropout<float>();
  DataParallel ranks;
  const auto result = ranks.fit(network, part, Adam{.learning_rate = 0.01},
                                {.epochs = 4, .batch = 16, .seed = 3, .validation = &of_validation.samples});
  check_close(result, alone(Adam{.learning_rate = 0.01}).result);
}

TEST_CASE("scaling and metrics are those of one process") {
  const Ranks ranks;
  std::vector<double> rows, own;
  for (int i = 0; i < 101; ++i) rows.insert(rows.end(), {1e6 + std::sin(i), 3.0, 0.1 * i * i});
  for (std::size_t i = ranks.rank(); i < 101; i += ranks.size())
    own.insert(own.end(), rows.begin() + static_cast<std::ptrdiff_t>(3 * i),
               rows.begin() + static_cast<std::ptrdiff_t>(3 * i + 3));
  const TableScaling all = standardise(std::span<const double>(rows), 3),
                     parts = standardise(ranks, std::span<const double>(own), 3);
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(parts.columns[c].mean == Catch::Approx(all.columns[c].mean).epsilon(1e-15));
    CHECK(parts.columns[c].scale == Catch::Approx(all.columns[c].scale).epsilon(1e-14));
  }

  Samples<double> samples{.features = 1, .outputs = 2};
  for (int i = 0; i < 37; ++i) {
    samples.inputs.push_back(0.1 * i);
    samples.targets.insert(samples.targets.end(), {std::cos(i), 5.0});
  }
  Mlp<double> line(dense({1, 2}, Activation::none));
  const Metrics one = evaluate(line, samples), of_all = evaluate(ranks, line, part_of(ranks, samples).samples);
  CHECK(of_all.loss == Catch::Approx(one.loss).epsilon(1e-14));
  CHECK(of_all.score == Catch::Approx(one.score).epsilon(1e-13));
}

TEST_CASE("a loss that is NaN on one rank ends the training on all, with the parameters before") {
  auto train = moons();
  train.inputs[2 * 17] = std::numeric_limits<float>::quiet_NaN();
  Mlp<float> network = with_dropout<float>();
  const auto before = parameters_of(network);
  DataParallel ranks;
  const auto result = ranks.fit(network, train, Adam{}, {.epochs = 2, .batch = 90});
  CHECK(result.reason == StopReason::not_finite);
  CHECK(parameters_of(network) == before);
}

TEST_CASE("an observer is told by the first rank, and ends the training on all") {
  const auto train = moons();
  Mlp<float> network = with_dropout<float>();
  DataParallel ranks;
  int told = 0;
  const auto result = ranks.fit(network, train, Adam{}, {.epochs = 3, .batch = 30}, [&](const Progress& progress) {
    ++told;
    return progress.steps == 4;
  });
  CHECK(result.steps == 4);
  CHECK(result.reason == StopReason::observer);
  CHECK((told > 0) == ranks.is_first());
}

TEST_CASE("a checkpoint goes on with the same losses, with shards and without") {
  const Adam adam{.learning_rate = 0.01};
  const Trained whole = alone(adam, {.epochs = 6, .batch = 16, .seed = 3});
  const Ranks all;
  const std::filesystem::path file(
      all.of_first((std::filesystem::temp_directory_path() / ("downhill_ranks_" + std::to_string(getpid()))).string()));
  for (const bool shard : {false, true}) {
    static_cast<void>(together(adam, {.shard = shard, .checkpoint = file}, {.epochs = 3, .batch = 16, .seed = 3}));
    const Trained resumed =
        together(adam, {.shard = !shard, .checkpoint = file, .resume = true}, {.epochs = 6, .batch = 16, .seed = 3});
    check_close(resumed.result, whole.result);
  }
  all.wait_for_all();
  if (all.is_first()) std::filesystem::remove(file);
}

// What ends the job: each of these is started alone.

TEST_CASE("an exception on one rank ends all with its message", "[.]") {
  TwoSlopes model;
  DataParallel ranks;
  model.throws_at = ranks.rank() == 1 ? 3 : 0;
  Samples<double> samples{.features = 1, .outputs = 1};
  for (int i = 0; i < 30; ++i) samples.inputs.push_back(i % 2 == 0 ? i : -i), samples.targets.push_back(i);
  static_cast<void>(ranks.fit(model, samples, GradientDescent{.learning_rate = 1e-4}, {.epochs = 9, .batch = 6}));
}

TEST_CASE("a rank that is killed ends all", "[.]") {
  const auto train = moons();
  Mlp<float> network = with_dropout<float>();
  DataParallel ranks;
  const auto dies = [](const Progress& progress) {  // of the first rank, which alone is told
    if (progress.steps == 5) std::raise(SIGKILL);
  };
  static_cast<void>(ranks.fit(network, train, Adam{}, {.epochs = 100}, dies));
}

TEST_CASE("other options on one rank are said", "[.]") {
  const std::size_t rank = Ranks().rank();
  static_cast<void>(together(Adam{}, {}, {.epochs = 1, .batch = rank == 1 ? 8U : 16U}));
}

TEST_CASE("a sharded training refuses to clip by the norm", "[.]") {
  static_cast<void>(together(Adam{.gradient = {.clip_norm = 1}}, {.shard = true}));
}

TEST_CASE("a method without steps refuses a checkpoint", "[.]") {
  static_cast<void>(together(Lbfgs{}, {.checkpoint = "none.safetensors"}));
}
