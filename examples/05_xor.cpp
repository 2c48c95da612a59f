// Exclusive or: the smallest problem that one line cannot solve, and the smallest network that can.
//
//     xor [--html page.html]
//
// First a neuron without a hidden layer is trained, then a network with a hidden layer of four units, both by L-BFGS on
// all four samples.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <autodiff/inspect/pictures/decision_boundary.hpp>
#include <models/models.hpp>

#include "program.hpp"

namespace {

using namespace downhill;

const Samples<double> exclusive_or{.features = 2, .inputs = {0, 0, 0, 1, 1, 0, 1, 1}, .labels = {0, 1, 1, 0}};

template <class Model>
void show(const std::string& title, Model& model) {
  const TrainingResult trained = fit(model, exclusive_or, Lbfgs{}, {.epochs = 200});
  const auto logits = model.predict(exclusive_or.inputs);
  fmt::print("{}: loss {:.2g} after {} steps; {}\n\n  a  b  a xor b  p(1)\n", title, evaluate(model, exclusive_or).loss,
             trained.steps, trained.why);
  for (std::size_t i = 0; i < exclusive_or.size(); ++i)
    fmt::print("  {:.0f}  {:.0f}  {:7}  {:.3f}\n", exclusive_or.input(i)[0], exclusive_or.input(i)[1],
               exclusive_or.labels[i], sigmoid(logits(static_cast<Eigen::Index>(i), 0)));
  fmt::print("\n");
}

template <class Model>
auto classifier_of(const Model& model) {
  return inspect::as_classifier([&model](double x, double y) {
    const std::array point{x, y};
    return sigmoid(model.predict(point)(0, 0));
  });
}

int run(const std::string& html) {
  std::vector<inspect::LabelledPoint> samples;
  for (std::size_t i = 0; i < exclusive_or.size(); ++i)
    samples.push_back({exclusive_or.input(i)[0], exclusive_or.input(i)[1], exclusive_or.labels[i]});

  LogisticRegression<double> line(2);
  show("One neuron, a line", line);
  Mlp<double> network(dense({2, 4, 1}, Activation::tanh, 3));
  show("Four hidden units", network);

  inspect::BoundaryOptions options{.title = "Four hidden units",
                                   .x_name = "a",
                                   .y_name = "b",
                                   .class_names = {"0", "1"},
                                   .x = inspect::Interval{-0.5, 1.5},
                                   .y = inspect::Interval{-0.5, 1.5}};
  inspect::TextOptions text = inspect::options_for(stdout);
  text.width = 60;
  fmt::print("{}", inspect::decision_boundary_text(classifier_of(network), samples, text, options));
  if (!html.empty()) {
    std::vector<inspect::Figure> figures{inspect::decision_boundary(classifier_of(network), samples, options)};
    options.title = "One neuron, a line";
    figures.insert(figures.begin(), inspect::decision_boundary(classifier_of(line), samples, options));
    inspect::write(html,
                   inspect::page("Exclusive or", "What one neuron can say, and what four hidden units can.", figures));
    fmt::print("The same on a page: open {} in a browser.\n", html);
  }
  return accuracy(predicted_classes(network.predict(exclusive_or.inputs)), exclusive_or.labels) == 1 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app{"Exclusive or, by one neuron and by a network.", "xor"};
  std::string html;
  app.add_option("--html", html, "write the decision boundaries to this page")->type_name("FILE");
  return run_program(app, count, arguments, [&] { return run(html); });
}
