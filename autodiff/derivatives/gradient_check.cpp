#include <autodiff/gradient_check.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <autodiff/text/table.hpp>

#include <autodiff/text/names.hpp>

namespace downhill {
namespace gradient_check_detail {
namespace {

// Do the slopes from the two sides differ by much more than their errors?
bool is_kink(const DifferenceSlope& left, const DifferenceSlope& right) {
  const Real apart = std::abs(right.slope - left.slope);
  return left.is_known() && right.is_known() && apart > 20 * (left.error + right.error) &&
         apart > 1e-5L * std::max(std::abs(left.slope), std::abs(right.slope));
}

std::string text_of_jump(const SlopesOfValues& f) {
  const bool on_left = f.left.ground == Ground::jumps, on_right = f.right.ground == Ground::jumps;
  const auto limit = [](const Side& side) {
    return side.ground == Ground::missing ? std::string("nothing") : fmt::format("{:.6g}", side.limit);
  };
  if (on_left && on_right)
    return fmt::format("f is {:.6g} there, and tends to {} on the left, to {} on the right", f.value, limit(f.left),
                       limit(f.right));
  return fmt::format("f jumps from {} on the left to {} on the right", limit(f.left), limit(f.right));
}

std::string text_of_unknown(const SlopesOfValues& f) {
  const bool left = f.left.ground == Ground::steep, right = f.right.ground == Ground::steep;
  if (left != right)
    return fmt::format("{:.6g} on the {}; on the {} the differences do not settle, however small the steps",
                       (left ? f.right : f.left).slope.slope, left ? "right" : "left", left ? "left" : "right");
  return "the differences do not settle, however small the steps: the slope is infinite, or f is too rough";
}

std::string text_of_two_slopes(const DifferenceSlope& wide) {
  return fmt::format(
      "f stands still over small steps, and has the slope {:.6g} over wider ones: it consists of steps, or of terms so "
      "large that their rounding hides it",
      wide.slope);
}

class Judge {
 public:
  Judge(const SlopesOfValues& f, Real at, double given, const double* forward, double epsilon)
      : f_(f), given_(given), tolerance_(epsilon > 1e-10 ? 1e-4L : 1e-7L) {
    c_.given = given;
    c_.difference = static_cast<double>(f.central.slope);
    c_.expected_error = static_cast<double>(f.central.error);
    c_.left = static_cast<double>(f.left.slope.slope), c_.right = static_cast<double>(f.right.slope.slope);
    if (forward != nullptr) c_.forward = *forward;
    // What rounding may leave of terms that cancel, and what it may do to one that does not; and what the rounding of x
    // does to the slope.
    const Real scale = at == 0 ? 0.25L : std::abs(at);
    unit_ = f.largest / scale;
    floor_ = 8 * epsilon * std::max(f.central.largest, std::abs(f.value)) / scale;
    bend_ = 8 * epsilon * std::abs(at) * f.central.bend;
  }

  CheckedComponent verdict() {
    const Ground left = f_.left.ground, right = f_.right.ground;
    if (!std::isfinite(f_.value))
      say(Verdict::unclear, fmt::format("f is {} there", std::isnan(f_.value) ? "nan" : "infinite"));
    else if (left == Ground::jumps || right == Ground::jumps)
      beside(Verdict::jump, text_of_jump(f_));
    else if (left == Ground::missing && right == Ground::missing)
      say(Verdict::unclear, "f has no value on either side");
    else if (left == Ground::missing || right == Ground::missing)
      say(Verdict::kink, fmt::format("no value on the {}", left == Ground::missing ? "left" : "right"));
    else if (is_kink(f_.left.slope, f_.right.slope))
      beside(Verdict::kink, fmt::format("{:.6g} on the left, {:.6g} on the right", c_.left, c_.right));
    else if (c_.forward)
      by_forward_mode();
    else
      by_differences();
    return c_;
  }

 private:
  void say(Verdict verdict, std::string why) { c_.verdict = verdict, c_.why = std::move(why); }
  void off(Real error, Real allowed, std::string_view from) {
    c_.error = static_cast<double>(error), c_.allowed = static_cast<double>(allowed);
    say(Verdict::wrong, fmt::format("off by {:.1e} from {}, {:.1e} allowed", c_.error, from, c_.allowed));
  }

  // Any slope between the two is one that f may be said to have there.
  void beside(Verdict verdict, std::string why) {
    const DifferenceSlope &left = f_.left.slope, &right = f_.right.slope;
    say(verdict, std::move(why));
    if (!left.is_known() || !right.is_known()) return;
    const auto [low, high] = std::minmax(left.slope, right.slope);
    c_.allowed =
        static_cast<double>(tolerance_ * std::max(std::abs(low), std::abs(high)) + floor_ + left.error + right.error);
    c_.error = static_cast<double>(std::max({low - given_, given_ - high, Real(0)}));
    if (!(c_.error <= c_.allowed) || std::isnan(given_))
      say(Verdict::wrong, fmt::format("it is not between the slopes on the left and on the right: {}", c_.why));
  }

  Real allowed_from(const DifferenceSlope& slope) const {
    return tolerance_ * std::abs(slope.slope) + floor_ + bend_ + 3 * slope.error;
  }
  bool fits(Real x, const DifferenceSlope& slope) const {
    return slope.is_known() && std::abs(x - slope.slope) <= allowed_from(slope);
  }
  bool is_fine(const DifferenceSlope& slope) const {
    return slope.is_known() && 3 * slope.error <= 1e-4L * std::abs(slope.slope) + floor_ + bend_ + 1e-9L * unit_;
  }
  // An f that stands still over small steps has the slope 0 as well.
  bool has_two_slopes() const { return f_.stands_still && f_.is_grained && !fits(0, f_.central); }
  bool fits_values(Real x) const { return fits(x, f_.central) || (has_two_slopes() && std::abs(x) <= floor_); }

  void by_forward_mode() {
    const Real forward = *c_.forward, error = std::abs(given_ - forward);
    const Real allowed = tolerance_ * std::abs(forward) + floor_ + bend_;
    c_.error = static_cast<double>(error), c_.allowed = static_cast<double>(allowed);
    const bool knows = f_.central.is_known();
    if (!(error <= allowed)) {
      if (!knows && !std::isfinite(given_) && !std::isfinite(forward))
        say(Verdict::unclear, text_of_unknown(f_));
      else if (is_fine(f_.central) && fits_values(given_) && !fits_values(forward))
        say(Verdict::unclear, "the differences agree with it, forward mode does not: f has a wrong rule there");
      else
        off(error, allowed, "forward mode");
    } else if (knows && !fits_values(given_)) {
      if (f_.stands_still && fits(given_, f_.wider))
        say(Verdict::unclear, text_of_two_slopes(f_.wider));
      else
        off(std::abs(given_ - f_.central.slope), allowed_from(f_.central), "the differences");
    } else if (knows) {
      c_.verdict = Verdict::agrees;
    } else {
      say(Verdict::unclear, text_of_unknown(f_));
    }
  }

  void by_differences() {
    const Real error = std::abs(given_ - f_.central.slope), allowed = allowed_from(f_.central);
    c_.error = static_cast<double>(error), c_.allowed = static_cast<double>(allowed);
    if (!f_.central.is_known())
      say(Verdict::unclear, text_of_unknown(f_));
    else if (!fits_values(given_))
      off(error, allowed, "the differences");
    else if (has_two_slopes())
      say(Verdict::unclear, text_of_two_slopes(f_.central));
    else if (!is_fine(f_.central))
      say(Verdict::unclear, "the differences are too rough to tell");
    else
      c_.verdict = Verdict::agrees;
  }

  const SlopesOfValues& f_;
  Real given_, tolerance_, unit_ = 0, floor_ = 0, bend_ = 0;
  CheckedComponent c_;
};

}  // namespace

GradientCheck check(const RoundedFunction& f, std::vector<long double> x, std::span<const double> given,
                    std::span<const double> forward, double epsilon_of_given) {
  GradientCheck result;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const SlopesOfValues values = slopes_of_values(f, x, i);
    result.components.push_back(
        Judge(values, x[i], given[i], forward.empty() ? nullptr : &forward[i], epsilon_of_given).verdict());
    result.components.back().index = i;
  }
  return result;
}

}  // namespace gradient_check_detail

std::string_view name(Verdict verdict) { return verdict == Verdict::wrong ? "WRONG" : enumerator_name(verdict); }

bool GradientCheck::passed() const {
  return std::ranges::none_of(components, [](const CheckedComponent& c) { return c.verdict == Verdict::wrong; });
}

std::string GradientCheck::table() const {
  std::vector<TableRow> rows{{"i", "given", "difference", "+-", "forward mode", "error", "verdict"}};
  for (const CheckedComponent& c : components)
    rows.push_back({fmt::format("{}", c.index), fmt::format("{:.9g}", c.given), fmt::format("{:.9g}", c.difference),
                    fmt::format("{:.1e}", c.expected_error), c.forward ? fmt::format("{:.9g}", *c.forward) : "-",
                    fmt::format("{:.1e}", c.error),
                    c.why.empty() ? std::string(name(c.verdict)) : fmt::format("{}: {}", name(c.verdict), c.why)});
  using enum Align;
  return aligned_text(rows, std::array{right, right, right, right, right, right, left});
}

}  // namespace downhill
