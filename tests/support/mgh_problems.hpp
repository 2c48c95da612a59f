#pragma once
// The 35 problems of J. J. More, B. S. Garbow, K. E. Hillstrom, "Testing Unconstrained Optimization Software", ACM
// Transactions on Mathematical Software 7 (1981), 17-41.
//
// Each is a vector of residuals f1, ..., fm of x1, ..., xn; the objective is the sum of their squares. start() is the
// paper's standard start. minima() are values of that sum: the global minimum first, then other local minima and
// infima at infinity, those of the paper and those that a search from random starts found; there may be more. They
// come from a closed form, or were computed with 113 bits at a stationary point. With an n that is not the default,
// local minima may be missing; where not even the global one is tabulated, minima() is empty.

#include <support/mgh_fixed.hpp>
#include <support/mgh_scalable.hpp>

namespace downhill::mgh {

/// Calls visit with each problem, in the paper's order.
template <class Visit>
void for_each(Visit&& visit) {
  visit(Rosenbrock{});
  visit(FreudensteinRoth{});
  visit(PowellBadlyScaled{});
  visit(BrownBadlyScaled{});
  visit(Beale{});
  visit(JennrichSampson{});
  visit(HelicalValley{});
  visit(Bard{});
  visit(Gaussian{});
  visit(Meyer{});
  visit(GulfResearch{});
  visit(BoxThreeDimensional{});
  visit(PowellSingular{});
  visit(Wood{});
  visit(KowalikOsborne{});
  visit(BrownDennis{});
  visit(Osborne1{});
  visit(BiggsExp6{});
  visit(Osborne2{});
  visit(Watson{});
  visit(ExtendedRosenbrock{});
  visit(ExtendedPowell{});
  visit(PenaltyI{});
  visit(PenaltyII{});
  visit(VariablyDimensioned{});
  visit(Trigonometric{});
  visit(BrownAlmostLinear{});
  visit(DiscreteBoundaryValue{});
  visit(DiscreteIntegral{});
  visit(BroydenTridiagonal{});
  visit(BroydenBanded{});
  visit(LinearFullRank{});
  visit(LinearRankOne{});
  visit(LinearRankOneZero{});
  visit(Chebyquad{});
}

}  // namespace downhill::mgh
