// Splits: the samples are shuffled once, and the first of them, or the first of each class, are held out.

#include <models/data/split.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <random>
#include <string_view>
#include <utility>

#include <autodiff/descent/objective.hpp>
#include <autodiff/error.hpp>
#include <autodiff/text/counted.hpp>

namespace downhill {
namespace {

void check(std::string_view operation, std::size_t samples, double fraction) {
  if (!(0 < fraction && fraction < 1))
    throw OptionError(
        fmt::format("{}: a fraction of {} held out; give one between 0 and 1, such as 0.2", operation, fraction));
  if (samples < 2) throw ShapeError(fmt::format("{}: {}; give at least 2", operation, counted(samples, "sample")));
}

std::vector<std::size_t> counting_from_0(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

std::size_t rounded_share(std::size_t samples, double fraction) {
  const double share = std::round(fraction * static_cast<double>(samples));
  return std::clamp(static_cast<std::size_t>(share), std::size_t{1}, samples - 1);
}

// How many of each class to hold out. Among equal remainders the first in `order` counts as the largest.
std::vector<std::size_t> shares_of_classes(const std::vector<std::size_t>& sizes, std::vector<std::size_t> order,
                                           std::size_t total, double fraction) {
  const auto most = [&](std::size_t c) { return sizes[c] > 1 ? sizes[c] - 1 : sizes[c]; };
  std::vector<std::size_t> held_out(sizes.size());
  std::vector<double> remainders(sizes.size());
  std::size_t given = 0;
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    const double share = fraction * static_cast<double>(sizes[c]), whole = std::floor(share);
    remainders[c] = share - whole;
    held_out[c] = std::clamp(static_cast<std::size_t>(whole), std::size_t{sizes[c] > 1}, most(c));
    if (static_cast<double>(held_out[c]) > share) remainders[c] = 0;  // it has more than its share already
    given += held_out[c];
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  for (const std::size_t c : order) {
    if (given >= total || remainders[c] == 0) break;
    if (held_out[c] == most(c)) continue;
    ++held_out[c], ++given;
  }
  return held_out;
}

}  // namespace

namespace split_detail {

void label_not_a_number(std::size_t index) {
  throw DataError(fmt::format("stratified_split: the label of sample {} is NaN; give every sample a class", index));
}

Split stratified(std::span<const std::size_t> classes, std::size_t number_of_classes, double held_out_fraction,
                 std::uint64_t seed) {
  check("stratified_split", classes.size(), held_out_fraction);
  std::mt19937_64 generator(seed);
  std::vector<std::size_t> samples = counting_from_0(classes.size()), order = counting_from_0(number_of_classes);
  shuffle(samples, generator);
  shuffle(order, generator);
  std::vector<std::size_t> sizes(number_of_classes);
  for (const std::size_t c : classes) ++sizes[c];
  const std::size_t total = rounded_share(classes.size(), held_out_fraction);
  std::vector<std::size_t> wanted = shares_of_classes(sizes, std::move(order), total, held_out_fraction);
  Split result;
  for (const std::size_t sample : samples) {
    std::size_t& left = wanted[classes[sample]];
    (left > 0 ? result.held_out : result.train).push_back(sample);
    if (left > 0) --left;
  }
  return result;
}

}  // namespace split_detail

Split split(std::size_t samples, double held_out_fraction, std::uint64_t seed) {
  check("split", samples, held_out_fraction);
  std::mt19937_64 generator(seed);
  std::vector<std::size_t> order = counting_from_0(samples);
  shuffle(order, generator);
  const auto first = order.begin() + static_cast<std::ptrdiff_t>(rounded_share(samples, held_out_fraction));
  return {.train = {first, order.end()}, .held_out = {order.begin(), first}};
}

}  // namespace downhill
