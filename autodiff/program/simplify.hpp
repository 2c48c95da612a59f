#pragma once
/// \file
/// The passes over what was recorded: instructions in, fewer instructions out.

#include <autodiff/program/instructions.hpp>
#include <autodiff/program/options.hpp>

namespace downhill::program_detail {

/// Constants folded, strength reduced, common subexpressions joined and dead code dropped, as far as the options say.
/// For double and float.
template <class T>
Instructions<T> simplified(const Instructions<T>& recorded, const ProgramOptions& options);

}  // namespace downhill::program_detail
