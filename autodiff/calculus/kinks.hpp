#pragma once
/// \file
/// The calculus of steps, kinks and choices: functions whose slope jumps. Rules are as in calculus.hpp, which includes
/// this file and has the table of what holds at the kinks.

#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <autodiff/calculus/domain.hpp>
#include <autodiff/calculus/number.hpp>
#include <autodiff/calculus/smoothness.hpp>
#include <autodiff/calculus/special.hpp>

namespace downhill {

// clang-format off

// ---- steps, kinks and choices
/// A function of constant steps: slope 0.
struct Staircase : Choice { template <class T> static T slope(const T&, const T&) { return T(0); } };
/// -1, 0 or 1 (NaN for NaN).
struct Sign : JumpsAtZero, Staircase, ExactInPacks { static constexpr std::string_view name = "sign";
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<Sign>(x);
    else return special::choose(x > T(0), T(1), special::choose(x < T(0), T(-1), special::choose(x == x, T(0), x))); } };
template <Number X> [[gnu::always_inline]] inline auto sign(X&& x) { return apply<Sign>(std::forward<X>(x)); }
/// The largest integer not above x.
struct Floor : Staircase, ExactInPacks { static constexpr std::string_view name = "floor";
  template <class T> static Smoothness smoothness(const T& x) {
    return smooth_unless(x == std::floor(x), Smoothness::jumps); }
  template <class T> static T value(const T& x) { using std::floor; return floor(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto floor(X&& x) { return apply<Floor>(std::forward<X>(x)); }
/// The smallest integer not below x.
struct Ceil : Staircase, ExactInPacks { static constexpr std::string_view name = "ceil";
  template <class T> static Smoothness smoothness(const T& x) {
    return smooth_unless(x == std::floor(x), Smoothness::jumps); }
  template <class T> static T value(const T& x) { using std::ceil; return ceil(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto ceil(X&& x) { return apply<Ceil>(std::forward<X>(x)); }
/// The nearest integer, halves away from 0.
struct Round : Staircase, ExactInPacks { static constexpr std::string_view name = "round";
  template <class T> static Smoothness smoothness(const T& x) {
    return smooth_unless(std::abs(x - std::trunc(x)) == T(0.5), Smoothness::jumps); }
  template <class T> static T value(const T& x) { using std::round; return round(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto round(X&& x) { return apply<Round>(std::forward<X>(x)); }
/// The integer part of x.
struct Trunc : Staircase, ExactInPacks { static constexpr std::string_view name = "trunc";
  template <class T> static Smoothness smoothness(const T& x) {
    return smooth_unless(x != 0 && x == std::floor(x), Smoothness::jumps); }
  template <class T> static T value(const T& x) { using std::trunc; return trunc(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto trunc(X&& x) { return apply<Trunc>(std::forward<X>(x)); }
/// The remainder v = x - n y with n = trunc(x / y). Slopes 1 and -n, from (x - v) / y: x / y may round past n.
struct Fmod { static constexpr std::string_view name = "fmod";
  static constexpr std::array domain{all_numbers, not_zero};
  template <class T> static Smoothness smoothness(const T& x, const T& y) {
    return smooth_unless(x != 0 && std::fmod(x, y) == 0, Smoothness::jumps); }
  template <class T> static T value(const T& x, const T& y) { using std::fmod; return fmod(x, y); }
  template <class T> static T slope_x(const T&, const T&, const T& v) { return v == v ? T(1) : v; }
  template <class T> static T slope_y(const T& x, const T& y, const T& v) { return -Round::value((x - v) / y); } };
template <class X, ActiveNumber<X> Y> [[gnu::always_inline]] inline auto fmod(X&& x, Y&& y) {
  return apply<Fmod>(std::forward<X>(x), std::forward<Y>(y)); }
/// The remainder v = x - n y with n the integer nearest to x / y, of two the even one. Slopes 1 and -n, from x / y - v / y.
struct Remainder { static constexpr std::string_view name = "remainder";
  static constexpr std::array domain{all_numbers, not_zero};
  template <class T> static Smoothness smoothness(const T& x, const T& y) {
    return smooth_unless(std::abs(std::remainder(x, y)) * 2 == std::abs(y), Smoothness::jumps); }
  template <class T> static T value(const T& x, const T& y) { using std::remainder; return remainder(x, y); }
  template <class T> static T slope_x(const T&, const T&, const T& v) { return v == v ? T(1) : v; }
  template <class T> static T slope_y(const T& x, const T& y, const T& v) { return -Round::value(x / y - v / y); } };
template <class X, ActiveNumber<X> Y> [[gnu::always_inline]] inline auto remainder(X&& x, Y&& y) {
  return apply<Remainder>(std::forward<X>(x), std::forward<Y>(y)); }
/// |x|. Slope sign x.
struct Abs : BreaksAtZero, ExactInPacks { static constexpr std::string_view name = "abs";
  template <class T> static T value(const T& x) { using std::abs; return abs(x); }
  template <class T> static T slope(const T& x, const T&) { return Sign::value(x); } };
template <ActiveNumber X> [[gnu::always_inline]] inline auto abs(X&& x) { return apply<Abs>(std::forward<X>(x)); }
template <ActiveNumber X> [[gnu::always_inline]] inline auto fabs(X&& x) { return apply<Abs>(std::forward<X>(x)); }
/// |x| with the sign of y. Slopes sign x sign y, so 0 at x = 0, and 0.
struct CopySign : ExactInPacks { static constexpr std::string_view name = "copysign";
  template <class T> static Smoothness smoothness(const T& x, const T& y) {
    return smooth_unless(x == 0 || y == 0, x == 0 ? Smoothness::breaks : Smoothness::jumps); }
  template <class T> static T value(const T& x, const T& y) { using std::copysign; return copysign(x, y); }
  template <class T> static T slope_x(const T& x, const T& y, const T&) {
    using std::signbit; return special::choose(signbit(y), T(-Sign::value(x)), T(Sign::value(x))); }
  template <class T> static T slope_y(const T&, const T&, const T&) { return T(0); } };
template <class X, ActiveNumber<X> Y> [[gnu::always_inline]] inline auto copysign(X&& x, Y&& y) {
  return apply<CopySign>(std::forward<X>(x), std::forward<Y>(y)); }
/// The larger of x and y; NaN if either is.
struct Max : Choice, BreaksAtTie, ExactInPacks { static constexpr std::string_view name = "max";
  template <class T> static T value(const T& x, const T& y) {
    if constexpr (Active<T>) return apply<Max>(x, y);
    else return special::choose(x > y, x, special::choose(y >= x, y, T(x + y))); }
  template <class T> static T slope_x(const T& x, const T& y, const T&) { return special::share(x, y); }
  template <class T> static T slope_y(const T& x, const T& y, const T&) { return special::share(y, x); } };
template <class X, ActiveNumber<X> Y> [[gnu::always_inline]] inline auto max(X&& x, Y&& y) {
  return apply<Max>(std::forward<X>(x), std::forward<Y>(y)); }
template <class X, class Y> requires Floating<X, Y> auto max(const X& x, const Y& y) { return apply<Max>(x, y); }
/// The smaller of x and y; NaN if either is.
struct Min : Choice, BreaksAtTie, ExactInPacks { static constexpr std::string_view name = "min";
  template <class T> static T value(const T& x, const T& y) {
    if constexpr (Active<T>) return apply<Min>(x, y);
    else return special::choose(x < y, x, special::choose(y <= x, y, T(x + y))); }
  template <class T> static T slope_x(const T& x, const T& y, const T&) { return Max::slope_x(y, x, x); }
  template <class T> static T slope_y(const T& x, const T& y, const T&) { return Max::slope_x(x, y, x); } };
template <class X, ActiveNumber<X> Y> [[gnu::always_inline]] inline auto min(X&& x, Y&& y) {
  return apply<Min>(std::forward<X>(x), std::forward<Y>(y)); }
template <class X, class Y> requires Floating<X, Y> auto min(const X& x, const Y& y) { return apply<Min>(x, y); }
/// The larger of x and y, of a number and a NaN the number. Slopes as max, and 1 and 0 for a number and a NaN.
struct Fmax : Choice, BreaksAtTie, ExactInPacks { static constexpr std::string_view name = "fmax";
  template <class T> static T value(const T& x, const T& y) {
    if constexpr (Active<T>) return apply<Fmax>(x, y);
    else return special::choose(x >= y || y != y, x, y); }
  template <class T> static T slope_x(const T& x, const T& y, const T&) {
    return special::choose((x == x) == (y == y), special::share(x, y), special::choose(x == x, T(1), T(0))); }
  template <class T> static T slope_y(const T& x, const T& y, const T& v) { return slope_x(y, x, v); } };
template <class X, ActiveNumber<X> Y> [[gnu::always_inline]] inline auto fmax(X&& x, Y&& y) {
  return apply<Fmax>(std::forward<X>(x), std::forward<Y>(y)); }
/// The smaller of x and y, of a number and a NaN the number. Slopes as min, and 1 and 0 for a number and a NaN.
struct Fmin : Choice, BreaksAtTie, ExactInPacks { static constexpr std::string_view name = "fmin";
  template <class T> static T value(const T& x, const T& y) {
    if constexpr (Active<T>) return apply<Fmin>(x, y);
    else return special::choose(x <= y || y != y, x, y); }
  template <class T> static T slope_x(const T& x, const T& y, const T& v) { return Fmax::slope_x(T(-x), T(-y), v); }
  template <class T> static T slope_y(const T& x, const T& y, const T& v) { return slope_x(y, x, v); } };
template <class X, ActiveNumber<X> Y> [[gnu::always_inline]] inline auto fmin(X&& x, Y&& y) {
  return apply<Fmin>(std::forward<X>(x), std::forward<Y>(y)); }
/// max(x - y, 0), NaN if either is. Slopes 1 and -1 where x > y, otherwise 0.
struct Fdim : Choice, BreaksAtTie, ExactInPacks { static constexpr std::string_view name = "fdim";
  template <class T> static T value(const T& x, const T& y) {
    if constexpr (Active<T>) return apply<Fdim>(x, y);
    else return special::choose(x > y, T(x - y), special::choose(x <= y, T(0), T(x + y))); }
  template <class T> static T slope_x(const T& x, const T& y, const T&) {
    return special::choose(x > y, T(1), special::choose(x <= y, T(0), T(x + y))); }
  template <class T> static T slope_y(const T& x, const T& y, const T& v) { return -slope_x(x, y, v); } };
template <class X, ActiveNumber<X> Y> [[gnu::always_inline]] inline auto fdim(X&& x, Y&& y) {
  return apply<Fdim>(std::forward<X>(x), std::forward<Y>(y)); }
/// min(max(x, low), high) = v. Slope 1 for the operand that v is, x at its bounds, and 0 for the others.
struct Clamp : Choice, ExactInPacks { static constexpr std::string_view name = "clamp";
  template <class T> static Smoothness smoothness(const T& x, const T& low, const T& high) {
    return smooth_unless(x == low || x == high || low == high, Smoothness::breaks); }
  template <class T> static T value(const T& x, const T& low, const T& high) {
    if constexpr (Active<T>) return apply<Clamp>(x, low, high);
    else return Min::value(Max::value(x, low), high); }
  template <class T> static T slope_x(const T& x, const T& low, const T& high, const T& v) {
    return special::choose(v != v, v, special::choose(low <= x && x <= high, T(1), T(0))); }
  template <class T> static T slope_y(const T& x, const T& low, const T& high, const T& v) {
    return special::choose(v != v, v, special::choose(x < low && low <= high, T(1), T(0))); }
  template <class T> static T slope_z(const T& x, const T& low, const T& high, const T& v) {
    return special::choose(v != v, v, special::choose(x > high || low > high, T(1), T(0))); } };
template <class X, class Y, ActiveNumber<X, Y> Z> auto clamp(X&& x, Y&& low, Z&& high) {
  return apply<Clamp>(std::forward<X>(x), std::forward<Y>(low), std::forward<Z>(high)); }
template <class X, class Y, class Z> requires Floating<X, Y, Z> auto clamp(const X& x, const Y& low, const Z& high) {
  return apply<Clamp>(x, low, high); }
/// x y + z, rounded once. Slopes y, x and 1.
struct Fma : Product, ExactInPacks { static constexpr std::string_view name = "fma";
  template <class T> static T value(const T& x, const T& y, const T& z) { using std::fma; return fma(x, y, z); }
  template <class T> static T slope_x(const T&, const T& y, const T&, const T&) { return y; }
  template <class T> static T slope_y(const T& x, const T&, const T&, const T&) { return x; }
  template <class T> static T slope_z(const T&, const T&, const T&, const T&) { return T(1); } };
template <class X, class Y, ActiveNumber<X, Y> Z> auto fma(X&& x, Y&& y, Z&& z) {
  return apply<Fma>(std::forward<X>(x), std::forward<Y>(y), std::forward<Z>(z)); }
/// x, beside a y that was not selected. Slopes 1 and 0.
struct SelectFirst : Choice, BreaksAtTie, ExactInPacks { static constexpr std::string_view name = "select";
  template <class T> static T value(const T& x, const T&) { return x; }
  template <class T> static T slope_x(const T&, const T&, const T&) { return T(1); }
  template <class T> static T slope_y(const T&, const T&, const T&) { return T(0); } };
/// condition ? x : y, both evaluated. The other operand is recorded too, with slope 0.
template <class X, Number<X> Y> [[gnu::always_inline]] inline auto select(bool condition, X&& x, Y&& y) {
  return condition ? apply<SelectFirst>(std::forward<X>(x), std::forward<Y>(y))
                   : apply<SelectFirst>(std::forward<Y>(y), std::forward<X>(x)); }

// clang-format on

}  // namespace downhill
