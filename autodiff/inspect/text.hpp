#pragma once
/// \file
/// How inspect/ writes numbers, operands and places.

#include <cstddef>
#include <span>
#include <string>

#include <autodiff/inspect/trace/record.hpp>

namespace downhill::inspect {

/// A number with six digits, as many as a reader takes in at a glance.
std::string short_text(double number);
/// One number is shown as it is. Of many, their shape, mean, least and largest are, and how many are not finite.
/// Without any it is "?".
std::string summary(std::span<const double> numbers, const Shape& shape = {});
/// "2 x 3", or "6" where the shape is not known.
std::string shape_text(const Shape& shape, std::size_t count);
/// The name of an operand, or the slots that it takes: "w", "slot 3", "slots 4 to 9"; for a plain number, the number.
std::string operand_text(const Operand& operand);
/// "main.cpp:12 the penalty", without the folder; empty where it is not known.
std::string source_text(const Source& source);

}  // namespace downhill::inspect
