#include <autodiff/descent/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <autodiff/descent/minimize.hpp>
#include <support/catch.hpp>

using namespace downhill;

TEST_CASE("schedules follow their formulas, and stay at the end where they have one") {
  const LearningRate constant = 0.25;
  CHECK(constant.at(0) == 0.25);
  CHECK(constant.at(1'000'000) == 0.25);

  const StepDecay stairs{.first = 1, .factor = 0.5, .every = 10};
  CHECK(stairs(9) == 1);
  CHECK(stairs(10) == 0.5);
  CHECK(stairs(39) == 0.125);

  CHECK(Exponential{.first = 2, .factor = 0.9}(3) == Catch::Approx(2 * 0.729));

  const Cosine cosine{.first = 1, .last = 0.2, .steps = 100};
  CHECK(cosine(0) == 1);
  CHECK(cosine(25) == Catch::Approx(0.2 + 0.8 * (1 + std::sqrt(0.5)) / 2));
  CHECK(cosine(50) == Catch::Approx(0.6));
  CHECK(cosine(100) == 0.2);
  CHECK(cosine(1000) == 0.2);

  const WarmUp warm{.steps = 4, .then = cosine};
  CHECK(warm(0) == 0.25);
  CHECK(warm(3) == 1);
  CHECK(warm(4) == 1);
  CHECK(warm(54) == Catch::Approx(0.6));
  CHECK(WarmUp{.steps = 0, .then = 0.5}(0) == 0.5);

  const OneCycle cycle{.peak = 1, .steps = 101, .rise = 0.3};
  CHECK(cycle(0) == Catch::Approx(1.0 / 25));
  CHECK(cycle(30) == Catch::Approx(1));
  CHECK(cycle(65) == Catch::Approx((1 + 1.0 / 250'000) / 2));
  CHECK(cycle(100) == Catch::Approx(1.0 / 250'000));
  CHECK(cycle(500) == Catch::Approx(1.0 / 250'000));
  CHECK(OneCycle{.peak = 1, .steps = 0}(0) == Catch::Approx(1.0 / 250'000));
}

TEST_CASE("a walk takes the rate of each step from its schedule, any callable") {
  const auto halves = [](std::size_t step) { return std::pow(0.5, static_cast<double>(step + 1)); };
  const auto slope = [](auto x) { return x[0] * 1.0; };
  std::vector<double> rates;
  const auto watch = [&](const Progress& progress) {
    if (progress.steps > 0 && !progress.ended) rates.push_back(progress.learning_rate);
  };
  const Result result = minimize(slope, {0.0}, GradientDescent{.learning_rate = halves}, {.steps = 4}, watch);
  CHECK(result.point[0] == -(0.5 + 0.25 + 0.125 + 0.0625));
  CHECK(rates == std::vector{0.5, 0.25, 0.125});
}

TEST_CASE("a schedule that turns negative or NaN ends the walk and is named") {
  const auto result = minimize([](auto x) { return x[0] * 1.0; }, {0.0},
                               Momentum{.learning_rate = [](std::size_t step) { return 0.25 - 0.25 * double(step); }});
  CHECK(result.reason == StopReason::exception);
  CHECK_THAT(result.why,
             Catch::Matchers::ContainsSubstring("Momentum: the schedule's learning rate at step 2 is -0.25"));
}

TEST_CASE("a cycle has its peak and its last rate where it says, and stays there") {
  // The formula once more, by another road: sin² of half the angle.
  const auto expected = [](double peak, double steps, double rise, double k) {
    const double t = k / (steps - 1), half_pi = std::acos(-1.0) / 2;
    if (t >= 1) return peak / 250'000;
    const bool rises = t < rise;
    const double along = rises ? t / rise : (t - rise) / (1 - rise);
    const double from = rises ? peak / 25 : peak, to = rises ? peak : peak / 250'000;
    return from + (to - from) * std::pow(std::sin(half_pi * along), 2);
  };
  for (const std::size_t steps : {2U, 10U, 100U, 1000U})
    for (const double rise : {0.1, 0.3, 0.9}) {
      const OneCycle cycle{.peak = 2, .steps = steps, .rise = rise};
      for (std::size_t k = 0; k < steps + 3; ++k)
        CHECK(cycle(k) ==
              Catch::Approx(expected(2, static_cast<double>(steps), rise, static_cast<double>(k))).epsilon(1e-9));
    }
  CHECK(OneCycle{.peak = 1, .steps = 100}(100) > 0);  // where PyTorch's linear one is -0.0143
}

TEST_CASE("momentum keeps the rates at which its parts were made") {
  // With slope 1, x_k = -(sum over i <= k of eta_i (1 + mu + ... + mu^(k - i))).
  const std::vector<double> rates{1, 1, 0.1, 0.1};
  const auto schedule = [&](std::size_t step) { return rates[std::min<std::size_t>(step, 3)]; };
  const auto slide = [](auto x) { return x[0] * 1.0; };
  const double mu = 0.9;
  for (std::size_t steps = 1; steps <= 4; ++steps) {
    double expected = 0;
    for (std::size_t i = 0; i < steps; ++i)
      expected -= rates[i] * (1 - std::pow(mu, static_cast<double>(steps - i))) / (1 - mu);
    const Result result = minimize(slide, {0}, Momentum{.learning_rate = schedule, .momentum = mu}, {.steps = steps});
    CHECK(result.point[0] == Catch::Approx(expected));  // the first two as PyTorch's -1, -2.9, where -3.171 follows
  }
}
