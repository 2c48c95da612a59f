// What a training step costs, against the same step written by hand with Eigen.

#include "networks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <autodiff/descent/methods.hpp>
#include <models/network/network.hpp>
#include <models/training/training.hpp>

#include "contender.hpp"

namespace downhill::bench {
namespace {

struct Setting {
  std::string title;
  std::vector<std::size_t> sizes;
  std::size_t batch;
  Activation hidden;
  bool adam;
  int repetitions = 0;
};

// A batch of random inputs and labels, and everything that takes steps on it.
struct Network {
  Setting setting;
  std::vector<float> targets;
  Samples<float> samples;
  NetworkByHand::Matrix x;
  Mlp<float> model;
  NetworkByHand by_hand;
  Optimizer<Adam, float> adam;
  Optimizer<GradientDescent, float> descent;
  Trainer<Mlp<float>, GradientDescent> descending;
  Trainer<Mlp<float>, Adam> with_adam;
  Gradient<float> swept;
  Sweep<float> sweep;
  std::vector<float> beginning;
  std::size_t steps = 0, steps_by_hand = 0;

  explicit Network(const Setting& of)
      : setting(of),
        samples(random_samples(of)),
        x(Eigen::Map<NetworkByHand::Matrix>(samples.inputs.data(), static_cast<Eigen::Index>(of.batch),
                                            static_cast<Eigen::Index>(of.sizes[0]))),
        model(dense(of.sizes, of.hidden)),
        by_hand(of.sizes, of.batch,
                of.hidden == Activation::tanh ? NetworkByHand::Hidden::tanh : NetworkByHand::Hidden::relu,
                model.parameters()),
        adam(Adam{.learning_rate = rate}, model.parameters().size()),
        descent(GradientDescent{.learning_rate = rate}, model.parameters().size()),
        descending(model, samples, GradientDescent{.learning_rate = rate}, {.batch = of.batch}),
        with_adam(model, samples, Adam{.learning_rate = rate}, {.batch = of.batch}) {
    targets.assign(samples.labels.begin(), samples.labels.end());
    beginning.assign(model.parameters().begin(), model.parameters().end());
  }
  // A million steps on the same batch would learn it by heart, and what is timed would be units that are all saturated.
  void count_step() {
    if (++steps % steps_of_training == 0) std::ranges::copy(beginning, model.update_parameters().begin());
  }
  static Samples<float> random_samples(const Setting& of) {
    std::mt19937_64 generator(1);
    Samples<float> random{.features = of.sizes.front()};
    for (std::size_t i = 0; i < of.batch * of.sizes.front(); ++i)
      random.inputs.push_back(static_cast<float>(uniform(generator)));
    for (std::size_t i = 0; i < of.batch; ++i)
      random.labels.push_back(generator() % std::max<std::size_t>(2, of.sizes.back()));
    return random;
  }

  Var<float> recorded_loss() {
    const auto outputs = model(VarMatrix<float>::constant(samples.inputs, setting.batch, setting.sizes.front()));
    return setting.sizes.back() == 1 ? logistic_cross_entropy(outputs, targets)
                                     : softmax_cross_entropy(outputs, samples.labels);
  }
  float step() {
    count_step();
    auto& tape = model.tape();
    const auto here = tape.mark();
    const Var<float> loss = recorded_loss();
    const float value = loss.value();
    tape.gradient(loss, swept);
    tape.rewind(here);
    if (setting.adam)
      adam.step(model.update_parameters(), swept.parameters());
    else
      descent.step(model.update_parameters(), swept.parameters());
    return value;
  }
  float step_that_sweeps() {
    count_step();
    auto& tape = model.tape();
    const auto here = tape.mark();
    const Var<float> loss = recorded_loss();
    const float value = loss.value();
    if (setting.adam)
      adam.step(tape, loss, sweep);
    else
      descent.step(tape, loss, sweep);
    tape.rewind(here);
    return value;
  }
  float step_by_hand() {
    if (++steps_by_hand % steps_of_training == 0) by_hand.restart(beginning);
    const float value = by_hand.loss(x, samples.labels);
    if (setting.adam)
      by_hand.adam(static_cast<float>(rate));
    else
      by_hand.descend(static_cast<float>(rate));
    return value;
  }
  double step_of_fit() {
    count_step();
    return setting.adam ? with_adam.step() : descending.step();
  }

  static constexpr double rate = 1e-3;
  static constexpr std::size_t steps_of_training = 1'000;
};

// Both take the same steps, or the comparison says nothing.
void demand_agreement(const Setting& setting) {
  Network network(setting);
  for (int i = 0; i < 5; ++i) {
    const float ours = network.step(), by_hand = network.step_by_hand();
    if (std::abs(ours - by_hand) <= 1e-4F * std::abs(by_hand)) continue;
    fmt::print(stderr, "{}: the loss of step {} is {}, and {} by hand\n", setting.title, i, ours, by_hand);
    std::exit(1);
  }
}

void add(const Setting& setting) {
  const auto network = std::make_shared<std::unique_ptr<Network>>();
  const auto add_step = [&](const std::string& name, auto step) {
    contenders().push_back({setting.title,
                            name,
                            {},
                            [network, setting, step](const std::vector<double>&) {
                              if (!*network) {  // when it is timed, not before
                                demand_agreement(setting);
                                *network = std::make_unique<Network>(setting);
                              }
                              return Outcome{static_cast<double>(step(**network))};
                            },
                            {},
                            setting.repetitions});
  };
  add_step("P", [](Network& n) { return n.step_by_hand(); });
  add_step("Mlp", [](Network& n) { return n.step(); });
  add_step("Mlp, sweep and step in one", [](Network& n) { return n.step_that_sweeps(); });
  add_step("Mlp by fit", [](Network& n) { return n.step_of_fit(); });
}

}  // namespace

void add_networks() {
  add({"2-16-16-1, batch 32, descent", {2, 16, 16, 1}, 32, Activation::tanh, false});
  add({"64-64-10, batch 32, Adam", {64, 64, 10}, 32, Activation::relu, true});
  add({"784-128-10, batch 64, descent", {784, 128, 10}, 64, Activation::relu, false});
  add({"784-512-512-10, batch 128, Adam", {784, 512, 512, 10}, 128, Activation::relu, true, 20});
  add({"784-16-16-10, one sample, descent", {784, 16, 16, 10}, 1, Activation::relu, false});
  add({"16-179-179-179-179-1, batch 32, descent", {16, 179, 179, 179, 179, 1}, 32, Activation::tanh, false});
  add({"16-1822-1822-1822-1822-1, one sample, descent",
       {16, 1822, 1822, 1822, 1822, 1},
       1,
       Activation::tanh,
       false,
       20});
}

}  // namespace downhill::bench
