#pragma once
/// \file
/// Samples to learn from: each has a row of inputs, and what a model should make of them, a class or numbers.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <models/data/dataset.hpp>
#include <models/data/idx.hpp>

namespace downhill {

/// Inputs, a row for each sample, and the label or the targets of each.
template <class T>
struct Samples {
  std::size_t features = 0;
  std::vector<T> inputs = {};                 ///< inputs[sample * features + feature]
  std::vector<std::size_t> labels = {};       ///< the class of each, from 0; or
  std::size_t outputs = 0;                    ///< so many numbers,
  std::vector<T> targets = {};                ///< targets[sample * outputs + output]
  std::vector<std::string> class_names = {};  ///< where they are known

  std::size_t size() const { return features == 0 ? 0 : inputs.size() / features; }
  bool has_labels() const { return !labels.empty(); }
  /// The largest label + 1, or as many as there are names.
  std::size_t classes() const;
  std::span<const T> input(std::size_t sample) const& { return std::span(inputs).subspan(sample * features, features); }
  /// Of a temporary, the numbers themselves: a span would outlive them.
  std::vector<T> input(std::size_t sample) && {
    const std::span<const T> numbers = input(sample);
    return {numbers.begin(), numbers.end()};
  }
  /// The samples with these indices, in this order. Throws ShapeError for an index that no sample has, and unless each
  /// sample has a label or a row of targets.
  Samples rows(std::span<const std::size_t> indices) const;
  /// Throws ShapeError unless there are samples, and each has a label or a row of targets.
  void demand_whole(std::string_view operation) const;
};

/// A table in which one column, by default the last, holds the class of each row, 0, 1, 2, ...; all others are inputs.
/// Throws DataError where a value of that column is not a class.
template <class T>
Samples<T> classes_of(const Dataset& table, std::string_view label_column = {});

/// A table in which some columns, by name, are the targets, and all others are inputs. Throws DataError for a name that
/// no column has or that comes twice, and where no column is left for the inputs.
template <class T>
Samples<T> targets_of(const Dataset& table, const std::vector<std::string>& target_columns);

/// Images and their labels, as MNIST and Fashion-MNIST come: a pixel of 255 is 1. Throws DataError where they differ in
/// number, or are of another type or shape.
template <class T>
Samples<T> labelled_images(const IdxArray& images, const IdxArray& labels);

/// Two half circles that interlock, with normal noise of this standard deviation: samples alternate between the two
/// classes. Throws OptionError for noise that is negative or not finite. Pedregosa and others, "Scikit-learn", JMLR 12
/// (2011), make_moons.
template <class T>
Samples<T> two_moons(std::size_t samples, double noise, std::uint64_t seed);

extern template struct Samples<float>;
extern template struct Samples<double>;

}  // namespace downhill
