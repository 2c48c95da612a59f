// Our own contenders, and the check that all contenders must pass before anything is timed.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <utility>

#include <autodiff/gradient.hpp>

#include "by_hand.hpp"
#include "contender.hpp"
#include "counted.hpp"
#include "workloads.hpp"

namespace downhill::bench {
namespace {

/// A tape in its steady state: all that one more gradient needs has been allocated by the one before.
template <class Workload>
struct Recording {
  explicit Recording(const Workload& workload) : f(workload) {}

  const Workload& f;
  Tape<double> tape;
  std::vector<Var<double>> parameters;
  Gradient<double> gradient;

  Var<double> record(const std::vector<double>& point) {
    tape.clear();
    tape.variables(point, parameters);
    return f(parameters);
  }
  Outcome sweep(const Var<double>& result) {
    tape.gradient(result, gradient);
    return {result.value(), gradient.parameters()};
  }
};

template <class Workload>
void add_own_contenders_for(const Workload& f) {
  const auto add = [&](std::string name, Evaluate evaluate) -> Contender& {
    return contenders().emplace_back(Contender{std::string(f.name), std::move(name), f.point, std::move(evaluate)});
  };
  // The function object is shared: std::function may copy it, and a tape stays where it is.
  const auto recording = [&] { return std::make_shared<Recording<Workload>>(f); };

  add("P", [&f](const std::vector<double>& point) { return Outcome{f(point)}; });
  add("H", [&f, gradient = std::vector<double>(f.point.size())](const std::vector<double>& point) mutable {
    const double value = by_hand(f, point, gradient);
    return Outcome{value, gradient};
  });
  add("record",
      [ours = recording()](const std::vector<double>& point) { return Outcome{ours->record(point).value()}; });
  const auto recorded = recording();
  const Var<double> result = recorded->record(f.point);
  add("reverse", [recorded, result](const std::vector<double>&) { return recorded->sweep(result); });
  Evaluate both = [ours = recording()](const std::vector<double>& point) { return ours->sweep(ours->record(point)); };
  add("total", both).counts = {{"operations", static_cast<double>(operations_of(f))},
                               {"bytes", static_cast<double>(recorded->tape.bytes())},
                               {"statements", static_cast<double>(recorded->tape.statements())}};
}

double largest(std::span<const double> numbers) {
  double most = 0;
  for (const double x : numbers) most = std::max(most, std::abs(x));
  return most;
}

// NaN counts as infinitely wrong.
double relative_error(double wrong, double scale) { return wrong / scale >= 0 ? wrong / scale : HUGE_VAL; }

double error_of(const Outcome& outcome, double value, std::span<const double> gradient) {
  const double of_value = relative_error(std::abs(outcome.value - value), std::abs(value));
  if (outcome.gradient.empty()) return of_value;
  if (outcome.gradient.size() != gradient.size()) return HUGE_VAL;
  std::vector<double> wrong(gradient.size());
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    wrong[i] = std::abs(outcome.gradient[i] - gradient[i]);
    if (std::isnan(wrong[i])) return HUGE_VAL;
  }
  return std::max(of_value, relative_error(largest(wrong), largest(gradient)));
}

}  // namespace

void add_own_contenders() {
  std::apply([](const auto&... f) { (add_own_contenders_for(f), ...); }, workloads());
}

bool all_agree() {
  constexpr double allowed = 1e-12;
  bool agree = true;
  for (const Contender& contender : contenders()) {
    const auto find = [&](auto&& wanted) {
      return std::find_if(contenders().begin(), contenders().end(), [&](const Contender& other) {
        return other.workload == contender.workload && wanted(other);
      });
    };
    const auto has_gradient = [](const Contender& other) { return !other.evaluate(other.point).gradient.empty(); };
    auto by_hand = find([](const Contender& other) { return other.name == "H"; });
    if (by_hand == contenders().end()) {
      if (contender.repetitions > 0 || !has_gradient(contender)) continue;
      by_hand = find(has_gradient);
    }
    const Outcome reference = by_hand->evaluate(contender.point);
    const std::vector<double> gradient(reference.gradient.begin(), reference.gradient.end());
    // Twice: the second time it runs as it will be timed, in memory that has been used.
    for (int time = 1; time <= 2; ++time) {
      const double error = error_of(contender.evaluate(contender.point), reference.value, gradient);
      if (error <= allowed) continue;
      fmt::print(stderr, "{}: {} is not the gradient of the reference: relative error {:.1e}, evaluation {}\n",
                 contender.workload, contender.name, error, time);
      agree = false;
    }
  }
  return agree;
}

}  // namespace downhill::bench
