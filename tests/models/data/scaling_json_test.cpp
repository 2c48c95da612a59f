// The scaling of columns as text, and back.

#include <models/data/scaling_json.hpp>

#include <string>

#include <autodiff/error.hpp>
#include <models/training/checkpoint.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace downhill;

TEST_CASE("a scaling that was written is the same, to the last bit, when it is read") {
  const NamedScaling written{{"x", "π \"quoted\"\n", ""}, {{{0.1, 1.0 / 3}, {-1e300, 5e-324}, {0, 1}}}};
  const NamedScaling read = scaling_from_json(to_json(written), "text");
  CHECK(read.names == written.names);
  REQUIRE(read.scaling.columns.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(read.scaling.columns[i].mean == written.scaling.columns[i].mean);
    CHECK(read.scaling.columns[i].scale == written.scaling.columns[i].scale);
  }
  CHECK(scaling_from_json(to_json(NamedScaling{}), "text").names.empty());
}

TEST_CASE("a scaling needs a name for each column") { CHECK_THROWS_AS(to_json(NamedScaling{{"x"}, {}}), ShapeError); }

TEST_CASE("a name that is no UTF-8 is written as such") {
  CHECK_NOTHROW(scaling_from_json(to_json(NamedScaling{{"\xff"}, {{{0, 1}}}}), "text"));
}

TEST_CASE("what is no scaling is refused, and the message names the file") {
  for (const std::string text :
       {"", "[", "1", "{\"a\": 1}", "[1]", R"([{"name": "x", "mean": 0}])", R"([{"name": 1, "mean": 0, "scale": 1}])",
        R"([{"name": "x", "mean": 0, "scale": 0}])", R"([{"name": "x", "mean": 0, "scale": -1}])",
        R"([{"name": "x", "mean": 0, "scale": "1"}])", R"([{"name": "x", "mean": 1e999, "scale": 1}])",
        R"([{"name": "x", "mean": null, "scale": 1}])"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(scaling_from_json(text, "some.file"), DataError);
    CHECK_THROWS_WITH(scaling_from_json(text, "some.file"),
                      Catch::Matchers::ContainsSubstring("some.file: the scaling cannot be read"));
  }
}

TEST_CASE("a scaling is found again beside the network that it was saved with") {
  const TemporaryFolder folder;
  const auto file = folder.path / "network.safetensors";
  const Mlp<float> network(dense({2, 3}, Activation::relu));
  save(network, file, {{"downhill.inputs", to_json(NamedScaling{{"x", "y"}, {{{1, 2}, {3, 4}}}})}});
  const SafeTensors read = read_safetensors(file);
  const NamedScaling inputs = scaling_from_json(read.metadata().at("downhill.inputs"), read.source());
  CHECK(inputs.names == std::vector<std::string>{"x", "y"});
  CHECK(inputs.scaling.columns.at(1).scale == 4);
  CHECK(load_network<float>(file).parameters().size() == network.parameters().size());
}
