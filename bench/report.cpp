#include "report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <set>

#include "contender.hpp"
#include "machine.hpp"
#include "table.hpp"
#include "workloads.hpp"

namespace downhill::bench {
namespace {

constexpr std::array own{"P", "H", "record", "reverse", "total"};

double median(std::vector<double> numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

}  // namespace

void Report::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (run.run_type != Run::RT_Iteration || run.iterations == 0) continue;
    Measured& measured = measured_[run.run_name.function_name];
    // Processor time leaves out what other programs took in between.
    measured.nanoseconds.push_back(run.cpu_accumulated_time * 1e9 / static_cast<double>(run.iterations));
    for (const auto& [name, counter] : run.counters) measured.counts[name] = counter.value;
  }
}

template <class Visit>
void Report::for_each_workload(Visit visit) const {
  const auto visit_measured = [&](const auto& f) {
    const std::string name(f.name), first = name + "/";
    if (const auto found = measured_.lower_bound(first); found != measured_.end() && found->first.starts_with(first))
      visit(name, name + " " + std::string(f.title));
  };
  std::apply([&](const auto&... f) { (visit_measured(f), ...); }, workloads());
}

double Report::fastest(const std::string& workload, const std::string& contender) const {
  const auto found = measured_.find(workload + "/" + contender);
  return found == measured_.end() ? NAN : std::ranges::min(found->second.nanoseconds);
}

double Report::count(const std::string& workload, const std::string& what) const {
  const auto found = measured_.find(workload + "/total");
  return found == measured_.end() ? NAN : found->second.counts.at(what);
}

void Report::print_own() const {
  std::vector<Row> rows{
      {"workload", "P ns", "H/P", "record/P", "reverse/P", "total/P", "total/H", "ns/op", "bytes/op"}};
  for_each_workload([&](const std::string& name, const std::string& title) {
    const double plain = fastest(name, "P"), total = fastest(name, "total"), operations = count(name, "operations");
    rows.push_back({title, figure(plain, 0), figure(fastest(name, "H") / plain, 2),
                    figure(fastest(name, "record") / plain, 2), figure(fastest(name, "reverse") / plain, 2),
                    figure(total / plain, 2), figure(total / fastest(name, "H"), 2), figure(total / operations, 2),
                    figure(count(name, "bytes") / operations, 1)});
  });
  if (rows.size() > 1) print_table(rows);
}

void Report::print_peers() const {
  std::set<std::string> names;
  for_each_workload([&](const std::string& workload, const std::string&) {
    for (const auto& [name, measured] : measured_)
      if (name.starts_with(workload + "/")) names.insert(name.substr(name.find('/') + 1));
  });
  for (const auto& name : own) names.erase(name);
  if (names.empty()) return;

  std::vector<Row> rows{{"total/P"}};
  for_each_workload([&](const std::string&, const std::string& title) { rows[0].push_back(title); });
  const auto add = [&](const std::string& library, const std::string& contender) {
    Row& row = rows.emplace_back(Row{library});
    for_each_workload([&](const std::string& name, const std::string&) {
      row.push_back(figure(fastest(name, contender) / fastest(name, "P"), 2));
    });
  };
  add("Downhill", "total");
  for (const std::string& name : names) add(name, name);
  fmt::print("\n");
  print_table(rows);
}

// All contenders of other workloads than those, in the order in which they were added.
void Report::print_derivatives() const {
  std::set<std::string> printed;
  for_each_workload([&](const std::string& workload, const std::string&) { printed.insert(workload); });
  std::vector<Row> rows{{"workload", "what", "ns", "/P", "tape bytes", "peak MB"}};
  for (const Contender& contender : contenders()) {
    const double time = fastest(contender.workload, contender.name);
    if (printed.contains(contender.workload) || std::isnan(time)) continue;
    const auto count = [&](const std::string& what, int digits) {
      const auto found = contender.counts.find(what);
      return found == contender.counts.end() ? "" : figure(found->second, digits);
    };
    rows.push_back({contender.name == "P" ? contender.workload : "", contender.name, figure(time, 0),
                    figure(time / fastest(contender.workload, "P"), 2), count("bytes", 0), count("peak_megabytes", 1)});
  }
  if (rows.size() == 1) return;
  fmt::print("\n");
  print_table(rows);
}

void Report::print_noise() const {
  std::vector<double> slowdowns;
  std::size_t repetitions = 0;
  for (const auto& [name, measured] : measured_) {
    slowdowns.push_back(median(measured.nanoseconds) / std::ranges::min(measured.nanoseconds) - 1);
    repetitions = std::max(repetitions, measured.nanoseconds.size());
  }
  fmt::print("\nEach time is the fastest of {} interleaved repetitions; the median one was {:.0f} % slower.\n",
             repetitions, 100 * median(slowdowns));
}

void Report::Finalize() {
  if (measured_.empty()) return;
  fmt::print("{}, {}\n{}\n\n", compiler(), flags(), processor());
  print_own();
  print_peers();
  print_derivatives();
  print_noise();
}

}  // namespace downhill::bench
