#pragma once
/// \file
/// What generic code and Eigen ask of a number, for Symbols: limits, constants, and how they stand in matrices.

#include <limits>
#include <numbers>

#include <autodiff/eigen.hpp>
#include <autodiff/program/condition.hpp>

namespace downhill {

// What Eigen looks up beside a real scalar.
template <AnySymbol X>
const X& conj(const X& x) {
  return x;
}
template <AnySymbol X>
const X& real(const X& x) {
  return x;
}
template <AnySymbol X>
X imag(const X&) {
  return 0;
}
template <AnySymbol X>
X abs2(const X& x) {
  return x * x;
}

}  // namespace downhill

template <class T>
struct Eigen::NumTraits<downhill::Symbol<T>> : downhill::EigenTraits<downhill::Symbol<T>, T> {};
template <class T, class Operation>
struct Eigen::ScalarBinaryOpTraits<downhill::Symbol<T>, T, Operation> : downhill::EigenProduct<downhill::Symbol<T>> {};
template <class T, class Operation>
struct Eigen::ScalarBinaryOpTraits<T, downhill::Symbol<T>, Operation> : downhill::EigenProduct<downhill::Symbol<T>> {};

/// What generic code asks of a number: the limits of T, as constants.
template <class T>
struct std::numeric_limits<downhill::Symbol<T>> : std::numeric_limits<T> {
  using Symbol = downhill::Symbol<T>;
  using Limits = std::numeric_limits<T>;
  static Symbol min() noexcept { return Limits::min(); }
  static Symbol max() noexcept { return Limits::max(); }
  static Symbol lowest() noexcept { return Limits::lowest(); }
  static Symbol epsilon() noexcept { return Limits::epsilon(); }
  static Symbol round_error() noexcept { return Limits::round_error(); }
  static Symbol infinity() noexcept { return Limits::infinity(); }
  static Symbol quiet_NaN() noexcept { return Limits::quiet_NaN(); }
  static Symbol signaling_NaN() noexcept { return Limits::signaling_NaN(); }
  static Symbol denorm_min() noexcept { return Limits::denorm_min(); }
};

template <class T>
inline const downhill::Symbol<T> std::numbers::e_v<downhill::Symbol<T>> = std::numbers::e_v<T>;
template <class T>
inline const downhill::Symbol<T> std::numbers::log2e_v<downhill::Symbol<T>> = std::numbers::log2e_v<T>;
template <class T>
inline const downhill::Symbol<T> std::numbers::log10e_v<downhill::Symbol<T>> = std::numbers::log10e_v<T>;
template <class T>
inline const downhill::Symbol<T> std::numbers::pi_v<downhill::Symbol<T>> = std::numbers::pi_v<T>;
template <class T>
inline const downhill::Symbol<T> std::numbers::inv_pi_v<downhill::Symbol<T>> = std::numbers::inv_pi_v<T>;
template <class T>
inline const downhill::Symbol<T> std::numbers::inv_sqrtpi_v<downhill::Symbol<T>> = std::numbers::inv_sqrtpi_v<T>;
template <class T>
inline const downhill::Symbol<T> std::numbers::ln2_v<downhill::Symbol<T>> = std::numbers::ln2_v<T>;
template <class T>
inline const downhill::Symbol<T> std::numbers::ln10_v<downhill::Symbol<T>> = std::numbers::ln10_v<T>;
template <class T>
inline const downhill::Symbol<T> std::numbers::sqrt2_v<downhill::Symbol<T>> = std::numbers::sqrt2_v<T>;
template <class T>
inline const downhill::Symbol<T> std::numbers::sqrt3_v<downhill::Symbol<T>> = std::numbers::sqrt3_v<T>;
template <class T>
inline const downhill::Symbol<T> std::numbers::inv_sqrt3_v<downhill::Symbol<T>> = std::numbers::inv_sqrt3_v<T>;
template <class T>
inline const downhill::Symbol<T> std::numbers::egamma_v<downhill::Symbol<T>> = std::numbers::egamma_v<T>;
template <class T>
inline const downhill::Symbol<T> std::numbers::phi_v<downhill::Symbol<T>> = std::numbers::phi_v<T>;
