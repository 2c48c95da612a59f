#include <models/ranks/part.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include <autodiff/error.hpp>
#include <models/double_double.hpp>

namespace downhill {
namespace {

// Of each column, the value of the first row that any rank has: differences from it are exactly 0 where all are equal.
template <class T>
std::vector<double> first_row(const Ranks& ranks, std::span<const T> rows, std::size_t columns) {
  std::vector<double> own;
  if (!rows.empty())
    for (std::size_t c = 0; c < columns; ++c) own.push_back(static_cast<double>(rows[c]));
  std::vector<double> all = ranks.gathered(own);
  all.resize(std::min(all.size(), columns));
  return all;
}

// Sums of pairs of doubles, one for each column, over all ranks, in pairs as well.
std::vector<DoubleDouble> summed(const Ranks& ranks, const std::vector<DoubleDouble>& own) {
  std::vector<double> halves;
  for (const DoubleDouble& each : own) halves.insert(halves.end(), {each.high, each.low});
  const std::vector<double> all = ranks.gathered(halves);
  std::vector<DoubleDouble> result(own.size());
  for (std::size_t i = 0; i < all.size(); i += 2) {
    DoubleDouble& to = result[i / 2 % own.size()];
    to = to + DoubleDouble(all[i], all[i + 1]);
  }
  return result;
}

// Of each column, the mean less the first row, and the sum of squared deviations from the mean.
struct Moments {
  std::vector<DoubleDouble> means, squares;
};

template <class T>
Moments moments_of(const Ranks& ranks, std::span<const T> rows, const std::vector<double>& first, double count) {
  const std::size_t columns = first.size();
  std::vector<DoubleDouble> sums(columns), squares(columns);
  const auto from_first = [&](std::size_t i) {
    return DoubleDouble(static_cast<double>(rows[i])) - DoubleDouble(first[i % columns]);
  };
  for (std::size_t i = 0; i < rows.size(); ++i) sums[i % columns] = sums[i % columns] + from_first(i);
  std::vector<DoubleDouble> means = summed(ranks, sums);
  for (DoubleDouble& mean : means) mean = mean / DoubleDouble(count);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const DoubleDouble deviation = from_first(i) - means[i % columns];
    squares[i % columns] = squares[i % columns] + deviation * deviation;
  }
  return {means, summed(ranks, squares)};
}

}  // namespace

template <class T>
PartOfSamples<T> part_of(const Ranks& ranks, const Samples<T>& all) {
  PartOfSamples<T> part{.samples = {}, .numbers = {}, .of = all.size()};
  for (std::size_t i = ranks.rank(); i < all.size(); i += ranks.size()) part.numbers.push_back(i);
  part.samples = all.rows(part.numbers);
  return part;
}

template <class T>
TableScaling standardise(const Ranks& ranks, std::span<const T> rows, std::size_t columns) {
  if (columns == 0 || rows.size() % columns != 0)
    throw ShapeError(fmt::format("standardise: {} values are no whole rows of {}", rows.size(), columns));
  const double count = ranks.sum(static_cast<double>(rows.size() / columns));
  if (count == 0) throw ShapeError("standardise: no rank has any rows");
  const std::vector<double> first = first_row(ranks, rows, columns);
  const Moments moments = moments_of(ranks, rows, first, count);
  TableScaling scaling;
  for (std::size_t c = 0; c < columns; ++c) {
    const double deviation = std::sqrt(moments.squares[c].high / count);
    scaling.columns.push_back(
        {.mean = (DoubleDouble(first[c]) + moments.means[c]).high, .scale = deviation == 0 ? 1.0 : deviation});
  }
  return scaling;
}

namespace ranks_detail {

template <class T>
Metrics metrics_of(const Ranks& ranks, const Score& score, std::span<const T> targets) {
  std::vector<double> sums{score.samples, score.losses, score.right};
  sums.insert(sums.end(), score.errors.begin(), score.errors.end());
  ranks.sum(sums);
  const double samples = sums[0];
  const Metrics labels{.loss = sums[1] / samples, .score = sums[2] / samples};
  if (score.has_labels) return labels;
  const std::size_t outputs = score.errors.size();
  const std::vector<double> first = first_row(ranks, targets, outputs);
  const Moments moments = moments_of(ranks, targets, first, samples);
  double r_squared = 0;
  for (std::size_t k = 0; k < outputs; ++k) {  // as in training/metrics.cpp
    const double errors = sums[3 + k], deviations = moments.squares[k].high;
    const double nothing_to_explain = errors == 0 ? 1 : 0;
    r_squared += deviations == 0 && errors == errors ? nothing_to_explain : errors == 0 ? 1 : 1 - errors / deviations;
  }
  return {.loss = labels.loss, .score = r_squared / static_cast<double>(outputs)};
}

template <class T>
Kind kind_of(const Ranks& ranks, std::string_view operation, const Samples<T>& own, std::size_t inputs,
             std::size_t outputs, Loss loss, double huber_delta) {
  std::vector<double> known;
  if (own.size() > 0) {
    loss = training_detail::demand_fit(operation, own, inputs, outputs, loss, huber_delta);
    known = {static_cast<double>(loss), own.has_labels() ? 1.0 : 0.0};
  }
  const std::vector<double> all = ranks.gathered(known);
  if (all.empty()) throw ShapeError(fmt::format("{}: no rank has any samples", operation));
  if (!known.empty() && (known[0] != all[0] || known[1] != all[1]))
    throw ShapeError(fmt::format(
        "{}: the samples are of another kind, labels or targets, than those of the ranks before it", operation));
  return {static_cast<Loss>(static_cast<int>(all[0])), all[1] == 1};
}

template Metrics metrics_of(const Ranks&, const Score&, std::span<const float>);
template Metrics metrics_of(const Ranks&, const Score&, std::span<const double>);
template Kind kind_of(const Ranks&, std::string_view, const Samples<float>&, std::size_t, std::size_t, Loss, double);
template Kind kind_of(const Ranks&, std::string_view, const Samples<double>&, std::size_t, std::size_t, Loss, double);

}  // namespace ranks_detail

template PartOfSamples<float> part_of(const Ranks&, const Samples<float>&);
template PartOfSamples<double> part_of(const Ranks&, const Samples<double>&);
template TableScaling standardise(const Ranks&, std::span<const float>, std::size_t);
template TableScaling standardise(const Ranks&, std::span<const double>, std::size_t);

}  // namespace downhill
