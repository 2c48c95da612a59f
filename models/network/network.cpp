#include <models/network/network.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include <autodiff/error.hpp>
#include <autodiff/text/table.hpp>
#include <autodiff/text/utf8.hpp>
#include <models/training/evaluation.hpp>

namespace downhill {

template <class T>
Mlp<T>::Mlp(Architecture architecture)
    : architecture_(std::move(architecture)), shapes_(shapes_of(architecture_)), tape_(std::make_unique<Tape<T>>()) {
  std::mt19937_64 generator(architecture_.seed);
  std::vector<T> values;
  parameters_.resize(architecture_.layers.size());
  for (const auto& [layer, name, shape] : parameters_of(architecture_)) {
    values.resize(shape.size());
    initialise(std::span<T>(values), shape.start, shape.fan_in, shape.fan_out, generator);
    list_.push_back({name, tape_->parameters().size(), shape.rows, shape.columns});
    parameters_[layer].push_back(downhill::parameters(*tape_, values, shape.rows, shape.columns, name));
  }
}

template <class T>
Mlp<T>::Mlp(const Mlp& other) : Mlp(other.architecture_) {
  std::ranges::copy(other.parameters(), update_parameters().begin());
}

template <class T>
Mlp<T>& Mlp<T>::operator=(const Mlp& other) {
  return *this = Mlp(other);
}

template <class T>
VarMatrix<T> Mlp<T>::operator()(const VarMatrix<T>& x, const Pass& pass) const {
  if (x.columns() != inputs())
    misuse::different_shapes("the network's input", x.rows(), x.columns(), x.rows(), inputs(),
                             "a batch has a sample in each row, and a column for each feature");
  VarMatrix<T> y = x;
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    y = forward<T>(architecture_.layers[i], y, shapes_[i], parameters_[i], pass);
  return y;
}

template <class T>
void Mlp<T>::predict(std::span<const T> inputs, std::span<T> into) const {
  constexpr std::size_t at_once = 256;
  const std::size_t features = this->inputs(), samples = inputs.size() / features;
  if (inputs.size() % features != 0)
    throw ShapeError(fmt::format("predict: {} numbers are no whole rows of {} inputs", inputs.size(), features));
  if (into.size() != samples * outputs()) misuse::different_sizes("predict, into", samples * outputs(), into.size());
  for (std::size_t i = 0; i < samples; i += at_once) {
    const std::size_t count = std::min(at_once, samples - i);
    const auto batch = VarMatrix<T>::constant(inputs.subspan(i * features, count * features), count, features);
    training_detail::off_the_tape(
        *tape_, [&] { MatrixRecorder::copy<T>((*this)(batch), into.subspan(i * outputs(), count * outputs())); });
  }
}

template <class T>
Eigen::Map<const typename Mlp<T>::Matrix> Mlp<T>::parameter(std::string_view name) const& {
  std::string all;
  for (const Parameter& p : list_) {
    if (p.name == name)
      return Eigen::Map<const Matrix>(parameters().data() + p.begin, static_cast<Eigen::Index>(p.rows),
                                      static_cast<Eigen::Index>(p.columns));
    all += fmt::format("{}{}", all.empty() ? "" : ", ", p.name);
  }
  throw OptionError(fmt::format("there is no parameter '{}'; there are {}", name, all));
}

namespace {

std::string with_separators(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), ",");
  return digits;
}

std::string memory(double bytes) {
  for (const char* unit : {"B", "KB", "MB"}) {
    if (bytes < 999.5) return fmt::format("{:.3g} {}", bytes, unit);
    bytes /= 1000;
  }
  return fmt::format("{:.3g} GB", bytes);
}

}  // namespace

template <class T>
std::string Mlp<T>::summary(std::size_t batch) const {
  // Backward, a layer costs twice what it costs forward: one product for its inputs' adjoints, one for its weights'.
  const double samples = static_cast<double>(batch);
  std::vector<TableRow> rows{{"layer", "output", "parameters", "memory", "FLOPs a step"},
                             {"input", shapes_[0].text(), "", "", ""}};
  double all = 0;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    std::visit(
        [&](const auto& layer) {
          double count = 0;
          for (const VarMatrix<T>& p : parameters_[i]) count += static_cast<double>(p.size());
          const double flops = 3 * samples * layer.flops(shapes_[i]);
          all += flops;
          rows.push_back({layer.text(), shapes_[i + 1].text(), count == 0 ? "" : with_separators(count),
                          count == 0 ? "" : memory(count * sizeof(T)), flops == 0 ? "" : with_separators(flops)});
        },
        architecture_.layers[i]);
  }
  const auto count = static_cast<double>(parameters().size());
  rows.push_back({"total", "", with_separators(count), memory(count * sizeof(T)), with_separators(all)});

  const std::vector<std::string> lines = aligned(rows, std::array{Align::left, Align::right});
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i == 1 || i + 1 == lines.size()) text += rule(utf8::length(lines[0])) + '\n';
    text += lines[i] + '\n';
  }
  return text + fmt::format("A step of training takes a batch of {} forward and back.\n", batch);
}

template class Mlp<float>;
template class Mlp<double>;

}  // namespace downhill
