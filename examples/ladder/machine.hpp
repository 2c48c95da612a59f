#pragma once
// What this machine can do, measured: the figures that a rung's own stand beside. And what memory it has left.

#include <cstddef>
#include <functional>
#include <optional>

#include <autodiff/cost/ledger.hpp>

namespace ladder {

struct Machine {
  double operations = 0;  ///< floating-point operations a second, of a product of float matrices (GEMM)
  double bytes = 0;       ///< bytes a second, of the triad a = b + s c, as STREAM counts them
  downhill::Peaks peaks;  ///< what predictions are made of
};

/// The best of some runs, with the threads that are set. Calls `told(what)` before each part.
Machine measure_machine(const std::function<void(const char*)>& told);
/// Its part: rates by size, and the time of functions, blocks and edges. Large products have so many operations a
/// second.
downhill::Peaks measure_peaks(double largest_product);

/// Bytes that this process can still get without another one going: what the kernel calls available, or what its
/// control groups or its own limits leave if that is less. Nothing where the system does not say.
std::optional<double> available_memory();
/// Bytes of memory that this process has now, and the most that it had since `forget_peak`; 0 where the system does not
/// say.
double memory_now();
double memory_peak();
void forget_peak();

}  // namespace ladder
