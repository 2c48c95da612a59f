#pragma once
// Who listens to a tape: told of every step as it is recorded, before it disappears into slopes. What `inspect/` shows
// is heard here; the core knows no more of it than this.
//
// Listening costs nothing while nobody does it, because the way into it is one that every operation has anyway: a plain
// number in a Var has no tape, and an operation that meets one leaves the fast path. The handles of a tape with a
// listener pretend to have no tape either. Out there they are told apart, the step is recorded by itself, and nothing
// folds.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include <autodiff/tape/statement.hpp>

namespace downhill {

template <class T>
class Tape;

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

/// What a handle pretends not to know. Its address stands in the handle, in place of the identity.
template <class T>
struct HeardHandle {
  Tape<T>* tape;
  std::uint64_t id;

  // The bit that says that a handle alone knows its slot stays 0.
  std::uint64_t as_identity() const {
    const std::uint64_t address = reinterpret_cast<std::uintptr_t>(this);
    return (address >> 32) << 33 | (address & 0xffff'ffff);
  }
  static const HeardHandle& of(std::uint64_t identity) {
    return *reinterpret_cast<const HeardHandle*>(
        static_cast<std::uintptr_t>((identity >> 33) << 32 | (identity & 0xffff'ffff)));
  }
};

}  // namespace downhill
