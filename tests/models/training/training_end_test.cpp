// How training ends: by patience, an observer, numbers that are not finite, or something thrown; what it keeps then;
// and what it refuses to begin.

#include <models/training/training.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <autodiff/descent/quasi_newton.hpp>
#include <autodiff/error.hpp>
#include <models/network/logistic.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"
#include "support/training.hpp"

using namespace downhill;
using namespace downhill::training_support;
using Catch::Matchers::ContainsSubstring;
using Values = std::vector<double>;

namespace {

const auto moons = two_moons<double>(24, 0.4, 1), held_out = two_moons<double>(40, 0.4, 2);

// A step so long that the validation loss goes up and down.
const Momentum rough{.learning_rate = 0.9, .momentum = 0.8};
Mlp<double> network() { return Mlp<double>(dense({2, 6, 2}, Activation::tanh, 3)); }

Samples<double> numbers(std::size_t n, std::size_t features) {
  return {.features = features, .inputs = Values(n * features, 0.5), .outputs = 1, .targets = Values(n, 0.5)};
}

}  // namespace

TEST_CASE("with validation samples, training ends with the parameters of the epoch where their loss was lowest") {
  const auto check = [](const auto& method, std::size_t epochs, const Patience& patience) {
    Mlp<double> model = network();
    std::vector<Values> after;
    std::vector<double> losses;
    const auto watch = [&](const Progress& progress) {
      if (!progress.epoch->ended || progress.ended) return;
      after.push_back(parameters_of(model));
      losses.push_back(progress.epoch->validation.value().loss);
      const Metrics now = evaluate(model, held_out);
      CHECK(now.loss == losses.back());
      CHECK(now.score == progress.epoch->validation->score);
    };
    const auto result =
        fit(model, moons, method, {.epochs = epochs, .batch = 5, .validation = &held_out, .patience = patience}, watch);
    const auto lowest = std::ranges::min_element(losses) - losses.begin();
    REQUIRE(result.history.size() == losses.size());
    for (std::size_t i = 0; i < losses.size(); ++i) CHECK(result.history[i].validation->loss == losses[i]);
    CHECK(result.best_epoch == static_cast<std::size_t>(lowest) + 1);
    CHECK(parameters_of(model) == after[static_cast<std::size_t>(lowest)]);
    CHECK(result.best_epoch < losses.size());  // otherwise nothing was tested
  };
  check(rough, 40, {});
  check(rough, 40, {.rounds = 0, .minimum_change = 0.05});  // the best is the best, whatever patience calls a change
  check(Lbfgs{}, 40, {});
}

TEST_CASE("training may end with its last parameters instead") {
  const auto check = [](const auto& method) {
    Mlp<double> model = network();
    Values last;
    const auto watch = [&](const Progress& progress) {
      if (!progress.ended) last = parameters_of(model);
    };
    fit(model, moons, method, {.epochs = 30, .batch = 5, .validation = &held_out, .keep_best = false}, watch);
    CHECK(parameters_of(model) == last);
  };
  check(rough);
  check(Lbfgs{});
}

TEST_CASE("patience runs out after so many epochs without a change that counts") {
  Mlp<double> model = network();
  const auto result =
      fit(model, moons, rough, {.epochs = 1000, .batch = 5, .validation = &held_out, .patience = {.rounds = 4}});
  CHECK(result.reason == StopReason::patience_ran_out);
  CHECK(result.history.size() == result.best_epoch + 4);
  CHECK_THAT(result.why, ContainsSubstring("the validation loss has not come below ") &&
                             ContainsSubstring(" for 4 epochs; the best was epoch"));

  LogisticRegression<double> slow(2);  // always a little lower, never by 0.05
  const auto bored = fit(slow, moons, GradientDescent{.learning_rate = 0.01},
                         {.epochs = 1000, .patience = {.rounds = 3, .minimum_change = 0.05}});
  CHECK(bored.history.size() == 4);
  CHECK(bored.best_epoch == 4);
  CHECK_THAT(bored.why, ContainsSubstring("the training loss has not come more than 0.05 below 0.6"));
}

TEST_CASE("observers are told after every step and at the end, and one that returns true ends it") {
  for (const bool on_all : {false, true}) {
    LogisticRegression<double> model(2);
    std::size_t told = 0;
    std::optional<StopReason> ended;
    std::string why;
    const auto stops = [](const Progress& progress) { return progress.steps == 4; };
    const auto watches = [&](const Progress& progress) {
      ++told;
      ended = progress.ended;
      why = progress.why;
      if (!progress.ended) CHECK(progress.steps == told);
    };
    const TrainingOptions<double> options{.epochs = 30, .batch = 10};
    const auto result = on_all ? fit(model, moons, Lbfgs{}, options, stops, watches)
                               : fit(model, moons, Adam{}, options, stops, watches);
    CHECK(result.steps == 4);
    CHECK(result.reason == StopReason::observer);
    CHECK(told == 5);
    CHECK(ended == StopReason::observer);
    CHECK(why == "an observer asked to stop");
    CHECK(result.history.size() == (on_all ? 4U : 1U));
  }
}

TEST_CASE("a loss that is not finite ends it with the finite parameters of the last whole epoch") {
  for (const std::size_t batch : {24U, 12U, 5U}) {  // one, two and five steps an epoch
    CAPTURE(batch);
    Mlp<double> model({.input = 2, .layers = {Dense{4, Activation::relu}, Dense{1}}});
    Samples<double> samples = moons;
    samples.labels.clear();
    samples.outputs = 1;
    samples.targets.assign(24, 1);
    Values start = parameters_of(model), whole = start;
    const auto watch = [&](const Progress& progress) {
      if (progress.epoch->ended && !progress.ended) whole = parameters_of(model);
    };
    const auto result =
        fit(model, samples, GradientDescent{.learning_rate = 1e80}, {.epochs = 50, .batch = batch}, watch);
    CHECK(result.reason == StopReason::not_finite);
    CHECK(parameters_of(model) == whole);
    CHECK(std::ranges::all_of(whole, [](double x) { return std::isfinite(x); }));
    CHECK_THAT(result.why, ContainsSubstring("became NaN or infinite at step") &&
                               ContainsSubstring("learning rate 1e+80: try a smaller one"));
    for (const Epoch& epoch : result.history) CHECK(std::isfinite(epoch.loss));
  }
}

TEST_CASE("parameters that are not finite are no epoch, even if it is the last") {
  LogisticRegression<double> model(2);
  const auto once = [](std::size_t step) { return step == 1 ? 1e308 : 0.1; };
  const auto far = numbers(4, 2);
  Mlp<double> line({.input = 2, .layers = {Dense{1}}});
  Samples<double> steep = far;
  std::ranges::fill(steep.targets, 1e4);
  Values first;
  const auto result =
      fit(line, steep, GradientDescent{.learning_rate = once}, {.epochs = 2}, [&](const Progress& progress) {
        if (progress.steps == 1) first = parameters_of(line);
      });
  CHECK(result.reason == StopReason::not_finite);
  CHECK(result.history.size() == 1);
  CHECK(parameters_of(line) == first);
  CHECK_THAT(result.why, ContainsSubstring("a parameter became NaN or infinite at step 2") &&
                             ContainsSubstring("the parameters are those after epoch 1"));
}

TEST_CASE("a loss that is not finite at once is blamed on the data, not on the learning rate") {
  Samples<double> samples = numbers(4, 2);
  samples.inputs[3] = std::nan("");
  Mlp<double> model({.input = 2, .layers = {Dense{1}}});
  const Values start = parameters_of(model);
  const auto result = fit(model, samples, Adam{}, {.epochs = 2});
  CHECK(result.reason == StopReason::not_finite);
  CHECK(result.why ==
        "the loss is NaN or infinite at the first step: look for such numbers among the inputs, the targets and the "
        "parameters; the parameters are those of the start");
  CHECK(parameters_of(model) == start);
  CHECK(fit(model, samples, Lbfgs{}, {.epochs = 2}).reason == StopReason::not_finite);
}

TEST_CASE("what an observer throws passes through, the tape is clean, and training goes on when run again") {
  LogisticRegression<double> model(2), undisturbed(2);
  const std::size_t bytes = model.tape().bytes();
  const TrainingOptions<double> options{.epochs = 3, .batch = 10};
  for (const std::size_t at : {2U, 3U, 9U}) {  // within an epoch, at the end of one, at the last step
    CAPTURE(at);
    std::ranges::fill(model.update_parameters(), 0.0), std::ranges::fill(undisturbed.update_parameters(), 0.0);
    Trainer trainer(model, moons, Adam{}, options);
    const auto throws = [&](const Progress& progress) {
      if (progress.steps == at && !progress.ended) throw std::logic_error("no more");
    };
    CHECK_THROWS_AS(trainer.run(throws), std::logic_error);
    CHECK(model.tape().bytes() == bytes);
    const auto result = trainer.run();
    const auto expected = Trainer(undisturbed, moons, Adam{}, options).run();
    CHECK(parameters_of(model) == parameters_of(undisturbed));
    REQUIRE(result.history.size() == expected.history.size());
    for (std::size_t i = 0; i < 3; ++i) CHECK(result.history[i].loss == expected.history[i].loss);
  }
  const auto throws = [](const Progress&) { throw std::logic_error("no more"); };
  CHECK_THROWS_AS(fit(model, moons, Lbfgs{}, options, throws), std::logic_error);
  CHECK(model.tape().bytes() == bytes);
}

TEST_CASE("what a model throws passes through: the tape is rewound, the parameters stay, the batch is lost") {
  TwoSlopes model;
  const auto samples = numbers(20, 1);
  Trainer trainer(model, samples, GradientDescent{}, {.epochs = 2, .batch = 5});
  trainer.step();
  model.throws_at = 2;
  const Values before = parameters_of(model);
  const std::size_t bytes = model.tape().bytes();
  CHECK_THROWS_AS(trainer.step(), std::runtime_error);
  CHECK(model.tape().bytes() == bytes);
  CHECK(parameters_of(model) == before);
  const auto result = trainer.run();
  CHECK(result.steps == 7);
  CHECK(result.history.size() == 2);
}

TEST_CASE("samples, validation samples and options that do not fit are refused before anything moves") {
  Mlp<double> model({.input = 2, .layers = {Dense{1}}});
  const Values start = parameters_of(model);
  const auto complaint = [&](const Samples<double>& samples, const TrainingOptions<double>& options) {
    const std::string message = message_of([&] { fit(model, samples, Adam{}, options); });
    CHECK(message_of([&] { fit(model, samples, Lbfgs{}, options); }) ==
          (options.batch == 0 ? std::string() : message));  // which a full batch ignores
    return message;
  };
  CHECK(complaint({}, {}) == "fit: there are no samples; set `features` and `inputs`");
  CHECK(complaint(numbers(4, 3), {}) == "fit: the samples have 3 features, and the model has 2 inputs");
  CHECK(complaint(numbers(4, 2), {.loss = Loss::softmax_cross_entropy}) ==
        "fit: softmax_cross_entropy: the samples have no labels; mean_squared_error is for numbers");
  const auto narrow = numbers(4, 1);
  CHECK(complaint(numbers(4, 2), {.validation = &narrow}) ==
        "fit, validation: the samples have 1 features, and the model has 2 inputs");
  CHECK(
      complaint(numbers(4, 2), {.validation = &held_out}) ==
      "fit, validation: mean_squared_error: the samples have labels, not numbers; the cross entropies are for labels");
  CHECK(complaint(numbers(4, 2), {.loss = Loss::huber, .huber_delta = 0}) ==
        "fit: the delta of the Huber loss is 0; it must be positive");
  CHECK(complaint(numbers(4, 2), {.patience = {.minimum_change = std::nan("")}}) ==
        "fit: the minimum change of the patience is NaN");
  std::ranges::copy(start, model.update_parameters().begin());  // Lbfgs is at work in the next
  CHECK(complaint(numbers(4, 2), {.epochs = 0, .batch = 0}) == "fit: a batch of 0 samples; give at least 1");
  CHECK(parameters_of(model) == start);
  CHECK_THROWS_AS(evaluate(model, numbers(4, 3)), ShapeError);
  const auto wide = numbers(4, 3);
  CHECK_THROWS_AS(objective_of(model, wide), ShapeError);
}

TEST_CASE("an objective refuses a point or a gradient of another size") {
  Mlp<double> model({.input = 2, .layers = {Dense{1}}});
  const auto samples = numbers(4, 2);
  auto objective = objective_of(model, samples);
  Values three(3), four(4);
  CHECK_THROWS_AS(objective(four, four), ShapeError);
  CHECK_THROWS_AS(objective(three, four), ShapeError);
  CHECK_NOTHROW(objective(three, three));
}
