#include <autodiff/inspect/pictures/landscape.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/error.hpp>
#include <autodiff/inspect.hpp>
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
  const std::vector<Iterate> arrives{{{0.5, 0.5}, 0.5, {1, 1}}, {{0.25, 0.25}, 0.125, {0.5, 0.5}}};
  const std::vector<Iterate> flies{
      {{0.5, 0.5}, 0.5, {1, 1}}, {{-1e300, 7}, infinity, {1, 1}}, {{infinity, 0}, 0, {0, 0}}};
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
  const std::vector<Iterate> line{{{1}, 1, {1}}};
  CHECK_THROWS_AS(landscape_page("", "", bowl, std::vector<DrawnWalk>{{"", {}, line}}), ShapeError);
}

TEST_CASE("a surface has a face for each cell with a height, and the walks on it as far as they go") {
  const Landscape half = sample_landscape([](double x, double y) { return std::sqrt(x) + y; }, {-1, 1}, {0, 1}, 21, 11);
  const std::vector<Iterate> inside{{{0.5, 0.5}, 1, {}}, {{0.25, 0.25}, 1, {}}},
      outside{{{5, 5}, 1, {}}, {{6, 6}, 1, {}}};
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

namespace {

using landscape_detail::Place;

bool has(const std::vector<Place>& places, const Iterate& iterate) {
  return std::ranges::any_of(places, [&](const Place& place) { return place.iterate == &iterate; });
}

// How far the nearest line of the drawing passes, in parts of the plane.
double distance_to(const std::vector<Place>& places, const Iterate& iterate, const Landscape& plane) {
  const double width = plane.x.high - plane.x.low, height = plane.y.high - plane.y.low;
  double nearest = 1e9;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto &b = places[i].iterate->point, &a = places[places[i].is_joined ? i - 1 : i].iterate->point;
    const double dx = (b[0] - a[0]) / width, dy = (b[1] - a[1]) / height;
    const double px = (iterate.point[0] - a[0]) / width, py = (iterate.point[1] - a[1]) / height;
    const double length = dx * dx + dy * dy;
    const double part = length > 0 ? std::clamp((px * dx + py * dy) / length, 0.0, 1.0) : 0.0;
    nearest = std::min(nearest, std::hypot(px - part * dx, py - part * dy));
  }
  return nearest;
}

std::vector<Iterate> rosenbrock_walk(double rate, std::size_t steps) {
  const auto valley = [](const auto& x) { return 100 * square(x[1] - x[0] * x[0]) + square(1 - x[0]); };
  return minimize(valley, {-1.2, 1}, {.learning_rate = rate}, {.gradient_norm = 0, .steps = steps}, Keep::path).path;
}

}  // namespace

TEST_CASE("a long walk is drawn with its first steps, its end, and each overshoot that can be seen") {
  const Landscape plane = sample_landscape([](double x, double y) { return x + y; }, {-1.5, 1.5}, {-0.5, 1.5}, 3, 3);
  const std::vector<Iterate> path = rosenbrock_walk(0.003, 10'000);
  const std::vector<Place> places = landscape_detail::places_of({"", {}, path}, plane);
  CHECK(places.size() <= 4'000);
  CHECK_FALSE(places.front().is_joined);
  for (std::size_t i = 0; i < 6; ++i) CHECK(has(places, path[i]));
  for (std::size_t i = 0; i < 6; ++i) CHECK(places[i].iterate == &path[i]);
  CHECK(places.back().iterate == &path.back());
  double furthest = 0;
  for (const Iterate& iterate : path) furthest = std::max(furthest, distance_to(places, iterate, plane));
  CHECK(furthest < 2e-3);
}

TEST_CASE("a walk that bounces for ever is drawn in full, and no larger for it") {
  const Landscape plane = sample_landscape([](double x, double y) { return x + y; }, {-1, 1}, {-1, 1}, 3, 3);
  std::vector<Iterate> path;
  for (int i = 0; i <= 100'000; ++i)  // between two sides that creep together
    path.push_back({{(i % 2 == 0 ? 1 : -1) * std::exp(-2e-5 * i), 0.1 * std::cos(1e-3 * i)}, 0, {1, 1}});
  const std::vector<Place> places = landscape_detail::places_of({"", {}, path}, plane);
  CHECK(places.size() <= 4'000);
  double furthest = 0;
  for (std::size_t i = 0; i < path.size(); i += 97) furthest = std::max(furthest, distance_to(places, path[i], plane));
  CHECK(furthest < 0.02);
  for (std::size_t i = 0; i < 2; ++i) CHECK(has(places, path[i]));
  CHECK(places.back().iterate == &path.back());
  CHECK(surface(plane, std::vector<DrawnWalk>{{"", {}, path}}).drawing.size() < 3'000'000);
}

TEST_CASE("what a walk does beyond the picture costs nothing, and where it comes back it is drawn") {
  const Landscape plane = sample_landscape([](double x, double y) { return x + y; }, {0, 1}, {0, 1}, 3, 3);
  std::vector<Iterate> path{{{0.5, 0.5}, 0, {}}};
  for (int i = 0; i < 10'000; ++i) path.push_back({{2 + std::sin(0.37 * i), 3 + std::cos(0.73 * i)}, 0, {}});
  path.push_back({{0.25, 0.25}, 0, {}});
  path.push_back({{0.75, 0.25}, 0, {}});
  const std::vector<Place> places = landscape_detail::places_of({"", {}, path}, plane);
  REQUIRE(places.size() == 5);
  CHECK(places[1].is_joined);
  CHECK_FALSE(places[2].is_joined);
  CHECK(places[3].iterate == &path[path.size() - 2]);
  CHECK(places[4].is_joined);
}

TEST_CASE("a walk that never leaves its place is its start and its end") {
  const Landscape plane = sample_landscape([](double x, double y) { return x + y; }, {0, 1}, {0, 1}, 3, 3);
  const std::vector<Iterate> path(10, Iterate{{0.5, 0.5}, 0, {}});
  CHECK(landscape_detail::places_of({"", {}, std::span(path).first(1)}, plane).size() == 1);
  CHECK(landscape_detail::places_of({"", {}, path}, plane).size() == 2);
}
