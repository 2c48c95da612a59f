#include <autodiff/inspect/landscape.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <autodiff/error.hpp>
#include <support/catch.hpp>
#include <support/text.hpp>
#include <support/xml.hpp>

using namespace downhill;
using namespace downhill::inspect;

TEST_CASE("a landscape is sampled at both ends of both intervals") {
  const Landscape plane = sample_landscape([](double x, double y) { return 10 * x + y; }, {-1, 1}, {0, 2}, 3, 5);
  CHECK(plane.values.size() == 15);
  CHECK(plane.at(0, 0) == -10);
  CHECK(plane.at(2, 4) == 12);
  CHECK(plane.at(1, 2) == 1);
  CHECK(plane.y_at(1) == 0.5);
  CHECK_THROWS_AS(sample_landscape([](double, double) { return 0; }, {1, 1}, {0, 1}), OptionError);
  CHECK_THROWS_AS(sample_landscape([](double, double) { return 0; }, {0, 1}, {0, 1}, 1, 5), OptionError);
}

TEST_CASE("the height line of a bowl is a circle") {
  const Landscape bowl = sample_landscape([](double x, double y) { return x * x + y * y; }, {-2, 2}, {-2, 2}, 81, 81);
  const auto circle = height_line(bowl, 2.25);
  double length = 0;
  for (const LinePiece& piece : circle) {
    length += std::hypot(piece.x1 - piece.x0, piece.y1 - piece.y0);
    CHECK(std::hypot(piece.x0, piece.y0) == Catch::Approx(1.5).margin(1e-3));
  }
  CHECK(length == Catch::Approx(2 * 3.14159265 * 1.5).epsilon(1e-3));
  CHECK(height_line(bowl, -1).empty());
  CHECK(height_line(bowl, 100).empty());
}

TEST_CASE("a height line through a saddle does not cross itself, and NaN has none") {
  const Landscape saddle = sample_landscape([](double x, double y) { return x * y; }, {-1, 1}, {-1, 1}, 2, 2);
  CHECK(height_line(saddle, 0.5).size() == 2);
  const Landscape half = sample_landscape([](double x, double y) { return std::log(x) + y; }, {-1, 1}, {0, 1}, 21, 21);
  for (const LinePiece& piece : height_line(half, -0.5)) CHECK(piece.x0 > 0);
  CHECK_FALSE(height_line(half, -0.5).empty());
}

TEST_CASE("levels rise as the square of their number, and a plain without heights has none") {
  const Landscape bowl = sample_landscape([](double x, double) { return x * x; }, {0, 4}, {0, 1}, 41, 2);
  CHECK(levels_of(bowl, 4) == std::vector<double>{1, 4, 9});
  CHECK(levels_of(sample_landscape([](double, double) { return 3; }, {0, 1}, {0, 1}), 4).empty());
}

TEST_CASE("a page draws every walk on the same ground, and escapes what it is given") {
  Landscape bowl = sample_landscape([](double x, double y) { return x * x + y * y; }, {-1, 1}, {-1, 1});
  bowl.x_name = "<b>";
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<Step> arrives{{{0.5, 0.5}, 0.5, {1, 1}}, {{0.25, 0.25}, 0.125, {0.5, 0.5}}};
  const std::vector<Step> flies{{{0.5, 0.5}, 0.5, {1, 1}}, {{-1e300, 7}, infinity, {1, 1}}, {{infinity, 0}, 0, {0, 0}}};
  const std::vector<DrawnWalk> walks{{"one & two", {"5 < 6"}, arrives}, {"flies", {}, flies}, {"stays", {}, {}}};
  const std::string page = landscape_page("Title \"quoted\"", "intro", bowl, walks);
  CHECK(count(page, "<figure>") == 3);
  CHECK(count(page, "id=\"ground\"") == 1);
  CHECK(count(page, "&lt;b&gt;") == 2);  // below the maps, and at the surface
  CHECK(count(page, "<b>") == 0);
  CHECK(count(page, "one &amp; two") == 3);  // the heading, the label of the picture, and the surface
  CHECK(count(page, "5 &lt; 6") == 1);
  CHECK(count(page, "Title &quot;quoted&quot;") == 2);
  CHECK(count(page, "inf") == 0);
  CHECK(count(page, "nan") == 0);
  CHECK(count(page, "http") == 0);  // no network
  CHECK(error_in_page(page) == "");
  const std::vector<Step> line{{{1}, 1, {1}}};
  CHECK_THROWS_AS(landscape_page("", "", bowl, std::vector<DrawnWalk>{{"", {}, line}}), ShapeError);
}

TEST_CASE("a surface has a face for each cell with a height, and the walks on it as far as they go") {
  const Landscape half = sample_landscape([](double x, double y) { return std::sqrt(x) + y; }, {-1, 1}, {0, 1}, 21, 11);
  const std::vector<Step> inside{{{0.5, 0.5}, 1, {}}, {{0.25, 0.25}, 1, {}}}, outside{{{5, 5}, 1, {}}, {{6, 6}, 1, {}}};
  const std::vector<DrawnWalk> walks{{"inside", {}, inside}, {"outside", {}, outside}, {"nowhere", {}, {}}};
  const Figure figure = surface(half, walks);
  CHECK(xml_error(svg(figure)) == "");
  CHECK(count(figure.drawing, "class=\"face\"") == 10 * 10);
  CHECK(count(figure.drawing, "class=\"mark\"") == 2);
  CHECK(count(figure.drawing, "nan") == 0);
  // A large landscape is thinned: a picture of more faces than pixels helps nobody.
  const Landscape fine = sample_landscape([](double x, double y) { return x * y; }, {-1, 1}, {0, 1}, 301, 301);
  CHECK(count(surface(fine, {}).drawing, "class=\"face\"") <= 48 * 48);
}

TEST_CASE("landscapes without relief or without values are drawn or refused") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double value : {0.0, 3.0, 1e308, infinity, std::nan("")}) {
    const Landscape flat = sample_landscape([&](double, double) { return value; }, {-1, 1}, {0, 1}, 5, 5);
    const std::string page = landscape_page("flat", "", flat, {});
    CHECK(error_in_page(page) == "");
    CHECK(count(page, "nan") == 0);
  }
  CHECK_THROWS_AS(landscape_page("", "", Landscape{}, {}), ShapeError);
  CHECK_THROWS_AS(surface(Landscape{}, {}), ShapeError);
  const Landscape steep =
      sample_landscape([](double x, double) { return x > 0 ? 1e308 : -1e308; }, {-1, 1}, {0, 1}, 5, 5);
  CHECK(error_in_page(landscape_page("steep", "", steep, {})) == "");
}

TEST_CASE("a long walk is drawn from its start to its end, at places that are evenly left out") {
  const Landscape plane = sample_landscape([](double x, double y) { return x + y; }, {0, 1}, {0, 1}, 3, 3);
  std::vector<Step> path;
  for (int i = 0; i <= 5'000; ++i) path.push_back({{i / 5'000.0, 0.5}, 0, {1, 1}});
  const std::vector<Step> places = landscape_detail::places_of({"", {}, path}, plane);
  REQUIRE(places.size() == 2'000);
  CHECK(places.front().point[0] == 0);
  CHECK(places.back().point[0] == 1);
  for (std::size_t i = 1; i < places.size(); ++i)
    CHECK(places[i].point[0] - places[i - 1].point[0] == Catch::Approx(0.0005).margin(0.0002));
}
