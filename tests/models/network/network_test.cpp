// Networks: the forward pass against scalars, the gradient against differences, and what copies and moves keep.

#include <models/network/network.hpp>

#include <cmath>
#include <map>
#include <numbers>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/error.hpp>
#include <autodiff/gradient_check.hpp>
#include <autodiff/text/names.hpp>
#include <models/training/training.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"
#include "support/text.hpp"

using namespace downhill;
using Values = std::vector<double>;
using test::scattered;

namespace {

// What each activation computes.
const std::map<std::string_view, double (*)(double)> formulas{
    {"none", [](double x) { return x; }},
    {"relu", [](double x) { return x > 0 ? x : 0; }},
    {"leaky_relu", [](double x) { return x > 0 ? x : 0.01 * x; }},
    {"elu", [](double x) { return x > 0 ? x : std::exp(x) - 1; }},
    {"gelu", [](double x) { return x * (1 + std::erf(x / std::numbers::sqrt2)) / 2; }},
    {"silu", [](double x) { return x / (1 + std::exp(-x)); }},
    {"softplus", [](double x) { return std::log(1 + std::exp(x)); }},
    {"tanh", [](double x) { return std::tanh(x); }},
    {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
};

double by_formula(Activation activation, double x) {
  const auto formula = formulas.find(name(activation));
  if (formula == formulas.end())
    FAIL("the activation '" << name(activation) << "': add what it computes to the formulas of this file");
  return formula->second(x);
}

// Inputs of `from` numbers through weights and biases that stand from `at` on.
Values dense_by_hand(const Values& x, std::span<const double> parameters, std::size_t outputs, Activation activation) {
  Values y;
  for (std::size_t j = 0; j < outputs; ++j) {
    double sum = parameters[x.size() * outputs + j];
    for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * parameters[i * outputs + j];
    y.push_back(by_formula(activation, sum));
  }
  return y;
}

template <class T>
void fill(Mlp<T>& network, unsigned seed) {
  const Values values = scattered(network.parameters().size(), seed, -1, 1);
  std::ranges::transform(values, network.update_parameters().begin(), [](double x) { return static_cast<T>(x); });
}

Mlp<double> small() { return Mlp<double>(dense({3, 4, 2}, Activation::tanh, 7)); }

}  // namespace

TEST_CASE("a dense network of every activation gives what its formula does") {
  for (const Activation activation : enumerators<Activation>) {
    CAPTURE(name(activation));
    Mlp<double> network({.input = 3, .layers = {Dense{4, activation}, Dense{2, activation}}});
    fill(network, 5);
    const Values inputs = scattered(5 * 3, 6);
    const auto outputs = network.predict(inputs);
    REQUIRE((outputs.rows() == 5 && outputs.cols() == 2));
    for (std::size_t s = 0; s < 5; ++s) {
      const Values x(inputs.begin() + static_cast<std::ptrdiff_t>(3 * s),
                     inputs.begin() + static_cast<std::ptrdiff_t>(3 * s + 3));
      const Values hidden = dense_by_hand(x, network.parameters(), 4, activation);
      const Values y = dense_by_hand(hidden, network.parameters().subspan(16), 2, activation);
      for (std::size_t j = 0; j < 2; ++j)
        CHECK(outputs(static_cast<Eigen::Index>(s), static_cast<Eigen::Index>(j)) ==
              Catch::Approx(y[j]).epsilon(1e-13).margin(1e-14));
    }
  }
}

TEST_CASE("Flatten, LayerNorm, Dropout and layers without a bias give what their formulas do") {
  Mlp<double> network(
      {.input = {1, 2, 2}, .layers = {Flatten{}, LayerNorm{0.5}, Dropout{0.5}, Dense{.outputs = 2, .bias = false}}});
  fill(network, 8);
  const Values x = scattered(4, 9);
  double mean = 0, variance = 0;
  for (const double value : x) mean += value / 4;
  for (const double value : x) variance += (value - mean) * (value - mean) / 4;
  const auto p = network.parameters();
  REQUIRE(p.size() == 4 + 4 + 8);
  const auto outputs = network.predict(x);
  for (std::size_t j = 0; j < 2; ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < 4; ++i)
      sum += (p[i] * (x[i] - mean) / std::sqrt(variance + 0.5) + p[4 + i]) * p[8 + 2 * i + j];
    CHECK(outputs(0, static_cast<Eigen::Index>(j)) == Catch::Approx(sum).epsilon(1e-13));
  }
}

TEST_CASE("the parameters are one span, in the order of the list, and found by their names") {
  Mlp<double> network({.input = 3, .layers = {Dense{4}, LayerNorm{}, Dropout{}, Dense{.outputs = 2, .bias = false}}});
  std::vector<std::string> names;
  std::size_t end = 0;
  for (const auto& p : network.parameter_list()) {
    CHECK(p.begin == end);
    end += p.rows * p.columns;
    names.push_back(p.name);
    CHECK(network.tape().name_of(p.begin) == p.name);
    const auto values = network.parameter(p.name);
    CHECK(
        (values.rows() == static_cast<Eigen::Index>(p.rows) && values.cols() == static_cast<Eigen::Index>(p.columns)));
    CHECK(values.data() == network.parameters().data() + p.begin);
  }
  CHECK(end == network.parameters().size());
  CHECK(names == std::vector<std::string>{"0.weight", "0.bias", "1.gain", "1.bias", "3.weight"});
  CHECK(network.parameter("1.gain").isOnes());
  CHECK(network.parameter("0.bias").isZero());
  CHECK(message_of([&] { static_cast<void>(network.parameter("weight")); }) ==
        "there is no parameter 'weight'; there are 0.weight, 0.bias, 1.gain, 1.bias, 3.weight");
}

TEST_CASE("the start is that of one generator for all layers, and depends on the seed alone") {
  const Mlp<double> network = small();
  std::mt19937_64 generator(7);
  Values first(12), second(8);
  initialise(std::span(first), Initialiser::xavier, 3, 4, generator);
  initialise(std::span(second), Initialiser::xavier, 4, 2, generator);
  CHECK(std::ranges::equal(network.parameters().first(12), first));
  CHECK(std::ranges::equal(network.parameters().subspan(16, 8), second));
  CHECK(!std::ranges::equal(Mlp<double>(dense({3, 4, 2}, Activation::tanh, 8)).parameters(), network.parameters()));
}

TEST_CASE("a prediction is the recorded network, however many samples, and leaves the tape as it was") {
  const Mlp<double> network = small();
  auto& tape = network.tape();
  const Values inputs = scattered(3 * 600, 2);
  const auto recorded = network(VarMatrix<double>::constant(inputs, 600, 3));
  const auto kept = recorded(599, 1);
  const std::size_t bytes = tape.bytes(), slots = tape.slots(), statements = tape.statements();
  const auto outputs = network.predict(inputs);
  CHECK(outputs.isApprox(recorded.value(), 1e-14));
  CHECK(tape.bytes() == bytes);
  CHECK(tape.slots() == slots);
  CHECK(tape.statements() == statements);
  CHECK(tape.gradient(kept).parameters().size() == network.parameters().size());  // still fresh
  CHECK(network.predict({}).rows() == 0);
  CHECK(network.predict({}).cols() == 2);
}

TEST_CASE("a copy is another network with the same parameters") {
  Mlp<double> network = small();
  fill(network, 3);
  const Values inputs = scattered(6, 4), before(network.parameters().begin(), network.parameters().end());
  Mlp<double> copy = network;
  CHECK(std::ranges::equal(copy.parameters(), before));
  CHECK(copy.predict(inputs) == network.predict(inputs));
  copy.update_parameters()[0] = 100;
  CHECK(std::ranges::equal(network.parameters(), before));
  Mlp<double> other(dense({5, 1}, Activation::relu));
  other = network;
  CHECK(other.inputs() == 3);
  CHECK(other.predict(inputs) == network.predict(inputs));
  const Mlp<double>& same = other;
  other = same;
  CHECK(other.predict(inputs) == network.predict(inputs));
}

TEST_CASE("what was recorded stays valid when a network moves, and the network works where it is then") {
  Mlp<double> network = small();
  const Values inputs = scattered(6, 4);
  const auto expected = network.predict(inputs);
  const auto recorded = network(VarMatrix<double>::constant(inputs, 2, 3));
  Tape<double>* const tape = &network.tape();
  std::vector<Mlp<double>> shelf;
  shelf.push_back(std::move(network));
  CHECK(&shelf[0].tape() == tape);
  CHECK(recorded.value() == expected);
  CHECK(shelf[0].predict(inputs) == expected);
  Mlp<double> assigned(dense({1, 1}, Activation::none));
  assigned = std::move(shelf[0]);
  CHECK(assigned.predict(inputs) == expected);
  CHECK(assigned.parameter_list().size() == 4);
}

TEST_CASE("Dropout drops in training only") {
  const Mlp<double> network({.input = 50, .layers = {Dropout{0.5}, Dense{.outputs = 50}}});
  const Values inputs(50, 1);
  const auto x = VarMatrix<double>::constant(inputs, 1, 50);
  std::mt19937_64 generator(1), same(1);
  const auto trained = network(x, {.dropout = &generator}).value();
  CHECK(network(x, {.dropout = &same}).value() == trained);
  CHECK(network(x, {.dropout = &generator}).value() != trained);
  CHECK(network(x).value() == network.predict(inputs));
  CHECK(network(x).value() != trained);
}

TEST_CASE("the gradient of a whole network is that of differences") {
  for (const Activation activation : enumerators<Activation>) {
    CAPTURE(name(activation));
    Mlp<double> network({.input = 3, .layers = {Dense{4, activation}, LayerNorm{}, Dropout{}, Dense{3}}});
    fill(network, 11);
    Samples<double> samples{.features = 3, .inputs = scattered(3 * 7, 12), .labels = {0, 1, 2, 0, 1, 2, 0}};
    auto objective = objective_of(network, samples);
    const Values point(network.parameters().begin(), network.parameters().end());
    Values gradient(point.size()), ignored(point.size());
    objective(point, gradient);
    const auto value = [&](std::span<const double> x) { return objective(x, ignored); };
    const GradientCheck check = check_gradient(value, point, gradient);
    CHECK(check.passed());
    for (const auto& component : check.components) CHECK(component.verdict == Verdict::agrees);
  }
}

TEST_CASE("the summary is a table of layers, shapes, parameters, memory and cost") {
  const Mlp<float> network(
      {.input = {28, 28, 1}, .layers = {Flatten{}, Dense{64, Activation::relu}, Dropout{0.2}, Dense{10}}});
  CHECK(network.summary(32) ==
        "layer                output  parameters  memory  FLOPs a step\n"
        "─────────────────────────────────────────────────────────────\n"
        "input           28 x 28 x 1\n"
        "Flatten                 784\n"
        "Dense 64, relu           64      50,240  201 KB     9,639,936\n"
        "Dropout 0.2              64                             6,144\n"
        "Dense 10                 10         650  2.6 KB       122,880\n"
        "─────────────────────────────────────────────────────────────\n"
        "total                            50,890  204 KB     9,768,960\n"
        "A step of training takes a batch of 32 forward and back.\n");
}

TEST_CASE("memory is written in the unit that keeps three digits readable") {
  const auto memory_is = [](std::size_t floats, const std::string& text) {
    const Mlp<float> network({.input = 1, .layers = {Dense{.outputs = floats, .bias = false}}});
    CAPTURE(network.summary());
    CHECK(count(network.summary(), text) == 2);
  };
  memory_is(249, " 996 B ");
  memory_is(250, " 1 KB ");
  memory_is(249'950, " 1 MB ");  // 999.8 KB
  memory_is(300'000, " 1.2 MB ");
}

TEST_CASE("a network that cannot be is refused, with the layer at fault") {
  const auto complaint = [](const Architecture& architecture) { return message_of([&] { Mlp<float>{architecture}; }); };
  CHECK(complaint({.input = 3}) == "a network needs at least one layer");
  CHECK(complaint({.layers = {Dense{1}}}) == "a network needs at least one input; set .input");
  CHECK(complaint({.input = 3, .layers = {Dense{4}, Dense{0}}}) ==
        "layer 1 of the network: Dense: 4 inputs and 0 outputs; there must be at least one of each");
  CHECK(complaint({.input = {4, 4, 1}, .layers = {LayerNorm{}, Dense{4}}}) ==
        "layer 1 of the network: Dense: the samples are images, 4 x 4 x 1; put Flatten before it");
  CHECK(complaint({.input = 3, .layers = {Dropout{1}}}) ==
        "layer 0 of the network: dropout: the rate is 1; it must be at least 0 and less than 1");
  CHECK_THROWS_AS(Mlp<float>({.input = 3, .layers = {Dropout{1}}}), OptionError);
  CHECK_THROWS_AS(Mlp<float>({.input = 3, .layers = {Dense{0}}}), ShapeError);
  CHECK(message_of([] { dense({3}, Activation::relu); }) ==
        "dense: 1 sizes; there must be at least those of the input and the output");
}

TEST_CASE("inputs of another width are refused, and the tape is as it was") {
  const Mlp<double> network = small();
  const std::size_t bytes = network.tape().bytes();
  const Values inputs = scattered(8, 1);
  CHECK(message_of([&] { network(VarMatrix<double>::constant(inputs, 2, 4)); }) ==
        "the network's input: 2 x 4 and 2 x 3; a batch has a sample in each row, and a column for each feature");
  CHECK(message_of([&] { network.predict(inputs); }) == "predict: 8 numbers are no whole rows of 3 inputs");
  CHECK_THROWS_AS(network.predict(inputs), ShapeError);
  CHECK(network.tape().bytes() == bytes);
}
