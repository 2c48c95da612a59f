#include <autodiff/inspect/pictures/growth.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <support/catch.hpp>
#include <support/text.hpp>
#include <support/xml.hpp>

using namespace downhill::inspect;
using Catch::Matchers::ContainsSubstring;

namespace {

// The number behind each `key="` of a text.
std::vector<double> numbers(const std::string& text, const std::string& key) {
  std::vector<double> all;
  const std::string begin = " " + key + "=\"";
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1))
    all.push_back(std::stod(text.substr(at + begin.size())));
  return all;
}

const std::vector<Growth> ladder{
    {"a step", {{2, 3.1e-6}, {337, 2e-5}, {13'002, 0.00123456789}, {1e9, 0.94}, {1e12, 940, false}}},
    {"differences", {{2, 9e-6}, {337, 0.005}, {13'002, 12.5, false}, {1e9, 3e8, false}, {1e12, 3e14, false}}}};

}  // namespace

TEST_CASE("every point of a growth has its numbers, and lies where they say on logarithmic axes") {
  const Figure figure = growth(ladder, {.title = "From 2 & up", .size = "parameters <n>"});
  CHECK(xml_error(svg(figure)) == "");
  const std::vector<double> sizes = numbers(figure.drawing, "data-size");
  const std::vector<double> seconds = numbers(figure.drawing, "data-seconds");
  REQUIRE(sizes.size() == 10);
  std::size_t k = 0;
  for (const Growth& kind : ladder)
    for (const GrowthPoint& point : kind.points) {
      CHECK(sizes[k] == point.size);
      CHECK(seconds[k++] == point.seconds);
    }
  // The circles come with the points, in their order; behind them stands the one of the legend.
  const std::vector<double> x = numbers(figure.drawing, "cx"), y = numbers(figure.drawing, "cy");
  REQUIRE(x.size() == 11);
  const double across = (x[4] - x[0]) / std::log10(sizes[4] / sizes[0]);
  const double up = (y[9] - y[0]) / std::log10(seconds[9] / seconds[0]);
  CHECK(across > 0);
  CHECK(up < 0);  // downwards, as pixels are counted
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(x[i] == Catch::Approx(x[0] + across * std::log10(sizes[i] / sizes[0])).margin(0.2));
    CHECK(y[i] == Catch::Approx(y[0] + up * std::log10(seconds[i] / seconds[0])).margin(0.2));
    CHECK(x[i] > 0);
    CHECK(x[i] < figure.width);
    CHECK(y[i] > 0);
    CHECK(y[i] < figure.height);
  }
  CHECK_THAT(figure.drawing, ContainsSubstring("parameters &lt;n&gt;"));
  CHECK_THAT(svg(figure), ContainsSubstring("From 2 &amp; up"));
}

TEST_CASE("what was measured is solid, and what is extrapolated is hollow, dashed and says so") {
  const Figure figure = growth(ladder);
  CHECK(count(figure.drawing, "class=\"mark\"") == 6);
  CHECK(count(figure.drawing, "class=\"ring\"") == 4 + 1);    // and one in the legend
  CHECK(count(figure.drawing, "stroke-dasharray") == 2 + 1);  // likewise
  CHECK(count(figure.drawing, ", extrapolated</title>") == 4);
  CHECK(count(figure.drawing, ">extrapolated<") == 1);
  CHECK_THAT(figure.drawing, ContainsSubstring(">15.7 min<"));  // beside the last of each
  CHECK_THAT(figure.drawing, ContainsSubstring(">9.51 million years<"));
  CHECK_THAT(figure.drawing, ContainsSubstring(">1 year<") && ContainsSubstring(">1 s<"));
  const std::vector<Growth> measured{{"a step", {{2, 1}, {20, 2}}}};
  CHECK(count(growth(measured).drawing, "extrapolated") == 0);
}

TEST_CASE("a growth of one point, of none and of what cannot be drawn is a picture as well") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::vector<Growth>> odd{
      {},
      {{"nothing"}},
      {{"one", {{2, 1e-6}}}},
      {{"a <b> & \"c\"", {{2, 1e-6}, {nan, 1}, {3, infinity}, {0, 1}, {4, 0}, {-1, -1}}}},
      {{"the same", {{5, 1}, {5, 1}}}},
      {{"guess", {{1e12, 1e300, false}}}}};
  for (const auto& kinds : odd) {
    const Figure figure = growth(kinds);
    CHECK(xml_error(svg(figure)) == "");
    CHECK(error_in_page(page("growth", "", std::vector{figure})) == "");
    CHECK(figure.drawing.find("nan") == std::string::npos);
    CHECK(figure.drawing.find("inf") == std::string::npos);
  }
  CHECK(count(growth(odd[3]).drawing, "data-size") == 1);
  CHECK_THAT(growth(odd[3]).drawing, ContainsSubstring("a &lt;b&gt; &amp; &quot;c&quot;"));
  CHECK(growth(odd[0]).lines == std::vector<std::string>{"nothing was measured"});
}

TEST_CASE("times have the unit that people would take") {
  CHECK(duration_text(3.14159e-9) == "3.14 ns");
  CHECK(duration_text(999.6e-6) == "1 ms");
  CHECK(duration_text(1.94) == "1.94 s");
  CHECK(duration_text(600) == "10 min");
  CHECK(duration_text(86'400 * 12.5) == "12.5 days");
  CHECK(duration_text(31'557'600 * 12.0) == "12 years");
  CHECK(duration_text(31'557'600 * 68'250.0) == "68.2 thousand years");
  CHECK(duration_text(31'557'600 * 2.5e6) == "2.5 million years");
  CHECK(size_text(13'002) == "13,002");
  CHECK(size_text(99'993'333) == "99,993,333");
  CHECK(size_text(2.1e9) == "2.1 x 10⁹");
  CHECK(size_text(1e12) == "1 x 10¹²");
}
