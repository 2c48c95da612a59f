#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <autodiff/inspect/pictures/loss_curve.hpp>
#include <autodiff/text/utf8.hpp>

namespace downhill::inspect {
namespace {

using namespace curve_detail;
using namespace terminal_detail;

// A place on a line of `count` of them, 0 being the first.
std::size_t index_on(const Axis& axis, double value, std::size_t count) {
  const double place = std::clamp(axis.at(value), 0.0, static_cast<double>(count - 1));
  return static_cast<std::size_t>(std::lround(place));
}

// Draws the curve as a line through columns x rows places.
template <class Put>
void draw(const Curve& curve, const Scale& scale, std::size_t columns, std::size_t rows, Put&& put) {
  const Axis across(scale.steps, 0, static_cast<double>(columns - 1));
  const Axis down(scale.values, static_cast<double>(rows - 1), 0, scale.logarithmic);
  for (const std::vector<Place>& run : runs_of(curve, columns)) {
    for (std::size_t i = 0; i < run.size(); ++i) {
      const double x0 = across.at(run[i == 0 ? 0 : i - 1].step), x1 = across.at(run[i].step);
      const double y0 = down.at(run[i == 0 ? 0 : i - 1].value), y1 = down.at(run[i].value);
      const double length = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1.0});
      for (double t = 0; t <= length; ++t) {
        const double x = x0 + (x1 - x0) * t / length, y = y0 + (y1 - y0) * t / length;
        if (y < -0.5 || y > static_cast<double>(rows) - 0.5) continue;
        put(std::min(static_cast<std::size_t>(std::lround(std::max(x, 0.0))), columns - 1),
            std::min(static_cast<std::size_t>(std::lround(std::max(y, 0.0))), rows - 1));
      }
    }
  }
}

}  // namespace

std::string loss_curve_text(std::span<const Curve> curves, const TextOptions& options, const CurveNames& names) {
  const Scale scale = scale_of(curves);
  const std::size_t width = std::max<std::size_t>(options.width, 20);
  const std::size_t rows = options.height > 0 ? options.height : std::clamp<std::size_t>(width / 5, 6, 24);
  const auto y_ticks = Axis(scale.values, 0, 1, scale.logarithmic).ticks(std::max<std::size_t>(rows / 3, 2));
  std::size_t margin = utf8::length(names.index);
  for (const Tick& tick : y_ticks) margin = std::max(margin, tick.label.size());
  const std::size_t columns = width - std::min(margin + 2, width - 8);
  Grid grid(columns, rows);
  Dots dots(grid);
  const bool has_dots = options.unicode && (options.colour || curves.size() == 1);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    if (has_dots)
      draw(curves[i], scale, dots.columns(), dots.rows(),
           [&](std::size_t column, std::size_t row) { dots.put(column, row, series_colour(i)); });
    else
      draw(curves[i], scale, columns, rows, [&](std::size_t column, std::size_t row) {
        grid.at(column, row) = {std::string(series_glyph(i, options.unicode)), series_colour(i), -1};
      });
    const auto broken = std::ranges::find_if(curves[i].values, [](double value) { return !std::isfinite(value); });
    if (broken == curves[i].values.end()) continue;
    const auto index = static_cast<std::size_t>(broken - curves[i].values.begin());
    const double step = static_cast<double>(index) * curves[i].every;
    const std::size_t column = index_on(Axis(scale.steps, 0, static_cast<double>(columns - 1)), step, columns);
    const Axis down(scale.values, static_cast<double>(rows - 1), 0, scale.logarithmic);
    const std::size_t row = index == 0 ? 0 : index_on(down, curves[i].values[index - 1], rows);
    grid.at(column, row) = {options.unicode ? "✗" : "X", series_colour(i), -1};
  }

  std::vector<std::string> labels(rows);
  for (const Tick& tick : y_ticks)
    labels[index_on(Axis(scale.values, static_cast<double>(rows - 1), 0, scale.logarithmic), tick.value, rows)] =
        tick.label;
  std::string text = fmt::format("{:>{}} {}\n", "", margin, names.value + (scale.logarithmic ? " (logarithmic)" : ""));
  for (std::size_t row = 0; row < rows; ++row) {
    const std::string_view rule = options.unicode ? (labels[row].empty() ? "│" : "┤") : "|";
    const std::string cells = grid.row(row, options.colour);
    text += fmt::format("{:>{}} {}{}\n", labels[row], margin, rule, cells);
  }
  std::string line, numbers(columns, ' ');
  for (std::size_t column = 0; column < columns; ++column) line += options.unicode ? "─" : "-";
  const Axis across(scale.steps, 0, static_cast<double>(columns - 1));
  for (const Tick& tick : across.ticks(std::max<std::size_t>(columns / 12, 2))) {
    if (tick.label.size() > columns) continue;
    const std::size_t column = std::min(index_on(across, tick.value, columns), columns - tick.label.size());
    if (column == 0 || numbers[column - 1] == ' ') numbers.replace(column, tick.label.size(), tick.label);
  }
  numbers.resize(numbers.find_last_not_of(' ') + 1);
  text += fmt::format("{:>{}} {}{}\n{:>{}}  {}\n", "", margin, options.unicode ? "└" : "+", line, names.index, margin,
                      numbers);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    Grid key(1, 1);
    key.at(0, 0) = {std::string(has_dots ? "━" : series_glyph(i, options.unicode)), series_colour(i), -1};
    text += fmt::format("{} {}{}{}\n", key.row(0, options.colour), curves[i].title, curves[i].title.empty() ? "" : ": ",
                        summary(curves[i], scale, names.index));
  }
  return text;
}

}  // namespace downhill::inspect
