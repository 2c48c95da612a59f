#include <autodiff/inspect/pictures/loss_curve.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <autodiff/text/utf8.hpp>
#include <support/catch.hpp>
#include <support/text.hpp>
#include <support/xml.hpp>

using namespace downhill::inspect;
using Catch::Matchers::ContainsSubstring;

namespace {

const double infinity = std::numeric_limits<double>::infinity(), nan_ = std::nan("");

// What a run may look like.
std::vector<std::vector<double>> odd_runs() {
  std::vector<std::vector<double>> runs{
      {},         {1},        {nan_},          {infinity},       {0},          {0, 0, 0},     {nan_, 1, nan_, 2},
      {1, 1},     {-1, -2},   {1e308, -1e308}, {1e-320, 5e-324}, {1, 0, 1e-9}, {1, infinity}, {-infinity, 1, 2},
      {1, 1e308}, {1e-3, 1e3}};
  runs.emplace_back(2000, 0.25);
  return runs;
}

std::string without_escapes(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\x1b')
      i = text.find('m', i);
    else
      plain += text[i];
  return plain;
}

}  // namespace

TEST_CASE("a loss curve has a line for each run, and says how it went") {
  std::vector<double> falls, breaks{1, 0.5, 0.25, nan_, nan_};
  for (int i = 0; i <= 400; ++i) falls.push_back(std::exp(-0.05 * i));
  const std::vector<Curve> curves{{"falls", falls}, {"breaks & stops", breaks, 10}};
  const Figure figure = loss_curve(curves);
  CHECK(xml_error(svg(figure)) == "");
  CHECK(count(figure.drawing, "class=\"s0\"") == 3);  // the line, its place for a cross, and the legend
  CHECK_THAT(figure.drawing, ContainsSubstring("loss, logarithmic"));
  CHECK_THAT(figure.drawing, ContainsSubstring("NaN at 30"));
  CHECK(count(figure.drawing, "class=\"cross\"") == 1);
  CHECK_THAT(figure.drawing, ContainsSubstring("breaks &amp; stops"));
  CHECK(figure.lines[0] == "falls: 1 to 2.061e-09 at step 400");
  CHECK(figure.lines[1] == "breaks & stops: 1 to NaN at step 40; lowest 0.25 at step 20; NaN at step 30");
}

TEST_CASE("every value of a short run is drawn where it belongs") {
  const std::vector<double> values{4, 1, 3, 0};
  const std::vector<Curve> curves{{"", values}};
  const auto scale = curve_detail::scale_of(curves);
  CHECK_FALSE(scale.logarithmic);
  const auto runs = curve_detail::runs_of(curves[0], 700);
  REQUIRE(runs.size() == 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(runs[0][i].step == double(i));
    CHECK(runs[0][i].value == values[i]);
  }
  // The line in the picture: the third of four points is at two thirds of the width and three quarters of the range.
  const Figure figure = loss_curve(curves);
  const std::size_t path = figure.drawing.find("class=\"curve\" d=\"M");
  REQUIRE(path != std::string::npos);
  double x[4], y[4];
  std::istringstream numbers(figure.drawing.substr(path + 18));
  for (int i = 0; i < 4; ++i) {
    numbers >> x[i] >> y[i];
    numbers.ignore(1);
  }
  CHECK(x[2] - x[0] == Catch::Approx((x[3] - x[0]) * 2 / 3).margin(0.2));
  CHECK(y[2] - y[3] == Catch::Approx((y[0] - y[3]) * 3 / 4).margin(0.2));
  CHECK(y[3] > y[0]);
}

TEST_CASE("a million values are thinned to few places, and no peak is lost") {
  std::mt19937 random(1);
  std::vector<double> values(1'000'000);
  for (double& value : values) value = std::uniform_real_distribution(1.0, 2.0)(random);
  values[123'456] = 17, values[777'777] = 0.5, values[500'000] = nan_;
  const Curve curve{"long", values};
  const auto runs = curve_detail::runs_of(curve, 700);
  REQUIRE(runs.size() == 2);
  std::size_t places = 0;
  double highest = 0, lowest = 100;
  for (const auto& run : runs)
    for (const auto& place : run) {
      ++places;
      CHECK(values[std::size_t(place.step)] == place.value);
      highest = std::max(highest, place.value), lowest = std::min(lowest, place.value);
    }
  CHECK(places < 3'000);
  CHECK(highest == 17);
  CHECK(lowest == 0.5);
  CHECK(runs[0].front().step == 0);
  CHECK(runs[0].back().step == 499'999);
  CHECK(runs[1].back().step == 999'999);
  const Figure figure = loss_curve(std::vector<Curve>{curve});
  CHECK(figure.drawing.size() < 60'000);
  CHECK_THAT(figure.lines[0], ContainsSubstring("1000000 values are drawn as their range in each of 700 columns"));
}

TEST_CASE("a run that grows without end does not flatten the others") {
  std::vector<double> grows, falls;
  for (int i = 0; i < 100; ++i) grows.push_back(std::pow(10, i)), falls.push_back(1.0 / (1 + i));
  const std::vector<Curve> curves{{"grows", grows}, {"falls", falls}};
  CHECK(curve_detail::scale_of(curves).values.high < 2000);
  CHECK_THAT(loss_curve(curves).lines[0], ContainsSubstring("beyond the picture from step 4 on"));
}

TEST_CASE("zeros on a logarithmic scale are counted, and lie at the bottom") {
  const std::vector<double> values{1, 1e-4, 0, 0};
  CHECK(loss_curve(std::vector<Curve>{{"", values}}).lines[0] == "1 to 0 at step 3; 2 values of 0, at the bottom");
}

TEST_CASE("odd runs are drawn without an error, alone and together") {
  const auto runs = odd_runs();
  std::vector<Curve> all;
  for (const auto& run : runs) {
    all.push_back({"run " + std::to_string(all.size()), run});
    const Figure figure = loss_curve(std::vector<Curve>{all.back()});
    CHECK(xml_error(svg(figure)) == "");
    CHECK(count(figure.drawing, "nan") + count(figure.drawing, "inf ") == 0);
    CHECK(figure.lines.size() == 1);
  }
  CHECK(xml_error(svg(loss_curve(all))) == "");
  CHECK(loss_curve(all).lines.size() == runs.size());
  CHECK(loss_curve({}).lines == std::vector<std::string>{"no runs"});
  CHECK(xml_error(svg(loss_curve({}))) == "");
}

TEST_CASE("a loss curve for a terminal stays within its width and its characters") {
  auto runs = odd_runs();
  runs.emplace_back();
  for (int i = 0; i < 400; ++i) runs.back().push_back(std::exp(-0.05 * i));
  std::vector<Curve> all;
  for (const auto& run : runs) all.push_back({"", run});
  for (const std::size_t width : {0u, 20u, 41u, 80u, 200u})
    for (const bool unicode : {false, true})
      for (const bool colour : {false, true})
        for (std::size_t i = 0; i <= all.size(); ++i) {
          const auto shown = i < all.size() ? std::span(all).subspan(i, 1) : std::span(all);
          const std::string text =
              loss_curve_text(shown, {.width = width, .height = 7, .unicode = unicode, .colour = colour});
          if (!colour) CHECK(count(text, "\x1b") == 0);
          const std::string plain = without_escapes(text);
          if (!unicode) CHECK(std::ranges::all_of(plain, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
          std::istringstream lines(plain);
          std::string line;
          for (int row = 0; row < 7 + 3; ++row) {  // with the names and the numbers; what is said below may be longer
            REQUIRE(std::getline(lines, line));
            CHECK(downhill::utf8::length(line) <= std::max<std::size_t>(width, 41));
          }
        }
}

TEST_CASE("a loss curve for a terminal is a picture") {
  std::vector<double> falls;
  for (int i = 0; i <= 40; ++i) falls.push_back(40 - i);
  CHECK(loss_curve_text(std::vector<Curve>{{"falls", falls}}, {.width = 30, .height = 6, .unicode = false}) ==
        "     loss\n"
        "  40 |**\n"
        "     |  *****\n"
        "     |       *****\n"
        "  20 |            *****\n"
        "     |                 *****\n"
        "   0 |                      **\n"
        "     +------------------------\n"
        "step  0           20        40\n"
        "* falls: 40 to 0 at step 40\n");
}
