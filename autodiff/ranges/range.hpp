#pragma once
/// \file
/// What counts as a range of numbers, and how one statement is recorded over its elements.

#include <cstddef>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/dual.hpp>
#include <autodiff/ranges/total.hpp>
#include <autodiff/variable.hpp>

namespace downhill {

template <class R>
using ElementOf = std::remove_cvref_t<decltype(*std::begin(std::declval<const R&>()))>;

/// A range of Vars, of Duals, of Symbols or of plain floating-point numbers.
template <class R>
concept NumberRange = requires(const R& range) {
  std::begin(range);
  std::end(range);
  std::size(range);
} && (Active<ElementOf<R>> || std::floating_point<ElementOf<R>>);

// A rule over ranges with Symbols in them is one instruction of a program (program/symbol.hpp).
template <class T>
class Symbol;
template <class Rule, class T, class... R>
Symbol<T> apply_to_ranges(const R&... ranges);

namespace ranges_detail {

template <class X>
inline constexpr bool is_symbol = is_symbol_type<std::remove_cvref_t<X>>;
template <class R>
concept SymbolRange = is_symbol<ElementOf<R>>;

template <class X>
struct ScalarOf {
  using type = X;
};
template <class T>
struct ScalarOf<Var<T>> {
  using type = T;
};
template <class T>
struct ScalarOf<Symbol<T>> {
  using type = T;
};
template <class R>
using Scalar = typename ScalarOf<ElementOf<R>>::type;

// The scalar of the active operand, as for x * 2.0, or of both plain ones.
template <class X, class Y>
using Common = typename std::conditional_t<
    AnyVar<X> || is_symbol<X>, ScalarOf<X>,
    std::conditional_t<AnyVar<Y> || is_symbol<Y>, ScalarOf<Y>, std::common_type<X, Y>>>::type;

template <class X>
auto value(const X& x) {
  if constexpr (AnyVar<X>)
    return x.value();
  else
    return x;
}

// The range, where its elements are stored; where reading one makes it, and records, the elements, read once.
template <class R>
decltype(auto) stored(const R& range) {
  using Element = decltype(*std::begin(range));
  if constexpr (std::is_lvalue_reference_v<Element> || !(AnyVar<Element> || is_symbol<Element>)) {
    return (range);
  } else {
    std::vector<ElementOf<R>> elements;
    elements.reserve(static_cast<std::size_t>(std::size(range)));
    for (auto&& x : range) elements.push_back(std::forward<decltype(x)>(x));
    return elements;
  }
}

// The result of an operation with this value, whose slope along each Var x of the range is `slope(x's value, its
// index)`.
template <NumberRange R, class T, class Slope>
auto over(std::string_view operation, const R& range, T result, Slope slope) {
  if constexpr (AnyVar<ElementOf<R>>) {
    return Recorder::nary<T>(operation, result, [&](auto&& operand) {
      std::size_t i = 0;
      for (const auto& x : range) {
        operand(x, [&] { return slope(x.value(), i); });
        ++i;
      }
    });
  } else {
    return result;
  }
}

template <class T, class R>
Total<T> total(const R& range) {
  Total<T> sum;
  for (const auto& x : range) sum.add(value(x));
  return sum;
}

// Of Duals: the value, which is that of their values, and their tangents handed on along the slopes that the sweep has.
template <AnyDual D, class R, class Slope>
D moved(const R& range, const typename D::value_type& result, Slope slope) {
  Lanes<typename D::value_type, D::directions> tangents;
  std::size_t i = 0;
  for (const auto& x : range) {
    const D& moving = value(x);
    tangents.add_scaled(slope(moving.value(), i), moving.lanes());
    ++i;
  }
  return D(result, tangents);
}
template <AnyDual D, class R>
auto values_inside(const R& range) {
  std::vector<typename D::value_type> values;
  values.reserve(static_cast<std::size_t>(std::size(range)));
  for (const auto& x : range) values.push_back(D(value(x)).value());
  return values;
}

// The first of the largest numbers f(x): how it is, and where it stands. A NaN is larger than all.
template <class T>
struct Largest {
  T value;
  std::size_t at = 0;
  template <class R, class F>
  Largest(const R& range, T least, F&& f) : value(least) {
    std::size_t i = 0;
    for (const auto& x : range) {
      const T here = f(x);
      if (!(here <= value)) value = here, at = i;
      if (value != value) return;
      ++i;
    }
  }
};

template <class R>
void demand_elements(std::string_view operation, const R& range) {
  if (std::size(range) == 0) misuse::empty_range(operation);
}

}  // namespace ranges_detail

}  // namespace downhill
