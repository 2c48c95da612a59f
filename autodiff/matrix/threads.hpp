#pragma once
/// \file
/// Threads for large products of matrices.

#include <cstddef>

namespace downhill {

/// How many threads a large product of matrices may use, in the whole program: 1 until it is set; 0 for as many as the
/// machine has processors. Results are the same bits for any number. Where the library was built without OpenMP, it
/// stays 1.
void set_threads(std::size_t count);
std::size_t threads();

}  // namespace downhill
