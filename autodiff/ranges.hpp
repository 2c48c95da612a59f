#pragma once
// n-ary operations over ranges: one statement with n edges, where a loop would leave n statements.
//
// A range is anything with begin, end and size whose elements are Vars, Duals or plain floating-point numbers:
// std::vector, std::array, std::span, an Eigen vector. One that makes its elements as it is read, as a view or an Eigen
// expression does, is read once. Over plain numbers the result is a plain number. The error of a sum does not grow with
// the number of its terms (total.hpp), as that of the loop it replaces does.

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <ranges>
#include <type_traits>
#include <vector>

#include <autodiff/total.hpp>
#include <autodiff/variable.hpp>

namespace downhill {

template <class R>
using ElementOf = std::remove_cvref_t<decltype(*std::begin(std::declval<const R&>()))>;

/// A range of Vars, of Duals or of plain floating-point numbers.
template <class R>
concept NumberRange = requires(const R& range) {
  std::begin(range);
  std::end(range);
  std::size(range);
}
&&(Active<ElementOf<R>> || std::floating_point<ElementOf<R>>);

namespace ranges_detail {

template <class X>
struct ScalarOf {
  using type = X;
};
template <class T>
struct ScalarOf<Var<T>> {
  using type = T;
};
template <class R>
using Scalar = typename ScalarOf<ElementOf<R>>::type;

// The scalar of the active operand, as for x * 2.0, or of both plain ones.
template <class X, class Y>
using Common = typename std::conditional_t<AnyVar<X>, ScalarOf<X>,
                                           std::conditional_t<AnyVar<Y>, ScalarOf<Y>, std::common_type<X, Y>>>::type;

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
  if constexpr (std::is_lvalue_reference_v<Element> || !AnyVar<Element>) {
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

// Of nothing but zeros, which may carry tangents: hypot knows what a norm does at its kink.
template <class T, class R>
T norm_at_zero(const R& range) {
  T length = T(0);
  for (const auto& x : range) {
    if constexpr (AnyVar<ElementOf<R>>)
      length = value_within<Hypot>(length, T(x.value()));
    else
      length = apply<Hypot>(length, x);
  }
  return length;
}

template <class R>
void demand_elements(std::string_view operation, const R& range) {
  if (std::size(range) == 0) misuse::empty_range(operation);
}

}  // namespace ranges_detail

/// x_1 + ... + x_n; 0 for an empty range. Slopes 1.
template <NumberRange R>
auto sum(const R& numbers) {
  const auto& range = ranges_detail::stored(numbers);
  using T = ranges_detail::Scalar<R>;
  return ranges_detail::over("sum", range, T(ranges_detail::total<T>(range).value()),
                             [](const T&, std::size_t) { return T(1); });
}

/// (x_1 + ... + x_n) / n. Slopes 1/n. Throws ShapeError for an empty range.
template <NumberRange R>
auto mean(const R& numbers) {
  const auto& range = ranges_detail::stored(numbers);
  using T = ranges_detail::Scalar<R>;
  ranges_detail::demand_elements("mean", range);
  const T n = static_cast<T>(std::size(range));
  const T total = ranges_detail::total<T>(range).value();
  return ranges_detail::over("mean", range, T(total / n), [n](const T&, std::size_t) { return T(1) / n; });
}

/// sqrt(x_1^2 + ... + x_n^2), without overflow or underflow on the way; 0 for an empty range. Slopes x_i / norm, and 0
/// where the norm is 0, as for hypot.
template <NumberRange R>
auto norm(const R& numbers) {
  const auto& range = ranges_detail::stored(numbers);
  using T = ranges_detail::Scalar<R>;
  using std::abs, std::sqrt;
  T largest = T(0);
  for (const auto& x : range) {
    const T size = abs(ranges_detail::value(x));
    if (!(size <= largest)) largest = size;  // so that a NaN stays
    if (largest != largest) break;
  }
  T length = largest;
  if (largest > T(0) && largest <= std::numeric_limits<T>::max()) {
    Total<T> squares;
    for (const auto& x : range) {
      const T ratio = ranges_detail::value(x) / largest;
      squares.add(ratio * ratio);
    }
    length = largest * sqrt(squares.value());
  }
  if constexpr (Active<T>)
    if (largest == T(0)) length = ranges_detail::norm_at_zero<T>(range);
  return ranges_detail::over("norm", range, length, [length, largest](const T& x, std::size_t) {
    if (largest == T(0)) return slope_within<Hypot, 0>(T(0), T(0), T(0));
    return length <= std::numeric_limits<T>::max() ? T(x / length) : T((x / largest) / (length / largest));
  });
}

/// log(e^x_1 + ... + e^x_n), without overflow: m + log(1 + sum of the other e^(x_i - m)) with m = max x_i, so that
/// they are not lost beside the 1. Slopes softmax(x)_i; where m is infinite, those that are m share the slope 1, as
/// logaddexp has it. -infinity for an empty range. Source: Blanchard, Higham and Higham, "Accurately computing the
/// log-sum-exp and softmax functions", IMA J. Numer. Anal. 41 (2021).
template <NumberRange R>
auto log_sum_exp(const R& numbers) {
  const auto& range = ranges_detail::stored(numbers);
  using T = ranges_detail::Scalar<R>;
  using std::exp, std::log1p;
  T largest = -std::numeric_limits<T>::infinity();
  std::size_t at = 0, index = 0;  // of the largest one
  for (const auto& x : range) {
    const T v = ranges_detail::value(x);
    if (!(v <= largest)) largest = v, at = index;
    if (largest != largest) break;
    ++index;
  }
  const bool shiftable = largest - largest == T(0);
  const auto weight = [=](const T& x) { return shiftable || x != largest ? T(exp(x - largest)) : T(1); };
  Total<T> others;
  index = 0;
  for (const auto& x : range)
    if (index++ != at) others.add(weight(ranges_detail::value(x)));
  const T rest = others.value(), total = T(1) + rest;
  const T result = shiftable ? T(largest + log1p(rest)) : largest;
  return ranges_detail::over("log_sum_exp", range, result,
                             [=](const T& x, std::size_t) { return T(weight(x) / total); });
}

/// softmax(x)_i = e^x_i / (e^x_1 + ... + e^x_n), as exp(x_i - log_sum_exp(x)): n + 1 statements and 3 n edges, where
/// the full Jacobian would take n^2. NaN where an x_i is +infinity.
template <NumberRange R>
auto softmax(const R& numbers) {
  const auto& range = ranges_detail::stored(numbers);
  const auto normaliser = log_sum_exp(range);
  std::vector<std::remove_cvref_t<decltype(normaliser)>> result;
  result.reserve(std::size(range));
  using std::exp;
  for (const auto& x : range) result.push_back(exp(x - normaliser));
  return result;
}

/// x_1 y_1 + ... + x_n y_n; 0 for empty ranges. Slopes y_i along x_i and x_i along y_i. Throws ShapeError where the
/// sizes differ.
template <NumberRange X, NumberRange Y>
auto dot(const X& x_numbers, const Y& y_numbers) {
  using T = ranges_detail::Common<ElementOf<X>, ElementOf<Y>>;
  const auto& xs = ranges_detail::stored(x_numbers);
  const auto& ys = ranges_detail::stored(y_numbers);
  const auto x_size = static_cast<std::size_t>(std::size(xs)), y_size = static_cast<std::size_t>(std::size(ys));
  if (x_size != y_size) misuse::different_sizes("dot", x_size, y_size);
  Total<T> sum;
  auto y = std::begin(ys);
  for (auto x = std::begin(xs); x != std::end(xs); ++x, ++y)
    sum.add(static_cast<Wide<T>>(ranges_detail::value(*x)) * static_cast<Wide<T>>(ranges_detail::value(*y)));
  const T total = sum.value();
  constexpr bool active_x = AnyVar<ElementOf<X>>, active_y = AnyVar<ElementOf<Y>>;
  if constexpr (active_x || active_y) {
    return Recorder::nary<T>("dot", total, [&](auto&& operand) {
      auto b = std::begin(ys);
      for (auto a = std::begin(xs); a != std::end(xs); ++a, ++b) {
        if constexpr (active_x) operand(*a, [&] { return static_cast<T>(ranges_detail::value(*b)); });
        if constexpr (active_y) operand(*b, [&] { return static_cast<T>(ranges_detail::value(*a)); });
      }
    });
  } else {
    return total;
  }
}

/// c_0 + c_1 x + ... + c_n x^n by Horner's rule; 0 without coefficients. Slopes: x^k along c_k, and along x the
/// derivative polynomial, by Horner's rule too.
template <NumberRange C, class X>
  requires Number<X, ElementOf<C>>
auto polynomial(const C& numbers, const X& x) {
  using T = ranges_detail::Common<ElementOf<C>, X>;
  const auto& coefficients = ranges_detail::stored(numbers);
  const T at = static_cast<T>(ranges_detail::value(x));
  T value = T(0), slope = T(0);
  for (auto c = std::rbegin(coefficients); c != std::rend(coefficients); ++c) {
    slope = slope * at + value;
    value = value * at + static_cast<T>(ranges_detail::value(*c));
  }
  constexpr bool active_c = AnyVar<ElementOf<C>>, active_x = AnyVar<X>;
  if constexpr (active_c || active_x) {
    return Recorder::nary<T>("polynomial", value, [&](auto&& operand) {
      if constexpr (active_x) operand(x, [&] { return slope; });
      if constexpr (active_c) {
        T power = T(1);
        for (const auto& c : coefficients) {
          operand(c, [&] { return power; });
          power = power * at;
        }
      }
    });
  } else {
    return value;
  }
}

}  // namespace downhill
