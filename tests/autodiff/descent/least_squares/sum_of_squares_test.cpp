#include <autodiff/descent/least_squares/sum_of_squares.hpp>

#include <cmath>
#include <vector>

#include <autodiff/descent/least_squares/gauss_newton.hpp>
#include <autodiff/descent/least_squares/levenberg_marquardt.hpp>
#include <autodiff/descent/minimize.hpp>
#include <autodiff/descent/quasi_newton.hpp>
#include <autodiff/error.hpp>
#include <support/catch.hpp>

using namespace downhill;

namespace {

// Where the middle of 0, 0, 0 and 10 is.
const auto middle = [](auto x) { return std::vector{x[0] - 0.0, x[0] - 0.0, x[0] - 0.0, x[0] - 10.0}; };

double middle_by(const RobustLoss& loss) {
  return minimize(SumOfSquares(middle, {.loss = loss}), {1}, LevenbergMarquardt{}).point[0];
}

}  // namespace

TEST_CASE("a robust loss decides how far one wrong measurement of four draws the middle") {
  CHECK(middle_by(SquaredLoss{}) == Catch::Approx(2.5));
  CHECK(middle_by(HuberLoss{.scale = 1}) == Catch::Approx(1.0 / 3));  // 3 * 2 x = 2
  CHECK(middle_by(HuberLoss{.scale = 100}) == Catch::Approx(2.5));    // all are near
  const double soft = middle_by(SoftL1Loss{.scale = 1});              // 3 x / sqrt(1 + x²) = y / sqrt(1 + y²)
  CHECK(3 * soft / std::hypot(1, soft) == Catch::Approx((10 - soft) / std::hypot(1, 10 - soft)));
  const double cauchy = middle_by(CauchyLoss{.scale = 2});
  const auto pull = [](double r) { return r / (1 + r * r / 4); };
  CHECK(3 * pull(cauchy) == Catch::Approx(pull(10 - cauchy)));
  CHECK(cauchy < 0.3);
}

TEST_CASE("the value and the gradient of a robust sum are those of its loss, and every method finds its bottom") {
  const auto curve = [](auto x) {
    using X = std::remove_cvref_t<decltype(x[0])>;
    std::vector<X> residuals;
    for (int i = 0; i < 12; ++i)
      residuals.push_back(x[0] * exp(-x[1] * double(i)) - (3 * std::exp(-0.3 * i) + (i == 5 ? 4 : 0)));
    return residuals;
  };
  for (const RobustLoss& loss :
       {RobustLoss{HuberLoss{0.1}}, RobustLoss{SoftL1Loss{0.1}}, RobustLoss{CauchyLoss{0.1}}}) {
    SumOfSquares objective(curve, {.weights = std::vector<double>(12, 2.0), .loss = loss});
    const Result by_residuals = minimize(objective, {2, 0.5}, LevenbergMarquardt{});
    const Result by_gradient = minimize(objective, {2, 0.5}, Bfgs{});
    INFO(by_residuals.why << " / " << by_gradient.why);
    CHECK(by_residuals.value == Catch::Approx(by_gradient.value).epsilon(1e-9));
    CHECK(by_residuals.point[1] == Catch::Approx(0.3).epsilon(0.02));  // the outlier hardly counts
    CHECK(minimize(objective, {2, 0.5}, GaussNewton{}).value == Catch::Approx(by_gradient.value).epsilon(1e-8));
    std::vector<double> gradient(2), unused(2);
    const std::vector<double> at{2.5, 0.4};
    objective(at, gradient);
    for (std::size_t i = 0; i < 2; ++i) {
      std::vector<double> up = at, down = at;
      up[i] += 1e-5;
      down[i] -= 1e-5;
      CHECK(gradient[i] == Catch::Approx((objective(up, unused) - objective(down, unused)) / 2e-5).epsilon(1e-6));
    }
  }
}

TEST_CASE("weights and scales that cannot be are refused") {
  CHECK_THROWS_AS(SumOfSquares(middle, {.weights = {1, -1, 1, 1}}), OptionError);
  CHECK_THROWS_AS(SumOfSquares(middle, {.loss = HuberLoss{0}}), OptionError);
  CHECK_THROWS_AS(minimize(SumOfSquares(middle, {.weights = {1, 2}}), {1}, LevenbergMarquardt{}), ShapeError);
}
