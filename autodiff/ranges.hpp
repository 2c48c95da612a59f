#pragma once
/// \file
/// n-ary operations over ranges: one statement with n edges, where a loop would leave n statements.
///
/// As in calculus.hpp, a rule is a struct with a name and a value, and the function that users call stands on the next
/// line; the value records itself. The rules are in the list of calculus/rules.hpp.
///
/// A range is anything with begin, end and size whose elements are Vars, Duals, Symbols or plain floating-point
/// numbers: std::vector, std::array, std::span, an Eigen vector. One that makes its elements as it is read, as a view
/// or an Eigen expression does, is read once. Over plain numbers the result is a plain number. The error of a sum does
/// not grow with the number of its terms (total.hpp), as that of the loop it replaces does.

#include <cmath>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <vector>

#include <autodiff/ranges/log_sum_exp.hpp>
#include <autodiff/ranges/norm.hpp>
#include <autodiff/ranges/range.hpp>
#include <autodiff/ranges/total.hpp>

namespace downhill {

/// x_1 + ... + x_n; 0 for an empty range. Slopes 1.
struct RangeSum {
  static constexpr std::string_view name = "sum";
  template <NumberRange R>
  static auto value(const R& numbers) {
    const auto& range = ranges_detail::stored(numbers);
    if constexpr (ranges_detail::SymbolRange<R>) {
      return apply_to_ranges<RangeSum, ranges_detail::Scalar<R>>(range);
    } else {
      using T = ranges_detail::Scalar<R>;
      return ranges_detail::over(name, range, T(ranges_detail::total<T>(range).value()),
                                 [](const T&, std::size_t) { return T(1); });
    }
  }
};
template <NumberRange R>
auto sum(const R& numbers) {
  return RangeSum::value(numbers);
}

/// (x_1 + ... + x_n) / n. Slopes 1/n. Throws ShapeError for an empty range.
struct RangeMean {
  static constexpr std::string_view name = "mean";
  template <NumberRange R>
  static auto value(const R& numbers) {
    const auto& range = ranges_detail::stored(numbers);
    ranges_detail::demand_elements(name, range);
    if constexpr (ranges_detail::SymbolRange<R>) {
      return apply_to_ranges<RangeMean, ranges_detail::Scalar<R>>(range);
    } else {
      using T = ranges_detail::Scalar<R>;
      const T n = static_cast<T>(std::size(range));
      const T total = ranges_detail::total<T>(range).value();
      return ranges_detail::over(name, range, T(total / n), [n](const T&, std::size_t) { return T(1) / n; });
    }
  }
};
template <NumberRange R>
auto mean(const R& numbers) {
  return RangeMean::value(numbers);
}

/// sqrt(x_1^2 + ... + x_n^2), without overflow or underflow on the way; 0 for an empty range. Slopes x_i / norm, and 0
/// where the norm is 0; where one x_i is infinite +-1 along it and 0 along the others, as for hypot.
struct RangeNorm {
  static constexpr std::string_view name = "norm";
  template <NumberRange R>
  static auto value(const R& numbers) {
    const auto& range = ranges_detail::stored(numbers);
    if constexpr (ranges_detail::SymbolRange<R>) {
      return apply_to_ranges<RangeNorm, ranges_detail::Scalar<R>>(range);
    } else {
      const ranges_detail::Norm<ranges_detail::Scalar<R>> of(range);
      return ranges_detail::over(name, range, of.length(),
                                 [&](const auto& x, std::size_t i) { return of.slope(x, i); });
    }
  }
};
template <NumberRange R>
auto norm(const R& numbers) {
  return RangeNorm::value(numbers);
}

/// log(e^x_1 + ... + e^x_n), without overflow: m + log(1 + sum of the other e^(x_i - m)) with m = max x_i, so that
/// they are not lost beside the 1. Slopes softmax(x)_i; where m is infinite, those that are m share the slope 1, as
/// logaddexp has it. -infinity for an empty range. Source: Blanchard, Higham and Higham, "Accurately computing the
/// log-sum-exp and softmax functions", IMA J. Numer. Anal. 41 (2021).
struct RangeLogSumExp {
  static constexpr std::string_view name = "log_sum_exp";
  template <NumberRange R>
  static auto value(const R& numbers) {
    const auto& range = ranges_detail::stored(numbers);
    if constexpr (ranges_detail::SymbolRange<R>) {
      return apply_to_ranges<RangeLogSumExp, ranges_detail::Scalar<R>>(range);
    } else {
      const ranges_detail::LogSumExp<ranges_detail::Scalar<R>> of(range);
      return ranges_detail::over(name, range, of.result(),
                                 [&](const auto& x, std::size_t i) { return of.slope(x, i); });
    }
  }
};
template <NumberRange R>
auto log_sum_exp(const R& numbers) {
  return RangeLogSumExp::value(numbers);
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
struct RangeDot {
  static constexpr std::string_view name = "dot";
  template <NumberRange X, NumberRange Y>
  static auto value(const X& x_numbers, const Y& y_numbers) {
    using T = ranges_detail::Common<ElementOf<X>, ElementOf<Y>>;
    const auto& xs = ranges_detail::stored(x_numbers);
    const auto& ys = ranges_detail::stored(y_numbers);
    const auto x_size = static_cast<std::size_t>(std::size(xs)), y_size = static_cast<std::size_t>(std::size(ys));
    if (x_size != y_size) misuse::different_sizes(name, x_size, y_size);
    if constexpr (ranges_detail::SymbolRange<X> || ranges_detail::SymbolRange<Y>)
      return apply_to_ranges<RangeDot, T>(xs, ys);
    else
      return of_numbers(xs, ys);
  }

 private:
  template <class X, class Y>
  static auto of_numbers(const X& xs, const Y& ys) {
    using T = ranges_detail::Common<ElementOf<X>, ElementOf<Y>>;
    Total<T> sum;
    auto y = std::begin(ys);
    for (auto x = std::begin(xs); x != std::end(xs); ++x, ++y)
      sum.add(static_cast<Wide<T>>(ranges_detail::value(*x)) * static_cast<Wide<T>>(ranges_detail::value(*y)));
    const T total = sum.value();
    constexpr bool active_x = AnyVar<ElementOf<X>>, active_y = AnyVar<ElementOf<Y>>;
    if constexpr (active_x || active_y) {
      return Recorder::nary<T>(name, total, [&](auto&& operand) {
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
};
/// x_1 y_1 + ... + x_n y_n: RangeDot.
template <NumberRange X, NumberRange Y>
auto dot(const X& x_numbers, const Y& y_numbers) {
  return RangeDot::value(x_numbers, y_numbers);
}

/// c_0 + c_1 x + ... + c_n x^n by Horner's rule; 0 without coefficients. Slopes: x^k along c_k, and along x the
/// derivative polynomial, by Horner's rule too.
struct RangePolynomial {
  static constexpr std::string_view name = "polynomial";
  template <NumberRange C, class X>
    requires Number<X, ElementOf<C>>
  static auto value(const C& numbers, const X& x) {
    const auto& coefficients = ranges_detail::stored(numbers);
    if constexpr (ranges_detail::SymbolRange<C> || ranges_detail::is_symbol<X>)
      return apply_to_ranges<RangePolynomial, ranges_detail::Common<ElementOf<C>, X>>(coefficients, x);
    else
      return of_numbers(coefficients, x);
  }

 private:
  template <class C, class X>
  static auto of_numbers(const C& coefficients, const X& x) {
    using T = ranges_detail::Common<ElementOf<C>, X>;
    const T at = static_cast<T>(ranges_detail::value(x));
    T value = T(0), slope = T(0);
    for (auto c = std::rbegin(coefficients); c != std::rend(coefficients); ++c) {
      slope = slope * at + value;
      value = value * at + static_cast<T>(ranges_detail::value(*c));
    }
    constexpr bool active_c = AnyVar<ElementOf<C>>, active_x = AnyVar<X>;
    if constexpr (active_c || active_x) {
      return Recorder::nary<T>(name, value, [&](auto&& operand) {
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
};
/// c_0 + c_1 x + ... + c_n x^n: RangePolynomial.
template <NumberRange C, class X>
  requires Number<X, ElementOf<C>>
auto polynomial(const C& numbers, const X& x) {
  return RangePolynomial::value(numbers, x);
}

}  // namespace downhill
