#pragma once
/// \file
/// How each kind of step is carried out for a block, compiled for each instruction set: a source for each of them in
/// this folder. T is double or float.

#include <cstddef>

#include <autodiff/program/lanes.hpp>

namespace downhill::program_detail {

/// Rules and selections.
template <class T, class Isa>
struct RuleSteps {
  static void forward(const LaneRun<T>& run, const LaneStep& step);
  static void reverse(const LaneRun<T>& run, const LaneStep& step);
};
/// Sums of products.
template <class T, class Isa>
struct ProductSteps {
  static void forward(const LaneRun<T>& run, const LaneStep& step);
  static void reverse(const LaneRun<T>& run, const LaneStep& step);
};
/// Sums of products over the same operands.
template <class T, class Isa>
struct LayerSteps {
  static void forward(const LaneRun<T>& run, const LaneStep& step);
  static void reverse(const LaneRun<T>& run, const LaneStep& step);
};
/// Sums of products of numbers that stand side by side in a sample: read where they are, not from lanes.
template <class T, class Isa>
struct RowSteps {
  static void forward(const LaneRun<T>& run, const LaneStep& step);
  static void reverse(const LaneRun<T>& run, const LaneStep& step);
};
/// The square at the end of a plan (Plan::tail), forward and back in one pass: the sum of so many results.
template <class T, class Isa>
struct Tail {
  static double run(const LaneRun<T>& run, std::size_t samples, bool with_gradient);
};
/// Between memory of the user's and lanes.
template <class T, class Isa>
struct Rows {
  static void load(const LaneRun<T>& run, const RowMajor<T>& samples);
  static bool store(const LaneRun<T>& run, const RowsOut<T>& to);
};

}  // namespace downhill::program_detail
