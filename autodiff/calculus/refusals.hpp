#pragma once
/// \file
/// std::sin(x) of a Var, a Dual or a VarMatrix: std's functions are for plain numbers. The overloads here refuse such a
/// call in a sentence that says so, where the compiler would list the candidates that do not fit.
///
/// sin(x), without std::, finds the function of calculus.hpp, also beside `using std::sin` or `using namespace std`:
/// what takes a pack of operands is a compiler's last choice. std's own templates, as std::max of two Vars and
/// std::complex, are used as they are.

#include <concepts>
#include <iterator>
#include <type_traits>

#include <autodiff/calculus/number.hpp>

namespace downhill {

template <class X, class... Rest>
inline constexpr bool are_same = (std::is_same_v<std::remove_cvref_t<X>, std::remove_cvref_t<Rest>> && ...);
/// Of different types, which std::max does not take.
template <class... X>
concept MixedActive = ActiveNumber<X...> && !are_same<X...>;
/// The 0.0 of std::accumulate(x.begin(), x.end(), 0.0), where x are Vars.
template <class Start, class... Iterator>
concept PlainStart = Plain<Start> && (Active<std::iter_value_t<Iterator>> || ...);

// These return auto, so that the compiler says this before anything else.
template <class... X>
auto no_std() {
  static_assert(sizeof...(X) == 0,
                "std:: has its functions for plain numbers only: write sin(x) in place of std::sin(x), and so every "
                "function of Vars, Duals and matrices without std::");
  return 0.0;
}
template <class... X>
auto no_rule() {
  static_assert(sizeof...(X) == 0,
                "std:: has its functions for plain numbers only, and downhill has none of this name: write "
                "custom(value, {{x, slope}}) with its value and slope, or x.value() where no derivative is wanted");
  return 0.0;
}
template <class... X>
auto no_start() {
  static_assert(sizeof...(X) == 0,
                "a sum of Vars is no plain number: write sum(x), or dot(x, y), in place of this algorithm of std::, or "
                "start it with Var<double>(0) in place of 0.0");
  return 0.0;
}

/// No power, though it looks like one.
template <class X, class Y>
  requires ActiveNumber<X, Y>
auto operator^(X&&, Y&&) {
  static_assert(!std::is_same_v<X, X>, "^ is no power in C++: write pow(x, y), or square(x)");
  return 0.0;
}

}  // namespace downhill

namespace std {

// clang-format off
template <class... X> requires downhill::ActiveNumber<X...> auto abs(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto acos(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto acosh(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto asin(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto asinh(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto atan(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto atan2(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto atanh(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto cbrt(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto ceil(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto copysign(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto cos(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto cosh(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto erf(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto erfc(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto exp(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto exp2(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto expm1(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto fabs(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto fdim(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto floor(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto fma(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto fmax(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto fmin(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto fmod(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto hypot(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto lgamma(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto log(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto log10(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto log1p(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto log2(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto pow(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto remainder(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto round(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto sin(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto sinh(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto sqrt(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto tan(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto tanh(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto tgamma(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto trunc(X&&...) { return downhill::no_std<X...>(); }
// What these have in downhill takes const references.
template <class... X> requires downhill::ActiveNumber<X...>
auto isfinite(const X&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto isinf(const X&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto isnan(const X&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...>
auto signbit(const X&...) { return downhill::no_std<X...>(); }
// Of equal types they are std's own.
template <class... X> requires downhill::MixedActive<X...> auto clamp(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::MixedActive<X...> auto max(X&&...) { return downhill::no_std<X...>(); }
template <class... X> requires downhill::MixedActive<X...> auto min(X&&...) { return downhill::no_std<X...>(); }
// What downhill does not have.
template <class... X> requires downhill::ActiveNumber<X...> auto beta(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...>
auto fpclassify(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto ilogb(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto isnormal(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto ldexp(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto lerp(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto llrint(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto llround(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto logb(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto lrint(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto lround(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto midpoint(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto nearbyint(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto nextafter(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto rint(X&&...) { return downhill::no_rule<X...>(); }
template <class... X> requires downhill::ActiveNumber<X...> auto scalbn(X&&...) { return downhill::no_rule<X...>(); }
// A sum that would not keep its derivatives.
template <class I, class Start> requires downhill::PlainStart<Start, I>
auto accumulate(I, I, Start) { return downhill::no_start<I, Start>(); }
template <class I, class Start> requires downhill::PlainStart<Start, I>
auto reduce(I, I, Start) { return downhill::no_start<I, Start>(); }
template <class I, class J, class Start> requires downhill::PlainStart<Start, I, J>
auto inner_product(I, I, J, Start) { return downhill::no_start<I, J, Start>(); }
// clang-format on

}  // namespace std
