#include <autodiff/tape/generations.hpp>

#include <algorithm>
#include <atomic>

namespace downhill {
namespace {

// The golden ratio's multiples spread over all generations, far from each other: Knuth, "The Art of Computer
// Programming" 3, section 6.4.
std::uint64_t first_of_a_tape() {
  static std::atomic<std::uint32_t> tapes = 0;
  return (tapes++ * 0x9e37'79b1U) & Generations::mask;
}

}  // namespace

Generations::Generations() : first_(first_of_a_tape()), now_(first_) {}

void Generations::rewind(std::size_t slots) {
  while (!rewinds_.empty() && rewinds_.back().slots >= slots) rewinds_.pop_back();
  rewinds_.push_back({now_ + 1, slots});
  ++now_;
}

bool Generations::is_rewound(std::size_t slot, std::uint32_t generation) const {
  const auto lowest_later = std::upper_bound(rewinds_.begin(), rewinds_.end(), made(generation),
                                             [](std::uint64_t time, const Rewind& r) { return time < r.generation; });
  return lowest_later != rewinds_.end() && lowest_later->slots <= slot;
}

}  // namespace downhill
