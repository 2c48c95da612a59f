#include <autodiff/descent/observers.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
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
  EarlyStopping early([](std::span<const double> w) { return std::abs(w[0] - 2); }, {.steps = 4});
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
