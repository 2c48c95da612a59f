// Matrices as a whole: a network of them, and numbers that nest.

#include <autodiff/matrix.hpp>

#include <cmath>
#include <vector>

#include <autodiff/derivatives.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using test::scattered;

TEST_CASE("a network of matrices has the loss and the gradient of its scalars, in float as in double") {
  const auto train = []<class T>(Tape<T>& tape) {
    const auto cast = [](const std::vector<double>& x) { return std::vector<T>(x.begin(), x.end()); };
    const auto w1 = parameters(tape, cast(scattered(10, 1)), 2, 5), b1 = parameters(tape, cast(scattered(5, 2)), 1, 5);
    const auto w2 = parameters(tape, cast(scattered(15, 3)), 5, 3), b2 = parameters(tape, cast(scattered(3, 4)), 1, 3);
    const auto inputs = cast(scattered(14, 5));
    const auto x = VarMatrix<T>::constant(inputs, 7, 2);
    const auto loss =
        softmax_cross_entropy(affine(tanh(affine(x, w1, b1)), w2, b2), std::vector<std::size_t>{0, 1, 2, 0, 1, 2, 0});
    std::vector<double> result{static_cast<double>(loss.value())};
    const auto swept = tape.gradient(loss);
    for (const T g : swept.parameters()) result.push_back(static_cast<double>(g));
    return result;
  };
  Tape<double> in_double;
  Tape<float> in_float;
  const auto exact = train(in_double), rough = train(in_float);
  REQUIRE(exact.size() == 34);
  for (std::size_t i = 0; i < exact.size(); ++i) CHECK(rough[i] == Catch::Approx(exact[i]).epsilon(1e-4).margin(1e-5));

  // Against forward mode, one parameter after the other.
  const std::vector<double> inputs = scattered(14, 5);
  const auto scalar = [&](const auto& p) {
    auto total = 0 * p[0];
    for (std::size_t i = 0; i < 7; ++i) {
      std::vector<std::remove_cvref_t<decltype(p[0] + 1.0)>> h, out;
      for (std::size_t j = 0; j < 5; ++j)
        h.push_back(tanh(inputs[2 * i] * p[j] + inputs[2 * i + 1] * p[5 + j] + p[10 + j]));
      for (std::size_t j = 0; j < 3; ++j) {
        auto z = p[30 + j] + 0.0;
        for (std::size_t l = 0; l < 5; ++l) z = z + h[l] * p[15 + 3 * l + j];
        out.push_back(z);
      }
      total = total + (log(exp(out[0]) + exp(out[1]) + exp(out[2])) - out[i % 3]) / 7;
    }
    return total;
  };
  const std::vector<double> at(in_double.parameters().begin(), in_double.parameters().end());
  for (std::size_t k = 0; k < at.size(); ++k) {
    std::vector<double> direction(at.size());
    direction[k] = 1;
    CHECK(directional_derivative(scalar, at, direction) == Catch::Approx(exact[k + 1]).epsilon(1e-10).margin(1e-12));
  }
}

TEST_CASE("matrices nest: a tape of Duals carries a Hessian-vector product through elementwise operations") {
  Tape<Dual<double>> tape;
  std::vector<Dual<double>> values{{0.5, 1}, {1.5, 0}};
  const auto m = parameters(tape, values, 1, 2);
  const auto loss = sum(exp(m) * product(m, VarMatrix<Dual<double>>(m).reshape(2, 1)).reshape(1, 1) / 2);
  const auto g = tape.gradient(loss)[m];
  // The loss is (e^x + e^y) (x² + y²) / 2.
  CHECK(g(0, 0).tangent() == Catch::Approx((std::exp(0.5) * (2.5 + 2) + (std::exp(0.5) + std::exp(1.5)) * 2) / 2));
  CHECK(g(0, 1).tangent() == Catch::Approx((std::exp(0.5) * 3 + std::exp(1.5)) / 2));
}
