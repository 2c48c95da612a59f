#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#ifdef __linux__
#include <sys/resource.h>
#endif

#include "machine.hpp"

namespace ladder {
namespace {

// The number behind a key in a file of lines, in the units of the file.
std::optional<double> number_in(const std::filesystem::path& file, std::string_view key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(key)) continue;
    std::istringstream rest(line.substr(key.size()));
    double number = 0;
    if (rest >> number) return number;
    return {};  // "max", for one
  }
  return {};
}

// What a control group and those above it leave. What it holds of files that were read counts as free.
std::optional<double> left_by_groups() {
  std::optional<double> left;
  std::ifstream stream("/proc/self/cgroup");
  for (std::string line; std::getline(stream, line);) {
    const std::size_t name = line.find(':'), path = line.find(':', name + 1);
    if (path == std::string::npos) continue;
    const std::string controllers = line.substr(name + 1, path - name - 1);
    const bool is_old = controllers == "memory";
    if (!is_old && !controllers.empty()) continue;
    const std::filesystem::path root = is_old ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
    const auto look = [&](const std::filesystem::path& group) {
      const auto most = number_in(group / (is_old ? "memory.limit_in_bytes" : "memory.max"), "");
      const auto now = number_in(group / (is_old ? "memory.usage_in_bytes" : "memory.current"), "");
      if (!most || !now) return;
      const double files =
          number_in(group / "memory.stat", is_old ? "total_inactive_file " : "inactive_file ").value_or(0);
      const double here = std::max(0.0, *most - *now + files);
      left = std::min(left.value_or(here), here);
    };
    // In a container the path may be that of the host: then the root is the group.
    for (std::filesystem::path group = line.substr(path + 1); group.has_relative_path(); group = group.parent_path())
      look(root / group.relative_path());
    look(root);
  }
  return left;
}

double kilobytes(std::string_view key) { return 1024 * number_in("/proc/self/status", key).value_or(0); }

}  // namespace

std::optional<double> available_memory() {
  std::optional<double> available = number_in("/proc/meminfo", "MemAvailable:");
  if (available) *available *= 1024;
  const auto at_most = [&](double bytes) { available = std::min(available.value_or(bytes), bytes); };
  if (const auto left = left_by_groups()) at_most(*left);
#ifdef __linux__
  const auto limit = [&](auto resource, std::string_view used) {
    rlimit most{};
    if (getrlimit(resource, &most) == 0 && most.rlim_cur != RLIM_INFINITY)
      at_most(std::max(0.0, static_cast<double>(most.rlim_cur) - kilobytes(used)));
  };
  limit(RLIMIT_AS, "VmSize:");
  limit(RLIMIT_DATA, "VmData:");
#endif
  return available;
}

double memory_now() { return kilobytes("VmRSS:"); }
double memory_peak() { return kilobytes("VmHWM:"); }
void forget_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

}  // namespace ladder
