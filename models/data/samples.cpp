#include <models/data/samples.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include <autodiff/descent/walk.hpp>
#include <autodiff/error.hpp>
#include <models/network/initialise.hpp>

namespace downhill {

template <class T>
std::size_t Samples<T>::classes() const {
  const std::size_t seen = labels.empty() ? 0 : *std::ranges::max_element(labels) + 1;
  return std::max(seen, class_names.size());
}

template <class T>
Samples<T> Samples<T>::rows(std::span<const std::size_t> indices) const {
  if ((has_labels() && labels.size() != size()) || targets.size() != size() * outputs) demand_whole("Samples::rows");
  Samples some{.features = features, .outputs = outputs, .class_names = class_names};
  some.inputs.reserve(indices.size() * features);
  for (const std::size_t i : indices) {
    if (i >= size())
      throw ShapeError(fmt::format("Samples::rows: the sample {} of {}; they are counted from 0", i, size()));
    some.inputs.insert(some.inputs.end(), input(i).begin(), input(i).end());
    if (has_labels()) some.labels.push_back(labels[i]);
    for (std::size_t j = 0; j < outputs; ++j) some.targets.push_back(targets[i * outputs + j]);
  }
  return some;
}

template <class T>
void Samples<T>::demand_whole(std::string_view operation) const {
  const auto demand = [&](bool holds, std::string_view what) {
    if (!holds) throw ShapeError(fmt::format("{}: {}", operation, what));
  };
  demand(size() > 0, "there are no samples; set `features` and `inputs`");
  demand(inputs.size() == size() * features,
         fmt::format("{} inputs are no whole rows of {} features", inputs.size(), features));
  demand(has_labels() || outputs > 0 || !targets.empty(),
         "the samples have neither labels nor targets; set `labels`, or `outputs` and `targets`");
  demand(!has_labels() || labels.size() == size(),
         fmt::format("{} labels for {} samples; each needs one", labels.size(), size()));
  demand(targets.size() == size() * outputs,
         fmt::format("{} targets for {} samples of {} outputs", targets.size(), size(), outputs));
}

template <class T>
Samples<T> classes_of(const Dataset& table, std::string_view label_column) {
  if (table.columns() < 2)
    throw DataError(fmt::format("{}: {} columns; there must be at least one of inputs beside that of the classes",
                                table.source, table.columns()));
  const std::vector<double> labels =
      label_column.empty() ? table.column(table.columns() - 1) : table.column(label_column);
  const std::size_t at =
      label_column.empty()
          ? table.columns() - 1
          : static_cast<std::size_t>(std::ranges::find(table.names, label_column) - table.names.begin());
  Samples<T> samples{.features = table.columns() - 1};
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const double label = labels[i];
    if (!(label >= 0 && label < 1e6 && std::floor(label) == label))
      throw DataError(fmt::format("{}: the class of row {} is {} in column '{}'; classes are 0, 1, 2 and so on",
                                  table.source, i + 1, label, table.names[at]));
    samples.labels.push_back(static_cast<std::size_t>(label));
    for (std::size_t j = 0; j < table.columns(); ++j)
      if (j != at) samples.inputs.push_back(static_cast<T>(table.row(i)[j]));
  }
  return samples;
}

template <class T>
Samples<T> targets_of(const Dataset& table, const std::vector<std::string>& target_columns) {
  std::vector<bool> is_target(table.columns(), false);
  Samples<T> samples{.outputs = target_columns.size()};
  samples.targets.resize(table.rows() * target_columns.size());
  for (std::size_t k = 0; k < target_columns.size(); ++k) {
    const std::vector<double> column = table.column(target_columns[k]);
    const auto at = static_cast<std::size_t>(std::ranges::find(table.names, target_columns[k]) - table.names.begin());
    if (is_target[at])
      throw DataError(fmt::format("{}: the target '{}' is asked for twice", table.source, target_columns[k]));
    is_target[at] = true;
    for (std::size_t i = 0; i < column.size(); ++i)
      samples.targets[i * target_columns.size() + k] = static_cast<T>(column[i]);
  }
  samples.features = static_cast<std::size_t>(std::ranges::count(is_target, false));
  if (samples.features == 0 || target_columns.empty())
    throw DataError(fmt::format("{}: {} of {} columns are targets; there must be at least one, and one of inputs",
                                table.source, target_columns.size(), table.columns()));
  for (std::size_t i = 0; i < table.rows(); ++i)
    for (std::size_t j = 0; j < table.columns(); ++j)
      if (!is_target[j]) samples.inputs.push_back(static_cast<T>(table.row(i)[j]));
  return samples;
}

template <class T>
Samples<T> labelled_images(const IdxArray& images, const IdxArray& labels) {
  if (images.shape.size() < 2 || labels.shape.size() != 1 || images.shape[0] != labels.shape[0])
    throw DataError(
        fmt::format("{}: {} dimensions and {} samples, and {}: {} dimensions and {} samples; there must be a "
                    "label for each image",
                    images.source, images.shape.size(), images.shape.empty() ? 0 : images.shape[0], labels.source,
                    labels.shape.size(), labels.shape.empty() ? 0 : labels.shape[0]));
  if (images.type != IdxType::uint8 || labels.type != IdxType::uint8)
    throw DataError(fmt::format("{} and {}: the pixels and the labels must be bytes", images.source, labels.source));
  Samples<T> samples{.features = images.shape[0] == 0 ? 0 : images.size() / images.shape[0]};
  samples.inputs.reserve(images.size());
  for (const std::uint8_t pixel : images.bytes) samples.inputs.push_back(static_cast<T>(pixel) / T(255));
  samples.labels.assign(labels.bytes.begin(), labels.bytes.end());
  return samples;
}

template <class T>
Samples<T> two_moons(std::size_t samples, double noise, std::uint64_t seed) {
  demand(noise >= 0 && std::isfinite(noise), "two_moons", "the noise", noise,
         "is a standard deviation, at least 0 and finite");
  std::mt19937_64 generator(seed);
  // Box and Muller, "A note on the generation of random normal deviates" (1958).
  const auto normal = [&] {
    const double u = (1 - uniform(generator)) / 2, v = uniform(generator);  // u in (0, 1]
    return std::sqrt(-2 * std::log(u)) * std::cos(std::numbers::pi * v);
  };
  Samples<T> moons{.features = 2};
  for (std::size_t i = 0; i < samples; ++i) {
    const double angle = std::numbers::pi * (1 + uniform(generator)) / 2;
    const bool lower = i % 2 == 1;
    const double x = lower ? 1 - std::cos(angle) : std::cos(angle), y = lower ? 0.5 - std::sin(angle) : std::sin(angle);
    moons.inputs.push_back(static_cast<T>(x + noise * normal()));
    moons.inputs.push_back(static_cast<T>(y + noise * normal()));
    moons.labels.push_back(lower ? 1 : 0);
  }
  return moons;
}

template struct Samples<float>;
template struct Samples<double>;
template Samples<float> classes_of(const Dataset&, std::string_view);
template Samples<double> classes_of(const Dataset&, std::string_view);
template Samples<float> targets_of(const Dataset&, const std::vector<std::string>&);
template Samples<double> targets_of(const Dataset&, const std::vector<std::string>&);
template Samples<float> labelled_images(const IdxArray&, const IdxArray&);
template Samples<double> labelled_images(const IdxArray&, const IdxArray&);
template Samples<float> two_moons(std::size_t, double, std::uint64_t);
template Samples<double> two_moons(std::size_t, double, std::uint64_t);

}  // namespace downhill
