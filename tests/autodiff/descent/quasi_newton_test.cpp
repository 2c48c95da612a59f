#include <autodiff/descent/quasi_newton.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <autodiff/descent/least_squares.hpp>
#include <autodiff/descent/minimize.hpp>
#include <autodiff/error.hpp>
#include <support/catch.hpp>
#include <support/mgh_problems.hpp>

using namespace downhill;

namespace {

// Is the value one of the minima, to 1e-5 of it? A minimum of 0 at a singular Hessian is flat: there, to 1e-12.
void check_minimum(const std::string& problem, const std::string& method, const Result& result,
                   const std::vector<double>& minima) {
  double nearest = std::numeric_limits<double>::infinity();
  for (const double minimum : minima)
    nearest = std::min(nearest, std::abs(result.value - minimum) / (1e-5 * minimum + 1e-12));
  INFO(problem << " by " << method << ": " << result.value << " after " << result.steps << " steps, " << result.why);
  CHECK(nearest <= 1);
}

// The extended function of the paper: pairs of parameters.
const auto rosenbrock = [](auto x) {
  auto sum = 0 * x[0];
  for (std::size_t i = 0; i + 1 < x.size(); i += 2) sum += 100 * square(x[i + 1] - x[i] * x[i]) + square(1 - x[i]);
  return sum;
};
std::vector<double> rosenbrock_start(std::size_t n) {
  std::vector<double> start(n, 1);
  for (std::size_t i = 0; i < n; i += 2) start[i] = -1.2;
  return start;
}

}  // namespace

TEST_CASE("BFGS and L-BFGS bring all 35 problems of More, Garbow and Hillstrom to a minimum") {
  for (const mgh::Problem& problem : mgh::problems()) {
    const Stop stop{.gradient_norm = 1e-10, .steps = 20'000};
    const SumOfSquares objective(problem);
    const std::string name(problem.name);
    check_minimum(name, "Bfgs", minimize(objective, problem.start(), Bfgs{}, stop), problem.minima());
    check_minimum(name, "Lbfgs", minimize(objective, problem.start(), Lbfgs{}, stop), problem.minima());
  }
}

TEST_CASE("every method comes to the bottom of Rosenbrock's valley in 2, 100 and 10,000 dimensions") {
  for (const std::size_t n : {2U, 100U, 10'000U}) {
    const auto arrives = [&](const auto& method, std::size_t most_evaluations) {
      const Result result = minimize(rosenbrock, rosenbrock_start(n), method, {.gradient_norm = 1e-9, .steps = 50'000});
      INFO(n << " dimensions: " << result.why);
      CHECK(result.reason == StopReason::flat_gradient);
      CHECK(result.evaluations <= most_evaluations);
      bool at_one = true;
      for (const double x : result.point) at_one = at_one && std::abs(x - 1) < 1e-8;
      CHECK(at_one);
    };
    arrives(Lbfgs{}, 150);
    arrives(ConjugateGradient{}, 500);
    if (n <= 100) arrives(Bfgs{}, 100);
    if (n == 2) arrives(SteepestDescent{.search = StrongWolfe{.curvature = 0.1}}, 200'000);
    if (n == 2) arrives(SteepestDescent{}, 200'000);
  }
}

TEST_CASE("on a quadratic of n parameters, conjugate gradients and BFGS with exact searches arrive in n steps") {
  const std::vector<double> curvature{1, 3, 10, 30, 100};
  const auto quadratic = [&](auto x) {
    auto sum = 0 * x[0];
    for (std::size_t i = 0; i < 5; ++i) sum += curvature[i] * square(x[i] - static_cast<double>(i)) / 2;
    return sum;
  };
  const StrongWolfe exact{.decrease = 1e-10, .curvature = 1e-9};
  const Stop stop{.gradient_norm = 1e-6};
  CHECK(minimize(quadratic, {9, 9, 9, 9, 9}, ConjugateGradient{.search = exact}, stop).steps <= 6);
  CHECK(minimize(quadratic, {9, 9, 9, 9, 9}, Bfgs{.search = exact}, stop).steps <= 6);
  CHECK(minimize(quadratic, {9, 9, 9, 9, 9}, Lbfgs{.search = exact}, stop).steps <= 6);
}

TEST_CASE("a method at the bottom, to rounding, stops there and says so") {
  const auto bowl = [](auto x) { return 1e10 + square(x[0] - 1); };
  for (const double start : {1 + 1e-7, 3.0}) {
    const Result result = minimize(bowl, {start}, Bfgs{}, {.gradient_norm = 0});
    CHECK((result.reason == StopReason::no_descent || result.reason == StopReason::flat_gradient));
    CHECK(result.steps < 50);
    CHECK(result.point[0] == Catch::Approx(1).margin(1e-2));
  }
}

TEST_CASE("a method that can go nowhere says why, at the last good point") {
  int calls = 0;
  const auto breaks = [&](auto x) {
    const auto value = pow(x[0] - 1, 4) + pow(x[1], 4);
    return ++calls > 5 ? value * std::numeric_limits<double>::quiet_NaN() : value;
  };
  const Result broken = minimize(breaks, {3, 2}, Bfgs{});
  CHECK(broken.reason == StopReason::no_descent);
  CHECK_THAT(broken.why, Catch::Matchers::ContainsSubstring("the value is not finite along the direction"));
  CHECK(std::isfinite(broken.value));
}

TEST_CASE("steepest descent crosses a long way in few steps") {
  const auto bowl = [](auto x) { return square(x[0] - 1); };
  for (const LineSearch& search : {LineSearch(Armijo{}), LineSearch(StrongWolfe{})}) {
    const Result result = minimize(bowl, {1e10}, SteepestDescent{.search = search});
    CHECK(result.reason == StopReason::flat_gradient);
    CHECK(result.evaluations < 300);
  }
}

TEST_CASE("a search that meets NaN stays where values are finite") {
  const auto barrier = [](auto x) { return -log(x[0]) - log(1 - x[0] - x[1]) - log(x[1]); };
  const auto arrives = [&](const auto& method) {
    const Result result = minimize(barrier, {0.9, 0.05}, method, {.gradient_norm = 1e-6});
    CHECK(result.reason == StopReason::flat_gradient);
    CHECK(result.point[0] == Catch::Approx(1.0 / 3));
    CHECK(result.point[1] == Catch::Approx(1.0 / 3));
  };
  arrives(Bfgs{});
  arrives(Lbfgs{});
  arrives(ConjugateGradient{});
  arrives(SteepestDescent{});
  arrives(BoundedLbfgs{});
}

// ---- bounds

TEST_CASE("with bounds, the minimum satisfies the conditions of Karush, Kuhn and Tucker") {
  // Convex quadratics with coupled parameters: there is one minimum, and the conditions are sufficient.
  std::uint64_t state = 1;
  const auto random = [&] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state >> 11) * 0x1p-52 - 1;
  };
  for (int trial = 0; trial < 30; ++trial) {
    const Eigen::Index n = 2 + trial % 9;
    Eigen::MatrixXd a(n, n);
    Eigen::VectorXd b(n);
    for (double& x : a.reshaped()) x = random();
    for (double& x : b) x = 5 * random();
    const Eigen::MatrixXd h = a.transpose() * a + 0.05 * Eigen::MatrixXd::Identity(n, n);
    const auto value = [&](std::span<const double> x) {
      const Eigen::Map<const Eigen::VectorXd> v(x.data(), n);
      return 0.5 * v.dot(h * v) - b.dot(v);
    };
    const auto gradient = [&](std::span<const double> x, std::span<double> into) {
      Eigen::Map<Eigen::VectorXd>(into.data(), n) = h * Eigen::Map<const Eigen::VectorXd>(x.data(), n) - b;
    };
    const Result result = minimize(by_hand(value, gradient), std::vector<double>(static_cast<std::size_t>(n), 0.5),
                                   BoundedLbfgs{.lower = {0}, .upper = {1}}, {.gradient_norm = 1e-9, .steps = 5000});
    INFO("trial " << trial << ": " << result.why << ", |g| = " << result.gradient_norm);
    CHECK(result.gradient_norm < 1e-6);
    std::vector<double> g(result.point.size());
    gradient(result.point, g);
    for (std::size_t i = 0; i < g.size(); ++i) {
      const double x = result.point[i];
      CHECK((x >= 0 && x <= 1));
      if (x > 0) CHECK(g[i] <= 1e-5);
      if (x < 1) CHECK(g[i] >= -1e-5);
    }
  }
}

TEST_CASE("without bounds, L-BFGS with bounds brings the problems of the paper to a minimum as well") {
  for (const mgh::Problem& problem : mgh::problems()) {
    if (problem.name == "Meyer") continue;  // a canyon where backtracking alone needs more steps than these
    const Result result =
        minimize(SumOfSquares(problem), problem.start(), BoundedLbfgs{}, {.gradient_norm = 1e-10, .steps = 20'000});
    check_minimum(std::string(problem.name), "BoundedLbfgs", result, problem.minima());
  }
}

TEST_CASE("Rosenbrock's valley behind a fence ends at the fence") {
  const Result result = minimize(rosenbrock, {-1.2, 1}, BoundedLbfgs{.lower = {-2, -2}, .upper = {0.5, 2}});
  CHECK(result.reason == StopReason::flat_gradient);
  CHECK(result.point[0] == 0.5);
  CHECK(result.point[1] == Catch::Approx(0.25));
}

TEST_CASE("wrong bounds are refused") {
  using Catch::Matchers::ContainsSubstring;
  const auto walk = [](const BoundedLbfgs& method) { return minimize(rosenbrock, {0.5, 3}, method); };
  CHECK_THROWS_WITH(walk({.lower = {0}, .upper = {1}}), ContainsSubstring("start[1] is 3, outside its bounds [0, 1]"));
  CHECK_THROWS_AS(walk({.lower = {0, 0, 0}}), ShapeError);
  CHECK_THROWS_WITH(walk({.lower = {2}, .upper = {1}}), ContainsSubstring("the lower bound 2 of parameter 0"));
  CHECK_THROWS_AS(walk({.memory = 0}), OptionError);
  CHECK_THROWS_AS(minimize(rosenbrock, {0.5, 3}, Lbfgs{.memory = 0}), OptionError);
}
