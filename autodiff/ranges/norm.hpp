#pragma once
/// \file
/// The Euclidean norm of a range: its value and its slopes, where squares would overflow or vanish.

#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>

#include <autodiff/ranges/range.hpp>

namespace downhill::ranges_detail {

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

}  // namespace downhill::ranges_detail
