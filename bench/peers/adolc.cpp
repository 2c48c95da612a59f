// ADOL-C: a tape of operation codes, which is interpreted. It can be recorded once and evaluated at any point.

#include <adolc/adolc.h>

#include "peer.hpp"

namespace {

using downhill::bench::Outcome;
using downhill::bench::Peer;
using downhill::bench::Workloads;

constexpr short recorded_each_time = 1, recorded_once = 2;  // names of tapes

// `keep` keeps the values that a reverse sweep right after the recording needs.
template <class Workload>
double record(const Workload& f, short tape, int keep, const std::vector<double>& point) {
  trace_on(tape, keep);
  std::vector<adouble> x(point.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] <<= point[i];
  double value = 0;
  f(x) >>= value;
  trace_off();
  return value;
}

const Peer adolc("ADOL-C", [](const auto& f) {
  return [&f, gradient = std::vector<double>(f.point.size())](const std::vector<double>& point) mutable {
    const double value = record(f, recorded_each_time, 1, point);
    double weight = 1;
    fos_reverse(recorded_each_time, 1, static_cast<int>(point.size()), &weight, gradient.data());
    return Outcome{value, gradient};
  };
});

// One tape for each workload: as all of them live at once, its name counts on.
const Peer adolc_replay("ADOL-C replay", [tape = recorded_once](const auto& f) mutable {
  record(f, tape, 0, f.point);
  return [tape = tape++, gradient = std::vector<double>(f.point.size())](const std::vector<double>& point) mutable {
    const int n = static_cast<int>(point.size());
    double value = 0, weight = 1;
    zos_forward(tape, 1, n, 1, point.data(), &value);
    fos_reverse(tape, 1, n, &weight, gradient.data());
    return Outcome{value, gradient};
  };
});

}  // namespace
