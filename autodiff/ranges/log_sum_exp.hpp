#pragma once
/// \file
/// The logarithm of a sum of exponentials: its value and its slopes, where the exponentials would overflow or vanish.

#include <cmath>
#include <cstddef>
#include <limits>

#include <autodiff/ranges/range.hpp>

namespace downhill::ranges_detail {

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

}  // namespace downhill::ranges_detail
