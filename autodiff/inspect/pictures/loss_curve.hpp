#pragma once
/// \file
/// The loss over the steps of one run or several, as a picture for a page and as one made of characters.
///
/// The scale is logarithmic where the losses are far apart. Where a run becomes NaN or infinite it ends with a cross,
/// and one that grows far beyond where all runs began leaves the picture at the top. In a long run, each column of the
/// picture shows the whole range of the values in it, so that no value is lost.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <autodiff/inspect/pictures/page.hpp>
#include <autodiff/inspect/pictures/plot.hpp>
#include <autodiff/inspect/pictures/terminal.hpp>

namespace downhill::inspect {

/// What was recorded: a value at 0, `every`, 2 `every`, ...
struct Curve {
  std::string title;
  std::span<const double> values;
  double every = 1;
};

/// What the plot and its axes are called.
struct CurveNames {
  std::string title = "Loss";
  std::string index = "step", value = "loss";
};

/// The curves in one plot, and a line for each that says where it began, ended and was lowest.
Figure loss_curve(std::span<const Curve> curves, const CurveNames& names = {});

/// The same for a terminal.
std::string loss_curve_text(std::span<const Curve> curves, const TextOptions& options = {},
                            const CurveNames& names = {});

namespace curve_detail {

/// The scale that curves ask for.
struct Scale {
  Interval steps, values;
  bool logarithmic;
};
Scale scale_of(std::span<const Curve> curves);

/// A run of finite values and no gap, thinned to the first, least, largest and last value of each of `columns` parts.
struct Place {
  double step, value;
};
std::vector<std::vector<Place>> runs_of(const Curve& curve, std::size_t columns);

/// "0.5 to 0.0032 at step 400; lowest 0.0031 at step 390; NaN at step 12".
std::string summary(const Curve& curve, const Scale& scale, const std::string& index_name);

}  // namespace curve_detail

}  // namespace downhill::inspect
