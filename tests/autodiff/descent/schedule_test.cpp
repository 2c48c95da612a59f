#include <autodiff/descent/schedule.hpp>

#include <cmath>

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
