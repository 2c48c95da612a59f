// Splits: every sample in one part, every class in proportion, and the same order on every machine.

#include <models/data/split.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <autodiff/descent/objective.hpp>
#include <autodiff/error.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

using namespace downhill;

namespace {

using Indices = std::vector<std::size_t>;

// Every index below `samples` once.
bool is_partition(const Split& split, std::size_t samples) {
  Indices together = split.train;
  together.insert(together.end(), split.held_out.begin(), split.held_out.end());
  std::sort(together.begin(), together.end());
  for (std::size_t i = 0; i < together.size(); ++i)
    if (together[i] != i) return false;
  return together.size() == samples && !split.train.empty() && !split.held_out.empty();
}

template <class Label>
std::map<Label, std::size_t> counts(const std::vector<Label>& labels, const Indices& samples) {
  std::map<Label, std::size_t> result;
  for (const Label& label : labels) result[label];
  for (const std::size_t i : samples) ++result[labels[i]];
  return result;
}

}  // namespace

TEST_CASE("a shuffle is the same on every machine") {
  Indices ten(10);
  for (std::size_t i = 0; i < ten.size(); ++i) ten[i] = i;
  std::mt19937_64 generator(7);
  shuffle(ten, generator);
  CHECK(ten == Indices{0, 7, 4, 9, 3, 1, 2, 8, 6, 5});
  Indices none;
  shuffle(none, generator);
  CHECK(none.empty());
}

TEST_CASE("a shuffle makes every order equally often") {
  std::map<Indices, int> seen;
  std::mt19937_64 generator(1);
  for (int i = 0; i < 24'000; ++i) {
    Indices four{0, 1, 2, 3};
    shuffle(four, generator);
    ++seen[four];
  }
  CHECK(seen.size() == 24);
  double chi_squared = 0;
  for (const auto& [order, count] : seen) chi_squared += (count - 1000) * (count - 1000) / 1000.0;
  CHECK(chi_squared < 49.7);  // 23 degrees of freedom: exceeded once in 1000 seeds
}

TEST_CASE("a split is the same on every machine") {
  const Split twelve = split(12, 0.25, 2024);
  CHECK(twelve.held_out == Indices{3, 5, 9});
  CHECK(twelve.train == Indices{2, 6, 8, 0, 4, 11, 1, 7, 10});
  CHECK(split(12, 0.25, 2025).train != twelve.train);
  const Split one_class = stratified_split(std::vector<int>(12, 5), 0.25, 2024);
  CHECK(one_class.held_out == twelve.held_out);
  CHECK(one_class.train == twelve.train);
}

TEST_CASE("every sample is in one of the two parts, and neither is empty") {
  for (std::size_t samples = 2; samples < 60; ++samples)
    for (const double fraction : {1e-300, 0.01, 0.1, 0.2, 1.0 / 3, 0.5, 0.75, 0.99, std::nextafter(1.0, 0.0)}) {
      CAPTURE(samples, fraction);
      const Split parts = split(samples, fraction, samples);
      CHECK(is_partition(parts, samples));
      const double wanted = std::round(fraction * static_cast<double>(samples));
      CHECK(static_cast<double>(parts.held_out.size()) == std::clamp(wanted, 1.0, static_cast<double>(samples) - 1));
      CHECK(is_partition(stratified_split(Indices(samples, 0), fraction, 1), samples));
    }
}

TEST_CASE("each class is held out in proportion") {
  std::vector<std::string> labels;
  for (int i = 0; i < 100; ++i) labels.insert(labels.end(), {"cat", "dog", "cat", i % 2 == 0 ? "cat" : "emu"});
  const Split parts = stratified_split(labels, 0.2, 3);
  CHECK(is_partition(parts, 400));
  CHECK(counts(labels, parts.held_out) == std::map<std::string, std::size_t>{{"cat", 50}, {"dog", 20}, {"emu", 10}});
  CHECK(counts(labels, parts.train) == std::map<std::string, std::size_t>{{"cat", 200}, {"dog", 80}, {"emu", 40}});
}

TEST_CASE("what the proportions leave over goes to the largest remainders") {
  std::vector<int> labels;  // quotas at 0.1: 1.9, 1.2, 0.9; in all 4
  labels.insert(labels.end(), 19, 1), labels.insert(labels.end(), 12, 2), labels.insert(labels.end(), 9, 3);
  CHECK(counts(labels, stratified_split(labels, 0.1, 1).held_out) ==
        std::map<int, std::size_t>{{1, 2}, {2, 1}, {3, 1}});
  // Quotas at 0.5: 1.5 each, in all 4.5 and so 5: two of the three have 2, and which ones is left to the seed.
  const std::vector<int> nine{1, 1, 1, 2, 2, 2, 3, 3, 3};
  std::set<std::vector<std::size_t>> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto held_out = counts(nine, stratified_split(nine, 0.5, seed).held_out);
    seen.insert({held_out.at(1), held_out.at(2), held_out.at(3)});
  }
  CHECK(seen == std::set<std::vector<std::size_t>>{{1, 2, 2}, {2, 1, 2}, {2, 2, 1}});
}

TEST_CASE("classes of any sizes are whole, in both parts and near their quota") {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::vector<double> labels;
    const std::size_t classes = 1 + random() % 8;
    bool small = false;
    for (std::size_t c = 0; c < classes; ++c) {
      const std::size_t size = 1 + random() % (seed % 2 == 0 ? 5 : 80);
      labels.insert(labels.end(), size, 0.5 * static_cast<double>(c));
    }
    if (labels.size() < 2) continue;
    Indices order(labels.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    shuffle(order, random);
    std::vector<double> mixed;
    for (const std::size_t i : order) mixed.push_back(labels[i]);
    const double fraction = (1 + static_cast<double>(random() % 99)) / 100;
    const Split parts = stratified_split(mixed, fraction, seed);
    Indices together = parts.train;
    together.insert(together.end(), parts.held_out.begin(), parts.held_out.end());
    std::sort(together.begin(), together.end());
    std::sort(order.begin(), order.end());
    CHECK(together == order);
    const auto held_out = counts(mixed, parts.held_out);
    for (const auto& [label, size] : counts(mixed, order)) {
      const double quota = fraction * static_cast<double>(size), held = static_cast<double>(held_out.at(label));
      if (size > 1) {
        CHECK(held_out.at(label) >= 1);
        CHECK(held_out.at(label) <= size - 1);
      }
      const bool bound = size > 1 && (quota < 1 || quota > static_cast<double>(size) - 1);
      small = small || bound;
      if (!bound) CHECK(std::abs(held - quota) < 1);
    }
    const auto samples = static_cast<double>(mixed.size());
    const double total = std::clamp(std::round(fraction * samples), 1.0, samples - 1);
    if (!small) CHECK(static_cast<double>(parts.held_out.size()) == total);
  }
}

TEST_CASE("as many classes as samples take no time that grows with their square") {
  Indices labels(200'000);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i;
  CHECK(stratified_split(labels, 0.25, 1).held_out.size() == 50'000);
}

TEST_CASE("a split of nothing, or by no fraction, is refused") {
  CHECK(message_of([] { split(0, 0.2, 1); }) == "split: 0 samples; give at least 2");
  CHECK(message_of([] { split(1, 0.2, 1); }) == "split: 1 sample; give at least 2");
  CHECK(message_of([] { stratified_split(std::vector<int>{}, 0.2, 1); }) ==
        "stratified_split: 0 samples; give at least 2");
  CHECK_THROWS_AS(split(0, 0.2, 1), ShapeError);
  for (const double fraction : {0.0, 1.0, -0.1, 1.5, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(split(10, fraction, 1), OptionError);
    CHECK_THROWS_AS(stratified_split(std::vector{1, 2}, fraction, 1), OptionError);
  }
  CHECK(message_of([] { split(10, 1, 1); }) ==
        "split: a fraction of 1 held out; give one between 0 and 1, such as 0.2");
  CHECK(message_of([] { stratified_split(std::vector{1.0, std::nan(""), 2.0}, 0.2, 1); }) ==
        "stratified_split: the label of sample 1 is NaN; give every sample a class");
}
