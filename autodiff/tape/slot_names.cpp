#include <autodiff/tape/slot_names.hpp>

#include <utility>

namespace downhill {

void SlotNames::rewind(std::size_t count) {
  for (; indexed_ > count; --indexed_) {
    const auto& [slot, older, name] = entries_[indexed_ - 1];
    if (older == nowhere)
      newest_.erase(slot);
    else
      newest_[slot] = older;
  }
  entries_.resize(count);
}

std::string_view SlotNames::of(std::size_t slot) const {
  for (; indexed_ < entries_.size(); ++indexed_) {
    Entry& entry = entries_[indexed_];
    const auto [place, is_first] = newest_.try_emplace(entry.slot, indexed_);
    if (!is_first) entry.older = std::exchange(place->second, indexed_);
  }
  const auto found = newest_.find(slot);
  return found == newest_.end() ? std::string_view{} : std::string_view{entries_[found->second].name};
}

}  // namespace downhill
