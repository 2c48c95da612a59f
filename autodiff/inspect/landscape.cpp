#include <autodiff/inspect/landscape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include <autodiff/error.hpp>

namespace downhill::inspect {
namespace {

double part_way(Interval interval, std::size_t index, std::size_t count) {
  return interval.low + (interval.high - interval.low) * static_cast<double>(index) / static_cast<double>(count - 1);
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) switch (c) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      default: safe += c;
    }
  return safe;
}

}  // namespace

double Landscape::x_at(std::size_t column) const { return part_way(x, column, columns); }
double Landscape::y_at(std::size_t row) const { return part_way(y, row, rows); }

Landscape sample_landscape(const std::function<double(double x, double y)>& loss, Interval x, Interval y,
                           std::size_t columns, std::size_t rows) {
  for (const Interval& interval : {x, y})
    if (!(interval.low < interval.high) || !std::isfinite(interval.low) || !std::isfinite(interval.high))
      throw OptionError(fmt::format("sample_landscape: the interval from {} to {} is empty or not finite", interval.low,
                                    interval.high));
  if (columns < 2 || rows < 2)
    throw OptionError(fmt::format("sample_landscape: {} x {} places; give at least 2 x 2", columns, rows));
  Landscape landscape{.x = x, .y = y, .columns = columns, .rows = rows, .values = {}};
  landscape.values.reserve(columns * rows);
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column)
      landscape.values.push_back(loss(landscape.x_at(column), landscape.y_at(row)));
  return landscape;
}

std::vector<double> levels_of(const Landscape& landscape, std::size_t count) {
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
  for (const double value : landscape.values)
    if (std::isfinite(value)) lowest = std::min(lowest, value), highest = std::max(highest, value);
  std::vector<double> levels;
  if (lowest < highest)
    for (std::size_t k = 1; k < count; ++k) {
      const double part = static_cast<double>(k) / static_cast<double>(count);
      levels.push_back(lowest + (highest - lowest) * part * part);
    }
  return levels;
}

std::vector<LinePiece> height_line(const Landscape& landscape, double level) {
  std::vector<LinePiece> pieces;
  for (std::size_t row = 0; row + 1 < landscape.rows; ++row)
    for (std::size_t column = 0; column + 1 < landscape.columns; ++column) {
      // The corners, around the cell.
      struct Corner {
        double x, y, value;
      };
      std::array<Corner, 4> corners;
      for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t c = column + (i == 1 || i == 2), r = row + (i >= 2);
        corners[i] = {landscape.x_at(c), landscape.y_at(r), landscape.at(c, r)};
      }
      if (!std::ranges::all_of(corners, [](const Corner& corner) { return std::isfinite(corner.value); })) continue;
      // Where the line crosses the sides: in none, two or four places.
      std::array<std::array<double, 2>, 4> crossings;
      std::size_t count = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        const Corner &a = corners[i], &b = corners[(i + 1) % 4];
        if ((a.value < level) == (b.value < level)) continue;
        const double part = (level - a.value) / (b.value - a.value);
        crossings[count++] = {a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)};
      }
      const auto join = [&](std::size_t i, std::size_t j) {
        pieces.push_back({crossings[i][0], crossings[i][1], crossings[j][0], crossings[j][1]});
      };
      if (count == 2) join(0, 1);
      if (count == 4) {  // a saddle: the middle decides which corners belong together
        double middle = 0;
        for (const Corner& corner : corners) middle += corner.value / 4;
        const bool with_first = (middle < level) == (corners[0].value < level);
        join(0, with_first ? 1 : 3);
        join(2, with_first ? 3 : 1);
      }
    }
  return pieces;
}

// ---- the page

namespace {

constexpr double width = 420, height = 320, left = 46, bottom = 34, top = 8, right = 8;

// The plane on the picture.
struct Frame {
  Interval x, y;
  double to_x(double value) const { return left + (value - x.low) / (x.high - x.low) * (width - left - right); }
  double to_y(double value) const {
    return height - bottom - (value - y.low) / (y.high - y.low) * (height - top - bottom);
  }
};

// About five round numbers within an interval.
std::vector<double> ticks(Interval interval) {
  const double rough = (interval.high - interval.low) / 5, power = std::pow(10, std::floor(std::log10(rough)));
  double step = power;
  for (const double multiple : {1.0, 2.0, 5.0, 10.0})
    if (multiple * power <= rough * 1.5) step = multiple * power;
  std::vector<double> places;
  for (double at = std::ceil(interval.low / step) * step; at <= interval.high + step * 1e-9; at += step)
    places.push_back(std::abs(at) < step * 1e-9 ? 0 : at);
  return places;
}

// The ground: for every height, from the highest, all that lies below it in a shade of its own, and the line.
std::string ground(const Landscape& landscape, const Frame& frame) {
  std::string svg;
  const std::vector<double> levels = levels_of(landscape);
  svg += fmt::format("<rect class=\"top\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", left, top,
                     width - left - right, height - top - bottom);
  for (std::size_t k = levels.size(); k-- > 0;) {
    // Runs of corners below the level, each as a bar from halfway to its neighbours: the line hides their steps.
    std::string fill, line;
    for (const LinePiece& piece : height_line(landscape, levels[k]))
      line += fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}", frame.to_x(piece.x0), frame.to_y(piece.y0),
                          frame.to_x(piece.x1), frame.to_y(piece.y1));
    for (std::size_t row = 0; row + 1 < landscape.rows; ++row) {
      // Where the row of cells, at its middle, is below the level.
      const auto value_at = [&](std::size_t column) {
        return (landscape.at(column, row) + landscape.at(column, row + 1)) / 2;
      };
      const double y0 = frame.to_y(landscape.y_at(row + 1)) - 0.3, y1 = frame.to_y(landscape.y_at(row)) + 0.3;
      double begin = 0;
      bool inside = false;
      for (std::size_t column = 0; column < landscape.columns; ++column) {
        const double value = value_at(column), x = landscape.x_at(column);
        const bool below = value < levels[k];
        if (below != inside) {
          double edge = x;
          if (column > 0) {
            const double before = value_at(column - 1), x_before = landscape.x_at(column - 1);
            const double part = (levels[k] - before) / (value - before);
            edge = std::isfinite(part) ? x_before + part * (x - x_before) : x;
          }
          if (below)
            begin = edge;
          else
            fill += fmt::format("M{:.1f} {:.1f}H{:.1f}V{:.1f}H{:.1f}Z", frame.to_x(begin), y0, frame.to_x(edge), y1,
                                frame.to_x(begin));
          inside = below;
        }
      }
      if (inside)
        fill += fmt::format("M{:.1f} {:.1f}H{:.1f}V{:.1f}H{:.1f}Z", frame.to_x(begin), y0, frame.to_x(landscape.x.high),
                            y1, frame.to_x(begin));
    }
    const double shade = 100.0 * static_cast<double>(k + 1) / static_cast<double>(levels.size() + 1);
    svg += fmt::format("<path style=\"--shade:{:.0f}%\" class=\"band\" d=\"{}\"/><path class=\"line\" d=\"{}\"/>\n",
                       shade, fill, line);
  }
  return svg;
}

std::string axes(const Landscape& landscape, const Frame& frame) {
  std::string svg;
  for (const double x : ticks(landscape.x))
    svg += fmt::format(
        "<path class=\"tick\" d=\"M{0:.1f} {1}v4\"/><text class=\"label\" x=\"{0:.1f}\" y=\"{2}\" "
        "text-anchor=\"middle\">{3:.4g}</text>",
        frame.to_x(x), height - bottom, height - bottom + 15, x);
  for (const double y : ticks(landscape.y))
    svg += fmt::format(
        "<path class=\"tick\" d=\"M{0} {1:.1f}h-4\"/><text class=\"label\" x=\"{2}\" y=\"{3:.1f}\" "
        "text-anchor=\"end\">{4:.4g}</text>",
        left, frame.to_y(y), left - 7, frame.to_y(y) + 4, y);
  svg += fmt::format("<text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                     (left + width - right) / 2, height - 3, escaped(landscape.x_name));
  svg += fmt::format("<text class=\"name\" x=\"10\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                     (top + height - bottom) / 2 + 4, escaped(landscape.y_name));
  return svg + "\n";
}

std::string walk(const DrawnWalk& drawn, const Frame& frame) {
  constexpr std::size_t most_places = 2000;
  constexpr double far = 1e6;  // pixels: from there on only the direction matters
  std::string line, dots;
  std::size_t count = 0;
  double last_x = 0, last_y = 0;
  for (const Step& step : drawn.path) {
    if (step.point.size() != 2)
      throw ShapeError(fmt::format("landscape_page: a point of {} coordinates; a map takes two", step.point.size()));
    if (!std::isfinite(step.point[0]) || !std::isfinite(step.point[1])) break;
    double x = frame.to_x(step.point[0]), y = frame.to_y(step.point[1]);
    const double beyond = std::max(std::abs(x), std::abs(y)) / far;
    if (beyond > 1) x /= beyond, y /= beyond;
    const double moved = std::hypot(x - last_x, y - last_y);
    if (count > 0 && moved < 0.05) continue;  // cannot be told from the last
    line += fmt::format("{}{:.1f} {:.1f}", count == 0 ? "M" : "L", x, y);
    if (count == 0 || moved > 1.5)
      dots += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>", x, y, count == 0 ? 4.5 : 2.2);
    last_x = x, last_y = y;
    if (++count > most_places || beyond > 1) break;
  }
  if (count > 1) dots += fmt::format("<circle class=\"end\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\"/>", last_x, last_y);
  return fmt::format("<g class=\"walk\"><path d=\"{}\"/>{}</g>\n", line, dots);
}

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --page: #fcfcfa; --ink: #1c2330; --quiet: #5b6474; --low: #eef4ef; --high: #7fa3b8;
  --walk: #b3261e; --rule: #d5d9de; --line: #ffffff90; }
@media (prefers-color-scheme: dark) { :root { --page: #14181e; --ink: #e6e9ee; --quiet: #9aa4b2; --low: #1d2a33;
  --high: #4f7d97; --walk: #ffb35c; --rule: #333b46; --line: #0000005a; } }
body { margin: 2rem auto; max-width: 940px; padding: 0 1rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .4rem; } p.intro { color: var(--quiet); max-width: 46rem; margin: 0 0 1.4rem; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 1.6rem 2rem; }
figure { margin: 0; } figure h2 { font-size: 1.05rem; margin: 0 0 .3rem; }
figcaption { font-size: .875rem; color: var(--quiet); font-variant-numeric: tabular-nums; margin: .2rem 0 0 46px; }
figcaption p { margin: 0; }
svg { width: 100%; height: auto; display: block; } .label { font-size: 12px; fill: var(--quiet); }
.name { font-size: 13px; font-style: italic; fill: var(--ink); }
.top { fill: var(--high); } .band { fill: color-mix(in oklab, var(--high) var(--shade), var(--low)); }
.line { fill: none; stroke: var(--line); stroke-width: 1; stroke-linecap: round; }
.tick, .frame { fill: none; stroke: var(--quiet); stroke-width: 1; }
.walk path { fill: none; stroke: var(--walk); stroke-width: 1.1; stroke-linejoin: round; }
.walk circle { fill: var(--walk); stroke: var(--page); stroke-width: .6; }
.walk .end { fill: none; stroke: var(--walk); stroke-width: 1.6; }
)";

}  // namespace

std::string landscape_page(const std::string& title, const std::string& introduction, const Landscape& landscape,
                           std::span<const DrawnWalk> walks) {
  const Frame frame{landscape.x, landscape.y};
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n"
      "<h1>{0}</h1>\n<p class=\"intro\">{2}</p>\n",
      escaped(title), style, escaped(introduction));
  // The ground is drawn once, and shown in every picture.
  page += fmt::format(
      "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\"><defs><clipPath "
      "id=\"inside\"><rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\"/></clipPath><g id=\"ground\">\n"
      "<g clip-path=\"url(#inside)\">{4}</g>{5}<rect class=\"frame\" x=\"{0}\" y=\"{1}\" width=\"{2}\" "
      "height=\"{3}\"/></g></defs></svg>\n<main>\n",
      left, top, width - left - right, height - top - bottom, ground(landscape, frame), axes(landscape, frame));
  for (const DrawnWalk& drawn : walks) {
    std::string caption;
    for (const std::string& line : drawn.lines) caption += "<p>" + escaped(line) + "</p>";
    page += fmt::format(
        "<figure>\n<h2>{0}</h2>\n<svg viewBox=\"0 0 {1} {2}\" role=\"img\" aria-label=\"{0}\"><use "
        "href=\"#ground\"/><g clip-path=\"url(#inside)\">{3}</g></svg>\n<figcaption>{4}</figcaption>\n"
        "</figure>\n",
        escaped(drawn.title), width, height, walk(drawn, frame), caption);
  }
  return page + "</main>\n</body>\n</html>\n";
}

}  // namespace downhill::inspect
