#pragma once
/// \file
/// Gauss-Newton: whole steps to the bottom of the linear model.

#include <Eigen/Core>

#include <cstddef>
#include <optional>
#include <string_view>

#include <autodiff/descent/least_squares/linearisation.hpp>

namespace downhill {

/// x <- x + a p, where p minimises |r + J p|, and a is halved until the value has fallen by 1e-4 of what its slope
/// promises. p comes from a QR factorisation of J whose columns are scaled to the same length, so the walk is the same
/// in any units of the parameters. Where columns of J depend on others, to rounding, their parameters do not move.
/// Where `halvings` are not enough to find an a, the parameter whose column depends most on the others is held as well,
/// then the next, until a single one is left. The walk ends as that of LevenbergMarquardt does, and also after a
/// hundred steps that together lower the sum by less than a hundredth, where the model does not hold.
/// LevenbergMarquardt takes better steps wherever the model is bad. Gauss (1809); Björck, "Numerical Methods for Least
/// Squares Problems" (1996), section 9.2; for the rank, Deuflhard, "Newton Methods for Nonlinear Problems" (2004),
/// section 4.3.
struct GaussNewton {
  std::size_t halvings = 10;
  double cosine = 1e-9;          ///< of the angle between r and the columns of J: sqrt(|r|² - |r + J p|²) / |r|
  double relative_step = 1e-15;  ///< |D p| / |D x|, where D holds the lengths of the columns of J

  static constexpr std::string_view name = "GaussNewton";
  /// Takes the steps of a walk: see Walk.
  class Walker {
   public:
    explicit Walker(const GaussNewton& method);
    // In the library: its vectors get their memory there, and give it back there.
    Walker(Walker&&) noexcept;
    Walker& operator=(Walker&&) noexcept;
    ~Walker();
    void begin(Iterate& at, ResidualEvaluator& evaluate) { at_.begin(at, evaluate); }
    /// Without a Stop::gradient_norm, it says itself where the ground is flat.
    static constexpr bool judges_flatness = true;
    Move advance(const Iterate& from, Iterate& to, ResidualEvaluator& evaluate);

   private:
    bool has_stalled(double promised);

    std::size_t halvings_;
    double cosine_, relative_step_;
    double last_value_ = 0, last_promised_ = 0, value_before_wait_ = 0;
    int waited_ = 0;
    std::optional<Move> end_;  // once there is nothing left but rounding
    Linearisation at_;
  };
  /// Throws OptionError for options that are negative.
  Walker walker(std::size_t) const;
};

}  // namespace downhill
