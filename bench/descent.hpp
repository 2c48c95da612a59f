#pragma once

#include <cstddef>
#include <span>

namespace downhill::bench {

/// Adds the steps of optimizers to the contenders. Their P is a loop written by hand that reads and writes every number
/// once.
void add_descent();

/// Adam's k-th step in one loop. In a file of its own, compiled without errno, so that the compiler may vectorise sqrt.
void adam_by_hand(std::span<float> x, std::span<const float> g, std::span<float> m, std::span<float> v, float rate,
                  std::size_t k);

}  // namespace downhill::bench
