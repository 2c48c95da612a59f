#include <autodiff/generations.hpp>

#include <algorithm>

namespace downhill {

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
