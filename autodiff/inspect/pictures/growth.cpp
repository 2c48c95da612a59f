#include <autodiff/inspect/pictures/growth.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <autodiff/inspect/pictures/plot.hpp>

namespace downhill::inspect {
namespace {

constexpr double minute = 60, hour = 3600, day = 86'400, year = 365.25 * day;

bool is_shown(const GrowthPoint& point) {
  return point.size > 0 && point.seconds > 0 && std::isfinite(point.size) && std::isfinite(point.seconds);
}

std::string superscript(int number) {
  constexpr std::array digits{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = number < 0 ? "⁻" : "";
  for (const char digit : fmt::format("{}", std::abs(number))) text += digits[static_cast<std::size_t>(digit - '0')];
  return text;
}

// Powers of ten, each third where there are many.
std::vector<Tick> powers_of_ten(const Interval& values) {
  const int low = static_cast<int>(std::floor(std::log10(values.low)));
  const int high = static_cast<int>(std::ceil(std::log10(values.high)));
  const int stride = high - low > 8 ? 3 : 1;
  std::vector<Tick> all;
  for (int power = low; power <= high; ++power)
    if (power % stride == 0) all.push_back({std::pow(10, power), fmt::format("10{}", superscript(power))});
  return all;
}
// Times as people call them. Between nanoseconds and years there are too many for a short axis.
std::vector<Tick> times(const Interval& values) {
  std::vector<Tick> all;
  const double powers = std::log10(values.high / values.low);
  for (const Tick& tick : {Tick{1e-9, "1 ns"}, Tick{1e-6, "1 us"}, Tick{1e-3, "1 ms"}, Tick{1, "1 s"},
                           Tick{minute, "1 min"}, Tick{hour, "1 h"}, Tick{day, "1 day"}, Tick{year, "1 year"},
                           Tick{1e3 * year, "10³ years"}, Tick{1e6 * year, "10⁶ years"}, Tick{1e9 * year, "10⁹ years"}})
    if (powers < 12 || (tick.value != minute && tick.value != day)) all.push_back(tick);
  return all;
}

Interval widened(const std::vector<double>& values, double by) {
  const Interval interval = covering(values);
  return {interval.low / by, interval.high * by};
}

std::string name_of(const Growth& kind, const GrowthPoint& point, const std::string& guess) {
  return escaped(fmt::format("{}, {}: {}{}", kind.name, size_text(point.size), duration_text(point.seconds),
                             point.is_measured ? "" : ", " + guess));
}

// A line between two points is dashed where it leads to an extrapolated one.
std::string drawn(const Growth& kind, const Plane& plane, const std::string& guess) {
  std::string solid, dashed, points;
  const GrowthPoint* before = nullptr;
  const GrowthPoint* last_guess = nullptr;
  for (const GrowthPoint& point : kind.points) {
    if (!is_shown(point)) continue;
    const double x = plane.x.at(point.size), y = plane.y.at(point.seconds);
    if (before != nullptr)
      (point.is_measured ? solid : dashed) +=
          fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}", plane.x.at(before->size), plane.y.at(before->seconds), x, y);
    points += fmt::format(
        "<circle class=\"{} cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" data-size=\"{}\" "
        "data-seconds=\"{}\"><title>{}</title>"
        "</circle>\n",
        point.is_measured ? "mark\"" : "ring\" style=\"fill: var(--page)\"", x, y, point.size, point.seconds,
        name_of(kind, point, guess));
    if (!point.is_measured) last_guess = &point;
    before = &point;
  }
  if (last_guess != nullptr)
    points += fmt::format("<text class=\"note\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
                          plane.x.at(last_guess->size) - 9, plane.y.at(last_guess->seconds) - 6,
                          escaped(duration_text(last_guess->seconds)));
  std::string lines;
  if (!solid.empty()) lines += fmt::format("<path class=\"curve\" d=\"{}\"/>", solid);
  if (!dashed.empty()) lines += fmt::format("<path class=\"curve\" stroke-dasharray=\"2 6\" d=\"{}\"/>", dashed);
  return lines + "\n" + points;
}

// A piece of a line, dashed and with a hollow point where it stands for what was not measured, and its name.
std::string legend_entry(std::string_view series, bool is_measured, double left, double y, const std::string& name) {
  return fmt::format(
      "<g class=\"{}\"><path class=\"curve\"{} d=\"M{:.1f} {:.1f}h22\"/>{}</g><text class=\"note\" x=\"{:.1f}\" "
      "y=\"{:.1f}\">{}</text>\n",
      series, is_measured ? "" : " stroke-dasharray=\"2 6\"", left, y,
      is_measured ? ""
                  : fmt::format("<circle class=\"ring\" style=\"fill: var(--page)\" cx=\"{:.1f}\" cy=\"{:.1f}\" "
                                "r=\"4\"/>",
                                left + 11, y),
      left + 28, y + 4, escaped(name));
}

bool has_point(const Growth& kind, bool is_measured) {
  return std::ranges::any_of(
      kind.points, [&](const GrowthPoint& point) { return is_shown(point) && point.is_measured == is_measured; });
}

// The kinds, and where some have both, how what was not measured looks, whatever its colour.
std::string legend_of(std::span<const Growth> kinds, const GrowthNames& names, double top) {
  constexpr double left = 16, line = 20;
  constexpr std::size_t columns = 3;
  std::string drawing;
  std::size_t entries = 0;
  const auto add = [&](std::string_view series, bool is_measured, const std::string& name) {
    drawing += legend_entry(series, is_measured,
                            left + static_cast<double>(entries % columns) * (names.width - left) / columns,
                            top + 8 + line * static_cast<double>(entries / columns), name);
    ++entries;
  };
  for (std::size_t i = 0; i < kinds.size(); ++i)
    add(series_class(i), has_point(kinds[i], true) || !has_point(kinds[i], false), kinds[i].name);
  if (std::ranges::any_of(kinds, [](const Growth& kind) { return has_point(kind, true) && has_point(kind, false); }))
    add("s7", false, names.guess);
  return drawing;
}

}  // namespace

std::string duration_text(double seconds) {
  struct Unit {
    double size, until;
    const char* name;
  };
  constexpr std::array units{Unit{1e-9, 999.5e-9, "ns"}, Unit{1e-6, 999.5e-6, "us"},    Unit{1e-3, 0.9995, "ms"},
                             Unit{1, 3 * minute, "s"},   Unit{minute, 3 * hour, "min"}, Unit{hour, 3 * day, "h"},
                             Unit{day, 3 * year, "days"}};
  for (const Unit& unit : units)
    if (seconds < unit.until) return fmt::format("{:.3g} {}", seconds / unit.size, unit.name);
  const double years = seconds / year;
  if (years < 999.5) return fmt::format("{:.0f} years", years);
  if (years < 999'500) return fmt::format("{:.3g} thousand years", years / 1e3);
  return years < 1e9 ? fmt::format("{:.3g} million years", years / 1e6) : fmt::format("{:.2g} years", years);
}

std::string size_text(double size) {
  if (size >= 1e9) {
    const double power = std::floor(std::log10(size) + 1e-9);
    return fmt::format("{:.3g} x 10{}", size / std::pow(10, power), superscript(static_cast<int>(power)));
  }
  const std::string digits = fmt::format("{:.0f}", size);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

Figure growth(std::span<const Growth> kinds, const GrowthNames& names) {
  std::vector<double> sizes, seconds;
  for (const Growth& kind : kinds)
    for (const GrowthPoint& point : kind.points)
      if (is_shown(point)) {
        sizes.push_back(point.size), seconds.push_back(point.seconds);
      }
  if (sizes.empty()) sizes = {1, 10}, seconds = {1, 10};
  const Interval of_sizes = widened(sizes, 2), of_seconds = widened(seconds, 30);
  const double legend_top = names.height - legend_height(kinds.size() + 1);
  const Plane plane(names.width, legend_top, {of_sizes, true, powers_of_ten(of_sizes)},
                    {of_seconds, true, times(of_seconds)});
  Figure figure{
      .title = names.title, .width = names.width, .height = names.height, .drawing = plane.grid(), .lines = {}};
  std::string drawing;
  for (std::size_t i = 0; i < kinds.size(); ++i)
    drawing += fmt::format("<g class=\"{}\">{}</g>\n", series_class(i), drawn(kinds[i], plane, names.guess));
  figure.drawing += plane.clipped(drawing) + plane.axes(names.size + ", logarithmic", "time, logarithmic");
  figure.drawing += legend_of(kinds, names, legend_top);
  if (kinds.empty()) figure.lines.push_back("nothing was measured");
  return figure;
}

}  // namespace downhill::inspect
