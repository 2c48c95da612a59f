#pragma once
/// \file
/// Comparisons of Symbols, and what chooses by them.

#include <cmath>
#include <compare>
#include <concepts>
#include <limits>
#include <type_traits>

#include <autodiff/program/symbol.hpp>

namespace downhill {

namespace program_detail {
template <class X, class Y>
auto condition(Comparison comparison, const X& x, const Y& y) {
  using T = SymbolScalar<X, Y>;
  return Condition<T>(comparison, SymbolRecorder::as_symbol<T>(x), SymbolRecorder::as_symbol<T>(y));
}
}  // namespace program_detail

template <class X, class Y>
  requires WithSymbol<X, Y>
auto operator<(const X& x, const Y& y) {
  return program_detail::condition(program_detail::Comparison::less, x, y);
}
template <class X, class Y>
  requires WithSymbol<X, Y>
auto operator>(const X& x, const Y& y) {
  return program_detail::condition(program_detail::Comparison::less, y, x);
}
template <class X, class Y>
  requires WithSymbol<X, Y>
auto operator<=(const X& x, const Y& y) {
  return program_detail::condition(program_detail::Comparison::less_equal, x, y);
}
template <class X, class Y>
  requires WithSymbol<X, Y>
auto operator>=(const X& x, const Y& y) {
  return program_detail::condition(program_detail::Comparison::less_equal, y, x);
}
template <class X, class Y>
  requires WithSymbol<X, Y>
auto operator==(const X& x, const Y& y) {
  return program_detail::condition(program_detail::Comparison::equal, x, y);
}
template <class X, class Y>
  requires WithSymbol<X, Y>
bool operator!=(const X& x, const Y& y) {
  return !bool(x == y);
}
template <class X, class Y>
  requires WithSymbol<X, Y>
std::partial_ordering operator<=>(const X& x, const Y& y) {
  if (x < y) return std::partial_ordering::less;
  if (y < x) return std::partial_ordering::greater;
  return x == y ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
}
template <class T>
Condition<T>::operator bool() const {
  return program_detail::SymbolRecorder::decide(*this);
}

/// condition ? x : y, lane by lane, without a guard: of samples for which it holds and samples for which it does not,
/// one program is enough.
template <class T, class X, class Y>
  requires((std::same_as<std::remove_cvref_t<X>, Symbol<T>> || Plain<X>) &&
           (std::same_as<std::remove_cvref_t<Y>, Symbol<T>> || Plain<Y>))
Symbol<T> select(const Condition<T>& condition, X&& x, Y&& y) {
  using R = program_detail::SymbolRecorder;
  return R::select(condition, R::as_symbol<T>(x), R::as_symbol<T>(y));
}

/// Is it NaN? Guarded, as the next three are.
template <ActiveScalar X>
  requires AnySymbol<X>
bool isnan(const X& x) {
  return !bool(x == x);
}
/// Is it neither infinite nor NaN?
template <ActiveScalar X>
  requires AnySymbol<X>
bool isfinite(const X& x) {
  return abs(x) <= std::numeric_limits<typename X::value_type>::max();
}
/// Is it infinite?
template <ActiveScalar X>
  requires AnySymbol<X>
bool isinf(const X& x) {
  return abs(x) > std::numeric_limits<typename X::value_type>::max();
}
/// Is its sign negative, also of -0?
template <ActiveScalar X>
  requires AnySymbol<X>
bool signbit(const X& x) {
  return copysign(X(1), x) < 0;
}

template <class T>
T Symbol<T>::value() const {
  return program_detail::SymbolRecorder::read(*this);
}
template <class T>
template <Plain N>
Symbol<T>::operator N() const {
  if constexpr (std::same_as<N, bool>) {
    return !bool(*this == 0);
  } else if constexpr (std::integral<N>) {
    return static_cast<N>(trunc(*this).value());
  } else {
    return static_cast<N>(value());
  }
}

}  // namespace downhill
