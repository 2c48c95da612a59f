// A small program that uses Downhill as a stranger would: d(w x + b)/dw = x, d(w x + b)/db = 1; and a walk by each kind
// of method, whose matrices are made in the library and thrown away here. It also reads a
// file of tensors.
#include <autodiff/autodiff.hpp>
#include <cmath>
#include <cstdio>
#include <models/line.hpp>
#include <models/safetensors.hpp>
#include <string_view>
#include <vector>

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
