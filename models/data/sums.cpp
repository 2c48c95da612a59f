#include <models/data/sums.hpp>

#include <fmt/format.h>

#include <autodiff/error.hpp>
#include <autodiff/text/counted.hpp>

namespace downhill::samples_detail {

template <class T>
program_detail::Columns<T> columns_of(const Samples<T>& samples, std::size_t per_sample, std::string_view operation) {
  samples.demand_whole(operation);
  const std::size_t numbers = samples.features + (samples.has_labels() ? 1 : 0) + samples.outputs;
  if (numbers != per_sample)
    throw ShapeError(fmt::format(
        "{}: a sample has {}{}{}, and the program was recorded with samples of {}; record it "
        "with {}",
        operation, counted(samples.features, "input"), samples.has_labels() ? ", a label" : "",
        samples.outputs == 0 ? "" : ", " + counted(samples.outputs, "target"), counted(per_sample, "number"), numbers));
  program_detail::Columns<T> columns{.samples = samples.size()};
  for (std::size_t j = 0; j < samples.features; ++j)
    columns.columns.push_back(program_detail::Columns<T>::from(samples.inputs.data(), j, samples.features));
  if (samples.has_labels()) columns.columns.push_back({.labels = samples.labels.data()});
  for (std::size_t j = 0; j < samples.outputs; ++j)
    columns.columns.push_back(program_detail::Columns<T>::from(samples.targets.data(), j, samples.outputs));
  return columns;
}

template program_detail::Columns<float> columns_of(const Samples<float>&, std::size_t, std::string_view);
template program_detail::Columns<double> columns_of(const Samples<double>&, std::size_t, std::string_view);

}  // namespace downhill::samples_detail
