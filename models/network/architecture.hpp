#pragma once
/// \file
/// What a network is made of, without its parameters: its layers in their order, and the same as text.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <models/network/layers.hpp>

namespace downhill {

/// The shape of a sample, and the layers that it passes through in their order.
struct Architecture {
  SampleShape input = {};
  std::vector<Layer> layers = {};
  std::uint64_t seed = 1;  ///< of the start
};

/// Layers of these sizes with one activation between them: `dense({64, 64, 10}, Activation::relu)` has two, Dense 64
/// with relu and Dense 10 without. Throws OptionError for fewer than two sizes.
Architecture dense(const std::vector<std::size_t>& sizes, Activation activation, std::uint64_t seed = 1);

/// The shape of a sample as it comes in, and behind each layer. Throws ShapeError where a layer does not fit what comes
/// before it, OptionError where there is no input or no layer.
std::vector<SampleShape> shapes_of(const Architecture& architecture);

/// A matrix of parameters, and the layer that it belongs to, from 0.
struct LayerParameter {
  std::size_t layer;
  std::string name;  ///< "0.weight": the layer, and what it is there
  ParameterShape shape;
};
/// All of them, layer by layer. Throws likewise.
std::vector<LayerParameter> parameters_of(const Architecture& architecture);

/// {"input": [1, 1, 64], "layers": [{"kind": "Dense", "outputs": 10, ...}], "seed": 1}
std::string to_json(const Architecture& architecture);
/// Throws DataError where the text is no architecture. `source` stands for the file in messages.
Architecture architecture_from_json(std::string_view text, std::string_view source);
/// The same without a look at the shapes, to compare: of a layer of one's own there is only the text, and it computes
/// nothing.
Architecture described_architecture(std::string_view text, std::string_view source);

}  // namespace downhill
