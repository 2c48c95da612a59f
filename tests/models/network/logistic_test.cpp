// The classifiers of one layer: their start, their probabilities against formulas, and the bottom where the slopes of
// the log-likelihood are 0.

#include <models/network/logistic.hpp>

#include <cmath>
#include <span>
#include <vector>

#include <autodiff/descent/quasi_newton.hpp>
#include <autodiff/error.hpp>
#include <models/training/training.hpp>

#include "support/catch.hpp"

using namespace downhill;
using Values = std::vector<double>;

TEST_CASE("both start at 0, where every class is as likely as any other") {
  const LogisticRegression<double> logistic(3);
  CHECK(std::vector(logistic.weights().begin(), logistic.weights().end()) == Values{0, 0, 0});
  CHECK(logistic.bias() == 0);
  CHECK(logistic.probabilities(Values{1, 2, 3, 4, 5, 6}) == Values{0.5, 0.5});
  const SoftmaxRegression<float> softmax(2, 4);
  CHECK((softmax.weights().rows() == 2 && softmax.weights().cols() == 4 && softmax.weights().isZero()));
  CHECK(softmax.biases().isZero());
  CHECK(softmax.probabilities(std::vector<float>{1, 2}).isApproxToConstant(0.25F));
}

TEST_CASE("probabilities are those of the formulas") {
  LogisticRegression<double> logistic(2);
  logistic.update_parameters()[0] = 0.5, logistic.update_parameters()[1] = -2, logistic.update_parameters()[2] = 1;
  CHECK(logistic.probabilities(Values{3, 0.25})[0] == Catch::Approx(1 / (1 + std::exp(-2.0))).epsilon(1e-15));
  CHECK(logistic.weights()[1] == -2);
  CHECK(logistic.bias() == 1);

  SoftmaxRegression<double> softmax(1, 3);
  for (std::size_t i = 0; i < 6; ++i) softmax.update_parameters()[i] = 0.1 * static_cast<double>(i * i);
  const auto p = softmax.probabilities(Values{2, -1});
  for (Eigen::Index row = 0; row < 2; ++row) {
    Eigen::RowVectorXd e = ((row == 0 ? 2.0 : -1.0) * softmax.weights() + softmax.biases()).array().exp();
    CHECK(p.row(row).isApprox(e / e.sum(), 1e-14));
  }
}

TEST_CASE("no rows have no probabilities, and rows that are not whole are refused") {
  const LogisticRegression<double> logistic(2);
  const SoftmaxRegression<double> softmax(2, 3);
  CHECK(logistic.probabilities({}).empty());
  CHECK(softmax.probabilities({}).rows() == 0);
  CHECK(softmax.probabilities({}).cols() == 3);
  CHECK_THROWS_AS(logistic.probabilities(Values{1}), ShapeError);
  CHECK_THROWS_AS(softmax.probabilities(Values{1, 2, 3}), ShapeError);
}

TEST_CASE("at the bottom the mean probability is the share of the class, and so weighed with each feature") {
  const auto moons = two_moons<double>(300, 0.4, 3);
  LogisticRegression<double> logistic(2);
  fit(logistic, moons, Lbfgs{}, {.epochs = 200});
  const Values p = logistic.probabilities(moons.inputs);
  double constant = 0, along_x = 0, along_y = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double error = p[i] - static_cast<double>(moons.labels[i]);
    constant += error, along_x += error * moons.input(i)[0], along_y += error * moons.input(i)[1];
  }
  for (const double slope : {constant, along_x, along_y}) CHECK(std::abs(slope) / 300 < 1e-7);
}

TEST_CASE("of two classes, softmax regression finds what logistic regression does") {
  const auto moons = two_moons<double>(200, 0.4, 5);
  LogisticRegression<double> logistic(2);
  SoftmaxRegression<double> softmax(2, 2);
  fit(logistic, moons, Lbfgs{}, {.epochs = 200});
  fit(softmax, moons, Lbfgs{}, {.epochs = 200});
  const Values one = logistic.probabilities(moons.inputs);
  const auto two = softmax.probabilities(moons.inputs);
  for (std::size_t i = 0; i < one.size(); ++i)
    CHECK(two(static_cast<Eigen::Index>(i), 1) == Catch::Approx(one[i]).margin(1e-6));
}
