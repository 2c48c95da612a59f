#include <autodiff/descent/objective.hpp>

#include <fmt/format.h>

#include <autodiff/error.hpp>

namespace downhill {

void shuffle(std::span<std::size_t> indices, std::mt19937_64& generator) {
  for (std::size_t i = indices.size(); i > 1; --i) std::swap(indices[i - 1], indices[generator() % i]);
}

BatchOrder::BatchOrder(std::size_t samples, const BatchOptions& options) : options_(options) {
  if (samples == 0) throw OptionError("MiniBatches: there are no samples");
  if (options.batch == 0) throw OptionError("MiniBatches: a batch of 0 samples; give at least 1");
  state_.order.resize(samples);
  std::iota(state_.order.begin(), state_.order.end(), std::size_t{0});
  state_.position = samples;
  state_.generator.seed(options.seed);
}

std::span<const std::size_t> BatchOrder::next() {
  auto& [order, position, epochs, generator] = state_;
  if (position == order.size()) {
    position = 0;
    if (options_.shuffle) shuffle(order, generator);
  }
  const std::size_t count = std::min(options_.batch, order.size() - position);
  const std::span<const std::size_t> batch(order.data() + position, count);
  position += count;
  if (position == order.size()) ++epochs;
  return batch;
}

void BatchOrder::restore(State state) {
  if (state.order.size() != samples())
    throw ShapeError(fmt::format("BatchOrder::restore: the order is one of {} samples, and there are {}",
                                 state.order.size(), samples()));
  std::vector<bool> seen(samples(), false);
  for (const std::size_t index : state.order) {
    if (index >= samples() || seen[index])
      throw OptionError("BatchOrder::restore: the order does not hold every sample once");
    seen[index] = true;
  }
  if (state.position > samples()) throw OptionError("BatchOrder::restore: the position lies behind the last sample");
  state_ = std::move(state);
}

}  // namespace downhill
