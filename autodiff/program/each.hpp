#pragma once
/// \file
/// A program over many samples, each by itself: values, and gradients along the numbers of the sample, such as the
/// greeks of many options, or the Jacobian of many observations.

#include <cstddef>
#include <memory>
#include <span>

#include <autodiff/program/numbers.hpp>
#include <autodiff/program/run.hpp>

namespace downhill {

/// What is asked of each sample.
struct EachOptions {
  std::size_t along = 0;  ///< derivatives along so many of the first numbers of a sample; 0: along all of them
};

/// What a program is of each of the samples. The samples are the caller's, and must outlive it. In the steady state a
/// call allocates nothing.
template <class T>
class EachOver {
 public:
  /// Throws ShapeError where there are derivatives along more numbers than a sample has.
  EachOver(std::shared_ptr<program_detail::ProgramState<T>> state, program_detail::Columns<T> columns,
           const EachOptions& options = {});

  std::size_t samples() const { return columns_.samples; }
  /// f(w, s) of each sample: a number for each of its results, sample by sample. Throws ShapeError, as the next one,
  /// where a size is another one.
  void values(const program_detail::Numbers<T>& w, std::span<T> into);
  /// f(w, s) of each sample, and df/ds: for each of these values a row, along the numbers of its sample.
  void sample_gradients(const program_detail::Numbers<T>& w, std::span<T> values, std::span<T> into);

 private:
  void demand(std::string_view operation, std::size_t parameters, std::size_t values) const;

  std::shared_ptr<program_detail::ProgramState<T>> state_;
  program_detail::Columns<T> columns_;
  std::size_t along_;
  program_detail::Runner<T> runner_;
};

extern template class EachOver<double>;
extern template class EachOver<float>;

}  // namespace downhill
