// A small program that uses Downhill as a stranger would: d(w x + b)/dw = x, d(w x + b)/db = 1; and a walk by each kind
// of method, whose matrices are made in the library and thrown away here. Matrices of Eigen's go to and fro between
// Downhill, this program and another library that links Eigen alone. It also reads a file of tensors.
#include <autodiff/autodiff.hpp>
#include <cmath>
#include <cstdio>
#include <models/files/safetensors.hpp>
#include <models/line.hpp>
#include <models/models.hpp>
#include <string_view>
#include <vector>

#include "others.hpp"

namespace {

// More than once, so that memory which was given back the wrong way is taken again.
bool passes_matrices_around() {
  const auto f = [](const auto& x) { return (x.array() * x.array() * x.array()).sum(); };
  const auto map = [](const auto& x) { return std::vector{x[0] * x[1], x[1] * x[2]}; };
  for (Eigen::Index n = 3; n < 40; ++n) {
    Eigen::VectorXd x = others::squares(n);
    const double last = x[n - 1];
    if (downhill::gradient(f, x)[n - 1] != 3 * last * last) return false;
    if (others::sum(downhill::hessian(f, x)) != 6 * x.sum()) return false;
    x = others::twice(downhill::jacobian(map, x)).row(0).transpose();
    if (x[1] != 0 || x[0] != 2) return false;

    downhill::Tape<double> tape;
    const auto m = downhill::parameters(tape, std::vector<double>(static_cast<std::size_t>(6 * n), 1.0), 6,
                                        static_cast<std::size_t>(n));
    const auto y = downhill::product(m, downhill::VarMatrix<double>(others::twice(Eigen::MatrixXd::Ones(n, 5))));
    if (others::sum(y.value()) != static_cast<double>(60 * n)) return false;
    if (others::sum(tape.gradient(downhill::sum(y))[m]) != static_cast<double>(60 * n)) return false;
  }
  const downhill::SumOfSquares residuals([](auto x) { return std::vector{x[0] - 1.0, x[1] - 2.0}; });
  auto copy = residuals;
  const Eigen::VectorXd r = copy.residuals(std::vector<double>{4, 4});
  downhill::ParameterErrors errors;
  for (int i = 0; i < 10; ++i) errors = downhill::parameter_errors(residuals, std::vector<double>{1, 2});
  const Eigen::MatrixXd solved =
      downhill::solve_least_squares(downhill::VarMatrix<double>(others::twice(Eigen::MatrixXd::Identity(20, 20))),
                                    downhill::VarMatrix<double>(Eigen::MatrixXd::Ones(20, 2)))
          .value();
  return others::sum(r) == 5 && others::twice(errors.covariance).rows() == 2 &&
         std::abs(others::sum(solved) - 20) < 1e-12;
}

// What is computed on packs, in the library and here, for processors that may differ.
bool trains_networks() {
  using downhill::Activation, downhill::Dense;
  const auto moons = downhill::two_moons<float>(200, 0.1, 1);
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::gelu, Activation::silu}) {
    downhill::Mlp<float> network({.input = 2, .layers = {Dense{16, activation}, Dense{1}}});
    downhill::fit(network, moons, downhill::Adam{.learning_rate = 0.02}, {.epochs = 20});
    if (downhill::evaluate(network, moons).score < 0.8) return false;
    const auto outputs = network.predict(moons.inputs);
    if (others::sum(outputs.template cast<double>()) != outputs.template cast<double>().sum()) return false;
  }
  downhill::Tape<float> tape;
  const std::vector<float> values{-1.0F, 0.5F, 2.0F};
  const auto x = downhill::parameters(tape, values, 1, 3);
  const auto y = downhill::sum(silu(x) + elu(x)).value();
  return std::abs(y - (-0.268941F + 0.311230F + 1.761594F - 0.632121F + 2.5F)) < 1e-5F;
}

}  // namespace

int main() {
  downhill::Tape<double> tape;
  const auto w = tape.variable(2.0);
  const auto b = tape.variable(1.0);
  const auto y = w * 3.0 + b;
  const auto gradient = tape.gradient(y);
  std::printf("y = %g, dy/dw = %g, dy/db = %g\n", y.value(), gradient[w], gradient[b]);
  if (y.value() != 7.0 || gradient[w] != 3.0 || gradient[b] != 1.0) return 1;

  const std::string_view file("\x08\0\0\0\0\0\0\0{}      ", 16);
  if (downhill::parse_safetensors(file, "no tensors").contains("w")) return 1;

  if (!passes_matrices_around() || !trains_networks()) return 1;

  const auto residuals = [](auto x) {
    std::vector r{10 * (x[1] - x[0] * x[0]), 1 - x[0]};
    for (std::size_t i = 2; i < x.size(); ++i) r.push_back(x[i] - x[0]);
    return r;
  };
  const auto arrives = [&](const auto& method) {
    const auto walk = downhill::minimize(downhill::SumOfSquares(residuals), {-1.2, 1, 3, 4, 5}, method);
    std::printf("%s\n", walk.why.c_str());
    return std::abs(walk.point[0] - 1) < 1e-6;
  };
  const auto doctor = downhill::curvature([](auto x) { return x[0] * x[0] + 3 * x[1] * x[1]; }, {1, 2});
  return arrives(downhill::Lbfgs{}) && arrives(downhill::Bfgs{}) && arrives(downhill::ConjugateGradient{}) &&
                 arrives(downhill::BoundedLbfgs{}) && arrives(downhill::GaussNewton{}) &&
                 arrives(downhill::LevenbergMarquardt{}) && std::abs(doctor.largest - 6) < 1e-9
             ? 0
             : 1;
}
