#include <autodiff/gradient_check.hpp>

#include <cmath>
#include <cstddef>
#include <numbers>
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

namespace {

constexpr double pi = std::numbers::pi;

// Checks the right slope of f, a wrong one that has forgotten a term, and slopes that are off, at places from -5 to 5.
// No right one may be called wrong, no wrong one may agree, and what is undecided has a reason.
struct Counts {
  std::size_t right = 0, agreeing = 0, at_jumps = 0, at_kinks = 0;
};
template <class F, class Slope, class Forgetful>
Counts judged(const F& f, const Slope& slope, const Forgetful& forgetful) {
  Counts counts;
  const auto of_numbers = [&](std::span<const double> x) { return double(f(x[0])); };
  const auto generic = [&](const auto& x) { return f(x[0]); };
  const auto verdict = [&](bool knows_forward_mode, double x, double given) {
    const auto check = knows_forward_mode ? check_gradient(generic, Values{x}, Values{given})
                                          : check_gradient(of_numbers, Values{x}, Values{given});
    INFO("x = " << x << "\n" << check.table());
    CHECK((check.components[0].verdict == Verdict::agrees) == check.components[0].why.empty());
    return check.components[0].verdict;
  };
  for (int i = 0; i <= 80; ++i) {
    const double x = -5 + i / 8.0 + (i % 2 == 0 ? 0 : 0.01234 * i), right = slope(x);
    for (const bool knows_forward_mode : {false, true}) {
      const Verdict of_right = verdict(knows_forward_mode, x, right);
      INFO("x = " << x << ", slope " << right);
      CHECK(of_right != Verdict::wrong);
      ++counts.right;
      counts.agreeing += of_right == Verdict::agrees, counts.at_jumps += of_right == Verdict::jump;
      counts.at_kinks += of_right == Verdict::kink;
      for (const double wrong :
           Values{double(forgetful(x)), right * 1.0005, right + 0.01 * (1 + std::abs(right)), -right}) {
        if (std::abs(wrong - right) <= 1e-5 * (1e-3 + std::abs(right))) continue;
        INFO("given " << wrong);
        const Verdict of_wrong = verdict(knows_forward_mode, x, wrong);
        CHECK(of_wrong != Verdict::agrees);
        if (of_right == Verdict::agrees) CHECK(of_wrong == Verdict::wrong);
      }
    }
  }
  return counts;
}
double side(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

}  // namespace

TEST_CASE("periodic functions are not taken for their mean: no right slope is wrong, no wrong one agrees") {
  using std::cos, std::sin;
  const auto rastrigin =
      judged([](auto x) { return x * x - 10.0 * cos(2 * pi * x); },
             [](double x) { return 2 * x + 20 * pi * sin(2 * pi * x); }, [](double x) { return 2 * x; });
  CHECK(rastrigin.agreeing == rastrigin.right);
  const auto dyadic = judged([](auto x) { return x + cos(64 * pi * x); },
                             [](double x) { return 1 - 64 * pi * sin(64 * pi * x); }, [](double) { return 1; });
  CHECK(dyadic.agreeing == dyadic.right);
  const auto fine = judged([](auto x) { return x * x + 1e-9 * sin(1e6 * x); },
                           [](double x) { return 2 * x + 1e-3 * cos(1e6 * x); }, [](double x) { return 2 * x; });
  CHECK(fine.agreeing == fine.right);
}

TEST_CASE("where f is flat between steep sides, the rounding of x is no error of the slope") {
  using std::abs, std::cos, std::min, std::sin;
  const auto is_right = [](const auto& f, double x) {
    CAPTURE(x);
    CHECK(check_gradient(f, Values{x}).components.front().verdict == Verdict::agrees);
  };
  is_right([](const auto& x) { return sin(2 * pi * 16 * x[0]); }, 2.640625);
  is_right([](const auto& x) { return min(sin(2 * pi * x[0] * 16), 0.3); }, 3.046875);
  is_right([](const auto& x) { return abs(cos(20 * pi * x[0])); }, 1.35);
}

TEST_CASE("at a jump nothing agrees, and beside it the slope there counts") {
  using std::floor, std::round, std::sin;
  const auto steps =
      judged([](auto x) { return floor(x) + 0.0 * x; }, [](double) { return 0; }, [](double) { return 1; });
  CHECK((steps.at_jumps == 2 * 11 && steps.agreeing + steps.at_jumps == steps.right));
  const auto halves =
      judged([](auto x) { return round(x) + 0.0 * x; }, [](double) { return 0; }, [](double) { return 1; });
  CHECK((halves.at_jumps == 2 * 10 && halves.agreeing + halves.at_jumps == halves.right));
  const auto saw = judged([](auto x) { return x - floor(x); }, [](double) { return 1; }, [](double) { return 0; });
  CHECK(saw.agreeing + saw.at_jumps == saw.right);
  CHECK_THAT(check_gradient([](const auto& x) { return round(x[0]); }, Values{0.5}).table(),
             ContainsSubstring("jump: f jumps from 0 on the left to 1 on the right"));
}

TEST_CASE("kinks that repeat are named where they are, and only there") {
  using std::abs, std::cos, std::round, std::sin;
  const auto triangle = judged([](auto x) { return abs(x - round(x)); }, [](double x) { return side(x - round(x)); },
                               [](double) { return 0; });
  CHECK((triangle.at_kinks == 2 * 21 && triangle.agreeing + triangle.at_kinks == triangle.right));
  const auto rectified = judged([](auto x) { return relu(sin(20.0 * x)); },
                                [](double x) { return sin(20 * x) > 0 ? 20 * cos(20 * x) : 0; },
                                [](double x) { return 20 * cos(20 * x); });
  CHECK(rectified.agreeing + rectified.at_kinks == rectified.right);
}

TEST_CASE("terms whose rounding hides what f does are rounding, not steps") {
  const auto hidden =
      judged([](auto x) { return (x * x + 1e8) - 1e8; }, [](double x) { return 2 * x; }, [](double x) { return x; });
  CHECK(hidden.at_kinks + hidden.at_jumps == 0);
  const auto check =
      check_gradient([](std::span<const double> x) { return (x[0] + 1e8) - 1e8; }, Values{0.3}, Values{1});
  CHECK_THAT(check.table(), ContainsSubstring("unclear: f stands still over small steps"));
}

TEST_CASE("an infinite slope is named with what is known beside it") {
  const auto cusp = check_gradient([](const auto& x) { return cbrt(x[0]); }, Values{0});
  CHECK_THAT(cusp.table(), ContainsSubstring("unclear: the differences do not settle"));
  const auto half = check_gradient([](const auto& x) { return sqrt(max(x[0], 0.0)); }, Values{0});
  CHECK_THAT(half.table(), ContainsSubstring("on the right the differences do not settle"));
}
