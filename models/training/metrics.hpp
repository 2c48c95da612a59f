#pragma once
/// \file
/// Measures of how good predictions are: accuracy, R² and the confusion matrix.

#include <Eigen/Core>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace downhill {

/// The share of labels that were predicted. Throws ShapeError unless there is a prediction for each, and at least one.
double accuracy(std::span<const std::size_t> predicted, std::span<const std::size_t> labels);

/// R² = 1 - (sum of squared errors) / (sum of squared deviations from the mean of the targets): 1 is perfect, 0 as good
/// as the mean, below 0 worse. Where all targets are equal there is no scale: then 1 if there is no error and 0
/// otherwise. For several outputs, which lie side by side in a row for each sample, it is the mean of their R²: each
/// has a mean and a scale of its own. Throws ShapeError unless there is a prediction for each target, at least one, and
/// as many of each output.
double r_squared(std::span<const double> predicted, std::span<const double> targets, std::size_t outputs = 1);
double r_squared(std::span<const float> predicted, std::span<const float> targets, std::size_t outputs = 1);

/// How often a class (row) was taken for another (column).
struct ConfusionMatrix {
  std::size_t classes = 0;
  std::vector<std::size_t> counts = {};  ///< counts[true class * classes + predicted class]

  std::size_t operator()(std::size_t of, std::size_t predicted) const { return counts[of * classes + predicted]; }
  double accuracy() const;
  /// `recall` is the share of the samples of a class that were recognised, `precision` the share of those taken for the
  /// class that belong to it. NaN where there are none.
  double recall(std::size_t of) const;
  double precision(std::size_t of) const;
  /// A table with the classes' names, or their numbers; zeros are dots, and so is the recall of none.
  std::string table(std::span<const std::string> names = {}) const;
};

/// Throws ShapeError unless there is a prediction for each label, and all are less than `classes`.
ConfusionMatrix confusion_matrix(std::span<const std::size_t> predicted, std::span<const std::size_t> labels,
                                 std::size_t classes);

/// The class with the largest output, for each row; with one output, 1 where it is positive: the logit of class 1.
template <class Matrix>
std::vector<std::size_t> predicted_classes(const Eigen::MatrixBase<Matrix>& outputs) {
  std::vector<std::size_t> classes;
  for (Eigen::Index i = 0; i < outputs.rows(); ++i) {
    Eigen::Index largest = 0;
    if (outputs.cols() == 1)
      largest = outputs(i, 0) > 0 ? 1 : 0;
    else
      outputs.row(i).maxCoeff(&largest);
    classes.push_back(static_cast<std::size_t>(largest));
  }
  return classes;
}

}  // namespace downhill
