#pragma once
// A contender: one way to evaluate a workload or to take its gradient. All of them are timed the same way.

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace downhill::bench {

/// The value at a point and, from those that take it, the gradient, in memory of the contender's own.
struct Outcome {
  double value;
  std::span<const double> gradient = {};
};
using Evaluate = std::function<Outcome(const std::vector<double>& point)>;

struct Contender {
  std::string workload;  // "W1"
  std::string name;      // P, H, record, reverse, total: our own parts; anything else is another library
  std::vector<double> point;
  Evaluate evaluate;
  std::map<std::string, double> counts = {};  // operations, bytes, statements, peak_megabytes
  int repetitions = 0;                        // 0: as many as all others; fewer for what takes long
};

/// All of them. Those of other libraries add themselves before main (peers/peer.hpp).
inline std::vector<Contender>& contenders() {
  static std::vector<Contender> all;
  return all;
}

/// P, H, and our own tape, for every workload.
void add_own_contenders();

/// Is every value, and every gradient that is given, that of H, to 1e-12 of its largest element? Says where not. Where
/// there is no H, all gradients are compared with the first.
bool all_agree();

}  // namespace downhill::bench
