#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <autodiff/inspect/pictures/landscape.hpp>

namespace downhill::inspect {
namespace {

using namespace landscape_detail;

constexpr double width = 760, full_height = 450;

struct Pixel {
  double x, y;
};

// From one corner above: x grows to the lower right, y to the upper right, heights upwards.
class View {
 public:
  explicit View(const Landscape& landscape) : landscape_(landscape), heights_(covering(landscape.values)) {
    double top = std::numeric_limits<double>::infinity();
    for (std::size_t row = 0; row < landscape.rows; ++row)
      for (std::size_t column = 0; column < landscape.columns; ++column)
        if (std::isfinite(landscape.at(column, row)))
          top = std::min(top, of(landscape.x_at(column), landscape.y_at(row), landscape.at(column, row)).y);
    constexpr double room = 16;
    down_ = std::isfinite(top) ? room - std::min(top, of(landscape.x.low, landscape.y.low, heights_.high).y) : 0;
  }

  double height() const { return full_height + down_; }

  Pixel of(double x, double y, double value) const {
    const double right = part(landscape_.x, x), back = part(landscape_.y, y);
    const double up = std::clamp(part(heights_, value), -0.1, 1.5);
    return {70 + 270 * right + 370 * back, full_height - 160 + 110 * right - 105 * back - 165 * up + down_};
  }
  // 0 at the lowest place to 1 at the highest; as levels rise on the map.
  double shade(double value) const { return std::sqrt(std::clamp(part(heights_, value), 0.0, 1.0)); }
  const Interval& heights() const { return heights_; }

 private:
  static double part(Interval interval, double value) {
    return (value - interval.low) / (interval.high - interval.low);
  }

  const Landscape& landscape_;
  Interval heights_;
  double down_ = 0;  // so that nothing is empty at the top
};

// Every `stride`-th line of the grid, and the last.
std::vector<std::size_t> lines_of(std::size_t count) {
  constexpr std::size_t most = 48;
  const std::size_t stride = (count + most - 2) / (most - 1);
  std::vector<std::size_t> lines;
  for (std::size_t i = 0; i + 1 < count; i += std::max<std::size_t>(stride, 1)) lines.push_back(i);
  lines.push_back(count - 1);
  return lines;
}

// The value of the loss at a place on the plane, between the places of the grid.
double height_at(const Landscape& landscape, double x, double y) {
  const double column =
      (x - landscape.x.low) / (landscape.x.high - landscape.x.low) * static_cast<double>(landscape.columns - 1);
  const double row =
      (y - landscape.y.low) / (landscape.y.high - landscape.y.low) * static_cast<double>(landscape.rows - 1);
  const auto c = std::min(static_cast<std::size_t>(column), landscape.columns - 2);
  const auto r = std::min(static_cast<std::size_t>(row), landscape.rows - 2);
  const double right = column - static_cast<double>(c), up = row - static_cast<double>(r);
  return (landscape.at(c, r) * (1 - right) + landscape.at(c + 1, r) * right) * (1 - up) +
         (landscape.at(c, r + 1) * (1 - right) + landscape.at(c + 1, r + 1) * right) * up;
}

std::string faces(const Landscape& landscape, const View& view) {
  const auto columns = lines_of(landscape.columns), rows = lines_of(landscape.rows);
  std::string svg;
  for (std::size_t j = rows.size() - 1; j-- > 0;)  // from the back to the front
    for (std::size_t i = 0; i + 1 < columns.size(); ++i) {
      const std::size_t c[] = {columns[i], columns[i + 1], columns[i + 1], columns[i]};
      const std::size_t r[] = {rows[j], rows[j], rows[j + 1], rows[j + 1]};
      std::string path;
      double mean = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        const double value = landscape.at(c[k], r[k]);
        const Pixel at = view.of(landscape.x_at(c[k]), landscape.y_at(r[k]), value);
        path += fmt::format("{}{:.1f} {:.1f}", k == 0 ? "M" : "L", at.x, at.y);
        mean += value / 4;
      }
      if (std::isfinite(mean))
        svg +=
            fmt::format("<path class=\"face\" style=\"--shade:{:.0f}%\" d=\"{}Z\"/>\n", 100 * view.shade(mean), path);
    }
  return svg;
}

// The part of the way between two points that is above the plane, as shares of the way: none where begin > end. Source:
// Liang and Barsky, "A new concept and method for line clipping", ACM Trans. Graphics 3 (1984).
struct Share {
  double begin = 0, end = 1;
};
Share above_plane(const Landscape& landscape, std::span<const double> from, std::span<const double> to) {
  Share share;
  for (std::size_t i = 0; i < 2; ++i) {
    const Interval& side = i == 0 ? landscape.x : landscape.y;
    const double way = to[i] - from[i];
    if (way == 0 && !(side.low <= from[i] && from[i] <= side.high)) share.end = -1;
    if (way == 0) continue;
    const double low = (side.low - from[i]) / way, high = (side.high - from[i]) / way;
    share.begin = std::max(share.begin, std::min(low, high));
    share.end = std::min(share.end, std::max(low, high));
  }
  return share;
}

// The walk on the surface, as far as it is above the plane.
std::string drawn(const DrawnWalk& walk, const Landscape& landscape, const View& view, std::size_t index) {
  constexpr int most_pieces = 24;  // of a step, so that it follows the surface
  constexpr double apart = 2;
  std::string line, dots, ends;
  Pixel last{};
  std::set<std::pair<double, double>> dotted;
  bool is_open = false;
  const std::vector<Place> places = places_of(walk, landscape);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::vector<double>& to = places[i].iterate->point;
    const std::vector<double>& from = places[i].is_joined ? places[i - 1].iterate->point : to;
    const Share share = above_plane(landscape, from, to);
    const double length = std::hypot((to[0] - from[0]) / (landscape.x.high - landscape.x.low),
                                     (to[1] - from[1]) / (landscape.y.high - landscape.y.low));
    const int pieces = static_cast<int>(std::clamp(std::ceil(2 * most_pieces * length), 1.0, double{most_pieces}));
    if (share.begin > 0 || !places[i].is_joined) is_open = false;
    for (int piece = places[i].is_joined ? 0 : pieces; piece <= pieces && share.begin <= share.end; ++piece) {
      const double part = share.begin + (share.end - share.begin) * piece / pieces;
      const double x = std::clamp(from[0] + (to[0] - from[0]) * part, landscape.x.low, landscape.x.high);
      const double y = std::clamp(from[1] + (to[1] - from[1]) * part, landscape.y.low, landscape.y.high);
      const double value = height_at(landscape, x, y);
      if (std::isfinite(value)) {
        last = view.of(x, y, value);
        line += fmt::format("{}{:.1f} {:.1f}", is_open ? "L" : "M", last.x, last.y);
      }
      is_open = std::isfinite(value);
    }
    if (share.end < 1) is_open = false;
    if (!is_open || !dotted.emplace(std::floor(last.x / apart), std::floor(last.y / apart)).second) continue;
    (i == 0 ? ends : dots) += fmt::format("<circle class=\"mark\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>", last.x,
                                          last.y, i == 0 ? 4.5 : 2.2);
  }
  if (is_open && places.size() > 1)
    ends += fmt::format("<circle class=\"ring\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\"/>", last.x, last.y);
  dots += ends;
  return fmt::format("<g class=\"walk {}\"><path class=\"curve\" d=\"{}\"/>{}</g>\n", series_class(index), line, dots);
}

std::string axes(const Landscape& landscape, const View& view) {
  const double low = view.heights().low;
  std::string svg, lines;
  const auto move = [&](double x, double y, double value) {
    const Pixel at = view.of(x, y, value);
    return fmt::format("{:.1f} {:.1f}", at.x, at.y);
  };
  const auto& [x, y] = std::pair(landscape.x, landscape.y);
  lines += "M" + move(x.low, y.high, low) + "L" + move(x.low, y.low, low) + "L" + move(x.high, y.low, low) + "L" +
           move(x.high, y.high, low) + "M" + move(x.low, y.low, low) + "L" + move(x.low, y.low, view.heights().high);
  svg += fmt::format("<path class=\"frame\" d=\"{}\"/>\n", lines);
  const auto label = [&](Pixel at, double right, double down, const char* anchor, const std::string& text,
                         const char* kind) {
    svg += fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", kind, at.x + right,
                       at.y + down, anchor, escaped(text));
  };
  for (const Tick& tick : ticks(x, 5)) label(view.of(tick.value, y.low, low), -6, 18, "end", tick.label, "label");
  label(view.of((x.low + x.high) / 2, y.low, low), -40, 36, "end", landscape.x_name, "name");
  for (const Tick& tick : ticks(y, 5)) label(view.of(x.high, tick.value, low), 8, 14, "start", tick.label, "label");
  label(view.of(x.high, (y.low + y.high) / 2, low), 42, 34, "start", landscape.y_name, "name");
  for (const Tick& tick : ticks(view.heights(), 4))
    label(view.of(x.low, y.low, tick.value), -7, 4, "end", tick.label, "label");
  return svg + "\n";
}

}  // namespace

Figure surface(const Landscape& landscape, std::span<const DrawnWalk> walks) {
  demand_places(landscape);
  const View view(landscape);
  Figure figure{.title = "The surface",
                .width = width,
                .height = view.height() + legend_height(walks.size()),
                .drawing = axes(landscape, view) + faces(landscape, view),
                .lines = {}};
  for (std::size_t i = walks.size(); i-- > 0;)  // the first one on top
    figure.drawing += drawn(walks[i], landscape, view, i);
  std::vector<std::string> titles;
  for (const DrawnWalk& walk : walks) titles.push_back(walk.title);
  figure.drawing += legend(titles, 30, view.height(), width - 40);
  figure.lines.push_back(
      fmt::format("heights from {:.4g} to {:.4g}; a walk that leaves the plane is drawn up to its edge",
                  view.heights().low, view.heights().high));
  return figure;
}

}  // namespace downhill::inspect
