#pragma once
// Sums over many samples: P is the plain function of double, eager is the tape, and the others are programs.
//
// A sample's function is a class with the sizes `parameters` and `per_sample`, and f(w, s) for any number type. Where
// it has `of_parameters<X>(w)`, that is what all samples share, and P and the tape work it out once. Where it says
// `is_large`, the tape takes one sample after the other: all of them together would not fit into memory.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <autodiff/program.hpp>
#include <autodiff/threads.hpp>

#include "contender.hpp"
#include "workloads.hpp"

namespace downhill::bench {

/// Numbers between low and high.
inline std::vector<double> between(double low, double high, std::size_t n, unsigned seed) {
  std::vector<double> numbers = scattered(n, seed);
  for (double& x : numbers) x = low + (high - low) * (x + 1) / 2;
  return numbers;
}

template <class Sample>
concept SharesWork = requires(std::span<const double> w) { Sample::template of_parameters<double>(w); };
template <class Sample>
constexpr bool eager_at_once() {
  if constexpr (requires { Sample::is_large; }) return !Sample::is_large;
  return true;
}

template <class Sample>
double plain(const Sample& f, std::span<const double> w, std::span<const double> rows) {
  double sum = 0;
  if constexpr (SharesWork<Sample>) {
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
  if constexpr (SharesWork<Sample>) {
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

/// Adds the sum of a sample's function over rows of numbers, and its gradient along w.
template <class Sample>
void add_sum(const std::string& name, std::vector<double> w, std::vector<double> numbers) {
  const Sample f;
  const auto rows = std::make_shared<const std::vector<double>>(std::move(numbers));
  const auto contend = [&](const std::string& what, Evaluate evaluate) {
    contenders().push_back({name, what, w, std::move(evaluate)});
  };
  contend("P", [=](const std::vector<double>& point) { return Outcome{plain(f, point, *rows)}; });
  contend("eager", [=, tapes = std::make_shared<Tapes>(),
                    gradient = std::vector<double>(w.size())](const std::vector<double>& point) mutable {
    // All samples on one tape, or, of those that are large, one after the other.
    const std::size_t at_once = eager_at_once<Sample>() ? rows->size() : Sample::per_sample;
    std::ranges::fill(gradient, 0);
    double sum = 0;
    for (std::size_t i = 0; i < rows->size(); i += at_once) {
      tapes->tape.clear();
      tapes->tape.variables(point, tapes->w);
      const Var<double> result = eager(f, tapes->w, std::span(*rows).subspan(i, at_once));
      tapes->tape.gradient(result, tapes->gradient);
      sum += result.value();
      for (std::size_t j = 0; j < gradient.size(); ++j) gradient[j] += tapes->gradient.parameters()[j];
    }
    return Outcome{sum, gradient};
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

}  // namespace downhill::bench
