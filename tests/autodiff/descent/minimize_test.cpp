#include "support/catch.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include <autodiff/descent/minimize.hpp>

using namespace downhill;

namespace {

const auto bowl = [](auto w) { return w[0] * w[0]; };

}  // namespace

TEST_CASE("on the bowl w^2 every step multiplies w by 1 - 2 learning_rate", "[minimize]") {
  for (const double rate : {0.001, 0.1, 0.5, 0.9, 1.0, 1.1}) {
    const Result result = minimize(bowl, {5.0}, {.learning_rate = rate}, {.gradient_norm = 0, .steps = 20}, Keep::path);
    for (const Step& step : result.path) {
      const auto k = static_cast<double>(&step - result.path.data());
      CHECK(step.point[0] == Catch::Approx(5 * std::pow(1 - 2 * rate, k)).margin(1e-300));
      CHECK(step.value == step.point[0] * step.point[0]);
      CHECK(step.gradient[0] == 2 * step.point[0]);
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

TEST_CASE("a constant objective is flat everywhere", "[minimize]") {
  const Result result = minimize([](auto) { return Var<double>(3.0); }, {1.0, 2.0}, {.learning_rate = 0.1});
  CHECK(result.reason == StopReason::flat_gradient);
  CHECK(result.value == 3);
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

TEST_CASE("what the objective throws passes through", "[minimize]") {
  int calls = 0;
  const auto objective = [&](auto w) {
    if (++calls == 3) throw std::runtime_error("no more data");
    return w[0] * w[0];
  };
  CHECK_THROWS_WITH(minimize(objective, {5.0}, {.learning_rate = 0.1}), "no more data");
}
