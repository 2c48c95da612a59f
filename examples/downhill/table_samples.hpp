#pragma once
// A table as samples to learn from: which columns are the targets, and whether they hold classes or numbers.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <models/data/dataset.hpp>
#include <models/data/samples.hpp>
#include <models/data/scaling_json.hpp>

enum class Task { decide, classes, regression };

struct TableSamples {
  downhill::Samples<float> train, held_out;  // standardised
  downhill::NamedScaling inputs, targets;    // fitted to `train`; a class has none
  std::size_t outputs = 0;                   // classes, or targets
  std::string decision;                      // for people: which columns, what they hold, and why

  bool has_classes() const { return train.has_labels(); }
};

/// Without names the last column is the target. With `decide`, a column that holds whole numbers 0, 1, ..., k, all of
/// them and each twice on average, has classes. Throws DataError or OptionError where the table is not what was asked.
TableSamples samples_of(const downhill::Dataset& table, std::vector<std::string> targets, Task task, double held_out,
                        std::uint64_t seed);
