// The line: its loss against formulas, and the least-squares line against NIST's certified one and against exact lines
// in the worst of units.

#include <models/line.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <autodiff/descent/minimize.hpp>
#include <autodiff/error.hpp>
#include <autodiff/gradient.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

using namespace downhill;

namespace {

using Values = std::vector<double>;

// NIST StRD, data set Norris: x is NIST's measurement of the ozone concentration, y the customer's.
const Values norris_x{0.2, 337.4, 118.2, 884.6, 10.1,  226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4,
                      0.6, 775.5, 666.9, 338.0, 447.5, 11.6,  556.0, 228.1, 995.8, 887.6, 120.2, 0.3,
                      0.3, 556.8, 339.1, 887.2, 999.0, 779.0, 11.1,  118.3, 229.2, 669.1, 448.9, 0.5};
const Values norris_y{0.1, 338.8, 118.1, 888.0, 9.2,   228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3,
                      0.1, 778.1, 668.8, 339.3, 448.9, 10.8,  557.7, 228.3, 998.0, 888.8, 119.6, 0.3,
                      0.6, 557.6, 339.3, 888.0, 998.5, 778.9, 10.2,  117.6, 228.9, 668.4, 449.2, 0.2};
constexpr Line norris_certified{1.00211681802045, -0.262323073774029};
constexpr double norris_certified_residuals = 26.6173985294224;

double digits_of_agreement(double value, double certified) {
  return value == certified ? 16 : -std::log10(std::abs((value - certified) / certified));
}

double loss(const Line& line, const Values& xs, const Values& ys) {
  return sum_of_squared_residuals(std::array{line.slope, line.intercept}, xs, ys);
}

double random_in(std::mt19937_64& random, double low, double high) {
  return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
}
double random_integer(std::mt19937_64& random, int limit) { return std::round(random_in(random, -limit, limit)); }

}  // namespace

TEST_CASE("a line gives the y of an x of any number type") {
  const Line line{2, 1};
  CHECK(line(3.0) == 7);
  Tape<double> tape;
  const Var<double> x = tape.variable(3.0);
  const Var<double> y = line(x);
  CHECK(y.value() == 7);
  CHECK(tape.gradient(y)[x] == 2);
}

TEST_CASE("the residuals of a small table are squared and summed as by hand") {
  // y = 2 x + 1 misses (1, 3), (2, 4), (3, 9) by 0, 1 and -2.
  const Values xs{1, 2, 3}, ys{3, 4, 9};
  CHECK(sum_of_squared_residuals(std::array{2.0, 1.0}, xs, ys) == 5);
  CHECK(mean_of_squared_residuals(std::array{2.0, 1.0}, xs, ys) == Catch::Approx(5.0 / 3));
  CHECK(sum_of_squared_residuals(std::array{2.0, 1.0}, Values{}, Values{}) == 0);
}

TEST_CASE("the slopes of the loss are those of the formula") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Values xs(1 + random() % 50), ys(xs.size());
    for (double& x : xs) x = random_in(random, -3, 3);
    for (double& y : ys) y = random_in(random, -3, 3);
    Tape<double> tape;
    const std::vector parameters = tape.variables(Values{random_in(random, -2, 2), random_in(random, -2, 2)});
    const double m = parameters[0].value(), b = parameters[1].value();
    double value = 0, slope_m = 0, slope_b = 0;
    for (std::size_t i = 0; i < xs.size(); ++i) {
      const double residual = m * xs[i] + b - ys[i];
      value += residual * residual;
      slope_m += 2 * residual * xs[i];
      slope_b += 2 * residual;
    }
    const auto n = static_cast<double>(xs.size());
    const Var<double> sum = sum_of_squared_residuals(parameters, xs, ys);
    const Var<double> mean = mean_of_squared_residuals(parameters, xs, ys);
    const Gradient<double> of_sum = tape.gradient(sum), of_mean = tape.gradient(mean);
    const auto near = [](double expected) { return Catch::Approx(expected).epsilon(1e-12).margin(1e-12); };
    CHECK(sum.value() == near(value));
    CHECK(of_sum[parameters[0]] == near(slope_m));
    CHECK(of_sum[parameters[1]] == near(slope_b));
    CHECK(mean.value() == near(value / n));
    CHECK(of_mean[parameters[0]] == near(slope_m / n));
    CHECK(of_mean[parameters[1]] == near(slope_b / n));
    auto by_program = mean_of_squared_residuals(xs, ys);
    Values slopes(2);
    CHECK(by_program(Values{m, b}, slopes) == near(value / n));
    CHECK(slopes[0] == near(slope_m / n));
    CHECK(slopes[1] == near(slope_b / n));
  }
}

TEST_CASE("descent on the scaled Norris data agrees with the certified line to 9 digits") {
  const Scaling scale_x = standardise(norris_x), scale_y = standardise(norris_y);
  Values u, v;
  for (const double x : norris_x) u.push_back(scale_x.to(x));
  for (const double y : norris_y) v.push_back(scale_y.to(y));
  const auto loss = [&](auto line) { return mean_of_squared_residuals(line, u, v); };
  const Result result = minimize(loss, {0, 0}, GradientDescent{.learning_rate = 0.1}, {.gradient_norm = 1e-13});
  const Line line = from_scaled({result.point[0], result.point[1]}, scale_x, scale_y);
  CHECK(result.reason == StopReason::flat_gradient);
  CHECK(digits_of_agreement(line.slope, norris_certified.slope) >= 9);
  CHECK(digits_of_agreement(line.intercept, norris_certified.intercept) >= 9);
  const Result by_program = minimize(mean_of_squared_residuals(u, v), {0, 0}, GradientDescent{.learning_rate = 0.1},
                                     {.gradient_norm = 1e-13});
  CHECK(by_program.reason == StopReason::flat_gradient);
  CHECK(by_program.point[0] == Catch::Approx(result.point[0]).epsilon(1e-12));
  CHECK(by_program.point[1] == Catch::Approx(result.point[1]).margin(1e-12));
}

TEST_CASE("the least-squares line of Norris agrees with the certified one") {
  const Line line = least_squares(norris_x, norris_y);
  CHECK(digits_of_agreement(line.slope, norris_certified.slope) >= 14);
  CHECK(digits_of_agreement(line.intercept, norris_certified.intercept) >= 14);
  CHECK(digits_of_agreement(loss(line, norris_x, norris_y), norris_certified_residuals) >= 12);
}

TEST_CASE("the least-squares line does not depend on the units of Norris") {
  for (const int power_x : {-1000, -300, 0, 300, 990})
    for (const int power_y : {-1000, -300, 0, 300, 990}) {
      CAPTURE(power_x, power_y);
      Values xs = norris_x, ys = norris_y;
      for (double& x : xs) x = std::ldexp(x, power_x);
      for (double& y : ys) y = std::ldexp(y, power_y);
      const Line line = least_squares(xs, ys), plain = least_squares(norris_x, norris_y);
      CHECK(line.slope == std::ldexp(plain.slope, power_y - power_x));
      CHECK(line.intercept == std::ldexp(plain.intercept, power_y));
    }
}

TEST_CASE("exact lines far from the origin come back exactly") {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const double m = random_integer(random, 1000), b = random_integer(random, 1000);
    const double far = std::ldexp(1.0, static_cast<int>(random() % 41)),
                 unit = std::ldexp(1.0, static_cast<int>(random() % 400) - 200);
    Values xs(2 + random() % 30), ys;
    for (double& x : xs) x = far + random_integer(random, 20);
    xs[1] = xs[0] + 1;
    for (double& x : xs) {
      ys.push_back(m * x + b);  // every number so far is an integer below 2^53
      x *= unit;
    }
    const Line line = least_squares(xs, ys);
    CHECK(line.slope * unit == m);
    CHECK(std::abs(line.intercept - b) <= 1e-12);
  }
}

TEST_CASE("no line nearby fits better than the least-squares line") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Values xs(2 + random() % 30), ys(xs.size());
    for (double& x : xs) x = random_in(random, -3, 3);
    for (double& y : ys) y = random_in(random, -3, 3);
    const Line best = least_squares(xs, ys);
    double sum = 0, moment = 0, size = 0;
    for (std::size_t i = 0; i < xs.size(); ++i) {
      const double residual = best(xs[i]) - ys[i];
      sum += residual;
      moment += residual * xs[i];
      size += std::abs(ys[i]) + std::abs(best.slope * xs[i]) + std::abs(best.intercept);
    }
    CHECK(std::abs(sum) <= 1e-14 * size);
    CHECK(std::abs(moment) <= 1e-13 * size);
    for (const double turn : {-0.01, 0.0, 0.01})
      for (const double lift : {-0.01, 0.0, 0.01})
        if (turn != 0 || lift != 0)
          CHECK(loss({best.slope + turn, best.intercept + lift}, xs, ys) > loss(best, xs, ys));
  }
}

TEST_CASE("the least-squares line of a coordinate that is not finite is NaN") {
  for (const double bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    CHECK(std::isnan(least_squares(Values{1, 2, bad}, Values{1, 2, 3}).slope));
    CHECK(std::isnan(least_squares(Values{1, 2, 3}, Values{1, bad, 3}).intercept));
  }
}

TEST_CASE("points that determine no line are refused") {
  const Values none, one{1}, two{1, 2}, same{3, 3, 3}, three{1, 2, 3};
  CHECK_THROWS_AS(least_squares(two, three), ShapeError);
  CHECK(message_of([&] { least_squares(two, three); }) ==
        "least_squares: 2 values of x but 3 of y; each point needs both");
  CHECK_THROWS_AS(least_squares(none, none), ShapeError);
  CHECK(message_of([&] { least_squares(one, one); }) == "least_squares: 1 point; give at least 2");
  CHECK_THROWS_AS(least_squares(same, three), DataError);
  CHECK(message_of([&] { least_squares(same, three); }) ==
        "least_squares: all 3 values of x are 3; a line needs two different ones");
}

TEST_CASE("a loss of sizes that do not fit is refused") {
  const Values none, two{1, 2}, three{1, 2, 3};
  const std::array parameters{1.0, 2.0};
  CHECK_THROWS_AS(sum_of_squared_residuals(parameters, two, three), ShapeError);
  CHECK(message_of([&] { sum_of_squared_residuals(parameters, two, three); }) ==
        "sum_of_squared_residuals: 2 values of x but 3 of y; each point needs both");
  CHECK_THROWS_AS(sum_of_squared_residuals(three, two, two), ShapeError);
  CHECK_THROWS_AS(mean_of_squared_residuals(parameters, none, none), ShapeError);
  CHECK_THROWS_AS(mean_of_squared_residuals(none, none), ShapeError);
  CHECK(message_of([&] { mean_of_squared_residuals(two, three); }) ==
        "mean_of_squared_residuals: 2 values of x but 3 of y; each point needs both");
  CHECK_THROWS_AS(standardise(none), ShapeError);
}

TEST_CASE("standardised values have the mean 0 and the standard deviation 1") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Values values(2 + random() % 100);
    const double centre = random_in(random, -1e6, 1e6), width = std::exp(random_in(random, -5, 5));
    for (double& value : values) value = centre + random_in(random, -width, width);
    const Scaling scaling = standardise(values);
    double sum = 0, squares = 0;
    for (const double value : values) {
      const double scaled = scaling.to(value);
      sum += scaled;
      squares += scaled * scaled;
      CHECK(scaling.from(scaled) == Catch::Approx(value).epsilon(1e-14));
    }
    const auto n = static_cast<double>(values.size());
    CHECK(std::abs(sum / n) <= 1e-15 * std::abs(centre / width) + 1e-13);
    CHECK(squares / n == Catch::Approx(1).epsilon(1e-7));
  }
}

TEST_CASE("equal values are standardised with the scale 1") {
  const Scaling scaling = standardise(Values{0.1, 0.1, 0.1});
  CHECK(scaling.mean == 0.1);
  CHECK(scaling.scale == 1);
  CHECK(standardise(Values{1e300, -1e300}).scale == Catch::Approx(1e300));
  CHECK(standardise(Values{1e-300, -1e-300}).scale == Catch::Approx(1e-300));
}

TEST_CASE("a line in scaled coordinates is the same line in original units") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Scaling x{random_in(random, -100, 100), std::exp(random_in(random, -3, 3))};
    const Scaling y{random_in(random, -100, 100), std::exp(random_in(random, -3, 3))};
    const Line scaled{random_in(random, -2, 2), random_in(random, -2, 2)};
    const Line original = from_scaled(scaled, x, y);
    for (const double u : {-1.0, 0.0, 2.5})
      CHECK(original(x.from(u)) == Catch::Approx(y.from(scaled(u))).epsilon(1e-11).margin(1e-9));
    const Line again = to_scaled(original, x, y);
    CHECK(again.slope == Catch::Approx(scaled.slope).epsilon(1e-13));
    CHECK(again.intercept == Catch::Approx(scaled.intercept).epsilon(1e-9).margin(1e-9));
  }
}
