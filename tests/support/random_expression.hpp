#pragma once
// Random expressions over any number type: the same seed gives the same expression. Values stay moderate.

#include <cstddef>
#include <random>
#include <utility>
#include <vector>

#include <autodiff/autodiff.hpp>

namespace random_expression {

/// A random expression of this many operations on these inputs, with named operands, temporaries, plain numbers and
/// sums that grow.
template <class V>
V make(const std::vector<V>& inputs, unsigned seed, std::size_t steps) {
  using namespace downhill;
  std::mt19937 random(seed);
  std::vector<V> known = inputs;
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  const auto any = [&]() -> V& { return known[known.size() - 1 - below(std::min<std::size_t>(known.size(), 6))]; };
  for (std::size_t i = 0; i < steps; ++i) {
    V a = any(), b = any();
    const double number = 0.25 + static_cast<double>(below(100)) / 64;
    switch (below(12)) {
      case 0: known.push_back(a + b); break;
      case 1: known.push_back(tanh(a * b)); break;
      case 2: known.push_back(sin(a) - number); break;
      case 3: known.push_back(number * std::move(a)); break;
      case 4: known.push_back(tanh(number * a + b - number)); break;
      case 5: known.push_back(a / (square(b) + 1.0)); break;
      case 6:
        a += sin(b);
        known.push_back(a);
        break;
      case 7:
        a -= number;
        a *= b;
        known.push_back(tanh(std::move(a)));
        break;
      case 8: known.push_back(mean(std::vector<V>{a, b, any()})); break;
      case 9: known.push_back(max(a, b)); break;
      case 10: any() += a; break;
      default: known.push_back(exp(-square(a)) * number); break;
    }
  }
  return known.back();
}

}  // namespace random_expression
