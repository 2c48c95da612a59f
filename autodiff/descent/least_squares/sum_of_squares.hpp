#pragma once
/// \file
/// The objective of least squares: r_1(x)² + ... + r_m(x)², or a robust loss of each residual, with weights; and what
/// methods see of it.

#include <Eigen/Core>

#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <autodiff/derivatives.hpp>
#include <autodiff/descent/least_squares/robust_loss.hpp>
#include <autodiff/descent/objective.hpp>
#include <autodiff/descent/walk.hpp>

namespace downhill {

/// How residuals are counted: the value is the sum of loss(sqrt(w_i) r_i).
struct ResidualOptions {
  /// The weights w_i >= 0, one for each residual; without any, all are 1. Measurements with the standard deviations s_i
  /// have the weights 1 / s_i².
  std::vector<double> weights = {};
  RobustLoss loss = SquaredLoss{};
};

/// Residuals that know their Jacobian themselves, without being called with other numbers: `residuals_over` a program
/// (program.hpp) are. values, jacobian and vjp write the r_i, the dr_i/dx_j row after row, and the sum of v_i dr_i/dx.
template <class R>
concept LinearisedResiduals = requires(R& residuals, std::span<const double> numbers, std::span<double> into) {
  { residuals.size() } -> std::convertible_to<std::size_t>;
  residuals.values(numbers, into);
  residuals.jacobian(numbers, into);
  residuals.vjp(numbers, numbers, into);
};

/// The sum of the squares of what `residuals` returns, m numbers for n parameters. It is generic over its number type
/// and returns them in a std::vector or the like. An Objective for every method; the Jacobian is by `jacobian`, forward
/// mode for up to 16 parameters. With options, weights and a robust loss:
///
///     SumOfSquares(residuals, {.weights = {1, 1, 0.25}, .loss = CauchyLoss{.scale = 2}})
///
/// Or they are LinearisedResiduals: `SumOfSquares(residuals_over(rows, program))` has one residual for each row, and
/// values and Jacobian in lanes.
///
/// Throws OptionError for a weight that is negative or not finite and for a scale that is not positive, ShapeError,
/// when it is evaluated, unless there are as many weights as residuals.
template <class R>
class SumOfSquares {
 public:
  explicit SumOfSquares(R residuals, const ResidualOptions& options = {})
      : residuals_(std::move(residuals)), loss_(options.loss), roots_(least_squares_detail::roots_of(options)) {}

  double operator()(std::span<const double> point, std::span<double> gradient) {
    if constexpr (LinearisedResiduals<R>)
      return by_themselves(point, gradient);
    else
      return recorded(point, gradient);
  }
  /// sqrt(w_i) r_i.
  Eigen::VectorXd residuals(std::span<const double> point) {
    if constexpr (LinearisedResiduals<R>) {
      demand_weights(residuals_.size());
      Eigen::VectorXd values(static_cast<Eigen::Index>(residuals_.size()));
      residuals_.values(point, {values.data(), residuals_.size()});
      return weighted(std::move(values));
    } else {
      const auto values = residuals_(Inputs<double>(point));
      demand_weights(derivatives_detail::count_of(values));
      return weighted(as_eigen(values));
    }
  }
  /// Of those.
  auto jacobian(std::span<const double> point) {
    if constexpr (LinearisedResiduals<R>) {
      demand_weights(residuals_.size());
      DerivativeMatrix<double, Eigen::Dynamic, Eigen::Dynamic> rows(static_cast<Eigen::Index>(residuals_.size()),
                                                                    static_cast<Eigen::Index>(point.size()));
      residuals_.jacobian(point, {rows.data(), static_cast<std::size_t>(rows.size())});
      return weighted(std::move(rows));
    } else {
      return weighted(downhill::jacobian(residuals_, point));
    }
  }
  /// The same of residuals that take vectors of the kind of `like`.
  template <class P>
  auto of_points_like(const P& like) const {
    if constexpr (LinearisedResiduals<R>)
      return *this;
    else
      return SumOfSquares<OfPointsLike<R, P>>(OfPointsLike<R, P>(residuals_, like), loss_, roots_);
  }
  const RobustLoss& loss() const { return loss_; }

 private:
  template <class>
  friend class SumOfSquares;
  SumOfSquares(R residuals, const RobustLoss& loss, std::vector<double> roots)
      : residuals_(std::move(residuals)), loss_(loss), roots_(std::move(roots)) {}
  // d loss / dr is 2 r d loss / d(r²).
  double by_themselves(std::span<const double> point, std::span<double> gradient) {
    demand_weights(residuals_.size());
    values_.resize(residuals_.size());
    residuals_.values(point, values_);
    const double sum = std::visit(
        [&](const auto& loss) {
          double total = 0;
          for (std::size_t i = 0; i < values_.size(); ++i) {
            const double root = roots_.empty() ? 1.0 : roots_[i], residual = root * values_[i];
            total += loss.value(residual);
            values_[i] = 2 * residual * loss.weight(residual) * root;
          }
          return total;
        },
        loss_);
    if (!gradient.empty()) residuals_.vjp(point, values_, gradient);
    return sum;
  }
  double recorded(std::span<const double> point, std::span<double> gradient) {
    return recording_(point, gradient, [this](Tape<double>&, Inputs<Var<double>> x) {
      const auto values = residuals_(x);
      demand_weights(derivatives_detail::count_of(values));
      Var<double> sum(0.0);
      derivatives_detail::for_each_result(values, [&](const auto& residual, std::size_t i) {
        if (roots_.empty())
          sum += value_of(loss_, residual);
        else
          sum += value_of(loss_, roots_[i] * residual);
      });
      return sum;
    });
  }
  template <class Values>
  static Eigen::VectorXd as_eigen(const Values& values) {
    Eigen::VectorXd copy(static_cast<Eigen::Index>(derivatives_detail::count_of(values)));
    derivatives_detail::for_each_result(
        values, [&](const auto& value, std::size_t i) { copy[static_cast<Eigen::Index>(i)] = value; });
    return copy;
  }
  template <class Rows>
  Rows weighted(Rows rows) const {
    for (Eigen::Index i = 0; i < static_cast<Eigen::Index>(roots_.size()); ++i)
      rows.row(i) *= roots_[static_cast<std::size_t>(i)];
    return rows;
  }
  void demand_weights(std::size_t count) const {
    if (!roots_.empty() && roots_.size() != count) least_squares_detail::wrong_weights(roots_.size(), count);
  }

  R residuals_;
  RobustLoss loss_;
  std::vector<double> roots_;   // of the weights
  std::vector<double> values_;  // of LinearisedResiduals
  Recording recording_;
};

/// An Evaluator that also gives the residuals. Each call counts as one evaluation.
class ResidualEvaluator : public Evaluator {
 public:
  using Matrix = DerivativeMatrix<double, Eigen::Dynamic, Eigen::Dynamic>;
  // Templates, so that they are compiled, and a matrix gets its memory, where it is used.
  /// The residuals at a point.
  template <class V = Eigen::VectorXd>
  V residuals(std::span<const double> point) {
    ++evaluations_;
    residuals_at(point, values_);
    return Eigen::Map<const V>(values_.data(), static_cast<Eigen::Index>(values_.size()));
  }
  /// The Jacobian of the residuals at a point: a row for each residual, a column for each parameter.
  template <class M = Matrix>
  M jacobian(std::span<const double> point) {
    ++evaluations_;
    jacobian_at(point, values_);
    const auto columns = static_cast<Eigen::Index>(point.size());
    return Eigen::Map<const M>(values_.data(), static_cast<Eigen::Index>(values_.size()) / columns, columns);
  }
  virtual const RobustLoss& loss() const = 0;

 private:
  virtual void residuals_at(std::span<const double> point, std::vector<double>& into) = 0;
  virtual void jacobian_at(std::span<const double> point, std::vector<double>& into) = 0;  // row after row

  std::vector<double> values_;
};

/// A ResidualEvaluator of one sum of squares, which must outlive it.
template <class R>
class ResidualEvaluatorOf final : public ResidualEvaluator {
 public:
  explicit ResidualEvaluatorOf(SumOfSquares<R>& objective) : objective_(objective) {}
  const RobustLoss& loss() const override { return objective_.loss(); }

 private:
  double evaluate(std::span<const double> point, std::span<double> gradient) override {
    return objective_(point, gradient);
  }
  void residuals_at(std::span<const double> point, std::vector<double>& into) override {
    const auto values = objective_.residuals(point);
    into.assign(values.begin(), values.end());
  }
  void jacobian_at(std::span<const double> point, std::vector<double>& into) override {
    const Matrix rows = objective_.jacobian(point);
    into.assign(rows.data(), rows.data() + rows.size());
  }
  SumOfSquares<R>& objective_;
};
/// The objective as a method of least squares sees it.
template <class R>
ResidualEvaluatorOf<R> evaluator_of(SumOfSquares<R>& objective) {
  return ResidualEvaluatorOf<R>(objective);
}

}  // namespace downhill
