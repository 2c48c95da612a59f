// The smallest program that uses Downhill as a stranger would: d(w x + b)/dw = x, d(w x + b)/db = 1.
#include <autodiff/autodiff.hpp>
#include <cstdio>
#include <models/line.hpp>

int main() {
  downhill::Tape<double> tape;
  const auto w = tape.variable(2.0);
  const auto b = tape.variable(1.0);
  const auto y = w * 3.0 + b;
  const auto gradient = tape.gradient(y);
  std::printf("y = %g, dy/dw = %g, dy/db = %g\n", y.value(), gradient[w], gradient[b]);
  return y.value() == 7.0 && gradient[w] == 3.0 && gradient[b] == 1.0 ? 0 : 1;
}
