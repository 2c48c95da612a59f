#pragma once
/// \file
/// n-ary operations over ranges: one statement with n edges, where a loop would leave n statements.
///
/// A range is anything with begin, end and size whose elements are Vars, Duals or plain floating-point numbers:
/// std::vector, std::array, std::span, an Eigen vector. One that makes its elements as it is read, as a view or an
/// Eigen expression does, is read once. Over plain numbers the result is a plain number. The error of a sum does not
/// grow with the number of its terms (total.hpp), as that of the loop it replaces does.

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <ranges>
#include <type_traits>
#include <vector>

#include <autodiff/dual.hpp>
#include <autodiff/ranges/total.hpp>
#include <autodiff/variable.hpp>

namespace downhill {

/// The type of the elements of a range.
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

// The norm of numbers, and its slopes.
template <class T>
class Norm {
 public:
  template <class R>
  explicit Norm(const R& range) : largest_(range, T(0), [](const auto& x) { return size_of(T(value(x))); }) {
    const T& largest = largest_.value;
    length_ = largest;
    if constexpr (Active<T>) {
      if (largest == T(0)) {
        for (const auto& x : range) length_ = hypot_at_zero(length_, x);
      } else {
        const Norm<typename T::value_type> inside(values_inside<T>(range));
        length_ = moved<T>(range, inside.length(), [&](const auto& x, std::size_t i) { return inside.slope(x, i); });
        set_slope_of_largest(range);
      }
    } else if (largest > T(0) && is_finite(largest)) {
      root_ = sqrt_of_squares(range, largest);
      length_ = largest * root_;
    } else {
      for (const auto& x : range)
        if (size_of(T(value(x))) == largest) ++infinite_;
    }
  }
  const T& length() const { return length_; }
  T slope(const T& x, std::size_t i) const {
    const T& largest = largest_.value;
    if (largest == T(0)) return slope_within<Hypot, 0>(T(0), T(0), T(0));
    if constexpr (Active<T>) {
      if (i == largest_.at) return of_largest_;
    } else {
      if (largest > std::numeric_limits<T>::max())
        return size_of(x) < largest ? T(0) : infinite_ > 1 ? T(NAN) : std::copysign(T(1), x);
      if (!special::has_all_digits(length_)) return x / largest / root_;
    }
    return x / length_;
  }

 private:
  // Of nothing but zeros, which may carry tangents: hypot knows what a norm does at its kink.
  template <class X>
  static T hypot_at_zero(const T& length, const X& x) {
    if constexpr (AnyVar<X>)
      return value_within<Hypot>(length, T(x.value()));
    else
      return apply<Hypot>(length, x);
  }
  static T size_of(const T& x) {
    using std::abs;
    return abs(x);
  }
  template <class R>
  static T sqrt_of_squares(const R& range, const T& unit) {
    using std::sqrt;
    Total<T> squares;
    for (const auto& x : range) {
      const T ratio = value(x) / unit;
      squares.add(ratio * ratio);
    }
    return sqrt(squares.value());
  }
  // Where nearly all of the length is one x, how x / length moves is told by the others: it is the sign of x over the
  // root of 1 + the sum of their (x_i / x)^2.
  template <class R>
  void set_slope_of_largest(const R& range) {
    using std::sqrt;
    const T& x = value(*std::next(std::begin(range), static_cast<std::ptrdiff_t>(largest_.at)));
    Total<T> squares;
    for (std::size_t i = 0; const auto& other : range) {
      const T ratio = value(other) / x;
      if (i++ != largest_.at) squares.add(ratio * ratio);
    }
    of_largest_ = T(x < T(0) ? -1 : 1) / sqrt(T(1) + squares.value());
  }

  Largest<T> largest_;
  T length_{}, root_{}, of_largest_{};
  std::size_t infinite_ = 0;
};

// log(e^x_1 + ... + e^x_n), and its slopes.
template <class T>
class LogSumExp {
 public:
  template <class R>
  explicit LogSumExp(const R& range)
      : largest_(range, T(-std::numeric_limits<T>::infinity()), [](const auto& x) { return T(value(x)); }),
        result_(largest_.value),
        is_finite_(largest_.value - largest_.value == T(0)) {
    using std::log1p;
    Total<T> others;
    for (std::size_t i = 0; const auto& x : range)
      if (i++ != largest_.at) others.add(weight(value(x)));
    total_ = T(1) + others.value();
    if constexpr (Active<T>) {
      const LogSumExp<typename T::value_type> inside(values_inside<T>(range));
      result_ = moved<T>(range, inside.result(), [&](const auto& x, std::size_t i) { return inside.slope(x, i); });
    } else if (is_finite_) {
      result_ = largest_.value + log1p(others.value());
    }
  }
  const T& result() const { return result_; }
  T slope(const T& x, std::size_t) const { return weight(x) / total_; }

 private:
  T weight(const T& x) const {
    using std::exp;
    return is_finite_ || x != largest_.value ? T(exp(x - largest_.value)) : T(1);
  }
  Largest<T> largest_;
  T result_, total_{};
  bool is_finite_;
};

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
/// where the norm is 0; where one x_i is infinite +-1 along it and 0 along the others, as for hypot.
template <NumberRange R>
auto norm(const R& numbers) {
  const auto& range = ranges_detail::stored(numbers);
  const ranges_detail::Norm<ranges_detail::Scalar<R>> of(range);
  return ranges_detail::over("norm", range, of.length(), [&](const auto& x, std::size_t i) { return of.slope(x, i); });
}

/// log(e^x_1 + ... + e^x_n), without overflow: m + log(1 + sum of the other e^(x_i - m)) with m = max x_i, so that
/// they are not lost beside the 1. Slopes softmax(x)_i; where m is infinite, those that are m share the slope 1, as
/// logaddexp has it. -infinity for an empty range. Source: Blanchard, Higham and Higham, "Accurately computing the
/// log-sum-exp and softmax functions", IMA J. Numer. Anal. 41 (2021).
template <NumberRange R>
auto log_sum_exp(const R& numbers) {
  const auto& range = ranges_detail::stored(numbers);
  const ranges_detail::LogSumExp<ranges_detail::Scalar<R>> of(range);
  return ranges_detail::over("log_sum_exp", range, of.result(),
                             [&](const auto& x, std::size_t i) { return of.slope(x, i); });
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
