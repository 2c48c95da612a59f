#pragma once
/// \file
/// What usually causes a NaN or an infinity, by the operation and its operands, and what to do about it. For a matrix,
/// the cause is read off one element and the elements of the operands from which it was made.

#include <cstddef>
#include <optional>
#include <string>

#include <autodiff/inspect/trace/record.hpp>

namespace downhill::inspect {

/// An element of an operand, where its value is known.
std::optional<double> element_value(const Record& record, const Operand& operand, std::size_t element);
/// Which element of the operand a result of a step was made of, repeated rows, columns and numbers included; nowhere
/// where it was made of many, or that is not known.
std::size_t element_of(const RecordedStep& step, const Operand& operand, std::size_t element);

/// Why this result of a step is not finite.
std::string cause_of_value(const Record& record, const RecordedStep& step, std::size_t element);
/// Why what flows to this element of an operand is not finite, though the adjoint that arrives is.
std::string cause_of_flow(const Record& record, const RecordedStep& step, const Operand& operand, std::size_t element);

}  // namespace downhill::inspect
