#pragma once
/// \file
/// Who is told of a gradient part by part, while the sweep is still under way.
///
/// A sweep walks from the result to the parameters. Once it has passed the first thing that was recorded with some
/// parameters, nothing can add to their adjoints any more: these are final. A sink that is told then may move the
/// parameters at once, and the memory of their adjoints serves again. See sweep.hpp.

#include <cstddef>
#include <vector>

namespace downhill {

/// Some parameters of a tape: rows of consecutive slots, the first of them at `first`, each row `stride` slots behind
/// the one before.
struct ParameterTile {
  std::size_t first = 0;           ///< slot of the first parameter
  std::size_t rows = 1;            ///< how many rows
  std::size_t columns = 0;         ///< parameters in a row
  std::size_t stride = 0;          ///< from one row to the next, in parameters
  std::size_t adjoint_stride = 0;  ///< from one row of the adjoints to the next
};

/// Is told of every parameter once in a sweep, when its adjoint is final.
template <class T>
struct ParameterSink {
  ParameterSink() = default;
  ParameterSink(const ParameterSink&) = delete;
  ParameterSink& operator=(const ParameterSink&) = delete;
  virtual ~ParameterSink() = default;
  /// These parameters have these adjoints. Their values, which begin at `parameters`, may be changed; `adjoints` is
  /// gone when this returns. It is called from several threads at once, of different parameters. Must not throw.
  virtual void take(const ParameterTile& tile, T* parameters, const T* adjoints) noexcept = 0;
};

/// The way from a block to the sink.
template <class T>
struct WayToSink {
  ParameterSink<T>& sink;  ///< who is told
  T* parameters;           ///< the values of all parameters
  std::vector<T>& memory;  ///< for adjoints on their way, kept from step to step

  /// Tells the sink of a tile.
  void take(const ParameterTile& tile, const T* adjoints) const { sink.take(tile, parameters + tile.first, adjoints); }
};

}  // namespace downhill
