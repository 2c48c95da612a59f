// Benign or malignant: logistic regression on 30 measurements of the cells of 569 tumours.
//
//     cancer [--seed n]
//
// The model is judged by cross-validation: a fifth of the tumours is held out, five times, so that every tumour is
// judged once by a model that has not seen it. The weights are of standardised measurements, so the largest of them
// matter most.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <models/models.hpp>

#include "program.hpp"

namespace {

using namespace downhill;

// The part, of k, to which each sample belongs; every class is spread over the parts in proportion.
std::vector<std::size_t> folds_of(const std::vector<std::size_t>& labels, std::size_t k, std::uint64_t seed) {
  std::vector<std::size_t> order(labels.size()), fold(labels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 generator(seed);
  shuffle(order, generator);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return labels[i]; });
  for (std::size_t i = 0; i < order.size(); ++i) fold[order[i]] = i % k;
  return fold;
}

// Fitted to some tumours, with the units of their measurements.
struct Fitted {
  TableScaling scaling;
  LogisticRegression<double> model;

  explicit Fitted(Samples<double> tumours)
      : scaling(standardise(tumours.inputs, tumours.features)), model(tumours.features) {
    scaling.to(tumours.inputs);
    fit(model, tumours, AdamW{.learning_rate = 0.01, .weight_decay = 0.1}, {.epochs = 50, .batch = 32});
  }
  std::vector<std::size_t> classes(Samples<double> tumours) const {
    scaling.to(tumours.inputs);
    return predicted_classes(model.predict(tumours.inputs));
  }
};

int run(std::uint64_t seed) {
  constexpr std::size_t parts = 5;
  const Dataset table = read_csv(std::filesystem::path(DOWNHILL_EXAMPLE_DATA) / "breast_cancer.csv");
  const auto tumours = classes_of<double>(table);
  const std::vector<std::size_t> fold = folds_of(tumours.labels, parts, seed);
  std::vector<std::size_t> predicted(tumours.size());
  for (std::size_t part = 0; part < parts; ++part) {
    std::vector<std::size_t> train, held_out;
    for (std::size_t i = 0; i < tumours.size(); ++i) (fold[i] == part ? held_out : train).push_back(i);
    const std::vector<std::size_t> classes = Fitted(tumours.rows(train)).classes(tumours.rows(held_out));
    for (std::size_t i = 0; i < held_out.size(); ++i) predicted[held_out[i]] = classes[i];
    fmt::print("part {} of {}: {:3} tumours held out, {:.2f} % right\n", part + 1, parts, held_out.size(),
               100 * accuracy(classes, tumours.rows(held_out).labels));
  }
  const std::vector<std::string> names{"malignant", "benign"};
  fmt::print("\nEvery tumour once, by a model that had not seen it:\n{}\n",
             confusion_matrix(predicted, tumours.labels, 2).table(names));

  const Fitted fitted(tumours);
  const std::span<const double> weights = fitted.model.weights();
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, std::greater(), [&](std::size_t i) { return std::abs(weights[i]); });
  fmt::print("What speaks for benign (+) or malignant (-), for each standard deviation:\n");
  for (std::size_t k = 0; k < 8; ++k) {
    const double weight = weights[order[k]];
    fmt::print("  {:<22} {:+.3f}  ", table.names[order[k]], weight);
    for (int i = 0; i < static_cast<int>(std::round(std::abs(weight) * 40)); ++i) fmt::print("█");
    fmt::print("\n");
  }
  const double score = accuracy(predicted, tumours.labels);
  fmt::print("\nAccuracy {:.2f} % of {} tumours\n", 100 * score, tumours.size());
  return score >= 0.97 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app{"Logistic regression: are tumours benign or malignant?", "cancer"};
  std::uint64_t seed = 1;
  app.add_option("--seed", seed, "of the parts (default: 1)")->type_name("N");
  return run_program(app, count, arguments, [&] { return run(seed); });
}
