// Training: against closed forms and a loop by hand, in every way that it ends, and with whatever goes wrong.

#include <models/training/training.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/descent/all_methods.hpp>
#include <autodiff/error.hpp>
#include <autodiff/text/names.hpp>
#include <models/network/logistic.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"
#include "support/training.hpp"

using namespace downhill;
using namespace downhill::training_support;
using Values = std::vector<double>;

TEST_CASE("full-batch descent on a line takes the steps of the formula") {
  const Samples<double> samples{.features = 1, .inputs = {-1, 0, 2, 3}, .outputs = 1, .targets = {1, 2, 0, 5}};
  Mlp<double> line(dense({1, 1}, Activation::none));
  double w = line.parameters()[0], b = line.parameters()[1];
  const auto result = fit(line, samples, GradientDescent{.learning_rate = 0.05}, {.epochs = 20, .batch = 4});
  REQUIRE(result.history.size() == 20);
  for (const Epoch& epoch : result.history) {
    double loss = 0, of_w = 0, of_b = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const double x = samples.inputs[i], error = w * x + b - samples.targets[i];
      loss += error * error / 4, of_w += error * x / 2, of_b += error / 2;
    }
    CHECK(epoch.loss == Catch::Approx(loss).epsilon(1e-13));
    CHECK(epoch.learning_rate == 0.05);
    w -= 0.05 * of_w, b -= 0.05 * of_b;
  }
  CHECK(line.parameters()[0] == Catch::Approx(w).epsilon(1e-13));
  CHECK(line.parameters()[1] == Catch::Approx(b).epsilon(1e-13));
  CHECK(result.steps == 20);
  CHECK(result.reason == StopReason::step_limit);
  CHECK(result.why == "all 20 epochs are over");
}

TEST_CASE("a trainer takes the steps of a loop by hand, bit for bit") {
  const auto moons = two_moons<float>(50, 0.1, 1);
  Mlp<float> trained = with_dropout<float>(), by_hand = trained;
  Trainer trainer(trained, moons, Adam{.learning_rate = 0.01}, {.batch = 8, .seed = 5});
  BatchOrder order(50, {.batch = 8, .seed = 5});
  std::mt19937_64 dropout(6);
  Optimizer<Adam, float> optimizer(Adam{.learning_rate = 0.01}, by_hand.parameters().size());
  for (int step = 0; step < 17; ++step) {  // two epochs and a half
    const Samples<float> batch = moons.rows(order.next());
    const auto start = by_hand.tape().mark();
    const auto outputs = by_hand(VarMatrix<float>::constant(batch.inputs, batch.size(), 2), {.dropout = &dropout});
    const Var<float> loss = softmax_cross_entropy(outputs, std::span<const std::size_t>(batch.labels));
    const Gradient<float> swept = by_hand.tape().gradient(loss);
    CHECK(trainer.step() == static_cast<double>(loss.value()));
    by_hand.tape().rewind(start);
    optimizer.step(by_hand.update_parameters(), swept.parameters());
    REQUIRE(parameters_of(trained) == parameters_of(by_hand));
  }
}

TEST_CASE("every method of descent trains logistic regression to the same bottom") {
  const auto moons = two_moons<double>(120, 0.4, 2);
  LogisticRegression<double> reference(2);
  fit(reference, moons, Lbfgs{}, {.epochs = 300});
  const double bottom = evaluate(reference, moons).loss;
  std::set<std::string_view> tried;
  const auto trains = [&]<class M>(const M& method, std::size_t epochs, double within) {
    INFO(M::name);
    tried.insert(M::name);
    LogisticRegression<double> model(2);
    fit(model, moons, method, {.epochs = epochs, .batch = 1000});
    CHECK(evaluate(model, moons).loss == Catch::Approx(bottom).epsilon(within));
  };
  const auto falling = [](double rate) {
    return LearningRate([rate](std::size_t k) { return rate / (1 + 0.02 * static_cast<double>(k)); });
  };
  trains(Lbfgs{}, 300, 1e-9);
  trains(BoundedLbfgs{}, 300, 1e-9);
  trains(Bfgs{}, 300, 1e-9);
  trains(ConjugateGradient{}, 300, 1e-9);
  trains(SteepestDescent{}, 1000, 1e-6);
  trains(GradientDescent{.learning_rate = 1}, 1000, 1e-6);
  trains(Momentum{.learning_rate = 0.5}, 1000, 1e-6);
  trains(Nesterov{.learning_rate = 0.5}, 1000, 1e-6);
  trains(AdaGrad{.learning_rate = 0.5}, 1000, 1e-5);
  trains(AdaDelta{}, 3000, 1e-3);
  trains(RMSProp{.learning_rate = falling(0.05)}, 1000, 1e-3);
  trains(Adam{.learning_rate = 0.1}, 1000, 1e-5);
  trains(AdamW{.learning_rate = 0.1, .weight_decay = 0}, 1000, 1e-5);
  trains(NAdam{.learning_rate = 0.1}, 1000, 1e-5);
  trains(AMSGrad{.learning_rate = 0.1}, 1000, 1e-5);
  trains(Lion{.learning_rate = falling(0.1)}, 1000, 1e-3);
  GradientMethods::for_each([&]<class M>(std::type_identity<M>) {
    INFO("the method " << M::name << ": add it above, with a learning rate and a number of epochs for this problem");
    CHECK(tried.contains(M::name));
  });
}

TEST_CASE("every loss, every activation and every layer of the lists is trained down to less than it began with") {
  const auto trains = [](const Architecture& architecture, const Samples<double>& samples, Loss loss) {
    Mlp<double> network(architecture);
    const double before = evaluate(network, samples, loss).loss;
    fit(network, samples, Adam{.learning_rate = 0.05}, {.epochs = 100, .loss = loss});
    CHECK(evaluate(network, samples, loss).loss < 0.9 * before);
  };
  const auto moons = two_moons<double>(60, 0.1, 1);
  Samples<double> numbers{.features = 2, .inputs = moons.inputs, .outputs = 1};
  for (const std::size_t label : moons.labels) numbers.targets.push_back(static_cast<double>(label));
  const auto fits = [](Loss loss, const Samples<double>& samples, std::size_t outputs) {
    return message_of([&] { chosen_loss(loss, samples, outputs); }).empty();
  };
  for (const Loss loss : enumerators<Loss>) {
    CAPTURE(name(loss));
    std::size_t trained = 0;
    for (const std::size_t outputs : {1U, 2U})
      for (const Samples<double>* samples : std::array<const Samples<double>*, 2>{&moons, &numbers})
        if (fits(loss, *samples, outputs)) trains(dense({2, 8, outputs}, Activation::tanh), *samples, loss), ++trained;
    CHECK(trained > 0);
  }
  for (const Activation activation : enumerators<Activation>) {
    CAPTURE(name(activation));
    trains(dense({2, 8, 2}, activation), moons, Loss::automatic);
  }
  Samples<double> images{.features = 32, .outputs = 1};  // 4 x 4 pixels with two channels
  for (std::size_t i = 0; i < 12; ++i) {
    for (std::size_t j = 0; j < 32; ++j) images.inputs.push_back(std::sin(static_cast<double>(i * j + i + j)));
    images.targets.push_back(std::sin(static_cast<double>(3 * i)));
  }
  AllLayers::for_each([&]<class L>(std::type_identity<L>) {
    CAPTURE(L::name);
    if constexpr (std::is_same_v<L, Dense>)
      trains({.input = 32, .layers = {L{}, Dense{1}}}, images, Loss::automatic);
    else
      trains({.input = {4, 4, 2}, .layers = {L{}, Flatten{}, Dense{1}}}, images, Loss::automatic);
  });
}

TEST_CASE("four hidden units learn XOR") {
  const Samples<double> samples{.features = 2, .inputs = {0, 0, 0, 1, 1, 0, 1, 1}, .labels = {0, 1, 1, 0}};
  Mlp<double> network(dense({2, 4, 1}, Activation::tanh, 3));
  fit(network, samples, Adam{.learning_rate = 0.05}, {.epochs = 500});
  const Metrics result = evaluate(network, samples);
  CHECK(result.score == 1);
  CHECK(result.loss < 0.05);
}

TEST_CASE("a model may branch on its data, and be of any type") {
  Samples<double> samples{.features = 1, .outputs = 1};
  for (int i = -20; i <= 20; ++i) {
    samples.inputs.push_back(0.1 * i);
    samples.targets.push_back(i > 0 ? 0.2 * i : -0.3 * i);
  }
  TwoSlopes model;
  fit(model, samples, GradientDescent{.learning_rate = 0.2}, {.epochs = 60, .batch = 8});
  CHECK(model.tape().parameters()[0] == Catch::Approx(2));
  CHECK(model.tape().parameters()[1] == Catch::Approx(-3));
}

TEST_CASE("the same seed gives the same bits, another seed others") {
  const auto moons = two_moons<float>(40, 0.1, 1);
  const auto trained = [&](std::uint64_t seed) {
    Mlp<float> network = with_dropout<float>();
    fit(network, moons, Adam{}, {.epochs = 3, .batch = 7, .seed = seed});
    return parameters_of(network);
  };
  CHECK(trained(1) == trained(1));
  CHECK(trained(1) != trained(2));
}

TEST_CASE("a batch may be larger than the data, and the last one of an epoch smaller") {
  const auto moons = two_moons<double>(10, 0.1, 1);
  const auto steps = [&](std::size_t batch) {
    LogisticRegression<double> model(2);
    return fit(model, moons, GradientDescent{}, {.epochs = 3, .batch = batch}).steps;
  };
  CHECK(steps(1000) == 3);
  CHECK(steps(10) == 3);
  CHECK(steps(9) == 6);
  CHECK(steps(4) == 9);
  CHECK(steps(1) == 30);
  LogisticRegression<double> one(1);
  const Samples<double> sample{.features = 1, .inputs = {2}, .labels = {1}};
  const auto result = fit(one, sample, GradientDescent{.learning_rate = 1}, {.epochs = 1});
  CHECK(result.history.at(0).loss == Catch::Approx(std::log(2)));
  CHECK(parameters_of(one) == Values{1, 0.5});
}

TEST_CASE("without epochs nothing moves, and observers are told once that it has ended") {
  const auto moons = two_moons<double>(10, 0.1, 1);
  const auto check = [&](const auto& method) {
    LogisticRegression<double> model(2);
    std::size_t told = 0;
    const auto result = fit(model, moons, method, {.epochs = 0}, [&](const Progress& progress) {
      ++told;
      CHECK(progress.ended == StopReason::step_limit);
    });
    CHECK(told == 1);
    CHECK((result.steps == 0 && result.history.empty() && result.best_epoch == 0));
    CHECK(result.why == "there were no epochs to train");
    CHECK(parameters_of(model) == Values{0, 0, 0});
  };
  GradientMethods::for_each([&]<class M>(std::type_identity<M>) {
    CAPTURE(M::name);
    check(M{});
  });
}

TEST_CASE("a time limit ends the training between two epochs") {
  const auto moons = two_moons<double>(10, 0.1, 1);
  LogisticRegression<double> model(2);
  const auto result = fit(model, moons, Adam{}, {.epochs = 1000, .batch = 2, .seconds = 0});
  CHECK(result.reason == StopReason::time_limit);
  CHECK((result.steps == 5 && result.history.size() == 1));
  CHECK_THAT(result.why, Catch::Matchers::ContainsSubstring("s have passed"));
}

TEST_CASE("a method that walks on all samples has an epoch for every step it took") {
  const auto moons = two_moons<double>(100, 0.4, 2);
  LogisticRegression<double> model(2);
  const auto few = fit(model, moons, Lbfgs{}, {.epochs = 3});
  CHECK((few.steps == 3 && few.history.size() == 3));
  CHECK(few.reason == StopReason::step_limit);
  CHECK(few.why == "all 3 epochs are over");
  CHECK(few.history.back().loss == Catch::Approx(evaluate(model, moons).loss).epsilon(1e-14));  // after the step

  const auto all = fit(model, moons, Lbfgs{}, {.epochs = 300});
  CHECK(all.reason == StopReason::flat_gradient);
  CHECK(all.history.size() == all.steps);
  CHECK(all.history.back().loss == Catch::Approx(evaluate(model, moons).loss).epsilon(1e-14));
  CHECK(all.best_epoch == all.steps);
}

TEST_CASE("the metrics of a model are means over all samples, taken in pieces") {
  const auto moons = two_moons<double>(1300, 0.3, 2);
  LogisticRegression<double> model(2);
  fit(model, moons, Lbfgs{}, {.epochs = 3});
  const Values p = model.probabilities(moons.inputs);
  double loss = 0, right = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const bool one = moons.labels[i] == 1;
    loss -= std::log(one ? p[i] : 1 - p[i]) / 1300;
    right += (p[i] > 0.5) == one ? 1 : 0;
  }
  const LogisticRegression<double>& constant = model;
  const Metrics result = evaluate(constant, moons);
  CHECK(result.loss == Catch::Approx(loss).epsilon(1e-12));
  CHECK(result.score == Catch::Approx(right / 1300));

  auto objective = objective_of(model, moons);
  Values gradient(3);
  CHECK(objective(parameters_of(model), gradient) == Catch::Approx(loss).epsilon(1e-12));
  double bias = 0;
  for (std::size_t i = 0; i < p.size(); ++i) bias += (p[i] - static_cast<double>(moons.labels[i])) / 1300;
  CHECK(gradient[2] == Catch::Approx(bias).epsilon(1e-10).margin(1e-14));
}

TEST_CASE("the score of several outputs is that of each of them, not of all in one pot") {
  const Samples<double> samples{
      .features = 1, .inputs = {0, 1, 2}, .outputs = 2, .targets = {0, 1000, 1, 1001, 2, 1002}};
  Mlp<double> model({.input = 1, .layers = {Dense{2}}});
  std::ranges::copy(Values{0, 0, 1, 1001}, model.tape().update_parameters().begin());  // the mean of each output
  CHECK(evaluate(model, samples).score == 0);
}

TEST_CASE("the score of probabilities that were learned compares probabilities, not logits") {
  const Samples<double> samples{.features = 1, .inputs = {-1, 0, 2}, .outputs = 1, .targets = {0.2, 0.4, 0.9}};
  Mlp<double> model({.input = 1, .layers = {Dense{1}}});
  fit(model, samples, Lbfgs{}, {.epochs = 100, .loss = Loss::logistic_cross_entropy});
  Values p;
  for (const double x : samples.inputs) p.push_back(sigmoid(model.parameters()[0] * x + model.parameters()[1]));
  CHECK(evaluate(model, samples, Loss::logistic_cross_entropy).score ==
        Catch::Approx(r_squared(p, samples.targets)).epsilon(1e-12));
}

namespace {

template <class S>
concept Trains =
    requires(Mlp<float>& model, S&& samples) { Trainer(model, std::forward<S>(samples), GradientDescent{}); };
template <class S>
concept Walks = requires(Mlp<float>& model, S&& samples) { objective_of(model, std::forward<S>(samples)); };
// Both keep a view of the samples, which must not be temporary.
static_assert(Trains<Samples<float>&> && Trains<const Samples<float>&> && !Trains<Samples<float>>);
static_assert(Walks<Samples<float>&> && Walks<const Samples<float>&> && !Walks<Samples<float>>);

}  // namespace
