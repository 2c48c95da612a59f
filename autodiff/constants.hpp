#pragma once
/// \file
/// The constants of `<numbers>` for generic code: `std::numbers::pi_v<X>` is a Var or a Symbol that is a constant, or a
/// Dual whose tangents are 0, as it is a number where X is a plain one. (The standard allows a program to say so of its
/// own types.)

#include <cstddef>
#include <numbers>

#include <autodiff/dual.hpp>
#include <autodiff/variable.hpp>

template <downhill::ActiveScalar X>
inline const X std::numbers::e_v<X> = std::numbers::e_v<typename X::value_type>;
template <downhill::ActiveScalar X>
inline const X std::numbers::log2e_v<X> = std::numbers::log2e_v<typename X::value_type>;
template <downhill::ActiveScalar X>
inline const X std::numbers::log10e_v<X> = std::numbers::log10e_v<typename X::value_type>;
template <downhill::ActiveScalar X>
inline const X std::numbers::pi_v<X> = std::numbers::pi_v<typename X::value_type>;
template <downhill::ActiveScalar X>
inline const X std::numbers::inv_pi_v<X> = std::numbers::inv_pi_v<typename X::value_type>;
template <downhill::ActiveScalar X>
inline const X std::numbers::inv_sqrtpi_v<X> = std::numbers::inv_sqrtpi_v<typename X::value_type>;
template <downhill::ActiveScalar X>
inline const X std::numbers::ln2_v<X> = std::numbers::ln2_v<typename X::value_type>;
template <downhill::ActiveScalar X>
inline const X std::numbers::ln10_v<X> = std::numbers::ln10_v<typename X::value_type>;
template <downhill::ActiveScalar X>
inline const X std::numbers::sqrt2_v<X> = std::numbers::sqrt2_v<typename X::value_type>;
template <downhill::ActiveScalar X>
inline const X std::numbers::sqrt3_v<X> = std::numbers::sqrt3_v<typename X::value_type>;
template <downhill::ActiveScalar X>
inline const X std::numbers::inv_sqrt3_v<X> = std::numbers::inv_sqrt3_v<typename X::value_type>;
template <downhill::ActiveScalar X>
inline const X std::numbers::egamma_v<X> = std::numbers::egamma_v<typename X::value_type>;
template <downhill::ActiveScalar X>
inline const X std::numbers::phi_v<X> = std::numbers::phi_v<typename X::value_type>;

template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::e_v<downhill::Dual<T, N>> = std::numbers::e_v<T>;
template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::log2e_v<downhill::Dual<T, N>> = std::numbers::log2e_v<T>;
template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::log10e_v<downhill::Dual<T, N>> = std::numbers::log10e_v<T>;
template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::pi_v<downhill::Dual<T, N>> = std::numbers::pi_v<T>;
template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::inv_pi_v<downhill::Dual<T, N>> = std::numbers::inv_pi_v<T>;
template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::inv_sqrtpi_v<downhill::Dual<T, N>> = std::numbers::inv_sqrtpi_v<T>;
template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::ln2_v<downhill::Dual<T, N>> = std::numbers::ln2_v<T>;
template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::ln10_v<downhill::Dual<T, N>> = std::numbers::ln10_v<T>;
template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::sqrt2_v<downhill::Dual<T, N>> = std::numbers::sqrt2_v<T>;
template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::sqrt3_v<downhill::Dual<T, N>> = std::numbers::sqrt3_v<T>;
template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::inv_sqrt3_v<downhill::Dual<T, N>> = std::numbers::inv_sqrt3_v<T>;
template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::egamma_v<downhill::Dual<T, N>> = std::numbers::egamma_v<T>;
template <class T, std::size_t N>
inline constexpr downhill::Dual<T, N> std::numbers::phi_v<downhill::Dual<T, N>> = std::numbers::phi_v<T>;
