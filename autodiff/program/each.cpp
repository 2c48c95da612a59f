#include <autodiff/program/each.hpp>

#include <autodiff/program/misuse.hpp>

namespace downhill {

template <class T>
EachOver<T>::EachOver(std::shared_ptr<program_detail::ProgramState<T>> state, program_detail::Columns<T> columns)
    : state_(std::move(state)), columns_(std::move(columns)), runner_(state_) {}

template <class T>
void EachOver<T>::demand(std::string_view operation, std::size_t parameters, std::size_t values) const {
  if (parameters != state_->parameters()) misuse::wrong_parameters(operation, state_->parameters(), parameters);
  if (values != samples()) misuse::different_sizes(operation, samples(), values);
}
template <class T>
void EachOver<T>::values(const program_detail::Numbers<T>& w, std::span<T> into) {
  demand("values", w.size(), into.size());
  runner_(w, columns_, {samples()}, {.values = into.data()});
}
template <class T>
void EachOver<T>::sample_gradients(const program_detail::Numbers<T>& w, std::span<T> values, std::span<T> into) {
  demand("sample_gradients", w.size(), values.size());
  if (into.size() != samples() * state_->per_sample())
    misuse::wrong_gradient("sample_gradients", samples() * state_->per_sample(), into.size());
  runner_(w, columns_, {samples()}, {.values = values.data(), .sample_gradients = into.data()});
}

template class EachOver<double>;
template class EachOver<float>;

}  // namespace downhill
