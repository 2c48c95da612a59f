#pragma once
/// \file
/// Why does a parameter have this gradient? The gradient is a sum over all paths from the result down to the parameter,
/// each worth the product of the slopes along it. `why` finds the heaviest ones, like a stack trace of influence:
///
///     loss = square(w * x) + w        d loss / d w = 9, along 2 paths
///       1   8   loss = + (1)   square (4)   * (2)   w
///       2   1   loss = + (1)   w
///
/// There may be exponentially many paths. A path that is among the k heaviest to a slot is among the k heaviest to
/// every slot on its way, so it is enough to keep k paths for each slot while the sweep passes. Source: Eppstein,
/// "Finding the k shortest paths", SIAM J. Computing 28 (1998), whose acyclic case this is, with products in place of
/// sums.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/inspect/trace/record.hpp>
#include <autodiff/variable.hpp>

namespace downhill::inspect {

/// A path through the record, from the result to a parameter, and the product of the slopes along it.
struct Path {
  /// From a step to one of its operands.
  struct Edge {
    std::size_t step, slot, operand;  // of the record; which of the step's results; of the step
    double slope;
  };
  double product = 1;
  std::vector<Edge> edges;  // from the result down
};

/// Where the gradient of a parameter came from.
struct Why {
  static constexpr std::uint64_t countless = static_cast<std::uint64_t>(-1);

  std::size_t slot;
  double gradient;                   // the adjoint that the sweep left
  std::vector<Path> heaviest;        // by the absolute product, NaN first
  double shown = 0;                  // the sum of their products
  std::uint64_t paths = 0;           // how many there are; countless if that is no longer a number of 64 bits
  std::size_t blocks_passed_by = 0;  // blocks that may be on the way, too large to follow: see RecordOptions

  /// What the paths that are not shown amount to.
  double rest() const { return gradient - shown; }
};

/// The `most` heaviest paths. Throws TapeError if the record does not have the parameter, which the result then does
/// not depend on.
Why why(const Record& record, std::size_t slot, std::size_t most = 5);
/// Of the parameter, or any step, of this name. Throws TapeError if there is none.
Why why(const Record& record, std::string_view name, std::size_t most = 5);
template <class T>
Why why(const Record& record, const Var<T>& parameter, std::size_t most = 5) {
  return why(record, parameter.slot(), most);
}

/// For the terminal: each path on lines of its own, with slopes and places.
std::string explanation(const Record& record, const Why& why);

}  // namespace downhill::inspect
