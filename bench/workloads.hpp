#pragma once
// The four workloads: plain functions, written once for every number type, of which the benchmark takes the gradient.
//
// They are written as a user would write them. The order of the operations is part of a workload: it decides how long
// the chains are that a processor must wait for, and what a tape can fold. Every contender runs this same source.

#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <string_view>
#include <tuple>
#include <vector>

namespace downhill::bench {

/// n numbers in [-1, 1), the same on every machine.
inline std::vector<double> scattered(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<double> numbers(n);
  for (double& x : numbers) x = std::ldexp(static_cast<double>(random()), -31) - 1;
  return numbers;
}

/// W1. The squared error of a line over 1,000 points, sum of (m x + c - y)^2: two parameters, one long sum.
struct LineFit {
  static constexpr std::string_view name = "W1", title = "line fit";
  std::vector<double> point = scattered(2, 1);
  std::vector<double> x = scattered(1000, 2), y = scattered(1000, 3);

  template <class S>
  S operator()(const std::vector<S>& p) const {
    S loss(0.0);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const S residual = p[0] * x[i] + p[1] - y[i];
      loss += residual * residual;
    }
    return loss;
  }
};

/// W2. Rosenbrock's function, sum of 100 (x_(i+1) - x_i^2)^2 + (1 - x_i)^2, n = 1,000: many parameters, cheap
/// operations.
struct Rosenbrock {
  static constexpr std::string_view name = "W2", title = "Rosenbrock";
  std::vector<double> point = scattered(1000, 4);

  template <class S>
  S operator()(const std::vector<S>& x) const {
    S sum(0.0);
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      const S valley = x[i + 1] - x[i] * x[i];
      const S offset = 1.0 - x[i];
      sum += 100.0 * valley * valley + offset * offset;
    }
    return sum;
  }
};

/// W3. s = sin(s x) + exp(-s s) log(1 + x x), 1,000 times: one chain, in which the functions cost most.
struct Recurrence {
  static constexpr std::string_view name = "W3", title = "recurrence";
  std::vector<double> point = scattered(1000, 5);

  template <class S>
  S operator()(const std::vector<S>& x) const {
    using std::exp, std::log, std::sin;
    S s = x[0];
    for (std::size_t i = 0; i < x.size(); ++i) s = sin(s * x[i]) + exp(-s * s) * log(1.0 + x[i] * x[i]);
    return s;
  }
};

/// W4. The mean squared error of a 2-16-16-1 tanh network over a batch of 32, every weight a scalar of its own.
struct Network {
  static constexpr std::string_view name = "W4", title = "network";
  static constexpr std::size_t inputs = 2, hidden = 16, batch = 32;
  // Where the weights and biases of each layer begin; a weight matrix holds one row for each of its outputs.
  static constexpr std::size_t w1 = 0, b1 = w1 + hidden * inputs, w2 = b1 + hidden, b2 = w2 + hidden * hidden,
                               w3 = b2 + hidden, b3 = w3 + hidden, parameters = b3 + 1;
  std::vector<double> point = scattered(parameters, 6);
  std::vector<double> x = scattered(inputs * batch, 7), y = scattered(batch, 8);

  template <class S>
  S operator()(const std::vector<S>& p) const {
    using std::tanh;
    std::array<S, hidden> first, second;
    S loss(0.0);
    for (std::size_t i = 0; i < batch; ++i) {
      for (std::size_t j = 0; j < hidden; ++j) {
        const S sum = p[b1 + j] + p[w1 + 2 * j] * x[2 * i] + p[w1 + 2 * j + 1] * x[2 * i + 1];
        first[j] = tanh(sum);
      }
      for (std::size_t j = 0; j < hidden; ++j) {
        S sum = p[b2 + j];
        for (std::size_t k = 0; k < hidden; ++k) sum += p[w2 + hidden * j + k] * first[k];
        second[j] = tanh(sum);
      }
      S output = p[b3];
      for (std::size_t k = 0; k < hidden; ++k) output += p[w3 + k] * second[k];
      const S residual = output - y[i];
      loss += residual * residual;
    }
    return loss * (1.0 / batch);
  }
};

using Workloads = std::tuple<LineFit, Rosenbrock, Recurrence, Network>;
inline const Workloads& workloads() {
  static const Workloads all;
  return all;
}

}  // namespace downhill::bench
