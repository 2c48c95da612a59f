#pragma once
/// \file
/// How inspect/ writes numbers, operands and places.

#include <cstddef>
#include <span>
#include <string>

#include <autodiff/inspect/trace/record.hpp>

namespace downhill::inspect {

/// Six digits, as many as the eye takes in.
std::string short_text(double number);
/// One number as it is; of many their shape, mean, least and largest, and how many are not finite; "?" of none.
std::string summary(std::span<const double> numbers, const Shape& shape = {});
/// "2 x 3", or "6" where the shape is not known.
std::string shape_text(const Shape& shape, std::size_t count);
/// Its name, or the slots it takes: "w", "slot 3", "slots 4 to 9"; the number of a plain one.
std::string operand_text(const Operand& operand);
/// "main.cpp:12 the penalty", without the folder; empty where it is not known.
std::string source_text(const Source& source);

}  // namespace downhill::inspect
