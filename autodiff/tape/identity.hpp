#pragma once
/// \file
/// How a handle knows its statement: in one word, so that one comparison tells most of what an operation asks.

#include <cstddef>
#include <cstdint>

namespace downhill {

/// A bit that says that operations leave the fast path, 30 bits of generation, a bit that says that this handle alone
/// knows the slot, and the slot. What an operation asks of an operand is asked of the bits above the slot: those of one
/// that may be the parent of an edge as it is are the same as those of the tape's next identity.
struct Identity {
  static constexpr int generation_shift = 33, slot_bits = 32;
  static constexpr std::uint64_t owned_bit = std::uint64_t{1} << 32;
  /// Of plain numbers, which are on no tape, and of what a listener hears.
  static constexpr std::uint64_t aside_bit = std::uint64_t{1} << 63;
  static constexpr std::uint64_t none = ~std::uint64_t{0};  // the slot of that number does not exist
  static constexpr std::uint64_t shared(std::uint32_t generation, std::size_t slot) {
    return std::uint64_t{generation} << generation_shift | slot;
  }
  static constexpr std::uint64_t owned(std::uint32_t generation, std::size_t slot) {
    return shared(generation, slot) | owned_bit;
  }
  static constexpr std::uint32_t slot(std::uint64_t id) { return static_cast<std::uint32_t>(id); }
  static constexpr std::uint32_t generation(std::uint64_t id) {
    return static_cast<std::uint32_t>(id >> generation_shift);
  }
  static constexpr bool is_aside(std::uint64_t id) { return static_cast<std::int64_t>(id) < 0; }
  static constexpr bool is_owned(std::uint64_t id) { return (id & owned_bit) != 0; }
};

}  // namespace downhill
