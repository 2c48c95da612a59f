#pragma once
/// \file
/// A sum of many numbers, whose error does not grow with how many they are: a plain loop over four million floats loses
/// four digits.

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

namespace downhill {

/// What a long sum of numbers of type T is gathered in: double for float, which costs little more.
template <class T>
using Wide = std::conditional_t<std::same_as<T, float>, double, T>;

/// For other number types: sums of 64 numbers, and sums of 64 such sums, so that few numbers are added to a much larger
/// one.
template <class T>
class Total {
 public:
  void add(const T& x) {
    sums_[0] = sums_[0] + x;
    ++count_;
    for (std::size_t k = 1, stretch = 64; k < levels && count_ % stretch == 0; ++k, stretch *= 64) {
      sums_[k] = sums_[k] + sums_[k - 1];
      sums_[k - 1] = T(0);
    }
  }
  T value() const {
    T all = sums_[0];
    for (std::size_t k = 1; k < levels; ++k) all = sums_[k] + all;
    return all;
  }

 private:
  static constexpr std::size_t levels = 5;
  std::array<T, levels> sums_ = {T(0), T(0), T(0), T(0), T(0)};
  std::size_t count_ = 0;
};

/// Of floats, in double.
template <>
class Total<float> {
 public:
  void add(double x) { sum_ += x; }
  float value() const { return static_cast<float>(sum_); }

 private:
  double sum_ = 0;
};

/// Of wider numbers, with the rounding error of each addition kept beside the sum. Source: Knuth, The Art of Computer
/// Programming 2, section 4.2.2, theorem B.
template <std::floating_point T>
class Total<T> {
 public:
  void add(T x) {
    const T sum = sum_ + x, added = sum - sum_;
    rest_ += (sum_ - (sum - added)) + (x - added);
    sum_ = sum;
  }
  T value() const {
    const T all = sum_ + rest_;
    return all == all ? all : sum_;  // an infinite sum has no rounding error
  }

 private:
  T sum_ = 0, rest_ = 0;
};

}  // namespace downhill
