#include <autodiff/tape/last_uses.hpp>

#include <algorithm>
#include <tuple>

namespace downhill {

std::span<const LastUses::Part> LastUses::in_order(std::size_t parameters) {
  const auto by_slot = [](const Part& use) { return std::tuple(use.run.first, use.user); };
  std::ranges::sort(uses_, {}, by_slot);
  parts_.clear();
  std::size_t at = 0;  // all before it is in a part
  for (auto use = uses_.begin(); use != uses_.end();) {
    if (use->run.first >= parameters) break;
    if (use->run.count == 0) {
      ++use;
      continue;
    }
    Part part{{use->run.first, 0}, use->user, use->is_large_and_sole};
    std::size_t end = use->run.first + use->run.count;
    for (++use; use != uses_.end() && use->run.first < end; ++use) {
      if (use->run.count == 0) continue;
      end = std::max(end, use->run.first + use->run.count);
      part.user = std::min(part.user, use->user);
      part.is_large_and_sole = false;
    }
    part.is_large_and_sole = part.is_large_and_sole && end <= parameters;
    end = std::min(end, parameters);
    part.run.count = end - part.run.first;
    add_part({{at, part.run.first - at}, 0, false});
    add_part(part);
    at = end;
  }
  add_part({{at, parameters - at}, 0, false});
  std::ranges::sort(parts_, {},
                    [](const Part& part) { return std::tuple(~part.user, !part.is_large_and_sole, part.run.first); });
  return parts_;
}

// Joined to the part before it where the sink may be told of both at once.
void LastUses::add_part(const Part& part) {
  if (part.run.count == 0) return;
  if (!parts_.empty()) {
    Part& last = parts_.back();
    if (last.user == part.user && !last.is_large_and_sole && !part.is_large_and_sole) {
      last.run.count += part.run.count;
      return;
    }
  }
  parts_.push_back(part);
}

}  // namespace downhill
