#pragma once
/// \file
/// Levenberg-Marquardt: steps within a region in which the model of the sum of squares is trusted.

#include <Eigen/Core>

#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include <autodiff/descent/bounds.hpp>
#include <autodiff/descent/least_squares/linearisation.hpp>
#include <autodiff/descent/least_squares/trust_region.hpp>

namespace downhill {

/// p minimises the model |r + J p|² within |D p| <= radius. The radius grows where the model foretells the sum well,
/// and shrinks where a step does not lower it. D holds the largest norms so far of the columns of J. For a parameter
/// that hardly matters it holds more: as much as makes changing the parameter by itself count like a change of the
/// residuals by 3 %. So the walk is the same in any units of the residuals and of each parameter. Two other steps are
/// tried before the radius shrinks. Where the whole step to the bottom of the model fails, a half or a quarter of it
/// follows a narrow canyon along its side. Where residuals stay large, a second model has their own curvature, learned
/// from the steps; it is used whenever it would have foretold the last step better. A step is only taken to a lower
/// sum.
///
/// The walk ends at the first of three signs: the residuals are orthogonal, up to `cosine`, to all that a step can
/// change; the whole step is shorter than `relative_step`; or the whole step promises no more than rounding, and the
/// next one does not promise less. The last two mean the bottom only where the step promises little of the sum, or no
/// residual is left; elsewhere the reason is no_progress. `Stop::gradient_norm` adds a bound in absolute units.
///
/// Parameters stay within lower <= x <= upper; those in `fixed` keep their start. `Stop::gradient_norm` and the
/// result's are those of the parameters that are free to go down.
///
/// Levenberg (1944); Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", SIAM J. 11 (1963);
/// Moré, "The Levenberg-Marquardt algorithm: implementation and theory" (1978), for D, the radius and its step; for the
/// shares of the whole step, Deuflhard, "Newton Methods for Nonlinear Problems" (2004), section 4.2; for the curvature
/// and the choice of the model, Dennis, Gay and Welsch, "An adaptive nonlinear least-squares algorithm", ACM Trans.
/// Math. Softw. 7 (1981).
struct LevenbergMarquardt {
  double radius = 1;               ///< the first radius, in units of |D x|
  double cosine = 1e-9;            ///< of the angle between r and the columns of J: sqrt(|r|² - |r + J p|²) / |r|
  double relative_step = 1e-15;    ///< |D p| / |D x|
  std::vector<double> lower = {};  ///< none, one for all parameters, or one for each; may be infinite
  std::vector<double> upper = {};
  std::vector<std::size_t> fixed = {};  ///< the indices of parameters that are not fitted

  static constexpr std::string_view name = "LevenbergMarquardt";
  /// Takes the steps of a walk: see Walk.
  class Walker {
   public:
    Walker(const LevenbergMarquardt& method, std::size_t parameters);
    // In the library: its vectors get their memory there, and give it back there.
    Walker(Walker&&) noexcept;
    Walker& operator=(Walker&&) noexcept;
    ~Walker();
    /// Throws OptionError for a start outside the bounds.
    void admit(const std::vector<double>& start) const { bounds_.admit(start); }
    void begin(Iterate& at, ResidualEvaluator& evaluate) { at_.begin(at, evaluate); }
    /// The norm of the gradient along the parameters that can move.
    double flatness(const Iterate& at) const;
    /// Without a Stop::gradient_norm, it says itself where the ground is flat.
    static constexpr bool judges_flatness = true;
    Move advance(const Iterate& from, Iterate& to, ResidualEvaluator& evaluate);

   private:
    Eigen::VectorXd movable(const Eigen::VectorXd& x, const Eigen::VectorXd& slope) const;
    Eigen::VectorXd within_bounds(Eigen::VectorXd p, Eigen::VectorXd free, const Eigen::VectorXd& d) const;
    double promised(const Eigen::VectorXd& p) const;
    void judge(double fall, double promise, double slope, double length, double now);
    bool accept(const Eigen::VectorXd& p, double fall, double noise, Trial trial, Iterate& to,
                ResidualEvaluator& evaluate);
    Move last_resort(const Eigen::VectorXd& free, double last_value, double noise, Iterate& to,
                     ResidualEvaluator& evaluate);

    double first_radius_, cosine_, relative_step_;
    Bounds bounds_;
    Eigen::VectorXd fitted_;
    double radius_ = -1;
    Eigen::VectorXd scale_;  // D
    ResidualCurvature curvature_;
    bool curved_ = false;  // the model of the next step
    double share_ = 1;     // of the whole step, to be tried next; 0: the radius decides
    double last_length_ = std::numeric_limits<double>::infinity();
    std::optional<Move> end_;  // once there is nothing left but rounding
    Linearisation at_;
  };
  /// Throws OptionError for options outside their domains, ShapeError for bounds that are not as many as parameters.
  Walker walker(std::size_t parameters) const { return {*this, parameters}; }
};

}  // namespace downhill
