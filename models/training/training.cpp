#include <models/training/training.hpp>

#include <fmt/format.h>

#include <autodiff/error.hpp>

namespace downhill {

namespace training_detail {

template <class T>
void demand_sizes(const TrainingState<T>& state, std::size_t parameters, std::string_view method, std::size_t memory) {
  const auto demand = [](bool holds, std::string_view what) {
    if (!holds) throw ShapeError(fmt::format("Trainer::restore: {}", what));
  };
  demand(state.parameters.size() == parameters,
         fmt::format("the state has {} parameters, and the model has {}", state.parameters.size(), parameters));
  demand(state.best.empty() || state.best.size() == parameters,
         fmt::format("the best epoch of the state has {} parameters, and the model has {}", state.best.size(),
                     parameters));
  demand(state.log.best_epoch <= state.log.history.size(),
         fmt::format("the best epoch of the state is {} of {}", state.log.best_epoch, state.log.history.size()));
  demand(state.memory.size() == memory, fmt::format("the state has {} numbers of the method's memory, and {} has {}",
                                                    state.memory.size(), method, memory));
}

bool has_moved(StopReason reason) {
  return reason != StopReason::no_descent && reason != StopReason::no_progress && reason != StopReason::not_finite &&
         reason != StopReason::unbounded && reason != StopReason::exception;
}

template void demand_sizes(const TrainingState<float>&, std::size_t, std::string_view, std::size_t);
template void demand_sizes(const TrainingState<double>&, std::size_t, std::string_view, std::size_t);

}  // namespace training_detail

}  // namespace downhill
