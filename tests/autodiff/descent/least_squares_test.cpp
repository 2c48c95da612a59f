#include <autodiff/descent/least_squares.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

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

// Claims that were found false: the walk says that it has arrived where the ground is not flat.
bool claims_too_much(const Result& result) {
  const bool claims = result.reason == StopReason::flat_gradient || result.reason == StopReason::no_descent ||
                      result.reason == StopReason::short_step;
  return claims && result.gradient_norm > 1e-3 * (1 + result.value);
}

// The residuals, and the least sum of their squares that anything has seen.
template <class R>
struct Watched {
  R residuals;
  double* least;

  template <class X>
  auto operator()(const X& x) const {
    auto values = residuals(x);
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(values[0])>, double>) {
      double sum = 0;
      for (const double value : values) sum += value * value;
      if (sum < *least) *least = sum;
    }
    return values;
  }
};

}  // namespace

TEST_CASE("Levenberg-Marquardt reaches NIST's certified parameters on all 27 problems from both starts, by default") {
  double sum = 0;
  int walks = 0;
  nist::for_each([&](const nist::Data& data, const auto& residuals) {
    for (const std::vector<double>& start : data.starts) {
      const Result result = minimize(SumOfSquares(residuals), start, LevenbergMarquardt{});
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

TEST_CASE("Levenberg-Marquardt brings all 35 problems of More, Garbow and Hillstrom to a minimum") {
  std::size_t evaluations = 0;
  for (const mgh::Problem& problem : mgh::problems()) {
    const Result result = minimize(SumOfSquares(problem), problem.start(), LevenbergMarquardt{});
    evaluations += result.evaluations;
    if (problem.name == "Brown and Dennis") CHECK(result.evaluations <= 60);  // large residuals
    double nearest = 1e300;
    for (const double minimum : problem.minima())
      nearest = std::min(nearest, std::abs(result.value - minimum) / (1e-6 * minimum + 1e-12));
    INFO(problem.name << ": " << result.value << ", " << result.why);
    CHECK(nearest <= 1);
  }
  // MINPACK's lmder, on the same problems with tolerances of 1.5e-8: 2026 of the residuals and of the Jacobian.
  CHECK(evaluations <= 2026);
}

TEST_CASE("Gauss-Newton arrives quadratically where residuals are small, and in one step where they are linear") {
  nist::for_each([](const nist::Data& data, const auto& residuals) {
    if (data.name != "Misra1a" && data.name != "Chwirut2" && data.name != "DanWood" && data.name != "Misra1b") return;
    const Result result = minimize(SumOfSquares(residuals), data.starts[1], GaussNewton{});
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

TEST_CASE("Gauss-Newton on NIST's Filip has six digits, and gives up where J stays nearly singular, and says so") {
  const std::string path = DOWNHILL_TEST_DATA "/nist_strd_linear.json";
  std::ifstream file(path);
  const nlohmann::json problems = nlohmann::json::parse(file).at("problems");
  const auto filip = std::ranges::find(problems, "Filip", [](const auto& problem) { return problem.at("name"); });
  REQUIRE(filip != problems.end());
  const auto x = filip->at("x")[0].get<std::vector<double>>(), y = filip->at("y").get<std::vector<double>>();
  const auto residuals = [&](const auto& b) {
    std::vector<std::remove_cvref_t<decltype(b[0])>> values;
    for (std::size_t i = 0; i < y.size(); ++i) {
      auto sum = b[10] * x[i];
      for (std::size_t k = 9; k > 0; --k) sum = (sum + b[k]) * x[i];
      values.push_back(sum + b[0] - y[i]);
    }
    return values;
  };
  const Result fit = minimize(SumOfSquares(residuals), std::vector<double>(11), GaussNewton{});
  INFO(fit.why);
  for (std::size_t i = 0; i < 11; ++i)
    CHECK(fit.point[i] == Catch::Approx(std::stod(filip->at("certified_text")[i].get<std::string>())).epsilon(1e-6));
  nist::for_each([](const nist::Data& data, const auto& other) {
    if (data.name != "MGH17" && data.name != "MGH09" && data.name != "Rat43") return;
    const Result walk = minimize(SumOfSquares(other), data.starts[0], GaussNewton{});
    INFO(data.name << ": " << walk.why);
    CHECK(walk.evaluations < 10'000);
    // Far away the ground may be flat, and then it says that.
    CHECK((digits(walk, data) >= 6 || walk.reason == StopReason::no_progress ||
           (walk.reason == StopReason::flat_gradient && walk.gradient_norm < 1e-12)));
  });
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

TEST_CASE("options outside their domains are refused") {
  const auto residuals = [](auto x) { return std::vector{x[0] - 1.0}; };
  const auto refuses = [&](const auto& method) {
    CHECK_THROWS_AS(minimize(SumOfSquares(residuals), {0}, method), OptionError);
  };
  refuses(LevenbergMarquardt{.radius = 0});
  refuses(LevenbergMarquardt{.cosine = -1});
  refuses(LevenbergMarquardt{.relative_step = -1});
  refuses(LevenbergMarquardt{.lower = {1}});
  refuses(LevenbergMarquardt{.lower = {1}, .upper = {-1}});
  refuses(LevenbergMarquardt{.fixed = {1}});
  refuses(GaussNewton{.cosine = -1});
  CHECK_THROWS_AS(minimize(SumOfSquares(residuals), {0}, LevenbergMarquardt{.lower = {1, 2}}), ShapeError);
}

TEST_CASE("no walk ends above its start or above the lowest point that it has seen, or claims a bottom where none is") {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  int walks = 0, false_claims = 0;
  const auto walk = [&](const auto& residuals, const std::vector<double>& start) {
    const auto by = [&](const auto& method) {
      double least = std::numeric_limits<double>::infinity();
      SumOfSquares objective(Watched<std::remove_cvref_t<decltype(residuals)>>{residuals, &least});
      const double first = objective.residuals(start).squaredNorm();
      if (!std::isfinite(first)) return;
      const Result result = minimize(objective, start, method, {.steps = 100});
      INFO(result.why);
      CHECK(result.value <= first);
      CHECK(result.value <= least * (1 + 1e-13));
      ++walks;
      false_claims += claims_too_much(result);
    };
    by(LevenbergMarquardt{});
    by(GaussNewton{});
  };
  for (const mgh::Problem& problem : mgh::problems()) {
    for (const double far : {1.0, 100.0}) {
      std::vector<double> start = problem.start();
      for (double& x : start) x += far * normal(random) * (1 + std::abs(x));
      walk(problem, start);
    }
  }
  // Residuals that saturate, grow, multiply.
  for (std::size_t i = 0; i < 60; ++i) {
    std::vector<double> numbers(12), start(3);
    for (double& number : numbers) number = normal(random);
    for (double& x : start) x = std::pow(10, i % 3) * normal(random);
    walk(
        [numbers](auto x) {
          const auto along = [&](std::size_t row) {
            return numbers[3 * row] * x[0] + numbers[3 * row + 1] * x[1] + numbers[3 * row + 2] * x[2];
          };
          return std::vector{tanh(along(0)) - 0.5, exp(-along(1)) - 1.0, along(2) * x[0] - 2.0, atan(along(3)) + 0.3};
        },
        start);
  }
  CHECK(walks > 200);
  // What is left is Meyer's bottom, where rounding is steeper than that.
  CHECK(false_claims <= walks / 100);
}

TEST_CASE("no walk goes up, stands still or calls a bottom where one once did") {
  const auto by_both = [](const auto& residuals, const std::vector<double>& start, double least) {
    for (const bool gauss : {false, true}) {
      const Result result = gauss ? minimize(SumOfSquares(residuals), start, GaussNewton{})
                                  : minimize(SumOfSquares(residuals), start, LevenbergMarquardt{});
      INFO((gauss ? "Gauss-Newton: " : "Levenberg-Marquardt: ") << result.why);
      CHECK(result.value <= least);
      CHECK(!claims_too_much(result));
    }
  };
  by_both([](auto x) { return std::vector{x[0] * x[1] - 1.0, exp(-x[1]) - 0.5}; }, {0, 100}, 0.2500001);
  by_both([](auto x) { return std::vector{x[0] - 1.0, tanh(x[1]) - 0.5}; }, {0, 20}, 0.2500001);
  by_both([](auto x) { return std::vector{1e-9 * (x[0] - 0.1), 0 * x[0]}; }, {5}, 1e-40);
}

TEST_CASE("Levenberg-Marquardt takes the same walk whatever the units of residuals and parameters") {
  for (const mgh::Problem& problem : mgh::problems()) {
    const std::vector<double> start = problem.start();
    const auto walk = [&](double unit, double of_parameters) {
      const auto residuals = [&](auto x) {
        using X = std::remove_cvref_t<decltype(x[0])>;
        std::vector<X> moved;
        for (std::size_t i = 0; i < start.size(); ++i) moved.push_back(x[i] / (i % 2 == 0 ? of_parameters : 1.0));
        auto values = problem(moved);
        for (auto& value : values) value = value * unit;
        return values;
      };
      std::vector<double> from = start;
      for (std::size_t i = 0; i < from.size(); i += 2) from[i] *= of_parameters;
      return minimize(SumOfSquares(residuals), from, LevenbergMarquardt{}, {.steps = 10});
    };
    // Powers of two: not even rounding differs.
    const Result one = walk(1, 1);
    INFO(problem.name << ": " << one.why);
    for (const double unit : {0x1p-30, 0x1p30}) {
      const Result other = walk(unit, 1);
      CHECK(other.evaluations == one.evaluations);
      CHECK(other.value / (unit * unit) == Catch::Approx(one.value).epsilon(1e-6));
    }
    const Result other = walk(1, 0x1p20);
    CHECK(other.evaluations == one.evaluations);
    CHECK(other.value == Catch::Approx(one.value).epsilon(1e-6));
  }
}
