// Three kinds of iris by four lengths: softmax regression, by L-BFGS on all samples at once.
//
//     iris [--seed n]

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/text/table.hpp>
#include <models/models.hpp>

#include "program.hpp"

namespace {

using namespace downhill;

int run(std::uint64_t seed) {
  const Dataset table = read_csv(std::filesystem::path(DOWNHILL_EXAMPLE_DATA) / "iris.csv");
  auto flowers = classes_of<double>(table);
  flowers.class_names = {"setosa", "versicolor", "virginica"};
  const Split parts = stratified_split(flowers.labels, 0.2, seed);
  auto train = flowers.rows(parts.train), held_out = flowers.rows(parts.held_out);
  const TableScaling scaling = standardise(train.inputs, train.features);
  scaling.to(train.inputs);
  scaling.to(held_out.inputs);

  SoftmaxRegression<double> model(train.features, 3);
  const TrainingResult trained = fit(model, train, Lbfgs{}, {.epochs = 30});
  fmt::print("{} steps of L-BFGS; the loss went from {:.4f} to {:.4f}\n\n", trained.steps, std::log(3.0),
             trained.history.back().loss);

  std::vector<TableRow> rows{{""}};
  for (const std::string& name : flowers.class_names) rows[0].push_back(name);
  for (Eigen::Index i = 0; i < model.weights().rows(); ++i) {
    rows.push_back({table.names[static_cast<std::size_t>(i)]});
    for (Eigen::Index j = 0; j < model.weights().cols(); ++j)
      rows.back().push_back(fmt::format("{:.2f}", model.weights()(i, j)));
  }
  fmt::print("Weights of the standardised lengths:\n\n{}\n",
             aligned_text(rows, std::array{Align::left, Align::right}, 2));
  const auto predicted = predicted_classes(model.predict(held_out.inputs));
  fmt::print("Held out, {} flowers:\n{}\n", held_out.size(),
             confusion_matrix(predicted, held_out.labels, 3).table(flowers.class_names));
  const double score = accuracy(predicted, held_out.labels);
  fmt::print("Held-out accuracy {:.2f} %\n", 100 * score);
  return score >= 0.9 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app{"Three kinds of iris by softmax regression.", "iris"};
  std::uint64_t seed = 1;
  app.add_option("--seed", seed, "of the split (default: 1)")->type_name("N");
  return run_program(app, count, arguments, [&] { return run(seed); });
}
