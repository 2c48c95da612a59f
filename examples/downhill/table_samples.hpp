#pragma once
// A table as samples to learn from: which columns are the targets, and whether they hold classes or numbers.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <models/data/dataset.hpp>
#include <models/data/samples.hpp>
#include <models/data/scaling_json.hpp>
#include <models/ranks/part.hpp>

#include "crew.hpp"

enum class Task { decide, classes, regression };

/// What this process has of the samples: all, or where it has a crew, its part of them.
struct TableSamples {
  downhill::PartOfSamples<float> train, held_out;  // standardised
  downhill::NamedScaling inputs, targets;          // fitted to `train`, that of the whole crew; a class has none
  bool has_classes = false;
  std::size_t outputs = 0;                            // classes, or targets
  bool trains_one_target = false, holds_one = false;  // all targets of a part, of the whole crew, are equal
  std::string decision;                               // for people: which columns, what they hold, and why
};

/// Without names the last column is the target. With `decide`, a column that holds whole numbers 0, 1, ..., k, all of
/// them and each twice on average, has classes. The table has the rows of this process. Throws DataError or OptionError
/// where the table is not what was asked.
TableSamples samples_of(const downhill::Dataset& table, std::vector<std::string> targets, Task task, double held_out,
                        std::uint64_t seed, const Crew& crew);
