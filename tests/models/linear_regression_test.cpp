#include <models/linear_regression.hpp>

#include <Eigen/Core>

#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <autodiff/error.hpp>
#include <models/line.hpp>
#include <support/catch.hpp>

using namespace downhill;
using Catch::Matchers::ContainsSubstring;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

double digits(double found, double certified) {
  const double error = std::abs(certified == 0 ? found : (found - certified) / certified);
  return error == 0 ? 15 : std::min(15.0, -std::log10(error));
}

double number(const nlohmann::json& text) { return std::stod(text.get<std::string>()); }

const nlohmann::json& problems() {
  static const nlohmann::json all = [] {
    const std::string path = DOWNHILL_TEST_DATA "/nist_strd_linear.json";
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot open " + path);
    return nlohmann::json::parse(file).at("problems");
  }();
  return all;
}

MatrixXd predictors_of(const nlohmann::json& problem) {
  const auto x = problem.at("x").get<std::vector<std::vector<double>>>();
  const auto degree = problem.at("degree").get<std::size_t>();
  MatrixXd predictors(x[0].size(), degree > 0 ? degree : x.size());
  for (Eigen::Index i = 0; i < predictors.rows(); ++i)
    for (Eigen::Index j = 0; j < predictors.cols(); ++j) {
      const auto row = static_cast<std::size_t>(i);
      predictors(i, j) = degree > 0 ? std::pow(x[0][row], j + 1) : x[static_cast<std::size_t>(j)][row];
    }
  return predictors;
}

void demand_digits(const LinearFit& fit, const nlohmann::json& problem, double wanted) {
  INFO(problem.at("name") << ", " << wanted << " digits");
  REQUIRE(fit.coefficients.size() == problem.at("certified_text").size());
  for (std::size_t i = 0; i < fit.coefficients.size(); ++i) {
    CHECK(digits(fit.coefficients[i], number(problem.at("certified_text")[i])) >= wanted);
    CHECK(digits(fit.standard_errors[i], number(problem.at("standard_deviations_text")[i])) >= wanted);
  }
  CHECK(digits(fit.residual_standard_deviation, number(problem.at("residual_standard_deviation_text"))) >= wanted);
  CHECK(digits(fit.r_squared, number(problem.at("r_squared_text"))) >= wanted);
}

}  // namespace

TEST_CASE("regression has the certified values of all eleven linear problems of NIST, Longley, Filip and Wampler too") {
  std::size_t count = 0;
  for (const nlohmann::json& problem : problems()) {
    const auto y = problem.at("y").get<std::vector<double>>();
    const auto degree = problem.at("degree").get<std::size_t>();
    const RegressionOptions options{.intercept = problem.at("intercept").get<bool>()};
    const Eigen::Map<const VectorXd> as_vector(y.data(), static_cast<Eigen::Index>(y.size()));
    // Rounded powers are other predictors than Filip's: the exact fit to them has 7.6 digits of the certified one.
    demand_digits(linear_regression(predictors_of(problem), as_vector, options), problem,
                  problem.at("name") == "Filip" ? 7 : 13);
    if (degree > 0)
      demand_digits(polynomial_regression(problem.at("x")[0].get<std::vector<double>>(), y, degree, options), problem,
                    13);
    ++count;
  }
  CHECK(count == 11);
}

TEST_CASE("the residuals of a regression are orthogonal to its predictors, by their weights, in any units") {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (const bool intercept : {true, false})
    for (const double unit : {1e-200, 1.0, 1e150}) {
      MatrixXd x(30, 4);
      VectorXd y(30);
      std::vector<double> weights(30);
      for (Eigen::Index i = 0; i < 30; ++i) {
        for (Eigen::Index j = 0; j < 4; ++j) x(i, j) = (j == 2 ? unit : 1) * (normal(random) + 3);
        y[i] = normal(random) + x(i, 1);
        weights[static_cast<std::size_t>(i)] = i % 7 == 0 ? 0 : std::exp(normal(random));
      }
      const LinearFit fit = linear_regression(x, y, {.intercept = intercept, .weights = weights});
      CHECK(fit.degrees_of_freedom == (intercept ? 20u : 21u));
      MatrixXd weighted(30, intercept ? 5 : 4);
      VectorXd residuals(30);
      double squares = 0;
      for (Eigen::Index i = 0; i < 30; ++i) {
        const VectorXd row = x.row(i);
        residuals[i] = y[i] - fit(std::vector<double>(row.begin(), row.end()));
        const double weight = weights[static_cast<std::size_t>(i)];
        squares += weight * residuals[i] * residuals[i];
        if (intercept) weighted(i, 4) = weight;
        for (Eigen::Index j = 0; j < 4; ++j) weighted(i, j) = weight * x(i, j) / (j == 2 ? unit : 1);
      }
      CHECK((weighted.transpose() * residuals).cwiseAbs().maxCoeff() <= 1e-12);
      const double s = std::sqrt(squares / static_cast<double>(fit.degrees_of_freedom));
      CHECK(fit.residual_standard_deviation == Catch::Approx(s).epsilon(1e-12));
      CHECK(fit.r_squared > 0);
      CHECK(fit.r_squared < 1);
    }
}

TEST_CASE("a weight counts as often as that row, for the coefficients and for R squared") {
  const std::vector<double> x{1, 2, 4, 7, 8}, y{2, 1, 5, 6, 11};
  const LinearFit weighted = polynomial_regression(x, y, 1, {.weights = {1, 3, 1, 2, 0}});
  const LinearFit repeated =
      polynomial_regression(std::vector<double>{1, 2, 2, 2, 4, 7, 7}, std::vector<double>{2, 1, 1, 1, 5, 6, 6}, 1);
  for (const std::size_t i : {0u, 1u})
    CHECK(weighted.coefficients[i] == Catch::Approx(repeated.coefficients[i]).epsilon(1e-15));
  CHECK(weighted.r_squared == Catch::Approx(repeated.r_squared).epsilon(1e-14));
  CHECK(weighted.degrees_of_freedom == 2);
  CHECK(repeated.degrees_of_freedom == 5);
  const Line line = least_squares(std::vector<double>{1, 2, 2, 2, 4, 7, 7}, std::vector<double>{2, 1, 1, 1, 5, 6, 6});
  CHECK(repeated.coefficients == std::vector<double>{line.intercept, line.slope});
}

TEST_CASE("predictors that depend on others are named, wherever they are") {
  MatrixXd x = MatrixXd::Random(20, 5);
  const VectorXd y = VectorXd::Random(20);
  CHECK_NOTHROW(linear_regression(x, y));
  x.col(2) = 0.1 * x.col(0) + 0.3 * x.col(1);
  CHECK_THROWS_AS(linear_regression(x, y), DataError);
  CHECK_THROWS_WITH(linear_regression(x, y), ContainsSubstring("predictor 2 is"));
  x.col(4).setConstant(0.1);
  CHECK_THROWS_WITH(linear_regression(x, y), ContainsSubstring("predictors 2, 4 are"));
  CHECK_THROWS_WITH(linear_regression(x, y, {.intercept = false}), ContainsSubstring("predictor 2 is"));
  x.col(2).setZero();
  CHECK_THROWS_WITH(linear_regression(x, y, {.intercept = false}), ContainsSubstring("predictor 2 is"));
  CHECK_THROWS_AS(polynomial_regression(std::vector<double>{1, 1, 2}, std::vector<double>{1, 2, 3}, 2), DataError);
  // What is nearly dependent, by more than rounding, is determined.
  x = MatrixXd::Random(20, 5);
  x.col(3) = x.col(0) + 1e-12 * VectorXd::Random(20);
  const VectorXd exact = x.col(0) + VectorXd::Ones(20);
  const LinearFit fit = linear_regression(x, exact);
  CHECK(fit.coefficients[0] == Catch::Approx(1).epsilon(1e-12));
  CHECK(std::isfinite(fit.standard_errors[4]));
}

TEST_CASE("a regression refuses shapes that do not fit, and says which") {
  const MatrixXd x = MatrixXd::Random(3, 3);
  const VectorXd y = VectorXd::Random(3);
  CHECK_THROWS_AS(linear_regression(x, VectorXd::Random(4)), ShapeError);
  CHECK_THROWS_WITH(linear_regression(x, VectorXd::Random(4)), ContainsSubstring("3 rows") && ContainsSubstring("4"));
  CHECK_THROWS_AS(linear_regression(x, y), ShapeError);  // the intercept is one parameter too many
  CHECK_NOTHROW(linear_regression(x, y, {.intercept = false}));
  CHECK_THROWS_AS(linear_regression(x, y, {.intercept = false, .weights = {1, 2}}), ShapeError);
  CHECK_THROWS_AS(linear_regression(x, y, {.intercept = false, .weights = {1, 1, 0}}), ShapeError);
  CHECK_THROWS_AS(linear_regression(x, y, {.intercept = false, .weights = {1, 1, -1}}), OptionError);
  CHECK_THROWS_AS(linear_regression(MatrixXd(3, 0), y, {.intercept = false}), ShapeError);
  CHECK_THROWS_AS(polynomial_regression(std::vector<double>{1}, std::vector<double>{1}, 0, {.intercept = false}),
                  OptionError);
  CHECK_THROWS_AS(linear_regression(MatrixXd::Random(5, 2), VectorXd::Random(5))(std::vector<double>{1}), ShapeError);
}

TEST_CASE("a regression says what it can of exact fits, constants and numbers that are not finite") {
  const LinearFit exact = polynomial_regression(std::vector<double>{0, 1, 2}, std::vector<double>{1, 2, 5}, 2);
  CHECK(exact.coefficients == std::vector<double>{1, 0, 1});
  CHECK(exact.degrees_of_freedom == 0);
  CHECK(std::isnan(exact.residual_standard_deviation));
  CHECK(exact.r_squared == 1);
  const LinearFit constant =
      polynomial_regression(std::vector<double>{0, 1, 5, 6}, std::vector<double>{0.1, 0.1, 0.1, 0.1}, 1);
  CHECK(constant.coefficients[0] == 0.1);
  CHECK(std::abs(constant.coefficients[1]) < 1e-30);
  CHECK(constant.r_squared == 1);
  const LinearFit mean = linear_regression(MatrixXd(4, 0), VectorXd{{1, 2, 3, 6}});
  CHECK(mean.coefficients == std::vector<double>{3});
  CHECK(mean.r_squared == 0);
  CHECK(mean.standard_errors[0] == Catch::Approx(std::sqrt(14.0 / 3 / 4)));
  for (const double bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    CHECK(std::isnan(
        polynomial_regression(std::vector<double>{0, 1, bad}, std::vector<double>{1, 2, 5}, 1).coefficients[0]));
    CHECK(std::isnan(polynomial_regression(std::vector<double>{0, 1, 2}, std::vector<double>{1, bad, 5}, 1).r_squared));
  }
}
