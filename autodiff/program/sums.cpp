#include <autodiff/program/sums.hpp>

#include <algorithm>
#include <cmath>

#include <autodiff/derivatives/limits.hpp>
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
                    program_detail::Columns<T> columns, const SumOptions<T>& options, bool is_mean)
    : state_(with_parameters(std::move(state), operation)),
      operation_(operation),
      columns_(std::move(columns)),
      weights_(options.weights),
      is_mean_(is_mean),
      runner_(state_),
      blocks_(std::make_shared<program_detail::BlockRunner<T>>(state_)),
      parameters_(state_->parameters()) {
  if (columns_.samples == 0 && is_mean_) misuse::no_samples(operation_);
  if (!weights_.empty() && weights_.size() != columns_.samples)
    misuse::wrong_weights(operation_, columns_.samples, weights_.size());
  weight_ = weight();
}

template <class T>
double SumOver<T>::weight() const {
  if (weights_.empty()) return static_cast<double>(columns_.samples);
  double weight = 0;
  for (const T w : weights_) weight += static_cast<double>(w);
  return weight;
}

template <class T>
double SumOver<T>::over(std::span<const double> point, std::span<double> gradient,
                        const program_detail::Selection& selection) {
  if (point.size() != parameters_.size()) misuse::wrong_parameters(operation_, parameters_.size(), point.size());
  if (!gradient.empty() && gradient.size() != point.size())
    misuse::wrong_gradient(operation_, point.size(), gradient.size());
  std::ranges::transform(point, parameters_.begin(), [](double x) { return static_cast<T>(x); });
  std::ranges::fill(gradient, 0.0);
  return runner_(parameters_, columns_, selection,
                 {.weights = weights_.empty() ? nullptr : weights_.data(), .gradient = gradient});
}

template <class T>
double SumOver<T>::operator()(std::span<const double> point, std::span<double> gradient) {
  const double sum = over(point, gradient, {columns_.samples}), all = divisor();
  for (double& slope : gradient) slope /= all;
  return sum / all;
}

template <class T>
double SumOver<T>::operator()(std::span<const double> point, std::span<double> gradient,
                              std::span<const std::size_t> batch) {
  if (batch.empty()) misuse::no_samples(operation_);
  for (const std::size_t sample : batch)
    if (sample >= columns_.samples) misuse::no_such_sample(operation_, sample, columns_.samples);
  const double sum = over(point, gradient, {batch.size(), batch.data()});
  // Without weights a mean is divided by the number of its samples alone: n over n is 1.
  const double part = static_cast<double>(batch.size()) / static_cast<double>(columns_.samples);
  const double all = !is_mean_ ? part : weights_.empty() ? static_cast<double>(batch.size()) : part * weight_;
  for (double& slope : gradient) slope /= all;
  return sum / all;
}

template <class T>
T SumOver<T>::with_slopes(std::span<const T> at, std::span<T> slopes, program_detail::Nesting, bool&) {
  point_.assign(at.begin(), at.end());
  gradient_.resize(slopes.size());
  const double value = (*this)(point_, gradient_);
  std::ranges::transform(gradient_, slopes.begin(), [](double slope) { return static_cast<T>(slope); });
  return static_cast<T>(value);
}

// The sum of weight * df(w, s)/dw v, and its gradient along w and v.
template <class T>
double SumOver<T>::along(std::string_view operation, std::span<const double> point, std::span<const double> v,
                         std::span<double> gradient) {
  const std::size_t parameters = parameters_.size();
  if (point.size() != parameters) misuse::wrong_parameters(operation, parameters, point.size());
  if (v.size() != parameters) misuse::wrong_direction(operation, parameters, v.size());
  if (!tangents_) tangents_.emplace(state_->tangent());
  directed_.resize(2 * parameters);
  std::ranges::transform(point, directed_.begin(), [](double x) { return static_cast<T>(x); });
  std::ranges::transform(v, directed_.begin() + static_cast<std::ptrdiff_t>(parameters),
                         [](double x) { return static_cast<T>(x); });
  std::ranges::fill(gradient, 0.0);
  const double tangent = (*tangents_)(directed_, columns_, {columns_.samples},
                                      {.weights = weights_.empty() ? nullptr : weights_.data(), .gradient = gradient});
  const bool is_sure = std::isfinite(tangent) && std::ranges::all_of(gradient.first(gradient.empty() ? 0 : parameters),
                                                                     [](double x) { return std::isfinite(x); });
  if (is_sure) return tangent;
  // Where something is infinite or at a kink, nested numbers know what contributes 0.
  const bool wants_gradient = !gradient.empty();
  const double all = divisor();
  std::vector<Dual<T>> at, slopes(wants_gradient ? parameters : 0);
  for (std::size_t i = 0; i < parameters; ++i) at.push_back(Dual<T>(directed_[i], directed_[parameters + i]));
  bool meets_edge = false;
  const Dual<T> sum = with_slopes(
      std::span<const Dual<T>>(at), std::span<Dual<T>>(slopes),
      wants_gradient ? program_detail::Nesting::on_tape : program_detail::Nesting::in_forward_mode, meets_edge);
  for (std::size_t i = 0; i < slopes.size(); ++i) {
    gradient[i] = all * static_cast<double>(slopes[i].tangent());
    gradient[parameters + i] = all * static_cast<double>(slopes[i].value());
  }
  return all * static_cast<double>(sum.tangent());
}

template <class T>
ValueAndTangent<double> SumOver<T>::jvp(std::span<const double> point, std::span<const double> v) {
  const double tangent = along("jvp", point, v, {});
  return {value(point), tangent / divisor()};
}
template <class T>
void SumOver<T>::hessian_vector_product(std::span<const double> point, std::span<const double> v,
                                        std::span<double> into) {
  if (into.size() != point.size()) misuse::wrong_gradient("hessian_vector_product", point.size(), into.size());
  gradient_along_.resize(2 * parameters_.size());
  const double tangent = along("hessian_vector_product", point, v, gradient_along_);
  const double all = divisor();
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = gradient_along_[i] / all;
  if (!std::ranges::all_of(into, [](double x) { return std::isfinite(x); })) take_limits(point, v, tangent / all, into);
}
// In place of what is not finite, where the limits exist. The point is of type T, so that what is beside it is, too.
template <class T>
void SumOver<T>::take_limits(std::span<const double> point, std::span<const double> v, double tangent,
                             std::span<double> into) {
  const double all = divisor();
  const auto seen = [&](std::span<const double> x, double along_v) {
    derivatives_detail::SecondOrder<T> found{.value = static_cast<T>(value(x))};
    for (std::size_t i = 0; i < x.size(); ++i) {
      found.first.push_back(static_cast<T>(gradient_along_[x.size() + i] / all));
      found.second.push_back(static_cast<T>(gradient_along_[i] / all));
    }
    found.first.push_back(static_cast<T>(along_v));
    return found;
  };
  const auto at = [&](const std::vector<T>& place) {
    const std::vector<double> x(place.begin(), place.end());
    const double along_v = along("hessian_vector_product", x, v, gradient_along_) / all;
    return seen(x, along_v);
  };
  std::vector<T> here;
  for (const double x : point) here.push_back(static_cast<T>(x));
  const auto found = derivatives_detail::product_with_limits(seen(point, tangent), here, at);
  for (std::size_t i = 0; i < into.size(); ++i)
    if (!std::isfinite(into[i])) into[i] = static_cast<double>(found.second[i]);
}
template <class T>
std::vector<double> SumOver<T>::hessian_vector_product(std::span<const double> point, std::span<const double> v) {
  std::vector<double> product(point.size());
  hessian_vector_product(point, v, product);
  return product;
}

template class SumOver<double>;
template class SumOver<float>;

}  // namespace downhill
