#include <autodiff/inspect/pictures/decision_boundary.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <autodiff/error.hpp>
#include <autodiff/text/utf8.hpp>
#include <support/catch.hpp>
#include <support/text.hpp>
#include <support/xml.hpp>

using namespace downhill;
using namespace downhill::inspect;
using Catch::Matchers::ContainsSubstring;

namespace {

// The second class where x > 0.5.
const Classifier half = as_classifier([](double x, double) { return 1 / (1 + std::exp(-4 * (x - 0.5))); });
const Classifier thirds = as_classifier([](double x, double y) {
  const std::array scores{std::exp(-x), std::exp(x), std::exp(y)};
  const double total = scores[0] + scores[1] + scores[2];
  return std::array{scores[0] / total, scores[1] / total, scores[2] / total};
});
const std::vector<LabelledPoint> four{{0, 0, 0}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1}};

}  // namespace

TEST_CASE("a decision boundary says which samples are right, and rings the others") {
  const Figure figure = decision_boundary(half, four, {.class_names = {"left", "<right>"}});
  CHECK(xml_error(svg(figure)) == "");
  CHECK(figure.lines ==
        std::vector<std::string>{"3 of 4 samples right (75%)", "left: 1 of 1 right", "<right>: 2 of 3 right"});
  CHECK(count(figure.drawing, "class=\"wrong\"") == 1 + 1);  // and in the legend
  CHECK(count(figure.drawing, "class=\"sample\"") == 4 + 2);
  CHECK_THAT(figure.drawing, ContainsSubstring("&lt;right&gt;"));
}

TEST_CASE("the border runs where the classes are equally likely") {
  const BoundaryOptions options{.x = Interval{-1, 2}, .y = Interval{0, 1}};
  const Figure figure = decision_boundary(half, {}, options);
  const Plane plane({-1, 2}, {0, 1}, figure.width, 390);
  const std::size_t at = figure.drawing.find("class=\"border\" d=\"");
  REQUIRE(at != std::string::npos);
  std::istringstream path(figure.drawing.substr(at + 18));
  int pieces = 0;
  for (char letter = 0; path >> letter && (letter == 'M' || letter == 'L'); ++pieces) {
    double x = 0, y = 0;
    path >> x >> y;
    CHECK(x == Catch::Approx(plane.x.at(0.5)).margin(0.2));
  }
  CHECK(pieces == 2 * 90);
  CHECK(figure.lines.empty());
}

TEST_CASE("a classifier may return the probability of the second class, any range of probabilities, or scores") {
  CHECK(as_classifier([](double, double) { return 0.25; })(0, 0) == std::vector<double>{0.75, 0.25});
  CHECK(as_classifier([](double, double) { return std::array{1.0f, 2.0f}; })(0, 0) == std::vector<double>{1, 2});
  const Classifier scores = as_classifier([](double x, double) { return std::vector<double>{-x, x, -100}; });
  CHECK(decision_boundary(scores, std::vector<LabelledPoint>{{-1, 0, 0}, {1, 0, 1}, {1, 1, 2}}).lines[0] ==
        "2 of 3 samples right (66.67%)");
  const Classifier one = [](double, double) { return std::vector<double>{1}; };
  CHECK(xml_error(svg(decision_boundary(one, std::vector<LabelledPoint>{{0, 0, 0}}))) == "");
}

TEST_CASE("odd samples and odd probabilities are drawn or counted") {
  const double nan_ = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  const std::vector<LabelledPoint> odd{{0, 0, 0}, {nan_, 0, 1}, {infinity, 2, 0}};
  const Classifier sometimes = as_classifier([&](double x, double) { return x > 0 ? nan_ : 0.1; });
  for (const auto& samples :
       {std::vector<LabelledPoint>{}, {{1, 1, 0}}, {{1e300, 1e-300, 1}}, {{1, 1, 1}, {1, 1, 0}}, odd}) {
    const Figure figure = decision_boundary(sometimes, samples);
    CHECK(xml_error(svg(figure)) == "");
    CHECK(count(figure.drawing, "nan") == 0);
    CHECK(decision_boundary_text(sometimes, samples).size() > 100);
  }
  const auto lines = decision_boundary(sometimes, odd, {.x = Interval{-1, 1}, .columns = 3, .rows = 2}).lines;
  CHECK(lines[lines.size() - 2] == "2 samples are NaN or infinite and not drawn");
  CHECK(lines.back() == "2 of 6 places have a probability that is NaN");
}

TEST_CASE("of very many samples some are drawn, and all are counted") {
  std::mt19937 random(1);
  std::normal_distribution<> normal;
  std::vector<LabelledPoint> many(100'000);
  for (LabelledPoint& sample : many) sample = {normal(random), normal(random), sample.x > 0.5};
  const Figure figure = decision_boundary(half, many);
  CHECK(count(figure.drawing, "class=\"sample\"") <= 4'002);
  CHECK_THAT(figure.lines[0], ContainsSubstring("of 100000 samples right"));
  CHECK(figure.lines.back() == "one of 25 samples is drawn");
}

TEST_CASE("what cannot be drawn is refused with the reason") {
  const auto message = [](const Classifier& classifier, const BoundaryOptions& options) {
    return message_of([&] { decision_boundary(classifier, four, options); });
  };
  CHECK_THAT(message(half, {.x = Interval{1, 1}}), ContainsSubstring("the interval from 1 to 1 is empty"));
  CHECK_THAT(message(half, {.columns = 1}), ContainsSubstring("1 x 91 places"));
  const Classifier none = [](double, double) { return std::vector<double>{}; };
  const Classifier one = [](double, double) { return std::vector<double>{1}; };
  const Classifier changing = [](double x, double) { return std::vector<double>(x > 0 ? 2 : 3); };
  CHECK_THAT(message(none, {}), ContainsSubstring("0 probabilities"));
  CHECK_THAT(message(one, {}), ContainsSubstring("return one for each class, 2 here"));
  CHECK_THAT(message(changing, {}), ContainsSubstring("return one for each class, 3 here"));
  CHECK_THROWS_AS(decision_boundary(one, four), ShapeError);
}

TEST_CASE("a decision boundary for a terminal is a picture") {
  CHECK(decision_boundary_text(half, four, {.width = 20, .height = 4, .unicode = false},
                               {.x = Interval{-0.1, 1.1}, .y = Interval{-0.5, 1.5}}) ==
        "y: -0.5 to 1.5, upwards\n"
        "+------------------+\n"
        "|         .........|\n"
        "| B       .......b.|\n"
        "| a       .......b.|\n"
        "|         .........|\n"
        "+------------------+\n"
        "x: -0.1 to 1.1, to the right\n"
        "[ ] class 0; its samples: a, and A where taken for another\n"
        "[.] class 1; its samples: b, and B where taken for another\n"
        "3 of 4 samples right (75%)\n"
        "class 0: 1 of 1 right\n"
        "class 1: 2 of 3 right\n");
}

TEST_CASE("a decision boundary for a terminal stays within its width and its characters") {
  for (const std::size_t width : {20u, 33u, 100u})
    for (const bool unicode : {false, true})
      for (const Classifier& classifier : {half, thirds}) {
        const std::string text = decision_boundary_text(classifier, four, {.width = width, .unicode = unicode});
        std::istringstream lines(text);
        std::string line;
        std::getline(lines, line);
        for (int row = 0; row < 8; ++row) {
          std::getline(lines, line);
          CHECK(downhill::utf8::length(line) == width);
        }
        if (!unicode) CHECK(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
        CHECK(count(text, "\x1b") == 0);
        CHECK(count(decision_boundary_text(classifier, four, {.colour = true}), "\x1b[48;5;") > 0);
      }
}
