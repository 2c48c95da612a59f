#pragma once
/// \file
/// What generic code and Eigen ask of a number, for Symbols: limits, and how they stand in matrices.

#include <limits>

#include <autodiff/eigen.hpp>
#include <autodiff/program/condition.hpp>

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
