#include <autodiff/derivatives/finite_differences.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

namespace downhill::gradient_check_detail {
namespace {

constexpr std::size_t rows = 8;
constexpr Real shrink = 1.7L;
using Row = std::array<Real, rows>;

// f on both sides of x, at steps that shrink from the first one.
struct Stencil {
  Row steps{}, left{}, right{};
  std::size_t count = 0;  // of steps that x can still resolve
};

struct Extrapolated {
  Real value = std::numeric_limits<Real>::quiet_NaN(), error = std::numeric_limits<Real>::infinity();
  bool is_settled = false;
};

// To h = 0, by Neville's scheme for a series in h^power: the k-th column has got rid of its first k terms. The best
// entry counts, by how much it changed its neighbours and by what the errors of the first column may have become in it.
Extrapolated extrapolated(std::span<const Real> h, std::span<const Real> values, std::span<const Real> errors,
                          int power) {
  std::array<Row, rows> table{}, noise{};
  Extrapolated best;
  for (std::size_t row = 0; row < values.size(); ++row) {
    table[row][0] = values[row], noise[row][0] = errors[row];
    for (std::size_t k = 1; k <= row; ++k) {
      const Real ratio = std::pow(h[row - k] / h[row], power);
      const Real before = table[row][k - 1], higher = table[row - 1][k - 1];
      table[row][k] = before + (before - higher) / (ratio - 1);
      noise[row][k] = (ratio * noise[row][k - 1] + noise[row - 1][k - 1]) / (ratio - 1);
      const Real change = std::max(std::abs(table[row][k] - before), std::abs(table[row][k] - higher));
      if (const Real error = change + noise[row][k]; error < best.error)
        best = {table[row][k], error, change <= std::abs(table[row][k]) / 2 + 3 * noise[row][k]};
    }
  }
  return best;
}

// f along one component of x.
class Line {
 public:
  Line(const RoundedFunction& f, std::vector<Real>& x, std::size_t i)
      : f_(f), x_(x), i_(i), at_(x[i]), middle_(value(at_)) {
    if (!std::isfinite(middle_)) return;
    left_noise_ = noise(-1), right_noise_ = noise(1);
    for (const Real step : first_steps()) stencils_.push_back(stencil(step));
    grain_ = grain();
  }

  Real middle() const { return middle_; }
  /// The largest |f| that was seen.
  Real largest() const {
    Real largest = std::abs(middle_);
    for_each_value([&](Real y) { largest = std::max(largest, std::abs(y)); });
    return largest;
  }
  /// Does f not change at all over the narrowest steps?
  bool stands_still() const {
    constexpr std::size_t scales = 2;
    for (std::size_t k = 0; k < std::min(scales, stencils_.size()); ++k)
      for (std::size_t j = 0; j < stencils_[k].count; ++j)
        if (stencils_[k].left[j] != middle_ || stencils_[k].right[j] != middle_) return false;
    return stencils_.size() >= scales;
  }
  /// Where f is a sum of terms so much larger that their rounding hides it, its values are multiples of their last
  /// place; an f of steps is like that too. Counts this grain as noise from now on, if it is small beside what f does
  /// over wider steps, or if asked to. Is there one that counts?
  bool admit_grain(bool whatever_its_size = false) {
    Real most = 0;
    for_each_value([&](Real y) { most = std::max(most, std::abs(y - middle_)); });
    if (!(grain_ > f_.epsilon * std::abs(middle_)) || (grain_ > 1e-6L * most && !whatever_its_size)) return false;
    left_noise_ = std::max(left_noise_, grain_), right_noise_ = std::max(right_noise_, grain_);
    return true;
  }

  /// From both sides, from each first step, narrow to wide; unknown ones are left out.
  std::vector<DifferenceSlope> central() const {
    return slopes(
        [&](const Stencil& s, Row& quotients, Row& errors, Row& h) {
          for (std::size_t j = 0; j < s.count; ++j) {
            h[j] = s.steps[j];
            quotients[j] = (s.right[j] - s.left[j]) / (2 * h[j]);
            errors[j] = std::max(roughness(-1, s.left[j]), roughness(1, s.right[j])) / h[j];
          }
          return s.count;
        },
        2, true, true);
  }
  /// From one side, beginning at f(x).
  std::vector<DifferenceSlope> one_sided(Real sign) const {
    return slopes(
        [&](const Stencil& s, Row& quotients, Row& errors, Row& h) {
          const Row& beside = sign < 0 ? s.left : s.right;
          for (std::size_t j = 0; j < s.count; ++j) {
            h[j] = s.steps[j];
            quotients[j] = sign * (beside[j] - middle_) / h[j];
            errors[j] = 2 * std::max(roughness(sign, beside[j]), roughness(sign, middle_)) / h[j];
          }
          return s.count;
        },
        1, sign < 0, sign > 0);
  }
  /// From one side, without f(x): the slope of the ground beside a jump.
  std::vector<DifferenceSlope> beside(Real sign) const {
    return slopes(
        [&](const Stencil& s, Row& quotients, Row& errors, Row& h) {
          const Row& beside = sign < 0 ? s.left : s.right;
          for (std::size_t j = 0; j + 1 < s.count; ++j) {
            h[j] = s.steps[j + 1];
            const Real apart = s.steps[j] - s.steps[j + 1];
            quotients[j] = sign * (beside[j] - beside[j + 1]) / apart;
            errors[j] = 2 * std::max(roughness(sign, beside[j]), roughness(sign, beside[j + 1])) / apart;
          }
          return s.count < 2 ? 0 : s.count - 1;
        },
        1, sign < 0, sign > 0);
  }

  /// Has f a finite value on this side, at the narrowest steps?
  bool exists(Real sign) const {
    return !stencils_.empty() &&
           std::ranges::all_of(std::span(sign < 0 ? stencils_[0].left : stencils_[0].right).first(stencils_[0].count),
                               [](Real y) { return std::isfinite(y); });
  }
  /// What f tends to on this side, if that is not f(x): it keeps away from f(x) however narrow the steps are.
  std::optional<Real> limit_of_jump(Real sign) const {
    constexpr std::size_t scales = 3;
    if (stencils_.size() < scales) return std::nullopt;
    std::array<Real, scales> limits{};
    for (std::size_t k = 0; k < scales; ++k) {
      const Stencil& s = stencils_[k];
      const std::span<const Real> values = std::span(sign < 0 ? s.left : s.right).first(s.count);
      Row errors{};
      for (std::size_t j = 0; j < s.count; ++j) errors[j] = roughness(sign, values[j]);
      const Extrapolated limit = extrapolated(std::span(s.steps).first(s.count), values, errors, 1);
      if (!(std::abs(limit.value - middle_) > 20 * (limit.error + roughness(sign, middle_)))) return std::nullopt;
      limits[k] = limit.value;
    }
    if (!(std::abs(limits[0] - limits[scales - 1]) < 0.1L * std::abs(limits[0] - middle_))) return std::nullopt;
    return limits[0];
  }

 private:
  // By how much a value on that side may be off.
  Real roughness(Real sign, Real value) const {
    return (sign < 0 ? left_noise_ : right_noise_) + f_.epsilon * std::abs(value);
  }

  Real value(Real at) {
    x_[i_] = at;
    const Real y = f_.f(x_);
    x_[i_] = at_;
    return y;
  }

  template <class Action>
  void for_each_value(Action action) const {
    for (const Stencil& s : stencils_)
      for (std::size_t j = 0; j < s.count; ++j)
        for (const Real y : {s.left[j], s.right[j]})
          if (std::isfinite(y)) action(y);
  }
  // The last place that any value has.
  Real grain() const {
    Real least = std::numeric_limits<Real>::infinity();
    const auto count = [&](Real y) {
      if (y == 0) return;
      int exponent = 0;
      const Real fraction = std::frexp(std::abs(y), &exponent);
      const auto digits = static_cast<std::uint64_t>(std::ldexp(fraction, 64));
      least = std::min(least, std::ldexp(Real(1), exponent - 64 + std::countr_zero(digits)));
    };
    for_each_value(count);
    count(middle_);
    return std::isfinite(least) ? least : 0;
  }

  // Relative to x, and absolute for an x that is small or 0. Narrow to wide.
  std::vector<Real> first_steps() const {
    constexpr Real widest = 0.27L, between = 9.13L, narrowest = 1e-18L;
    const Real scale = std::abs(at_);
    std::vector<Real> steps;
    for (Real step = widest; step > std::max(2 * widest * scale, narrowest); step /= between) steps.push_back(step);
    if (scale > 0)
      for (Real step = widest * scale; step > 256 * f_.epsilon * scale; step /= between) steps.push_back(step);
    std::ranges::reverse(steps);
    return steps;
  }

  // So that x + h and x - h are both exact, where they can be.
  Stencil stencil(Real first) {
    Stencil s;
    const Real scale = std::abs(at_);
    for (Real step = first; s.count < rows; step /= shrink) {
      const Real h = f_.rounded(scale + step) - scale;
      if (!(h > 0) || (s.count > 0 && h >= s.steps[s.count - 1])) break;
      s.steps[s.count] = h;
      s.right[s.count] = value(f_.rounded(at_ + h));
      s.left[s.count] = value(f_.rounded(at_ - h));
      ++s.count;
    }
    return s;
  }

  // How rough f is on this side of x, beyond the rounding of its value: differences of the orders 3, 4 and 5 at equal
  // steps are of one size where they are noise, and fall fast where f is smooth.
  Real noise(Real sign) {
    constexpr std::size_t points = 10;
    constexpr std::array<Real, 3> weights{1 / 20.0L, 1 / 70.0L, 1 / 252.0L};  // (k!)^2 / (2 k)!
    Real roughest = 0;
    // Odd numbers of units in the last place: after steps of powers of 2 every product is rounded alike.
    for (const Real units : {67.0L, 16411.0L, 4194319.0L}) {
      const Real scale = at_ == 0 ? 1 : std::abs(at_), unit = std::exp2(std::floor(std::log2(scale))) * f_.epsilon;
      const Real step = f_.rounded(units * unit);
      std::array<Real, points> y{};
      for (std::size_t k = 0; k < points; ++k) y[k] = value(f_.rounded(at_ + sign * step * static_cast<Real>(k + 1)));
      if (!std::ranges::all_of(y, [](Real v) { return std::isfinite(v); })) continue;
      Real least = std::numeric_limits<Real>::infinity(), most = 0;
      for (std::size_t order = 1; order <= 5; ++order) {
        Real sum = 0;
        for (std::size_t k = 0; k + order < points; ++k) {
          y[k] = y[k + 1] - y[k];
          sum += y[k] * y[k];
        }
        if (order < 3) continue;
        const Real sigma = std::sqrt(weights[order - 3] * sum / static_cast<Real>(points - order));
        least = std::min(least, sigma), most = std::max(most, sigma);
      }
      if (most < 6 * least) roughest = std::max(roughest, 3 * most);
    }
    return roughest;
  }

  template <class Quotients>
  std::vector<DifferenceSlope> slopes(Quotients quotients_of, int power, bool of_left, bool of_right) const {
    std::vector<DifferenceSlope> all;
    Real bend = 0;  // over steps as wide as the period of f there is none to be seen: what narrower ones saw counts
    for (const Stencil& s : stencils_) {
      Row quotients{}, errors{}, h{};
      const std::size_t count = quotients_of(s, quotients, errors, h);
      const Extrapolated best = extrapolated(std::span(h).first(count), std::span(quotients).first(count),
                                             std::span(errors).first(count), power);
      DifferenceSlope slope{best.value, best.error};
      slope.step = s.steps[0];
      for (std::size_t j = 0; j < s.count; ++j) {
        if (of_left) slope.largest = std::max(slope.largest, std::abs(s.left[j]));
        if (of_right) slope.largest = std::max(slope.largest, std::abs(s.right[j]));
      }
      if (s.count > 2) {
        const Real h2 = s.steps[2], second = std::abs(s.right[2] - 2 * middle_ + s.left[2]);
        const Real noise = roughness(-1, s.left[2]) + roughness(1, s.right[2]) + 2 * roughness(1, middle_);
        if (std::isfinite(second) && second > noise) bend = std::max(bend, second / (h2 * h2));
      }
      slope.bend = bend;
      if (best.is_settled && slope.is_known()) all.push_back(slope);
    }
    return all;
  }

  const RoundedFunction& f_;
  std::vector<Real>& x_;
  std::size_t i_;
  Real at_, middle_;
  Real left_noise_ = 0, right_noise_ = 0, grain_ = 0;
  std::vector<Stencil> stencils_;  // narrow to wide
};

bool is_apart(const DifferenceSlope& a, const DifferenceSlope& b) {
  return std::abs(a.slope - b.slope) > 2 * (a.error + b.error);
}

// The best of those that a narrower one confirms and none contradicts. One that is much rougher says nothing.
DifferenceSlope best_confirmed(std::span<const DifferenceSlope> all) {
  DifferenceSlope best;
  for (std::size_t wide = 1; wide < all.size(); ++wide) {
    bool is_confirmed = false, is_contradicted = false;
    for (const DifferenceSlope& narrow : all.first(wide)) {
      is_contradicted = is_contradicted || is_apart(all[wide], narrow);
      is_confirmed = is_confirmed || (std::abs(all[wide].slope - narrow.slope) <= all[wide].error + narrow.error &&
                                      narrow.error <= 100 * all[wide].error);
    }
    if (is_confirmed && !is_contradicted && all[wide].error < best.error) best = all[wide];
  }
  return best;
}

Side side_of(const Line& line, Real sign) {
  Side side;
  if (!line.exists(sign)) {
    side.ground = Ground::missing;
  } else if (const std::optional<Real> limit = line.limit_of_jump(sign)) {
    side.ground = Ground::jumps;
    side.limit = *limit;
    side.slope = best_confirmed(line.beside(sign));
  } else {
    side.slope = best_confirmed(line.one_sided(sign));
    side.ground = side.slope.is_known() ? Ground::joined : Ground::steep;
    side.limit = line.middle();
  }
  return side;
}

}  // namespace

SlopesOfValues slopes_of_values(const RoundedFunction& f, std::vector<Real>& x, std::size_t i) {
  Line line(f, x, i);
  SlopesOfValues found;
  found.value = line.middle();
  if (!std::isfinite(found.value)) return found;
  found.largest = line.largest();
  found.is_grained = line.admit_grain();
  found.stands_still = line.stands_still();
  found.left = side_of(line, -1), found.right = side_of(line, 1);
  found.central = best_confirmed(line.central());
  // Where one side tells its slope and the other does not, both together tell nothing else.
  for (const auto& [side, other] : {std::pair(&found.left, &found.right), std::pair(&found.right, &found.left)})
    if (side->ground == Ground::joined && other->ground == Ground::steep && is_apart(side->slope, found.central))
      found.central = {};
  if (found.stands_still && !found.is_grained && line.admit_grain(true)) found.wider = best_confirmed(line.central());
  return found;
}

}  // namespace downhill::gradient_check_detail
