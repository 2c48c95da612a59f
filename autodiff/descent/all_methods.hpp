#pragma once
/// \file
/// The list of methods: every way downhill that needs no more than a value and a gradient.
///
/// The tests of walks and of methods iterate over it. What steps by residuals, or within bounds, takes other objectives
/// and is not in it.

#include <autodiff/calculus/type_list.hpp>
#include <autodiff/descent/methods.hpp>
#include <autodiff/descent/quasi_newton.hpp>

namespace downhill {

using FirstOrderMethods =
    TypeList<GradientDescent, Momentum, Nesterov, AdaGrad, AdaDelta, RMSProp, Adam, AdamW, NAdam, AMSGrad, Lion>;
using LineSearchMethods = TypeList<SteepestDescent, ConjugateGradient, Bfgs, Lbfgs>;
using AllMethods = decltype(FirstOrderMethods{} + LineSearchMethods{});

}  // namespace downhill
