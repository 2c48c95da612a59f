#pragma once
/// \file
/// The calculus: every elementary function once, as its value and its slope.
///
/// A rule is a struct with a name, `value` and one slope for each operand: `slope(x, y)` for a function of one operand
/// x with the value y, and `slope_x`, `slope_y`, `slope_z` for two or three, which take the operands and then the value
/// v. One that does not take all numbers says so in its `domain` (domain.hpp), and where the second operand may be left
/// out, `default_y` is what it is then.
/// The function users call stands on the next line and hands the rule to `apply`. For plain numbers `apply` is in
/// number.hpp; a Var records an edge with the slope (variable.hpp). T is float, double or a number type built on them,
/// so a rule may use arithmetic, comparisons, std::numeric_limits and the functions of this file; for a rule that is
/// InPacks also a pack of numbers (simd/pack.hpp). Slopes are within 4 ulp of the true derivative over the whole
/// domain, or, where terms cancel (silu', and lgamma' below 0), within 2^-53 of the terms, as far as libm is within 1
/// or 2 ulp; the long ones are in special.hpp and activations.hpp. Second and third derivatives are within 32 and 64
/// ulp: where slopes of slopes would cancel, slopes.hpp has them.
///
/// At kinks and edges: abs'(0) = 0, relu'(0) = 0, leaky_relu'(0) = slope, elu'(0) = alpha. max and min split a tie in
/// halves. clamp has slope 1 at its bounds. floor, ceil, round, trunc and sign have slope 0 everywhere, their steps
/// included. sqrt'(0), cbrt'(0), log'(0), asin'(1), logit'(0) and erfinv'(1) are +infinity. pow(0, 0) has slopes 0 and
/// 0, pow(0, 1) has d/dx 1, pow(0, 0.5) has d/dx +infinity, pow(0, y > 0) has d/dy 0. hypot(0, 0) has slopes 0,
/// atan2(0, 0), lgamma(-1) and digamma(-1) NaN. fmin and fmax pass over a NaN: slope 1 for the number beside it, and 0;
/// a tie they split in halves. fdim has slopes 0 at a tie, copysign 0 at x = 0 and along the sign everywhere; fmod and
/// remainder have 1 and minus the quotient, their jumps included. xlogx and xlogy are 0 at x = 0, with the slope log 0
/// = -infinity, and xlogy(0, 0) has d/dy 0. Where the value is NaN (log of a negative number, a NaN operand of max) the
/// slope is NaN, but for what has slope 0 everywhere. At infinity a slope is its limit, where there is one: tanh'(inf)
/// = 0, softplus'(inf) = 1.
///
/// A slope that is a convention has no slope of its own: over nested numbers that is NaN (smoothness.hpp). Where an
/// outer function smooths a kink, derivatives.hpp has the second derivative nevertheless.
///
/// In the chain rule what is exactly 0, a slope, an adjoint or a tangent, contributes exactly 0, even where the other
/// factor is infinite or NaN, in every mode: so max(log(p), -100) has the slope 0 at p = 0, and sqrt(max(x, 0)) at -1.
///
/// A function that std has too is std's own for plain numbers, one and the same, so that `using namespace std` beside
/// `using namespace downhill` leaves no doubt which is called. max, min and clamp of plain numbers are here as well,
/// for mixed types and for NaN.
///
/// To add a function, add its struct and its line here or, with what has kinks and steps, in kinks.hpp, or, with what
/// networks are made of, in networks.hpp; its name to the list in rules.hpp; and its reference to the table in
/// tests/support/rule_table.cpp. Formulas, the causes that an autopsy names and the other tests take it from the
/// list. What std has for plain numbers, number.hpp takes from it.

#include <array>
#include <cmath>
#include <numbers>
#include <string_view>
#include <utility>

#include <autodiff/calculus/domain.hpp>
#include <autodiff/calculus/kinks.hpp>
#include <autodiff/calculus/networks.hpp>
#include <autodiff/calculus/number.hpp>
#include <autodiff/calculus/refusals.hpp>
#include <autodiff/calculus/slopes.hpp>
#include <autodiff/calculus/smoothness.hpp>
#include <autodiff/calculus/special.hpp>

namespace downhill {

// A rule reads as a table, one line for each of its members.
// clang-format off

/// x + y. Slopes 1 and 1.
struct Add : Sum, ExactInPacks { static constexpr std::string_view name = "+";
  template <class T> static T value(const T& x, const T& y) { return x + y; }
  template <class T> static T slope_x(const T&, const T&, const T&) { return T(1); }
  template <class T> static T slope_y(const T&, const T&, const T&) { return T(1); } };
/// x - y. Slopes 1 and -1.
struct Subtract : Sum, ExactInPacks { static constexpr std::string_view name = "-";
  template <class T> static T value(const T& x, const T& y) { return x - y; }
  template <class T> static T slope_x(const T&, const T&, const T&) { return T(1); }
  template <class T> static T slope_y(const T&, const T&, const T&) { return T(-1); } };
/// x y. Slopes y and x.
struct Multiply : Product, ExactInPacks { static constexpr std::string_view name = "*";
  template <class T> static T value(const T& x, const T& y) { return x * y; }
  template <class T> static T slope_x(const T&, const T& y, const T&) { return y; }
  template <class T> static T slope_y(const T& x, const T&, const T&) { return x; } };
/// x / y = v. Slopes 1 / y and -v / y: x / y^2 would overflow.
struct Divide : Product, ExactInPacks { static constexpr std::string_view name = "/";
  static constexpr std::array domain{all_numbers, not_zero};
  template <class T> static T value(const T& x, const T& y) { return x / y; }
  template <class T> static T slope_x(const T&, const T& y, const T&) { return T(1) / y; }
  template <class T> static T slope_y(const T& x, const T& y, const T& v) { return -special::over_square(x, y, v); } };
/// -x. Slope -1.
struct Negate : Sum, ExactInPacks { static constexpr std::string_view name = "-";
  template <class T> static T value(const T& x) { return -x; }
  template <class T> static T slope(const T&, const T&) { return T(-1); } };

// ---- powers and roots
/// 1 / x = y. Slope -1 / x^2 = -y^2.
struct Reciprocal : ExactInPacks { static constexpr std::string_view name = "reciprocal";
  static constexpr OperandDomain domain = not_zero;
  template <class T> static T value(const T& x) { return T(1) / x; }
  template <class T> static T slope(const T&, const T& y) { return -(y * y); } };
template <Number X> [[gnu::always_inline]] inline auto reciprocal(X&& x) {
  return apply<Reciprocal>(std::forward<X>(x)); }
/// x^2. Slope 2 x.
struct Square : ExactInPacks { static constexpr std::string_view name = "square";
  template <class T> static T value(const T& x) { return x * x; }
  template <class T> static T slope(const T& x, const T&) { return x + x; } };
template <Number X> [[gnu::always_inline]] inline auto square(X&& x) { return apply<Square>(std::forward<X>(x)); }
/// x^3. Slope 3 x^2.
struct Cube : ExactInPacks { static constexpr std::string_view name = "cube";
  template <class T> static T value(const T& x) { return x * x * x; }
  template <class T> static T slope(const T& x, const T&) { return T(3) * (x * x); } };
template <Number X> [[gnu::always_inline]] inline auto cube(X&& x) { return apply<Cube>(std::forward<X>(x)); }
/// sqrt x = y. Slope 1 / (2 y); + 0 makes it +infinity at -0 as at 0.
struct Sqrt : SteepAtZero, ExactInPacks { static constexpr std::string_view name = "sqrt";
  static constexpr OperandDomain domain = not_negative;
  template <class T> static T value(const T& x) { using std::sqrt; return sqrt(x); }
  template <class T> static T slope(const T&, const T& y) { return T(0.5) / (y + T(0)); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto sqrt(X&& x) { return apply<Sqrt>(std::forward<X>(x)); }
/// cbrt x = y. Slope 1 / (3 y^2) = y / (3 x), a mean of the two.
struct Cbrt : SteepAtZero, InPacks { static constexpr std::string_view name = "cbrt";
  template <class T> static T value(const T& x) { using std::cbrt; return cbrt(x); }
  template <class T> static T slope(const T& x, const T& y) { return special::CbrtSlope::value(x, y); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto cbrt(X&& x) { return apply<Cbrt>(std::forward<X>(x)); }
/// x^y = v. Slopes y v / x and v log x: y x^(y-1) would round y - 1.
struct Pow : InPacks { static constexpr std::string_view name = "pow";
  template <class T> static Smoothness smoothness(const T& x, const T& y) {
    return smooth_unless(x == 0 && y > 0 && y < 1, Smoothness::steep); }
  template <class T> static T value(const T& x, const T& y) { using std::pow; return pow(x, y); }
  template <class T> static T slope_x(const T& x, const T& y, const T& v) {
    if constexpr (Active<T>) return special::PowDerivative<1, 0>::value(x, y, v);
    else return special::pow_slope_x(x, y, v); }
  template <class T> static T slope_y(const T& x, const T& y, const T& v) {
    if constexpr (Active<T>) return special::PowDerivative<0, 1>::value(x, y, v);
    else return special::pow_slope_y(x, y, v); } };
template <class X, ActiveNumber<X> Y> [[gnu::always_inline]] inline auto pow(X&& x, Y&& y) {
  return apply<Pow>(std::forward<X>(x), std::forward<Y>(y)); }
/// sqrt(x^2 + y^2) = v. Slopes x / v and y / v.
struct Hypot : InPacks { static constexpr std::string_view name = "hypot";
  template <class T> static Smoothness smoothness(const T& x, const T& y) {
    return smooth_unless(x == 0 && y == 0, Smoothness::breaks); }
  template <class T> static T value(const T& x, const T& y) { using std::hypot; return hypot(x, y); }
  template <class T> static T slope_x(const T& x, const T& y, const T& v) { return special::HypotSlope::value(v, x, y, T(0)); }
  template <class T> static T slope_y(const T& x, const T& y, const T& v) { return special::HypotSlope::value(v, y, x, T(0)); } };
template <class X, ActiveNumber<X> Y> [[gnu::always_inline]] inline auto hypot(X&& x, Y&& y) {
  return apply<Hypot>(std::forward<X>(x), std::forward<Y>(y)); }
/// sqrt(x^2 + y^2 + z^2) = v. Slopes x / v, y / v and z / v.
struct Hypot3 : InPacks { static constexpr std::string_view name = "hypot";
  template <class T> static Smoothness smoothness(const T& x, const T& y, const T& z) {
    return smooth_unless(x == 0 && y == 0 && z == 0, Smoothness::breaks); }
  template <class T> static T value(const T& x, const T& y, const T& z) {
    using std::hypot; return hypot(hypot(x, y), z); }
  template <class T> static T slope_x(const T& x, const T& y, const T& z, const T& v) {
    return special::HypotSlope::value(v, x, y, z); }
  template <class T> static T slope_y(const T& x, const T& y, const T& z, const T& v) { return slope_x(y, z, x, v); }
  template <class T> static T slope_z(const T& x, const T& y, const T& z, const T& v) { return slope_x(z, x, y, v); } };
template <class X, class Y, class Z> requires ActiveNumber<X, Y, Z> auto hypot(X&& x, Y&& y, Z&& z) {
  return apply<Hypot3>(std::forward<X>(x), std::forward<Y>(y), std::forward<Z>(z)); }

// ---- exponentials and logarithms
/// e^x = y. Slope y.
struct Exp : InPacks { static constexpr std::string_view name = "exp";
  template <class T> static T value(const T& x) { using std::exp; return exp(x); }
  template <class T> static T slope(const T&, const T& y) { return y; } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto exp(X&& x) { return apply<Exp>(std::forward<X>(x)); }
/// 2^x = y. Slope y log 2, from 2^(x-1) where only the value overflows.
struct Exp2 : InPacks { static constexpr std::string_view name = "exp2";
  template <class T> static T value(const T& x) { using std::exp2; return exp2(x); }
  template <class T> static T slope(const T& x, const T& y) { return special::exp2_slope(x, y); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto exp2(X&& x) { return apply<Exp2>(std::forward<X>(x)); }
/// e^x - 1 = y. Slope e^x, which is y + 1 while that keeps its digits.
struct Expm1 : InPacks { static constexpr std::string_view name = "expm1";
  template <class T> static T value(const T& x) { using std::expm1; return expm1(x); }
  template <class T> static T slope(const T& x, const T& y) { return special::expm1_slope(x, y); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto expm1(X&& x) { return apply<Expm1>(std::forward<X>(x)); }
/// log x = y. Slope 1 / x, NaN with y.
struct Log : SteepAtZero, InPacks { static constexpr std::string_view name = "log";
  static constexpr OperandDomain domain = positive_numbers;
  template <class T> static T value(const T& x) { using std::log; return log(x); }
  template <class T> static T slope(const T& x, const T& y) { return special::log_slope(T(1), x, y); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto log(X&& x) { return apply<Log>(std::forward<X>(x)); }
/// log_2 x = y. Slope log_2(e) / x, NaN with y.
struct Log2 : SteepAtZero, InPacks { static constexpr std::string_view name = "log2";
  static constexpr OperandDomain domain = positive_numbers;
  template <class T> static T value(const T& x) { using std::log2; return log2(x); }
  template <class T> static T slope(const T& x, const T& y) {
    return special::log_slope(T(std::numbers::log2e), x, y); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto log2(X&& x) { return apply<Log2>(std::forward<X>(x)); }
/// log_10 x = y. Slope log_10(e) / x, NaN with y.
struct Log10 : SteepAtZero, InPacks { static constexpr std::string_view name = "log10";
  static constexpr OperandDomain domain = positive_numbers;
  template <class T> static T value(const T& x) { using std::log10; return log10(x); }
  template <class T> static T slope(const T& x, const T& y) {
    return special::log_slope(T(std::numbers::log10e), x, y); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto log10(X&& x) { return apply<Log10>(std::forward<X>(x)); }
/// log(1 + x) = y. Slope 1 / (1 + x), NaN with y.
struct Log1p : InPacks { static constexpr std::string_view name = "log1p";
  static constexpr OperandDomain domain = {.low = -1, .is_open = true};
  template <class T> static Smoothness smoothness(const T& x) {
    return smooth_unless(x == -1, Smoothness::steep); }
  template <class T> static T value(const T& x) { using std::log1p; return log1p(x); }
  template <class T> static T slope(const T& x, const T& y) { return special::log1p_slope(x, y); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto log1p(X&& x) { return apply<Log1p>(std::forward<X>(x)); }
/// log(e^x + e^y), as the larger plus log(1 + e^-|x-y|). Slopes sigmoid(x - y) and sigmoid(y - x).
struct LogAddExp : InPacks { static constexpr std::string_view name = "logaddexp";
  template <class T> static T value(const T& x, const T& y) {
    if constexpr (Active<T>) return apply<LogAddExp>(x, y);
    else return special::log_add_exp(x, y); }
  template <class T> static T slope_x(const T& x, const T& y, const T&) { return special::SigmoidOf::value(x, y); }
  template <class T> static T slope_y(const T& x, const T& y, const T&) { return special::SigmoidOf::value(y, x); } };
template <class X, Number<X> Y> [[gnu::always_inline]] inline auto logaddexp(X&& x, Y&& y) {
  return apply<LogAddExp>(std::forward<X>(x), std::forward<Y>(y)); }

/// x log x, 0 at 0. Slope 1 + log x.
struct XLogX : SteepAtZero, InPacks { static constexpr std::string_view name = "xlogx";
  static constexpr OperandDomain domain = not_negative;
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<XLogX>(x);
    else { using std::log; return special::choose(x == T(0), T(0), T(x * log(x))); } }
  template <class T> static T slope(const T& x, const T&) { using std::log; return T(1) + log(x); } };
template <Number X> [[gnu::always_inline]] inline auto xlogx(X&& x) { return apply<XLogX>(std::forward<X>(x)); }
/// x log y, 0 at x = 0 unless y is NaN. Slopes log y and x / y, the latter 0 at (0, 0).
struct XLogY : InPacks { static constexpr std::string_view name = "xlogy";
  static constexpr std::array domain{all_numbers, positive_numbers};
  template <class T> static T value(const T& x, const T& y) {
    if constexpr (Active<T>) return apply<XLogY>(x, y);
    else { using std::log; return special::choose(x == T(0) && y == y, T(0), T(x * log(y))); } }
  template <class T> static T slope_x(const T&, const T& y, const T&) { using std::log; return log(y); }
  template <class T> static T slope_y(const T& x, const T& y, const T& v) {
    return special::choose(x == T(0) && y == T(0), T(0), special::choose(v == v, T(x / y), v)); } };
template <class X, Number<X> Y> [[gnu::always_inline]] inline auto xlogy(X&& x, Y&& y) {
  return apply<XLogY>(std::forward<X>(x), std::forward<Y>(y)); }
/// log(x / (1 - x)), the inverse of the sigmoid. Slope 1 / (x (1 - x)), NaN outside of [0, 1].
struct Logit : InPacks { static constexpr std::string_view name = "logit";
  static constexpr OperandDomain domain = probabilities;
  template <class T> static Smoothness smoothness(const T& x) {
    return smooth_unless(x == 0 || x == 1, Smoothness::steep); }
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<Logit>(x);
    else return special::logit(x); }
  template <class T> static T slope(const T& x, const T&) { return special::LogitSlope::value(x); } };
template <Number X> [[gnu::always_inline]] inline auto logit(X&& x) { return apply<Logit>(std::forward<X>(x)); }

// ---- circular and hyperbolic functions
/// sin x. Slope cos x.
struct Sin : InPacks { static constexpr std::string_view name = "sin";
  template <class T> static T value(const T& x) { using std::sin; return sin(x); }
  template <class T> static T slope(const T& x, const T&) { using std::cos; return cos(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto sin(X&& x) { return apply<Sin>(std::forward<X>(x)); }
/// cos x. Slope -sin x.
struct Cos : InPacks { static constexpr std::string_view name = "cos";
  template <class T> static T value(const T& x) { using std::cos; return cos(x); }
  template <class T> static T slope(const T& x, const T&) { using std::sin; return -sin(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto cos(X&& x) { return apply<Cos>(std::forward<X>(x)); }
/// tan x = y. Slope 1 / cos^2 x = 1 + y^2: a sum of squares loses nothing.
struct Tan : InPacks { static constexpr std::string_view name = "tan";
  template <class T> static T value(const T& x) { using std::tan; return tan(x); }
  template <class T> static T slope(const T&, const T& y) { return T(1) + y * y; } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto tan(X&& x) { return apply<Tan>(std::forward<X>(x)); }
/// arcsin x. Slope 1 / sqrt((1 - x)(1 + x)): 1 - x^2 cancels near 1.
struct Asin : SteepAtOne, InPacks { static constexpr std::string_view name = "asin";
  static constexpr OperandDomain domain = up_to_one;
  template <class T> static T value(const T& x) { using std::asin; return asin(x); }
  template <class T> static T slope(const T& x, const T&) { return special::AsinSlope::value(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto asin(X&& x) { return apply<Asin>(std::forward<X>(x)); }
/// arccos x. Slope -1 / sqrt((1 - x)(1 + x)).
struct Acos : SteepAtOne, InPacks { static constexpr std::string_view name = "acos";
  static constexpr OperandDomain domain = up_to_one;
  template <class T> static T value(const T& x) { using std::acos; return acos(x); }
  template <class T> static T slope(const T& x, const T& y) { return -Asin::slope(x, y); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto acos(X&& x) { return apply<Acos>(std::forward<X>(x)); }
/// arctan x. Slope 1 / (1 + x^2), and 1 / x / x where the 1 has no weight, before x^2 can overflow.
struct Atan : InPacks { static constexpr std::string_view name = "atan";
  template <class T> static T value(const T& x) { using std::atan; return atan(x); }
  template <class T> static T slope(const T& x, const T&) {
    using std::abs; return special::choose(abs(x) > T(1e9), T(T(1) / x / x), T(T(1) / (T(1) + x * x))); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto atan(X&& x) { return apply<Atan>(std::forward<X>(x)); }
/// The angle of the point (y, x), the ordinate x first. Slopes y / (x^2 + y^2) and -x / (x^2 + y^2).
struct Atan2 : InPacks { static constexpr std::string_view name = "atan2";
  template <class T> static T value(const T& x, const T& y) { using std::atan2; return atan2(x, y); }
  template <class T> static T slope_x(const T& x, const T& y, const T&) { return special::OverSquares::value(y, x); }
  template <class T> static T slope_y(const T& x, const T& y, const T&) { return -special::OverSquares::value(x, y); } };
template <class X, ActiveNumber<X> Y> [[gnu::always_inline]] inline auto atan2(X&& x, Y&& y) {
  return apply<Atan2>(std::forward<X>(x), std::forward<Y>(y)); }
/// sinh x. Slope cosh x.
struct Sinh : InPacks { static constexpr std::string_view name = "sinh";
  template <class T> static T value(const T& x) { using std::sinh; return sinh(x); }
  template <class T> static T slope(const T& x, const T&) { using std::cosh; return cosh(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto sinh(X&& x) { return apply<Sinh>(std::forward<X>(x)); }
/// cosh x. Slope sinh x.
struct Cosh : InPacks { static constexpr std::string_view name = "cosh";
  template <class T> static T value(const T& x) { using std::cosh; return cosh(x); }
  template <class T> static T slope(const T& x, const T&) { using std::sinh; return sinh(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto cosh(X&& x) { return apply<Cosh>(std::forward<X>(x)); }
/// tanh x = y. Slope 1 - y^2 while that keeps its digits, beyond 4 e / (1 + e)^2 with e = exp(-2 |x|).
struct Tanh : InPacks { static constexpr std::string_view name = "tanh";
  template <class T> static T value(const T& x) { using std::tanh; return tanh(x); }
  template <class T> static T slope(const T& x, const T& y) {
    using special::tanh_slope; return tanh_slope(x, y); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto tanh(X&& x) { return apply<Tanh>(std::forward<X>(x)); }
/// arsinh x. Slope 1 / sqrt(1 + x^2), and 1 / |x| where the 1 has no weight, before x^2 can overflow.
struct Asinh : InPacks { static constexpr std::string_view name = "asinh";
  template <class T> static T value(const T& x) { using std::asinh; return asinh(x); }
  template <class T> static T slope(const T& x, const T&) {
    using std::abs, std::sqrt;
    return T(1) / special::choose(abs(x) > T(1e9), T(abs(x)), T(sqrt(T(T(1) + x * x)))); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto asinh(X&& x) { return apply<Asinh>(std::forward<X>(x)); }
/// arcosh x = y. Slope 1 / sqrt((x - 1)(x + 1)), NaN with y, and 1 / x before the product can overflow.
struct Acosh : SteepAtOne, InPacks { static constexpr std::string_view name = "acosh";
  static constexpr OperandDomain domain = {.low = 1};
  template <class T> static T value(const T& x) { using std::acosh; return acosh(x); }
  template <class T> static T slope(const T& x, const T& y) {
    using std::sqrt;
    const T root = special::choose(x > T(1e9), x, T(sqrt(T((x - T(1)) * (x + T(1))))));
    return special::choose(y == y, T(T(1) / root), y); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto acosh(X&& x) { return apply<Acosh>(std::forward<X>(x)); }
/// artanh x = y. Slope 1 / ((1 - x)(1 + x)), NaN with y.
struct Atanh : SteepAtOne, InPacks { static constexpr std::string_view name = "atanh";
  static constexpr OperandDomain domain = below_one;
  template <class T> static T value(const T& x) { using std::atanh; return atanh(x); }
  template <class T> static T slope(const T& x, const T&) { return special::AtanhSlope::value(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto atanh(X&& x) { return apply<Atanh>(std::forward<X>(x)); }

// ---- special functions
/// erf x. Slope 2 exp(-x^2) / sqrt(pi).
struct Erf : InPacks { static constexpr std::string_view name = "erf";
  template <class T> static T value(const T& x) { using std::erf; return erf(x); }
  template <class T> static T slope(const T& x, const T&) { return special::ErfSlope::value(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto erf(X&& x) { return apply<Erf>(std::forward<X>(x)); }
/// erfc x. Slope -2 exp(-x^2) / sqrt(pi).
struct Erfc : InPacks { static constexpr std::string_view name = "erfc";
  template <class T> static T value(const T& x) { using std::erfc; return erfc(x); }
  template <class T> static T slope(const T& x, const T&) { return -special::ErfSlope::value(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto erfc(X&& x) { return apply<Erfc>(std::forward<X>(x)); }
/// y of erf y = x. Slope sqrt(pi)/2 exp(y^2).
struct ErfInv : SteepAtOne { static constexpr std::string_view name = "erfinv";
  static constexpr OperandDomain domain = below_one;
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<ErfInv>(x);
    else return special::erfinv(x); }
  template <class T> static T slope(const T& x, const T&) { return special::InverseErf<1>::value(x); } };
template <Number X> [[gnu::always_inline]] inline auto erfinv(X&& x) { return apply<ErfInv>(std::forward<X>(x)); }
/// log |gamma(x)|. Slope digamma(x).
struct LogGamma { static constexpr std::string_view name = "lgamma";
  static constexpr OperandDomain domain = without_gamma_poles;
  template <class T> static T value(const T& x) { using std::lgamma; return lgamma(x); }
  template <class T> static T slope(const T& x, const T&) { return special::Polygamma<0>::value(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto lgamma(X&& x) { return apply<LogGamma>(std::forward<X>(x)); }
/// gamma(x) = y. Slope y digamma(x).
struct TGamma { static constexpr std::string_view name = "tgamma";
  static constexpr OperandDomain domain = without_gamma_poles;
  template <class T> static T value(const T& x) { using std::tgamma; return tgamma(x); }
  template <class T> static T slope(const T& x, const T& y) {
    if constexpr (Active<T>) return y * special::Polygamma<0>::value(x);
    else return special::gamma_slope(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto tgamma(X&& x) { return apply<TGamma>(std::forward<X>(x)); }
/// d/dx log |gamma(x)|. Slope trigamma(x).
struct Digamma { static constexpr std::string_view name = "digamma";
  static constexpr OperandDomain domain = without_gamma_poles;
  template <class T> static T value(const T& x) { return special::Polygamma<0>::value(x); }
  template <class T> static T slope(const T& x, const T&) { return special::Polygamma<1>::value(x); } };
template <Number X> [[gnu::always_inline]] inline auto digamma(X&& x) { return apply<Digamma>(std::forward<X>(x)); }

// clang-format on

}  // namespace downhill
