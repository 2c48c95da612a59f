#pragma once
/// \file
/// The functions that a layer applies to its outputs, element by element.

#include <string_view>

#include <autodiff/matrix.hpp>
#include <models/network/initialise.hpp>

namespace downhill {

/// The function that a layer applies to each of its outputs; see calculus.hpp for what each computes. To add one, write
/// its name here, and its rule of the calculus in activation.cpp.
enum class Activation { none, relu, leaky_relu, elu, gelu, silu, softplus, tanh, sigmoid };

/// "none", "relu" and so on.
std::string_view name(Activation activation);
/// Throws OptionError for a name that no activation has, and lists those that there are.
Activation activation_called(std::string_view name);

/// The activation of each element.
template <class T>
VarMatrix<T> activated(Activation activation, const VarMatrix<T>& x);
extern template VarMatrix<float> activated(Activation, const VarMatrix<float>&);
extern template VarMatrix<double> activated(Activation, const VarMatrix<double>&);

/// How weights before it start where nothing else is asked for: `he` before the relu family, otherwise `xavier`.
Initialiser start_before(Activation activation);

}  // namespace downhill
