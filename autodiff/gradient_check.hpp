#pragma once
/// \file
/// Is this gradient right? A gradient from a tape, or one written by hand, beside what the values of f say.
///
/// Differences need no derivative rule at all: finite_differences.hpp says how they are taken, and which of them count.
/// Where f is generic over its number type it is evaluated in double, also where x is of float, and forward mode gives
/// a second opinion. What cannot be decided is not called right; the reason is given: f jumps, its slope is infinite,
/// or its values are too rough.

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <autodiff/derivatives.hpp>
#include <autodiff/derivatives/finite_differences.hpp>

namespace downhill {

/// What a component of a gradient was found to be.
enum class Verdict {
  agrees,
  wrong,
  kink,     ///< the slopes on the left and on the right differ, or f has values on one side only
  jump,     ///< the value itself differs on the left and on the right
  unclear,  ///< the differences do not settle, or are too rough to tell
};
/// "agrees", "WRONG", "kink", "jump", "unclear".
std::string_view name(Verdict verdict);

/// What is known of one component of a gradient.
struct CheckedComponent {
  std::size_t index = 0;
  double given = 0;               ///< the gradient to check
  double difference = 0;          ///< the extrapolated difference; NaN where it is not known
  double expected_error = 0;      ///< of the difference
  std::optional<double> forward;  ///< by forward mode, where f is generic
  double error = 0;               ///< |given - forward|, or |given - difference|, or from the range between the sides
  double allowed = 0;             ///< beyond this error the component is wrong
  double left = 0, right = 0;     ///< the slopes from either side, which differ at a kink; NaN where not known
  Verdict verdict = Verdict::unclear;
  std::string why;  ///< the reason, unless it agrees
};

/// What is known of a gradient, component by component.
struct GradientCheck {
  std::vector<CheckedComponent> components;

  /// Is no component wrong? Kinks, jumps and unclear ones are named, not failed.
  bool passed() const;
  explicit operator bool() const { return passed(); }
  /// One row for each component: both values, the error, the one to expect, the verdict.
  std::string table() const;
};

namespace gradient_check_detail {

GradientCheck check(const RoundedFunction& f, std::vector<long double> x, std::span<const double> given,
                    std::span<const double> forward, double epsilon_of_given);

template <class Number, class F, class P>
RoundedFunction rounded_function(F& f, const P& like) {
  return {[&](std::span<const long double> x) {
            return derivatives_detail::primal_of<long double>(derivatives_detail::evaluated<Number>(
                f, like, [&](std::size_t i) { return static_cast<Number>(x[i]); }));
          },
          [](long double x) { return static_cast<long double>(static_cast<Number>(x)); },
          static_cast<double>(std::numeric_limits<Number>::epsilon())};
}
template <class F, class P, class X>
concept TakesNumbers = requires(F& f, typename derivatives_detail::Kind<P>::template Argument<X> x) { f(x); };

}  // namespace gradient_check_detail

/// Checks a gradient of f at x, component by component. f takes what derivatives.hpp describes, or plain numbers only,
/// and returns one number. An error is allowed up to 1e-7 of the slope (1e-4 where x is of float), the expected error
/// of the difference, and the rounding of a sum of terms as large as f / x_i. Throws ShapeError where the sizes differ.
template <class F, derivatives_detail::Point P, class G>
GradientCheck check_gradient(F&& f, const P& x, const G& given) {
  namespace d = derivatives_detail;
  namespace g = gradient_check_detail;
  using S = d::Scalar<P>;
  d::demand_same_size("check_gradient", x, given);
  std::vector<long double> point;
  std::vector<double> to_check, forward;
  for (std::size_t i = 0; i < d::size_of(x); ++i) {
    point.push_back(d::number_at<S>(x, i));
    to_check.push_back(static_cast<double>(d::number_at<d::Scalar<G>>(given, i)));
  }
  if constexpr (g::TakesNumbers<F, P, Dual<double, 8>>) {
    const auto jacobian = d::jacobian_forward<8>(f, std::vector<double>(point.begin(), point.end()));
    for (Eigen::Index i = 0; i < jacobian.cols(); ++i) forward.push_back(jacobian(0, i));
  }
  constexpr auto epsilon = static_cast<double>(std::numeric_limits<S>::epsilon());
  if constexpr (g::TakesNumbers<F, P, double>)
    return g::check(g::rounded_function<double>(f, x), std::move(point), to_check, forward, epsilon);
  else
    return g::check(g::rounded_function<S>(f, x), std::move(point), to_check, forward, epsilon);
}

/// Checks the gradient of f that the tape has.
template <class F, derivatives_detail::Point P>
GradientCheck check_gradient(F&& f, const P& x) {
  return check_gradient(f, x, gradient(f, x));
}

}  // namespace downhill
