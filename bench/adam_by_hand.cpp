#include <cmath>

#include "descent.hpp"

namespace downhill::bench {

void adam_by_hand(std::span<float> x, std::span<const float> g, std::span<float> m, std::span<float> v, float rate,
                  std::size_t k) {
  constexpr float beta1 = 0.9F, beta2 = 0.999F, epsilon = 1e-8F;
  const float step = rate / (1 - std::pow(beta1, static_cast<float>(k)));
  const float scale = 1 / std::sqrt(1 - std::pow(beta2, static_cast<float>(k)));
  float* __restrict px = x.data(), * __restrict pm = m.data(), * __restrict pv = v.data();
  const float* __restrict pg = g.data();
  for (std::size_t i = 0, n = x.size(); i < n; ++i) {
    pm[i] = beta1 * pm[i] + (1 - beta1) * pg[i];
    pv[i] = beta2 * pv[i] + (1 - beta2) * pg[i] * pg[i];
    px[i] -= step * pm[i] / (std::sqrt(pv[i]) * scale + epsilon);
  }
}

}  // namespace downhill::bench
