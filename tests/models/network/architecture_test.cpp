// The list of layers has every layer. Each of them: what it computes against a loop by hand, its gradient against
// differences, and the way into a file and back with options that are not those by default.

#include <models/network/architecture.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <autodiff/error.hpp>
#include <autodiff/gradient_check.hpp>
#include <autodiff/text/names.hpp>
#include <models/models.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"
#include "support/named_structs.hpp"
#include "support/temporary_folder.hpp"
#include "support/text.hpp"

using namespace downhill;
using Values = std::vector<double>;
using test::scattered;

namespace {

// An image, or as many features in a row where the layer takes no image.
template <class L>
SampleShape input_of(const L& layer) {
  const SampleShape image(3, 4, 2);
  try {
    static_cast<void>(layer.output(image));
    return image;
  } catch (const ShapeError&) {
    return image.size();
  }
}

// What each layer computes of a sample x, from its parameters. To add one, add its overload.

Values by_hand(const Dense& layer, const Values& x, const SampleShape&, const std::vector<Values>& p) {
  Values y = p[1];
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < layer.outputs; ++j) y[j] += x[i] * p[0][i * layer.outputs + j];
  return y;
}
Values by_hand(const LayerNorm& layer, const Values& x, const SampleShape&, const std::vector<Values>& p) {
  const double n = static_cast<double>(x.size()), mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
  double variance = 0;
  for (const double value : x) variance += (value - mean) * (value - mean) / n;
  Values y;
  for (std::size_t i = 0; i < x.size(); ++i)
    y.push_back(p[0][i] * (x[i] - mean) / std::sqrt(variance + layer.epsilon) + p[1][i]);
  return y;
}
Values by_hand(const Dropout&, const Values& x, const SampleShape&, const std::vector<Values>&) { return x; }
Values by_hand(const Flatten&, const Values& x, const SampleShape&, const std::vector<Values>&) { return x; }

// seen(place, pixel of the window, its first element) for each place of a window and each pixel that it sees.
void for_each_seen(const Window& window, const SampleShape& in, const SampleShape& out, auto&& seen) {
  for (std::size_t place = 0; place < out.height * out.width; ++place)
    for (std::size_t pixel = 0; pixel < window.height * window.width; ++pixel) {
      const std::size_t y = place / out.width * window.stride + pixel / window.width;
      const std::size_t x = place % out.width * window.stride + pixel % window.width;
      if (y < window.padding || y >= in.height + window.padding) continue;
      if (x < window.padding || x >= in.width + window.padding) continue;
      seen(place, pixel, ((y - window.padding) * in.width + x - window.padding) * in.channels);
    }
}
Values by_hand(const Conv2d& layer, const Values& x, const SampleShape& in, const std::vector<Values>& p) {
  const SampleShape out = layer.output(in);
  Values y(out.size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = p[1][i % layer.channels];
  for_each_seen(layer.window, in, out, [&](std::size_t place, std::size_t pixel, std::size_t first) {
    for (std::size_t c = 0; c < in.channels; ++c)
      for (std::size_t j = 0; j < layer.channels; ++j)
        y[place * layer.channels + j] += x[first + c] * p[0][(pixel * in.channels + c) * layer.channels + j];
  });
  return y;
}
Values by_hand(const MaxPool2d& layer, const Values& x, const SampleShape& in, const std::vector<Values>&) {
  const SampleShape out = layer.output(in);
  Values y(out.size(), -std::numeric_limits<double>::infinity());
  for_each_seen(layer.window, in, out, [&](std::size_t place, std::size_t, std::size_t first) {
    for (std::size_t c = 0; c < in.channels; ++c)
      y[place * in.channels + c] = std::max(y[place * in.channels + c], x[first + c]);
  });
  return y;
}
Values by_hand(const AveragePool2d& layer, const Values& x, const SampleShape& in, const std::vector<Values>&) {
  const SampleShape out = layer.output(in);
  Values y(out.size()), seen(out.size());
  for_each_seen(layer.window, in, out, [&](std::size_t place, std::size_t, std::size_t first) {
    for (std::size_t c = 0; c < in.channels; ++c)
      y[place * in.channels + c] += x[first + c], seen[place * in.channels + c] += 1;
  });
  for (std::size_t i = 0; i < y.size(); ++i) y[i] /= seen[i];
  return y;
}

template <class L>
concept HasReference = requires(const L& layer, const Values& x, const SampleShape& in, const std::vector<Values>& p) {
  { by_hand(layer, x, in, p) } -> std::same_as<Values>;
};

// A layer whose matrices have more than one column, where it has an option for that.
template <class L>
L sample_of_layer() {
  L layer;
  layer.for_each_option([](std::string_view key, auto& option) {
    if constexpr (std::same_as<decltype(option), std::size_t&>)
      if (key == "outputs" || key == "channels") option = 3;
  });
  return layer;
}

// Another value for each option, and one that is allowed.
template <class L>
L with_other_options() {
  L layer = sample_of_layer<L>();
  layer.for_each_option([]<class Option>(std::string_view, Option& option) {
    if constexpr (std::same_as<Option, bool>)
      option = !option;
    else if constexpr (std::floating_point<Option>)
      option = option == 0.25 ? 0.375 : 0.25;
    else if constexpr (std::is_enum_v<Option>)
      option = enumerators<Option>.back();
    else
      ++option;
  });
  return layer;
}

// The options as text, to compare.
template <class L>
std::vector<std::string> options_of(L layer) {
  std::vector<std::string> options;
  layer.for_each_option([&]<class Option>(std::string_view key, const Option& option) {
    if constexpr (std::is_enum_v<Option>)
      options.push_back(fmt::format("{}: {}", key, enumerator_name(option)));
    else
      options.push_back(fmt::format("{}: {}", key, option));
  });
  return options;
}

// Calls test(layer) of every layer of the list.
template <class Test>
void for_each_layer(Test&& test) {
  AllLayers::for_each([&]<class L>(std::type_identity<L>) {
    INFO("the layer '" << L::name << "'");
    test(sample_of_layer<L>());
  });
}

}  // namespace

TEST_CASE("every layer that is written is in the list of layers") {
  test::check_listed("models/network/layers.hpp", "AllLayers of that file", AllLayers::names());
}

TEST_CASE("every layer of the list computes what a loop by hand does, in double and in float") {
  for_each_layer([]<class L>(const L& layer) {
    if constexpr (!HasReference<L>) {
      FAIL_CHECK("the layer '" << L::name << "': add what it computes, as by_hand, to this file");
    } else {
      const SampleShape in = input_of(layer);
      Mlp<double> network({.input = in, .layers = {layer}, .seed = 3});
      Mlp<float> rough({.input = in, .layers = {layer}, .seed = 3});
      std::ranges::copy(scattered(network.parameters().size(), 1, -1, 1), network.update_parameters().begin());
      std::ranges::transform(network.parameters(), rough.update_parameters().begin(),
                             [](double x) { return static_cast<float>(x); });
      const Values x = scattered(in.size(), 2);
      std::vector<Values> p;
      for (const auto& matrix : network.parameter_list()) {
        const auto values = network.parameters().subspan(matrix.begin, matrix.rows * matrix.columns);
        p.emplace_back(values.begin(), values.end());
      }
      const Values expected = by_hand(layer, x, in, p);
      const auto got = network.predict(x);
      const auto roughly = rough.predict(std::vector<float>(x.begin(), x.end()));
      REQUIRE(static_cast<std::size_t>(got.size()) == expected.size());
      REQUIRE(expected.size() == layer.output(in).size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(got(0, static_cast<Eigen::Index>(i)) == Catch::Approx(expected[i]).epsilon(1e-13).margin(1e-13));
        CHECK(static_cast<double>(roughly(0, static_cast<Eigen::Index>(i))) ==
              Catch::Approx(expected[i]).epsilon(1e-4).margin(1e-4));
      }
    }
  });
}

TEST_CASE("the gradient of every layer of the list is that of differences, along its inputs and its parameters") {
  for_each_layer([](const auto& layer) {
    const SampleShape in = input_of(layer);
    const auto shapes = layer.parameters(in);
    const Values weights = scattered(layer.output(in).size(), 5);
    std::size_t size = in.size();
    for (const ParameterShape& shape : shapes) size += shape.size();
    // Of a sample, and the parameters behind it.
    const auto f = [&](std::span<const double> point, Gradient<double>* swept) {
      Tape<double> tape;
      std::size_t at = 0;
      const auto take = [&](std::size_t rows, std::size_t columns) {
        const auto values = point.subspan(at, rows * columns);
        at += values.size();
        return parameters(tape, values, rows, columns);
      };
      const VarMatrix<double> x = take(1, in.size());
      std::vector<VarMatrix<double>> p;
      for (const ParameterShape& shape : shapes) p.push_back(take(shape.rows, shape.columns));
      const auto y =
          sum(forward<double>(layer, x, in, p, Pass{}) * VarMatrix<double>::constant(weights, 1, weights.size()));
      if (swept != nullptr) tape.gradient(y, *swept);
      return y.value();
    };
    const Values point = scattered(size, 4, -1, 1);
    Gradient<double> swept;
    f(point, &swept);
    const Values gradient(swept.parameters().begin(), swept.parameters().end());
    const auto value = [&](std::span<const double> x) { return f(x, nullptr); };
    const GradientCheck check = check_gradient(value, point, gradient);
    CHECK(check.passed());
    CHECK(std::ranges::count(check.components, Verdict::agrees, &CheckedComponent::verdict) >=
          static_cast<std::ptrdiff_t>(size - size / 50));
  });
}

TEST_CASE("every layer of the list says its name, and counts what it costs") {
  for_each_layer([](const auto& layer) {
    const SampleShape in = input_of(layer);
    CHECK(layer.text().starts_with(layer.name));
    CHECK(layer.flops(in) >= 0);
    const Mlp<float> network({.input = in, .layers = {layer}});
    CHECK_THAT(network.summary(), Catch::Matchers::ContainsSubstring(layer.text()));
    CHECK_THAT(network.summary(), Catch::Matchers::ContainsSubstring(layer.output(in).text()));
  });
}

TEST_CASE("every layer of the list is written as JSON, and read again with all its options") {
  for_each_layer([]<class L>(const L& plain) {
    const L other = with_other_options<L>();
    CHECK((options_of(other) != options_of(plain) || options_of(plain).empty()));
    const Architecture written{.input = {9, 9, 2}, .layers = {plain, other}, .seed = 5};
    const Architecture read = described_architecture(to_json(written), "test");
    REQUIRE(read.layers.size() == 2);
    CHECK(to_json(read) == to_json(written));
    CHECK(options_of(std::get<L>(read.layers[0])) == options_of(plain));
    CHECK(options_of(std::get<L>(read.layers[1])) == options_of(other));
  });
}

TEST_CASE("a network of every layer of the list is saved and loaded") {
  const TemporaryFolder folder;
  for_each_layer([&](const auto& layer) {
    const SampleShape in = input_of(layer);
    const Mlp<float> network({.input = in, .layers = {layer}, .seed = 3});
    const auto file = folder.path / "network.safetensors";
    save(network, file);
    const Values drawn = scattered(in.size(), 2);
    const std::vector<float> x(drawn.begin(), drawn.end());
    CHECK(load_network<float>(file).predict(x) == network.predict(x));
  });
}

TEST_CASE("a name in JSON that nothing has is refused with those that there are") {
  const auto complaint = [](const std::string& layer) {
    return message_of(
        [&] { described_architecture(R"({"input":[1,1,2],"layers":[)" + layer + R"(],"seed":1})", "net"); });
  };
  std::string layers, activations, initialisers;
  const auto add = [](std::string& list, std::string_view name) {
    list += (list.empty() ? "" : ", ") + std::string(name);
  };
  for (const std::string_view name : AllLayers::names()) add(layers, name);
  for (const Activation each : enumerators<Activation>) add(activations, name(each));
  for (const Initialiser each : enumerators<Initialiser>) add(initialisers, name(each));
  const std::string begin = "net: the architecture cannot be read: there is no ";
  CHECK(complaint(R"({"kind":"Magic"})") == begin + "layer 'Magic'; there are " + layers);
  CHECK(complaint(R"({"kind":"Dense","outputs":1,"activation":"swish","initialiser":"he","bias":true})") ==
        begin + "activation 'swish'; there are " + activations);
  CHECK(complaint(R"({"kind":"Dense","outputs":1,"activation":"relu","initialiser":"she","bias":true})") ==
        begin + "initialiser 'she'; there are " + initialisers);
}
