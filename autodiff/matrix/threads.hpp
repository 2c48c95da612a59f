#pragma once
// How many threads a large product of matrices may use.

#include <cstddef>

namespace downhill {

/// Sets it for all products of the program from here on: 1 at the start. A result has the same bits with any number.
/// Without OpenMP, products stay on one thread. Throws OptionError for 0.
void set_threads(std::size_t threads);
std::size_t threads();

}  // namespace downhill
