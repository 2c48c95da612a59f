// The main example of networks: 1,797 handwritten digits of 8 x 8 pixels by a 64-64-10 network.
//
//     digits [--epochs n] [--seed n] [--save network.safetensors] [--html page.html]
//
// A fifth of the digits is held out until the end; a tenth of the rest says which epoch was best.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <autodiff/inspect/pictures/loss_curve.hpp>
#include <autodiff/inspect/pictures/weight_images.hpp>
#include <models/models.hpp>

#include "program.hpp"

namespace {

using namespace downhill;

struct Options {
  std::size_t epochs = 40;
  std::uint64_t seed = 1;
  std::string save, html;
};

struct Digits {
  Samples<float> train, validation, held_out;
};

Digits read_digits(std::uint64_t seed) {
  auto all = classes_of<float>(read_csv(std::filesystem::path(DOWNHILL_EXAMPLE_DATA) / "digits.csv.gz"));
  for (float& pixel : all.inputs) pixel /= 16;
  const Split outer = stratified_split(all.labels, 0.2, seed);
  const auto rest = all.rows(outer.train);
  const Split inner = stratified_split(rest.labels, 0.1, seed + 1);
  return {rest.rows(inner.train), rest.rows(inner.held_out), all.rows(outer.held_out)};
}

// The mistakes, as columns of a matrix: pixels x images.
struct Mistakes {
  std::vector<float> pixels;
  std::vector<std::string> titles;
  std::size_t count = 0;
};

Mistakes mistakes_of(const Samples<float>& digits, const std::vector<std::size_t>& predicted, std::size_t most) {
  std::vector<std::size_t> wrong;
  Mistakes mistakes;
  for (std::size_t i = 0; i < digits.size() && wrong.size() < most; ++i) {
    if (predicted[i] == digits.labels[i]) continue;
    wrong.push_back(i);
    mistakes.titles.push_back(fmt::format("{} as {}", digits.labels[i], predicted[i]));
  }
  mistakes.count = wrong.size();
  for (std::size_t pixel = 0; pixel < digits.features; ++pixel)
    for (const std::size_t i : wrong) mistakes.pixels.push_back(digits.input(i)[pixel]);
  return mistakes;
}

std::vector<double> losses_of(const TrainingResult& trained, bool validation) {
  std::vector<double> losses;
  for (const Epoch& epoch : trained.history) losses.push_back(validation ? epoch.validation->loss : epoch.loss);
  return losses;
}

void write_page(const std::string& file, const Mlp<float>& network, const TrainingResult& trained,
                const Mistakes& mistakes) {
  const std::vector<double> train = losses_of(trained, false), validation = losses_of(trained, true);
  const std::array curves{inspect::Curve{"training", train}, inspect::Curve{"validation", validation}};
  std::vector<inspect::Figure> figures{inspect::loss_curve(curves, {.title = "Loss", .index = "epoch"})};
  if (mistakes.count > 0)
    figures.push_back(
        inspect::weight_images(mistakes.pixels, mistakes.pixels.size() / mistakes.count, mistakes.count,
                               {.title = "Mistakes among the held-out digits", .width = 8, .titles = mistakes.titles}));
  const auto weights = network.parameter("0.weight");
  figures.push_back(inspect::weight_images(std::span(weights.data(), static_cast<std::size_t>(weights.size())), 64, 64,
                                           {.title = "Weights of the first layer", .width = 8}));
  inspect::write(file, inspect::page("Digits", "A 64-64-10 network on 1,797 handwritten digits.", figures));
}

int run(const Options& options) {
  const Digits digits = read_digits(options.seed);
  Mlp<float> network(dense({64, 64, 10}, Activation::relu, options.seed));
  fmt::print("{}\n", network.summary(32));

  const std::size_t steps = options.epochs * ((digits.train.size() + 31) / 32);
  const TrainingResult trained =
      fit(network, digits.train, Adam{.learning_rate = OneCycle{.peak = 0.01, .steps = steps}},
          {.epochs = options.epochs, .batch = 32, .seed = options.seed, .validation = &digits.validation},
          ProgressBar({.out = stdout, .epochs_apart = 5}));
  fmt::print("{} steps in {:.2f} s; the parameters are those of epoch {}\n\n", trained.steps, trained.seconds,
             trained.best_epoch);

  const std::vector<std::size_t> predicted = predicted_classes(network.predict(digits.held_out.inputs));
  fmt::print("Held out, {} digits:\n{}\n", digits.held_out.size(),
             confusion_matrix(predicted, digits.held_out.labels, 10).table());

  inspect::TextOptions text = inspect::options_for(stdout);
  const Mistakes mistakes = mistakes_of(digits.held_out, predicted, 8);
  if (mistakes.count > 0)
    fmt::print("{}\n", inspect::weight_images_text(mistakes.pixels, 64, mistakes.count, text,
                                                   {.width = 8, .titles = mistakes.titles}));
  const auto weights = network.parameter("0.weight");
  fmt::print("{}\n", inspect::weight_images_text(std::span(weights.data(), static_cast<std::size_t>(weights.size())),
                                                 64, 64, text, {.width = 8, .most = 8}));

  const double score = accuracy(predicted, digits.held_out.labels);
  fmt::print("Held-out accuracy {:.2f} %\n", 100 * score);
  if (!options.save.empty()) {
    save(network, options.save);
    fmt::print("Saved to {}.\n", options.save);
  }
  if (!options.html.empty()) {
    write_page(options.html, network, trained, mistakes_of(digits.held_out, predicted, 64));
    fmt::print("The pictures on a page: open {} in a browser.\n", options.html);
  }
  return score >= 0.975 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app{"Handwritten digits by a 64-64-10 network.", "digits"};
  Options options;
  app.add_option("--epochs", options.epochs, "times through the data (default: 40)")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--seed", options.seed, "of the start, the split and the order (default: 1)")->type_name("N");
  app.add_option("--save", options.save, "write the network to this file")->type_name("FILE");
  app.add_option("--html", options.html, "write the pictures to this page")->type_name("FILE");
  return run_program(app, count, arguments, [&] { return run(options); });
}
