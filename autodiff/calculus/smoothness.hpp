#pragma once
/// \file
/// Where a function is not smooth, and what second derivatives know of it there.
///
/// At a kink a slope is a convention: abs'(0) = 0. A convention has no derivative. Where numbers nest, so that slopes
/// have slopes, the slope of a convention is not known, and is NaN. (Values and slopes themselves keep the table of
/// calculus.hpp.) What an outer function makes of it, as square(abs(x)) does at 0, limits.hpp finds out.
///
/// A nested number also carries the tangents of the number inside it. There NaN stands for a tangent that is bounded
/// but not known, and infinity for one that is unbounded: in the product rule, 0 times the former is 0, and 0 times the
/// latter is not known.
///
/// Plain numbers, and so first derivatives, take the rules as they are, at no cost.

#include <array>
#include <concepts>
#include <cstddef>
#include <limits>

#include <autodiff/calculus/chain_rule.hpp>
#include <autodiff/calculus/number.hpp>
#include <autodiff/calculus/special.hpp>

namespace downhill {

/// How smooth a function is at a point. A rule that is not smooth everywhere says it of plain numbers:
/// `smoothness(x, y)`.
enum class Smoothness {
  smooth,
  bends,   ///< its slope is continuous, the slope of that jumps
  breaks,  ///< its slope jumps
  jumps,   ///< its value jumps
  steep,   ///< its slope is infinite
};
/// `smooth`, unless this holds.
constexpr Smoothness smooth_unless(bool holds, Smoothness otherwise) { return holds ? otherwise : Smoothness::smooth; }

/// What several rules have in common.
template <Smoothness how>
struct AtZero {
  template <class T>
  static constexpr Smoothness smoothness(const T& x) {
    return smooth_unless(x == 0, how);
  }
};
using SteepAtZero = AtZero<Smoothness::steep>;
using BreaksAtZero = AtZero<Smoothness::breaks>;
using JumpsAtZero = AtZero<Smoothness::jumps>;
struct SteepAtOne {
  template <class T>
  static constexpr Smoothness smoothness(const T& x) {
    return smooth_unless(x == 1 || x == -1, Smoothness::steep);
  }
};
struct BreaksAtTie {
  template <class T>
  static constexpr Smoothness smoothness(const T& x, const T& y) {
    return smooth_unless(x == y, Smoothness::breaks);
  }
};

/// A rule that chooses one of its operands: where a slope is 0, it is 0 all around, and the operand that was not chosen
/// does not matter.
struct Choice {};
/// A rule whose slopes are never 0.
struct Sum {};
/// A rule whose slope along one operand is a product of the others, so that it is 0 where they are 0.
struct Product {};

namespace smoothness_detail {

template <class T>
constexpr auto primal(const T& x) {
  if constexpr (Active<T>)
    return primal(x.value());
  else
    return x;
}
template <class Rule, class... T>
constexpr Smoothness smoothness_of(const T&... x) {
  if constexpr (requires { Rule::smoothness(primal(x)...); })
    return Rule::smoothness(primal(x)...);
  else
    return Smoothness::smooth;
}

// A tangent that is not known, or infinite: in all its parts.
template <class T>
constexpr T filled_with(double number) {
  if constexpr (Active<T>) {
    using U = typename T::value_type;
    std::array<U, T::directions> tangents;
    tangents.fill(filled_with<U>(number));
    return T(filled_with<U>(number), tangents);
  } else {
    return static_cast<T>(number);
  }
}
template <class T>
constexpr T unknown() {
  return filled_with<T>(std::numeric_limits<double>::quiet_NaN());
}
template <class T>
constexpr T unbounded() {
  return filled_with<T>(std::numeric_limits<double>::infinity());
}
template <class T>
constexpr bool is_infinite(const T& x) {
  return special::is_infinite(primal(x));
}
template <class T>
constexpr bool has_infinite_tangent(const T& x) {
  for (std::size_t i = 0; i < T::directions; ++i)
    if (is_infinite(x.tangent(i))) return true;
  return false;
}
template <class T>
constexpr bool is_at_rest(const T& x) {
  for (std::size_t i = 0; i < T::directions; ++i)
    if (!is_zero(x.tangent(i))) return false;
  return true;
}

template <class T>
constexpr bool are_same(const T& x, const T& y) {
  if constexpr (Active<T>) {
    bool same = are_same(x.value(), y.value());
    for (std::size_t i = 0; i < T::directions; ++i) same = same && are_same(x.tangent(i), y.tangent(i));
    return same;
  } else {
    return x == y;
  }
}
// May a slope of 0 stop an infinite tangent here?
template <class Rule, class... X>
constexpr bool may_be_stopped(const X&... x) {
  if constexpr (std::derived_from<Rule, Choice> || std::derived_from<Rule, Sum>)
    return false;
  else if constexpr (std::derived_from<Rule, Product>)
    return ((primal(x) == 0) || ...) && (has_infinite_tangent(x) || ...);
  else
    return (has_infinite_tangent(x) || ...);
}
// Is this a choice between two that are the same, as far as their derivatives go? Then it does not matter.
template <class Rule, class... X>
constexpr bool is_idle(const X&... x) {
  if constexpr (std::derived_from<Rule, BreaksAtTie>)
    return are_same(x...);
  else
    return false;
}

// x, and in place of its i-th tangent lane(i, that).
template <class T, class Lane>
constexpr T with_tangents(const T& x, Lane&& lane) {
  std::array<typename T::value_type, T::directions> tangents;
  for (std::size_t i = 0; i < T::directions; ++i) tangents[i] = lane(i, x.tangent(i));
  return T(x.value(), tangents);
}

}  // namespace smoothness_detail

/// The value of a rule over numbers T, for one that carries derivatives of its own: a tape of T, or a Dual of T.
template <class Rule, class T, class... X>
[[gnu::always_inline]] constexpr T value_within(const T& x, const X&... rest) {
  static_assert((std::same_as<X, T> && ...));
  namespace d = smoothness_detail;
  const T v = Rule::template value<T>(x, rest...);
  if constexpr (Active<T>) {
    using U = typename T::value_type;
    const auto moving = [&](std::size_t i) {
      return static_cast<int>(!is_zero(x.tangent(i))) + (0 + ... + static_cast<int>(!is_zero(rest.tangent(i))));
    };
    const Smoothness how = d::smoothness_of<Rule>(x, rest...);
    if (how == Smoothness::breaks)
      return d::with_tangents(v, [&](std::size_t i, const U& lane) { return moving(i) > 0 ? d::unknown<U>() : lane; });
    if (how == Smoothness::jumps)
      return d::with_tangents(v,
                              [&](std::size_t i, const U& lane) { return moving(i) > 0 ? d::unbounded<U>() : lane; });
    if (how == Smoothness::steep)  // what rests to first order may move to second, as x^2 does in sqrt(x^2)
      return d::with_tangents(
          v, [&](std::size_t i, const U&) { return moving(i) > 0 ? d::unbounded<U>() : d::unknown<U>(); });
    if (d::may_be_stopped<Rule>(x, rest...)) [[unlikely]]
      return d::with_tangents(v, [&](std::size_t i, const U& lane) {
        const bool infinite = d::is_infinite(x.tangent(i)) || (d::is_infinite(rest.tangent(i)) || ...);
        const bool was_stopped = infinite && is_finite(d::primal(lane));
        return was_stopped && moving(i) > (std::derived_from<Rule, Product> ? 1 : 0) ? d::unbounded<U>() : lane;
      });
  }
  return v;
}

/// The same of constants, of which none is known to move unless it carries a tangent.
template <class Rule, class T, class... X>
constexpr T value_of_constants(const T& x, const X&... rest) {
  if constexpr (Active<T>)
    if (!smoothness_detail::is_at_rest(x) || (!smoothness_detail::is_at_rest(rest) || ...))
      return value_within<Rule, T>(x, rest...);
  return Rule::template value<T>(x, rest...);
}

/// The i-th slope of a rule, of operands x... and the value v.
template <class Rule, std::size_t i, class T, class... X>
[[gnu::always_inline]] constexpr T slope_of(const T& v, const X&... x) {
  if constexpr (sizeof...(X) == 1)
    return Rule::template slope<T>(x..., v);
  else if constexpr (i == 0)
    return Rule::template slope_x<T>(x..., v);
  else if constexpr (i == 1)
    return Rule::template slope_y<T>(x..., v);
  else
    return Rule::template slope_z<T>(x..., v);
}
/// The same, for a tape of T or a Dual of T.
template <class Rule, std::size_t i, class T, class... X>
[[gnu::always_inline]] constexpr T slope_within(const T& v, const X&... x) {
  static_assert((std::same_as<X, T> && ...));
  namespace d = smoothness_detail;
  const T slope = slope_of<Rule, i, T>(v, x...);
  if constexpr (Active<T>) {
    using U = typename T::value_type;
    const Smoothness how = d::smoothness_of<Rule>(x...);
    if (how > Smoothness::bends) return d::with_tangents(slope, [](std::size_t, const U&) { return d::unknown<U>(); });
    if (how == Smoothness::bends)
      return d::with_tangents(
          slope, [&](std::size_t k, const U& lane) { return (is_zero(x.tangent(k)) && ...) ? lane : d::unknown<U>(); });
    if constexpr (!std::derived_from<Rule, Choice> && !std::derived_from<Rule, Product>) {
      if (d::primal(slope) == 0 && (d::has_infinite_tangent(x) || ...)) [[unlikely]]
        return d::with_tangents(slope, [&](std::size_t k, const U& lane) {
          return (d::is_infinite(x.tangent(k)) || ...) ? d::unknown<U>() : lane;
        });
    }
  }
  return slope;
}

}  // namespace downhill
