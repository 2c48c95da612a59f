#include <autodiff/descent/diagnosis.hpp>

#include <fmt/format.h>

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include <autodiff/descent/vectors.hpp>
#include <autodiff/descent/walk.hpp>
#include <autodiff/error.hpp>
#include <autodiff/text/names.hpp>

namespace downhill {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double rounding = std::numeric_limits<double>::epsilon();

std::vector<double> copy_of(const VectorXd& x) { return {x.begin(), x.end()}; }

VectorXd random_vector(Eigen::Index size, std::mt19937_64& generator) {
  VectorXd v(size);  // not by std::normal_distribution, which differs between standard libraries
  for (double& x : v) x = static_cast<double>(generator() >> 11) * 0x1p-52 - 1;
  return v;
}

}  // namespace

Curvature curvature_of(std::size_t n, const std::function<std::vector<double>(std::span<const double>)>& product,
                       const LanczosOptions& options) {
  if (n == 0) throw ShapeError("curvature: the point is empty; it needs one number for each parameter");
  const auto size = static_cast<Eigen::Index>(n);
  const auto most = static_cast<Eigen::Index>(std::min(n, std::max<std::size_t>(options.products, 1)));
  std::mt19937_64 generator(options.seed);
  MatrixXd basis(size, most);
  VectorXd diagonal(most), off(most);
  basis.col(0) = random_vector(size, generator).normalized();
  Curvature found;
  for (Eigen::Index k = 0;; ++k) {
    const VectorXd& q = basis.col(k);
    const std::vector<double> image = product({q.data(), n});
    ++found.products;
    VectorXd w = as_vector(image);
    if (!w.allFinite()) {
      found.largest = found.smallest = found.error = std::numeric_limits<double>::quiet_NaN();
      return found;
    }
    diagonal[k] = q.dot(w);
    const auto known = basis.leftCols(k + 1);
    for (int time = 0; time < 2; ++time) w -= known * (known.transpose() * w);  // twice is enough (Kahan, Parlett)
    off[k] = w.norm();

    Eigen::SelfAdjointEigenSolver<MatrixXd> eigen;
    eigen.computeFromTridiagonal(diagonal.head(k + 1), off.head(k));
    const VectorXd& values = eigen.eigenvalues();
    const double size_of_all = std::max(std::abs(values[0]), std::abs(values[k]));
    const double last = std::max(std::abs(eigen.eigenvectors()(k, 0)), std::abs(eigen.eigenvectors()(k, k)));
    found.error = k + 1 == size ? 0 : off[k] * last;
    const bool exhausted = off[k] <= 8 * rounding * size_of_all;
    if (k + 1 == most || exhausted || (k > 1 && found.error <= options.tolerance * size_of_all)) {
      found.smallest = values[0];
      found.largest = values[k];
      found.flattest = copy_of(known * eigen.eigenvectors().col(0));
      found.steepest = copy_of(known * eigen.eigenvectors().col(k));
      return found;
    }
    basis.col(k + 1) = w / off[k];
  }
}

std::string_view name(Pace pace) { return enumerator_name(pace); }

double Curvature::noise() const { return 64 * rounding * std::max(std::abs(largest), std::abs(smallest)) + error; }

bool Curvature::is_finite() const { return std::isfinite(largest) && std::isfinite(smallest); }

Diagnosis diagnose(const Curvature& curvature, double learning_rate) {
  demand(learning_rate > 0 && std::isfinite(learning_rate), "diagnose", "the learning rate", learning_rate,
         "must be positive and finite");
  if (!curvature.is_finite())
    throw OptionError(
        "diagnose: the curvature is not finite here; where the value and the gradient are finite, the function has a "
        "kink, so look beside it, and otherwise look for the first NaN or infinity in the values");
  Diagnosis d{.learning_rate = learning_rate, .curvature = curvature};
  const double largest = curvature.largest;
  const double smallest = std::abs(curvature.smallest) <= curvature.noise() ? 0 : curvature.smallest;
  const auto factor = [&](double rate) {
    return std::max(std::abs(1 - rate * largest), std::abs(1 - rate * smallest));
  };
  d.largest_stable_rate = largest > 0 ? 2 / largest : infinity;
  d.best_rate = largest > 0 ? 2 / (std::max(smallest, 0.0) + largest) : infinity;
  d.contraction = factor(learning_rate);
  d.best_contraction = std::isfinite(d.best_rate) ? factor(d.best_rate) : 1;
  d.condition_number = smallest > 0 ? largest / smallest : infinity;

  const double limit = 1 + 4 * rounding;
  const std::string rates =
      fmt::format("the largest stable rate is {:.4g}, the best {:.4g}", d.largest_stable_rate, d.best_rate);
  const auto steps_for_a_digit = [&] {
    const double steps = std::log(10) / -std::log(d.contraction);
    return d.contraction >= 1    ? std::string("the ground is flat along a direction, where nothing moves")
           : d.contraction < 0.1 ? fmt::format("a step leaves {:.2g} of the distance", d.contraction)
                                 : fmt::format("a tenth of the distance is left after {:.0f} steps", std::ceil(steps));
  };
  if (learning_rate * largest > 2 * limit) {
    d.pace = Pace::diverges;
    d.why = fmt::format(
        "{:.4g} diverges: along the steepest direction every step lands {:.4g} times as far on the other "
        "side; {}",
        learning_rate, learning_rate * largest - 1, rates);
  } else if (smallest < 0) {
    d.pace = Pace::leaves;
    d.why = fmt::format(
        "there is no bowl here: along a direction the ground curves down, by {:.4g}, and descent leaves "
        "along it, {:.4g} times as far with every step",
        smallest, 1 - learning_rate * smallest);
  } else if (largest <= 0) {
    d.pace = Pace::crawls;
    d.why = "the ground does not curve here: the curvature says nothing about the rate";
  } else if (learning_rate > d.best_rate * limit || learning_rate * largest >= 2) {
    d.pace = Pace::oscillates;
    d.why =
        learning_rate * largest >= 2
            ? fmt::format("{:.4g} bounces for ever: it is the largest rate that does not diverge; the best is {:.4g}",
                          learning_rate, d.best_rate)
            : fmt::format(
                  "{:.4g} oscillates: it jumps over the bottom to {:.4g} of the distance on the other side; "
                  "{}",
                  learning_rate, d.contraction, rates);
  } else if (learning_rate < d.best_rate / 10) {
    d.pace = Pace::crawls;
    d.why = fmt::format("{:.4g} crawls: {}; {}", learning_rate, steps_for_a_digit(), rates);
  } else {
    d.pace = Pace::converges;
    d.why = fmt::format("{:.4g} converges: {}; {}", learning_rate, steps_for_a_digit(), rates);
  }
  return d;
}

namespace {

// The least number of steps after which the path is back where it was, time after time; 0 if it is not.
std::size_t period_of(std::span<const Iterate> path) {
  constexpr std::size_t longest = 16, rounds = 3;
  const auto length = [&](std::size_t i, std::size_t j) {
    return (as_vector(path[i].point) - as_vector(path[j].point)).stableNorm();
  };
  for (std::size_t period = 2; period <= longest && rounds * period < path.size(); ++period) {
    const std::size_t last = path.size() - 1;
    double longest_step = 0, farthest = 0;
    for (std::size_t i = last; i > last - (rounds - 1) * period; --i) {
      longest_step = std::max(longest_step, length(i, i - 1));
      farthest = std::max(farthest, length(i, i - period));
    }
    if (longest_step > 0 && farthest <= 1e-6 * longest_step) return period;
  }
  return 0;
}

// Of the path after its first half: does the value rise again and again, without a trend up or down, while the
// steps become no shorter?
bool comes_no_lower(std::span<const Iterate> path, std::span<const VectorXd> steps) {
  const std::size_t half = path.size() / 2, quarter = half / 2;
  const auto early = path.subspan(half, quarter), late = path.subspan(half + quarter);
  const auto highest = [](std::span<const Iterate> part) {
    return std::ranges::max_element(part, {}, &Iterate::value)->value;
  };
  const auto mean_over = [](std::span<const Iterate> part, auto number) {
    double sum = 0;
    for (const Iterate& iterate : part) sum += number(iterate.value);
    return sum / static_cast<double>(part.size());
  };
  const auto length = [&](std::size_t first, std::size_t last) {
    double sum = 0;
    for (std::size_t i = first; i < last; ++i) sum += steps[i].stableNorm();
    return sum / static_cast<double>(last - first);
  };
  std::size_t rises = 0;
  for (std::size_t i = half; i + 1 < path.size(); ++i) rises += path[i + 1].value > path[i].value;
  const double before = mean_over(early, std::identity{}), after = mean_over(late, std::identity{});
  const double spread = std::sqrt(mean_over(late, [&](double y) { return (y - after) * (y - after); }));
  return 5 * rises >= path.size() - half && std::isfinite(spread) && highest(late) <= highest(early) + spread &&
         after >= before - 0.3 * spread && length(half + quarter, steps.size()) >= 0.9 * length(half, half + quarter);
}

// Does the value rise over the last steps?
bool climbs(std::span<const Iterate> path) {
  constexpr std::size_t window = 5;
  return path.back().value > path[path.size() > window ? path.size() - 1 - window : 0].value;
}

}  // namespace

PathDiagnosis diagnose(std::span<const Iterate> path) {
  constexpr std::size_t window = 20;
  std::size_t finite = 0;
  const auto is_finite = [](const Iterate& iterate) {
    return std::isfinite(iterate.value) && as_vector(iterate.point).allFinite() &&
           as_vector(iterate.gradient).allFinite();
  };
  while (finite < path.size() && is_finite(path[finite])) ++finite;
  const auto slope_at = [&](std::size_t i) { return as_vector(path[i].gradient).stableNorm(); };
  const bool at_bottom = finite >= 2 && slope_at(finite - 1) <= 1e-12 * slope_at(0);
  if (finite < 2 || (path.size() < 3 && !at_bottom))
    throw OptionError(
        fmt::format("diagnose: a path of {} places, {} of them finite; it takes three to see what a walk "
                    "does: walk with Keep::path",
                    path.size(), finite));

  PathDiagnosis d{Pace::converges, 0, 1, 0, infinity, ""};
  // Steps at the bottom are rounding, and say nothing.
  std::vector<VectorXd> steps;
  double longest = 0;
  for (std::size_t i = 0; i + 1 < finite; ++i) {
    const VectorXd step = as_vector(path[i + 1].point) - as_vector(path[i].point);
    const double length = step.stableNorm();
    longest = std::max(longest, length);
    if (length <= 1e-12 * as_vector(path[i].point).stableNorm() || length <= 1e-10 * longest) break;
    const double change = (as_vector(path[i + 1].gradient) - as_vector(path[i].gradient)).stableNorm() / length;
    d.largest_curvature = std::max(d.largest_curvature, change);
    d.smallest_curvature = std::min(d.smallest_curvature, change);
    d.learning_rate = length / slope_at(i);
    steps.push_back(step);
  }
  if (steps.size() >= 2) {
    const std::size_t first = steps.size() > window ? steps.size() - window : 0;
    const double ratio = steps.back().stableNorm() / steps[first].stableNorm();
    d.contraction = std::pow(ratio, 1 / static_cast<double>(steps.size() - 1 - first));
  }
  std::size_t turns = 0, pairs = 0;
  for (std::size_t i = steps.size() > window ? steps.size() - window : 0; i + 1 < steps.size(); ++i, ++pairs)
    if (steps[i].stableNormalized().dot(steps[i + 1].stableNormalized()) < 0) ++turns;
  const std::span<const Iterate> walked = path.first(steps.size() + 1);
  d.period = steps.size() + 1 == path.size() ? period_of(walked) : 0;
  const bool turning = 2 * turns > pairs;
  d.is_stuck =
      finite == path.size() && (d.period > 0 || (steps.size() > window && turns > 0 && comes_no_lower(walked, steps)));

  if (d.is_stuck) {
    d.pace = Pace::oscillates;
    d.why = d.period > 2    ? fmt::format("it goes round in a cycle of {} places", d.period)
            : d.period == 2 ? std::string("it bounces for ever between the same two places")
                            : std::string("it bounces, and comes no lower");
    d.why += ": the learning rate is too large; lower it, or let a schedule shrink it";
    if (d.largest_curvature > 0)
      d.why += fmt::format(
          ". The curvature on the way was up to {:.4g}: on a quadratic with that, gradient descent needs one below "
          "{:.2g}; where the ground bends more in one place than in another, or has a kink, it may need less",
          d.largest_curvature, 2 / d.largest_curvature);
  } else if (finite < path.size() ||
             (d.contraction > 1 + 1e-9 && (turning || (path[finite - 1].value > path[0].value && climbs(walked))))) {
    d.pace = Pace::diverges;
    d.why = finite < path.size()
                ? fmt::format("it diverged: step {} was not finite", finite)
                : fmt::format("it diverges: every step is {:.4g} times as long as the one before", d.contraction);
  } else if (steps.empty() && !at_bottom) {
    d.pace = Pace::crawls;
    d.why = "it does not move: its steps are shorter than the rounding of the point";
  } else if (steps.size() < 2) {
    d.why = "it was at the bottom after a step or two";
    d.contraction = 0;
  } else if (d.contraction > 1.01 && !turning) {
    d.pace = Pace::leaves;
    d.why = fmt::format(
        "it leaves: every step is {:.4g} times as long as the one before, and the value falls; there may be no bottom",
        d.contraction);
  } else if (turning) {
    d.pace = Pace::oscillates;
    d.why =
        fmt::format("it oscillates: {} of the last {} steps turned back, each {:.4g} times as long as the one before",
                    turns, pairs, d.contraction);
  } else if (d.learning_rate * (d.largest_curvature + d.smallest_curvature) / 2 < 0.1) {
    d.pace = Pace::crawls;
    d.why = fmt::format(
        "it crawls: each step is {:.4g} times as long as the one before, and the curvature on the way "
        "would allow a rate ten times as large",
        d.contraction);
  } else {
    d.why = fmt::format("it converges: each step is {:.4g} times as long as the one before", d.contraction);
  }
  return d;
}

RangeTest diagnosis_detail::range_test(
    const std::function<double(std::span<const double>, std::span<double>)>& objective, std::vector<double> start,
    const RangeTestOptions& options) {
  demand(options.from > 0, "learning_rate_range_test", "`from`", options.from, "must be positive");
  demand(options.to > options.from && std::isfinite(options.to), "learning_rate_range_test", "`to`", options.to,
         "must be finite and larger than `from`");
  if (options.steps < 2) throw OptionError("learning_rate_range_test: it takes at least 2 steps");
  if (start.empty()) throw ShapeError("learning_rate_range_test: the start is empty");

  std::vector<double> gradient(start.size());
  const double first = objective(start, gradient);
  if (!std::isfinite(first))
    throw OptionError(fmt::format("learning_rate_range_test: the value at the start is {}", first));
  const double growth = std::pow(options.to / options.from, 1 / static_cast<double>(options.steps - 1));
  RangeTest test;
  double lowest = first, before = first, steepest = 0;
  for (std::size_t k = 0; k < options.steps; ++k) {
    const double rate = options.from * std::pow(growth, static_cast<double>(k));
    for (std::size_t i = 0; i < start.size(); ++i) start[i] -= rate * gradient[i];
    const double value = objective(start, gradient);
    test.trials.push_back({rate, value});
    if (value < lowest) {
      lowest = value;
      test.lowest = rate;
    }
    if (before - value > steepest) {
      steepest = before - value;
      test.steepest = rate;
    }
    before = value;
    const bool finite = std::isfinite(value) && as_vector(gradient).allFinite();
    if (!finite || value - lowest > 4 * std::max(first - lowest, rounding * std::abs(first))) {
      test.survived = false;
      break;
    }
  }
  test.suggested = test.lowest / 10;
  return test;
}

}  // namespace downhill
