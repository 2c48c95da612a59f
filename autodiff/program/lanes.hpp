#pragma once
/// \file
/// A plan, carried out for one block of lanes: forward, and back.

#include <cstddef>

#include <autodiff/program/plan.hpp>

namespace downhill::program_detail {

/// A block. Where `is_careful`, an adjoint or slope of exactly 0 contributes 0, whatever the other is; otherwise they
/// are multiplied, so that 0 times infinity is NaN, which no step that follows loses: then it is done again with care.
template <class T>
struct LaneRun {
  const Plan<T>* plan = nullptr;
  Frame<T> frame = {};
  const T* uniforms = nullptr;
  T* sums = nullptr;  // of what reaches the uniform values: a pack for each
  bool is_careful = false;
};

template <class T>
struct LaneFunctions {
  std::size_t width;  // numbers in a pack
  void (*forward)(const LaneRun<T>&);
  void (*reverse)(const LaneRun<T>&);
};
template <class T>
const LaneFunctions<T>& lane_functions();

}  // namespace downhill::program_detail
