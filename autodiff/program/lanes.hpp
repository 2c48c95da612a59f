#pragma once
/// \file
/// A plan, carried out for one block of lanes, forward and back, compiled for each instruction set. All that programs
/// take of packs (simd/pack.hpp) is in lanes.cpp and lanes/.

#include <cstddef>

#include <autodiff/program/plan.hpp>
#include <autodiff/simd/instruction_set.hpp>

namespace downhill::program_detail {

/// Rows of numbers, side by side in memory.
template <class T>
struct RowMajor {
  const T* numbers = nullptr;
  std::size_t per_row = 0, rows = 0;
  std::size_t first = 0;  // the number of a sample with which a row begins
};
/// Rows that are written, `apart` numbers from one to the next.
template <class T>
struct RowsOut {
  T* numbers = nullptr;
  std::size_t per_row = 0, rows = 0, apart = 0;
};

/// A block. Where `is_careful`, an adjoint or slope of exactly 0 contributes 0, whatever the other is; otherwise sums
/// of products and smooth rules just multiply them, so that 0 times infinity is NaN, which no step that follows loses:
/// then it is done again with care.
template <class T>
struct LaneRun {
  const Plan<T>* plan = nullptr;
  Frame<T> frame = {};
  const T* uniforms = nullptr;
  T* sums = nullptr;      // of what reaches the uniform values: `whole` numbers for each
  RowMajor<T> rows = {};  // the samples themselves, where the plan reads them
  bool is_careful = false;
  std::size_t tail = 0;  // steps at the end that are left to `tail`
};

template <class T>
struct LaneFunctions {
  void (*forward)(const LaneRun<T>&);
  /// After that, the last steps of a plan that has a tail: the sum of the results of so many samples, and what they
  /// reach.
  double (*tail)(const LaneRun<T>&, std::size_t samples, bool with_gradient);
  void (*reverse)(const LaneRun<T>&);
  /// The plan's numbers of these samples, to their lanes.
  void (*load)(const LaneRun<T>&, const RowMajor<T>& samples);
  /// What reached the first numbers of each sample, row by row. Is none of it NaN?
  bool (*store)(const LaneRun<T>&, const RowsOut<T>& to);
  /// The sum of so many numbers.
  double (*sum)(const T* numbers, std::size_t count);
};

/// Those for one instruction set; T is double or float.
template <class T, class Isa>
struct LaneFunctionsFor {
  static const LaneFunctions<T> functions;
};
extern template struct LaneFunctionsFor<float, simd::Portable>;
extern template struct LaneFunctionsFor<double, simd::Portable>;
#ifdef __x86_64__
extern template struct LaneFunctionsFor<float, simd::Avx2>;
extern template struct LaneFunctionsFor<double, simd::Avx2>;
extern template struct LaneFunctionsFor<float, simd::Avx512>;
extern template struct LaneFunctionsFor<double, simd::Avx512>;
#endif
/// Those for the chosen one.
template <class T>
const LaneFunctions<T>& lane_functions() {
  return *simd::chosen([](auto isa) { return &LaneFunctionsFor<T, decltype(isa)>::functions; });
}

}  // namespace downhill::program_detail
