#include <autodiff/program/each.hpp>

#include <autodiff/program/misuse.hpp>

namespace downhill {

template <class T>
EachOver<T>::EachOver(std::shared_ptr<program_detail::ProgramState<T>> state, program_detail::Columns<T> columns,
                      const EachOptions& options)
    : state_(std::move(state)),
      columns_(std::move(columns)),
      along_(options.along == 0 ? state_->per_sample() : options.along),
      runner_(state_) {
  if (along_ > state_->per_sample()) misuse::along_too_many("each_over", along_, state_->per_sample());
}

template <class T>
void EachOver<T>::demand(std::string_view operation, std::size_t parameters, std::size_t values) const {
  if (parameters != state_->parameters()) misuse::wrong_parameters(operation, state_->parameters(), parameters);
  const std::size_t count = samples() * state_->results();
  if (values != count) misuse::different_sizes(operation, count, values);
}
template <class T>
void EachOver<T>::values(const program_detail::Numbers<T>& w, std::span<T> into) {
  demand("values", w.size(), into.size());
  runner_(w, columns_, {samples()}, {.values = into.data()});
}
template <class T>
void EachOver<T>::sample_gradients(const program_detail::Numbers<T>& w, std::span<T> values, std::span<T> into) {
  demand("sample_gradients", w.size(), values.size());
  if (into.size() != values.size() * along_)
    misuse::wrong_gradient("sample_gradients", values.size() * along_, into.size());
  runner_(w, columns_, {samples()},
          {.values = values.data(), .sample_gradients = into.data(), .gradient_numbers = along_});
}

template class EachOver<double>;
template class EachOver<float>;

}  // namespace downhill
