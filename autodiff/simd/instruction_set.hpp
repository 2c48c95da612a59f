#pragma once
/// \file
/// Instruction sets: how many numbers a processor works on at once, and which of its ways to do so a program takes.
///
/// A set is a type, an argument of Pack and of all that is made of packs. What is compiled for a wide processor so has
/// another name than the same for any processor, and the linker cannot confuse them. Sources with such code are listed
/// in CMake as PACKS of a library (cmake/library.cmake) and are compiled once for each set. Which one runs is chosen
/// when the program runs: the widest that the processor has.
///
///     template <class Isa> struct Kernel { static void run(double* x, std::size_t n); };   // in a header
///     template struct Kernel<simd::Native>;                                                // in a source of PACKS
///     simd::chosen([](auto isa) { return &Kernel<decltype(isa)>::run; })(x, n);            // anywhere
///
/// The environment variable DOWNHILL_SIMD = portable, avx2 or avx512 has a program take that set. With each of them
/// results are within the same bounds, but not the same bits: only wide processors round x y + z once.

#include <cstddef>
#include <string_view>
#include <vector>

namespace downhill::simd {

/// In the order in which they are preferred, the last one first.
enum class InstructionSet { portable, avx2, avx512 };

/// 128 bits: SSE2, NEON, or what the compiler makes of it.
struct Portable {
  static constexpr InstructionSet set = InstructionSet::portable;
  static constexpr std::size_t bytes = 16;
  static constexpr bool has_fma = false;
};
/// 256 bits, with FMA: the level x86-64-v3.
struct Avx2 {
  static constexpr InstructionSet set = InstructionSet::avx2;
  static constexpr std::size_t bytes = 32;
  static constexpr bool has_fma = true;
};
/// 512 bits, with the extensions VL, BW, CD and DQ: the level x86-64-v4.
struct Avx512 {
  static constexpr InstructionSet set = InstructionSet::avx512;
  static constexpr std::size_t bytes = 64;
  static constexpr bool has_fma = true;
};

/// What this translation unit is compiled for.
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && defined(__AVX512BW__) && defined(__FMA__)
using Native = Avx512;
#elif defined(__AVX2__) && defined(__FMA__)
using Native = Avx2;
#else
using Native = Portable;
#endif

/// Those that this processor has.
std::vector<InstructionSet> available();
/// The one that is chosen: the last available one, unless the environment or choose_set says otherwise. An unknown
/// name in the environment, or one that the processor does not have, is an Error.
InstructionSet chosen_set();
/// From now on, in the whole program. An Error where the processor does not have it.
void choose_set(InstructionSet set);
/// "portable", "avx2" or "avx512", and the set of that name, an Error where this processor has none.
std::string_view name_of(InstructionSet set);
InstructionSet set_named(std::string_view name);

/// visit(Avx2{}), say, where that one is chosen. What is compiled for no other processors has Portable alone.
template <class Visit>
decltype(auto) with_set(InstructionSet set, Visit&& visit) {
#ifdef __x86_64__
  if (set == InstructionSet::avx512) return visit(Avx512{});
  if (set == InstructionSet::avx2) return visit(Avx2{});
#endif
  static_cast<void>(set);
  return visit(Portable{});
}
template <class Visit>
decltype(auto) chosen(Visit&& visit) {
  return with_set(chosen_set(), visit);
}

}  // namespace downhill::simd
