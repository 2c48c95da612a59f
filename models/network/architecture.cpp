#include <models/network/architecture.hpp>

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>

#include <autodiff/error.hpp>
#include <autodiff/text/names.hpp>
#include <autodiff/text/utf8.hpp>
#include <models/files/file.hpp>

namespace downhill {

Architecture dense(const std::vector<std::size_t>& sizes, Activation activation, std::uint64_t seed) {
  if (sizes.size() < 2)
    throw OptionError(
        fmt::format("dense: {} sizes; there must be at least those of the input and the output", sizes.size()));
  Architecture architecture{.input = sizes.front(), .seed = seed};
  for (std::size_t i = 1; i < sizes.size(); ++i)
    architecture.layers.push_back(Dense{sizes[i], i + 1 < sizes.size() ? activation : Activation::none});
  return architecture;
}

std::vector<SampleShape> shapes_of(const Architecture& architecture) {
  if (architecture.layers.empty()) throw OptionError("a network needs at least one layer");
  if (architecture.input.size() == 0) throw OptionError("a network needs at least one input; set .input");
  std::vector<SampleShape> shapes{architecture.input};
  for (std::size_t i = 0; i < architecture.layers.size(); ++i) {
    const auto of_layer = [i](const Error& error) {
      return fmt::format("layer {} of the network: {}", i, error.what());
    };
    try {
      shapes.push_back(
          std::visit([&](const auto& layer) { return layer.output(shapes.back()); }, architecture.layers[i]));
    } catch (const ShapeError& error) {
      throw ShapeError(of_layer(error));
    } catch (const OptionError& error) {
      throw OptionError(of_layer(error));
    }
  }
  return shapes;
}

std::vector<LayerParameter> parameters_of(const Architecture& architecture) {
  const std::vector<SampleShape> shapes = shapes_of(architecture);
  std::vector<LayerParameter> parameters;
  for (std::size_t i = 0; i < architecture.layers.size(); ++i)
    for (const ParameterShape& p :
         std::visit([&](const auto& layer) { return layer.parameters(shapes[i]); }, architecture.layers[i]))
      parameters.push_back({i, fmt::format("{}.{}", i, p.name), p});
  return parameters;
}

// ---- as JSON

namespace {

using Json = nlohmann::json;

constexpr std::string_view of_ones_own = "custom";  // the kind of a layer that only its program knows

struct Writer {
  Json& json;
  template <class Option>
  void operator()(const char* key, const Option& option) const {
    if constexpr (CountedEnum<Option>)
      json[key] = enumerator_name(option);
    else
      json[key] = option;
  }
};

struct Reader {
  const Json& json;
  template <CountedEnum E>
  void operator()(const char* key, E& option) const {
    option = enumerator_called<E>(key, json.at(key).get_ref<const std::string&>());
  }
  void operator()(const char* key, std::size_t& option) const {
    const Json& number = json.at(key);
    if (!number.is_number_unsigned() || number.get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max())
      throw OptionError(fmt::format("'{}' is not a number of elements", key));
    option = number.get<std::size_t>();
  }
  void operator()(const char* key, double& option) const { option = json.at(key).get<double>(); }
  void operator()(const char* key, bool& option) const { option = json.at(key).get<bool>(); }
};

// What a file knows of a layer of one's own.
struct Described {
  std::string said;

  std::string text() const { return said; }
  SampleShape output(const SampleShape&) const {
    throw OptionError(
        fmt::format("'{}' is a layer of a program's own; make the network there, and give it the "
                    "parameters with load_parameters",
                    utf8::printable(said)));
  }
  std::vector<ParameterShape> parameters(const SampleShape&) const { return {}; }
  double flops(const SampleShape&) const { return 0; }
  template <class T>
  VarMatrix<T> forward(const VarMatrix<T>& x, std::span<const VarMatrix<T>>, const Pass&) const {
    return x;
  }
};

Layer layer_from(const Json& json) {
  const auto& kind = json.at("kind").get_ref<const std::string&>();
  if (kind == of_ones_own) return Described{json.at("text").get<std::string>()};
  std::optional<Layer> layer;
  AllLayers::for_each([&]<class L>(std::type_identity<L>) {
    if (L::name != kind) return;
    L known;
    known.for_each_option(Reader{json});
    layer = known;
  });
  if (!layer) refuse_name("layer", kind, AllLayers::names());
  return *std::move(layer);
}

Json json_of(CustomLayer& layer) { return {{"kind", of_ones_own}, {"text", layer.text()}}; }
template <class L>
Json json_of(L& layer) {
  Json json{{"kind", L::name}};
  layer.for_each_option(Writer{json});
  return json;
}

}  // namespace

std::string to_json(const Architecture& architecture) {
  Json layers = Json::array();
  for (Layer layer : architecture.layers)
    layers.push_back(std::visit([](auto& known) { return json_of(known); }, layer));
  const SampleShape& input = architecture.input;
  return Json{{"input", {input.height, input.width, input.channels}}, {"layers", layers}, {"seed", architecture.seed}}
      .dump();
}

Architecture architecture_from_json(std::string_view text, std::string_view source) {
  Architecture architecture = described_architecture(text, source);
  try {
    shapes_of(architecture);
  } catch (const Error& error) {
    throw DataError(fmt::format("{}: the architecture cannot be read: {}", source, error.what()));
  }
  return architecture;
}

Architecture described_architecture(std::string_view text, std::string_view source) {
  constexpr std::size_t most_text = 1'000'000;
  try {
    if (text.size() > most_text) throw OptionError(fmt::format("it has {} characters", text.size()));
    const Json json = Json::parse(text);
    Architecture architecture;
    std::array<std::size_t, 3> input{};
    for (std::size_t i = 0; i < input.size(); ++i) Reader{Json{{"input", json.at("input").at(i)}}}("input", input[i]);
    architecture.input = SampleShape(input[0], input[1], input[2]);
    for (const Json& layer : json.at("layers")) architecture.layers.push_back(layer_from(layer));
    architecture.seed = json.at("seed").get<std::uint64_t>();
    return architecture;
  } catch (const Json::exception& error) {
    throw DataError(fmt::format("{}: the architecture cannot be read: {}", source, error.what()));
  } catch (const Error& error) {
    throw DataError(fmt::format("{}: the architecture cannot be read: {}", source, error.what()));
  }
}

}  // namespace downhill
