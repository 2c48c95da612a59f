#pragma once
// What this machine can do, measured: the figures that a rung's own stand beside. And what memory it has left.

#include <cstddef>
#include <functional>
#include <optional>

namespace ladder {

struct Machine {
  double operations = 0;  ///< floating-point operations a second, of a product of float matrices (GEMM)
  double bytes = 0;       ///< bytes a second, of the triad a = b + s c, as STREAM counts them
};

/// The best of some runs, with the threads that are set. Calls `told(what)` before each part.
Machine measure_machine(const std::function<void(const char*)>& told);

/// Bytes that this process can still get without another one going: what the kernel calls available, or what its
/// control groups or its own limits leave if that is less. Nothing where the system does not say.
std::optional<double> available_memory();
/// Bytes of memory that this process has now, and the most that it had since `forget_peak`; 0 where the system does not
/// say.
double memory_now();
double memory_peak();
void forget_peak();

}  // namespace ladder
