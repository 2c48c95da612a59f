#include <autodiff/descent/least_squares/levenberg_marquardt.hpp>

#include <cmath>
#include <vector>

#include <autodiff/descent/minimize.hpp>
#include <support/catch.hpp>
#include <support/mgh_fixed.hpp>
#include <support/mgh_problems.hpp>

using namespace downhill;

TEST_CASE("within bounds, Levenberg-Marquardt finds the bottom that the conditions of Karush, Kuhn and Tucker give") {
  const auto linear = [](auto x) { return std::vector{x[0] - 3.0, x[1] + 2.0, x[0] + x[1]}; };
  const Result result = minimize(SumOfSquares(linear), {0, 0}, LevenbergMarquardt{.upper = {1, 10}});
  INFO(result.why);
  CHECK(result.point[0] == 1);
  CHECK(result.point[1] == Catch::Approx(-1.5));
  CHECK(result.gradient_norm < 1e-8);  // of what can go down
  const Result valley = minimize(SumOfSquares(mgh::Rosenbrock{}), {-1.2, 1}, LevenbergMarquardt{.upper = {0.5, 9}});
  CHECK(valley.point[0] == 0.5);
  CHECK(valley.point[1] == Catch::Approx(0.25));
}

TEST_CASE("within bounds no walk leaves them or ends above its start") {
  int walks = 0;
  for (const mgh::Problem& problem : mgh::problems()) {
    std::vector<double> lower = problem.start(), upper = problem.start();
    for (std::size_t i = 0; i < lower.size(); ++i) {
      lower[i] -= 0.1 * (1 + std::abs(lower[i]));
      upper[i] += 0.2 * (1 + std::abs(upper[i]));
    }
    const Result ours = minimize(SumOfSquares(problem), problem.start(),
                                 LevenbergMarquardt{.lower = lower, .upper = upper}, {.steps = 300});
    const Result other =
        minimize(SumOfSquares(problem), problem.start(), BoundedLbfgs{.lower = lower, .upper = upper}, {.steps = 2000});
    INFO(problem.name << ": " << ours.value << " " << ours.why);
    SumOfSquares objective(problem);
    CHECK(ours.value <= objective.residuals(problem.start()).squaredNorm());
    for (std::size_t i = 0; i < lower.size(); ++i) CHECK((ours.point[i] >= lower[i] && ours.point[i] <= upper[i]));
    ++walks;
  }
  CHECK(walks == 35);
}

TEST_CASE("fixed parameters keep their start, and the others are fitted to that") {
  const auto residuals = [](auto x) { return std::vector{x[0] + x[1] - 3.0, x[0] - x[1] - 0.5, x[0] * x[1] - 2.0}; };
  const Result result = minimize(SumOfSquares(residuals), {1, 0.25}, LevenbergMarquardt{.fixed = {1}});
  CHECK(result.point[1] == 0.25);
  // x minimises (x - 2.75)² + (x - 0.75)² + (x / 4 - 2)².
  CHECK(result.point[0] == Catch::Approx((2.75 + 0.75 + 0.5) / (2 + 1.0 / 16)));
}
