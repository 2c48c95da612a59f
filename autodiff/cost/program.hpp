#pragma once
/// \file
/// What a program takes, counted from the plan of what is run.

#include <cstddef>

#include <autodiff/cost/ledger.hpp>

namespace downhill {

namespace program_detail {
template <class T>
class ProgramState;
}  // namespace program_detail

/// What a program takes with its gradient along the parameters, after the passes.
struct ProgramCost {
  Cost sample;   ///< for each sample
  Cost hoisted;  ///< once for all samples: what depends on parameters alone

  /// For so many samples.
  Cost over(std::size_t samples) const;
};

namespace program_detail {

/// Of one of its variants; nothing where there is none. For double and float.
template <class T>
ProgramCost cost_of(ProgramState<T>& state, std::size_t variant);
extern template ProgramCost cost_of(ProgramState<double>&, std::size_t);
extern template ProgramCost cost_of(ProgramState<float>&, std::size_t);

}  // namespace program_detail

}  // namespace downhill
