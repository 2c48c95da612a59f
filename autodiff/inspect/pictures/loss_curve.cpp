#include <autodiff/inspect/pictures/loss_curve.hpp>
#include <autodiff/text/counted.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace downhill::inspect {

namespace curve_detail {

Scale scale_of(std::span<const Curve> curves) {
  constexpr double far_beyond = 1000;  // times the largest first value: what grows so far is not followed
  double first = 0, last_step = 0;
  for (const Curve& curve : curves) {
    if (curve.values.empty()) continue;
    if (std::isfinite(curve.values[0])) first = std::max(first, curve.values[0]);
    last_step = std::max(last_step, static_cast<double>(curve.values.size() - 1) * curve.every);
  }
  std::vector<double> shown;
  for (const Curve& curve : curves)
    for (const double value : curve.values)
      if (std::isfinite(value)) shown.push_back(first > 0 ? std::min(value, far_beyond * first) : value);
  const bool logarithmic = asks_for_logarithm(shown);
  if (logarithmic) std::erase_if(shown, [](double value) { return value <= 0; });
  Interval values = covering(shown);
  if (logarithmic)
    values = {values.low / 1.3, values.high * 1.3};
  else
    values = with_margin(values);
  return {{0, last_step > 0 ? last_step : 1}, values, logarithmic};
}

std::vector<std::vector<Place>> runs_of(const Curve& curve, std::size_t columns) {
  const std::size_t per_column = std::max<std::size_t>(curve.values.size() / columns, 1);
  std::vector<std::vector<Place>> runs;
  bool is_open = false;
  const auto append = [&](std::size_t index) {
    runs.back().push_back({static_cast<double>(index) * curve.every, curve.values[index]});
  };
  for (std::size_t i = 0; i < curve.values.size();) {
    if (!std::isfinite(curve.values[i])) {
      is_open = false;
      ++i;
      continue;
    }
    if (!is_open) runs.emplace_back();
    is_open = true;
    const std::size_t end = std::min(curve.values.size(), (i / per_column + 1) * per_column);
    std::size_t stop = i, least = i, largest = i;
    for (; stop < end && std::isfinite(curve.values[stop]); ++stop) {
      if (curve.values[stop] < curve.values[least]) least = stop;
      if (curve.values[stop] > curve.values[largest]) largest = stop;
    }
    std::size_t chosen[] = {i, std::min(least, largest), std::max(least, largest), stop - 1};
    for (std::size_t k = 0; k < 4; ++k)
      if (k == 0 || chosen[k] != chosen[k - 1]) append(chosen[k]);
    i = stop;
  }
  return runs;
}

std::string summary(const Curve& curve, const Scale& scale, const std::string& index_name) {
  if (curve.values.empty()) return "no values";
  const std::span<const double> values = curve.values;
  const auto shown = [](double value) {
    if (std::isnan(value)) return std::string("NaN");
    return std::isinf(value) ? std::string(value > 0 ? "infinity" : "-infinity") : fmt::format("{:.4g}", value);
  };
  const auto at = [&](std::size_t index) {
    return fmt::format("{} {:.10g}", index_name, static_cast<double>(index) * curve.every);
  };
  std::size_t lowest = values.size(), beyond = values.size(), broken = values.size(), zeros = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      broken = std::min(broken, i);
      continue;
    }
    if (lowest == values.size() || values[i] < values[lowest]) lowest = i;
    if (values[i] > scale.values.high) beyond = std::min(beyond, i);
    if (values[i] <= 0) ++zeros;
  }
  std::string text = shown(values.front());
  if (values.size() > 1) text += fmt::format(" to {} at {}", shown(values.back()), at(values.size() - 1));
  if (lowest < values.size() && !(values.back() <= values[lowest]))
    text += fmt::format("; lowest {} at {}", shown(values[lowest]), at(lowest));
  if (beyond < values.size()) text += fmt::format("; beyond the picture from {} on", at(beyond));
  if (broken < values.size()) text += fmt::format("; {} at {}", shown(values[broken]), at(broken));
  if (scale.logarithmic && zeros > 0) text += fmt::format("; {} of 0, at the bottom", counted(zeros, "value"));
  return text;
}

}  // namespace curve_detail

namespace {

using namespace curve_detail;

constexpr double width = 760, height = 360;
constexpr std::size_t most_columns = 700;

// Line to each place, and a cross where the run breaks off.
std::string drawn(const Curve& curve, const Plane& plane) {
  std::string path, marks;
  for (const std::vector<Place>& run : runs_of(curve, most_columns)) {
    for (std::size_t i = 0; i < run.size(); ++i)
      path += fmt::format("{}{:.1f} {:.1f}", i == 0 ? "M" : "L", plane.x.at(run[i].step), plane.y.at(run[i].value));
    if (run.size() == 1)
      marks += fmt::format("<circle class=\"mark\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\"/>", plane.x.at(run[0].step),
                           plane.y.at(run[0].value));
  }
  return fmt::format("<path class=\"curve\" d=\"{}\"/>{}", path, marks);
}

std::string breaks(const Curve& curve, const Plane& plane) {
  const auto broken = std::ranges::find_if(curve.values, [](double value) { return !std::isfinite(value); });
  if (broken == curve.values.end()) return "";
  const auto index = static_cast<std::size_t>(broken - curve.values.begin());
  const double step = static_cast<double>(index) * curve.every, x = plane.x.at(step);
  const double y =
      index == 0 ? plane.top() : std::clamp(plane.y.at(curve.values[index - 1]), plane.top(), plane.bottom());
  const bool on_the_left = x > (plane.left() + plane.right()) / 2;
  return fmt::format(
      "<path class=\"cross\" d=\"M{0:.1f} {1:.1f}l10 10m0 -10l-10 10\"/><text class=\"note\" x=\"{2:.1f}\" "
      "y=\"{3:.1f}\" text-anchor=\"{4}\">{5} at {6:.10g}</text>",
      x - 5, y - 5, x + (on_the_left ? -9 : 9), std::max(y + 4, plane.top() + 14), on_the_left ? "end" : "start",
      std::isnan(*broken) ? "NaN"
      : *broken > 0       ? "infinity"
                          : "-infinity",
      step);
}

}  // namespace

Figure loss_curve(std::span<const Curve> curves, const CurveNames& names) {
  const Scale scale = scale_of(curves);
  const bool has_legend = curves.size() > 1;
  const Plane plane(scale.steps, scale.values, width, height, scale.logarithmic);
  Figure figure{.title = names.title,
                .width = width,
                .height = height + (has_legend ? legend_height(curves.size()) : 0),
                .drawing = plane.grid(),
                .lines = {}};
  std::string lines;
  for (std::size_t i = 0; i < curves.size(); ++i)
    lines += fmt::format("<g class=\"{}\">{}</g>\n", series_class(i), drawn(curves[i], plane));
  figure.drawing += plane.clipped(lines);
  for (std::size_t i = 0; i < curves.size(); ++i)
    figure.drawing += fmt::format("<g class=\"{}\">{}</g>\n", series_class(i), breaks(curves[i], plane));
  figure.drawing += plane.axes(names.index, names.value + (scale.logarithmic ? ", logarithmic" : ""));
  if (has_legend) {
    std::vector<std::string> titles;
    for (const Curve& curve : curves) titles.push_back(curve.title);
    figure.drawing += legend(titles, plane.left(), height, plane.right() - plane.left());
  }
  for (std::size_t i = 0; i < curves.size(); ++i) {
    std::string line = curves[i].title.empty() ? "" : curves[i].title + ": ";
    line += summary(curves[i], scale, names.index);
    if (curves[i].values.size() > 2 * most_columns)
      line += fmt::format("; its {} values are drawn as their range in each of {} columns", curves[i].values.size(),
                          most_columns);
    figure.lines.push_back(line);
  }
  if (curves.empty()) figure.lines.push_back("no runs");
  return figure;
}

}  // namespace downhill::inspect
