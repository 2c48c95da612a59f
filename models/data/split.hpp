#pragma once
/// \file
/// Splits of samples into those to learn from and those that are held out, to see afterwards how well the model
/// learned. The same seed gives the same split on every machine.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <vector>

namespace downhill {

/// The indices of all samples, each in one of the two parts, both in random order.
struct Split {
  std::vector<std::size_t> train, held_out;
};

/// Holds out round(held_out_fraction * samples) samples, but at least one, and leaves at least one. Throws OptionError
/// unless 0 < held_out_fraction < 1, ShapeError if there are fewer than 2 samples.
Split split(std::size_t samples, double held_out_fraction, std::uint64_t seed);

namespace split_detail {
[[noreturn]] void label_not_a_number(std::size_t index);
/// Sample i is of the class classes[i] < number_of_classes.
Split stratified(std::span<const std::size_t> classes, std::size_t number_of_classes, double held_out_fraction,
                 std::uint64_t seed);
}  // namespace split_detail

/// The same, with every class in proportion. Samples of one label are a class; of n samples of a class,
/// held_out_fraction * n are held out, rounded down or up by the method of largest remainders, so that the sum over all
/// classes is round(held_out_fraction * samples). A class of 2 samples or more has at least one in each part, even
/// where the sum is then another. The labels are a range of numbers or of anything that can be sorted, one for each
/// sample.
///
/// Throws OptionError unless 0 < held_out_fraction < 1, ShapeError if there are fewer than 2 samples, DataError if a
/// label is NaN.
template <std::ranges::forward_range Labels>
Split stratified_split(const Labels& labels, double held_out_fraction, std::uint64_t seed) {
  std::vector<std::ranges::range_value_t<const Labels>> distinct;
  for (const auto& label : labels) {
    if (!(label == label)) split_detail::label_not_a_number(distinct.size());
    distinct.push_back(label);
  }
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<std::size_t> classes;
  for (const auto& label : labels)
    classes.push_back(
        static_cast<std::size_t>(std::lower_bound(distinct.begin(), distinct.end(), label) - distinct.begin()));
  return split_detail::stratified(classes, distinct.size(), held_out_fraction, seed);
}

}  // namespace downhill
