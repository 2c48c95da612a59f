#pragma once
/// \file
/// A program over many samples: the sum or the mean of its values, as an objective, and what it is of each of them.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <autodiff/descent/objective.hpp>
#include <autodiff/program/run.hpp>

namespace downhill {

/// How samples are added up.
template <class T>
struct SumOptions {
  std::span<const T> weights = {};  ///< one for each sample, or none: then all are 1
};

/// The sum or the mean over samples. Its rows and weights are the caller's, and must outlive it.
template <class T>
class SumOver {
 public:
  SumOver(std::shared_ptr<program_detail::ProgramState<T>> state, std::string_view operation, std::span<const T> rows,
          const SumOptions<T>& options, bool is_mean);

  /// The value at a point, and its gradient, into as many numbers as there are parameters; an empty span where none is
  /// wanted. Throws ShapeError where the sizes differ.
  double operator()(std::span<const double> point, std::span<double> gradient);
  double value(std::span<const double> point) { return (*this)(point, {}); }
  std::size_t samples() const { return columns_.samples; }

 private:
  std::shared_ptr<program_detail::ProgramState<T>> state_;
  std::string_view operation_;
  program_detail::Columns<T> columns_;
  std::span<const T> weights_;
  bool is_mean_;
  program_detail::Runner<T> runner_;
  std::vector<T> parameters_;
};

extern template class SumOver<double>;
extern template class SumOver<float>;

}  // namespace downhill
