#include <autodiff/inspect/pictures/decision_boundary.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <autodiff/error.hpp>
#include <autodiff/inspect/pictures/landscape.hpp>
#include <autodiff/text/utf8.hpp>

namespace downhill::inspect {

namespace boundary_detail {

std::size_t largest(std::span<const double> probabilities) {
  std::size_t best = 0;
  for (std::size_t k = 0; k < probabilities.size(); ++k) {
    if (std::isnan(probabilities[k])) return probabilities.size();
    if (probabilities[k] > probabilities[best]) best = k;
  }
  return best;
}

Decisions decisions_of(const Classifier& classifier, std::span<const LabelledPoint> samples,
                       const BoundaryOptions& options) {
  Decisions all;
  std::vector<double> xs, ys;
  std::size_t labels = 0;
  for (const LabelledPoint& sample : samples) {
    labels = std::max(labels, sample.label + 1);
    if (std::isfinite(sample.x) && std::isfinite(sample.y))
      xs.push_back(sample.x), ys.push_back(sample.y);
    else
      ++all.unplaced;
  }
  all.x = options.x ? *options.x : with_margin(covering(xs), 0.08);
  all.y = options.y ? *options.y : with_margin(covering(ys), 0.08);
  all.columns = options.columns, all.rows = options.rows;
  for (const Interval& interval : {all.x, all.y})
    if (!(interval.low < interval.high) || !std::isfinite(interval.high - interval.low))
      throw OptionError(fmt::format("decision_boundary: the interval from {} to {} is empty or not finite",
                                    interval.low, interval.high));
  if (all.columns < 2 || all.rows < 2)
    throw OptionError(fmt::format("decision_boundary: {} x {} places; give at least 2 x 2", all.columns, all.rows));
  const auto ask = [&](double x, double y) {
    std::vector<double> probabilities = classifier(x, y);
    if (all.classes == 0) all.classes = probabilities.size();
    if (probabilities.empty() || probabilities.size() != all.classes || all.classes < labels)
      throw ShapeError(
          fmt::format("decision_boundary: {} probabilities at ({}, {}); return one for each class, {} here",
                      probabilities.size(), x, y, std::max({all.classes, labels, std::size_t{1}})));
    return probabilities;
  };
  const auto part = [](Interval interval, std::size_t index, std::size_t count) {
    return interval.low + (interval.high - interval.low) * static_cast<double>(index) / static_cast<double>(count - 1);
  };
  for (std::size_t row = 0; row < all.rows; ++row)
    for (std::size_t column = 0; column < all.columns; ++column) {
      const auto probabilities = ask(part(all.x, column, all.columns), part(all.y, row, all.rows));
      all.probabilities.insert(all.probabilities.end(), probabilities.begin(), probabilities.end());
    }
  for (const LabelledPoint& sample : samples) {
    all.decided.push_back(largest(ask(sample.x, sample.y)));
    if (all.decided.back() == sample.label) ++all.right;
  }
  return all;
}

std::string Decisions::name_of(std::size_t index, const BoundaryOptions& options) const {
  return index < options.class_names.size() ? options.class_names[index] : fmt::format("class {}", index);
}

std::vector<std::string> Decisions::summary(std::span<const LabelledPoint> samples,
                                            const BoundaryOptions& options) const {
  std::vector<std::string> lines;
  if (!samples.empty())
    lines.push_back(fmt::format("{} of {} samples right ({:.4g}%)", right, samples.size(),
                                100 * static_cast<double>(right) / static_cast<double>(samples.size())));
  for (std::size_t k = 0; k < classes && !samples.empty(); ++k) {
    std::size_t count = 0, found = 0;
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (samples[i].label == k) ++count, found += decided[i] == k;
    lines.push_back(fmt::format("{}: {} of {} right", name_of(k, options), found, count));
  }
  if (unplaced > 0) lines.push_back(fmt::format("{} samples are NaN or infinite and not drawn", unplaced));
  std::size_t undecided = 0;
  for (std::size_t i = 0; i < probabilities.size(); i += classes)
    undecided += largest(std::span(probabilities).subspan(i, classes)) == classes;
  if (undecided > 0)
    lines.push_back(fmt::format("{} of {} places have a probability that is NaN", undecided, columns * rows));
  return lines;
}

}  // namespace boundary_detail

namespace {

using namespace boundary_detail;
using namespace landscape_detail;

constexpr double width = 470, height = 390, legend_line = 20;

// A function of the probabilities, as a landscape: its height lines and what lies below them are known.
template <class Height>
Landscape landscape_of(const Decisions& all, Height&& height_of) {
  Landscape landscape{.x = all.x, .y = all.y, .columns = all.columns, .rows = all.rows, .values = {}};
  for (std::size_t row = 0; row < all.rows; ++row)
    for (std::size_t column = 0; column < all.columns; ++column)
      landscape.values.push_back(height_of(all.at(column, row)));
  return landscape;
}

// How far a class is behind the best of the others: below 0 it is chosen.
double behind(std::span<const double> probabilities, std::size_t k) {
  double other = -std::numeric_limits<double>::infinity();
  for (std::size_t j = 0; j < probabilities.size(); ++j) {
    if (std::isnan(probabilities[j])) return probabilities[j];
    if (j != k) other = std::max(other, probabilities[j]);
  }
  return probabilities.size() == 1 ? -1 : other - probabilities[k];
}

std::string regions(const Decisions& all, const Plane& plane) {
  constexpr std::array sure{0.6, 0.7, 0.8, 0.9, 0.97};
  std::string svg = fmt::format("<path class=\"nothing\" d=\"{}\"/>\n", plane.outline());
  std::string borders;
  for (std::size_t k = 0; k < all.classes; ++k) {
    const Landscape margin = landscape_of(all, [&](std::span<const double> p) { return behind(p, k); });
    svg += fmt::format("<g class=\"{}\"><path class=\"region\" style=\"--shade:14%\" d=\"{}\"/>", series_class(k),
                       path_below(margin, 0, plane));
    const Landscape doubt =
        landscape_of(all, [&](std::span<const double> p) { return largest(p) < p.size() ? -p[k] : std::nan(""); });
    for (std::size_t i = 0; i < sure.size() && all.classes > 1; ++i)
      svg += fmt::format("<path class=\"region\" style=\"--shade:{}%\" d=\"{}\"/>", 14 + 8 * (i + 1),
                         path_below(doubt, -sure[i], plane));
    svg += "</g>\n";
    if (k > 0 || all.classes > 2) borders += line_path(margin, 0, plane);
  }
  return svg + fmt::format("<path class=\"border\" d=\"{}\"/>\n", borders);
}

// A shape for each class, so that it does not take colours to tell them apart.
std::string shape(std::size_t index, double x, double y) {
  constexpr double r = 4.2;
  switch (index % 4) {
    case 0: return fmt::format("<circle class=\"sample\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>", x, y, r);
    case 1: return fmt::format("<path class=\"sample\" d=\"M{:.1f} {:.1f}h7.6v7.6h-7.6Z\"/>", x - 3.8, y - 3.8);
    case 2: return fmt::format("<path class=\"sample\" d=\"M{:.1f} {:.1f}l5 8.6h-10Z\"/>", x, y - 5.4);
    default: return fmt::format("<path class=\"sample\" d=\"M{:.1f} {:.1f}l5 5l-5 5l-5 -5Z\"/>", x, y - 5);
  }
}

}  // namespace

Figure decision_boundary(const Classifier& classifier, std::span<const LabelledPoint> samples,
                         const BoundaryOptions& options) {
  constexpr std::size_t most_samples = 4000;
  const Decisions all = decisions_of(classifier, samples, options);
  const Plane plane(all.x, all.y, width, height);
  Figure figure{.title = options.title,
                .width = width,
                .height = height + legend_line * static_cast<double>((all.classes + 3) / 3),
                .drawing = plane.clipped(regions(all, plane)),
                .lines = all.summary(samples, options)};
  const std::size_t stride = (samples.size() + most_samples - 1) / most_samples;
  std::string drawn, wrong;
  for (std::size_t i = 0; i < samples.size(); i += stride) {
    const LabelledPoint& sample = samples[i];
    if (!std::isfinite(sample.x) || !std::isfinite(sample.y)) continue;
    const double x = plane.x.at(sample.x), y = plane.y.at(sample.y);
    drawn += fmt::format("<g class=\"{}\">{}</g>\n", series_class(sample.label), shape(sample.label, x, y));
    if (all.decided[i] != sample.label)
      wrong += fmt::format("<circle class=\"wrong\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"7.5\"/>\n", x, y);
  }
  if (stride > 1) figure.lines.push_back(fmt::format("one of {} samples is drawn", stride));
  figure.drawing += plane.clipped(drawn + wrong) + plane.axes(options.x_name, options.y_name);
  const auto legend = [&](std::size_t place, const std::string& key, const std::string& name) {
    const double x = plane.left() + 8 + static_cast<double>(place % 3) * (plane.right() - plane.left()) / 3;
    const double y = height + 8 + legend_line * static_cast<double>(place / 3);
    figure.drawing += fmt::format(
        "<g transform=\"translate({:.1f} {:.1f})\">{}</g><text class=\"note\" x=\"{:.1f}\" "
        "y=\"{:.1f}\">{}</text>\n",
        x, y, key, x + 14, y + 4, escaped(utf8::shortened(name, 18)));
  };
  for (std::size_t k = 0; k < all.classes; ++k)
    legend(k, fmt::format("<g class=\"{}\">{}</g>", series_class(k), shape(k, 0, 0)), all.name_of(k, options));
  if (!samples.empty())
    legend(all.classes, "<circle class=\"wrong\" cx=\"0\" cy=\"0\" r=\"7.5\"/>", "taken for another");
  return figure;
}

}  // namespace downhill::inspect
