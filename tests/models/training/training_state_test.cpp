// Training that is interrupted and goes on from its state, in another model and another trainer, ends as if nothing had
// been in between, bit for bit.

#include <models/training/training.hpp>

#include <cmath>
#include <optional>
#include <random>
#include <vector>

#include <autodiff/descent/all_methods.hpp>
#include <autodiff/error.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"
#include "support/training.hpp"

using namespace downhill;
using namespace downhill::training_support;

namespace {

const auto moons = two_moons<float>(30, 0.4, 1), held_out = two_moons<float>(40, 0.4, 2);

template <class Model>
using State = TrainingState<typename Model::value_type>;

void check_equal(const TrainingResult& result, const TrainingResult& expected) {
  CHECK(result.steps == expected.steps);
  CHECK(result.reason == expected.reason);
  CHECK(result.why == expected.why);
  CHECK(result.best_epoch == expected.best_epoch);
  REQUIRE(result.history.size() == expected.history.size());
  for (std::size_t i = 0; i < expected.history.size(); ++i) {
    CHECK(result.history[i].loss == expected.history[i].loss);
    CHECK(result.history[i].learning_rate == expected.history[i].learning_rate);
    REQUIRE(result.history[i].validation.has_value() == expected.history[i].validation.has_value());
    if (expected.history[i].validation)
      CHECK(result.history[i].validation->loss == expected.history[i].validation->loss);
  }
}

// Another model, started elsewhere, and another trainer go on from the state.
template <class M>
void check_goes_on(const TrainingState<float>& state, const M& method, const TrainingOptions<float>& options,
                   const Mlp<float>& ended, const TrainingResult& expected) {
  Mlp<float> model = with_dropout<float>();
  for (float& x : model.update_parameters()) x += 1;
  Trainer trainer(model, moons, method, options);
  trainer.restore(state);
  const TrainingResult result = trainer.run();
  check_equal(result, expected);
  CHECK(parameters_of(model) == parameters_of(ended));
}

template <class M>
void check_interruptions(const M& method, const TrainingOptions<float>& options) {
  Mlp<float> model = with_dropout<float>();
  const TrainingResult expected = fit(model, moons, method, options);
  for (std::size_t at = 0; at < expected.steps; ++at) {
    CAPTURE(at);
    Mlp<float> stopped = with_dropout<float>();
    Trainer trainer(stopped, moons, method, options);
    std::optional<TrainingState<float>> meanwhile;
    if (at > 0)
      trainer.run([&](const Progress& progress) {
        if (progress.steps == at && !progress.ended) meanwhile = trainer.state();
        return progress.steps == at;
      });
    if (meanwhile) check_goes_on(*meanwhile, method, options, model, expected);
    check_goes_on(trainer.state(), method, options, model, expected);
  }
}

}  // namespace

TEST_CASE("training goes on from any step, with dropout, by every first-order method of the list") {
  const TrainingOptions<float> options{.epochs = 2, .batch = 8, .seed = 4};
  FirstOrderMethods::for_each([&]<class M>(std::type_identity<M>) {
    CAPTURE(M::name);
    check_interruptions(M{}, options);
  });
  check_interruptions(GradientDescent{.learning_rate = Exponential{.first = 0.5, .factor = 0.9}}, options);
}

TEST_CASE("training goes on from any step, with validation, patience and the best parameters so far") {
  const TrainingOptions<float> options{
      .epochs = 100, .batch = 8, .validation = &held_out, .patience = {.rounds = 3, .minimum_change = 0.01}};
  check_interruptions(Momentum{.learning_rate = 0.3}, options);
}

TEST_CASE("training that is over goes on for more epochs") {
  const auto options = [](std::size_t epochs) {
    return TrainingOptions<float>{.epochs = epochs, .batch = 8, .validation = &held_out};
  };
  const Momentum method{.learning_rate = 0.5};
  Mlp<float> model = with_dropout<float>(), stopped = model;
  const TrainingResult expected = fit(model, moons, method, options(12));
  Trainer trainer(stopped, moons, method, options(7));
  const TrainingResult first = trainer.run();
  CHECK(first.best_epoch < 7);  // so that the model has other parameters than those to go on from
  check_goes_on(trainer.state(), method, options(12), model, expected);

  Trainer over(stopped, moons, method, options(7));
  over.restore(trainer.state());
  CHECK(over.run().why == "all 7 epochs are over");
  CHECK(over.log().state().steps == first.steps);
}

TEST_CASE("a trainer that is stepped by hand has a state as well") {
  const TrainingOptions<float> options{.epochs = 3, .batch = 8};
  Mlp<float> model = with_dropout<float>(), other = with_dropout<float>();
  Trainer trainer(model, moons, Adam{}, options);
  trainer.step(), trainer.step();
  Trainer next(other, moons, Adam{}, options);
  next.restore(trainer.state());
  for (int i = 0; i < 7; ++i) CHECK(trainer.step() == next.step());
  CHECK(parameters_of(model) == parameters_of(other));
  CHECK(trainer.optimizer().steps() == 9);
}

TEST_CASE("a state of another model, method or number of samples is refused, and nothing changes") {
  Mlp<float> model = with_dropout<float>();
  Trainer trainer(model, moons, Adam{}, {.epochs = 3, .batch = 8});
  trainer.step();
  const auto unchanged = [&, parameters = parameters_of(model), state = trainer.state()] {
    const auto now = trainer.state();
    return parameters_of(model) == parameters && now.memory == state.memory && now.order.order == state.order.order &&
           now.order.position == state.order.position && now.dropout == state.dropout && now.steps == state.steps &&
           now.log.steps == state.log.steps && now.best == state.best;
  };
  const auto complaint = [&](auto&& damage) {
    Mlp<float> source = with_dropout<float>();
    Trainer from(source, moons, Adam{}, {.epochs = 3, .batch = 8});
    from.step(), from.step(), from.step();
    TrainingState<float> state = from.state();
    damage(state);
    const std::string message = message_of([&] { trainer.restore(state); });
    CHECK(unchanged());
    return message;
  };
  CHECK(complaint([](auto& s) { s.parameters.pop_back(); }) ==
        "Trainer::restore: the state has 57 parameters, and the model has 58");
  CHECK(complaint([](auto& s) { s.best.resize(3); }) ==
        "Trainer::restore: the best epoch of the state has 3 parameters, and the model has 58");
  CHECK(complaint([](auto& s) { s.log.best_epoch = 1; }) == "Trainer::restore: the best epoch of the state is 1 of 0");
  CHECK(complaint([](auto& s) { s.memory.resize(58); }) ==
        "Trainer::restore: the state has 58 numbers of the method's memory, and Adam has 116");
  CHECK(complaint([](auto& s) { s.order.order.pop_back(); }) ==
        "BatchOrder::restore: the order is one of 29 samples, and there are 30");
  CHECK(complaint([](auto& s) { s.order.order[0] = s.order.order[1]; }) ==
        "BatchOrder::restore: the order does not hold every sample once");
  CHECK(complaint([](auto& s) { s.order.order[0] = 30; }) ==
        "BatchOrder::restore: the order does not hold every sample once");
  CHECK(complaint([](auto& s) { s.order.position = 31; }) ==
        "BatchOrder::restore: the position lies behind the last sample");
}
