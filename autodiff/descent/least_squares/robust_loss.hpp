#pragma once
/// \file
/// How much a residual counts: its square, or less where it is large, so that a few wrong measurements do not decide
/// the fit. Each loss is r² near 0.

#include <cstddef>
#include <variant>
#include <vector>

#include <autodiff/calculus.hpp>

namespace downhill {

/// r².
struct SquaredLoss {
  template <class X>
  auto value(const X& r) const {
    return r * r;
  }
  double weight(double) const { return 1; }
};

/// r² where |r| <= c, otherwise c (2 |r| - c). Huber, "Robust estimation of a location parameter", Ann. Math. Statist.
/// 35 (1964). With c = 1.345 standard deviations, 95 % as efficient as squares where errors are normal.
struct HuberLoss {
  double scale = 1;  ///< c

  template <class X>
  X value(const X& r) const {
    const X size = abs(r);
    return size <= scale ? X(r * r) : X(scale * (2 * size - scale));
  }
  double weight(double r) const;
};

/// 2 c² (sqrt(1 + (r/c)²) - 1), a smooth form of Huber's loss. Also called pseudo-Huber. Charbonnier et al., "Two
/// deterministic half-quadratic regularization algorithms for computed imaging", ICIP (1994).
struct SoftL1Loss {
  double scale = 1;  ///< c

  template <class X>
  auto value(const X& r) const {
    return 2 * (r * r) / (1 + sqrt(1 + square(r / scale)));
  }
  double weight(double r) const;
};

/// c² log(1 + (r/c)²): residuals far beyond c hardly count. It is not convex, so there may be more than one minimum.
/// With c = 2.385 standard deviations, 95 % as efficient as squares where errors are normal. Holland and Welsch,
/// "Robust regression using iteratively reweighted least-squares", Comm. Statist. A 6 (1977).
struct CauchyLoss {
  double scale = 1;  ///< c

  template <class X>
  auto value(const X& r) const {
    return scale * scale * log1p(square(r / scale));
  }
  double weight(double r) const;
};

/// Any of these losses. `weight(r)` is d loss / d(r²), at most 1: at r the loss is as steep as weight(r) r² with that
/// weight held.
using RobustLoss = std::variant<SquaredLoss, HuberLoss, SoftL1Loss, CauchyLoss>;

/// The loss of a residual, in the number type of the residual.
template <class X>
X value_of(const RobustLoss& loss, const X& residual) {
  return std::visit([&](const auto& of) { return X(of.value(residual)); }, loss);
}
double weight_of(const RobustLoss& loss, double residual);
inline bool is_squared(const RobustLoss& loss) { return std::holds_alternative<SquaredLoss>(loss); }

struct ResidualOptions;

namespace least_squares_detail {
// The square roots of the weights. Throws OptionError for options outside their domain.
std::vector<double> roots_of(const ResidualOptions& options);
[[noreturn]] void wrong_weights(std::size_t weights, std::size_t residuals);
}  // namespace least_squares_detail

}  // namespace downhill
