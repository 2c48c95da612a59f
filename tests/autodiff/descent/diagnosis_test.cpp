#include <autodiff/descent/diagnosis.hpp>

#include <Eigen/Eigenvalues>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <autodiff/descent/minimize.hpp>
#include <autodiff/error.hpp>
#include <support/catch.hpp>

using namespace downhill;
using Catch::Matchers::ContainsSubstring;

namespace {

// The sum of squared residuals of the line b + m x through three points, in (b, m).
const auto line_loss = [](auto p) {
  constexpr std::array xs{0.5, 2.3, 2.9}, ys{1.4, 1.9, 3.2};
  auto total = 0 * p[0];
  for (std::size_t i = 0; i < 3; ++i) total += square(ys[i] - (p[0] + p[1] * xs[i]));
  return total;
};

Result walk_line(double learning_rate, std::size_t steps = 200) {
  return minimize(line_loss, {0, 1}, {.learning_rate = learning_rate}, {.gradient_norm = 0, .steps = steps},
                  Keep::path);
}

Eigen::MatrixXd random_symmetric(Eigen::Index n, unsigned seed) {
  std::srand(seed);
  const Eigen::MatrixXd a = Eigen::MatrixXd::Random(n, n);
  return a + a.transpose();
}

Curvature curvature_of_matrix(const Eigen::MatrixXd& h, const LanczosOptions& options = {}) {
  const auto n = static_cast<std::size_t>(h.rows());
  return curvature_of(
      n,
      [&](std::span<const double> v) {
        const Eigen::VectorXd w = h * Eigen::Map<const Eigen::VectorXd>(v.data(), h.rows());
        return std::vector<double>(w.begin(), w.end());
      },
      options);
}

}  // namespace

TEST_CASE("Lanczos finds the extreme eigenvalues and their vectors, within the error it states") {
  for (const Eigen::Index n : {1, 2, 3, 10, 60, 300}) {
    const Eigen::MatrixXd h = random_symmetric(n, static_cast<unsigned>(n));
    const Eigen::VectorXd exact = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(h).eigenvalues();
    const Curvature found = curvature_of_matrix(h);
    INFO("n = " << n << ", " << found.products << " products, error " << found.error);
    const double slack = found.error + 1e-10;
    CHECK(std::abs(found.largest - exact[n - 1]) <= slack);
    CHECK(std::abs(found.smallest - exact[0]) <= slack);
    CHECK(found.error <= 1e-5 * exact.cwiseAbs().maxCoeff());
    const Eigen::Map<const Eigen::VectorXd> steepest(found.steepest.data(), n);
    CHECK((h * steepest - found.largest * steepest).norm() <= 10 * slack);
    CHECK(found.products <= static_cast<std::size_t>(std::min<Eigen::Index>(n, 100)));
  }
}

TEST_CASE("eigenvalues that are equal, 0 or far apart are no obstacle") {
  CHECK(curvature_of_matrix(3 * Eigen::MatrixXd::Identity(20, 20)).products == 1);
  CHECK(curvature_of_matrix(3 * Eigen::MatrixXd::Identity(20, 20)).smallest == Catch::Approx(3));
  const Curvature none = curvature_of_matrix(Eigen::MatrixXd::Zero(5, 5));
  CHECK(none.largest == 0);
  CHECK(none.smallest == 0);
  Eigen::VectorXd wide = Eigen::VectorXd::LinSpaced(50, -8, 8);
  for (double& x : wide) x = std::pow(10, x);
  const Curvature found = curvature_of_matrix(wide.asDiagonal());
  CHECK(found.largest == Catch::Approx(1e8));
  CHECK(std::abs(found.smallest - 1e-8) <= found.error + 1e-6);
  CHECK_THROWS_AS(curvature_of(0, {}), ShapeError);
}

TEST_CASE("before the first step the doctor tells what each rate will do to the line through three points") {
  // The Hessian is [6, 11.4; 11.4, 27.9]: 2 n, 2 sum x, 2 sum x².
  const double root = std::sqrt(21.9 * 21.9 / 4 + 11.4 * 11.4), largest = 16.95 + root, smallest = 16.95 - root;
  const Diagnosis d = diagnose(line_loss, {0, 1}, 0.1);
  CHECK(d.curvature.largest == Catch::Approx(largest));
  CHECK(d.curvature.smallest == Catch::Approx(smallest));
  CHECK(d.largest_stable_rate == Catch::Approx(0.06106).epsilon(1e-4));
  CHECK(d.best_rate == Catch::Approx(2 / 33.9));
  CHECK(d.condition_number == Catch::Approx(largest / smallest));
  CHECK(d.contraction == Catch::Approx(0.1 * largest - 1));
  CHECK(d.best_contraction == Catch::Approx((largest - smallest) / (largest + smallest)));
  CHECK(d.pace == Pace::diverges);
  CHECK_THAT(d.why, ContainsSubstring("0.1 diverges") && ContainsSubstring("the largest stable rate is 0.06106"));
  CHECK(walk_line(0.1, 5000).reason == StopReason::not_finite);  // and so it does

  const auto pace = [](double rate) { return diagnose(line_loss, {0, 1}, rate).pace; };
  CHECK(pace(0.0611) == Pace::diverges);
  CHECK(pace(0.061) == Pace::oscillates);
  CHECK(pace(0.05) == Pace::converges);
  CHECK(pace(0.01) == Pace::converges);
  CHECK(pace(0.001) == Pace::crawls);
  CHECK(pace(2 / largest) == Pace::oscillates);
}

TEST_CASE("the contraction foretold is the one observed, and the path alone gives the same verdict") {
  for (const double rate : {0.0005, 0.002, 0.01, 0.03, 0.05, 0.06, 0.0605, 0.0612, 0.07, 0.1, 1.0}) {
    const Diagnosis before = diagnose(line_loss, {0, 1}, rate);
    const PathDiagnosis after = diagnose(walk_line(rate, 400).path);
    INFO("rate " << rate << ": " << before.why << "; " << after.why);
    CHECK(after.pace == before.pace);
    CHECK(after.contraction == Catch::Approx(before.contraction).epsilon(1e-3));
    CHECK(after.learning_rate == Catch::Approx(rate));
    CHECK(after.largest_curvature <= before.curvature.largest * (1 + 1e-6));
  }
}

TEST_CASE("where there is no bowl the doctor says so") {
  const auto saddle = [](auto x) { return x[0] * x[0] - 0.5 * x[1] * x[1]; };
  const Diagnosis d = diagnose(saddle, {1, 1}, 0.1);
  CHECK(d.pace == Pace::leaves);
  CHECK_THAT(d.why, ContainsSubstring("the ground curves down, by -1"));
  CHECK(d.contraction == Catch::Approx(1.1));
  CHECK(diagnose(saddle, {1, 1}, 1.5).pace == Pace::diverges);

  const auto trough = [](auto x) { return square(x[0] + x[1]); };
  CHECK(diagnose(trough, {1, 1}, 0.2).pace == Pace::converges);
  CHECK(std::isinf(diagnose(trough, {1, 1}, 0.2).condition_number));
  const auto slope = [](auto x) { return 3 * x[0]; };
  CHECK(std::isinf(diagnose(slope, {1}, 0.2).largest_stable_rate));
  CHECK_THAT(diagnose(slope, {1}, 0.2).why, ContainsSubstring("does not curve"));
}

TEST_CASE("a curvature tells a bottom, a saddle, a top and a kink apart, whatever the scale") {
  const std::vector<double> origin{0, 0};
  for (const double scale : {1e-18, 1.0, 1e18}) {
    INFO(scale);
    const Curvature bowl = curvature([&](auto x) { return scale * (x[0] * x[0] + 3 * x[1] * x[1]); }, origin);
    CHECK((bowl.rises() && !bowl.falls()));
    const Curvature saddle = curvature([&](auto x) { return scale * (1e9 * x[0] * x[0] - x[1] * x[1]); }, origin);
    CHECK((saddle.rises() && saddle.falls()));
    const Curvature top = curvature([&](auto x) { return -scale * (x[0] * x[0] + x[1] * x[1]); }, origin);
    CHECK((!top.rises() && top.falls()));
    const Curvature channel = curvature([&](auto x) { return scale * square(0.1 * x[0] + 0.3 * x[1]); }, origin);
    CHECK((channel.rises() && !channel.falls()));
  }
  const Curvature level = curvature([](auto x) { return x[0] * x[0] * x[0] * x[0] + 0 * x[1]; }, origin);
  CHECK((level.is_finite() && !level.rises() && !level.falls()));
  CHECK(!curvature([](auto x) { return abs(x[0]) + x[1] * x[1]; }, origin).is_finite());
}

TEST_CASE("the doctor refuses rates and points that it cannot judge") {
  CHECK_THROWS_AS(diagnose(line_loss, {0, 1}, 0), OptionError);
  CHECK_THROWS_AS(diagnose(line_loss, {0, 1}, std::numeric_limits<double>::infinity()), OptionError);
  const auto root = [](auto x) { return sqrt(x[0]); };
  CHECK_THROWS_WITH(diagnose(root, {-1}, 0.1), ContainsSubstring("the curvature is not finite here"));
  CHECK_THROWS_WITH(diagnose(walk_line(0.01, 1).path), ContainsSubstring("a path of 2 places"));
  CHECK_THROWS_AS(diagnose(std::vector<Iterate>{}), OptionError);
}

TEST_CASE("a path that ends at the bottom is judged by the steps before it") {
  const auto bowl = [](auto x) { return x[0] * x[0]; };
  const auto path = [&](double rate, std::size_t steps) {
    return diagnose(
        minimize(bowl, {5}, {.learning_rate = rate}, {.gradient_norm = 0, .steps = steps}, Keep::path).path);
  };
  CHECK(path(0.5, 10).pace == Pace::converges);
  CHECK(path(0.5, 10).contraction == 0);
  CHECK(path(0.1, 2000).contraction == Catch::Approx(0.8));
  CHECK(path(0.9, 2000).pace == Pace::oscillates);
  CHECK(path(1.0, 50).pace == Pace::oscillates);
  CHECK(path(1.0, 50).contraction == Catch::Approx(1));
  CHECK(path(1.01, 50).pace == Pace::diverges);
}

TEST_CASE("a range test finds rates that work, and survives those that do not") {
  const RangeTest test = learning_rate_range_test(line_loss, {0, 1});
  CHECK_FALSE(test.survived);
  CHECK(test.trials.size() < 100);
  CHECK(test.trials.front().learning_rate == Catch::Approx(1e-6));
  CHECK(test.suggested > 0);
  CHECK(test.suggested < 2 / 32.757);
  CHECK(diagnose(line_loss, {0, 1}, test.suggested).pace == Pace::converges);

  const auto cliff = [](auto x) { return -log(x[0]); };  // steps beyond 0 give NaN
  const RangeTest nan =
      learning_rate_range_test([&](auto x) { return square(cliff(x)); }, {5}, {.from = 10, .to = 1e6});
  CHECK_FALSE(nan.survived);
  CHECK_FALSE(std::isfinite(nan.trials.back().value));
  CHECK(std::isfinite(nan.suggested));

  CHECK(learning_rate_range_test(line_loss, {0, 1}, {.from = 1e-6, .to = 1e-3}).survived);
  CHECK_THROWS_AS(learning_rate_range_test(line_loss, {0, 1}, {.from = 0}), OptionError);
  CHECK_THROWS_AS(learning_rate_range_test(line_loss, {0, 1}, {.from = 1, .to = 0.1}), OptionError);
  CHECK_THROWS_AS(learning_rate_range_test(cliff, {-1}), OptionError);
  CHECK_THROWS_AS(learning_rate_range_test(line_loss, {}), ShapeError);
}

TEST_CASE("a walk that bounces or goes round without coming lower is stuck, and says which") {
  const auto valley = [](auto x) { return x[0] * x[0] + 10 * x[1] * x[1]; };
  const auto path_of = [](auto f, std::vector<double> start, double rate, std::size_t steps) {
    return minimize(f, start, {.learning_rate = rate}, {.gradient_norm = 0, .steps = steps}, Keep::path).path;
  };
  const PathDiagnosis bouncing = diagnose(path_of(valley, {1, 1}, 0.1, 200));
  CHECK(bouncing.is_stuck);
  CHECK(bouncing.period == 2);
  CHECK_THAT(bouncing.why, ContainsSubstring("bounces for ever") && ContainsSubstring("below 0.1"));
  CHECK_FALSE(diagnose(path_of(valley, {1, 1}, 0.0999, 200)).is_stuck);
  CHECK(diagnose(path_of(valley, {1, 1}, 0.0999, 200)).pace == Pace::oscillates);
  CHECK_FALSE(diagnose(path_of(valley, {1, 1}, 0.05, 200)).is_stuck);
  CHECK(diagnose(path_of([](auto x) { return abs(x[0]); }, {1}, 0.3, 100)).is_stuck);

  std::vector<Iterate> round;
  for (std::size_t i = 0; i < 60; ++i) {
    const double x = std::array{0.0, 1.0, 3.0}[i % 3];
    round.push_back({{x, 2}, x * x, {2 * x + 1, 0}});
  }
  CHECK(diagnose(round).period == 3);
  CHECK_THAT(diagnose(round).why, ContainsSubstring("a cycle of 3 places"));

  const auto chaos = path_of([](auto x) { return square(square(x[0]) - 1) / 4; }, {0.3}, 1.7, 300);  // x (1 + r - r x²)
  CHECK(diagnose(chaos).is_stuck);
}

TEST_CASE("a walk that falls with ever longer steps leaves") {
  const auto saddle = [](auto x) { return x[0] * x[0] - x[1] * x[1]; };
  const auto path = minimize(saddle, {1, 0.1}, {.learning_rate = 0.1}, {.steps = 100}, Keep::path).path;
  CHECK(diagnose(path).pace == Pace::leaves);
}

TEST_CASE("a walk that does not move is not at the bottom, and one that comes back down does not diverge") {
  const auto faint = [](auto x) { return 1e-300 * x[0] * x[0]; };
  const auto still =
      diagnose(minimize(faint, {1}, {.learning_rate = 0.1}, {.gradient_norm = 0, .steps = 100}, Keep::path).path);
  CHECK(still.pace == Pace::crawls);
  CHECK_THAT(still.why, Catch::Matchers::Contains("does not move"));
  const auto cusp = [](auto x) { return sqrt(abs(x[0])); };
  const auto thrown = diagnose(minimize(cusp, {1}, {.learning_rate = 0.1}, {.steps = 1000}, Keep::path).path);
  CHECK(thrown.pace != Pace::diverges);
}
