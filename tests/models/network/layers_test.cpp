// Layers by themselves: what they say of their shapes, parameters and costs, and what they refuse.

#include <models/network/layers.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <autodiff/error.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

using namespace downhill;

TEST_CASE("The shape of a sample is flat or an image, and says so") {
  CHECK(SampleShape(64).text() == "64");
  CHECK(SampleShape(28, 28, 3).text() == "28 x 28 x 3");
  CHECK(SampleShape(1, 1, 5) == SampleShape(5));
  CHECK(SampleShape(64).is_flat());
  CHECK(!SampleShape(1, 2, 3).is_flat());
  CHECK(SampleShape(4, 5, 6).size() == 120);
  CHECK(SampleShape().size() == 0);
}

TEST_CASE("Activations have names, by which they are found again") {
  for (const Activation activation :
       {Activation::none, Activation::relu, Activation::leaky_relu, Activation::elu, Activation::gelu, Activation::silu,
        Activation::softplus, Activation::tanh, Activation::sigmoid})
    CHECK(activation_called(name(activation)) == activation);
  CHECK(name(Activation::leaky_relu) == "leaky_relu");
  CHECK(message_of([] { activation_called("swish"); }) ==
        "there is no activation 'swish'; there are none, relu, leaky_relu, elu, gelu, silu, softplus, tanh, sigmoid");
  CHECK_THROWS_AS(activation_called(""), OptionError);
}

TEST_CASE("The automatic start of a dense layer is he before the relu family, xavier before others") {
  const auto start = [](const Dense& layer) { return layer.parameters(3)[0].start; };
  for (const Activation activation :
       {Activation::relu, Activation::leaky_relu, Activation::elu, Activation::gelu, Activation::silu})
    CHECK(start({.outputs = 2, .activation = activation}) == Initialiser::he);
  for (const Activation activation : {Activation::none, Activation::softplus, Activation::tanh, Activation::sigmoid})
    CHECK(start({.outputs = 2, .activation = activation}) == Initialiser::xavier);
  CHECK(start({.outputs = 2, .activation = Activation::relu, .initialiser = Initialiser::lecun}) == Initialiser::lecun);
}

TEST_CASE("A dense layer has a weight for each pair and a bias for each output") {
  const auto with = Dense{5}.parameters(3), without = Dense{.outputs = 5, .bias = false}.parameters(3);
  REQUIRE(with.size() == 2);
  CHECK(with[0].name == "weight");
  CHECK((with[0].rows == 3 && with[0].columns == 5 && with[0].fan_in == 3 && with[0].fan_out == 5));
  CHECK(with[1].name == "bias");
  CHECK((with[1].rows == 1 && with[1].columns == 5 && with[1].start == Initialiser::zeros));
  CHECK(with[0].size() + with[1].size() == 20);
  CHECK(without.size() == 1);
}

TEST_CASE("Layers say what they are and what comes out") {
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

TEST_CASE("A dense layer costs a multiplication and an addition a weight, and its activation") {
  CHECK(Dense{5}.flops(3) == 30);
  CHECK(Dense{5, Activation::tanh}.flops(3) == 35);
  CHECK(Flatten{}.flops(3) == 0);
  CHECK(Dropout{}.flops(3) == 3);
  CHECK(LayerNorm{}.flops(3) == 21);
}

TEST_CASE("A layer refuses what it cannot do") {
  CHECK(message_of([] {
          static_cast<void>(Dense{5}.output({2, 3, 4}));
        }) == "Dense: the samples are images, 2 x 3 x 4; put Flatten before it");
  CHECK(message_of([] { static_cast<void>(Dense{0}.output(3)); }) ==
        "Dense: 3 inputs and 0 outputs; there must be at least one of each");
  for (const double rate : {-0.1, 1.0, std::nan("")})
    CHECK_THROWS_AS(static_cast<void>(Dropout{rate}.output(3)), OptionError);
  for (const double epsilon : {-1e-5, std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(static_cast<void>(LayerNorm{epsilon}.output(3)), OptionError);
  CHECK(message_of([] { static_cast<void>(LayerNorm{-1}.output(3)); }) ==
        "LayerNorm: epsilon is -1; it must be at least 0 and finite");
}
