#pragma once
// What usually causes a NaN or an infinity, by the operation and its operands, and what to do about it.

#include <string>

#include <autodiff/inspect/record.hpp>

namespace downhill::inspect {

/// Why this step's value is not finite.
std::string cause_of_value(const RecordedStep& step);
/// Why what flows to this operand is not finite, though the adjoint that arrives is.
std::string cause_of_flow(const RecordedStep& step, const Operand& operand);

}  // namespace downhill::inspect
