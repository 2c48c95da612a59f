#include <models/network/architecture.hpp>

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>

#include <autodiff/error.hpp>
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

constexpr std::array initialisers{Initialiser::automatic, Initialiser::xavier, Initialiser::he,
                                  Initialiser::lecun,     Initialiser::zeros,  Initialiser::ones};

// visit(key, member) of what makes up a layer: written and read by the same list.
template <class Visit>
void members(Dense& layer, Visit&& visit) {
  visit("outputs", layer.outputs);
  visit("activation", layer.activation);
  visit("initialiser", layer.initialiser);
  visit("bias", layer.bias);
}
template <class Visit>
void members(LayerNorm& layer, Visit&& visit) {
  visit("epsilon", layer.epsilon);
}
template <class Visit>
void members(Dropout& layer, Visit&& visit) {
  visit("rate", layer.rate);
}
template <class Visit>
void members(Flatten&, Visit&&) {}
template <class Visit>
void members(Window& window, Visit&& visit) {
  visit("height", window.height);
  visit("width", window.width);
  visit("stride", window.stride);
  visit("padding", window.padding);
}
template <class Visit>
void members(Conv2d& layer, Visit&& visit) {
  visit("channels", layer.channels);
  visit("activation", layer.activation);
  visit("initialiser", layer.initialiser);
  members(layer.window, visit);
}
template <Pooling of, class Visit>
void members(Pool2d<of>& layer, Visit&& visit) {
  members(layer.window, visit);
}
template <class Visit>
void members(CustomLayer& layer, Visit&& visit) {
  visit("text", layer.text());
}

template <class L>
constexpr std::string_view kind = "";
template <>
constexpr std::string_view kind<Dense> = "Dense";
template <>
constexpr std::string_view kind<LayerNorm> = "LayerNorm";
template <>
constexpr std::string_view kind<Dropout> = "Dropout";
template <>
constexpr std::string_view kind<Flatten> = "Flatten";
template <>
constexpr std::string_view kind<Conv2d> = "Conv2d";
template <>
constexpr std::string_view kind<MaxPool2d> = "MaxPool2d";
template <>
constexpr std::string_view kind<AveragePool2d> = "AveragePool2d";
template <>
constexpr std::string_view kind<CustomLayer> = "custom";

struct Writer {
  Json& json;
  template <class Member>
  void operator()(const char* key, const Member& member) const {
    if constexpr (requires { name(member); })
      json[key] = name(member);
    else
      json[key] = member;
  }
};

struct Reader {
  const Json& json;
  void operator()(const char* key, Activation& member) const {
    member = activation_called(json.at(key).get_ref<const std::string&>());
  }
  void operator()(const char* key, Initialiser& member) const {
    const auto& text = json.at(key).get_ref<const std::string&>();
    for (const Initialiser known : initialisers)
      if (name(known) == text) return void(member = known);
    throw OptionError(fmt::format("there is no initialiser '{}'", utf8::printable(text)));
  }
  void operator()(const char* key, std::size_t& member) const {
    const Json& number = json.at(key);
    if (!number.is_number_unsigned() || number.get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max())
      throw OptionError(fmt::format("'{}' is not a number of elements", key));
    member = number.get<std::size_t>();
  }
  void operator()(const char* key, double& member) const { member = json.at(key).get<double>(); }
  void operator()(const char* key, bool& member) const { member = json.at(key).get<bool>(); }
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

template <class L>
L read(const Json& json) {
  if constexpr (std::is_same_v<L, CustomLayer>) {
    return Described{json.at("text").get<std::string>()};
  } else {
    L layer;
    members(layer, Reader{json});
    return layer;
  }
}

// The layer of the first of these types that is of that kind.
template <class... L>
Layer layer_among(std::type_identity<std::variant<L...>>, std::string_view of_kind, const Json& json) {
  std::optional<Layer> layer;
  static_cast<void>(((kind<L> == of_kind && (layer = read<L>(json), true)) || ...));
  if (!layer) throw OptionError(fmt::format("there is no layer '{}'", utf8::printable(of_kind)));
  return *std::move(layer);
}

}  // namespace

std::string to_json(const Architecture& architecture) {
  Json layers = Json::array();
  for (Layer layer : architecture.layers)
    std::visit(
        [&]<class L>(L& known) {
          Json json{{"kind", kind<L>}};
          members(known, Writer{json});
          layers.push_back(std::move(json));
        },
        layer);
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
    for (const Json& layer : json.at("layers"))
      architecture.layers.push_back(
          layer_among(std::type_identity<Layer>(), layer.at("kind").get_ref<const std::string&>(), layer));
    architecture.seed = json.at("seed").get<std::uint64_t>();
    return architecture;
  } catch (const Json::exception& error) {
    throw DataError(fmt::format("{}: the architecture cannot be read: {}", source, error.what()));
  } catch (const Error& error) {
    throw DataError(fmt::format("{}: the architecture cannot be read: {}", source, error.what()));
  }
}

}  // namespace downhill
