#include <autodiff/gradient_check.hpp>

#include <cmath>
#include <random>
#include <span>
#include <vector>

#include <autodiff/error.hpp>
#include <autodiff/ranges.hpp>

#include "support/catch.hpp"

using namespace downhill;
using Catch::Matchers::ContainsSubstring;
using Values = std::vector<double>;

namespace {

// Inputs from 1e-8 to 1e8, each on a scale of its own.
const Values scales{1e-8, 1e-4, 1, 1e4, 1e8};
const auto badly_scaled = [](const auto& x) {
  auto sum = exp(0 * x[0]);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const auto u = x[i] / scales[i];
    sum += sin(u) * exp(u / 3) + u * u * u / 5;
    if (i > 0) sum += u * tanh(x[i - 1] / scales[i - 1]);
  }
  return sum;
};

Values random_point(unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> draw(0.2, 2);
  Values x;
  for (const double scale : scales) x.push_back(draw(random) * scale);
  return x;
}

}  // namespace

TEST_CASE("right gradients over badly scaled inputs are accepted, in double and in float") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    const Values x = random_point(seed);
    const auto in_double = check_gradient(badly_scaled, x);
    const auto in_float = check_gradient(badly_scaled, std::vector<float>(x.begin(), x.end()));
    INFO(in_double.table() << in_float.table());
    CHECK(in_double.passed());
    CHECK(in_float.passed());
    for (const auto& c : in_double.components) CHECK(c.verdict == Verdict::agrees);
    for (const auto& c : in_float.components) CHECK(c.verdict == Verdict::agrees);
  }
}

TEST_CASE("a gradient that is off by 5e-4 in one component is rejected there and nowhere else") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    const Values x = random_point(seed);
    const std::size_t off = seed % scales.size();
    const double factor = seed % 2 == 0 ? 1 + 5e-4 : 1 - 5e-4;
    Values wrong = gradient(badly_scaled, x);
    wrong[off] *= factor;
    std::vector<float> point(x.begin(), x.end()), wrong_float = gradient(badly_scaled, point);
    wrong_float[off] *= static_cast<float>(factor);
    for (const auto& check :
         {check_gradient(badly_scaled, x, wrong), check_gradient(badly_scaled, point, wrong_float)}) {
      INFO(check.table());
      CHECK_FALSE(check.passed());
      for (const auto& c : check.components) CHECK((c.verdict == Verdict::wrong) == (c.index == off));
    }
  }
}

TEST_CASE("a gradient by hand of a function of plain numbers is judged by differences alone") {
  const auto f = [](std::span<const double> x) { return std::exp(x[0]) * std::sin(x[1]) + 3e-6 * x[2]; };
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> draw(-3, 3);
    const Values x{draw(random), draw(random), draw(random)};
    const double e = std::exp(x[0]);
    const Values right{e * std::sin(x[1]), e * std::cos(x[1]), 3e-6};
    const auto check = check_gradient(f, x, right);
    INFO(check.table());
    CHECK(check.passed());
    for (const auto& c : check.components) {
      CHECK(c.verdict == Verdict::agrees);
      CHECK_FALSE(c.forward.has_value());
      CHECK(std::abs(c.difference - right[c.index]) <= 3 * c.expected_error + 1e-15 * e);
    }
    Values wrong = right;
    wrong[seed % 2] *= 1 + 5e-4;
    CHECK(check_gradient(f, x, wrong).components[seed % 2].verdict == Verdict::wrong);
    wrong[2] = 0;  // where the truth is 3e-6
    CHECK(check_gradient(f, x, wrong).components[2].verdict == Verdict::wrong);
  }
}

TEST_CASE("a 0 where the truth is 3e-6 is rejected beside a large slope") {
  const auto f = [](const auto& x) { return 3e-6 * x[0] + exp(x[1]); };
  CHECK_FALSE(check_gradient(f, Values{0.7, 2}, Values{0, std::exp(2)}).passed());
  CHECK(check_gradient(f, Values{0.7, 2}).passed());
  CHECK_FALSE(check_gradient(f, Values{0, 2}, Values{0, std::exp(2)}).passed());
}

TEST_CASE("a kink is named, with the slope on either side, and any slope between the two may stand") {
  const auto f = [](const auto& x) { return abs(x[0]) + relu(3 * x[1]) + max(x[2], x[3]) + x[4]; };
  const auto check = check_gradient(f, Values{0, 0, 2, 2, 1});
  INFO(check.table());
  CHECK(check.passed());
  for (std::size_t i = 0; i < 4; ++i) CHECK(check.components[i].verdict == Verdict::kink);
  CHECK(check.components[4].verdict == Verdict::agrees);
  CHECK(check.components[0].left == Catch::Approx(-1));
  CHECK(check.components[1].right == Catch::Approx(3));
  CHECK_THAT(check.table(), ContainsSubstring("kink: -1 on the left, 1 on the right"));
  CHECK_FALSE(check_gradient(f, Values{0, 0, 2, 2, 1}, Values{1.5, 0, 0.5, 0.5, 1}).passed());
}

TEST_CASE("a kink near by is not one here") {
  const auto f = [](const auto& x) { return abs(x[0] - 1e-3) * 2; };
  const auto check = check_gradient(f, Values{0});
  CHECK(check.components[0].verdict == Verdict::agrees);
  CHECK(check.components[0].difference == Catch::Approx(-2));
}

TEST_CASE("where f ends, and where it has no value at all, the check says so") {
  const auto root = [](const auto& x) { return sqrt(x[0]); };
  const auto edge = check_gradient(root, Values{0});
  CHECK(edge.components[0].verdict == Verdict::kink);
  CHECK_THAT(edge.table(), ContainsSubstring("no value on the left"));
  CHECK(check_gradient(root, Values{-1}).components[0].verdict == Verdict::unclear);
  CHECK(check_gradient(root, Values{1e-12}).components[0].verdict == Verdict::agrees);
}

TEST_CASE("a NaN in the gradient is wrong where f is smooth") {
  CHECK_FALSE(check_gradient([](const auto& x) { return x[0] * x[0]; }, Values{2}, Values{NAN}).passed());
}

TEST_CASE("a gradient of another size throws, and one of nothing passes") {
  const auto f = [](const auto& x) { return sum(x); };
  CHECK_THROWS_WITH(check_gradient(f, Values{1, 2}, Values{1}), ContainsSubstring("check_gradient"));
  CHECK(check_gradient(f, Values{}).passed());
}
