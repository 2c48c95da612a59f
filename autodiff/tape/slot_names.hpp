#pragma once
/// \file
/// The names that were given to the slots of a tape.
///
/// A name given is one entry more, and no more than that: a program that never asks for names pays nothing for finding
/// them. What finds them is made when the first one is asked for, and follows from then on.

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace downhill {

class SlotNames {
 public:
  /// A slot may be named again: the newest name counts.
  void add(std::size_t slot, std::string_view name) { entries_.push_back({slot, nowhere, std::string(name)}); }
  std::size_t size() const { return entries_.size(); }
  /// Forgets all but the first `count`: slots have the names again that they had then.
  void rewind(std::size_t count);
  /// The name of a slot, or "".
  std::string_view of(std::size_t slot) const;

 private:
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  struct Entry {
    std::size_t slot;
    std::size_t older;  // the entry that named this slot before, once it is indexed
    std::string name;
  };

  mutable std::vector<Entry> entries_;
  mutable std::unordered_map<std::size_t, std::size_t> newest_;  // the newest entry of each slot,
  mutable std::size_t indexed_ = 0;                              // among so many first ones
};

}  // namespace downhill
