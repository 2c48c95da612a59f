#include <models/training/evaluation.hpp>

#include <fmt/format.h>

#include <numeric>

#include <autodiff/descent/walk.hpp>
#include <autodiff/error.hpp>

namespace downhill {

template <class T>
Batch<T> BatchRows<T>::gather(const Samples<T>& samples, std::span<const std::size_t> indices, Loss loss) {
  const std::size_t features = samples.features, outputs = samples.outputs;
  inputs_.resize(indices.size() * features);
  for (std::size_t i = 0; i < indices.size(); ++i)
    std::ranges::copy(samples.input(indices[i]), inputs_.begin() + static_cast<std::ptrdiff_t>(i * features));
  labels_.clear();
  targets_.clear();
  if (samples.has_labels()) {
    for (const std::size_t index : indices) labels_.push_back(samples.labels[index]);
    if (loss == Loss::logistic_cross_entropy)
      for (const std::size_t label : labels_) targets_.push_back(static_cast<T>(label));
  } else {
    for (const std::size_t index : indices)
      for (std::size_t j = 0; j < outputs; ++j) targets_.push_back(samples.targets[index * outputs + j]);
  }
  return {inputs_, labels_, targets_};
}

template <class T>
Batch<T> BatchRows<T>::gather(const Samples<T>& samples, std::size_t begin, std::size_t end, Loss loss) {
  indices_.resize(end - begin);
  std::iota(indices_.begin(), indices_.end(), begin);
  return gather(samples, indices_, loss);
}

namespace training_detail {

template <class T>
Loss demand_fit(std::string_view operation, const Samples<T>& samples, std::size_t inputs, std::size_t outputs,
                Loss loss, double huber_delta) {
  samples.demand_whole(operation);
  if (samples.features != inputs)
    throw ShapeError(fmt::format("{}: the samples have {} features, and the model has {} inputs", operation,
                                 samples.features, inputs));
  try {
    loss = chosen_loss(loss, samples, outputs);
  } catch (const ShapeError& error) {
    throw ShapeError(fmt::format("{}: {}", operation, error.what()));
  }
  if (loss == Loss::huber)
    demand(huber_delta > 0, operation, "the delta of the Huber loss", huber_delta, "must be positive");
  return loss;
}

template Loss demand_fit(std::string_view, const Samples<float>&, std::size_t, std::size_t, Loss, double);
template Loss demand_fit(std::string_view, const Samples<double>&, std::size_t, std::size_t, Loss, double);

}  // namespace training_detail

template class BatchRows<float>;
template class BatchRows<double>;

}  // namespace downhill
