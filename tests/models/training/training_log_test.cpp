// What a training tells of itself while it goes on.

#include <models/training/training_log.hpp>

#include <cmath>
#include <string>

#include <autodiff/error.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

using namespace downhill;

TEST_CASE("progress counts steps, samples and epochs") {
  TrainingLog log(10, 4, 2, {}, true);
  log.start_clock();
  log.add(3, 4, 0.5);
  const Progress first = log.progress();
  CHECK((first.steps == 1 && first.evaluations == 1 && first.stop.steps == 6));
  CHECK((first.epoch->number == 1 && first.epoch->of == 2 && first.epoch->part == 0.4));
  CHECK((first.value == 3 && first.learning_rate == 0.5 && first.point.empty() && std::isnan(first.gradient_norm)));
  CHECK((!first.epoch->ended && !first.epoch->validation && !first.ended));
  CHECK(first.epoch->score_name == "accuracy");
  CHECK(TrainingLog(10, 4, 2, {}, false).progress().epoch->score_name == "R²");
  log.add(2, 4, 0.5), log.add(1, 2, 0.25, 7, 3);
  CHECK(log.progress().value == Catch::Approx(2.2));  // a mean over the samples, not over the batches
  CHECK((log.progress().gradient_norm == 7 && log.progress().evaluations == 5));
  CHECK(log.end_epoch(Metrics{7, 0.5}));
  const Progress ended = log.progress();
  CHECK((ended.epoch->number == 1 && ended.epoch->ended && ended.epoch->part == 1));
  CHECK(ended.epoch->validation->loss == 7);
  CHECK(ended.value == Catch::Approx(2.2));
  log.close_epoch();
  CHECK(!log.ended());
  log.add(1, 10, 0.1);
  CHECK((log.progress().epoch->number == 2 && log.progress().value == 1 && !log.progress().epoch->ended));
  CHECK(!log.end_epoch(Metrics{8, 0.5}));
  log.close_epoch();
  CHECK(log.ended());
  const TrainingResult result = log.result();
  CHECK((result.steps == 4 && result.best_epoch == 1 && result.history.size() == 2));
  CHECK(result.history[0].loss == Catch::Approx(2.2));
  CHECK(result.history[1].learning_rate == 0.1);
  CHECK(result.why == "all 2 epochs are over");
}

TEST_CASE("a validation loss that is never finite is never the best, and patience runs out") {
  TrainingLog log(1, 1, 10, {.rounds = 2}, true);
  for (int i = 0; i < 2; ++i) {
    log.add(1, 1, 0.1);
    CHECK(!log.end_epoch(Metrics{std::nan(""), 0}));
  }
  CHECK(log.result().reason == StopReason::patience_ran_out);
  CHECK(log.result().best_epoch == 0);
  CHECK(log.result().why == "the validation loss was finite in none of 2 epochs");
}

TEST_CASE("a log of nothing, or that could never lose its patience, is refused") {
  CHECK(message_of([] { TrainingLog(0, 1, 1, {}, true); }) == "fit: there are no samples");
  CHECK(message_of([] { TrainingLog(1, 0, 1, {}, true); }) == "fit: a batch of 0 samples; give at least 1");
  CHECK_THROWS_AS(TrainingLog(1, 1, 1, {.minimum_change = std::nan("")}, true), OptionError);
}
