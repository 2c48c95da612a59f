#pragma once
/// \file
/// The slope of f along one input, from values of f alone, and how f behaves on either side.
///
/// Differences need no derivative rule at all: (f(x + h) - f(x - h)) / 2h, for steps that shrink by the same factor,
/// extrapolated to h = 0. Source: Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering
/// Software 4 (1982). How far f is smooth is not known, so this is done from first steps of every size:
///
///     narrow <----- first steps -----> wide
///     rounding of f      | the best |     periods, kinks and jumps
///     makes them rough   |          |     that are not at x
///
/// A slope from wide steps counts only if a narrower first step agrees within both errors, and none disagrees. The
/// steps shrink by 1.7, whose powers come close to no whole numbers: steps of powers of 2 may all be periods of f, and
/// see nothing of it. How rough f is by rounding, also where larger terms cancel inside of it, is read off from
/// differences of high order at close points. Source: Moré and Wild, "Estimating computational noise", SIAM J. Sci.
/// Comput. 33 (2011).

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace downhill::gradient_check_detail {

using Real = long double;

// f over numbers of some precision, and what rounding a number to that precision gives.
struct RoundedFunction {
  std::function<Real(std::span<const Real>)> f;
  std::function<Real(Real)> rounded;
  double epsilon;
};

/// A slope from differences. It is unknown where the differences do not settle, or nothing confirms them.
struct DifferenceSlope {
  Real slope = std::numeric_limits<Real>::quiet_NaN();
  Real error = std::numeric_limits<Real>::infinity();  // to be expected
  Real step = 0;                                       // the first step
  Real largest = 0;                                    // |f| that it was formed from
  Real bend = 0;                                       // |f''|, roughly

  bool is_known() const { return std::isfinite(slope) && std::isfinite(error); }
};

enum class Ground {
  joined,   // f goes on from its value at x
  jumps,    // it tends to another value than the one at x
  missing,  // it has no finite value there
  steep     // it goes on, but its slope does not settle
};

struct Side {
  Ground ground = Ground::steep;
  DifferenceSlope slope;  // of the ground beside x, where f jumps
  Real limit = 0;         // what f tends to
};

struct SlopesOfValues {
  Real value = 0, largest = 0;  // f at x, and the largest |f| that was seen
  DifferenceSlope central;      // from both sides
  Side left, right;
  // An f that does not change at all over small steps, and does over wider ones, consists of steps, or of terms so
  // large that their rounding hides what it does. If it is grained, fine steps are taken for rounding, and `central` is
  // of wider ones; otherwise `wider` is.
  bool stands_still = false, is_grained = false;
  DifferenceSlope wider;
};

/// What the values of f say of its slope along x[i]. x is as it was when this returns.
SlopesOfValues slopes_of_values(const RoundedFunction& f, std::vector<Real>& x, std::size_t i);

}  // namespace downhill::gradient_check_detail
