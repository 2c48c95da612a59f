#include "support/catch.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include <autodiff/descent/least_squares.hpp>
#include <autodiff/descent/minimize.hpp>
#include <autodiff/descent/quasi_newton.hpp>

using namespace downhill;

namespace {

const auto bowl = [](auto w) { return w[0] * w[0]; };

}  // namespace

TEST_CASE("on the bowl w^2 every step multiplies w by 1 - 2 learning_rate", "[minimize]") {
  for (const double rate : {0.001, 0.1, 0.5, 0.9, 1.0, 1.1}) {
    const Result result = minimize(bowl, {5.0}, {.learning_rate = rate}, {.gradient_norm = 0, .steps = 20}, Keep::path);
    for (const Iterate& iterate : result.path) {
      const auto k = static_cast<double>(&iterate - result.path.data());
      CHECK(iterate.point[0] == Catch::Approx(5 * std::pow(1 - 2 * rate, k)).margin(1e-300));
      CHECK(iterate.value == iterate.point[0] * iterate.point[0]);
      CHECK(iterate.gradient[0] == 2 * iterate.point[0]);
    }
  }
}

TEST_CASE("three points on a line give the steps of the hand calculation", "[minimize]") {
  // (0.5, 1.4), (2.3, 1.9), (2.9, 3.2): the sum of squared residuals in (b, m), from (0, 1) at rate 0.01.
  const auto loss = [](auto p) {
    const double xs[] = {0.5, 2.3, 2.9}, ys[] = {1.4, 1.9, 3.2};
    auto total = p[0] * 0.0;
    for (int i = 0; i < 3; ++i) {
      const auto residual = ys[i] - (p[0] + p[1] * xs[i]);
      total += residual * residual;
    }
    return total;
  };
  // The slope held at 0.64, the rate 0.1.
  const auto held = [&](auto b) { return loss(std::array<std::remove_cvref_t<decltype(b[0])>, 2>{b[0], 0.64}); };
  const Result first = minimize(held, {0.0}, {.learning_rate = 0.1}, {.steps = 3}, Keep::path);
  CHECK(first.path[1].point[0] == Catch::Approx(0.5704).epsilon(1e-12));
  CHECK(first.path[2].point[0] == Catch::Approx(0.79856).epsilon(1e-12));
  CHECK(first.path[3].point[0] == Catch::Approx(0.889824).epsilon(1e-12));
  const Result walk = minimize(loss, {0, 1}, {.learning_rate = 0.01}, {.steps = 2}, Keep::path);
  CHECK(walk.path[1].point[0] == Catch::Approx(0.016));
  CHECK(walk.path[1].point[1] == Catch::Approx(1.008));
  CHECK(walk.path[2].point[0] == Catch::Approx(0.030128));
  CHECK(walk.path[2].point[1] == Catch::Approx(1.011944));
  const Result bottom = minimize(loss, {0, 1}, {.learning_rate = 0.05}, {.gradient_norm = 1e-12, .steps = 100'000});
  CHECK(bottom.reason == StopReason::flat_gradient);
  CHECK(bottom.point[0] == Catch::Approx(37.0 / 39).epsilon(1e-11));
  CHECK(bottom.point[1] == Catch::Approx(25.0 / 39).epsilon(1e-11));
  CHECK(minimize(loss, {0, 1}, {.learning_rate = 0.1}).reason == StopReason::not_finite);
}

TEST_CASE("a random positive definite quadratic is brought to its minimum", "[minimize]") {
  std::mt19937 generator(7);
  std::normal_distribution<double> normal;
  for (int trial = 0; trial < 20; ++trial) {
    const std::size_t n = 1 + static_cast<std::size_t>(trial) % 5;
    std::vector<double> scale(n), centre(n), start(n);
    for (std::size_t i = 0; i < n; ++i)
      scale[i] = 0.1 + std::abs(normal(generator)), centre[i] = normal(generator), start[i] = normal(generator);
    const auto quadratic = [&](auto x) {
      auto total = x[0] * 0.0;
      for (std::size_t i = 0; i < n; ++i) total += scale[i] * (x[i] - centre[i]) * (x[i] - centre[i]);
      return total;
    };
    const Result result = minimize(quadratic, start, {.learning_rate = 0.1}, {.gradient_norm = 1e-10});
    CHECK(result.reason == StopReason::flat_gradient);
    for (std::size_t i = 0; i < n; ++i) CHECK(result.point[i] == Catch::Approx(centre[i]).margin(1e-8));
  }
}

TEST_CASE("each stop condition is named and explained in one sentence", "[minimize]") {
  const auto walk = [](const Stop& stop, double rate = 0.1) {
    return minimize(bowl, {5.0}, {.learning_rate = rate}, stop);
  };
  using Catch::Matchers::ContainsSubstring;
  const Result flat = walk({.gradient_norm = 1e-3});
  CHECK(flat.reason == StopReason::flat_gradient);
  CHECK_THAT(flat.why, ContainsSubstring("the gradient is flat: |g| = ") && ContainsSubstring("<= 0.001"));
  CHECK(flat.gradient_norm <= 1e-3);
  CHECK(walk({.value_change = 1e-3}).reason == StopReason::value_settled);
  const Result target = walk({.target_value = 1});
  CHECK(target.reason == StopReason::target_value);
  CHECK(target.value <= 1);
  const Result cut = walk({.steps = 3});
  CHECK(cut.reason == StopReason::step_limit);
  CHECK(cut.steps == 3);
  CHECK(cut.point[0] == Catch::Approx(5 * 0.8 * 0.8 * 0.8));
  CHECK(walk({.steps = 0}).point[0] == 5);
  CHECK(name(StopReason::step_limit) == "step_limit");
}

TEST_CASE("a walk that diverges ends at the last finite place and names the learning rate", "[minimize]") {
  const Result result = minimize(bowl, {5.0}, {.learning_rate = 1.5}, {}, Keep::path);
  CHECK(result.reason == StopReason::not_finite);
  CHECK_THAT(result.why, Catch::Matchers::ContainsSubstring("learning rate 1.5 is probably too large"));
  CHECK_THAT(result.why, Catch::Matchers::ContainsSubstring(fmt::format("at step {}", result.steps)));
  CHECK(std::isfinite(result.value));
  CHECK(std::isfinite(result.point[0]));
  CHECK(result.path.size() == result.steps + 1);
  CHECK_FALSE(std::isfinite(result.path.back().value));
}

TEST_CASE("a value that is NaN at the start stops there", "[minimize]") {
  const Result result = minimize([](auto w) { return log(w[0]); }, {-1.0}, {.learning_rate = 0.1});
  CHECK(result.reason == StopReason::not_finite);
  CHECK(result.steps == 0);
  CHECK(result.point[0] == -1);
  CHECK_THAT(result.why, Catch::Matchers::ContainsSubstring("at the start"));
}

TEST_CASE("an objective that does not depend on the parameters is an error, not flat ground", "[minimize]") {
  using Catch::Matchers::ContainsSubstring;
  const auto fixed = [](auto) { return Var<double>(3.0); };
  CHECK_THROWS_AS(minimize(fixed, {1.0, 2.0}), TapeError);
  const auto passive = [](auto w) { return square(w[0].value() - 3); };
  CHECK_THROWS_WITH(minimize(passive, {1.0}), ContainsSubstring("without .value()"));
  CHECK_THROWS_AS(minimize(passive, {1.0}, Adam{}), TapeError);
  // One that is constant somewhere has the gradient 0 there.
  const auto clamped = [](auto w) { return w[0] > 1 ? square(w[0] - 1) : Var<double>(0.0); };
  const Result result = minimize(clamped, {5.0}, {.learning_rate = 0.6});
  CHECK(result.reason == StopReason::flat_gradient);
  CHECK(result.value == 0);
}

TEST_CASE("bad options are refused with what is wrong with them", "[minimize]") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  for (const double rate : {0.0, -0.1, nan, infinity})
    CHECK_THROWS_WITH(minimize(bowl, {5.0}, {.learning_rate = rate}),
                      Catch::Matchers::ContainsSubstring("must be positive and finite"));
  CHECK_THROWS_AS(minimize(bowl, {}, {.learning_rate = 0.1}), ShapeError);
  CHECK_THROWS_WITH(minimize(bowl, {1.0, nan}, {.learning_rate = 0.1}),
                    Catch::Matchers::ContainsSubstring("start[1] is nan"));
  CHECK_THROWS_AS(minimize(bowl, {1.0}, {.learning_rate = 0.1}, {.gradient_norm = nan}), OptionError);
}

TEST_CASE("what the objective throws at the start passes through, later it ends the walk at the last good point",
          "[minimize]") {
  int calls = 0;
  const auto objective = [&](auto w) {
    if (++calls == 3) throw std::runtime_error("no more data");
    return w[0] * w[0];
  };
  const Result result = minimize(objective, {5.0}, {.learning_rate = 0.1});
  CHECK(result.reason == StopReason::exception);
  CHECK(result.why == "at step 2 this was thrown: no more data");
  CHECK(result.point[0] == Catch::Approx(4));
  CHECK(result.value == Catch::Approx(16));
  CHECK_THROWS_WITH(std::rethrow_exception(result.exception), "no more data");
  calls = 2;
  CHECK_THROWS_WITH(minimize(objective, {5.0}, {.learning_rate = 0.1}), "no more data");
}

TEST_CASE("the other stop conditions are named and explained", "[minimize]") {
  using Catch::Matchers::ContainsSubstring;
  const auto walk = [](const Stop& stop, double rate = 0.1) {
    return minimize(bowl, {5.0}, {.learning_rate = rate}, stop);
  };
  const Result shorter = walk({.step_length = 0.5});
  CHECK(shorter.reason == StopReason::short_step);
  CHECK_THAT(shorter.why, ContainsSubstring("<= 0.5"));
  const Result counted = walk({.evaluations = 5});
  CHECK(counted.reason == StopReason::evaluation_limit);
  CHECK(counted.evaluations == 5);
  CHECK(counted.steps == 4);
  CHECK(walk({.seconds = 0}).reason == StopReason::time_limit);
  const Result asked = walk({.when = [](const Progress& progress) { return progress.point[0] < 3; }});
  CHECK(asked.reason == StopReason::condition);
  CHECK(asked.point[0] < 3);
  CHECK(asked.steps == 3);

  const Result bouncing = walk({.gradient_norm = 0, .patience = {.rounds = 7}}, 1.0);
  CHECK(bouncing.reason == StopReason::patience_ran_out);
  CHECK(bouncing.steps == 7);
  CHECK_THAT(bouncing.why, ContainsSubstring("the value has not come below 25 for 7 steps"));
  const Result validated = walk({.patience = {.rounds = 2, .minimum_change = 0.1},
                                 .validation_value = [](std::span<const double> w) { return std::abs(w[0] - 4); }});
  CHECK(validated.reason == StopReason::patience_ran_out);
  CHECK(validated.steps == 3);  // the validation value is least at step 1, where w = 4
}

TEST_CASE("a stop condition that throws ends the walk like anything else that throws", "[minimize]") {
  const Result result = minimize(bowl, {5.0}, {.learning_rate = 0.1}, {.when = [](const Progress& progress) -> bool {
                                   if (progress.steps == 2) throw 42;
                                   return false;
                                 }});
  CHECK(result.reason == StopReason::exception);
  CHECK(result.why == "at step 2 this was thrown: something that is not a std::exception");
  CHECK(result.point[0] == Catch::Approx(3.2));
}

TEST_CASE("the result counts steps, evaluations and time", "[minimize]") {
  const Result result = minimize(bowl, {5.0}, {.learning_rate = 0.1}, {.steps = 12});
  CHECK(result.steps == 12);
  CHECK(result.evaluations == 13);
  CHECK(result.seconds > 0);
  CHECK(result.gradient_norm == std::abs(2 * result.point[0]));
}

TEST_CASE("observers see every step and the end, and one that returns true ends the walk", "[minimize]") {
  std::vector<std::size_t> seen;
  std::string why;
  int ends = 0;
  const auto watch = [&](const Progress& progress) {
    if (progress.ended) {
      ++ends;
      why = progress.why;
      return;
    }
    seen.push_back(progress.steps);
    CHECK(progress.value == progress.point[0] * progress.point[0]);
    CHECK(std::isnan(progress.learning_rate) == (progress.steps == 0));
  };
  const auto cut = [](const Progress& progress) { return progress.steps == 2; };
  const Result result = minimize(bowl, {5.0}, {.learning_rate = 0.1}, {}, watch, cut, Keep::path);
  CHECK(seen == std::vector<std::size_t>{0, 1, 2});
  CHECK(ends == 1);
  CHECK(why == result.why);
  CHECK(result.reason == StopReason::observer);
  CHECK(result.path.size() == 3);
}

TEST_CASE("gradient descent is the default, and one whole number is a start", "[minimize]") {
  const Result result = minimize(bowl, {5});
  CHECK(result.reason == StopReason::flat_gradient);
  CHECK(result.point.size() == 1);
  CHECK(minimize(bowl, {0}).point[0] == 0);
  CHECK(minimize(bowl, {5}, {.learning_rate = 0.25}, {.steps = 1}).point[0] == 2.5);
}

TEST_CASE("from an Eigen vector or an array, the objective takes one of its number type", "[minimize]") {
  const Eigen::Vector3d centre(1, -2, 3);
  const auto sphere = [&](const auto& x) {
    using X = typename std::remove_cvref_t<decltype(x)>::Scalar;
    return (x - centre.cast<X>()).squaredNorm();
  };
  const auto residuals = [&](const auto& x) {
    using X = typename std::remove_cvref_t<decltype(x)>::Scalar;
    return x - centre.cast<X>();
  };
  const auto arrives = [&](const Result& result) {
    REQUIRE(result.point.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(result.point[i] == Catch::Approx(centre[static_cast<Eigen::Index>(i)]));
  };
  const Eigen::Vector3d start(4, 4, 4);
  const Eigen::VectorXd dynamic = start;
  arrives(minimize(sphere, start));
  arrives(minimize(sphere, dynamic, Lbfgs{}));
  arrives(minimize(sphere, Eigen::Vector3d::Ones(), Bfgs{}));
  arrives(minimize(SumOfSquares(residuals), start, LevenbergMarquardt{}));
  arrives(minimize(SumOfSquares(residuals), dynamic, GaussNewton{}));
  arrives(minimize(SumOfSquares(residuals), dynamic, Adam{.learning_rate = 0.1}, {.gradient_norm = 1e-6}));
  const auto pair = [](const auto& x) {
    const auto& [a, b] = x;
    return square(a - 1) + square(b + a);
  };
  const Result of_array = minimize(pair, std::array{3.0, 4.0}, Lbfgs{}, {}, Keep::path);
  CHECK(of_array.point[1] == Catch::Approx(-1));
  CHECK(of_array.path.size() == of_array.steps + 1);
  // A gradient by hand takes spans, whatever the start is.
  const auto by_spans = by_hand([](std::span<const double> x) { return x[0] * x[0]; },
                                [](std::span<const double> x, std::span<double> g) { g[0] = 2 * x[0]; });
  CHECK(minimize(by_spans, Eigen::VectorXd::Constant(1, 5)).point[0] == Catch::Approx(0).margin(1e-7));
}

TEST_CASE("what falls without bound is unbounded, also where its terms are infinite with both signs at last") {
  const auto ends = [](const auto& objective, double start, const auto& method) {
    const Result result = minimize(objective, {start}, method);
    INFO(result.why);
    CHECK(result.reason == StopReason::unbounded);
    CHECK_THAT(result.why, Catch::Matchers::ContainsSubstring("without bound"));
    CHECK(std::isfinite(result.value));
  };
  const auto cubic = [](auto x) { return x[0] * x[0] * x[0]; };
  const auto mixed = [](auto x) { return x[0] * x[0] * x[0] + x[0] * x[0]; };
  const auto quartic = [](auto x) { return square(x[0]) - square(square(x[0])) - x[0] * x[0] * x[0]; };
  for (const double rate : {0.01, 0.1, 10.0}) {
    ends(cubic, -1, GradientDescent{.learning_rate = rate});
    ends(mixed, -2, GradientDescent{.learning_rate = rate});
    ends(quartic, 2, GradientDescent{.learning_rate = rate});
  }
  // A step too long from a low place is none.
  const auto deep = [](auto x) { return square(x[0]) * square(x[0]); };
  const Result diverged = minimize(deep, {3}, GradientDescent{.learning_rate = 1});
  CHECK(diverged.reason == StopReason::not_finite);
}
