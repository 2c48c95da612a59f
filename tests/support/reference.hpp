#pragma once
// An independent derivative to compare the tape with: forward mode in long double, which shares no code with the
// library.
//
// Beside each value it carries how far the same computation may be off in the number type under test, so that a
// comparison can be as strict as the expression is well conditioned: `noise` bounds the error of the value,
// `tangent_noise` that of a derivative. `paths` is the sum of |product of slopes| over all paths from a variable: what
// a sum of rounded products is compared with where the products cancel.

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

namespace reference {

using Real = long double;
inline constexpr Real underflow = 1e-30L;  // below it, float has fewer digits or none
inline constexpr std::size_t most_variables = 8, most_operands = 3;

struct Number {
  Real value = 0, noise = 0;
  std::array<Real, most_variables> tangent{}, paths{}, tangent_noise{};
};

/// The i-th variable: known exactly, and its own slope is 1.
inline Number variable(Real value, std::size_t i) {
  Number x{.value = value};
  x.tangent[i] = x.paths[i] = 1;
  return x;
}
inline Number constant(Real value) { return Number{.value = value}; }

using Operands = std::array<Real, most_operands>;
/// A function of up to three numbers, and its slope along the i-th of them.
struct Function {
  std::size_t operands;
  Real (*value)(const Operands&);
  Real (*slope)(const Operands&, std::size_t i);
};

/// Is f smooth around x, and gentle? Not where a step of 1e-3 leaves its domain or meets a kink, nor where it is steep.
inline bool is_well_conditioned(const Function& f, const Operands& x) {
  const Real y = f.value(x);
  if (!(std::abs(y) <= 20)) return false;
  for (std::size_t i = 0; i < f.operands; ++i) {
    if (!(std::abs(f.slope(x, i)) <= 50)) return false;
    for (const Real step : {-1e-3L, 1e-3L}) {
      Operands near = x;
      near[i] += step;
      if (!(std::abs(f.value(near) - y) <= 0.1L)) return false;
      for (std::size_t j = 0; j < f.operands; ++j)
        if (!(std::abs(f.slope(near, j) - f.slope(x, j)) <= 0.25L)) return false;
    }
  }
  return true;
}

/// f(x) by the chain rule, for arithmetic with this epsilon. Nothing where the result would be too rough to compare.
inline std::optional<Number> apply(const Function& f, const std::array<Number, most_operands>& x, Real epsilon) {
  Operands at{};
  for (std::size_t i = 0; i < f.operands; ++i) at[i] = x[i].value;
  if (!is_well_conditioned(f, at)) return std::nullopt;
  Number result{.value = f.value(at)};
  result.noise = 8 * epsilon * std::abs(result.value) + underflow;
  for (std::size_t i = 0; i < f.operands; ++i) {
    const Real slope = f.slope(at, i);
    Real slope_noise = 8 * epsilon * (1 + std::abs(slope));
    for (std::size_t j = 0; j < f.operands; ++j) {
      Operands near = at;
      near[j] += x[j].noise;
      slope_noise += std::abs(f.slope(near, i) - slope);
    }
    result.noise += std::abs(slope) * (x[i].noise + 8 * epsilon * std::abs(at[i]));
    for (std::size_t k = 0; k < most_variables; ++k) {
      result.tangent[k] += slope * x[i].tangent[k];
      result.paths[k] += std::abs(slope) * x[i].paths[k];
      result.tangent_noise[k] +=
          std::abs(slope) * (x[i].tangent_noise[k] + 4 * epsilon * x[i].paths[k]) + slope_noise * x[i].paths[k];
    }
  }
  const Real too_rough = std::sqrt(epsilon);
  if (!(result.noise <= too_rough)) return std::nullopt;
  for (std::size_t k = 0; k < most_variables; ++k)
    if (!(result.tangent_noise[k] <= too_rough)) return std::nullopt;
  return result;
}

}  // namespace reference
