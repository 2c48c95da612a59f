#include <autodiff/descent/objective.hpp>

#include <fmt/format.h>

#include <autodiff/error.hpp>

namespace downhill {

void shuffle(std::span<std::size_t> indices, std::mt19937_64& generator) {
  for (std::size_t i = indices.size(); i > 1; --i) std::swap(indices[i - 1], indices[generator() % i]);
}

BatchOrder::BatchOrder(std::size_t samples, const BatchOptions& options)
    : options_(options), order_(samples), position_(samples), generator_(options.seed) {
  if (samples == 0) throw OptionError("MiniBatches: there are no samples");
  if (options.batch == 0) throw OptionError("MiniBatches: a batch of 0 samples; give at least 1");
  std::iota(order_.begin(), order_.end(), std::size_t{0});
}

std::span<const std::size_t> BatchOrder::next() {
  if (position_ == order_.size()) {
    position_ = 0;
    if (options_.shuffle) shuffle(order_, generator_);
  }
  const std::size_t count = std::min(options_.batch, order_.size() - position_);
  const std::span<const std::size_t> batch(order_.data() + position_, count);
  position_ += count;
  if (position_ == order_.size()) ++epochs_;
  return batch;
}

}  // namespace downhill
