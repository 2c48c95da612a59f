#pragma once
/// \file
/// Which handles are stale? A tape counts its rewinds; each handle remembers the count at which it was made. A handle
/// is stale when a later rewind went to or below its slot. Only the lowest of later rewinds matters, so the rewinds
/// kept form a stack with rising slots, as deep as marks are nested.
///
/// Each tape counts from a number of its own, so that a handle that outlived its tape is known as foreign, even where a
/// new tape stands at the old one's address.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace downhill {

class Generations {
 public:
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
  static constexpr std::uint32_t mask = 0x3fff'ffff;  // a handle has 30 bits for its generation

  Generations();

  /// What a handle made now remembers.
  std::uint32_t current() const { return static_cast<std::uint32_t>(now_) & mask; }
  /// Slots from here on may be stale if their generation is not the current one; slots below never are.
  std::size_t oldest() const { return values_changed_ > 0 ? 0 : rewinds_.empty() ? never : rewinds_.front().slots; }

  /// Handles to `slots` and above made until now are stale.
  void rewind(std::size_t slots);
  /// All handles made until now hold values that are no longer true.
  void change_values() { values_changed_ = ++now_; }

  bool has_old_value(std::uint32_t generation) const { return made(generation) < values_changed_; }
  bool is_rewound(std::size_t slot, std::uint32_t generation) const;
  bool is_stale(std::size_t slot, std::uint32_t generation) const {
    return has_old_value(generation) || is_rewound(slot, generation);
  }
  /// Was the handle made on this tape?
  bool is_ours(std::uint32_t generation) const { return ((now_ - generation) & mask) <= now_ - first_; }
  /// Was the handle made after this moment, on a tape that went on?
  bool is_later(std::uint32_t generation) const {
    const std::uint32_t ahead = (generation - current()) & mask;
    return ahead != 0 && ahead <= mask / 2;
  }

 private:
  // The 64-bit count behind 30 bits of it: right for handles up to 2^30 rewinds old.
  std::uint64_t made(std::uint32_t generation) const { return now_ - ((now_ - generation) & mask); }

  struct Rewind {
    std::uint64_t generation;
    std::size_t slots;
  };
  std::uint64_t first_, now_, values_changed_ = 0;
  std::vector<Rewind> rewinds_;
};

}  // namespace downhill
