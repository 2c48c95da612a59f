// Residuals by a program: beside those of a generic function, and NIST's certified answers.

#include <autodiff/program/residuals.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <span>
#include <type_traits>
#include <vector>

#include <autodiff/descent/least_squares.hpp>
#include <autodiff/descent/minimize.hpp>
#include <autodiff/descent/quasi_newton.hpp>
#include <autodiff/program.hpp>
#include <autodiff/threads.hpp>
#include <support/catch.hpp>
#include <support/nist_problems.hpp>
#include <support/numbers.hpp>
#include <support/random_program.hpp>

using namespace downhill;
using test::scattered;

namespace {

// f of every row, as a function of w alone.
template <class F>
auto by_rows(const F& f, std::span<const double> rows, std::size_t per_sample) {
  return [=](const auto& w) {
    using X = std::remove_cvref_t<decltype(w[0])>;
    std::vector<X> residuals;
    for (std::size_t i = 0; i < rows.size(); i += per_sample) {
      std::vector<X> sample;
      for (std::size_t j = 0; j < per_sample; ++j) sample.push_back(X(rows[i + j]));
      residuals.push_back(f(w, sample));
    }
    return residuals;
  };
}

bool near(double x, double y, double tolerance = 1e-12) {
  return x == y || (std::isnan(x) && std::isnan(y)) || std::abs(x - y) <= tolerance * (10 + std::abs(y));
}

const auto decay = [](const auto& w, const auto& s) { return w[0] * exp(-w[1] * s[0]) + w[2] - s[1]; };
// Samples to the left of w[2] go another way, and w[1] matters to them alone.
const auto broken_line = [](const auto& w, const auto& s) {
  if (s[0] < w[2]) return w[0] + w[1] * (s[0] - w[2]) - s[1];
  return w[0] - s[1];
};

}  // namespace

TEST_CASE("the Jacobian by a program is that of the residuals, for 400 random functions with branches") {
  std::size_t on_the_tape = 0, branching = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    const std::size_t parameters = 1 + seed % 4, per_sample = 1 + seed % 3, steps = 4 + seed % 17, samples = 30;
    const auto f = [=](const auto& w, const auto& s) { return random_program::make(w, s, seed, steps); };
    ProgramOptions options = seed % 5 == 4 ? ProgramOptions::none() : ProgramOptions{};
    if (seed % 7 == 0) options.lanes = 5;
    options.variants = seed % 3 == 0 ? 1 : 12;
    const std::vector<double> rows = scattered(per_sample * samples, seed), w = scattered(parameters, seed + 1),
                              v = scattered(samples, seed + 2);
    const auto program = record(f, parameters, per_sample, options);
    const auto wanted = jacobian(by_rows(f, rows, per_sample), w);
    const auto wanted_values = by_rows(f, rows, per_sample)(w);
    auto residuals = residuals_over(rows, program);
    std::vector<double> found(samples * parameters), values(samples), product(parameters);
    for (int time = 0; time < 2; ++time) {
      residuals.jacobian(w, found);
      residuals.values(w, values);
      residuals.vjp(w, v, product);
      bool same = residuals.size() == samples;
      for (std::size_t j = 0; j < parameters; ++j) {
        double sum = 0, size = 0;
        for (std::size_t i = 0; i < samples; ++i) {
          const double slope = wanted(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
          same = same && near(found[i * parameters + j], slope);
          sum += v[i] * slope, size += std::abs(v[i] * slope);
        }
        same = same && near(product[j] / (1 + size), sum / (1 + size));
      }
      for (std::size_t i = 0; i < samples; ++i) same = same && near(values[i], wanted_values[i]);
      INFO(seed);
      REQUIRE(same);
    }
    on_the_tape += program.variants().samples_on_tape > 0 ? 1U : 0U;
    branching += program.variants().size() > 1 ? 1U : 0U;
  }
  CHECK(on_the_tape > 20);
  CHECK(branching > 50);
}

TEST_CASE("least squares over a program is that over its residuals, with weights and robust losses") {
  const std::size_t n = 500;
  std::vector<double> rows, noise = scattered(n, 3), weights(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double x = 0.01 * static_cast<double>(i);
    rows.insert(rows.end(), {x, 3 * std::exp(-0.7 * x) + 1 + 0.05 * noise[i] + (i % 50 == 0 ? 5 : 0)});
    weights[i] = 0.5 + std::abs(noise[i]);
  }
  const auto program = record(decay, 3, 2);
  const std::vector<double> start{1, 1, 0};
  for (const ResidualOptions& options :
       {ResidualOptions{}, ResidualOptions{.weights = weights, .loss = CauchyLoss{0.2}},
        ResidualOptions{.loss = HuberLoss{0.1}}, ResidualOptions{.weights = weights, .loss = SoftL1Loss{0.3}}}) {
    SumOfSquares by_program(residuals_over(rows, program), options);
    SumOfSquares by_function(by_rows(decay, rows, 2), options);
    std::vector<double> found(3), wanted(3);
    CHECK(near(by_program(start, found), by_function(start, wanted)));
    for (std::size_t j = 0; j < 3; ++j) CHECK(near(found[j], wanted[j], 1e-11));
    CHECK(near(by_program(start, {}), by_function(start, wanted)));
    CHECK((by_program.residuals(start) - by_function.residuals(start)).norm() < 1e-12);
    CHECK((by_program.jacobian(start) - by_function.jacobian(start)).norm() < 1e-12);
    const auto check = [&](const auto& method) {
      const Result one = minimize(by_program, start, method), other = minimize(by_function, start, method);
      CHECK(one.steps == other.steps);
      for (std::size_t j = 0; j < 3; ++j) CHECK(one.point[j] == Catch::Approx(other.point[j]).epsilon(1e-9));
      const auto errors = parameter_errors(by_program, one.point), same = parameter_errors(by_function, one.point);
      CHECK(errors.degrees_of_freedom == n - 3);
      for (std::size_t j = 0; j < 3; ++j)
        CHECK(errors.standard_errors[j] == Catch::Approx(same.standard_errors[j]).epsilon(1e-9));
    };
    check(LevenbergMarquardt{});
    check(GaussNewton{});
    CHECK(minimize(by_program, start, Lbfgs{}).value ==
          Catch::Approx(minimize(by_function, start, Lbfgs{}).value).epsilon(1e-9));
  }
}

TEST_CASE("NIST's 27 problems are solved by a program from both starts, to 6 of the certified digits") {
  nist::for_each_model([](std::size_t index, const auto& model) {
    const nist::Data& data = nist::problems()[index];
    const std::size_t predictors = data.x.size();
    std::vector<double> rows;
    for (std::size_t i = 0; i < data.y.size(); ++i) {
      for (const auto& x : data.x) rows.push_back(x[i]);
      rows.push_back(data.y[i]);
    }
    const auto f = [&](const auto& b, const auto& s) {
      if constexpr (requires { model.function(b, s[0], s[1]); })
        return s[2] - model.function(b, s[0], s[1]);
      else
        return s[1] - model.function(b, s[0]);
    };
    const auto program = record(f, data.certified.size(), predictors + 1);
    for (const std::vector<double>& start : data.starts) {
      const Result result =
          minimize(SumOfSquares(residuals_over(rows, program)), start, LevenbergMarquardt{}, {.steps = 10'000});
      INFO(data.name);
      for (std::size_t j = 0; j < start.size(); ++j)
        CHECK(result.point[j] == Catch::Approx(data.certified[j]).epsilon(1e-6));
    }
  });
}

TEST_CASE("residuals take columns, branch, stay within bounds and are the same for any number of threads") {
  const std::size_t n = 3000;
  std::vector<double> xs(n), ys(n);
  for (std::size_t i = 0; i < n; ++i) {
    xs[i] = 0.001 * static_cast<double>(i);
    ys[i] = xs[i] < 1.5 ? 2 + 3 * (xs[i] - 1.5) : 2;
  }
  const auto program = record(broken_line, 3, 2);
  std::vector<Eigen::VectorXd> results;
  for (const unsigned threads : {1U, 2U, 8U}) {
    set_threads(threads);
    const Result result =
        minimize(SumOfSquares(residuals_over({xs, ys}, program)), Eigen::Vector3d(1, 1, 1), LevenbergMarquardt{});
    results.push_back(Eigen::Map<const Eigen::VectorXd>(result.point.data(), 3));
    CHECK(result.point[0] == Catch::Approx(2));
    CHECK(result.point[1] == Catch::Approx(3));
    CHECK(result.point[2] == Catch::Approx(1.5));
  }
  set_threads(1);
  CHECK(results[0] == results[1]);
  CHECK(results[0] == results[2]);
  const Result bounded =
      minimize(SumOfSquares(residuals_over({xs, ys}, program)), {1, 1, 1}, LevenbergMarquardt{.upper = {1.75, 9, 9}});
  CHECK(bounded.point[0] == 1.75);
}

TEST_CASE("a program of several results has as many residuals for each sample, with a Jacobian and weights") {
  // Where a point (w0, w1), turned by w2 and moved by what the sample begins with, is seen; farther away another way.
  const auto seen = [](const auto& w, const auto& s) {
    const auto c = cos(w[2]), sine = sin(w[2]), x = c * w[0] - sine * w[1] + s[0], y = sine * w[0] + c * w[1] + s[1];
    if (x < 0.5) return std::array{x - s[2], y * 1.5 - s[3]};
    return std::array{x * y - s[2], y - s[3]};
  };
  const std::size_t n = 700;
  const std::vector<double> rows = scattered(4 * n, 5), w{0.5, -0.25, 0.75}, v = scattered(2 * n, 6);
  const auto over_all = [&](const auto& f) {
    return [&, f](const auto& x) {
      std::vector<std::remove_cvref_t<decltype(x[0])>> residuals;
      for (std::size_t i = 0; i < n; ++i)
        for (const auto& residual : f(x, std::span(rows).subspan(4 * i, 4))) residuals.push_back(residual);
      return residuals;
    };
  };
  const auto one_by_one = over_all(seen);
  const auto wanted = jacobian(one_by_one, w);
  const std::vector<double> wanted_values = one_by_one(w);
  std::vector<double> columns[4];
  for (std::size_t i = 0; i < 4 * n; ++i) columns[i % 4].push_back(rows[i]);
  for (const std::size_t variants : {std::size_t{16}, std::size_t{1}}) {
    const auto program = record(seen, 3, 4, {.variants = variants});
    for (auto residuals :
         {residuals_over(rows, program), residuals_over({columns[0], columns[1], columns[2], columns[3]}, program)}) {
      REQUIRE(residuals.size() == 2 * n);
      std::vector<double> values(2 * n), found(6 * n), product(3);
      residuals.values(w, values);
      residuals.jacobian(w, found);
      residuals.vjp(w, v, product);
      bool same = true;
      for (std::size_t i = 0; i < 2 * n; ++i) {
        same = same && near(values[i], wanted_values[i], 1e-14);
        for (std::size_t j = 0; j < 3; ++j)
          same =
              same && near(found[3 * i + j], wanted(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)), 1e-14);
      }
      CHECK(same);
      const Eigen::VectorXd sums = wanted.transpose() * Eigen::Map<const Eigen::VectorXd>(v.data(), 2 * n);
      for (std::size_t j = 0; j < 3; ++j) CHECK(near(product[j], sums[static_cast<Eigen::Index>(j)], 1e-12));
    }
    CHECK((program.variants().samples_on_tape > 0) == (variants == 1));
  }
  // A walk, without a jump to stand before: there the last bit decides.
  const auto near_by = [](const auto& x, const auto& s) {
    const auto c = cos(x[2]), sine = sin(x[2]);
    return std::array{c * x[0] - sine * x[1] + s[0] - s[2], (sine * x[0] + c * x[1] + s[1]) * 1.5 - s[3]};
  };
  const auto program = record(near_by, 3, 4);
  const ResidualOptions options{.weights = std::vector<double>(2 * n, 0.5), .loss = HuberLoss{0.5}};
  const Result one = minimize(SumOfSquares(residuals_over(rows, program), options), w, LevenbergMarquardt{}),
               other = minimize(SumOfSquares(over_all(near_by), options), w, LevenbergMarquardt{});
  CHECK(one.value == Catch::Approx(other.value).epsilon(1e-12));
  std::vector<double> half(n);
  auto residuals = residuals_over(rows, program);
  CHECK_THROWS_AS(residuals.values(w, half), ShapeError);
  CHECK_THROWS_AS(SumOfSquares(residuals, {.weights = half}).residuals(w), ShapeError);
}

TEST_CASE("residuals that do not fit are refused, and copies have their own memory") {
  using Catch::Matchers::ContainsSubstring;
  const auto program = record(decay, 3, 2);
  const std::vector<double> rows{1, 2, 3, 4}, three{1, 2, 3}, none, w{1, 2, 3};
  std::vector<double> two(2), six(6);
  CHECK_THROWS_WITH(residuals_over(three, program), ContainsSubstring("residuals_over: 3 numbers are no whole rows"));
  CHECK_THROWS_WITH(residuals_over(none, program), ContainsSubstring("residuals_over: there are no samples"));
  CHECK_THROWS_WITH(residuals_over(rows, record([](const auto&, const auto& s) { return s[0] * 2; }, 0, 2)),
                    ContainsSubstring("0 parameters"));
  auto residuals = residuals_over(rows, program);
  CHECK_THROWS_WITH(residuals.values(rows, two), ContainsSubstring("3 parameters, and is given 4"));
  CHECK_THROWS_AS(residuals.values(w, six), ShapeError);
  CHECK_THROWS_AS(residuals.jacobian(w, two), ShapeError);
  CHECK_THROWS_AS(residuals.vjp(w, two, two), ShapeError);
  CHECK_THROWS_AS(residuals.vjp(w, six, two), ShapeError);
  SumOfSquares weighted(residuals, {.weights = {1, 2, 3}});
  CHECK_THROWS_AS(weighted.residuals(w), ShapeError);
  CHECK_THROWS_AS(weighted.jacobian(w), ShapeError);
  std::vector<double> first(6), again(6);
  residuals.jacobian(w, first);
  {
    auto copy = residuals;
    copy.jacobian(w, again);
    residuals = std::move(copy);
  }
  CHECK(first == again);
  residuals.jacobian(w, again);
  CHECK(first == again);
  residuals.jacobian(std::vector<double>{0, 0, 0}, again);
  CHECK(first != again);
}
