#pragma once
/// \file
/// The constants of `<numbers>` for generic code: `std::numbers::pi_v<X>` is a passive Var or a Dual whose tangents are
/// 0, as it is a number where X is a plain one. (The standard allows a program to say so of its own types.)

#include <cstddef>
#include <numbers>

#include <autodiff/dual.hpp>
#include <autodiff/variable.hpp>

template <class T>
inline const downhill::Var<T> std::numbers::e_v<downhill::Var<T>> = std::numbers::e_v<T>;
template <class T>
inline const downhill::Var<T> std::numbers::log2e_v<downhill::Var<T>> = std::numbers::log2e_v<T>;
template <class T>
inline const downhill::Var<T> std::numbers::log10e_v<downhill::Var<T>> = std::numbers::log10e_v<T>;
template <class T>
inline const downhill::Var<T> std::numbers::pi_v<downhill::Var<T>> = std::numbers::pi_v<T>;
template <class T>
inline const downhill::Var<T> std::numbers::inv_pi_v<downhill::Var<T>> = std::numbers::inv_pi_v<T>;
template <class T>
inline const downhill::Var<T> std::numbers::inv_sqrtpi_v<downhill::Var<T>> = std::numbers::inv_sqrtpi_v<T>;
template <class T>
inline const downhill::Var<T> std::numbers::ln2_v<downhill::Var<T>> = std::numbers::ln2_v<T>;
template <class T>
inline const downhill::Var<T> std::numbers::ln10_v<downhill::Var<T>> = std::numbers::ln10_v<T>;
template <class T>
inline const downhill::Var<T> std::numbers::sqrt2_v<downhill::Var<T>> = std::numbers::sqrt2_v<T>;
template <class T>
inline const downhill::Var<T> std::numbers::sqrt3_v<downhill::Var<T>> = std::numbers::sqrt3_v<T>;
template <class T>
inline const downhill::Var<T> std::numbers::inv_sqrt3_v<downhill::Var<T>> = std::numbers::inv_sqrt3_v<T>;
template <class T>
inline const downhill::Var<T> std::numbers::egamma_v<downhill::Var<T>> = std::numbers::egamma_v<T>;
template <class T>
inline const downhill::Var<T> std::numbers::phi_v<downhill::Var<T>> = std::numbers::phi_v<T>;

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
