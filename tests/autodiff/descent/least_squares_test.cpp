#include <autodiff/descent/least_squares.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <autodiff/descent/minimize.hpp>
#include <autodiff/descent/quasi_newton.hpp>
#include <autodiff/error.hpp>
#include <support/catch.hpp>
#include <support/mgh_problems.hpp>
#include <support/nist_problems.hpp>

using namespace downhill;

namespace {

// The digits of agreement with NIST's certified parameters, which have 11.
double digits(const Result& result, const nist::Data& data) {
  double least = 11;
  for (std::size_t i = 0; i < data.certified.size(); ++i) {
    const double error = std::abs((result.point[i] - data.certified[i]) / data.certified[i]);
    least = std::min(least, error == 0 ? 11 : -std::log10(error));
  }
  return std::max(least, 0.0);
}

const Stop to_the_bottom{.gradient_norm = 0, .steps = 5000};

}  // namespace

TEST_CASE("Levenberg-Marquardt reaches NIST's certified parameters on all 27 problems from both starts") {
  double sum = 0;
  int walks = 0;
  nist::for_each([&](const nist::Data& data, const auto& residuals) {
    for (const std::vector<double>& start : data.starts) {
      const Result result = minimize(SumOfSquares(residuals), start, LevenbergMarquardt{}, to_the_bottom);
      INFO(data.name << " from " << start[0] << ", ...: " << result.why);
      CHECK(digits(result, data) >= 6);
      if (data.name != "Lanczos1")  // exact data: what is left is rounding
        CHECK(result.value == Catch::Approx(data.residual_sum_of_squares).epsilon(1e-9));
      sum += digits(result, data);
      ++walks;
    }
  });
  CHECK(walks == 54);
  CHECK(sum / walks >= 9.5);
}

TEST_CASE("it does so from any first damping, and mostly without the acceleration") {
  for (const double damping : {1e-6, 1.0}) {
    nist::for_each([&](const nist::Data& data, const auto& residuals) {
      const Result result =
          minimize(SumOfSquares(residuals), data.starts[0], LevenbergMarquardt{.damping = damping}, to_the_bottom);
      INFO(data.name << ", damping " << damping);
      CHECK(digits(result, data) >= 6);
    });
  }
  int reached = 0;
  nist::for_each([&](const nist::Data& data, const auto& residuals) {
    for (const std::vector<double>& start : data.starts)
      reached += digits(minimize(SumOfSquares(residuals), start, LevenbergMarquardt{.acceleration = 0}, to_the_bottom),
                        data) >= 6;
  });
  CHECK(reached >= 52);
}

TEST_CASE("Levenberg-Marquardt brings all 35 problems of More, Garbow and Hillstrom to a minimum") {
  mgh::for_each([](const auto& problem) {
    const Result result = minimize(SumOfSquares(problem), problem.start(), LevenbergMarquardt{}, to_the_bottom);
    double nearest = 1e300;
    for (const double minimum : problem.minima())
      nearest = std::min(nearest, std::abs(result.value - minimum) / (1e-6 * minimum + 1e-12));
    INFO(problem.name << ": " << result.value << ", " << result.why);
    CHECK(nearest <= 1);
  });
}

TEST_CASE("Gauss-Newton arrives quadratically where residuals are small, and in one step where they are linear") {
  nist::for_each([](const nist::Data& data, const auto& residuals) {
    if (data.name != "Misra1a" && data.name != "Chwirut2" && data.name != "DanWood" && data.name != "Misra1b") return;
    const Result result = minimize(SumOfSquares(residuals), data.starts[1], GaussNewton{}, to_the_bottom);
    INFO(data.name << ": " << result.why);
    CHECK(digits(result, data) >= 6);
    CHECK(result.steps <= 20);
  });
  const auto linear = [](auto x) { return std::vector{x[0] + x[1] - 3, x[0] - x[1] - 1, 2 * x[0] - 4.0}; };
  const Result result = minimize(SumOfSquares(linear), {100, -50}, GaussNewton{}, {.gradient_norm = 1e-9});
  CHECK(result.steps == 1);
  CHECK(result.point[0] == Catch::Approx(2));
  CHECK(result.point[1] == Catch::Approx(1));
}

TEST_CASE("parameters that do not matter, and fewer residuals than parameters, are no obstacle") {
  const auto one = [](auto x) { return std::vector{x[0] * x[1] - 6, 0 * x[2]}; };
  const auto arrives = [&](const auto& method) {
    const Result result = minimize(SumOfSquares(one), {1, 1, 5}, method, {.gradient_norm = 1e-10});
    INFO(result.why);
    CHECK(result.value < 1e-18);
    CHECK(result.point[2] == Catch::Approx(5));
  };
  arrives(LevenbergMarquardt{});
  arrives(GaussNewton{});
  arrives(Lbfgs{});
}

TEST_CASE("a sum of squares has the gradient 2 J'r, and every method takes it") {
  const auto residuals = [](auto x) { return std::vector{x[0] * x[0] - x[1], exp(x[1]) - 2}; };
  SumOfSquares objective(residuals);
  std::vector<double> gradient(2);
  const std::vector<double> at{1.5, 0.25};
  const double value = objective(at, gradient);
  const Eigen::VectorXd r = objective.residuals(at), expected = 2 * objective.jacobian(at).transpose() * r;
  CHECK(value == Catch::Approx(r.squaredNorm()));
  CHECK(gradient[0] == Catch::Approx(expected[0]));
  CHECK(gradient[1] == Catch::Approx(expected[1]));
  const std::vector<double> along{1, -2};
  CHECK(objective.curvature(at, along)[0] == Catch::Approx(2));
  CHECK(objective.curvature(at, along)[1] == Catch::Approx(4 * std::exp(0.25)));
  CHECK(minimize(objective, {1, 1}, Bfgs{}).value < 1e-15);
}

TEST_CASE("residuals that are NaN are stepped back from") {
  const auto residuals = [](auto x) { return std::vector{log(x[0]) + 2, 0.1 * x[0]}; };
  for (const double start : {1.0, 5.0, 1e-6}) {
    const Result result = minimize(SumOfSquares(residuals), {start}, LevenbergMarquardt{}, {.gradient_norm = 1e-10});
    CHECK(std::isfinite(result.value));
    CHECK(result.point[0] == Catch::Approx(std::exp(-2)).epsilon(0.01));
  }
  int calls = 0;
  const auto breaks = [&](auto x) {
    return std::vector{++calls > 9 ? x[0] * std::numeric_limits<double>::quiet_NaN() : exp(x[0]) - x[1],
                       x[0] * x[1] - 3.0};
  };
  const Result broken = minimize(SumOfSquares(breaks), {3, 2}, LevenbergMarquardt{});
  CHECK(broken.reason == StopReason::no_descent);
  CHECK_THAT(broken.why, Catch::Matchers::ContainsSubstring("the sum of squares is not finite"));
  CHECK(std::isfinite(broken.value));
  const Result at_once = minimize(SumOfSquares(residuals), {-1}, LevenbergMarquardt{});
  CHECK(at_once.reason == StopReason::not_finite);
  CHECK(at_once.point[0] == -1);
}

TEST_CASE("options of Levenberg-Marquardt outside their domains are refused") {
  const auto residuals = [](auto x) { return std::vector{x[0] - 1.0}; };
  CHECK_THROWS_AS(minimize(SumOfSquares(residuals), {0}, LevenbergMarquardt{.damping = 0}), OptionError);
  CHECK_THROWS_AS(minimize(SumOfSquares(residuals), {0}, LevenbergMarquardt{.acceleration = -1}), OptionError);
}
