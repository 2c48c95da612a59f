#pragma once
/// \file
/// A program over many samples: the sum or the mean of its values, as an objective, and what it is of each of them.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <autodiff/derivatives.hpp>
#include <autodiff/descent/objective.hpp>
#include <autodiff/program/call.hpp>
#include <autodiff/program/run.hpp>

namespace downhill {

/// How samples are added up.
template <class T>
struct SumOptions {
  std::span<const T> weights = {};  ///< one for each sample, or none: then all are 1
};

/// The sum or the mean over samples. These and their weights are the caller's, and must outlive it.
template <class T>
class SumOver {
 public:
  SumOver(std::shared_ptr<program_detail::ProgramState<T>> state, std::string_view operation,
          program_detail::Columns<T> columns, const SumOptions<T>& options, bool is_mean);

  /// The value at a point, and its gradient, into as many numbers as there are parameters; an empty span where none is
  /// wanted. Throws ShapeError where the sizes differ.
  double operator()(std::span<const double> point, std::span<double> gradient);
  /// What a batch of the samples, those with these indices, tells of it: the sum over the batch, as often as the batch
  /// goes into all samples, and for a mean divided by what the whole sum is divided by. Over batches that are drawn
  /// from all samples alike, the mean of that is the value, and the gradient. MiniBatches (objective.hpp) draws them.
  /// Throws ShapeError for an index that no sample has, and where there are none.
  double operator()(std::span<const double> point, std::span<double> gradient, std::span<const std::size_t> batch);
  double value(std::span<const double> point) { return (*this)(point, {}); }
  /// On the tape of w, Vars or a matrix of them: one block. Over Duals: their value and tangents. The samples and their
  /// weights must stay as they are until the tape is rewound.
  template <program_detail::GivenActive W>
  auto operator()(const W& w) {
    return program_detail::of_sum<T>(blocks_, w, operation_, columns_, weights_, divisor(),
                                     [this](auto at, auto slopes, program_detail::Nesting nesting, bool& meets_edge) {
                                       return this->with_slopes(at, slopes, nesting, meets_edge);
                                     });
  }

  /// The value and its derivative along v, a direction of the parameters, in lanes.
  ValueAndTangent<double> jvp(std::span<const double> point, std::span<const double> v);
  /// H v, with the Hessian H, in lanes: about the cost of three gradients. Where a sample is at a kink, its limit from
  /// all sides, as `hessian_vector_product` of a function has it (derivatives.hpp), and NaN where there is none.
  std::vector<double> hessian_vector_product(std::span<const double> point, std::span<const double> v);
  /// The same into memory of the caller: in a loop it allocates nothing.
  void hessian_vector_product(std::span<const double> point, std::span<const double> v, std::span<double> into);

  std::size_t samples() const { return columns_.samples; }

 private:
  T with_slopes(std::span<const T> at, std::span<T> slopes, program_detail::Nesting, bool&);
  template <std::size_t D>
  Dual<T, D> with_slopes(std::span<const Dual<T, D>> at, std::span<Dual<T, D>> slopes, program_detail::Nesting nesting,
                         bool& meets_edge);
  double along(std::string_view operation, std::span<const double> point, std::span<const double> v,
               std::span<double> gradient);
  void take_limits(std::span<const double> point, std::span<const double> v, double tangent, std::span<double> into);
  double weight_of(std::size_t sample) const { return weights_.empty() ? 1.0 : static_cast<double>(weights_[sample]); }
  double over(std::span<const double> point, std::span<double> gradient, const program_detail::Selection& selection);
  double weight() const;
  double divisor() const { return is_mean_ ? weight() : 1; }  // of the sum

  std::shared_ptr<program_detail::ProgramState<T>> state_;
  std::string_view operation_;
  program_detail::Columns<T> columns_;
  std::span<const T> weights_;
  bool is_mean_;
  double weight_;  // of all samples together, as they were given
  program_detail::Runner<T> runner_;
  std::shared_ptr<program_detail::BlockRunner<T>> blocks_;
  std::vector<T> parameters_;
  std::vector<double> point_, gradient_;
  std::optional<program_detail::Runner<T>> tangents_;  // of the tangent program, once it was asked for
  std::vector<T> directed_;
  std::vector<double> gradient_along_;
};

/// Of numbers that carry tangents: one sample after the other.
template <class T>
template <std::size_t D>
Dual<T, D> SumOver<T>::with_slopes(std::span<const Dual<T, D>> at, std::span<Dual<T, D>> slopes,
                                   program_detail::Nesting nesting, bool& meets_edge) {
  using N = Dual<T, D>;
  N sum(0);
  std::vector<N> sample(columns_.columns.size()), of_w(slopes.size());
  N value(0);
  std::ranges::fill(slopes, N(0));
  const double all = divisor();
  for (std::size_t i = 0; i < columns_.samples; ++i) {
    for (std::size_t j = 0; j < sample.size(); ++j) sample[j] = N(columns_.columns[j].at(i));
    const N part(static_cast<T>(weight_of(i) / all));
    state_->evaluate(at, std::span<const N>(sample), std::span<N>(&value, 1), std::span<N>(of_w), std::span<N>(),
                     nesting, meets_edge);
    sum = sum + handed_on(value, part);
    for (std::size_t k = 0; k < slopes.size(); ++k) slopes[k] = slopes[k] + handed_on(of_w[k], part);
  }
  return sum;
}

extern template class SumOver<double>;
extern template class SumOver<float>;

}  // namespace downhill
