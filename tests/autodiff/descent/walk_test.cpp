#include <autodiff/descent/walk.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <autodiff/descent/all_methods.hpp>
#include <autodiff/descent/least_squares.hpp>
#include <autodiff/descent/minimize.hpp>
#include <autodiff/descent/quasi_newton.hpp>
#include <support/catch.hpp>
#include <support/mgh_fixed.hpp>
#include <support/mgh_problems.hpp>

using namespace downhill;

namespace {

// Methods that walk on any objective.
template <class Visit>
void for_each_search(Visit&& visit) {
  visit("SteepestDescent", SteepestDescent{});
  visit("SteepestDescent, strong Wolfe", SteepestDescent{.search = StrongWolfe{}});
  visit("ConjugateGradient", ConjugateGradient{});
  visit("Bfgs", Bfgs{});
  visit("Bfgs, Armijo", Bfgs{.search = Armijo{}});
  visit("Lbfgs", Lbfgs{});
  visit("BoundedLbfgs", BoundedLbfgs{});
}
template <class Visit>
void for_each_first_order(Visit&& visit) {
  visit("GradientDescent", GradientDescent{.learning_rate = 0.05});
  visit("Momentum", Momentum{.learning_rate = 0.05});
  visit("Nesterov", Nesterov{.learning_rate = 0.05});
  visit("AdaGrad", AdaGrad{.learning_rate = 0.5});
  visit("AdaDelta", AdaDelta{});
  visit("RMSProp", RMSProp{.learning_rate = 0.1});
  visit("Adam", Adam{.learning_rate = 0.5});
  visit("AdamW", AdamW{.learning_rate = 0.5});
  visit("NAdam", NAdam{.learning_rate = 0.5});
  visit("AMSGrad", AMSGrad{.learning_rate = 0.5});
  visit("Lion", Lion{.learning_rate = 0.1});
}
// And those that step by residuals, on a sum of squares.
template <class Visit>
void for_each_method(Visit&& visit) {
  for_each_search(visit);
  for_each_first_order(visit);
  visit("GaussNewton", GaussNewton{});
  visit("LevenbergMarquardt", LevenbergMarquardt{});
}

// Has each type of a list been visited?
template <class List, class ForEach>
void check_complete(ForEach&& for_each) {
  List::for_each([&]<class M>(std::type_identity<M>) {
    bool is_visited = false;
    for_each(
        [&]<class Visited>(const char*, const Visited&) { is_visited = is_visited || std::is_same_v<Visited, M>; });
    INFO("the method " << M::name << ": add it to the methods of this file, with a learning rate for its problems");
    CHECK(is_visited);
  });
}

double norm_at(const Iterate& iterate) { return euclidean_norm(iterate.gradient); }

void check_lowest(std::string_view method, std::string_view problem, const Result& result) {
  INFO(method << " on " << problem << ": " << result.why);
  REQUIRE(result.found_at < result.path.size());
  const Iterate& found = result.path[result.found_at];
  CHECK(result.point == found.point);
  CHECK((result.value == found.value || std::isnan(found.value)));
  // On flat ground, to rounding.
  const double least = result.value - (result.reason == StopReason::flat_gradient ? 1e-12 * std::abs(result.value) : 0);
  std::size_t below = 0;
  for (const Iterate& iterate : result.path)
    below += iterate.value < least && std::isfinite(norm_at(iterate)) && std::isfinite(iterate.value);
  CHECK(below == 0);
}

// {x y - 1, e^-y - 1/2}, {x - 1, tanh y - 1/2}, a sum of exponentials and a saturating model: steep, flat and far.
const auto hyperbola = [](const auto& x) { return std::vector{x[0] * x[1] - 1, exp(-x[1]) - 0.5}; };
const auto saturating = [](const auto& x) { return std::vector{x[0] - 1, tanh(x[1]) - 0.5}; };
const auto exponentials = [](const auto& x) { return std::vector{exp(x[0]) - 2, exp(-x[1]) - x[0], x[0] * x[1]}; };
const auto canyon = [](const auto& x) { return std::vector{10 * (x[1] - x[0] * x[0]), 1 - x[0]}; };
template <class Visit>
void for_each_small_problem(Visit&& visit) {
  visit("hyperbola", hyperbola);
  visit("saturating", saturating);
  visit("exponentials", exponentials);
  visit("canyon", canyon);
}

}  // namespace

TEST_CASE("these tests walk by every method of the list") {
  check_complete<AllMethods>([](auto&& visit) { for_each_method(visit); });
}

TEST_CASE("no method returns a value above that of its start or of any place it visited") {
  std::mt19937_64 generator(2);
  const auto far = [&](double size) { return size * (static_cast<double>(generator() >> 11) * 0x1p-52 - 1); };
  for (int trial = 0; trial < 24; ++trial) {
    const double size = std::pow(10, trial % 4);
    const std::vector<double> start{far(size), far(size)};
    for_each_small_problem([&](std::string_view problem, const auto& residuals) {
      for_each_method([&](std::string_view method, const auto& by) {
        check_lowest(method, problem, minimize(SumOfSquares(residuals), start, by, {.steps = 60}, Keep::path));
      });
    });
  }
  for_each_method([](std::string_view method, const auto& by) {  // from where it was once 1.25, and then 5.7e47
    const Result result = minimize(SumOfSquares(hyperbola), {0, 100}, by, {.steps = 60}, Keep::path);
    check_lowest(method, "hyperbola", result);
    CHECK(result.value <= 1.25);
  });
}

TEST_CASE("a walk that climbs returns its lowest place, says where that was, and keeps the whole path") {
  const auto bowl = [](auto x) { return square(x[0] - 1); };
  const Result result = minimize(bowl, {2}, Momentum{.learning_rate = 0.3, .momentum = 0.9}, {.steps = 4}, Keep::path);
  CHECK(result.path.back().value > result.value);
  CHECK(result.found_at > 0);
  CHECK(result.point == result.path[result.found_at].point);
  CHECK_THAT(result.why,
             Catch::Matchers::ContainsSubstring("the lowest point, which is the result, was reached at step"));
  const Result diverged = minimize(bowl, {2}, GradientDescent{.learning_rate = 1.5}, {.steps = 10});
  CHECK(diverged.point[0] == 2);
  CHECK(diverged.found_at == 0);
}

TEST_CASE("a plateau above the lowest place is not called the bottom") {
  // From the wall at x = 1.5 a step jumps over the valley at 0, far to where tanh is flat.
  const auto valley = [](auto x) { return square(tanh(x[0])) + 0.1 * exp(5 * x[0] - 7.5); };
  const Result result = minimize(valley, {1.5}, GradientDescent{.learning_rate = 20});
  CHECK(result.reason == StopReason::no_progress);
  CHECK_THAT(result.why, Catch::Matchers::ContainsSubstring("plateau"));
  CHECK(result.value < 1);
  const Result of_flat =
      minimize([](auto x) { return square(tanh(x[0])); }, {0.5}, GradientDescent{.learning_rate = 0.2});
  CHECK(of_flat.reason == StopReason::flat_gradient);
  CHECK(of_flat.gradient_norm <= 1e-8);
}

TEST_CASE("of a noisy objective the result is the last place, as values cannot be compared") {
  const std::vector<double> targets{1, 2, 3, 40};
  const auto loss = [&](auto w, std::span<const std::size_t> batch) { return square(w[0] - targets[batch[0]]); };
  MiniBatches batches(loss, targets.size(), {.batch = 1});
  const Result result = minimize(batches, {0}, GradientDescent{.learning_rate = 0.1}, {.steps = 40}, Keep::path);
  CHECK(result.point == result.path.back().point);
}

TEST_CASE("what is called flat or the bottom is so: random walks on the problems of More, Garbow and Hillstrom") {
  std::mt19937_64 generator(7);
  const auto random = [&] { return static_cast<double>(generator() >> 11) * 0x1p-52 - 1; };
  for (const mgh::Problem& problem : mgh::problems()) {
    for (int trial = 0; trial < 4; ++trial) {
      std::vector<double> start = problem.start();
      if (trial > 0)
        for (double& x : start) x += std::pow(10, trial - 1) * (std::abs(x) + 0.1) * 2 * random();
      const auto check = [&](std::string_view method, const auto& by) {
        const Result result = minimize(SumOfSquares(problem), start, by, {.steps = 600});
        INFO(problem.name << " by " << method << ", trial " << trial << ": " << result.value << ", " << result.why);
        if (result.reason == StopReason::flat_gradient || result.reason == StopReason::no_descent)
          CHECK(result.gradient_norm <= 1e-3 * (1 + std::abs(result.value)));
      };
      check("ConjugateGradient", ConjugateGradient{});
      check("Bfgs", Bfgs{});
      check("Lbfgs", Lbfgs{});
      check("BoundedLbfgs", BoundedLbfgs{});
      // Meyer's residuals have 11 digits left, by which slopes of 10 at the bottom are rounding; the model knows that.
      if (problem.name == "Meyer") continue;
      check("LevenbergMarquardt", LevenbergMarquardt{});
      check("GaussNewton", GaussNewton{});
    }
  }
}

TEST_CASE("a small value is not flat ground: 1e-18 (x - 0.1)^2 from 5") {
  for_each_search([](std::string_view method, const auto& by) {
    for (const double scale : {1e-18, 1e-100, 1.0, 1e18}) {
      const Result result = minimize([&](auto x) { return scale * square(x[0] - 0.1); }, {5}, by);
      INFO(method << ", " << scale << ": " << result.why);
      CHECK(result.point[0] == Catch::Approx(0.1).epsilon(1e-6));
    }
  });
  const Result slow =
      minimize([](auto x) { return 1e-18 * square(x[0] - 0.1); }, {5}, {.learning_rate = 0.1}, {.steps = 50});
  CHECK(slow.reason == StopReason::step_limit);
}

TEST_CASE("the units of the value, and a unit of all parameters, change nothing") {
  const auto path_of = [](const auto& by, double value_unit, double parameter_unit) {
    const auto f = [&](auto x) {
      const auto a = x[0] / parameter_unit, b = x[1] / parameter_unit;
      return value_unit * (100 * square(b - a * a) + square(1 - a) + 3 + exp(a - b));
    };
    return minimize(f, {-1.2 * parameter_unit, parameter_unit}, by, {.steps = 200}, Keep::path);
  };
  for_each_search([&](std::string_view method, const auto& by) {
    const Result plain = path_of(by, 1, 1);
    const auto check_same = [&](double value_unit, double parameter_unit) {
      const Result other = path_of(by, value_unit, parameter_unit);
      INFO(method << ", " << value_unit << ", " << parameter_unit << ": " << plain.why << "; " << other.why);
      const std::size_t steps = std::min(plain.path.size(), other.path.size());
      CHECK(steps > 10);
      std::size_t same = 0;
      for (std::size_t k = 0; k < steps; ++k)
        same += other.path[k].point[0] == parameter_unit * plain.path[k].point[0] &&
                other.path[k].point[1] == parameter_unit * plain.path[k].point[1];
      CHECK(same == steps);  // bit for bit: powers of two do not round
      CHECK(other.value / value_unit == Catch::Approx(plain.value).epsilon(1e-12));
    };
    for (const double unit : {0x1p60, 0x1p-60}) check_same(unit, 1);
    for (const double unit : {0x1p20, 0x1p-20}) check_same(1, unit);
  });
}

TEST_CASE("gradients whose squares overflow or underflow are walked along like others") {
  for_each_search([](std::string_view method, const auto& by) {
    for (const double scale : {1e200, 1e-200}) {
      const auto bowl = [&](auto x) { return scale * (square(x[0] - 1) + 3 * square(x[1] + 2)); };
      const Result result = minimize(bowl, {4, 4}, by, {.gradient_norm = scale * 1e-6});
      INFO(method << ", " << scale << ": " << result.why);
      CHECK(result.point[0] == Catch::Approx(1).epsilon(1e-6));
      CHECK(result.point[1] == Catch::Approx(-2).epsilon(1e-6));
    }
  });
}

TEST_CASE("a value that falls without bound is called that, and a start that is flat no bottom") {
  const auto top = [](auto x) { return -x[0] * x[0]; };
  const auto slide = [](auto x) { return -x[0]; };
  for_each_search([&](std::string_view method, const auto& by) {
    for (const Result& result : {minimize(top, {1}, by), minimize(slide, {1}, by)}) {
      INFO(method << ": " << result.why);
      CHECK(result.reason == StopReason::unbounded);
      CHECK_THAT(result.why, Catch::Matchers::ContainsSubstring("falls without bound"));
      CHECK(std::isfinite(result.value));
      CHECK(result.value < -1e100);
    }
    const Result at_top = minimize(top, {0}, by);
    CHECK(at_top.reason == StopReason::flat_gradient);
    CHECK_THAT(at_top.why, Catch::Matchers::ContainsSubstring("at the start: a bottom, a top or a saddle"));
  });
  CHECK(minimize(top, {1}, {.learning_rate = 0.3}).reason == StopReason::unbounded);
}

TEST_CASE("at a kink, nothing is called the bottom or flat but the bottom") {
  const auto kinked = [](auto x) { return abs(x[0] - 0.3) + 2 * abs(x[1] + x[0]); };
  for_each_search([&](std::string_view method, const auto& by) {
    const Result result = minimize(kinked, {3, 5}, by);
    INFO(method << ": " << result.value << ", " << result.why);
    if (result.value > 1e-12)
      CHECK((result.reason == StopReason::no_progress || result.reason == StopReason::step_limit));
  });
}

TEST_CASE("without a bound on the gradient, a search notices that it has reached rounding") {
  const mgh::BrownDennis problem;
  for_each_search([&](std::string_view method, const auto& by) {
    if (method.starts_with("Steepest")) return;
    const Result result = minimize(SumOfSquares(problem), problem.start(), by, {.gradient_norm = 0});
    INFO(method << ": " << result.evaluations << " evaluations, " << result.why);
    CHECK(result.value == Catch::Approx(problem.minima()[0]).epsilon(1e-12));
    CHECK(result.evaluations <= 120);
  });
}

TEST_CASE("a constant beside the value does not hide the bottom: the step that is left counts too") {
  const auto bowl = [](auto x) { return 1e10 + square(x[0] - 1); };
  for_each_search([&](std::string_view method, const auto& by) {
    const Result result = minimize(bowl, {3}, by);
    INFO(method << ": " << result.why);
    CHECK(result.point[0] == Catch::Approx(1).margin(1e-2));
    CHECK((result.reason == StopReason::flat_gradient || result.reason == StopReason::no_descent));
  });
}
