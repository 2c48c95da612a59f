#pragma once
// The tape as a table: one row for each statement, in the order in which they were recorded, with its edges, and after
// a sweep with the adjoints that arrived. What the README shows, this prints.

#include <string>

#include <autodiff/gradient.hpp>

namespace downhill::inspect {

/// The statements of the tape, oldest first; variables lead. Slots have the names they were given. Ends after
/// `most_rows` rows with a line that counts the rest.
template <class T>
std::string table(const Tape<T>& tape, std::size_t most_rows = 100);

/// The same, with the adjoint of each slot. Throws TapeError if the gradient is of another tape or of another moment.
template <class T>
std::string table(const Tape<T>& tape, const Gradient<T>& gradient, std::size_t most_rows = 100);

}  // namespace downhill::inspect
