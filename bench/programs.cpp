// Sums over many samples, written once for every number type: a line, a network, logistic regression, a mixture.

#include "programs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "sums.hpp"
#include "workloads.hpp"

namespace downhill::bench {
namespace {

/// (m x + c - y)^2.
struct LineSample {
  static constexpr std::size_t parameters = 2, per_sample = 2;
  template <class W, class S>
  auto operator()(const W& w, const S& s) const {
    const auto residual = w[0] * s[0] + w[1] - s[1];
    return residual * residual;
  }
};

/// The squared error of a 2-16-16-1 tanh network.
struct NetworkSample {
  static constexpr std::size_t hidden = 16, parameters = Network::parameters, per_sample = 3;
  template <class W, class S>
  auto operator()(const W& p, const S& s) const {
    using std::tanh;
    using X = std::remove_cvref_t<decltype(p[0] * s[0])>;
    std::array<X, hidden> first, second;
    for (std::size_t j = 0; j < hidden; ++j) {
      const X sum = p[Network::b1 + j] + p[Network::w1 + 2 * j] * s[0] + p[Network::w1 + 2 * j + 1] * s[1];
      first[j] = tanh(sum);
    }
    for (std::size_t j = 0; j < hidden; ++j) {
      X sum = p[Network::b2 + j];
      for (std::size_t k = 0; k < hidden; ++k) sum += p[Network::w2 + hidden * j + k] * first[k];
      second[j] = tanh(sum);
    }
    X output = p[Network::b3];
    for (std::size_t k = 0; k < hidden; ++k) output += p[Network::w3 + k] * second[k];
    const X residual = output - s[2];
    return residual * residual;
  }
};

/// Logistic regression of 30 numbers and a label of 0 or 1: softplus(z) - z y.
struct LogisticSample {
  static constexpr std::size_t features = 30, parameters = features + 1, per_sample = features + 1;
  template <class W, class S>
  auto operator()(const W& w, const S& s) const {
    using X = std::remove_cvref_t<decltype(w[0] * s[0])>;
    X z = w[features];
    for (std::size_t j = 0; j < features; ++j) z += w[j] * s[j];
    return X(softplus(z) - z * s[features]);
  }
};

/// A mixture of K Gaussians in d dimensions, without its constant terms. Source: Srajer, Kukelova and Fitzgibbon, "A
/// benchmark of selected algorithmic differentiation tools on some problems in computer vision and machine learning"
/// (2018).
struct MixtureSample {
  static constexpr std::size_t d = 10, K = 25, triangle = d * (d - 1) / 2, factor = d + triangle;
  static constexpr std::size_t means = K, factors = K + K * d, parameters = K + K * d + K * factor, per_sample = d;
  template <class X>
  struct OfParameters {
    std::vector<X> diagonal, sums;
  };
  template <class X, class W>
  static OfParameters<X> of_parameters(const W& w) {
    using std::exp;
    OfParameters<X> of;
    for (std::size_t k = 0; k < K; ++k) {
      X sum(0.0);
      for (std::size_t i = 0; i < d; ++i) {
        const X& log = w[factors + k * factor + i];
        sum += log;
        of.diagonal.push_back(exp(log));
      }
      of.sums.push_back(sum);
    }
    return of;
  }
  template <class X, class W, class S>
  static X of_sample(const W& w, const OfParameters<X>& of, const S& s) {
    std::array<X, K> terms;
    for (std::size_t k = 0; k < K; ++k) {
      std::array<X, d> centred, q;
      for (std::size_t i = 0; i < d; ++i) centred[i] = s[i] - w[means + k * d + i];
      for (std::size_t i = 0; i < d; ++i) q[i] = of.diagonal[k * d + i] * centred[i];
      std::size_t at = factors + k * factor + d;
      for (std::size_t i = 0; i < d; ++i)
        for (std::size_t j = i + 1; j < d; ++j) q[j] += w[at++] * centred[i];
      X squares(0.0);
      for (std::size_t i = 0; i < d; ++i) squares += q[i] * q[i];
      terms[k] = w[k] + of.sums[k] - 0.5 * squares;
    }
    if constexpr (Plain<X>) {
      double largest = *std::max_element(terms.begin(), terms.end()), sum = 0;
      for (const double term : terms) sum += std::exp(term - largest);
      return largest + std::log(sum);
    } else {
      return log_sum_exp(terms);
    }
  }
  template <class W, class S>
  auto operator()(const W& w, const S& s) const {
    using X = std::remove_cvref_t<decltype(w[0] * s[0])>;
    return of_sample<X>(w, of_parameters<X>(w), s);
  }
};

}  // namespace

void add_programs() {
  for (const std::size_t n : {std::size_t{1000}, std::size_t{100'000}})
    add_sum<LineSample>(fmt::format("line, {} samples", n), scattered(2, 1), scattered(2 * n, 2));
  for (const std::size_t n : {std::size_t{32}, std::size_t{1024}})
    add_sum<NetworkSample>(fmt::format("network, {} samples", n), scattered(NetworkSample::parameters, 6),
                           scattered(3 * n, 7));
  std::vector<double> rows = scattered(LogisticSample::per_sample * 10'000, 8);
  for (std::size_t i = LogisticSample::features; i < rows.size(); i += LogisticSample::per_sample)
    rows[i] = rows[i] > 0 ? 1 : 0;
  add_sum<LogisticSample>("logistic, 10000 samples", scattered(LogisticSample::parameters, 9), rows);
  add_sum<MixtureSample>("mixture, 1000 samples", between(-0.5, 0.5, MixtureSample::parameters, 10),
                         scattered(MixtureSample::d * 1000, 11));
  add_each();
  add_paths();
}

}  // namespace downhill::bench
