#pragma once
/// \file
/// Tables for the terminal. The table of a tape has one row for each statement, in the order in which they were
/// recorded, with its edges and, after a sweep, its adjoint. The table of a record has the forward steps, each with its
/// operands and its slope along each of them, and then the visits of the sweep, each with what flowed to which operand.
///
///     slot  name  step      value  operands: value (slope)
///     3           *             1  w = 0.5 (2)   x = 2 (0.5)
///
///     slot  visit   adjoint  flow -> operand (its adjoint before, after)
///     3     *            -4  -8 -> w (0, -8)   -2 -> x (0, -2)

#include <cstddef>
#include <string>

#include <autodiff/gradient.hpp>
#include <autodiff/inspect/trace/record.hpp>

namespace downhill::inspect {

/// The statements of the tape, oldest first; variables lead. Slots have the names they were given. Ends after
/// `most_rows` rows with a line that counts the rest.
template <class T>
std::string table(const Tape<T>& tape, std::size_t most_rows = 100);

/// The same, with the adjoint of each slot. Throws TapeError if the gradient is of another tape or of another moment.
template <class T>
std::string table(const Tape<T>& tape, const Gradient<T>& gradient, std::size_t most_rows = 100);

/// How much of a record the table has.
struct TableOptions {
  std::size_t most_rows = 100;    // of steps, and of visits; a line counts those that are left out
  std::size_t most_operands = 8;  // of each
  bool opens = true;              // programs, at the sample at which the record has them open
  bool colors = false;            // names, and what is not finite, in colours
};

/// The steps and the visits of a record. Of many numbers their shape, mean, least and largest are shown. Behind them
/// the same for what is inside of programs.
std::string table(const Record& record, const TableOptions& options = {});

/// Prints the table, in colours where the standard output is a terminal and NO_COLOR is not set.
void print(const Record& record, TableOptions options = {});

}  // namespace downhill::inspect
