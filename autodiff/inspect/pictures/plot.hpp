#pragma once
/// \file
/// Plots: axes with round numbers on them, and the plane between two of them.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace downhill::inspect {

struct Interval {
  double low = 0, high = 1;
};

/// The least interval that covers the finite ones of these values, made wider where that is a single place, and from 0
/// to 1 where there is none. Values beyond ±1e300 count as ±1e300.
Interval covering(std::span<const double> values);
/// The same with a margin of a part of its length on either side.
Interval with_margin(Interval interval, double part = 0.05);

struct Tick {
  double value;
  std::string label;
};
/// About `most` round numbers within an interval, or fewer, but at least two. They lie 1, 2 or 5 times a power of ten
/// apart. Their labels have the digits that tell them apart.
std::vector<Tick> ticks(Interval interval, std::size_t most = 6);
/// The same on a logarithmic scale: powers of ten, and between few of them 2 and 5 times those.
std::vector<Tick> logarithmic_ticks(Interval interval, std::size_t most = 7);
/// Should the scale be logarithmic? It should where all finite values but zeros are positive and lie far apart.
bool asks_for_logarithm(std::span<const double> values);

/// Values in an interval as places on a line.
class Axis {
 public:
  Axis() = default;
  /// A logarithmic axis takes an interval of positive numbers.
  Axis(Interval values, double from, double to, bool logarithmic = false);
  /// With these ticks in place of round numbers; those outside of the interval are left out.
  Axis(Interval values, double from, double to, bool logarithmic, std::vector<Tick> marked);

  /// The place of a value on the line. A value outside of the interval has a place beyond the end of the line, but no
  /// further away than the line is long.
  double at(double value) const;
  const Interval& values() const { return values_; }
  double from() const { return from_; }
  double to() const { return to_; }
  std::vector<Tick> ticks(std::size_t most) const;

 private:
  double scaled(double value) const;

  Interval values_;
  double from_ = 0, to_ = 1;
  bool logarithmic_ = false;
  std::vector<Tick> marked_;
};

/// What an axis shows, before it has a place.
struct AxisScale {
  Interval values;
  bool logarithmic = false;
  std::vector<Tick> marked = {};  ///< its ticks, in place of round numbers
};

/// A rectangle with two axes; y grows upwards.
struct Plane {
  Axis x, y;

  /// Fits the plane into a drawing of this size, with room for labels.
  Plane(Interval x_values, Interval y_values, double width, double height, bool logarithmic_y = false);
  Plane(double width, double height, const AxisScale& of_x, const AxisScale& of_y);
  double left() const { return x.from(); }
  double right() const { return x.to(); }
  double top() const { return y.to(); }
  double bottom() const { return y.from(); }
  /// The rectangle, as an SVG path.
  std::string outline() const;
  /// A drawing, of which only the part inside the rectangle is shown.
  std::string clipped(std::string_view drawing) const;
  /// Lines at the ticks, to lie below what is drawn.
  std::string grid() const;
  /// The frame, the ticks with their labels and the names, to lie above it.
  std::string axes(std::string_view x_name, std::string_view y_name) const;
};

}  // namespace downhill::inspect
