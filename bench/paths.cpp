// Simulated paths, whose normal numbers were drawn before: the sum of what is paid, and its derivatives along
// everything that the model is told.

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <type_traits>
#include <vector>

#include "programs.hpp"
#include "sums.hpp"

namespace downhill::bench {
namespace {

/// A European call under Heston's stochastic volatility, in 50 steps of Euler's method with the variance cut at 0.
/// Source: Lord, Koekkoek and van Dijk, "A comparison of biased simulation schemes for stochastic volatility models"
/// (2010), full truncation. Parameters: spot, variance, rate, speed of reversion, mean variance, volatility of the
/// variance, correlation, time.
struct HestonPath {
  static constexpr std::size_t steps = 50, parameters = 8, per_sample = 2 * steps;
  static constexpr double strike = 100;
  static constexpr bool is_large = true;
  template <class X>
  struct OfParameters {
    X step, root, drift, other;
  };
  template <class X, class W>
  static OfParameters<X> of_parameters(const W& w) {
    using std::sqrt;
    const X step = w[7] * (1.0 / steps);
    return {step, sqrt(step), w[2] * step, sqrt(1 - w[6] * w[6])};
  }
  template <class X, class W, class S>
  static X of_sample(const W& w, const OfParameters<X>& of, const S& s) {
    using std::exp, std::log, std::max, std::sqrt;
    X log_spot = log(w[0]), variance = w[1];
    for (std::size_t i = 0; i < steps; ++i) {
      const X cut = max(variance, X(0)), deviation = sqrt(cut) * of.root;
      log_spot = log_spot + of.drift - 0.5 * cut * of.step + deviation * s[2 * i];
      variance =
          variance + w[3] * (w[4] - cut) * of.step + w[5] * deviation * (w[6] * s[2 * i] + of.other * s[2 * i + 1]);
    }
    return exp(-w[2] * w[7]) * max(X(exp(log_spot) - strike), X(0));
  }
  template <class W, class S>
  auto operator()(const W& w, const S& s) const {
    using X = std::remove_cvref_t<decltype(w[0] * s[0])>;
    return of_sample<X>(w, of_parameters<X>(w), s);
  }
};

/// A portfolio of 15 swaptions in the LIBOR market model: 80 forward rates, 40 steps. Source: Giles and Glasserman,
/// "Smoking adjoints: fast Monte Carlo Greeks", Risk (2006). Parameters: the rates, their volatilities, and the time
/// between two of them.
struct LiborPath {
  static constexpr std::size_t rates = 80, steps = 40, parameters = 2 * rates + 1, per_sample = steps;
  static constexpr std::array<std::size_t, 15> maturities{4, 4, 4, 8, 8, 8, 20, 20, 20, 28, 28, 28, 40, 40, 40};
  static constexpr std::array<double, 3> swap_rates{0.045, 0.05, 0.055};
  static constexpr bool is_large = true;
  template <class W, class S>
  auto operator()(const W& w, const S& s) const {
    using std::exp, std::max, std::sqrt;
    using X = std::remove_cvref_t<decltype(w[0] * s[0])>;
    const X delta = w[2 * rates], root = sqrt(delta);
    std::array<X, rates> rate;
    for (std::size_t i = 0; i < rates; ++i) rate[i] = w[i];
    for (std::size_t n = 0; n < steps; ++n) {
      const X shock = root * s[n];
      X drift(0.0);
      for (std::size_t i = n + 1; i < rates; ++i) {
        const auto& volatility = w[rates + i - n - 1];
        const X scaled = delta * volatility;
        drift += scaled * rate[i] / (1 + delta * rate[i]);
        rate[i] *= exp(scaled * drift + volatility * (shock - 0.5 * scaled));
      }
    }
    std::array<X, rates - steps> bonds, sums;
    X bond(1.0), sum(0.0), paid(0.0);
    for (std::size_t n = steps; n < rates; ++n) {
      bond = bond / (1 + delta * rate[n]);
      sum += delta * bond;
      bonds[n - steps] = bond, sums[n - steps] = sum;
    }
    for (std::size_t i = 0; i < maturities.size(); ++i) {
      const std::size_t m = maturities[i] - 1;
      paid += 100 * max(X(1 - bonds[m] - swap_rates[i % 3] * sums[m]), X(0));
    }
    X discount(1.0);
    for (std::size_t n = 0; n < steps; ++n) discount = discount / (1 + delta * rate[n]);
    return X(paid * discount);
  }
};

// Normal numbers, by the method of Box and Muller.
std::vector<double> normal(std::size_t n, unsigned seed) {
  const std::vector<double> u = between(1e-9, 1, n, seed), v = between(0, 2 * std::numbers::pi, n, seed + 1);
  std::vector<double> numbers(n);
  for (std::size_t i = 0; i < n; ++i) numbers[i] = std::sqrt(-2 * std::log(u[i])) * std::cos(v[i]);
  return numbers;
}

}  // namespace

void add_paths() {
  add_sum<HestonPath>("Heston, 10000 paths of 50 steps", {100, 0.04, 0.03, 1.5, 0.04, 0.3, -0.7, 1},
                      normal(HestonPath::per_sample * 10'000, 41));
  std::vector<double> w(LiborPath::parameters, 0.05);
  std::fill(w.begin() + LiborPath::rates, w.end(), 0.2);
  w.back() = 0.25;
  add_sum<LiborPath>("LIBOR, 256 paths", w, normal(LiborPath::per_sample * 256, 43));
}

}  // namespace downhill::bench
