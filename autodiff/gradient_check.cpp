#include <autodiff/gradient_check.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace downhill {
namespace gradient_check_detail {
namespace {

using Real = long double;

/// A slope from differences, the error to expect of it, and the largest |f| that it was formed from.
struct Estimate {
  Real slope = NAN, error = INFINITY, largest = 0;

  bool is_known() const { return std::isfinite(slope) && std::isfinite(error); }
};

enum class Side { left, both, right };

/// f along one component of x.
class Line {
 public:
  Line(const Sampled& f, std::vector<Real>& x, std::size_t i) : f_(f), x_(x), i_(i), at_(x[i]), middle_(value(at_)) {}

  Real middle() const { return middle_; }

  /// The derivative from one side or both, the best over several first steps.
  Estimate derivative(Side side) {
    Estimate best;
    for (const Real step : first_steps()) {
      const Estimate estimate = extrapolated(side, step);
      if (estimate.is_known() && !(best.error <= estimate.error)) best = estimate;
    }
    return best;
  }

 private:
  Real value(Real at) {
    x_[i_] = at;
    const Real y = f_.f(x_);
    x_[i_] = at_;
    return y;
  }

  // Powers of two, which keep x + h exact: relative to x, and absolute, for an x that is small or 0.
  std::vector<Real> first_steps() const {
    std::vector<Real> steps;
    const auto add_below = [&](Real scale) {
      for (const int exponent : {-2, -5, -9, -14, -20, -27, -34}) steps.push_back(std::ldexp(scale, exponent));
    };
    if (at_ != 0) add_below(std::exp2(std::ceil(std::log2(std::abs(at_)))));
    add_below(1);
    return steps;
  }

  // The first step is halved again and again. The k-th column of the tableau has got rid of the errors in h^k, or
  // h^(2 k) where the difference is central.
  Estimate extrapolated(Side side, Real step) {
    constexpr std::size_t rows = 8;
    std::array<std::array<Real, rows>, rows> tableau{};
    Estimate best;
    for (std::size_t row = 0; row < rows; ++row, step /= 2) {
      const Real right = side == Side::left ? at_ : f_.rounded(at_ + step);
      const Real left = side == Side::right ? at_ : f_.rounded(at_ - step);
      if (right == left || (side == Side::both && (right == at_ || left == at_))) break;
      const Real above = right == at_ ? middle_ : value(right), below = left == at_ ? middle_ : value(left);
      best.largest = std::max({best.largest, std::abs(above), std::abs(below)});
      const Real rounding = 2 * f_.epsilon * std::max(std::abs(above), std::abs(below)) / (right - left);
      tableau[row][0] = (above - below) / (right - left);
      const Real ratio = side == Side::both ? 4 : 2;
      Real factor = ratio;
      for (std::size_t column = 1; column <= row; ++column, factor *= ratio) {
        const Real before = tableau[row][column - 1], higher = tableau[row - 1][column - 1];
        tableau[row][column] = before + (before - higher) / (factor - 1);
        const Real change = std::max(std::abs(tableau[row][column] - before), std::abs(tableau[row][column] - higher));
        if (const Real error = change + 2 * rounding; error < best.error)
          best = {tableau[row][column], error, best.largest};
      }
    }
    return best;
  }

  const Sampled& f_;
  std::vector<Real>& x_;
  std::size_t i_;
  Real at_, middle_;
};

// Do the slopes from the two sides differ by much more than their errors?
bool is_kink(const Estimate& left, const Estimate& right) {
  const Real apart = std::abs(right.slope - left.slope);
  return left.is_known() && right.is_known() && apart > 20 * (left.error + right.error) &&
         apart > 1e-5L * std::max(std::abs(left.slope), std::abs(right.slope));
}

CheckedComponent judged(Line line, Real at, double given, const double* forward, double epsilon_of_given) {
  const Estimate central = line.derivative(Side::both), left = line.derivative(Side::left),
                 right = line.derivative(Side::right);
  CheckedComponent c;
  c.given = given;
  c.difference = static_cast<double>(central.slope);
  c.expected_error = static_cast<double>(central.error);
  c.left = static_cast<double>(left.slope), c.right = static_cast<double>(right.slope);
  if (forward != nullptr) c.forward = *forward;

  // What rounding may leave of terms that cancel, and what it may do to one that does not.
  const Real unit = central.largest / (at == 0 ? 0.25L : std::abs(at));
  const Real floor = 8 * epsilon_of_given * unit;
  const Real tolerance = epsilon_of_given > 1e-10 ? 1e-4L : 1e-7L;
  const Real truth = c.forward ? Real(*c.forward) : central.slope;
  c.error = static_cast<double>(std::abs(given - truth));
  const Real from_truth = tolerance * std::abs(truth) + floor;
  const Real from_difference = tolerance * std::abs(central.slope) + floor + 3 * central.error;
  c.allowed = static_cast<double>(c.forward ? from_truth : from_difference);

  const bool one_sided = left.is_known() != right.is_known() && std::isfinite(line.middle());
  if (is_kink(left, right) || (one_sided && !central.is_known())) {
    // Any slope between the two is one that f may be said to have there.
    const auto [low, high] = std::minmax(left.slope, right.slope);
    const Real beside = tolerance * std::max(std::abs(low), std::abs(high)) + floor + left.error + right.error;
    c.verdict = !one_sided && !(given >= low - beside && given <= high + beside) ? Verdict::wrong : Verdict::kink;
    if (!one_sided) c.error = static_cast<double>(std::max({low - given, given - high, Real(0)}));
    c.allowed = static_cast<double>(beside);
  } else if (!central.is_known()) {
    c.verdict = Verdict::unclear;
  } else if (!(std::abs(given - central.slope) <= from_difference) ||
             (c.forward && !(std::abs(given - truth) <= from_truth))) {
    c.verdict = Verdict::wrong;
  } else {
    const bool is_fine = 3 * central.error <= 1e-4L * std::abs(central.slope) + floor;
    c.verdict = is_fine || c.forward ? Verdict::agrees : Verdict::unclear;
  }
  return c;
}

}  // namespace

GradientCheck check(const Sampled& f, std::vector<long double> x, std::span<const double> given,
                    std::span<const double> forward, double epsilon_of_given) {
  GradientCheck result;
  for (std::size_t i = 0; i < x.size(); ++i) {
    result.components.push_back(
        judged(Line(f, x, i), x[i], given[i], forward.empty() ? nullptr : &forward[i], epsilon_of_given));
    result.components.back().index = i;
  }
  return result;
}

}  // namespace gradient_check_detail

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::agrees: return "agrees";
    case Verdict::wrong: return "WRONG";
    case Verdict::kink: return "kink";
    case Verdict::unclear: return "unclear";
  }
  return "unknown";
}

bool GradientCheck::passed() const {
  return std::ranges::none_of(components, [](const CheckedComponent& c) { return c.verdict == Verdict::wrong; });
}

std::string GradientCheck::table() const {
  std::string text = fmt::format("{:>5} {:>16} {:>16} {:>10} {:>16} {:>10}  verdict\n", "i", "given", "difference",
                                 "+-", "forward mode", "error");
  for (const CheckedComponent& c : components) {
    text +=
        fmt::format("{:>5} {:>16.9g} {:>16.9g} {:>10.1e} {:>16} {:>10.1e}  {}", c.index, c.given, c.difference,
                    c.expected_error, c.forward ? fmt::format("{:.9g}", *c.forward) : "-", c.error, name(c.verdict));
    if (c.verdict == Verdict::kink && std::isnan(c.left + c.right))
      text += fmt::format(": no value on the {}", std::isnan(c.left) ? "left" : "right");
    else if (c.verdict == Verdict::kink)
      text += fmt::format(": {:.6g} on the left, {:.6g} on the right", c.left, c.right);
    if (c.verdict == Verdict::wrong) text += fmt::format(": more than {:.1e}", c.allowed);
    text += '\n';
  }
  return text;
}

}  // namespace downhill
