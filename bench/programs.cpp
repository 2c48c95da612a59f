// Sums over many samples, written once for every number type: the plain function, the tape, and programs.

#include "programs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numbers>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <autodiff/program.hpp>
#include <autodiff/threads.hpp>

#include "contender.hpp"
#include "workloads.hpp"

namespace downhill::bench {
namespace {

/// Numbers between low and high.
std::vector<double> between(double low, double high, std::size_t n, unsigned seed) {
  std::vector<double> numbers = scattered(n, seed);
  for (double& x : numbers) x = low + (high - low) * (x + 1) / 2;
  return numbers;
}

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

/// The price of a European call by Black and Scholes: spot, strike, rate, volatility, time.
struct CallSample {
  static constexpr std::size_t parameters = 0, per_sample = 5;
  template <class X>
  static X normal(const X& x) {
    using std::erfc;
    return 0.5 * erfc(x * -(std::numbers::sqrt2 / 2));
  }
  template <class W, class S>
  auto operator()(const W&, const S& s) const {
    using std::exp, std::log, std::sqrt;
    using X = std::remove_cvref_t<decltype(s[0] * s[1])>;
    const X &spot = s[0], &strike = s[1], &rate = s[2], &volatility = s[3], &time = s[4];
    const X width = volatility * sqrt(time);
    const X d1 = (log(spot / strike) + (rate + 0.5 * volatility * volatility) * time) / width, d2 = d1 - width;
    return X(spot * normal(d1) - strike * exp(-rate * time) * normal(d2));
  }
};

template <class Sample>
double plain(const Sample& f, std::span<const double> w, std::span<const double> rows) {
  double sum = 0;
  if constexpr (std::is_same_v<Sample, MixtureSample>) {
    const auto of = Sample::template of_parameters<double>(w);
    for (std::size_t i = 0; i < rows.size(); i += Sample::per_sample)
      sum += Sample::template of_sample<double>(w, of, rows.subspan(i, Sample::per_sample));
  } else {
    for (std::size_t i = 0; i < rows.size(); i += Sample::per_sample) sum += f(w, rows.data() + i);
  }
  return sum;
}
template <class Sample>
Var<double> eager(const Sample& f, const std::vector<Var<double>>& w, std::span<const double> rows) {
  Var<double> sum(0.0);
  if constexpr (std::is_same_v<Sample, MixtureSample>) {
    const auto of = Sample::template of_parameters<Var<double>>(w);
    for (std::size_t i = 0; i < rows.size(); i += Sample::per_sample)
      sum += Sample::template of_sample<Var<double>>(w, of, rows.subspan(i, Sample::per_sample));
  } else {
    for (std::size_t i = 0; i < rows.size(); i += Sample::per_sample) sum += f(w, rows.data() + i);
  }
  return sum;
}

struct Tapes {
  Tape<double> tape;
  std::vector<Var<double>> w;
  Gradient<double> gradient;
};

template <class Sample>
void add(const std::string& name, std::vector<double> w, std::vector<double> numbers) {
  const Sample f;
  const auto rows = std::make_shared<const std::vector<double>>(std::move(numbers));
  const auto contend = [&](const std::string& what, Evaluate evaluate) {
    contenders().push_back({name, what, w, std::move(evaluate)});
  };
  contend("P", [=](const std::vector<double>& point) { return Outcome{plain(f, point, *rows)}; });
  contend("eager", [=, tapes = std::make_shared<Tapes>()](const std::vector<double>& point) {
    tapes->tape.clear();
    tapes->tape.variables(point, tapes->w);
    const Var<double> result = eager(f, tapes->w, *rows);
    tapes->tape.gradient(result, tapes->gradient);
    return Outcome{result.value(), tapes->gradient.parameters()};
  });
  const auto contend_program = [&](const std::string& what, std::size_t threads, const ProgramOptions& options) {
    auto sum =
        std::make_shared<SumOver<double>>(sum_over(*rows, record(f, Sample::parameters, Sample::per_sample, options)));
    contend(what, [=, gradient = std::vector<double>(w.size())](const std::vector<double>& point) mutable {
      set_threads(threads);
      const double value = (*sum)(point, gradient);
      set_threads(1);
      return Outcome{value, gradient};
    });
  };
  contend_program("program", 1, {});
  contend_program("program, 2 threads", 2, {});
  contend_program("program without fusion", 1, {.fuse_products = false});
  contend("program recorded anew",
          [=, gradient = std::vector<double>(w.size())](const std::vector<double>& point) mutable {
            auto sum = sum_over(*rows, record(f, Sample::parameters, Sample::per_sample));
            return Outcome{sum(point, gradient), gradient};
          });
}

// Each option by itself: its price, and five derivatives.
void add_calls(std::size_t options) {
  const CallSample f;
  const std::string name = fmt::format("{} calls, 5 greeks each", options);
  const auto spot = between(80, 120, options, 21), strike = between(80, 120, options, 22);
  const auto rate = between(0.01, 0.05, options, 23), volatility = between(0.1, 0.5, options, 24);
  const auto time = between(0.1, 2, options, 25);
  const auto rows = std::make_shared<std::vector<double>>();
  for (std::size_t i = 0; i < options; ++i)
    rows->insert(rows->end(), {spot[i], strike[i], rate[i], volatility[i], time[i]});
  const auto contend = [&](const std::string& what, Evaluate evaluate) {
    contenders().push_back({name, what, {}, std::move(evaluate)});
  };
  const auto total = [](const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum;
  };
  contend("P", [=](const std::vector<double>&) { return Outcome{plain(f, {}, *rows)}; });
  contend("eager", [=, tapes = std::make_shared<Tapes>(),
                    greeks = std::vector<double>(rows->size())](const std::vector<double>&) mutable {
    double sum = 0;
    for (std::size_t i = 0; i < rows->size(); i += 5) {
      tapes->tape.clear();
      tapes->tape.variables(std::span(*rows).subspan(i, 5), tapes->w);
      const Var<double> price = f(tapes->w, tapes->w);
      tapes->tape.gradient(price, tapes->gradient);
      std::ranges::copy(tapes->gradient.parameters(), greeks.begin() + static_cast<std::ptrdiff_t>(i));
      sum += price.value();
    }
    return Outcome{sum, greeks};
  });
  contend("Dual", [=, greeks = std::vector<double>(rows->size())](const std::vector<double>&) mutable {
    double sum = 0;
    for (std::size_t i = 0; i < rows->size(); i += 5) {
      std::array<Dual<double, 5>, 5> s;
      for (std::size_t j = 0; j < 5; ++j) s[j] = Dual<double, 5>::variable((*rows)[i + j], j);
      const Dual<double, 5> price = f(s, s);
      for (std::size_t j = 0; j < 5; ++j) greeks[i + j] = price.tangent(j);
      sum += price.value();
    }
    return Outcome{sum, greeks};
  });
  for (const std::size_t threads : {std::size_t{1}, std::size_t{2}})
    contend(threads == 1 ? "program" : "program, 2 threads",
            [=,
             each = std::make_shared<EachOver<double>>(
                 each_over(*rows, record(f, CallSample::parameters, CallSample::per_sample))),
             values = std::vector<double>(options),
             greeks = std::vector<double>(rows->size())](const std::vector<double>&) mutable {
              set_threads(threads);
              each->sample_gradients(std::vector<double>{}, values, greeks);
              set_threads(1);
              return Outcome{total(values), greeks};
            });
}

}  // namespace

void add_programs() {
  for (const std::size_t n : {std::size_t{1000}, std::size_t{100'000}})
    add<LineSample>(fmt::format("line, {} samples", n), scattered(2, 1), scattered(2 * n, 2));
  for (const std::size_t n : {std::size_t{32}, std::size_t{1024}})
    add<NetworkSample>(fmt::format("network, {} samples", n), scattered(NetworkSample::parameters, 6),
                       scattered(3 * n, 7));
  std::vector<double> rows = scattered(LogisticSample::per_sample * 10'000, 8);
  for (std::size_t i = LogisticSample::features; i < rows.size(); i += LogisticSample::per_sample)
    rows[i] = rows[i] > 0 ? 1 : 0;
  add<LogisticSample>("logistic, 10000 samples", scattered(LogisticSample::parameters, 9), rows);
  add<MixtureSample>("mixture, 1000 samples", between(-0.5, 0.5, MixtureSample::parameters, 10),
                     scattered(MixtureSample::d * 1000, 11));
  add_calls(100'000);
}

}  // namespace downhill::bench
