#pragma once
/// \file
/// How the time of some work grows with its size: both axes logarithmic, from nanoseconds to millions of years. What
/// was measured is solid, what is extrapolated from it is dashed and hollow.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <autodiff/inspect/pictures/page.hpp>

namespace downhill::inspect {

/// The time for one size.
struct GrowthPoint {
  double size = 0, seconds = 0;  ///< positive and finite; others are left out
  bool is_measured = true;       ///< false: extrapolated, or what `guess` of the names says
};

/// One kind of work, in rising order of size.
struct Growth {
  std::string name;
  std::vector<GrowthPoint> points = {};
};

/// What the picture and its horizontal axis are called, and how large it is.
struct GrowthNames {
  std::string title = "Time by size";
  std::string size = "size";
  std::string guess = "extrapolated";  ///< what is said of points that were not measured
  double width = 760, height = 430;
};

/// A line and points for each kind; the last extrapolated point of each has its time beside it. Each point has its
/// numbers as the attributes data-size and data-seconds, and as its title.
Figure growth(std::span<const Growth> kinds, const GrowthNames& names = {});

/// "1.2 ms", "3 min", "12 days", "68,000 years": three digits or so, and a unit.
std::string duration_text(double seconds);
/// "13,002", and from a billion on "2.1e9".
std::string size_text(double size);

}  // namespace downhill::inspect
