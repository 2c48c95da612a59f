// Two moons by a 2-16-16-1 network, built twice: of scalars, every weight a Var, and of matrices. The same numbers
// start both, and the losses stay the same, to rounding.
//
//     moons [--steps n] [--html page.html]

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <autodiff/inspect/pictures/decision_boundary.hpp>
#include <autodiff/inspect/pictures/loss_curve.hpp>
#include <models/models.hpp>

#include "program.hpp"

namespace {

using namespace downhill;

constexpr std::array<std::size_t, 4> sizes{2, 16, 16, 1};
constexpr double learning_rate = 1;

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

// One output of a layer: tanh(x . w + b), or without tanh the last. `w` is the layer's weights, inputs x outputs.
Var<double> unit(std::span<const Var<double>> x, std::span<const Var<double>> w, const Var<double>& b, std::size_t j,
                 std::size_t outputs, bool last) {
  Var<double> sum = b;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * w[i * outputs + j];
  return last ? sum : tanh(sum);
}

// The logit of one sample.
Var<double> logit(std::span<const double> input, std::span<const Var<double>> parameters) {
  std::vector<Var<double>> x(input.begin(), input.end()), y;
  std::size_t at = 0;
  for (std::size_t layer = 1; layer < sizes.size(); ++layer) {
    const std::size_t in = sizes[layer - 1], out = sizes[layer];
    const auto w = parameters.subspan(at, in * out), b = parameters.subspan(at + in * out, out);
    at += (in + 1) * out;
    y.clear();
    for (std::size_t j = 0; j < out; ++j) y.push_back(unit(x, w, b[j], j, out, layer + 1 == sizes.size()));
    std::swap(x, y);
  }
  return x[0];
}

// Descent over scalars, all samples in each step.
std::vector<double> train_scalars(const Samples<double>& moons, std::span<const double> start, std::size_t steps) {
  Tape<double> tape;
  tape.variables(start);
  const auto here = tape.mark();
  std::vector<Var<double>> parameters(start.size());
  Gradient<double> swept;
  std::vector<double> losses;
  for (std::size_t step = 0; step < steps; ++step) {
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] = tape.parameter(i);
    Var<double> loss = 0.0;
    for (std::size_t i = 0; i < moons.size(); ++i) {
      const Var<double> z = logit(moons.input(i), parameters);
      loss += softplus(z) - static_cast<double>(moons.labels[i]) * z;
    }
    loss /= static_cast<double>(moons.size());
    losses.push_back(loss.value());
    tape.gradient(loss, swept);
    tape.rewind(here);
    const std::span<double> w = tape.update_parameters();
    for (std::size_t i = 0; i < w.size(); ++i) w[i] -= learning_rate * swept.parameters()[i];
  }
  return losses;
}

std::vector<double> train_matrices(Mlp<double>& network, const Samples<double>& moons, std::size_t steps) {
  const TrainingResult trained =
      fit(network, moons, GradientDescent{.learning_rate = learning_rate}, {.epochs = steps, .batch = moons.size()});
  std::vector<double> losses;
  for (const Epoch& epoch : trained.history) losses.push_back(epoch.loss);
  return losses;
}

int run(std::size_t steps, const std::string& html) {
  const auto moons = two_moons<double>(200, 0.1, 1);
  Mlp<double> network(dense({sizes.begin(), sizes.end()}, Activation::tanh, 1));
  const std::vector<double> start(network.parameters().begin(), network.parameters().end());
  fmt::print("{} samples, a 2-16-16-1 network of {} parameters, {} steps of descent at rate {}.\n\n", moons.size(),
             start.size(), steps, learning_rate);

  auto began = std::chrono::steady_clock::now();
  const std::vector<double> of_scalars = train_scalars(moons, start, steps);
  const double scalar_seconds = seconds_since(began);
  began = std::chrono::steady_clock::now();
  const std::vector<double> of_matrices = train_matrices(network, moons, steps);
  const double matrix_seconds = seconds_since(began);

  fmt::print("{:>6}  {:>18}  {:>18}\n", "step", "loss, scalars", "loss, matrices");
  double apart = 0;
  for (std::size_t i = 0; i < of_scalars.size(); ++i) {
    apart = std::max(apart, std::abs(of_scalars[i] - of_matrices[i]) / of_matrices[i]);
    if (i == 0 || i + 1 == of_scalars.size() || (i + 1) % std::max<std::size_t>(1, steps / 5) == 0)
      fmt::print("{:6}  {:18.15f}  {:18.15f}\n", i + 1, of_scalars[i], of_matrices[i]);
  }
  fmt::print(
      "\nThey differ by {:.1e} of their size at most. A step takes {:.0f} us of scalars, {:.0f} us of matrices: {:.0f} "
      "times less.\n\n",
      apart, 1e6 * scalar_seconds / static_cast<double>(steps), 1e6 * matrix_seconds / static_cast<double>(steps),
      scalar_seconds / matrix_seconds);

  const Metrics now = evaluate(network, moons);
  const auto classifier = inspect::as_classifier([&](double x, double y) {
    const std::array point{x, y};
    return sigmoid(network.predict(point)(0, 0));
  });
  std::vector<inspect::LabelledPoint> samples;
  for (std::size_t i = 0; i < moons.size(); ++i)
    samples.push_back({moons.input(i)[0], moons.input(i)[1], moons.labels[i]});
  const inspect::BoundaryOptions options{.title = "Two moons", .class_names = {"upper", "lower"}};
  inspect::TextOptions text = inspect::options_for(stdout);
  text.width = 72;
  fmt::print("{}", inspect::decision_boundary_text(classifier, samples, text, options));
  if (!html.empty()) {
    const std::array curves{inspect::Curve{"all samples in each step", of_matrices}};
    const std::array figures{inspect::decision_boundary(classifier, samples, options),
                             inspect::loss_curve(curves, {.title = "Loss"})};
    inspect::write(html, inspect::page("Two moons", "A 2-16-16-1 network with tanh, by gradient descent.", figures));
    fmt::print("The same on a page: open {} in a browser.\n", html);
  }
  return apart < 1e-6 && now.score > 0.9 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app{"Two moons, by a network of scalars and by one of matrices.", "moons"};
  std::size_t steps = 300;
  std::string html;
  app.add_option("--steps", steps, "steps of descent (default: 300)")->type_name("N")->check(CLI::Range(1, 100'000));
  app.add_option("--html", html, "write the decision boundary and the loss to this page")->type_name("FILE");
  return run_program(app, count, arguments, [&] { return run(steps, html); });
}
