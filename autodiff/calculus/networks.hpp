#pragma once
/// \file
/// The calculus of networks: activations, and penalties of errors. Rules are as in calculus.hpp, which includes this
/// file.

#include <cmath>
#include <string_view>
#include <utility>

#include <autodiff/calculus/activations.hpp>
#include <autodiff/calculus/number.hpp>
#include <autodiff/calculus/slopes.hpp>
#include <autodiff/calculus/smoothness.hpp>

namespace downhill {

// clang-format off

// ---- activations
/// 1 / (1 + e^-x) = y. Slope y (1 - y) for x <= 0, beyond e / (1 + e)^2 with e = exp(-x).
struct Sigmoid : InPacks { static constexpr std::string_view name = "sigmoid";
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<Sigmoid>(x);
    else return special::sigmoid(x); }
  template <class T> static T slope(const T& x, const T& y) { return special::SigmoidSlope::value(x, y); } };
template <Number X> [[gnu::always_inline]] inline auto sigmoid(X&& x) { return apply<Sigmoid>(std::forward<X>(x)); }
/// log(1 + e^x). Slope sigmoid x.
struct Softplus : InPacks { static constexpr std::string_view name = "softplus";
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<Softplus>(x);
    else return special::softplus(x); }
  template <class T> static T slope(const T& x, const T&) { return Sigmoid::value(x); } };
template <Number X> [[gnu::always_inline]] inline auto softplus(X&& x) { return apply<Softplus>(std::forward<X>(x)); }
/// log sigmoid x = -softplus(-x). Slope sigmoid(-x).
struct LogSigmoid : InPacks { static constexpr std::string_view name = "log_sigmoid";
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<LogSigmoid>(x);
    else return -special::softplus(T(-x)); }
  template <class T> static T slope(const T& x, const T&) { return Sigmoid::value(T(-x)); } };
template <Number X> [[gnu::always_inline]] inline auto log_sigmoid(X&& x) {
  return apply<LogSigmoid>(std::forward<X>(x)); }
/// max(x, 0). Slope 1 above 0, otherwise 0.
struct Relu : Choice, BreaksAtZero, ExactInPacks { static constexpr std::string_view name = "relu";
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<Relu>(x);
    else return special::choose(x <= T(0), T(0), x); }
  template <class T> static T slope(const T& x, const T&) { return special::choose(x > T(0), T(1), special::choose(x == x, T(0), x)); } };
template <Number X> [[gnu::always_inline]] inline auto relu(X&& x) { return apply<Relu>(std::forward<X>(x)); }
/// x above 0, otherwise a x. Slopes 1 and 0, otherwise a and x.
struct LeakyRelu : Choice, ExactInPacks { static constexpr std::string_view name = "leaky_relu";
  static constexpr double default_y = 0.01;
  template <class T> static Smoothness smoothness(const T& x, const T& a) {
    return smooth_unless(x == 0 && a != 1, Smoothness::breaks); }
  template <class T> static T value(const T& x, const T& a) {
    if constexpr (Active<T>) return apply<LeakyRelu>(x, a);
    else return special::choose(x > T(0), x, T(a * x)); }
  template <class T> static T slope_x(const T& x, const T& a, const T&) { return special::choose(x > T(0), T(1), special::choose(x == x, a, x)); }
  template <class T> static T slope_y(const T& x, const T&, const T&) { return special::choose(x > T(0), T(0), x); } };
template <class X, Number<X> A = ConstantFor<X>> auto leaky_relu(X&& x, A&& slope = A(LeakyRelu::default_y)) {
  return apply<LeakyRelu>(std::forward<X>(x), std::forward<A>(slope)); }
/// x above 0, otherwise a (e^x - 1). Slopes 1 and 0, otherwise a e^x and e^x - 1.
struct Elu : InPacks { static constexpr std::string_view name = "elu";
  static constexpr double default_y = 1;
  template <class T> static Smoothness smoothness(const T& x, const T& a) {
    return smooth_unless(x == 0, a == 1 ? Smoothness::bends : Smoothness::breaks); }
  template <class T> static T value(const T& x, const T& a) {
    if constexpr (Active<T>) return apply<Elu>(x, a);
    else return special::elu(x, a); }
  template <class T> static T slope_x(const T& x, const T& a, const T&) { return special::elu_slope(x, a); }
  template <class T> static T slope_y(const T& x, const T&, const T&) { return special::elu_slope_a(x); } };
template <class X, Number<X> A = ConstantFor<X>> auto elu(X&& x, A&& alpha = A(Elu::default_y)) {
  return apply<Elu>(std::forward<X>(x), std::forward<A>(alpha)); }
/// x^2 / 2 where |x| <= d, otherwise d (|x| - d / 2). Slopes x and 0, otherwise d sign x and |x| - d. Huber, "Robust
/// estimation of a location parameter" (1964).
struct Huber : ExactInPacks { static constexpr std::string_view name = "huber";
  static constexpr double default_y = 1;
  template <class T> static Smoothness smoothness(const T& x, const T& d) {
    return smooth_unless(x == d || x == -d, Smoothness::bends); }
  template <class T> static T value(const T& x, const T& d) {
    if constexpr (Active<T>) return apply<Huber>(x, d);
    else {
      using std::abs;
      const T a = abs(x);
      return special::choose(a <= d, T(T(0.5) * x * x), T(d * (a - T(0.5) * d))); } }
  template <class T> static T slope_x(const T& x, const T& d, const T&) { return special::choose(x > d, d, special::choose(x < -d, T(-d), x)); }
  template <class T> static T slope_y(const T& x, const T& d, const T&) {
    using std::abs; return special::choose(abs(x) <= d, T(0), T(abs(x) - d)); } };
template <class X, Number<X> D = ConstantFor<X>> auto huber(X&& x, D&& delta = D(Huber::default_y)) {
  return apply<Huber>(std::forward<X>(x), std::forward<D>(delta)); }
/// x F(x) with the standard normal distribution F = (1 + erf(x / sqrt 2)) / 2. Slope F(x) + x F'(x).
struct Gelu : InPacks { static constexpr std::string_view name = "gelu";
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<Gelu>(x);
    else { using special::gelu; return gelu(x); } }
  template <class T> static T slope(const T& x, const T&) { return special::GeluSlope::value(x); } };
template <Number X> [[gnu::always_inline]] inline auto gelu(X&& x) { return apply<Gelu>(std::forward<X>(x)); }
/// x sigmoid x. Slope, with e = e^-|x|, e (1 + x + e) / (1 + e)^2 for x <= 0 and (1 + e + x e) / (1 + e)^2 beyond.
struct Silu : InPacks { static constexpr std::string_view name = "silu";
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<Silu>(x);
    else return special::silu(x); }
  template <class T> static T slope(const T& x, const T&) { return special::SiluSlope::value(x); } };
template <Number X> [[gnu::always_inline]] inline auto silu(X&& x) { return apply<Silu>(std::forward<X>(x)); }

/// x tanh(softplus x). Slope w + x w' with w = tanh(softplus x). Misra, "Mish: a self regularized non-monotonic
/// activation function" (2019).
struct Mish { static constexpr std::string_view name = "mish";
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<Mish>(x);
    else return special::mish(x); }
  template <class T> static T slope(const T& x, const T&) { return special::mish_slope(x); } };
template <Number X> [[gnu::always_inline]] inline auto mish(X&& x) { return apply<Mish>(std::forward<X>(x)); }
/// x / (1 + |x|). Slope 1 / (1 + |x|)^2.
struct Softsign : ExactInPacks { static constexpr std::string_view name = "softsign";
  template <class T> static Smoothness smoothness(const T& x) { return smooth_unless(x == 0, Smoothness::bends); }
  template <class T> static T value(const T& x) {
    if constexpr (Active<T>) return apply<Softsign>(x);
    else return special::softsign(x); }
  template <class T> static T slope(const T& x, const T&) {
    using std::abs; const T inverse = T(1) / (T(1) + abs(x)); return inverse * inverse; } };
template <Number X> [[gnu::always_inline]] inline auto softsign(X&& x) { return apply<Softsign>(std::forward<X>(x)); }

// clang-format on

}  // namespace downhill
