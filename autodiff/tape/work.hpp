#pragma once
/// \file
/// Work: what an operation takes, by counting. Every block states its own, and cost.hpp adds them up.
///
/// Counted is the arithmetic of the formula, each number read once: what an implementation repeats so that it needs
/// less memory, or skips because it met a 0, is not counted.

#include <array>
#include <cstddef>
#include <optional>

namespace downhill {

/// What is done in one direction.
struct Work {
  double operations = 0;         ///< additions, subtractions, multiplications, divisions, comparisons: one for each
  double functions = 0;          ///< values and slopes of all other elementary functions: exp, tanh, sqrt, ...
  double read = 0, written = 0;  ///< bytes

  Work& operator+=(const Work& more) {
    operations += more.operations, functions += more.functions;
    read += more.read, written += more.written;
    return *this;
  }
  friend Work operator+(Work a, const Work& b) { return a += b; }
  friend Work operator*(double times, const Work& a) {
    return {times * a.operations, times * a.functions, times * a.read, times * a.written};
  }
};

/// What a block takes to work out its results, and to hand their adjoint back.
struct BlockWork {
  Work forward = {}, reverse = {};
  /// The reverse where the adjoints of parameters go to a sink in tiles (Block::pull_back_to), which reads and writes
  /// those parameters once; nothing where there is no such way.
  std::optional<Work> reverse_to_sink = {};
  /// Of a product: rows, the length of a sum, columns.
  std::array<std::size_t, 3> product = {0, 0, 0};
  /// False: at least so much.
  bool is_complete = true;
};

}  // namespace downhill
