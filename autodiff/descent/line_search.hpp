#pragma once
/// \file
/// How far to go along a direction.

#include <cstddef>
#include <span>
#include <string_view>
#include <variant>

#include <autodiff/calculus/type_list.hpp>
#include <autodiff/descent/walk.hpp>

namespace downhill {

/// Halves the step until f(x + a d) <= f(x) + decrease a g'd. Armijo, "Minimization of functions having Lipschitz
/// continuous first partial derivatives", Pacific J. Math. 16 (1966).
struct Armijo {
  double decrease = 1e-4;  ///< in (0, 1)
  double shrink = 0.5;     ///< in (0, 1)
  std::size_t evaluations = 60;

  static constexpr std::string_view name = "Armijo";
};

/// Finds a step with f(x + a d) <= f(x) + decrease a g'd and |g(x + a d)'d| <= curvature |g'd|, by an interval that
/// holds one and cubic interpolation. Moré and Thuente, "Line search algorithms with guaranteed sufficient decrease",
/// ACM TOMS 20 (1994). Where the value has changed by no more than rounding, and is not higher, the slope decides:
/// Hager and Zhang, "A new conjugate gradient method with guaranteed descent and an efficient line search", SIAM J.
/// Optim. 16 (2005), section 4.
struct StrongWolfe {
  double decrease = 1e-4;  ///< in (0, curvature)
  double curvature = 0.9;  ///< less than 1; 0.1 for an exact search
  std::size_t evaluations = 40;

  static constexpr std::string_view name = "StrongWolfe";
};

/// All rules by which a line search takes a step length.
using AllLineSearches = TypeList<Armijo, StrongWolfe>;
/// One of them.
using LineSearch = AllLineSearches::In<std::variant>;

/// Throws OptionError for an option outside its domain.
void demand_sound(std::string_view method, const LineSearch& search);

/// The length of the first step along a direction of which only the slope is known: a hundredth of the largest
/// parameter; at x = 0, a hundredth of |f| / |slope|; where that is 0 as well, 1. So neither the unit of f nor that of
/// x matters. Hager and Zhang, "Algorithm 851: CG_DESCENT", ACM TOMS 32 (2006).
double first_look(const Iterate& from, std::span<const double> direction, double slope);

/// A step to where values are not finite is too long: the search takes a shorter one.
class LineSearcher {
 public:
  explicit LineSearcher(const LineSearch& search) : search_(search) {}

  /// Looks along the direction from `from`, where it descends, and leaves the point it found in `to`. Returns the step
  /// length; 0 if no point is lower than `from`.
  double search(const Iterate& from, std::span<const double> direction, double first_step, Iterate& to,
                Evaluator& evaluate);
  /// Was a value of the last search -infinity?
  bool fell_without_bound() const { return fell_without_bound_; }

 private:
  LineSearch search_;
  bool fell_without_bound_ = false;
  Iterate lowest_;
};

}  // namespace downhill
