#include <autodiff/descent/line_search.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <autodiff/calculus.hpp>
#include <autodiff/descent/methods.hpp>
#include <autodiff/descent/objective.hpp>
#include <autodiff/error.hpp>
#include <support/catch.hpp>

using namespace downhill;

namespace {

struct Searched {
  double step, value, slope;
  std::size_t evaluations;
  Iterate from, to;
};

// Searches along d = 1 from x = 0.
template <class F>
Searched searched(const F& f, const LineSearch& rule, double first_step) {
  TapeObjective<F> objective(f);
  auto evaluate = evaluator_of(objective);
  Searched s{};
  s.from.point = {0};
  s.from.gradient = {0};
  evaluate(s.from);
  LineSearcher searcher(rule);
  s.step = searcher.search(s.from, std::array{1.0}, first_step, s.to, evaluate);
  s.value = s.to.value;
  s.slope = s.to.gradient.empty() ? 0 : s.to.gradient[0];
  s.evaluations = evaluate.evaluations() - 1;
  return s;
}

}  // namespace

TEST_CASE("a strong-Wolfe search meets both its conditions on the functions of More and Thuente's paper") {
  const auto check = [](const auto& f, double decrease, double curvature, std::size_t most) {
    for (const double first : {1e-3, 0.1, 10.0, 1000.0}) {
      const Searched s = searched(f, StrongWolfe{decrease, curvature}, first);
      INFO("first step " << first << ", found " << s.step << " after " << s.evaluations);
      CHECK(s.value <= s.from.value + decrease * s.step * s.from.gradient[0]);
      CHECK(std::abs(s.slope) <= curvature * std::abs(s.from.gradient[0]));
      CHECK(s.to.point[0] == s.step);
      CHECK(s.evaluations <= most);
    }
  };
  // (5.1): -a / (a² + 2), concave to the left and nearly flat to the right of its minimum.
  check([](auto a) { return -a[0] / (a[0] * a[0] + 2); }, 0.001, 0.1, 12);
  // (5.2): (a + 0.004)^5 - 2 (a + 0.004)^4.
  check([](auto a) { return pow(a[0] + 0.004, 5) - 2 * pow(a[0] + 0.004, 4); }, 0.1, 0.1, 12);
  // (5.4): two kinked valleys, made smooth by hyperbolas.
  const auto yanai = [](double b1, double b2) {
    const auto gamma = [](double b) { return std::sqrt(1 + b * b) - b; };
    return
        [=](auto a) { return gamma(b1) * sqrt(square(1 - a[0]) + b2 * b2) + gamma(b2) * sqrt(a[0] * a[0] + b1 * b1); };
  };
  check(yanai(0.001, 0.001), 0.001, 0.001, 12);
  check(yanai(0.01, 0.001), 0.001, 0.001, 16);
  check(yanai(0.001, 0.01), 0.001, 0.001, 16);
}

TEST_CASE("an Armijo search halves its step until the value has fallen enough") {
  const auto bowl = [](auto a) { return square(a[0] - 1); };
  const Searched s = searched(bowl, Armijo{.decrease = 0.25}, 8);
  CHECK(s.step == 1);  // 8, 4 and 2 do not lower the value enough
  CHECK(s.evaluations == 4);
  CHECK(searched(bowl, Armijo{.shrink = 0.1}, 8).step == Catch::Approx(0.8));
}

TEST_CASE("a search comes back from where values are not finite") {
  const auto barrier = [](auto a) { return -log(1 - a[0]) - 3 * a[0]; };  // NaN beyond 1, least at 2/3
  for (const LineSearch& rule : {LineSearch(Armijo{}), LineSearch(StrongWolfe{.curvature = 0.1})})
    for (const double first : {0.999, 1.0, 50.0, 1e10}) {
      const Searched s = searched(barrier, rule, first);
      CHECK(s.step > 0);
      CHECK(s.value < s.from.value);
      if (rule.index() == 1) CHECK(s.step == Catch::Approx(2.0 / 3).margin(0.1));
    }
}

TEST_CASE("where nothing is lower a search says so") {
  const auto kink = [](auto a) { return abs(a[0] + 1e-300) - 1e-3 * a[0]; };
  const auto uphill = [](auto a) { return a[0] * a[0] - 1e-320 * a[0]; };
  for (const LineSearch& rule : {LineSearch(Armijo{}), LineSearch(StrongWolfe{})}) {
    CHECK(searched(kink, rule, 1).step == 0);
    CHECK(searched(uphill, rule, 1).step == 0);
    CHECK(searched([](auto a) { return a[0] * std::numeric_limits<double>::quiet_NaN(); }, rule, 1).step == 0);
  }
}

TEST_CASE("a search down an endless slope ends") {
  const Searched s = searched([](auto a) { return -a[0]; }, StrongWolfe{}, 1);
  CHECK(s.step > 1e6);
  CHECK(s.value == -s.step);
}

TEST_CASE("options of a search outside their domains are refused") {
  CHECK_THROWS_WITH(demand_sound("Bfgs", Armijo{.shrink = 1}),
                    "Bfgs: Armijo::shrink is 1; it must lie between 0 and 1");
  CHECK_THROWS_AS(demand_sound("Bfgs", StrongWolfe{.decrease = 0}), OptionError);
  CHECK_THROWS_AS(demand_sound("Bfgs", StrongWolfe{.decrease = 0.5, .curvature = 0.1}), OptionError);
}
