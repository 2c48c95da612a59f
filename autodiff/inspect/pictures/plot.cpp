#include <autodiff/inspect/pictures/plot.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <autodiff/inspect/pictures/page.hpp>
#include <autodiff/text/utf8.hpp>

namespace downhill::inspect {
namespace {

constexpr double furthest = 1e300;  // so that the length of an interval is finite

// 0.1, 25000, 3e-7: with as many digits as the step has, and an exponent where the largest would be long without.
std::string label_of(double value, double step, double largest) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  if (largest < 1e7 && decimals <= 5) return fmt::format("{:.{}f}", value, decimals);
  const int digits = std::max(
      0, static_cast<int>(std::floor(std::log10(size) + 1e-9)) - static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  std::string text = fmt::format("{:.{}e}", value, std::min(digits, 16));
  const std::size_t e = text.find('e');
  std::string exponent = text.substr(e + 2);
  exponent.erase(0, std::min(exponent.find_first_not_of('0'), exponent.size() - 1));
  return text.substr(0, e) + (text[e + 1] == '-' ? "e-" : "e") + exponent;
}

double step_for(double length, std::size_t most) {
  const double rough = length / static_cast<double>(most);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double multiple : {1.0, 2.0, 5.0})
    if (multiple * power >= rough * (1 - 1e-9)) return multiple * power;
  return 10 * power;
}

}  // namespace

Interval covering(std::span<const double> values) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double value : values)
    if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  if (!(low <= high)) return {0, 1};
  low = std::clamp(low, -furthest, furthest), high = std::clamp(high, -furthest, furthest);
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low > size * 1e-12) return {low, high};
  const double margin = size > 1e-300 ? size * 0.1 : 1;
  return {low - margin, high + margin};
}

Interval with_margin(Interval interval, double part) {
  const double margin = (interval.high - interval.low) * part;
  return {interval.low - margin, interval.high + margin};
}

std::vector<Tick> ticks(Interval interval, std::size_t most) {
  const double step = step_for(interval.high - interval.low, most);
  const double largest = std::max(std::abs(interval.low), std::abs(interval.high));
  std::vector<Tick> all;
  // Counted, as adding a step may change nothing where the interval is far from 0.
  const double first = std::ceil(interval.low / step - 1e-9);
  for (std::size_t i = 0; i <= most + 1; ++i) {
    const double value = (first + static_cast<double>(i)) * step;
    if (value > interval.high + step * 1e-9) break;
    all.push_back({value, label_of(value, step, largest)});
  }
  return all.size() < 2 ? ticks(interval, most + 1) : all;  // one alone gives no scale
}

std::vector<Tick> logarithmic_ticks(Interval interval, std::size_t most) {
  const int low = static_cast<int>(std::ceil(std::log10(interval.low) - 1e-9));
  const int high = static_cast<int>(std::floor(std::log10(interval.high) + 1e-9));
  std::vector<Tick> all;
  if (high - low < 1) return ticks(interval, most);
  if (high - low < 3) {
    for (int power = low - 1; power <= high; ++power)
      for (const double multiple : {1.0, 2.0, 5.0}) {
        const double value = multiple * std::pow(10, power);
        if (value >= interval.low * (1 - 1e-9) && value <= interval.high * (1 + 1e-9))
          all.push_back({value, label_of(value, std::pow(10, power), interval.high)});
      }
    return all;
  }
  int stride = 1;
  for (const int wider : {1, 2, 3, 5, 10, 20, 50, 100, 200})
    if (stride = wider; (high - low) / wider < static_cast<int>(most)) break;
  for (int power = (low + 1000 * stride - 1) / stride * stride - 1000 * stride; power <= high; power += stride)
    if (power >= low) {
      const bool is_short = -4 <= low && high <= 5;
      all.push_back({std::pow(10, power), is_short ? label_of(std::pow(10, power), std::pow(10, power), interval.high)
                                                   : fmt::format("1e{}", power)});
    }
  return all;
}

bool asks_for_logarithm(std::span<const double> values) {
  constexpr double far_apart = 100;
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const double value : values) {
    if (value < 0 && std::isfinite(value)) return false;
    if (value > 0 && std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
  return high / far_apart >= low;
}

Axis::Axis(Interval values, double from, double to, bool logarithmic)
    : values_(values), from_(from), to_(to), logarithmic_(logarithmic) {}

Axis::Axis(Interval values, double from, double to, bool logarithmic, std::vector<Tick> marked)
    : values_(values), from_(from), to_(to), logarithmic_(logarithmic), marked_(std::move(marked)) {
  std::erase_if(marked_, [&](const Tick& tick) { return tick.value < values.low || tick.value > values.high; });
}

double Axis::scaled(double value) const {
  return logarithmic_ ? std::log10(std::max(value, std::numeric_limits<double>::denorm_min())) : value;
}

double Axis::at(double value) const {
  const double low = scaled(values_.low), high = scaled(values_.high);
  const double part = std::clamp((scaled(std::clamp(value, -furthest, furthest)) - low) / (high - low), -1.0, 2.0);
  return from_ + part * (to_ - from_);
}

std::vector<Tick> Axis::ticks(std::size_t most) const {
  if (!marked_.empty()) return marked_;
  return logarithmic_ ? logarithmic_ticks(values_, most) : inspect::ticks(values_, most);
}

namespace {

std::size_t tick_count(double length, double apart) { return static_cast<std::size_t>(std::max(length / apart, 2.0)); }

}  // namespace

Plane::Plane(Interval x_values, Interval y_values, double width, double height, bool logarithmic_y)
    : Plane(width, height, AxisScale{x_values}, AxisScale{y_values, logarithmic_y}) {}

Plane::Plane(double width, double height, const AxisScale& of_x, const AxisScale& of_y) {
  constexpr double top = 26, right = 16, bottom = 38, letter = 7, line = 40;
  y = Axis(of_y.values, height - bottom, top, of_y.logarithmic, of_y.marked);
  std::size_t longest = 1;
  for (const Tick& tick : y.ticks(tick_count(height - bottom - top, line)))
    longest = std::max(longest, utf8::length(tick.label));
  x = Axis(of_x.values, 14 + letter * static_cast<double>(longest), width - right, of_x.logarithmic, of_x.marked);
}

std::string Plane::outline() const {
  return fmt::format("M{:.1f} {:.1f}H{:.1f}V{:.1f}H{:.1f}Z", left(), top(), right(), bottom(), left());
}

std::string Plane::clipped(std::string_view drawing) const {
  return fmt::format(
      "<svg x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"{2:.1f}\" height=\"{3:.1f}\" viewBox=\"{0:.1f} {1:.1f} {2:.1f} "
      "{3:.1f}\">\n{4}</svg>\n",
      left(), top(), right() - left(), bottom() - top(), drawing);
}

std::string Plane::grid() const {
  std::string lines;
  for (const Tick& tick : y.ticks(tick_count(bottom() - top(), 40)))
    lines += fmt::format("M{:.1f} {:.1f}H{:.1f}", left(), y.at(tick.value), right());
  for (const Tick& tick : x.ticks(tick_count(right() - left(), 62)))
    lines += fmt::format("M{:.1f} {:.1f}V{:.1f}", x.at(tick.value), top(), bottom());
  return fmt::format("<path class=\"grid\" d=\"{}\"/>\n", lines);
}

std::string Plane::axes(std::string_view x_name, std::string_view y_name) const {
  std::string svg = fmt::format("<path class=\"frame\" d=\"{}\"/>\n", outline());
  for (const Tick& tick : x.ticks(tick_count(right() - left(), 62)))
    svg += fmt::format(
        "<path class=\"tick\" d=\"M{0:.1f} {1:.1f}v4\"/><text class=\"label\" x=\"{0:.1f}\" y=\"{2:.1f}\" "
        "text-anchor=\"middle\">{3}</text>",
        x.at(tick.value), bottom(), bottom() + 16, tick.label);
  for (const Tick& tick : y.ticks(tick_count(bottom() - top(), 40)))
    svg += fmt::format(
        "<path class=\"tick\" d=\"M{0:.1f} {1:.1f}h-4\"/><text class=\"label\" x=\"{2:.1f}\" y=\"{3:.1f}\" "
        "text-anchor=\"end\">{4}</text>",
        left(), y.at(tick.value), left() - 7, y.at(tick.value) + 4, tick.label);
  svg += fmt::format("<text class=\"name\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>",
                     (left() + right()) / 2, bottom() + 33, escaped(x_name));
  svg += fmt::format("<text class=\"name\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", left() - 4, top() - 10,
                     escaped(y_name));
  return svg;
}

}  // namespace downhill::inspect
