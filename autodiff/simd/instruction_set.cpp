#include <autodiff/simd/instruction_set.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <string>

#include <autodiff/error.hpp>

namespace downhill::simd {

namespace {

constexpr std::array all{InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512};

bool has([[maybe_unused]] InstructionSet set) {
#ifdef __x86_64__
  // The operating system's part, saving wide registers, is in the answer.
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2");
  if (set == InstructionSet::avx2) return avx2;
  if (set == InstructionSet::avx512)
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd");
#endif
  return set == InstructionSet::portable;
}

std::string names(const std::vector<InstructionSet>& sets) {
  std::vector<std::string_view> list;
  for (const InstructionSet set : sets) list.push_back(name_of(set));
  return fmt::format("{}", fmt::join(list, ", "));
}

InstructionSet first_choice() {
  const char* const wanted = std::getenv("DOWNHILL_SIMD");
  return wanted == nullptr || *wanted == '\0' ? available().back() : set_named(wanted);
}

std::atomic<int>& choice() {
  static std::atomic<int> set = static_cast<int>(first_choice());
  return set;
}

}  // namespace

std::vector<InstructionSet> available() {
  std::vector<InstructionSet> sets;
  std::copy_if(all.begin(), all.end(), std::back_inserter(sets), has);
  return sets;
}

InstructionSet chosen_set() { return static_cast<InstructionSet>(choice().load(std::memory_order_relaxed)); }

void choose_set(InstructionSet set) {
  if (!has(set))
    throw Error(
        fmt::format("the instruction set {} was chosen; this processor has {}", name_of(set), names(available())));
  choice().store(static_cast<int>(set), std::memory_order_relaxed);
}

InstructionSet set_named(std::string_view name) {
  const auto sets = available();
  for (const InstructionSet set : sets)
    if (name_of(set) == name) return set;
  throw Error(
      fmt::format("there is no instruction set '{}' on this processor, which has {}: set DOWNHILL_SIMD in the "
                  "environment to one of these, or leave it out",
                  name, names(sets)));
}

std::string_view name_of(InstructionSet set) {
  constexpr std::array<std::string_view, 3> name{"portable", "avx2", "avx512"};
  return name[static_cast<std::size_t>(set)];
}

}  // namespace downhill::simd
