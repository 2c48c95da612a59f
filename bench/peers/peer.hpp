#pragma once
// A peer: another library that differentiates the same workloads, timed in the same program.
//
// Each file here holds one library, found by CMake, used as its documentation says for a gradient that is taken again
// and again: what can be kept from one time to the next is kept.

#include <cstddef>
#include <string>
#include <vector>

#include "contender.hpp"
#include "workloads.hpp"

namespace downhill::bench {

struct Peer {
  /// `make(workload)` gives an Evaluate, or an empty one where the library cannot do that workload.
  template <class Make>
  Peer(const std::string& name, Make make) {
    const auto add = [&](const auto& f) {
      if (Evaluate evaluate = make(f)) contenders().push_back({std::string(f.name), name, f.point, evaluate});
    };
    std::apply([&](const auto&... f) { (add(f), ...); }, workloads());
  }
};

}  // namespace downhill::bench
