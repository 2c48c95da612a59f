#pragma once
/// \file
/// The function of a program, whatever it was written as.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <autodiff/program/instructions.hpp>

namespace downhill {

template <class T>
class Var;

namespace program_detail {

/// The user's function, over each of the numbers that it is called with.
template <class T>
class RecordedFunction {
 public:
  virtual ~RecordedFunction() = default;
  /// As it goes at this sample.
  virtual Instructions<T> record(std::span<const T> parameters, std::span<const T> sample) = 0;
  /// Without a sample, if it goes the same way for all of them.
  virtual std::optional<Instructions<T>> record() = 0;
  /// On a tape: the value of one of its results, and to[i] += weight * its slope along parameter i. With `of_sample`,
  /// also those along the numbers of the sample. Result 0 comes first, and those behind it are asked for in turn, of
  /// the same numbers: it is called once for all of them.
  virtual T on_tape(std::span<const T> parameters, std::span<const T> sample, std::size_t result, double weight,
                    std::span<double> to, std::span<T> of_sample) = 0;
};
/// One that can be called with Vars: it takes its steps on their tape, and returns all of its results.
template <class T>
class CallableFunction : public RecordedFunction<T> {
 public:
  virtual std::vector<Var<T>> operator()(std::span<const Var<T>> parameters, std::span<const Var<T>> sample) = 0;
};

}  // namespace program_detail

}  // namespace downhill
