#include <models/training/metrics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <autodiff/error.hpp>
#include <autodiff/tape/misuse.hpp>
#include <autodiff/text/table.hpp>

namespace downhill {
namespace {

void demand_pairs(std::string_view operation, std::size_t predicted, std::size_t known) {
  if (predicted != known)
    throw ShapeError(fmt::format("{}: {} predictions of {} samples", operation, predicted, known));
  if (known == 0) misuse::empty_range(operation);
}

double share(std::size_t part, std::size_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

// Of one output out of so many.
template <class T>
double r_squared_of(std::span<const T> predicted, std::span<const T> targets, std::size_t output, std::size_t outputs) {
  // From the first one on, so that equal targets have exactly no deviation.
  const double first = targets[output], samples = static_cast<double>(targets.size() / outputs);
  double mean = 0, errors = 0, deviations = 0;
  for (std::size_t i = output; i < targets.size(); i += outputs)
    mean += (static_cast<double>(targets[i]) - first) / samples;
  for (std::size_t i = output; i < targets.size(); i += outputs) {
    const double target = targets[i], error = static_cast<double>(predicted[i]) - target;
    const double deviation = target - first - mean;
    errors += error * error;
    deviations += deviation * deviation;
  }
  if (errors == 0) return 1;
  return deviations == 0 && errors == errors ? 0 : 1 - errors / deviations;
}

template <class T>
double mean_r_squared(std::span<const T> predicted, std::span<const T> targets, std::size_t outputs) {
  demand_pairs("r_squared", predicted.size(), targets.size());
  if (outputs == 0 || targets.size() % outputs != 0)
    throw ShapeError(fmt::format("r_squared: {} targets are not rows of {} outputs", targets.size(), outputs));
  double sum = 0;
  for (std::size_t output = 0; output < outputs; ++output) sum += r_squared_of(predicted, targets, output, outputs);
  return sum / static_cast<double>(outputs);
}

}  // namespace

double accuracy(std::span<const std::size_t> predicted, std::span<const std::size_t> labels) {
  demand_pairs("accuracy", predicted.size(), labels.size());
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) right += static_cast<std::size_t>(predicted[i] == labels[i]);
  return share(right, labels.size());
}

double r_squared(std::span<const double> predicted, std::span<const double> targets, std::size_t outputs) {
  return mean_r_squared(predicted, targets, outputs);
}
double r_squared(std::span<const float> predicted, std::span<const float> targets, std::size_t outputs) {
  return mean_r_squared(predicted, targets, outputs);
}

ConfusionMatrix confusion_matrix(std::span<const std::size_t> predicted, std::span<const std::size_t> labels,
                                 std::size_t classes) {
  demand_pairs("confusion_matrix", predicted.size(), labels.size());
  ConfusionMatrix confusion{.classes = classes, .counts = std::vector<std::size_t>(classes * classes)};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (const std::size_t of : {labels[i], predicted[i]})
      if (of >= classes)
        throw ShapeError(fmt::format("confusion_matrix: the class {} of {}; classes are counted from 0", of, classes));
    ++confusion.counts[labels[i] * classes + predicted[i]];
  }
  return confusion;
}

double ConfusionMatrix::accuracy() const {
  std::size_t right = 0, all = 0;
  for (std::size_t i = 0; i < classes; ++i) right += (*this)(i, i);
  for (const std::size_t count : counts) all += count;
  return share(right, all);
}

double ConfusionMatrix::recall(std::size_t of) const {
  std::size_t all = 0;
  for (std::size_t j = 0; j < classes; ++j) all += (*this)(of, j);
  return share((*this)(of, of), all);
}

double ConfusionMatrix::precision(std::size_t of) const {
  std::size_t all = 0;
  for (std::size_t i = 0; i < classes; ++i) all += (*this)(i, of);
  return share((*this)(of, of), all);
}

std::string ConfusionMatrix::table(std::span<const std::string> names) const {
  const auto name = [&](std::size_t i) { return i < names.size() ? names[i] : fmt::format("{}", i); };
  std::vector<TableRow> heads{{"true"}}, cells{{}};
  std::vector<std::string> recalls{"recall"};
  for (std::size_t i = 0; i < classes; ++i) {
    heads.push_back({name(i)});
    cells.front().push_back(name(i));
    TableRow& row = cells.emplace_back();
    for (std::size_t j = 0; j < classes; ++j)
      row.push_back((*this)(i, j) == 0 ? std::string("·") : fmt::format("{}", (*this)(i, j)));
    const double found = recall(i);
    recalls.push_back(std::isnan(found) ? "    ·" : fmt::format("{:5.1f} %", 100 * found));
  }
  constexpr std::size_t least = 3;
  const std::size_t width = std::max(least, widest(cells));
  const auto first = padded(heads, std::array{Align::right}), rest = padded(cells, std::array{Align::right}, width);
  std::string text;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    text += fmt::format("{} │ {} │ {}\n", first[i][0], fmt::join(rest[i], " "), recalls[i]);
    if (i == 0) text += fmt::format("{}┼{}┼{}\n", rule(widest(heads) + 1), rule(classes * (width + 1) + 1), rule(7));
  }
  return text;
}

}  // namespace downhill
