#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <autodiff/error.hpp>
#include <autodiff/inspect/pictures/landscape.hpp>

namespace downhill::inspect {

namespace landscape_detail {

void demand_places(const Landscape& landscape) {
  if (landscape.columns < 2 || landscape.rows < 2 || landscape.values.size() != landscape.columns * landscape.rows)
    throw ShapeError(fmt::format("a landscape of {} x {} places with {} values; sample_landscape makes one",
                                 landscape.columns, landscape.rows, landscape.values.size()));
}

std::string line_path(const Landscape& landscape, double level, const Plane& plane) {
  std::string path;
  for (const LinePiece& piece : height_line(landscape, level))
    path += fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}", plane.x.at(piece.x0), plane.y.at(piece.y0),
                        plane.x.at(piece.x1), plane.y.at(piece.y1));
  return path;
}

// Row by row of cells: runs below the level, each as a bar that overlaps the rows beside it. The line hides their
// steps.
std::string path_below(const Landscape& landscape, double level, const Plane& plane) {
  std::string path;
  for (std::size_t row = 0; row + 1 < landscape.rows; ++row) {
    const auto value_at = [&](std::size_t column) {
      return (landscape.at(column, row) + landscape.at(column, row + 1)) / 2;
    };
    const double y0 = plane.y.at(landscape.y_at(row + 1)) - 0.3, y1 = plane.y.at(landscape.y_at(row)) + 0.3;
    const auto bar = [&](double begin, double end) {
      path += fmt::format("M{0:.1f} {1:.1f}H{2:.1f}V{3:.1f}H{0:.1f}Z", plane.x.at(begin), y0, plane.x.at(end), y1);
    };
    double begin = 0;
    bool inside = false;
    for (std::size_t column = 0; column < landscape.columns; ++column) {
      const double value = value_at(column), x = landscape.x_at(column);
      const bool below = value < level;
      if (below == inside) continue;
      double edge = x;
      if (column > 0) {
        const double before = value_at(column - 1), x_before = landscape.x_at(column - 1);
        const double part = (level - before) / (value - before);
        if (std::isfinite(part)) edge = x_before + part * (x - x_before);
      }
      if (below)
        begin = edge;
      else
        bar(begin, edge);
      inside = below;
    }
    if (inside) bar(begin, landscape.x.high);
  }
  return path;
}

namespace {

// Where an iterate is on the plane, in parts of its sides.
struct Part {
  double x, y;

  Part(const Iterate& iterate, const Landscape& landscape)
      : x((iterate.point[0] - landscape.x.low) / (landscape.x.high - landscape.x.low)),
        y((iterate.point[1] - landscape.y.low) / (landscape.y.high - landscape.y.low)) {}
};

// False only where the way from one to the other is beyond one of the sides.
bool may_be_seen(const Part& from, const Part& to) {
  const auto is_beyond = [](double a, double b) { return (a < 0 && b < 0) || (a > 1 && b > 1); };
  return !is_beyond(from.x, to.x) && !is_beyond(from.y, to.y);
}

// With cells of this size; gives up when there are more than so many places.
std::vector<Place> thinned(std::span<const Iterate> path, const Landscape& landscape, double cell, std::size_t most) {
  using Cell = std::pair<double, double>;
  std::set<std::pair<Cell, Cell>> ways;
  std::vector<Place> places{{&path.front(), false}};
  const Iterate* here = &path.front();
  const auto cell_of = [&](const Part& part) { return Cell(std::floor(part.x / cell), std::floor(part.y / cell)); };
  const auto append = [&](const Iterate& iterate, bool is_joined) {
    if (is_joined && places.back().iterate != here) places.push_back({here, false});
    places.push_back({&iterate, is_joined});
  };
  for (const Iterate& iterate : path.subspan(1)) {
    const Part from(*here, landscape), to(iterate, landscape);
    const Cell left = cell_of(from), reached = cell_of(to);
    if (left == reached) continue;
    if (may_be_seen(from, to) && ways.insert(std::minmax(left, reached)).second) append(iterate, true);
    if (places.size() > most) return places;
    here = &iterate;
  }
  if (places.back().iterate != &path.back()) append(path.back(), here != &path.back() && places.back().iterate == here);
  return places;
}

// Up to the first that is not finite, or has left for good.
std::span<const Iterate> followed(std::span<const Iterate> path, const Landscape& landscape) {
  constexpr double furthest = 1e3;
  std::size_t count = 0;
  for (const Iterate& iterate : path) {
    if (iterate.point.size() != 2)
      throw ShapeError(fmt::format("a map takes points of two coordinates, not of {}", iterate.point.size()));
    if (!std::isfinite(iterate.point[0]) || !std::isfinite(iterate.point[1])) break;
    ++count;
    const Part part(iterate, landscape);
    if (std::hypot(part.x, part.y) > furthest) break;
  }
  return path.first(count);
}

}  // namespace

std::vector<Place> places_of(const DrawnWalk& walk, const Landscape& landscape) {
  constexpr std::size_t most_places = 4000;
  constexpr double finest = 1e-3;
  const std::span<const Iterate> path = followed(walk.path, landscape);
  if (path.empty()) return {};
  for (double cell = finest;; cell *= 1.5)
    if (auto places = thinned(path, landscape, cell, most_places); places.size() <= most_places) return places;
}

}  // namespace landscape_detail

namespace {

using namespace landscape_detail;

constexpr double width = 440, height = 340;

// The ground: for every height, from the highest, all that lies below it in a shade of its own, and the line. Where the
// loss is not finite there is no ground.
std::string ground(const Landscape& landscape, const Plane& plane) {
  const std::vector<double> levels = levels_of(landscape);
  std::string svg = fmt::format("<path class=\"nothing\" d=\"{}\"/>\n", plane.outline());
  svg +=
      fmt::format("<path class=\"top\" d=\"{}\"/>\n", path_below(landscape, std::numeric_limits<double>::max(), plane));
  for (std::size_t k = levels.size(); k-- > 0;) {
    const double shade = 100.0 * static_cast<double>(k + 1) / static_cast<double>(levels.size() + 1);
    svg += fmt::format("<path style=\"--shade:{:.0f}%\" class=\"band\" d=\"{}\"/><path class=\"line\" d=\"{}\"/>\n",
                       shade, path_below(landscape, levels[k], plane), line_path(landscape, levels[k], plane));
  }
  return svg;
}

std::string drawn(const DrawnWalk& walk, const Landscape& landscape, const Plane& plane, std::size_t index) {
  constexpr double far = 1e6;                                 // pixels: from there on only the direction matters
  constexpr double apart = 3;                                 // dots that overlap more are one
  const auto distant = [&](const Axis& axis, double value) {  // unlike Axis::at, as far away as it is
    const Interval& values = axis.values();
    return axis.from() + (value - values.low) / (values.high - values.low) * (axis.to() - axis.from());
  };
  std::string line, dots, ends;
  std::set<std::pair<double, double>> dotted;
  const std::vector<Place> places = places_of(walk, landscape);
  for (std::size_t i = 0; i < places.size(); ++i) {
    double x = distant(plane.x, places[i].iterate->point[0]), y = distant(plane.y, places[i].iterate->point[1]);
    const double beyond = std::max(std::abs(x), std::abs(y)) / far;
    if (beyond > 1) x /= beyond, y /= beyond;
    line += fmt::format("{}{:.1f} {:.1f}", places[i].is_joined ? "L" : "M", x, y);
    const bool is_first = i == 0, is_last = i > 0 && i + 1 == places.size();
    if (dotted.emplace(std::floor(x / apart), std::floor(y / apart)).second || is_first)
      (is_first ? ends : dots) +=
          fmt::format("<circle class=\"mark\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>", x, y, is_first ? 4.5 : 2.2);
    if (is_last) ends += fmt::format("<circle class=\"ring\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\"/>", x, y);
  }
  dots += ends;
  return fmt::format("<g class=\"walk {}\"><path class=\"curve\" d=\"{}\"/>{}</g>\n", series_class(index), line, dots);
}

}  // namespace

Maps maps_of(const Landscape& landscape, std::span<const DrawnWalk> walks) {
  demand_places(landscape);
  const Plane plane(landscape.x, landscape.y, width, height);
  Maps maps{{},
            fmt::format("<g id=\"ground\">{}{}</g>", plane.clipped(ground(landscape, plane)),
                        plane.axes(landscape.x_name, landscape.y_name))};
  for (std::size_t i = 0; i < walks.size(); ++i)
    maps.figures.push_back({.title = walks[i].title,
                            .width = width,
                            .height = height,
                            .drawing = "<use href=\"#ground\"/>" + plane.clipped(drawn(walks[i], landscape, plane, i)),
                            .lines = walks[i].lines});
  return maps;
}

std::string landscape_page(const std::string& title, const std::string& introduction, const Landscape& landscape,
                           std::span<const DrawnWalk> walks) {
  Maps maps = maps_of(landscape, walks);
  maps.figures.push_back(surface(landscape, walks));
  return page(title, introduction, maps.figures, maps.shared);
}

}  // namespace downhill::inspect
