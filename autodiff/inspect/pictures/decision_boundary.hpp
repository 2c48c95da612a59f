#pragma once
/// \file
/// What a classifier of two inputs decides at each place of the plane. The plane has the colours of the classes, deeper
/// where the classifier is surer; lines show where it is undecided, and samples that it gets wrong have a ring.

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/inspect/pictures/page.hpp>
#include <autodiff/inspect/pictures/plot.hpp>
#include <autodiff/inspect/pictures/terminal.hpp>

namespace downhill::inspect {

/// The probability of each class at (x, y). Scores do as well: the largest one decides.
using Classifier = std::function<std::vector<double>(double x, double y)>;

/// A Classifier from anything that returns the probabilities as some range, or for two classes that of the second one
/// as a number.
template <class F>
Classifier as_classifier(F f) {
  return [f = std::move(f)](double x, double y) -> std::vector<double> {
    const auto result = f(x, y);
    if constexpr (std::convertible_to<decltype(result), double>) {
      const auto second = static_cast<double>(result);
      return {1 - second, second};
    } else {
      return std::vector<double>(std::begin(result), std::end(result));
    }
  };
}

/// A sample of two inputs: a point of the plane, and its class.
struct LabelledPoint {
  double x, y;
  std::size_t label;  ///< from 0
};

/// The part of the plane that is shown, how finely, and what it is called.
struct BoundaryOptions {
  std::string title = "Decision boundary";
  std::string x_name = "x", y_name = "y";
  std::vector<std::string> class_names = {};  ///< "class 0" and so on where there are fewer
  std::optional<Interval> x = {}, y = {};     ///< of the plane; otherwise what covers the samples
  std::size_t columns = 121, rows = 91;       ///< places at which the classifier is asked
};

/// The picture for a page. Throws OptionError for an interval that is empty or not finite or fewer than 2 x 2 places,
/// and ShapeError where the classifier returns no probabilities, not always the same number of them, or fewer than the
/// labels ask for.
Figure decision_boundary(const Classifier& classifier, std::span<const LabelledPoint> samples,
                         const BoundaryOptions& options = {});

/// The same for a terminal. Without colours a class is a shade, and a sample the letter of its class, a capital where
/// the classifier is wrong. The number of places follows from the width.
std::string decision_boundary_text(const Classifier& classifier, std::span<const LabelledPoint> samples,
                                   const TextOptions& text = {}, const BoundaryOptions& options = {});

namespace boundary_detail {

/// What the classifier said on a grid and of the samples.
struct Decisions {
  Interval x, y;
  std::size_t columns = 0, rows = 0, classes = 0;
  std::vector<double> probabilities;  ///< [(row * columns + column) * classes + class], the lowest row first
  std::vector<std::size_t> decided;   ///< for each sample; `classes` for none
  std::size_t right = 0, unplaced = 0;

  std::span<const double> at(std::size_t column, std::size_t row) const {
    return std::span(probabilities).subspan((row * columns + column) * classes, classes);
  }
  std::string name_of(std::size_t index, const BoundaryOptions& options) const;
  /// "classes: right of samples", what a caption says.
  std::vector<std::string> summary(std::span<const LabelledPoint> samples, const BoundaryOptions& options) const;
};
/// The index of the largest, or the size where one is NaN or there is none.
std::size_t largest(std::span<const double> probabilities);
Decisions decisions_of(const Classifier& classifier, std::span<const LabelledPoint> samples,
                       const BoundaryOptions& options);

}  // namespace boundary_detail

}  // namespace downhill::inspect
