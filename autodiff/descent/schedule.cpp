#include <autodiff/descent/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace downhill {
namespace {

// From a to b along half a cosine, as t goes from 0 to 1.
double half_cosine(double a, double b, double t) {
  return b + (a - b) * (1 + std::cos(std::numbers::pi * std::clamp(t, 0.0, 1.0))) / 2;
}

double ratio(std::size_t part, std::size_t whole) {
  return whole == 0 ? 1 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double StepDecay::operator()(std::size_t step) const {
  return first * std::pow(factor, every == 0 ? 0.0 : static_cast<double>(step / every));
}

double Exponential::operator()(std::size_t step) const { return first * std::pow(factor, static_cast<double>(step)); }

double Cosine::operator()(std::size_t step) const { return half_cosine(first, last, ratio(step, steps)); }

double WarmUp::operator()(std::size_t step) const {
  return step < steps ? then.at(0) * ratio(step + 1, steps) : then.at(step - steps);
}

double OneCycle::operator()(std::size_t step) const {
  const double at = ratio(step, steps > 0 ? steps - 1 : 0);
  if (at < rise) return half_cosine(peak / 25, peak, at / rise);
  return half_cosine(peak, peak / 250'000, rise < 1 ? (at - rise) / (1 - rise) : 1);
}

}  // namespace downhill
