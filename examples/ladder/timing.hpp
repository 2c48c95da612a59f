#pragma once
// How long work takes.

#include <algorithm>
#include <chrono>
#include <limits>

namespace ladder {

template <class Work>
double seconds_of(Work&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The fastest of so many calls that `enough` seconds are over: 3 at least, and `most` at the most.
template <class Work>
double best_of(double enough, int most, Work&& work) {
  double best = std::numeric_limits<double>::infinity(), all = 0;
  for (int time = 0; time < 3 || (all < enough && time < most); ++time) {
    const double now = seconds_of(work);
    best = std::min(best, now), all += now;
  }
  return best;
}

}  // namespace ladder
