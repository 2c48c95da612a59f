#pragma once
/// \file
/// Where did the NaN come from? `autopsy` finds the first value that is not finite, in the order in which the steps
/// were recorded, and the first adjoint that is not finite, in the order of the sweep. The two need not be at the same
/// step: sqrt(0) is finite and has an infinite slope, and log(0) is infinite and may have an adjoint of 0.
///
///     fmt::print("{}", report(record, autopsy(record)));
///
/// Without a trace (record_of) only slopes, adjoints and parameters are known, and the first value cannot be found.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <autodiff/inspect/trace/record.hpp>

namespace downhill::inspect {

/// The first number that is not finite, of one kind.
struct Finding {
  std::size_t step;                // an index into Record::steps
  std::size_t element;             // of the step's results, or of the operand
  std::size_t operand = nowhere;   // that the adjoint flowed to; nowhere for a value
  double number;                   // what was found
  std::string cause;               // what usually causes it, and what to do
  std::vector<std::size_t> slice;  // the step and all that it depends on, down to the variables, in order
};

/// The first value and the first adjoint that are not finite, each where there is one.
struct Autopsy {
  std::optional<Finding> value, adjoint;
  bool knows_values = true;  // false where steps that matter were not traced
};

/// Looks for them in the order in which they were computed: values forward, adjoints in the sweep.
Autopsy autopsy(const Record& record);

/// For the terminal: the operation, its operands, its place, the cause, and the last steps of the slice.
std::string report(const Record& record, const Autopsy& autopsy);

}  // namespace downhill::inspect
