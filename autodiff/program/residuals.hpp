#pragma once
/// \file
/// A program over many samples, each result of which is a residual: what least squares asks of them, in lanes.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <autodiff/program/run.hpp>

namespace downhill {

/// The residuals r_i(x) = f(x, s_i) of the samples s_i, for SumOfSquares (LinearisedResiduals there). A program of K
/// results has K residuals for each sample, which stand side by side. The samples are the caller's, and must outlive
/// it. In the steady state a call allocates nothing.
///
/// For the Jacobian the program is recorded a second time, with the parameters as numbers of the sample: so each lane
/// has a gradient along them of its own.
class ResidualsOver {
 public:
  /// Throws ShapeError where there are no samples or the program has no parameters.
  ResidualsOver(std::shared_ptr<program_detail::ProgramState<double>> state, program_detail::Columns<double> columns);

  /// How many residuals there are.
  std::size_t size() const { return columns_.samples * state_->results(); }
  /// The r_i, sample by sample. Throws ShapeError, as the next ones, where a size is another one.
  void values(std::span<const double> point, std::span<double> into);
  /// dr_i/dx_j, row after row.
  void jacobian(std::span<const double> point, std::span<double> into);
  /// v'J, the sum of v_i dr_i/dx.
  void vjp(std::span<const double> point, std::span<const double> v, std::span<double> into);

 private:
  void demand(std::string_view operation, std::size_t parameters, std::size_t values) const;

  std::shared_ptr<program_detail::ProgramState<double>> state_, of_samples_;
  program_detail::Columns<double> columns_, with_parameters_;
  program_detail::Runner<double> runner_, of_samples_runner_;
  std::vector<double> point_;
};

}  // namespace downhill
