#include <autodiff/descent/least_squares/robust_loss.hpp>

#include <fmt/format.h>

#include <cmath>

#include <autodiff/descent/least_squares/sum_of_squares.hpp>
#include <autodiff/error.hpp>

namespace downhill {

double HuberLoss::weight(double r) const { return std::abs(r) <= scale ? 1 : scale / std::abs(r); }
double SoftL1Loss::weight(double r) const { return 1 / std::hypot(1.0, r / scale); }
double CauchyLoss::weight(double r) const { return 1 / (1 + (r / scale) * (r / scale)); }

double weight_of(const RobustLoss& loss, double residual) {
  return std::visit([&](const auto& of) { return of.weight(residual); }, loss);
}

namespace least_squares_detail {

std::vector<double> roots_of(const ResidualOptions& options) {
  std::visit(
      [](const auto& loss) {
        if constexpr (requires { loss.scale; })
          demand(loss.scale > 0 && std::isfinite(loss.scale), "SumOfSquares", "the scale of the loss", loss.scale,
                 "must be positive and finite");
      },
      options.loss);
  std::vector<double> roots;
  for (std::size_t i = 0; i < options.weights.size(); ++i) {
    const double weight = options.weights[i];
    if (!(weight >= 0 && std::isfinite(weight)))
      throw OptionError(
          fmt::format("SumOfSquares: weights[{}] is {}; a weight must be finite and not negative", i, weight));
    roots.push_back(std::sqrt(weight));
  }
  return roots;
}

void wrong_weights(std::size_t weights, std::size_t residuals) {
  throw ShapeError(fmt::format("SumOfSquares: {} weights for {} residuals; give one for each", weights, residuals));
}

}  // namespace least_squares_detail

}  // namespace downhill
