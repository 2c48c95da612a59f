#include "machine.hpp"

#include <fstream>

#ifndef DOWNHILL_BENCH_FLAGS
#define DOWNHILL_BENCH_FLAGS "unknown flags"
#endif

namespace downhill::bench {

std::string compiler() {
#ifdef __clang__
  return __VERSION__;
#elif defined(__GNUC__)
  return "g++ " __VERSION__;
#else
  return "unknown compiler";
#endif
}

std::string flags() { return DOWNHILL_BENCH_FLAGS; }

std::string processor() {
  std::ifstream description("/proc/cpuinfo");
  for (std::string line; std::getline(description, line);)
    if (line.starts_with("model name"))
      if (const std::size_t colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return "unknown processor";
}

}  // namespace downhill::bench
