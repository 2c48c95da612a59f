#include <support/mgh_problems.hpp>

#include <array>

#include <support/mgh_fixed.hpp>
#include <support/mgh_scalable.hpp>

namespace downhill::mgh {
namespace {

template <class P>
Problem problem() {
  const auto residuals = []<class X>(std::span<const X> x) { return P{}(x); };
  return {P::name, [] { return P{}.start(); }, [] { return P{}.minima(); }, {residuals, residuals, residuals}};
}
template <class... P>
std::array<Problem, sizeof...(P)> all() {
  return {problem<P>()...};
}

}  // namespace

std::span<const Problem> problems() {
  static const auto in_order =
      all<Rosenbrock, FreudensteinRoth, PowellBadlyScaled, BrownBadlyScaled, Beale, JennrichSampson, HelicalValley,
          Bard, Gaussian, Meyer, GulfResearch, BoxThreeDimensional, PowellSingular, Wood, KowalikOsborne, BrownDennis,
          Osborne1, BiggsExp6, Osborne2, Watson, ExtendedRosenbrock, ExtendedPowell, PenaltyI, PenaltyII,
          VariablyDimensioned, Trigonometric, BrownAlmostLinear, DiscreteBoundaryValue, DiscreteIntegral,
          BroydenTridiagonal, BroydenBanded, LinearFullRank, LinearRankOne, LinearRankOneZero, Chebyquad>();
  return in_order;
}

}  // namespace downhill::mgh
