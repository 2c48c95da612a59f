// Saved and loaded again: networks, and trainings in the middle of an epoch.

#include <models/training/checkpoint.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <autodiff/descent/all_methods.hpp>
#include <autodiff/error.hpp>
#include <models/files/file.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace downhill;
using Catch::Matchers::ContainsSubstring;

namespace {

const Architecture everything{
    .input = 2,
    .layers = {Dense{.outputs = 8, .activation = Activation::gelu}, LayerNorm{.epsilon = 1e-4}, Dropout{.rate = 0.25},
               Dense{.outputs = 2, .initialiser = Initialiser::lecun, .bias = false}},
    .seed = 7};

template <class T>
bool same_bits(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

std::string complaint(auto&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEMPLATE_TEST_CASE("a network that was saved is the same when it is loaded", "", float, double) {
  const TemporaryFolder folder;
  const Mlp<TestType> network(everything);
  save(network, folder.path / "network.safetensors");
  const auto loaded = load_network<TestType>(folder.path / "network.safetensors");
  CHECK(same_bits(loaded.parameters(), network.parameters()));
  CHECK(loaded.summary() == network.summary());
  const std::vector<TestType> inputs{1, 2, -3, 4};
  CHECK(loaded.predict(inputs) == network.predict(inputs));
  CHECK(to_json(loaded.architecture()) == to_json(everything));
}

TEST_CASE("a network saved in double loads in float, and its parameters into another of the same shapes") {
  const TemporaryFolder folder;
  const auto file = folder.path / "network.safetensors";
  const Mlp<double> network(everything);
  save(network, file);
  const auto rough = load_network<float>(file);
  for (std::size_t i = 0; i < rough.parameters().size(); ++i)
    CHECK(rough.parameters()[i] == static_cast<float>(network.parameters()[i]));
  Architecture other = everything;
  other.seed = 8;
  Mlp<double> again(other);
  load_parameters(again, file);
  CHECK(same_bits(again.parameters(), network.parameters()));
}

TEST_CASE("training 100 steps is 50, save, load in another program, and 50 more, bit for bit") {
  const TemporaryFolder folder;
  const auto file = folder.path / "training.safetensors";
  const auto moons = two_moons<float>(330, 0.2, 3), held_out = two_moons<float>(100, 0.2, 4);
  const TrainingOptions<float> options{
      .epochs = 9, .batch = 32, .seed = 5, .validation = &held_out, .patience = {.rounds = 3}};
  const auto check = [&](const auto& method) {
    Mlp<float> whole(everything), first(everything), second(everything);
    Trainer reference(whole, moons, method, options);
    reference.run();

    Trainer before(first, moons, method, options);
    before.run([&](const Progress& progress) {
      if (progress.steps == 50 && !progress.ended) save(before, file);
      return progress.steps == 50;
    });
    Trainer after(second, moons, method, options);
    load(after, file);
    const TrainingResult result = after.run();
    CHECK(same_bits(second.parameters(), whole.parameters()));
    CHECK(result.steps == reference.log().result().steps);
    CHECK(result.why == reference.log().result().why);
    REQUIRE(result.history.size() == reference.log().result().history.size());
    CHECK(result.history.back().loss == reference.log().result().history.back().loss);
    CHECK(result.best_epoch == reference.log().result().best_epoch);
  };
  check(Adam{.learning_rate = Cosine{.first = 0.02, .steps = 99}});
  FirstOrderMethods::for_each([&]<class M>(std::type_identity<M>) {
    CAPTURE(M::name);
    check(M{});
  });
}

TEST_CASE("a checkpoint of another training is refused, and nothing is changed") {
  const TemporaryFolder folder;
  const auto file = folder.path / "training.safetensors";
  const auto moons = two_moons<float>(100, 0.2, 3), fewer = two_moons<float>(90, 0.2, 3);
  Mlp<float> network(everything), other(dense({2, 3, 2}, Activation::tanh));
  Trainer trainer(network, moons, Adam{});
  trainer.step();
  save(trainer, file);

  const std::vector<float> before(other.parameters().begin(), other.parameters().end());
  Trainer of_other_shape(other, moons, Adam{});
  CHECK_THAT(complaint([&] { load(of_other_shape, file); }), ContainsSubstring("'0.weight' is [2, 8], and 2 x 3"));
  CHECK(same_bits<float>(other.parameters(), before));
  Trainer of_other_method(network, moons, Lion{});
  CHECK_THAT(complaint([&] { load(of_other_method, file); }), ContainsSubstring("with Adam, not Lion"));
  Trainer of_fewer_samples(network, fewer, Adam{});
  const std::vector<float> trained(network.parameters().begin(), network.parameters().end());
  network.update_parameters()[0] = 5;
  CHECK_THAT(complaint([&] { load(of_fewer_samples, file); }), ContainsSubstring("90"));
  CHECK(network.parameters()[0] == 5);
  save(network, file);
  CHECK_THAT(complaint([&] { load(trainer, file); }), ContainsSubstring("it is not a checkpoint of a training"));
  CHECK(load_network<float>(file).parameters()[0] == 5);
}

TEST_CASE("a checkpoint of a network that computes something else is refused, with both sides named") {
  const TemporaryFolder folder;
  const auto file = folder.path / "network.safetensors";
  using Layers = std::vector<Layer>;
  const Layers layers{Dense{4, Activation::tanh}, LayerNorm{}, Dropout{0.5}, Dense{2}};
  const auto made = [](const Layers& of, std::uint64_t seed) {
    return Mlp<float>({.input = 2, .layers = of, .seed = seed});
  };
  Mlp<float> network = made(layers, 1);
  save(network, file);
  Mlp<float> same = made(layers, 7);
  load_parameters(same, file);
  CHECK(std::ranges::equal(same.parameters(), network.parameters()));

  const auto refusal = [&](std::size_t place, const Layer& other) {
    Layers changed = layers;
    changed[place] = other;
    Mlp<float> different = made(changed, 1);
    return complaint([&] { load_parameters(different, file); });
  };
  CHECK_THAT(refusal(0, Dense{4, Activation::relu}),
             ContainsSubstring("layer 0 is Dense 4, tanh there, and Dense 4, relu in the model"));
  CHECK_THAT(refusal(2, Dropout{0.25}), ContainsSubstring("layer 2 is Dropout 0.5 there, and Dropout 0.25"));
  CHECK_THAT(refusal(1, LayerNorm{1e-3}), ContainsSubstring("1e-05"));

  const auto moons = two_moons<float>(40, 0.1, 1);
  Trainer trainer(network, moons, Adam{});
  save(trainer, file);
  Mlp<float> other = made({Dense{4, Activation::relu}, LayerNorm{}, Dropout{0.5}, Dense{2}}, 1);
  Trainer another(other, moons, Adam{});
  CHECK_THAT(complaint([&] { load(another, file); }), ContainsSubstring("Dense 4, tanh there, and Dense 4, relu"));
}

TEST_CASE("a checkpoint of a training with another loss is refused") {
  const TemporaryFolder folder;
  const auto file = folder.path / "training.safetensors";
  Samples<float> samples{.features = 1, .inputs = {1, 2, 3, 4}, .outputs = 1, .targets = {2, 4, 6, 8}};
  Mlp<float> network({.input = 1, .layers = {Dense{1}}});
  Trainer squares(network, samples, Adam{}, {.loss = Loss::mean_squared_error});
  save(squares, file);
  Trainer robust(network, samples, Adam{}, {.loss = Loss::huber});
  CHECK_THAT(complaint([&] { load(robust, file); }), ContainsSubstring("with the loss mean_squared_error, not huber"));
}

TEST_CASE("a model that is no network is saved as one tensor") {
  struct Two {
    using value_type = double;
    mutable Tape<double> of_its_own;
    VarMatrix<double> w = parameters(of_its_own, std::vector<double>{1, 2}, 2, 1);
    Tape<double>& tape() const { return of_its_own; }
    std::size_t inputs() const { return 2; }
    std::size_t outputs() const { return 1; }
    VarMatrix<double> operator()(const VarMatrix<double>& x, const Pass&) const { return product(x, w); }
  };
  const TemporaryFolder folder;
  const auto file = folder.path / "two.safetensors";
  const Samples<double> samples{.features = 2, .inputs = {1, 2, 3, 4}, .outputs = 1, .targets = {1, 2}};
  Two model, again;
  Trainer trainer(model, samples, Adam{}, {.batch = 1}), after(again, samples, Adam{}, {.batch = 1});
  trainer.step();
  save(trainer, file);
  load(after, file);
  trainer.step(), after.step();
  CHECK(same_bits(model.tape().parameters(), again.tape().parameters()));
}

TEST_CASE("files that hold no network are refused in one line") {
  const TemporaryFolder folder;
  const auto file = folder.path / "f.safetensors";
  const std::vector<float> two{1, 2};
  const auto of_json = [&](const std::string& json) {
    write_safetensors(file, {view_of<float>("0.weight", two, {2, 1})}, {{"downhill.architecture", json}});
    const std::string text = complaint([&] { load_network<float>(file); });
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.starts_with(file.string()));
    return text;
  };
  const auto layers = [](const std::string& text) {
    return R"({"input":[1,1,2],"layers":[)" + text + R"(],"seed":1})";
  };
  CHECK_THAT(of_json("{"), ContainsSubstring("cannot be read"));
  CHECK_THAT(of_json("[]"), ContainsSubstring("cannot be read"));
  CHECK_THAT(of_json(layers("")), ContainsSubstring("at least one layer"));
  CHECK_THAT(of_json(layers(R"({"kind":"Magic"})")), ContainsSubstring("no layer 'Magic'"));
  CHECK_THAT(of_json(layers(R"({"kind":"Dense","outputs":-1})")), ContainsSubstring("'outputs' is not a number"));
  CHECK_THAT(of_json(layers(R"({"kind":"Dense","outputs":1e300})")), ContainsSubstring("'outputs' is not a number"));
  CHECK_THAT(
      of_json(layers(R"({"kind":"Dense","outputs":4000000000,"activation":"none","initialiser":"he","bias":true})")),
      ContainsSubstring("'0.weight' is [2, 1], and 2 x 4000000000 in the model"));
  CHECK_THAT(of_json(layers(R"({"kind":"Dropout","rate":2})")), ContainsSubstring("rate"));
  write_safetensors(file, {view_of<float>("0.weight", two)});
  CHECK_THAT(complaint([&] { load_network<float>(file); }), ContainsSubstring("use load_parameters"));
  CHECK_THAT(complaint([&] { load_network<float>(folder.path / "none"); }), ContainsSubstring("none"));
}

TEST_CASE("a cut or changed checkpoint is refused or loads whole, and never changes half of a training") {
  const TemporaryFolder folder;
  const auto file = folder.path / "training.safetensors";
  const auto moons = two_moons<float>(64, 0.2, 3);
  Mlp<float> network(dense({2, 4, 2}, Activation::tanh));
  Trainer trainer(network, moons, Adam{});
  trainer.step();
  save(trainer, file);
  const std::string bytes = read_file(file);
  std::mt19937_64 generator(1);
  for (int i = 0; i < 300; ++i) {
    std::string changed = bytes;
    if (i % 2 == 0)
      changed.resize(generator() % bytes.size());
    else
      changed[generator() % std::min<std::size_t>(bytes.size(), 1200)] = static_cast<char>(generator());
    std::ofstream(file, std::ios::binary) << changed;
    const std::vector<float> before(network.parameters().begin(), network.parameters().end());
    if (!complaint([&] { load(trainer, file); }).empty()) CHECK(same_bits<float>(network.parameters(), before));
  }
}
