#include <autodiff/inspect/pictures/learning_rates.hpp>

#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <support/catch.hpp>
#include <support/text.hpp>
#include <support/xml.hpp>

using namespace downhill;
using namespace downhill::inspect;
using Catch::Matchers::ContainsSubstring;

namespace {

const auto bowl = [](const auto& x) { return x[0] * x[0] + 10 * x[1] * x[1]; };

std::vector<RateRun> runs() {
  std::vector<RateRun> all;
  for (const double rate : {0.001, 0.05, 0.2})
    all.push_back(
        {rate, std::string(name(diagnose(bowl, {1, 1}, rate).pace)),
         minimize(bowl, std::vector<double>{1, 1}, GradientDescent{.learning_rate = rate}, {.steps = 50}, Keep::path)});
  return all;
}

}  // namespace

TEST_CASE("a page compares rates by their losses, and by their paths where there is a landscape") {
  const auto all = runs();
  const std::string losses = learning_rate_comparison("Rates", "of <one> bowl", all);
  CHECK(error_in_page(losses) == "");
  CHECK(count(losses, "<figure") == 1);
  for (const RateRun& run : all)
    CHECK_THAT(losses, ContainsSubstring(fmt::format("rate {}: {}", run.rate, run.verdict)));
  CHECK_THAT(losses, ContainsSubstring("rate 0.2: diverges: 11 to "));
  CHECK_THAT(losses, ContainsSubstring("50 steps were taken, the limit"));

  const Landscape ground =
      sample_landscape([](double x, double y) { return bowl(std::array{x, y}); }, {-1, 1}, {-1, 1});
  const std::string both = learning_rate_comparison("Rates", "", all, ground);
  CHECK(error_in_page(both) == "");
  CHECK(count(both, "<figure") == 1 + 3 + 1);
  CHECK(count(both, "<use href=\"#ground\"/>") == 3);
}

TEST_CASE("a comparison of no rates, or of walks without a path, is a page") {
  CHECK(error_in_page(learning_rate_comparison("", "", {})) == "");
  const std::vector<RateRun> empty(2);
  CHECK(error_in_page(learning_rate_comparison("", "", empty)) == "");
}
