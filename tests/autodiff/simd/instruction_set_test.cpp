// Which instruction set runs: every one that the machine has, by name, in matrices too.

#include <autodiff/simd/instruction_set.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <autodiff/error.hpp>
#include <autodiff/simd/rule_kernels.hpp>

#include "support/catch.hpp"

using namespace downhill;

TEST_CASE("a set has a name, and a name that is none says which there are") {
  for (const simd::InstructionSet set : simd::available()) CHECK(simd::set_named(simd::name_of(set)) == set);
  try {
    simd::set_named("avx3");
    FAIL("avx3 was taken");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("'avx3'") != std::string::npos);
    CHECK(std::string(error.what()).find("portable") != std::string::npos);
  }
}

TEST_CASE("the set that is chosen is the one whose kernels run") {
  const simd::InstructionSet before = simd::chosen_set();
  const auto sets = simd::available();
  CHECK(std::find(sets.begin(), sets.end(), before) != sets.end());
  for (const simd::InstructionSet set : sets) {
    simd::choose_set(set);
    CHECK(simd::chosen_set() == set);
    CHECK((&simd::kernel_of<Exp, double>() == &simd::kernel_of<Exp, double>(set)));
    CHECK(simd::chosen([](auto isa) { return decltype(isa)::set; }) == set);
  }
  simd::choose_set(before);
}
