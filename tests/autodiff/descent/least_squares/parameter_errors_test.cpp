#include <autodiff/descent/least_squares/parameter_errors.hpp>

#include <cmath>
#include <vector>

#include <autodiff/descent/least_squares/levenberg_marquardt.hpp>
#include <autodiff/descent/minimize.hpp>
#include <autodiff/error.hpp>
#include <support/catch.hpp>
#include <support/nist_problems.hpp>

using namespace downhill;

TEST_CASE("the standard deviations of the parameters and of the residuals are the ones that NIST certifies") {
  int problems = 0;
  nist::for_each([&](const nist::Data& data, const auto& residuals) {
    if (data.name == "Lanczos1") return;  // exact data: the residuals are rounding
    const ParameterErrors errors = parameter_errors(SumOfSquares(residuals), data.certified);
    INFO(data.name);
    CHECK(errors.degrees_of_freedom == data.y.size() - data.certified.size());
    CHECK(errors.residual_standard_deviation == Catch::Approx(data.residual_standard_deviation).epsilon(1e-7));
    for (std::size_t i = 0; i < data.certified.size(); ++i)
      CHECK(errors.standard_errors[i] == Catch::Approx(data.standard_deviations[i]).epsilon(1e-6));
    ++problems;
  });
  CHECK(problems == 26);
}

TEST_CASE(
    "a mean of weighted measurements has the covariance of its formula and a weight 4 is as good as 4 measurements") {
  const std::vector<double> values{1, 2, 4, 8};
  const auto residuals = [&](auto x) {
    auto all = std::vector{x[0] - values[0]};
    for (std::size_t i = 1; i < 4; ++i) all.push_back(x[0] - values[i]);
    return all;
  };
  const std::vector<double> weights{4, 1, 0.25, 0};
  SumOfSquares weighted(residuals, {.weights = weights});
  const Result mean = minimize(weighted, {0}, LevenbergMarquardt{});
  const double expected = (4 * 1 + 2 + 0.25 * 4) / 5.25;
  CHECK(mean.point[0] == Catch::Approx(expected).epsilon(1e-12));
  const ParameterErrors errors = parameter_errors(weighted, mean.point);
  const double sum = 4 * std::pow(1 - expected, 2) + std::pow(2 - expected, 2) + 0.25 * std::pow(4 - expected, 2);
  CHECK(errors.covariance(0, 0) == Catch::Approx(sum / 3 / 5.25));
  CHECK(mean.value == Catch::Approx(sum));
}

TEST_CASE("what the residuals do not determine is infinitely uncertain, what is fixed is certain") {
  const auto residuals = [](auto x) {
    return std::vector{x[0] - 1.0, x[0] - 2.0, x[1] + x[2] - 3.0, 0 * x[3], 2 * x[0] - 3.5};
  };
  const ParameterErrors errors = parameter_errors(SumOfSquares(residuals), std::vector<double>{1.6, 1, 2, 7});
  CHECK(std::isfinite(errors.standard_errors[0]));
  CHECK(std::isinf(errors.standard_errors[1]));
  CHECK(std::isinf(errors.standard_errors[2]));
  CHECK(std::isinf(errors.standard_errors[3]));
  CHECK(errors.degrees_of_freedom == 3);
  const std::vector<std::size_t> fixed{2, 3}, foreign{4};
  const ParameterErrors some = parameter_errors(SumOfSquares(residuals), std::vector<double>{1.6, 1, 2, 7}, fixed);
  CHECK(std::isfinite(some.standard_errors[1]));
  CHECK(some.standard_errors[2] == 0);
  CHECK_THROWS_AS(parameter_errors(SumOfSquares(residuals), std::vector<double>{1.6, 1, 2, 7}, foreign), OptionError);
}
