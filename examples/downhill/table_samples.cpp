#include "table_samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

#include <autodiff/error.hpp>
#include <models/data/split.hpp>

namespace {

// Whole numbers 0, 1, ..., k, all of them, and each twice on average.
bool holds_classes(const std::vector<double>& column) {
  constexpr double most = 1000;
  std::vector<bool> seen;
  for (const double value : column) {
    if (!(value >= 0 && value < most && std::floor(value) == value)) return false;
    const auto label = static_cast<std::size_t>(value);
    if (label >= seen.size()) seen.resize(label + 1);
    seen[label] = true;
  }
  return seen.size() >= 2 && 2 * seen.size() <= column.size() && std::ranges::find(seen, false) == seen.end();
}

// What cannot be learned is refused before training begins.
void check_target(const downhill::Dataset& table, const std::string& target, bool has_classes) {
  std::vector<double> values = table.column(target);
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() == 1)
    throw downhill::DataError(
        fmt::format("{}: the target '{}' is {} in every row, so there is nothing to learn; choose another --target",
                    table.source, target, values[0]));
  if (has_classes && !std::ranges::all_of(values, [](double x) { return x >= 0 && std::floor(x) == x; }))
    return;  // classes_of says which is none
  if (has_classes && values.size() == table.rows())
    throw downhill::DataError(
        fmt::format("{}: '{}' has another class in each of {} rows, as a number that tells rows apart has; choose "
                    "another --target, or --regression",
                    table.source, target, table.rows()));
  if (has_classes && values.back() >= static_cast<double>(table.rows()))
    throw downhill::DataError(
        fmt::format("{}: '{}' has the class {}, and there are {} rows; number the classes 0, 1, 2 and so on",
                    table.source, target, values.back(), table.rows()));
}

// The network computes in float.
void check_range(const downhill::Dataset& table) {
  for (std::size_t i = 0; i < table.values.size(); ++i)
    if (std::abs(table.values[i]) > 1e37)
      throw downhill::DataError(
          fmt::format("{}: {} in column '{}' is too large for a network of floats; change the "
                      "unit",
                      table.source, table.values[i], table.names[i % table.columns()]));
}

// Are all targets of these samples equal? Of labels it is not asked.
bool has_one_target(const downhill::Samples<float>& samples, std::span<const std::size_t> indices) {
  if (samples.has_labels()) return false;
  const std::size_t outputs = samples.outputs;
  const float first = samples.targets[indices.front() * outputs];
  return std::ranges::all_of(indices, [&](std::size_t i) {
    return std::all_of(samples.targets.begin() + static_cast<std::ptrdiff_t>(i * outputs),
                       samples.targets.begin() + static_cast<std::ptrdiff_t>((i + 1) * outputs),
                       [&](float target) { return target == first; });
  });
}

}  // namespace

TableSamples samples_of(const downhill::Dataset& table, std::vector<std::string> targets, Task task, double held_out,
                        std::uint64_t seed, const Crew& crew) {
  const std::string_view asked = targets.empty() ? "the last one" : "as asked";
  if (targets.empty()) targets.push_back(table.names.back());
  if (table.columns() < 2)
    throw downhill::DataError(
        fmt::format("{}: 1 column; there must be at least one of inputs beside the target", table.source));
  // Of the targets each process knows all rows: they decide what is learned, and how the samples are split.
  const bool is_alone = crew.size() == 1;
  const downhill::Dataset gathered = is_alone ? downhill::Dataset{} : crew.with_all_rows(table, targets);
  const downhill::Dataset& known = is_alone ? table : gathered;
  const bool decided = task == Task::decide;
  if (decided) task = targets.size() == 1 && holds_classes(known.column(targets[0])) ? Task::classes : Task::regression;
  if (task == Task::classes && targets.size() > 1)
    throw downhill::OptionError(fmt::format("--classes: {} targets; a class stands in one column", targets.size()));
  if (known.rows() < 2)
    throw downhill::DataError(
        fmt::format("{}: 1 row; there must be at least 2, one to learn from and one to hold out", table.source));
  const bool has_classes = task == Task::classes;
  for (const std::string& target : targets) check_target(known, target, has_classes);
  check_range(table);
  const auto samples_in = [&](const downhill::Dataset& from) {
    return has_classes ? downhill::classes_of<float>(from, targets[0]) : downhill::targets_of<float>(from, targets);
  };
  const downhill::Samples<float> all_targets = is_alone ? downhill::Samples<float>{} : samples_in(known),
                                 own = samples_in(table), &all = is_alone ? own : all_targets;
  TableSamples samples;
  samples.has_classes = has_classes;
  samples.outputs = has_classes ? all.classes() : all.outputs;
  samples.decision =
      fmt::format("the target is column{} '{}' ({}), {}{}", targets.size() == 1 ? "" : "s", fmt::join(targets, "', '"),
                  asked, has_classes ? fmt::format("with {} classes", all.classes()) : std::string("with numbers"),
                  !decided      ? ""
                  : has_classes ? ", as its values look; --regression takes them as numbers"
                                : ", as its values look");
  const auto parts = has_classes ? downhill::stratified_split(all.labels, held_out, seed)
                                 : downhill::split(all.size(), held_out, seed);
  samples.train = crew.own_part(own, parts.train), samples.held_out = crew.own_part(own, parts.held_out);
  samples.trains_one_target = has_one_target(all, parts.train);
  samples.holds_one = has_one_target(all, parts.held_out);
  for (const std::string& name : table.names)
    if (std::ranges::find(targets, name) == targets.end()) samples.inputs.names.push_back(name);
  samples.inputs.scaling = crew.standardise(samples.train.samples.inputs, own.features);
  if (!has_classes) samples.targets = {targets, crew.standardise(samples.train.samples.targets, own.outputs)};
  for (auto* part : {&samples.train.samples, &samples.held_out.samples}) {
    samples.inputs.scaling.to(std::span(part->inputs));
    if (!has_classes) samples.targets.scaling.to(std::span(part->targets));
  }
  return samples;
}
