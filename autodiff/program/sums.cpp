#include <autodiff/program/sums.hpp>

#include <algorithm>

#include <autodiff/program/misuse.hpp>

namespace downhill {
namespace {

template <class State>
State with_parameters(State state, std::string_view operation) {
  if (state->parameters() == 0) misuse::no_parameters(operation);
  return state;
}

}  // namespace

template <class T>
SumOver<T>::SumOver(std::shared_ptr<program_detail::ProgramState<T>> state, std::string_view operation,
                    std::span<const T> rows, const SumOptions<T>& options, bool is_mean)
    : state_(with_parameters(std::move(state), operation)),
      operation_(operation),
      columns_(program_detail::columns_of(rows, state_->per_sample(), operation)),
      weights_(options.weights),
      is_mean_(is_mean),
      runner_(state_),
      parameters_(state_->parameters()) {
  if (columns_.samples == 0 && is_mean_) misuse::no_samples(operation_);
  if (!weights_.empty() && weights_.size() != columns_.samples)
    misuse::wrong_weights(operation_, columns_.samples, weights_.size());
}

template <class T>
double SumOver<T>::operator()(std::span<const double> point, std::span<double> gradient) {
  if (point.size() != parameters_.size()) misuse::wrong_parameters(operation_, parameters_.size(), point.size());
  if (!gradient.empty() && gradient.size() != point.size())
    misuse::wrong_gradient(operation_, point.size(), gradient.size());
  std::ranges::transform(point, parameters_.begin(), [](double x) { return static_cast<T>(x); });
  std::ranges::fill(gradient, 0.0);
  const double sum = runner_(parameters_, columns_, {columns_.samples},
                             {.weights = weights_.empty() ? nullptr : weights_.data(), .gradient = gradient});
  if (!is_mean_) return sum;
  double weight = static_cast<double>(columns_.samples);
  if (!weights_.empty()) {
    weight = 0;
    for (const T w : weights_) weight += static_cast<double>(w);
  }
  for (double& slope : gradient) slope /= weight;
  return sum / weight;
}

template class SumOver<double>;
template class SumOver<float>;

}  // namespace downhill
