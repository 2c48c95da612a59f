#pragma once
// What a network is made of, without its parameters: layers one behind the other, and as text.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <models/layers.hpp>

namespace downhill {

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

/// The matrices of its parameters by name, "0.weight": the layer, from 0, and what it is there. Throws likewise.
std::vector<std::pair<std::string, ParameterShape>> parameters_of(const Architecture& architecture);

/// {"input": [1, 1, 64], "layers": [{"kind": "Dense", "outputs": 10, ...}], "seed": 1}
std::string to_json(const Architecture& architecture);
/// Throws DataError where the text is no architecture. `source` stands for the file in messages.
Architecture architecture_from_json(std::string_view text, std::string_view source);

}  // namespace downhill
