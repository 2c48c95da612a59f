#include <models/training/checkpoint.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <locale>
#include <optional>
#include <random>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <autodiff/error.hpp>
#include <autodiff/text/utf8.hpp>
#include <models/files/shape.hpp>
#include <models/network/architecture.hpp>

namespace downhill {

namespace checkpoint_detail {
namespace {

using Extents = std::vector<std::size_t>;

std::vector<std::uint64_t> words_of(const std::mt19937_64& generator) {
  std::stringstream text;
  text.imbue(std::locale::classic());
  text << generator;
  std::vector<std::uint64_t> words;
  for (std::uint64_t word = 0; text >> word;) words.push_back(word);
  return words;
}

std::mt19937_64 generator_in(const SafeTensors& file, std::string_view name) {
  std::stringstream text;
  text.imbue(std::locale::classic());
  for (const std::uint64_t word : file.get<std::uint64_t>(name)) text << word << ' ';
  std::mt19937_64 generator;
  text >> generator;
  if (text.fail())
    throw DataError(fmt::format("{}: '{}' is not the state of a random generator that this standard library writes",
                                file.source(), name));
  return generator;
}

// The architecture that the file tells of, if it does, must compute what the model does.
void demand_same(const SafeTensors& file, const Architecture* model) {
  const auto found = file.metadata().find("downhill.architecture");
  if (model == nullptr || found == file.metadata().end()) return;
  const Architecture saved = described_architecture(found->second, file.source());
  const auto refuse = [&](std::string_view what, const std::string& there, const std::string& here) {
    throw DataError(fmt::format(
        "{}: it is of another network: {} is {} there, and {} in the model; load_network makes the network that was "
        "saved",
        file.source(), what, there, here));
  };
  if (saved.input != model->input) refuse("the input", saved.input.text(), model->input.text());
  const auto layer = [](const Architecture& of, std::size_t i) {
    return i < of.layers.size() ? std::visit([](const auto& each) { return each.text(); }, of.layers[i])
                                : std::string("missing");
  };
  for (std::size_t i = 0; i < std::max(saved.layers.size(), model->layers.size()); ++i)
    if (layer(saved, i) != layer(*model, i)) refuse(fmt::format("layer {}", i), layer(saved, i), layer(*model, i));
  // What the text of a layer does not say, such as its epsilon. How it started does not matter any more.
  const auto computed = [](Architecture architecture) {
    architecture.seed = 0;
    for (Layer& each : architecture.layers)
      std::visit(
          [](auto& known) {
            if constexpr (requires { known.initialiser; }) known.initialiser = Initialiser::automatic;
          },
          each);
    return to_json(architecture);
  };
  if (computed(*model) != computed(saved)) refuse("the architecture", computed(saved), computed(*model));
}

// What the metadata says under "downhill.", or nothing.
std::optional<std::string_view> said_in(const SafeTensors& file, std::string_view key) {
  const auto found = file.metadata().find(fmt::format("downhill.{}", key));
  return found == file.metadata().end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

// visit(key, number) of the numbers of a state that stand in the metadata: written and read by the same list.
template <class State, class Visit>
void numbers(State& state, Visit&& visit) {
  visit("steps", state.steps);
  visit("position", state.order.position);
  visit("epochs", state.order.epochs);
  visit("log.steps", state.log.steps);
  visit("log.samples", state.log.samples);
  visit("log.best_epoch", state.log.best_epoch);
  visit("log.waited", state.log.patience.waited);
}

std::size_t number_in(const SafeTensors& file, std::string_view key) {
  const auto text = said_in(file, key);
  if (!text)
    throw DataError(fmt::format("{}: there is no 'downhill.{}' in its metadata; it is not a checkpoint of a training",
                                file.source(), key));
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size())
    throw DataError(fmt::format("{}: 'downhill.{}' is '{}', not a number", file.source(), key, utf8::printable(*text)));
  return number;
}

// The parameters, in the order of the list.
template <class T>
std::vector<T> parameters_in(const SafeTensors& file, const std::vector<NamedMatrix>& matrices) {
  std::vector<T> values;
  for (const NamedMatrix& m : matrices) {
    const std::size_t begin = values.size();
    // Compared before anything of that size is allocated.
    if (file.at(m.name).shape != Extents{m.rows, m.columns})
      throw DataError(fmt::format("{}: '{}' is {}, and {} x {} in the model", file.source(), m.name,
                                  text_of(file.at(m.name).shape), m.rows, m.columns));
    values.resize(begin + m.rows * m.columns);
    file.get<T>(m.name, {m.rows, m.columns}, std::span(values).subspan(begin));
  }
  return values;
}

template <class T>
std::vector<TensorView> views_of(std::span<const T> parameters, const std::vector<NamedMatrix>& matrices) {
  std::vector<TensorView> views;
  for (const NamedMatrix& m : matrices)
    views.push_back(view_of<T>(m.name, parameters.subspan(m.begin, m.rows * m.columns), {m.rows, m.columns}));
  return views;
}

constexpr std::size_t epoch_columns = 5;  // loss, validation loss, score, learning rate, seconds

std::vector<double> rows_of(const std::vector<Epoch>& history) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> rows;
  for (const Epoch& epoch : history) {
    const Metrics validation = epoch.validation.value_or(Metrics{none, none});
    rows.insert(rows.end(), {epoch.loss, validation.loss, validation.score, epoch.learning_rate, epoch.seconds});
  }
  return rows;
}

std::vector<Epoch> history_in(const SafeTensors& file) {
  const std::vector<double> rows = file.get<double>("training.history");
  if (rows.size() % epoch_columns != 0)
    throw DataError(fmt::format("{}: 'training.history' does not have {} columns", file.source(), epoch_columns));
  std::vector<Epoch> history;
  for (std::size_t i = 0; i < rows.size(); i += epoch_columns) {
    Epoch epoch{.loss = rows[i], .learning_rate = rows[i + 3], .seconds = rows[i + 4]};
    if (rows[i + 2] == rows[i + 2]) epoch.validation = Metrics{rows[i + 1], rows[i + 2]};
    history.push_back(epoch);
  }
  return history;
}

}  // namespace

template <class T>
void write(const std::filesystem::path& file, const std::vector<NamedMatrix>& matrices, const TrainingState<T>& state,
           TensorMetadata metadata, std::string_view method, std::string_view loss) {
  std::vector<TensorView> tensors = views_of<T>(state.parameters, matrices);
  const std::size_t parameters = state.parameters.size();
  const std::vector<std::uint64_t> order(state.order.order.begin(), state.order.order.end());
  const auto shuffle = words_of(state.order.generator), dropout = words_of(state.dropout);
  const std::vector<double> history = rows_of(state.log.history), losses{state.log.losses, state.log.patience.least};
  tensors.push_back(view_of<T>("training.memory", state.memory,
                               {parameters == 0 ? 0 : state.memory.size() / parameters, parameters}));
  tensors.push_back(view_of<T>("training.best", state.best));
  tensors.push_back(view_of<std::uint64_t>("training.order", order));
  tensors.push_back(view_of<std::uint64_t>("training.shuffle", shuffle));
  tensors.push_back(view_of<std::uint64_t>("training.dropout", dropout));
  tensors.push_back(view_of<double>("training.history", history, {state.log.history.size(), epoch_columns}));
  tensors.push_back(view_of<double>("training.losses", losses));
  metadata["downhill.method"] = method;
  metadata["downhill.loss"] = loss;
  numbers(state, [&](std::string_view key, std::size_t value) {
    metadata[fmt::format("downhill.{}", key)] = fmt::format("{}", value);
  });
  write_safetensors(file, tensors, metadata);
}

template <class T>
TrainingState<T> read(const std::filesystem::path& path, const std::vector<NamedMatrix>& matrices,
                      std::size_t parameters, std::size_t memory, std::string_view method, std::string_view loss,
                      const Architecture* architecture) {
  const SafeTensors file = read_safetensors(path);
  TrainingState<T> state;
  numbers(state, [&](std::string_view key, std::size_t& value) { value = number_in(file, key); });
  if (const std::string_view saved = said_in(file, "method").value_or(""); saved != method)
    throw DataError(
        fmt::format("{}: it was saved by a training with {}, not {}", file.source(), utf8::printable(saved), method));
  if (const auto saved = said_in(file, "loss"); saved && *saved != loss)
    throw DataError(fmt::format("{}: it was saved by a training with the loss {}, not {}", file.source(),
                                utf8::printable(*saved), loss));
  state.parameters = parameters_in<T>(file, matrices);
  demand_same(file, architecture);
  state.memory.resize(memory * parameters);
  file.get<T>("training.memory", {memory, parameters}, std::span<T>(state.memory));
  state.best = file.get<T>("training.best");
  const std::vector<std::uint64_t> order = file.get<std::uint64_t>("training.order");
  state.order.order.assign(order.begin(), order.end());
  state.order.generator = generator_in(file, "training.shuffle");
  state.dropout = generator_in(file, "training.dropout");
  std::vector<double> losses(2);
  file.get<double>("training.losses", {2}, std::span<double>(losses));
  state.log.losses = losses[0];
  state.log.patience.least = losses[1];
  state.log.history = history_in(file);
  return state;
}

template void write(const std::filesystem::path&, const std::vector<NamedMatrix>&, const TrainingState<float>&,
                    TensorMetadata, std::string_view, std::string_view);
template void write(const std::filesystem::path&, const std::vector<NamedMatrix>&, const TrainingState<double>&,
                    TensorMetadata, std::string_view, std::string_view);
template TrainingState<float> read(const std::filesystem::path&, const std::vector<NamedMatrix>&, std::size_t,
                                   std::size_t, std::string_view, std::string_view, const Architecture*);
template TrainingState<double> read(const std::filesystem::path&, const std::vector<NamedMatrix>&, std::size_t,
                                    std::size_t, std::string_view, std::string_view, const Architecture*);

}  // namespace checkpoint_detail

template <class T>
void save(const Mlp<T>& network, const std::filesystem::path& file, TensorMetadata metadata) {
  metadata["downhill.architecture"] = to_json(network.architecture());
  write_safetensors(file, checkpoint_detail::views_of<T>(network.parameters(), checkpoint_detail::matrices_of(network)),
                    metadata);
}

template <class T>
void load_parameters(Mlp<T>& network, const std::filesystem::path& file) {
  const SafeTensors tensors = read_safetensors(file);
  const std::vector<T> values = checkpoint_detail::parameters_in<T>(tensors, checkpoint_detail::matrices_of(network));
  checkpoint_detail::demand_same(tensors, &network.architecture());
  std::ranges::copy(values, network.update_parameters().begin());
}

template <class T>
Mlp<T> load_network(const std::filesystem::path& path) {
  const SafeTensors file = read_safetensors(path);
  const auto json = checkpoint_detail::said_in(file, "architecture");
  if (!json)
    throw DataError(
        fmt::format("{}: there is no 'downhill.architecture' in its metadata; make the network and use "
                    "load_parameters",
                    file.source()));
  const Architecture architecture = architecture_from_json(*json, file.source());
  std::vector<checkpoint_detail::NamedMatrix> matrices;
  for (const auto& [layer, name, shape] : parameters_of(architecture))
    matrices.push_back({name, 0, shape.rows, shape.columns});
  const std::vector<T> values = checkpoint_detail::parameters_in<T>(file, matrices);  // before the network takes memory
  Mlp<T> network(architecture);
  std::ranges::copy(values, network.update_parameters().begin());
  return network;
}

template void save(const Mlp<float>&, const std::filesystem::path&, TensorMetadata);
template void save(const Mlp<double>&, const std::filesystem::path&, TensorMetadata);
template void load_parameters(Mlp<float>&, const std::filesystem::path&);
template void load_parameters(Mlp<double>&, const std::filesystem::path&);
template Mlp<float> load_network(const std::filesystem::path&);
template Mlp<double> load_network(const std::filesystem::path&);

}  // namespace downhill
