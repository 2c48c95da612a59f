#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <autodiff/error.hpp>
#include <autodiff/inspect/landscape.hpp>

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

std::vector<Step> places_of(const DrawnWalk& walk, const Landscape& landscape) {
  constexpr std::size_t most_places = 2000;
  constexpr double nearest = 1e-4;  // in sizes of the plane: cannot be told from the last
  constexpr double furthest = 1e3;  // has left for good
  std::vector<Step> places;
  for (const Step& step : walk.path) {
    if (step.point.size() != 2)
      throw ShapeError(fmt::format("a map takes points of two coordinates, not of {}", step.point.size()));
    if (!std::isfinite(step.point[0]) || !std::isfinite(step.point[1])) break;
    const auto apart = [&](double x, double y) {
      return std::hypot((step.point[0] - x) / (landscape.x.high - landscape.x.low),
                        (step.point[1] - y) / (landscape.y.high - landscape.y.low));
    };
    if (!places.empty() && apart(places.back().point[0], places.back().point[1]) < nearest) continue;
    places.push_back(step);
    if (apart(landscape.x.low, landscape.y.low) > furthest) break;
  }
  if (places.size() <= most_places) return places;
  // The end is always drawn.
  std::vector<Step> some;
  for (std::size_t i = 0; i < most_places; ++i) some.push_back(places[i * (places.size() - 1) / (most_places - 1)]);
  return some;
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
  constexpr double far = 1e6;  // pixels: from there on only the direction matters
  constexpr double apart = 4;
  const auto distant = [&](const Axis& axis, double value) {  // unlike Axis::at, as far away as it is
    const Interval& values = axis.values();
    return axis.from() + (value - values.low) / (values.high - values.low) * (axis.to() - axis.from());
  };
  std::string line, dots;
  double last_x = 0, last_y = 0, dotted_x = 0, dotted_y = 0;
  std::size_t count = 0;
  for (const Step& step : places_of(walk, landscape)) {
    double x = distant(plane.x, step.point[0]), y = distant(plane.y, step.point[1]);
    const double beyond = std::max(std::abs(x), std::abs(y)) / far;
    if (beyond > 1) x /= beyond, y /= beyond;
    line += fmt::format("{}{:.1f} {:.1f}", count == 0 ? "M" : "L", x, y);
    if (count == 0 || std::hypot(x - dotted_x, y - dotted_y) > apart) {
      dots +=
          fmt::format("<circle class=\"mark\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>", x, y, count == 0 ? 4.5 : 2.2);
      dotted_x = x, dotted_y = y;
    }
    last_x = x, last_y = y;
    ++count;
  }
  if (count > 1) dots += fmt::format("<circle class=\"ring\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\"/>", last_x, last_y);
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
