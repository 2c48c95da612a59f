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

/// Those that step by a rate.
using FirstOrderMethods =
    TypeList<GradientDescent, Momentum, Nesterov, AdaGrad, AdaDelta, RMSProp, Adam, AdamW, NAdam, AMSGrad, Lion>;
/// Those that search along a line.
using LineSearchMethods = TypeList<SteepestDescent, ConjugateGradient, Bfgs, Lbfgs>;
/// All of both kinds.
using AllMethods = decltype(FirstOrderMethods{} + LineSearchMethods{});

}  // namespace downhill
