#pragma once
/// \file
/// Full-batch methods: a direction from the gradients seen so far, and a line search along it.
///
/// None of them depends on the unit of the value, nor on a unit that all parameters share: the walk is the same. Other
/// units for some of the parameters make it another walk.

#include <Eigen/Core>

#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <autodiff/descent/bounds.hpp>
#include <autodiff/descent/line_search.hpp>
#include <autodiff/descent/walk.hpp>

namespace downhill {

/// A rule that says in which direction to go from a point.
class Direction {
 public:
  virtual ~Direction() = default;
  /// Writes a direction at the point, given its gradient.
  virtual void aim(const Eigen::Ref<const Eigen::VectorXd>& gradient, Eigen::Ref<Eigen::VectorXd> direction) = 0;
  /// The last step, s, and the change of the gradient over it, y.
  virtual void learn(const Eigen::Ref<const Eigen::VectorXd>& s, const Eigen::Ref<const Eigen::VectorXd>& y,
                     const Eigen::Ref<const Eigen::VectorXd>& gradient) = 0;
  /// Back to steepest descent.
  virtual void forget() = 0;
  /// Is the length of the direction that of a good step?
  virtual bool is_scaled() const = 0;
};

/// Takes the steps of a walk: a line search along each direction. See Walk.
class LineSearchWalker {
 public:
  LineSearchWalker(std::unique_ptr<Direction> direction, const LineSearch& search);
  // In the library: its vectors get their memory there, and give it back there.
  LineSearchWalker(LineSearchWalker&&) noexcept;
  LineSearchWalker& operator=(LineSearchWalker&&) noexcept;
  ~LineSearchWalker();
  Move advance(const Iterate& from, Iterate& to, Evaluator& evaluate);
  /// The step that is left to the bottom: the direction, where its length is that of a step, and otherwise an estimate
  /// by the curvature along the last step.
  std::span<const double> step_left(const Iterate& at);

 private:
  void aim(const Iterate& at);
  // The next step along -g, or by the direction: looks for a lower point, and returns the step, 0 if there is none.
  double look(const Iterate& from, Iterate& to, Evaluator& evaluate, bool is_scaled);
  double first_step(const Iterate& from, double slope, double unit, bool is_scaled) const;
  Move cannot_go_on(const Iterate& from, const Iterate& trial, double promised);
  bool stalls(const Iterate& at);

  std::unique_ptr<Direction> direction_;
  LineSearcher searcher_;
  Eigen::VectorXd aim_, moved_, change_, estimate_;
  bool is_aimed_ = false;  // aim_ is that of the point which comes next
  bool backtracks_;        // only ever shortens a step
  double last_step_ = 0, last_slope_ = 0, last_unit_ = 1;
  double curvature_ = 0;  // along the last step
  double lowest_ = std::numeric_limits<double>::infinity(), least_norm_ = lowest_;
  int stalled_ = 0;
  bool has_turned_ = false;  // to steepest descent, since the value last fell by more than rounding
};

/// d = -g.
struct SteepestDescent {
  LineSearch search = Armijo{};

  static constexpr std::string_view name = "SteepestDescent";
  LineSearchWalker walker(std::size_t parameters) const;
};

/// d = -g + beta d, beta = max(0, g'(g - g_before) / |g_before|²), and d = -g again after n steps, or where
/// |g'g_before| >= 0.2 |g|². Polak and Ribière, "Note sur la convergence de méthodes de directions conjuguées", Rev.
/// Fr. Inform. Rech. Opér. 3 (1969); Powell, "Restart procedures for the conjugate gradient method", Math. Prog. 12
/// (1977).
struct ConjugateGradient {
  LineSearch search = StrongWolfe{.curvature = 0.1};

  static constexpr std::string_view name = "ConjugateGradient";
  LineSearchWalker walker(std::size_t parameters) const;
};

/// d = -H g, with the inverse Hessian H <- (I - s y'/s'y) H (I - y s'/s'y) + s s'/s'y. It is n x n numbers: beyond some
/// thousand parameters use Lbfgs. Nocedal and Wright, "Numerical Optimization" (2006), section 6.1.
struct Bfgs {
  LineSearch search = StrongWolfe{};

  static constexpr std::string_view name = "Bfgs";
  LineSearchWalker walker(std::size_t parameters) const;
};

/// As Bfgs, but H is made from the last `memory` pairs (s, y), and never formed. Liu and Nocedal, "On the limited
/// memory BFGS method for large scale optimization", Math. Prog. 45 (1989).
struct Lbfgs {
  std::size_t memory = 10;
  LineSearch search = StrongWolfe{};

  static constexpr std::string_view name = "Lbfgs";
  LineSearchWalker walker(std::size_t parameters) const;
};

/// The last pairs (s, y), and the product with the inverse Hessian they stand for.
class LbfgsMemory {
 public:
  LbfgsMemory(std::size_t pairs, std::size_t parameters);
  /// Keeps a pair, unless its curvature s'y is not positive.
  void learn(const Eigen::Ref<const Eigen::VectorXd>& s, const Eigen::Ref<const Eigen::VectorXd>& y);
  /// v <- H v, on the parameters where `free` is 1: on the others v is 0 and stays so.
  void multiply(Eigen::Ref<Eigen::VectorXd> v, const Eigen::VectorXd* free = nullptr) const;
  void forget() { count_ = 0; }
  bool is_empty() const { return count_ == 0; }

 private:
  Eigen::MatrixXd s_, y_;  // a column each, the newest at newest_
  std::size_t count_ = 0, newest_ = 0;
};

/// L-BFGS within lower <= x <= upper. Parameters at a bound that the gradient pushes against stay there; on the others
/// it is L-BFGS, and the path is bent at the bounds. Bertsekas, "Projected Newton methods for optimization problems
/// with simple constraints", SIAM J. Control Optim. 20 (1982). `Stop::gradient_norm` and the result's are those of the
/// projected gradient, x - clamp(x - g).
struct BoundedLbfgs {
  std::vector<double> lower = {};  ///< none, one for all parameters, or one for each; may be infinite
  std::vector<double> upper = {};
  std::size_t memory = 10;
  Armijo search = {};

  static constexpr std::string_view name = "BoundedLbfgs";
  /// Takes the steps of a walk: see Walk.
  class Walker {
   public:
    Walker(const BoundedLbfgs& method, std::size_t parameters);
    // In the library: its vectors get their memory there, and give it back there.
    Walker(Walker&&) noexcept;
    Walker& operator=(Walker&&) noexcept;
    ~Walker();
    /// Throws OptionError for a start outside the bounds.
    void admit(const std::vector<double>& start) const { bounds_.admit(start); }
    double flatness(const Iterate& at) const;
    Move advance(const Iterate& from, Iterate& to, Evaluator& evaluate);
    /// The step of L-BFGS, within the bounds.
    std::span<const double> step_left(const Iterate& at);

   private:
    void aim(const Iterate& from);
    // Shortens the step until the value has fallen; returns it, or 0.
    double backtrack(const Iterate& from, double step, Iterate& to, Evaluator& evaluate);

    Bounds bounds_;
    Armijo search_;
    LbfgsMemory memory_;
    Eigen::VectorXd aim_, free_, change_, of_gradient_, estimate_;
    bool is_aimed_ = false, fell_without_bound_ = false;
    double last_length_ = 0;
  };
  Walker walker(std::size_t parameters) const { return {*this, parameters}; }
};

}  // namespace downhill
