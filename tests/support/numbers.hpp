#pragma once
// Numbers to try things with, and whether two of them are as good as the same.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

namespace downhill::test {

/// n numbers between low and high, the same ones for the same seed.
template <class T = double>
std::vector<T> scattered(std::size_t n, unsigned seed, double low = -2, double high = 2) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(low, high);
  std::vector<T> numbers(n);
  for (T& x : numbers) x = static_cast<T>(uniform(random));
  return numbers;
}

/// Is x within tolerance * max(scale, |y|) of y? NaN is as good as NaN.
inline bool near(double x, double y, double scale, double tolerance) {
  return x == y || (std::isnan(x) && std::isnan(y)) || std::abs(x - y) <= tolerance * std::max(scale, std::abs(y));
}

}  // namespace downhill::test
