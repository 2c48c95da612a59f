#pragma once
/// \file
/// Where a sweep is done with which parameters.

#include <cstddef>
#include <span>
#include <vector>

#include <autodiff/tape/block.hpp>

namespace downhill {

/// Collects who uses which parameters, and says in which order a sweep is done with them. Users are numbered in the
/// order of recording, so that the sweep meets them from the last to the first, and is done with a parameter at the
/// first of its users. Runs that overlap are taken as one.
class LastUses {
 public:
  /// Parameters with whose adjoints the sweep is done at this user.
  struct Part {
    Run run;
    std::size_t user = 0;
    bool is_large_and_sole = false;  ///< has one user alone, and is worth being handed on in tiles
  };
  /// From so many on, the adjoints of a run are handed on in tiles: with fewer, calls would cost more than memory does.
  static constexpr std::size_t large = std::size_t{1} << 13;

  /// Forgets all.
  void clear() { uses_.clear(); }
  /// This user hands adjoints to these parameters.
  void add(const Run& run, std::size_t user) {
    if (run.count == 1 && !uses_.empty()) {  // of scalars side by side, one run
      Part& last = uses_.back();
      if (last.user == user && last.run.first + last.run.count == run.first && !last.is_large_and_sole)
        return void(++last.run.count);
    }
    uses_.push_back({run, user, run.count >= large});
  }
  /// All of [0, parameters), each in one part, in the order in which the sweep is done with them; what nobody uses
  /// comes with user 0. What lies beyond the parameters is left out.
  std::span<const Part> in_order(std::size_t parameters);

 private:
  void add_part(const Part& part);
  std::vector<Part> uses_, parts_;
};

}  // namespace downhill
