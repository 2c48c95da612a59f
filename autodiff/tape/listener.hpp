#pragma once
/// \file
/// Who listens to a tape: told of every step as it is recorded, before it disappears into slopes. What `inspect/` shows
/// is heard here; the core knows no more of it than this.
///
/// Listening costs nothing while nobody does it, because the way into it is one that every operation has anyway: a
/// plain number in a Var is on no tape, and an operation that meets one leaves the fast path. So do the Vars of a tape
/// with a listener: they are marked with the same bit. Their step is recorded by itself, and nothing folds.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include <autodiff/tape/block.hpp>

namespace downhill {

/// What a step was given: the slope along a slot, or a plain number.
template <class T>
struct StepOperand {
  static constexpr std::uint32_t no_slot = std::numeric_limits<std::uint32_t>::max();  // the slot does not exist

  T number;  // the slope, or the plain number itself
  std::uint32_t slot = no_slot;
  bool is_plain() const { return slot == no_slot; }
};

template <class T>
struct Listener {
  virtual ~Listener() = default;
  virtual void variable(std::size_t slot, const T& value) = 0;
  /// One operation and what it was given, in the order in which it was written. Labels live as long as the program.
  virtual void step(std::size_t result, std::string_view label, const T& value,
                    std::span<const StepOperand<T>> operands) = 0;
  virtual void block(const Block<T>& block, std::size_t first_result, std::size_t results) = 0;
  /// The values of a block's results, where it says them.
  virtual void block_values(std::size_t first_result, std::span<const T> values) = 0;
  /// The tape was rewound: these slots and all behind them are gone.
  virtual void rewound(std::size_t slots) = 0;
};

}  // namespace downhill
