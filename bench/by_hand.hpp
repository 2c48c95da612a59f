#pragma once
// H: value and gradient of each workload, derived with pencil and paper and written as plain loops.
//
// This is what somebody would write who needs this one gradient and nothing else. It is the reference that every
// contender must agree with, and the measure of what a general tool costs.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include "workloads.hpp"

namespace downhill::bench {

/// With r = m x + c - y: d/dm = sum of 2 r x, d/dc = sum of 2 r.
inline double by_hand(const LineFit& f, std::span<const double> p, std::span<double> gradient) {
  double loss = 0, along_m = 0, along_c = 0;
  for (std::size_t i = 0; i < f.x.size(); ++i) {
    const double residual = p[0] * f.x[i] + p[1] - f.y[i];
    loss += residual * residual;
    along_m += residual * f.x[i];
    along_c += residual;
  }
  gradient[0] = 2 * along_m;
  gradient[1] = 2 * along_c;
  return loss;
}

/// With v = x_(i+1) - x_i^2: the term's slopes are -400 v x_i - 2 (1 - x_i) along x_i, and 200 v along x_(i+1).
inline double by_hand(const Rosenbrock&, std::span<const double> x, std::span<double> gradient) {
  double sum = 0, carried = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const double valley = x[i + 1] - x[i] * x[i];
    const double offset = 1 - x[i];
    sum += 100 * valley * valley + offset * offset;
    gradient[i] = carried - 400 * valley * x[i] - 2 * offset;
    carried = 200 * valley;
  }
  gradient.back() = carried;
  return sum;
}

/// Forwards, each iteration has the slopes cos(s x) x - 2 s e l along s, and cos(s x) s + 2 e x / (1 + x^2) along x,
/// where e = exp(-s^2) and l = log(1 + x^2). Backwards, their products.
inline double by_hand(const Recurrence&, std::span<const double> x, std::span<double> gradient) {
  std::array<double, 1000> along_s;
  double s = x[0];
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double sine = std::sin(s * x[i]), cosine = std::cos(s * x[i]);
    const double bell = std::exp(-s * s), square = 1 + x[i] * x[i], logarithm = std::log(square);
    along_s[i] = cosine * x[i] - 2 * s * bell * logarithm;
    gradient[i] = cosine * s + 2 * bell * x[i] / square;
    s = sine + bell * logarithm;
  }
  double adjoint = 1;
  for (std::size_t i = x.size(); i-- > 0;) {
    gradient[i] *= adjoint;
    adjoint *= along_s[i];
  }
  gradient[0] += adjoint;
  return s;
}

/// Backpropagation, sample by sample. tanh' = 1 - tanh^2.
inline double by_hand(const Network& f, std::span<const double> p, std::span<double> gradient) {
  constexpr std::size_t hidden = Network::hidden;
  const double *w1 = &p[Network::w1], *b1 = &p[Network::b1], *w2 = &p[Network::w2], *b2 = &p[Network::b2];
  const double *w3 = &p[Network::w3], *b3 = &p[Network::b3];
  double *to_w1 = &gradient[Network::w1], *to_b1 = &gradient[Network::b1], *to_w2 = &gradient[Network::w2];
  double *to_b2 = &gradient[Network::b2], *to_w3 = &gradient[Network::w3], *to_b3 = &gradient[Network::b3];
  std::array<double, hidden> first, second, at_first, at_second;  // activations, and the adjoints of their sums
  std::fill(gradient.begin(), gradient.end(), 0.0);
  double loss = 0;
  for (std::size_t i = 0; i < Network::batch; ++i) {
    const double x = f.x[2 * i], y = f.x[2 * i + 1];
    for (std::size_t j = 0; j < hidden; ++j) first[j] = std::tanh(b1[j] + w1[2 * j] * x + w1[2 * j + 1] * y);
    for (std::size_t j = 0; j < hidden; ++j) {
      double sum = b2[j];
      for (std::size_t k = 0; k < hidden; ++k) sum += w2[hidden * j + k] * first[k];
      second[j] = std::tanh(sum);
    }
    double output = *b3;
    for (std::size_t k = 0; k < hidden; ++k) output += w3[k] * second[k];
    const double residual = output - f.y[i];
    loss += residual * residual;

    const double at_output = 2 * residual / Network::batch;
    *to_b3 += at_output;
    for (std::size_t j = 0; j < hidden; ++j) {
      to_w3[j] += at_output * second[j];
      at_second[j] = at_output * w3[j] * (1 - second[j] * second[j]);
      to_b2[j] += at_second[j];
    }
    at_first.fill(0);
    for (std::size_t j = 0; j < hidden; ++j) {
      for (std::size_t k = 0; k < hidden; ++k) {
        to_w2[hidden * j + k] += at_second[j] * first[k];
        at_first[k] += at_second[j] * w2[hidden * j + k];
      }
    }
    for (std::size_t j = 0; j < hidden; ++j) {
      at_first[j] *= 1 - first[j] * first[j];
      to_b1[j] += at_first[j];
      to_w1[2 * j] += at_first[j] * x;
      to_w1[2 * j + 1] += at_first[j] * y;
    }
  }
  return loss / Network::batch;
}

}  // namespace downhill::bench
