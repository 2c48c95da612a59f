// Layers by themselves: what they say of their shapes, parameters and costs, and what they refuse.

#include <models/network/layers.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <autodiff/error.hpp>
#include <autodiff/gradient_check.hpp>
#include <autodiff/text/names.hpp>
#include <models/models.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "support/text.hpp"

using namespace downhill;

TEST_CASE("the shape of a sample is flat or an image, and says so") {
  CHECK(SampleShape(64).text() == "64");
  CHECK(SampleShape(28, 28, 3).text() == "28 x 28 x 3");
  CHECK(SampleShape(1, 1, 5) == SampleShape(5));
  CHECK(SampleShape(64).is_flat());
  CHECK(!SampleShape(1, 2, 3).is_flat());
  CHECK(SampleShape(4, 5, 6).size() == 120);
  CHECK(SampleShape().size() == 0);
}

TEST_CASE("activations have names, by which they are found again") {
  for (const Activation activation : enumerators<Activation>) CHECK(activation_called(name(activation)) == activation);
  CHECK(name(Activation::leaky_relu) == "leaky_relu");
  CHECK(message_of([] { activation_called("swish"); }) ==
        fmt::format("there is no activation 'swish'; there are {}", fmt::join(enumerator_names<Activation>, ", ")));
  CHECK_THROWS_AS(activation_called(""), OptionError);
}

TEST_CASE("the automatic start of a dense layer is he before the relu family, xavier before others") {
  const auto start = [](const Dense& layer) { return layer.parameters(3)[0].start; };
  const std::set he{Activation::relu, Activation::leaky_relu, Activation::elu, Activation::gelu, Activation::silu};
  const std::set xavier{Activation::none, Activation::softplus, Activation::tanh, Activation::sigmoid};
  for (const Activation activation : enumerators<Activation>) {
    INFO("the activation '" << name(activation) << "': say here which start is before it");
    CHECK(he.contains(activation) != xavier.contains(activation));
    CHECK(start({.outputs = 2, .activation = activation}) ==
          (he.contains(activation) ? Initialiser::he : Initialiser::xavier));
  }
  CHECK(start({.outputs = 2, .activation = Activation::relu, .initialiser = Initialiser::lecun}) == Initialiser::lecun);
}

TEST_CASE("a dense layer has a weight for each pair and a bias for each output") {
  const auto with = Dense{5}.parameters(3), without = Dense{.outputs = 5, .bias = false}.parameters(3);
  REQUIRE(with.size() == 2);
  CHECK(with[0].name == "weight");
  CHECK((with[0].rows == 3 && with[0].columns == 5 && with[0].fan_in == 3 && with[0].fan_out == 5));
  CHECK(with[1].name == "bias");
  CHECK((with[1].rows == 1 && with[1].columns == 5 && with[1].start == Initialiser::zeros));
  CHECK(with[0].size() + with[1].size() == 20);
  CHECK(without.size() == 1);
}

TEST_CASE("layers say what they are and what comes out") {
  CHECK(Dense{64, Activation::relu}.text() == "Dense 64, relu");
  CHECK(Dense{10}.text() == "Dense 10");
  CHECK(Dropout{0.25}.text() == "Dropout 0.25");
  CHECK(LayerNorm{}.text() == "LayerNorm");
  CHECK(Flatten{}.text() == "Flatten");
  CHECK(Dense{10}.output(3) == SampleShape(10));
  CHECK(Flatten{}.output({2, 3, 4}) == SampleShape(24));
  CHECK(Dropout{0.5}.output({2, 3, 4}) == SampleShape(2, 3, 4));
  CHECK(LayerNorm{}.output({2, 3, 4}) == SampleShape(2, 3, 4));
  CHECK(LayerNorm{}.parameters({2, 3, 4})[0].columns == 24);
}

TEST_CASE("a dense layer costs a multiplication and an addition a weight, and its activation") {
  CHECK(Dense{5}.flops(3) == 30);
  CHECK(Dense{5, Activation::tanh}.flops(3) == 35);
  CHECK(Flatten{}.flops(3) == 0);
  CHECK(Dropout{}.flops(3) == 3);
  CHECK(LayerNorm{}.flops(3) == 21);
}

TEST_CASE("a layer refuses what it cannot do") {
  CHECK(message_of([] { static_cast<void>(Dense{5}.output({2, 3, 4})); }) ==
        "Dense: the samples are images, 2 x 3 x 4; put Flatten before it");
  CHECK(message_of([] { static_cast<void>(Dense{0}.output(3)); }) ==
        "Dense: 3 inputs and 0 outputs; there must be at least one of each");
  for (const double rate : {-0.1, 1.0, std::nan("")})
    CHECK_THROWS_AS(static_cast<void>(Dropout{rate}.output(3)), OptionError);
  for (const double epsilon : {-1e-5, std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(static_cast<void>(LayerNorm{epsilon}.output(3)), OptionError);
  CHECK(message_of([] { static_cast<void>(LayerNorm{-1}.output(3)); }) ==
        "LayerNorm: epsilon is -1; it must be at least 0 and finite");
}

namespace {

// x * scale + shift, or in training, where something is dropped, twice that.
struct Affine {
  double shift = 0;

  std::string text() const { return fmt::format("Affine {}", shift); }
  SampleShape output(const SampleShape& in) const {
    if (!in.is_flat()) throw ShapeError("Affine: only flat samples");
    return in;
  }
  std::vector<ParameterShape> parameters(const SampleShape& in) const {
    return {{"scale", 1, in.size(), Initialiser::ones}};
  }
  double flops(const SampleShape& in) const { return 2 * static_cast<double>(in.size()); }
  template <class T>
  VarMatrix<T> forward(const VarMatrix<T>& x, std::span<const VarMatrix<T>> parameters, const Pass& pass) const {
    const auto y = x * parameters[0] + static_cast<T>(shift);
    return pass.dropout == nullptr ? y : y * static_cast<T>(2);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("a layer of one's own is a layer like the others: it says what it is, computes, and trains", "",
                   float, double) {
  using T = TestType;
  Mlp<T> network({.input = 2, .layers = {Affine{0.5}, Dense{1}}, .seed = 3});
  CHECK(network.parameter_list()[0].name == "0.scale");
  CHECK_THAT(network.summary(), Catch::Matchers::ContainsSubstring("Affine 0.5"));
  std::vector<T> at(network.parameters().begin(), network.parameters().end());
  at[0] = 2, at[1] = 3, at[2] = 1, at[3] = -1, at[4] = 0;
  std::ranges::copy(at, network.update_parameters().begin());
  CHECK(network.predict(std::vector<T>{1, 2})(0, 0) == T(2.5 - 6.5));
  std::mt19937_64 generator(1);
  const std::vector<T> x{1, 2};
  const auto y = network(VarMatrix<T>::constant(x, 1, 2), {.dropout = &generator});
  CHECK(y(0, 0).value() == 2 * T(2.5 - 6.5));
  const auto gradient = network.tape().gradient(y(0, 0));
  CHECK(gradient.parameters()[0] == 2 * 1 * 1);
  CHECK(gradient.parameters()[1] == 2 * 2 * -1);

  Samples<T> samples{.features = 2, .inputs = {1, 2, 3, 4, -1, 1, 0, 2}, .outputs = 1, .targets = {1, 2, 0, 1}};
  const double before = evaluate(network, samples).loss;
  fit(network, samples, Adam{.learning_rate = 0.05}, {.epochs = 100});
  CHECK(evaluate(network, samples).loss < before / 10);
}

TEST_CASE("what a layer of one's own throws names the layer") {
  const auto made = [] { Mlp<float>({.input = {2, 2, 1}, .layers = {Affine{}, Flatten{}}}); };
  CHECK_THROWS_AS(made(), ShapeError);
  CHECK(message_of(made) == "layer 0 of the network: Affine: only flat samples");
}

TEST_CASE("the parameters of a network with a layer of one's own are read into one that is there, and into no other") {
  const TemporaryFolder folder;
  const auto file = folder.path / "network.safetensors";
  const auto made = [](double shift, std::uint64_t seed) {
    return Mlp<float>({.input = 2, .layers = {Affine{shift}, Dense{1}}, .seed = seed});
  };
  const Mlp<float> network = made(0.5, 1);
  save(network, file);
  Mlp<float> same = made(0.5, 2), other = made(0.25, 2);
  load_parameters(same, file);
  CHECK(std::ranges::equal(same.parameters(), network.parameters()));
  CHECK_THAT(message_of([&] { load_parameters(other, file); }),
             Catch::Matchers::ContainsSubstring("layer 0 is Affine 0.5 there, and Affine 0.25 in the model"));
  CHECK_THROWS_AS(load_network<float>(file), DataError);
  CHECK_THAT(message_of([&] { load_network<float>(file); }),
             Catch::Matchers::ContainsSubstring("'Affine 0.5' is a layer of a program's own; make the network there"));
}
