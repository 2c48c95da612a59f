#pragma once
// The report: Google Benchmark's measurements as ratios.
//
// A machine is never quiet, and its clock changes, so a time alone says little. The repetitions of all contenders are
// shuffled among each other, the fastest of each stands for it, and ratios are formed from these.

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace downhill::bench {

class Report : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override;
  /// Prints the tables.
  void Finalize() override;

 private:
  struct Measured {
    std::vector<double> nanoseconds;  // of one evaluation, for each repetition
    std::map<std::string, double> counts;
  };
  template <class Visit>  // visit("W1", "W1 line fit"), for those of which something was measured
  void for_each_workload(Visit visit) const;
  double fastest(const std::string& workload, const std::string& contender) const;
  double count(const std::string& workload, const std::string& what) const;
  void print_own() const;
  void print_peers() const;
  void print_derivatives() const;
  void print_noise() const;

  std::map<std::string, Measured> measured_;  // by "workload/contender"
};

}  // namespace downhill::bench
