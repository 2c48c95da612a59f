// What a rule costs in packs: 1024 numbers, which fit in the first cache, with each instruction set. The time divided
// by 1024 is that of a lane.

#include "packs.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <autodiff/calculus/rules.hpp>
#include <autodiff/simd/rule_kernels.hpp>

#include "contender.hpp"
#include "workloads.hpp"

namespace downhill::bench {
namespace {

constexpr std::size_t lanes = 1024;

template <class T>
struct Run {
  std::vector<T> x, v = std::vector<T>(lanes), g = std::vector<T>(lanes, T(1)), adjoint = std::vector<T>(lanes);
  std::array<simd::Row<T>, 2> rows() const { return {simd::Row<T>{x.data(), 1}, simd::Row<T>{x.data(), 1}}; }
};

// From the middle of the domain: edges are slower, and rare.
template <class T>
std::vector<T> numbers_of(const OperandDomain& domain) {
  const double low = std::isfinite(domain.low) ? domain.low : -4, high = std::isfinite(domain.high) ? domain.high : 4;
  std::vector<T> x;
  for (const double y : scattered(lanes, 6)) x.push_back(static_cast<T>(low + (high - low) * (y - std::floor(y))));
  return x;
}

template <class Rule, class T>
void add_rule(const std::string& workload) {
  const auto run = std::make_shared<Run<T>>(Run<T>{numbers_of<T>(domain_of<Rule>(0))});
  const auto add = [&](const std::string& name, auto&& evaluate) {
    contenders().emplace_back(Contender{workload, name, {0}, evaluate});
  };
  add("P", [run](const auto&) {
    for (std::size_t k = 0; k < lanes; ++k) run->v[k] = Rule::template value<T>(run->x[k]);
    return Outcome{double(run->v[0])};
  });
  for (const simd::InstructionSet set : simd::available()) {
    const auto& kernel = simd::kernel_of<Rule, T>(set);
    add(std::string(simd::name_of(set)), [run, &kernel](const auto&) {
      kernel.value(run->rows().data(), run->v.data(), lanes);
      return Outcome{double(run->v[0])};
    });
    add(std::string(simd::name_of(set)) + ", pull-back", [run, &kernel](const auto&) {
      kernel.pull_back[0](run->rows().data(), run->v.data(), run->g.data(), run->adjoint.data(), lanes, false);
      return Outcome{double(run->v[0])};
    });
  }
}

}  // namespace

void add_packs() {
  RulesOfArity<1>::for_each([]<class Rule>(std::type_identity<Rule>) {
    if constexpr (std::derived_from<Rule, InPacks>) {
      add_rule<Rule, double>("packs of " + std::string(Rule::name));
      add_rule<Rule, float>("packs of " + std::string(Rule::name) + ", float");
    }
  });
}

}  // namespace downhill::bench
