#include <autodiff/descent/observers.hpp>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/descent/minimize.hpp>
#include <autodiff/error.hpp>
#include <support/catch.hpp>
#include <support/temporary_folder.hpp>
#include <support/text.hpp>

using namespace downhill;
using Catch::Matchers::ContainsSubstring;

namespace {

const auto bowl = [](auto w) { return w[0] * w[0]; };

// What is printed to a file while it exists.
class Captured {
 public:
  ~Captured() { std::fclose(file_); }
  std::FILE* file() const { return file_; }
  std::string text() const {
    std::rewind(file_);
    std::string text;
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) text += static_cast<char>(c);
    return text;
  }

 private:
  std::FILE* file_ = std::tmpfile();
};

// A training of 12 epochs with 4 steps each.
const Stop no_stop{.steps = 48};

Progress at_step(std::size_t step, double seconds) {
  const EpochProgress epoch{.number = (step + 3) / 4,
                            .of = 12,
                            .part = static_cast<double>((step - 1) % 4 + 1) / 4,
                            .ended = step % 4 == 0,
                            .validation = {},
                            .score_name = "accuracy"};
  return {.steps = step,
          .point = {},
          .value = 0.5 / static_cast<double>(step),
          .gradient = {},
          .gradient_norm = std::nan(""),
          .learning_rate = 0.1,
          .evaluations = step,
          .seconds = seconds,
          .stop = no_stop,
          .ended = {},
          .why = {},
          .epoch = epoch};
}
Progress end_at(std::size_t step, double seconds) {
  Progress progress = at_step(step, seconds);
  progress.ended = StopReason::step_limit;
  progress.why = "all 12 epochs are over";
  return progress;
}
std::vector<Progress> two_epochs(std::optional<Metrics> validation, std::string_view score = "accuracy") {
  std::vector<Progress> told;
  for (std::size_t step = 1; step <= 8; ++step) {
    told.push_back(at_step(step, 0.5 * static_cast<double>(step)));
    told.back().epoch->score_name = score;
    if (told.back().epoch->ended) told.back().epoch->validation = validation;
  }
  told.push_back(end_at(8, 4));
  return told;
}
// What a bar writes when it is told all of these.
std::string written(ProgressBarOptions options, const std::vector<Progress>& told) {
  const Captured captured;
  options.out = captured.file();
  ProgressBar bar(options);
  for (const Progress& progress : told) bar(progress);
  return captured.text();
}

}  // namespace

TEST_CASE("on a terminal the progress bar rewrites one line, and ends it with the reason") {
  const Captured captured;
  minimize(bowl, {5.0}, {.learning_rate = 0.01}, {.gradient_norm = 0, .steps = 200},
           ProgressBar({.out = captured.file(), .title = "bowl", .every = 0, .terminal = true}));
  const std::string text = captured.text();
  CHECK(count(text, "\r") == 201);
  CHECK(count(text, "\n") == 2);
  CHECK_THAT(text, ContainsSubstring("bowl  ") && ContainsSubstring("━") && ContainsSubstring("ETA ") &&
                       ContainsSubstring("step 200/200") && ContainsSubstring("100 %") &&
                       ContainsSubstring("step_limit: 200 steps were taken"));
}

TEST_CASE("a progress bar that is updated ten times a second is seldom updated in a quick walk") {
  const Captured captured;
  minimize(bowl, {5.0}, {.learning_rate = 0.01}, {.gradient_norm = 0, .steps = 200},
           ProgressBar({.out = captured.file(), .terminal = true}));
  CHECK(count(captured.text(), "\r") < 20);
}

TEST_CASE("where output is piped the progress is a plain line for every tenth of the way") {
  const Captured captured;
  minimize(bowl, {5.0}, {.learning_rate = 0.01}, {.gradient_norm = 0, .steps = 1000},
           ProgressBar({.out = captured.file()}));
  const std::string text = captured.text();
  CHECK(count(text, "\r") == 0);
  CHECK(count(text, "\x1b") == 0);
  CHECK(count(text, "\n") == 12);  // 0, 10, ..., 100 % and the reason
}

TEST_CASE("the progress of a walk without steps has no digits that mean nothing") {
  const Captured captured;
  minimize(bowl, {5.0}, {.learning_rate = 0.01}, {.steps = 0}, ProgressBar({.out = captured.file()}));
  CHECK_THAT(captured.text(), ContainsSubstring("100 %") && !ContainsSubstring("nan") && !ContainsSubstring("inf"));
}

TEST_CASE("a progress bar serves one walk after another, also where one was broken off") {
  const auto of_walks = [](int walks) {
    const Captured captured;
    ProgressBar bar({.out = captured.file()});
    for (int i = 0; i < walks; ++i)
      minimize(bowl, {5.0}, {.learning_rate = 0.01}, {.gradient_norm = 0, .steps = 100}, bar);
    return count(captured.text(), "\n");
  };
  CHECK(of_walks(2) == 2 * of_walks(1));
  std::vector<Progress> told{at_step(1, 5), at_step(2, 6)};  // and then nothing more
  const std::vector<Progress> next = two_epochs({});
  for (const Progress& progress : next) told.push_back(progress);
  CHECK(written({.terminal = false}, told) == written({.terminal = false}, next));
}

TEST_CASE("off a terminal the progress of a training is a plain line for every epoch, and why it ended") {
  CHECK(written({.terminal = false}, two_epochs({})) ==
        "epoch  1/12  loss 0.12500      2.0 s\n"
        "epoch  2/12  loss 0.062500     2.0 s\n"
        "step_limit: all 12 epochs are over\n");
  CHECK(written({.title = "digits", .terminal = false}, two_epochs(Metrics{0.25, 0.975})) ==
        "digits  epoch  1/12  loss 0.12500      validation 0.25000      accuracy  97.50 %  2.0 s\n"
        "digits  epoch  2/12  loss 0.062500     validation 0.25000      accuracy  97.50 %  2.0 s\n"
        "step_limit: all 12 epochs are over\n");
  CHECK_THAT(written({.terminal = false}, two_epochs(Metrics{0.25, -0.5}, "R²")),
             ContainsSubstring("validation 0.25000      R² -0.5000  2.0 s\n"));
}

TEST_CASE("a file is no terminal to the progress bar") {
  const std::string text = written({}, two_epochs({}));
  CHECK(count(text, "\n") == 3);
  CHECK(count(text, "\x1b") + count(text, "\r") == 0);
}

TEST_CASE("on a terminal the line of the epoch at work is written over again") {
  const std::string text = written({.every = 0, .terminal = true, .width = 4}, two_epochs({}));
  CHECK(count(text, "\r\x1b[K") == 8);
  CHECK_THAT(text, ContainsSubstring("\r\x1b[K━···  epoch  1/12  loss 0.50000      ETA 1.5 s"));
  CHECK_THAT(text, ContainsSubstring("\r\x1b[K━━··  epoch  2/12  loss 0.083333     ETA 1.0 s"));
  CHECK_THAT(text, ContainsSubstring("\r\x1b[Kepoch  1/12  loss 0.12500      2.0 s\n"));
  CHECK(count(text, "\n") == 3);
}

TEST_CASE("the line of an epoch on a terminal is written no more often than asked for") {
  const std::string text = written({.every = 1, .terminal = true}, two_epochs({}));  // steps are 0.5 s apart
  CHECK(count(text, "\r\x1b[K") == 2 + 4);
}

TEST_CASE("an epoch that is broken off leaves no line, but why it ended") {
  const std::string text = written({.every = 0, .terminal = true}, {at_step(1, 1), end_at(1, 1)});
  CHECK(text.ends_with("\r\x1b[Kstep_limit: all 12 epochs are over\n"));
  CHECK(count(text, "\n") == 1);
}

TEST_CASE("lines may stay for some epochs only, and always for the last") {
  std::vector<Progress> told;
  for (std::size_t epoch = 1; epoch <= 12; ++epoch) told.push_back(at_step(4 * epoch, static_cast<double>(epoch)));
  const ProgressBarOptions options{.terminal = false, .epochs_apart = 5};
  const std::string text = written(options, told);
  CHECK(count(text, "\n") == 3);
  for (const char* epoch : {"epoch  5/12", "epoch 10/12", "epoch 12/12"}) CHECK(count(text, epoch) == 1);
  std::vector<Progress> fewer(told.begin(), told.begin() + 7);
  fewer.push_back(end_at(28, 7));
  CHECK_THAT(written(options, fewer), ContainsSubstring("epoch  7/12  loss 0.017857     1.0 s\nstep_limit"));
  CHECK(message_of([] { ProgressBar({.epochs_apart = 0}); }) ==
        "ProgressBar: a line for every 0 epochs; give at least 1");
}

TEST_CASE("the loss recorder and the checkpoint hook serve a training too, and what needs a point refuses it") {
  const TemporaryFolder folder;
  std::size_t saved = 0;
  {
    LossRecorder recorder(folder.path / "loss.csv");
    CheckpointHook hook(4, [&](const Progress&) { ++saved; });
    for (const Progress& progress : two_epochs({})) recorder(progress), hook(progress);
  }
  CHECK(saved == 2);
  std::ifstream in(folder.path / "loss.csv");
  std::string first, second;
  std::getline(in, first), std::getline(in, second);
  CHECK(second == "1,0.5,,0.1,1,0.5");
  CHECK_THAT(message_of([] { BestSoFar()(at_step(1, 1)); }), ContainsSubstring("BestSoFar: a training keeps"));
  CHECK_THAT(message_of([] { EarlyStopping([](auto) { return 0.0; }, {})(at_step(1, 1)); }),
             ContainsSubstring("EarlyStopping: a training keeps"));
}

TEST_CASE("the loss recorder writes a row for every step, that reads back as the same numbers") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path / "loss.csv";
  const Result result = minimize(bowl, {5.0}, {.learning_rate = 0.1}, {.steps = 3}, LossRecorder(file), Keep::path);
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  CHECK(line == "step,loss,gradient_norm,learning_rate,evaluations,seconds");
  for (std::size_t step = 0; step <= 3; ++step) {
    REQUIRE(std::getline(in, line));
    std::istringstream row(line);
    std::vector<std::string> fields;
    for (std::string field; std::getline(row, field, ',');) fields.push_back(field);
    REQUIRE(fields.size() == 6);
    CHECK(fields[0] == std::to_string(step));
    CHECK(std::stod(fields[1]) == result.path[step].value);
    CHECK(fields[3] == (step == 0 ? "" : "0.1"));
    CHECK(fields[4] == std::to_string(step + 1));
  }
  CHECK_FALSE(std::getline(in, line));
}

TEST_CASE("a loss recorder that cannot write says where and why") {
  CHECK_THROWS_WITH(LossRecorder("no_such_directory/loss.csv"),
                    ContainsSubstring("no_such_directory/loss.csv: it cannot be written: No such file"));
  if (!std::filesystem::exists("/dev/full")) return;
  const Result result = minimize(bowl, {5.0}, {.learning_rate = 0.1}, {.steps = 3}, LossRecorder("/dev/full"));
  CHECK_THAT(result.why, ContainsSubstring("/dev/full: it cannot be written"));
  CHECK(result.steps == 3);
}

TEST_CASE("the best so far outlives a walk that diverges or bounces") {
  BestSoFar best;
  const auto cliff = [](auto w) { return square(w[0]) - 10 * exp(-square(w[0] - 1) * 50); };
  const Result result = minimize(cliff, {1.3}, {.learning_rate = 0.1}, {.steps = 30}, best, Keep::path);
  double lowest = result.path[0].value;
  for (const Iterate& iterate : result.path) lowest = std::min(lowest, iterate.value);
  CHECK(best.value() == lowest);
  CHECK(best.value() == result.path[best.step()].value);
  CHECK(best.point()[0] == result.path[best.step()].point[0]);
}

TEST_CASE("early stopping ends where the validation value was least a while ago, and keeps that point") {
  EarlyStopping early([](std::span<const double> w) { return std::abs(w[0] - 2); }, {.rounds = 4});
  const Captured captured;
  const Result result = minimize(bowl, {5.0}, {.learning_rate = 0.1}, {}, ProgressBar({.out = captured.file()}), early);
  CHECK(result.reason == StopReason::observer);
  CHECK(result.why == "the validation value has not come below 0.048 for 4 steps");
  CHECK(early.best_point()[0] == Catch::Approx(5 * 0.4096));  // 0.8^4
  CHECK(early.best_value() == Catch::Approx(0.048));
  CHECK(result.steps == 8);
  CHECK_THAT(captured.text(),
             ContainsSubstring("observer: the validation value"));  // an observer before it knows as well
}

TEST_CASE("the checkpoint hook is called every so many steps, and at the end once") {
  std::vector<std::size_t> saved;
  const auto save = [&](const Progress& progress) { saved.push_back(progress.steps); };
  minimize(bowl, {5.0}, {.learning_rate = 0.1}, {.gradient_norm = 0, .steps = 10}, CheckpointHook(4, save));
  CHECK(saved == std::vector<std::size_t>{4, 8, 10});
  saved.clear();
  minimize(bowl, {5.0}, {.learning_rate = 0.1}, {.gradient_norm = 0, .steps = 8}, CheckpointHook(4, save));
  CHECK(saved == std::vector<std::size_t>{4, 8});
  CHECK_THROWS_AS(CheckpointHook(0, save), OptionError);
}
