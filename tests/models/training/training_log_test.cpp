// What a training tells: its numbers while it goes on, and the lines of the bar, on a terminal and off it.

#include <models/training/training_log.hpp>

#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <autodiff/error.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

using namespace downhill;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// What a bar writes when it is told all of these.
std::string written(TrainingBarOptions options, const std::vector<TrainingProgress>& told) {
  const std::unique_ptr<std::FILE, Close> file(std::tmpfile());
  REQUIRE(file != nullptr);
  options.out = file.get();
  TrainingBar bar(options);
  for (const TrainingProgress& progress : told) bar(progress);
  std::rewind(file.get());
  std::string text;
  for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) text += static_cast<char>(c);
  return text;
}

TrainingProgress step_of(std::size_t epoch, std::size_t step, double seconds) {
  return {.epoch = epoch,
          .epochs = 12,
          .step = step,
          .steps_per_epoch = 4,
          .loss = 0.5 / static_cast<double>(step),
          .learning_rate = 0.1,
          .epoch_ended = step % 4 == 0,
          .validation = {},
          .score_name = "accuracy",
          .seconds = seconds,
          .ended = {},
          .why = {}};
}
TrainingProgress end_of(std::size_t epoch, double seconds) {
  TrainingProgress progress = step_of(epoch, 4 * epoch, seconds);
  progress.ended = StopReason::step_limit;
  progress.why = "all 12 epochs are over";
  return progress;
}

std::vector<TrainingProgress> two_epochs(std::optional<Metrics> validation, std::string_view score = "accuracy") {
  std::vector<TrainingProgress> told;
  for (std::size_t step = 1; step <= 8; ++step) {
    told.push_back(step_of((step + 3) / 4, step, 0.5 * static_cast<double>(step)));
    told.back().score_name = score;
    if (told.back().epoch_ended) told.back().validation = validation;
  }
  told.push_back(end_of(2, 4));
  return told;
}

}  // namespace

TEST_CASE("Off a terminal the bar writes a plain line for every epoch, and why it ended") {
  CHECK(written({.terminal = false}, two_epochs({})) ==
        "epoch  1/12  loss 0.12500     2.0 s\n"
        "epoch  2/12  loss 0.062500    2.0 s\n"
        "step_limit: all 12 epochs are over\n");
  CHECK(written({.terminal = false}, two_epochs(Metrics{0.25, 0.975})) ==
        "epoch  1/12  loss 0.12500     validation 0.25000     accuracy  97.50 %  2.0 s\n"
        "epoch  2/12  loss 0.062500    validation 0.25000     accuracy  97.50 %  2.0 s\n"
        "step_limit: all 12 epochs are over\n");
  CHECK_THAT(written({.terminal = false}, two_epochs(Metrics{0.25, -0.5}, "R²")),
             ContainsSubstring("validation 0.25000     R² -0.5000  2.0 s\n"));
}

TEST_CASE("A file is no terminal") {
  const std::string text = written({}, two_epochs({}));
  CHECK(count(text, "\n") == 3);
  CHECK(count(text, "\x1b") + count(text, "\r") == 0);
}

TEST_CASE("On a terminal the line of the epoch at work is written over again") {
  const std::string text = written({.every = 0, .terminal = true, .width = 4}, two_epochs({}));
  CHECK(count(text, "\r\x1b[K") == 9);
  CHECK_THAT(text, ContainsSubstring("\r\x1b[Kepoch  1/12  ━···  loss 0.50000   "));
  CHECK_THAT(text, ContainsSubstring("\r\x1b[Kepoch  2/12  ━━··  loss 0.083333  "));
  CHECK_THAT(text, ContainsSubstring("\r\x1b[Kepoch  1/12  loss 0.12500     2.0 s\n"));
  CHECK(count(text, "\n") == 3);
}

TEST_CASE("The line on a terminal is written no more often than asked for") {
  const std::string text = written({.every = 1, .terminal = true}, two_epochs({}));  // steps are 0.5 s apart
  CHECK(count(text, "\r\x1b[K") == 3 + 4);
}

TEST_CASE("Lines may stay for some epochs only, and always for the last") {
  std::vector<TrainingProgress> told;
  for (std::size_t epoch = 1; epoch <= 12; ++epoch)
    told.push_back(step_of(epoch, 4 * epoch, static_cast<double>(epoch)));
  const std::string text = written({.terminal = false, .epochs_apart = 5}, told);
  CHECK(count(text, "\n") == 3);
  for (const char* epoch : {"epoch  5/12", "epoch 10/12", "epoch 12/12"}) CHECK(count(text, epoch) == 1);
  CHECK(message_of([] { TrainingBar({.epochs_apart = 0}); }) ==
        "TrainingBar: a line for every 0 epochs; give at least 1");
}

TEST_CASE("A bar serves one training after another") {
  std::vector<TrainingProgress> told = two_epochs({});
  const std::string once = written({.every = 1, .terminal = true}, told);
  told.insert(told.end(), told.begin(), told.begin() + 9);
  CHECK(written({.every = 1, .terminal = true}, told) == once + once);
}

TEST_CASE("A bar is not confused by a training that went on with other batches") {
  TrainingProgress later = step_of(3, 1, 1);  // in its first two epochs were fewer steps
  later.step = 3;
  CHECK_THAT(written({.every = 0, .terminal = true, .width = 4}, {later}), ContainsSubstring("····"));
}

TEST_CASE("Progress counts steps, samples and epochs") {
  TrainingLog log(10, 4, 2, {}, true);
  log.start_clock();
  log.add(3, 4, 0.5);
  const TrainingProgress first = log.progress();
  CHECK((first.epoch == 1 && first.epochs == 2 && first.step == 1 && first.steps_per_epoch == 3));
  CHECK((first.loss == 3 && first.learning_rate == 0.5 && !first.epoch_ended && !first.validation && !first.ended));
  CHECK(first.score_name == "accuracy");
  CHECK(TrainingLog(10, 4, 2, {}, false).progress().score_name == "R²");
  log.add(2, 4, 0.5), log.add(1, 2, 0.25);
  CHECK(log.progress().loss == Catch::Approx(2.2));  // a mean over the samples, not over the batches
  CHECK(log.end_epoch(Metrics{7, 0.5}));
  const TrainingProgress ended = log.progress();
  CHECK((ended.epoch == 1 && ended.epoch_ended && ended.validation->loss == 7));
  CHECK(ended.loss == Catch::Approx(2.2));
  log.close_epoch(1e9);
  CHECK(!log.ended());
  log.add(1, 10, 0.1);
  CHECK((log.progress().epoch == 2 && log.progress().loss == 1 && !log.progress().epoch_ended));
  CHECK(!log.end_epoch(Metrics{8, 0.5}));
  log.close_epoch(1e9);
  CHECK(log.ended());
  const TrainingResult result = log.result();
  CHECK((result.steps == 4 && result.best_epoch == 1 && result.history.size() == 2));
  CHECK(result.history[0].loss == Catch::Approx(2.2));
  CHECK(result.history[1].learning_rate == 0.1);
  CHECK(result.why == "all 2 epochs are over");
}

TEST_CASE("A validation loss that is never finite is never the best, and patience runs out") {
  TrainingLog log(1, 1, 10, {.steps = 2}, true);
  for (int i = 0; i < 2; ++i) {
    log.add(1, 1, 0.1);
    CHECK(!log.end_epoch(Metrics{std::nan(""), 0}));
  }
  CHECK(log.result().reason == StopReason::patience_ran_out);
  CHECK(log.result().best_epoch == 0);
  CHECK(log.result().why == "the validation loss was finite in none of 2 epochs");
}

TEST_CASE("A log of nothing, or that could never lose its patience, is refused") {
  CHECK(message_of([] { TrainingLog(0, 1, 1, {}, true); }) == "fit: there are no samples");
  CHECK(message_of([] { TrainingLog(1, 0, 1, {}, true); }) == "fit: a batch of 0 samples; give at least 1");
  CHECK_THROWS_AS(TrainingLog(1, 1, 1, {.minimum_change = std::nan("")}, true), OptionError);
}
