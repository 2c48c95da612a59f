#pragma once
// Counted: a double that counts the operations on it. So the number of elementary operations of a workload is measured
// by running it.

#include <cmath>
#include <cstddef>
#include <vector>

namespace downhill::bench {

/// + - * / with a number or a compound assignment count once each; so do unary minus and every function. Copies and
/// conversions do not count.
struct Counted {
  double value = 0;
  static inline std::size_t operations = 0;

  Counted() = default;
  Counted(double number) : value(number) {}
  static Counted made(double number) {
    ++operations;
    return number;
  }

  friend Counted operator+(Counted x, Counted y) { return made(x.value + y.value); }
  friend Counted operator-(Counted x, Counted y) { return made(x.value - y.value); }
  friend Counted operator*(Counted x, Counted y) { return made(x.value * y.value); }
  friend Counted operator/(Counted x, Counted y) { return made(x.value / y.value); }
  friend Counted operator-(Counted x) { return made(-x.value); }
  Counted& operator+=(Counted y) { return *this = *this + y; }
  friend Counted sin(Counted x) { return made(std::sin(x.value)); }
  friend Counted exp(Counted x) { return made(std::exp(x.value)); }
  friend Counted log(Counted x) { return made(std::log(x.value)); }
  friend Counted tanh(Counted x) { return made(std::tanh(x.value)); }
};

/// The elementary operations of one evaluation.
template <class Workload>
std::size_t operations_of(const Workload& f) {
  Counted::operations = 0;
  f(std::vector<Counted>(f.point.begin(), f.point.end()));
  return Counted::operations;
}

}  // namespace downhill::bench
