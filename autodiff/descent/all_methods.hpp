#pragma once
/// \file
/// The list of methods: every way downhill of this library.
///
/// The command has its methods from it, and the tests of walks, of methods and of training iterate over it.

#include <autodiff/calculus/type_list.hpp>
#include <autodiff/descent/least_squares.hpp>
#include <autodiff/descent/methods.hpp>
#include <autodiff/descent/quasi_newton.hpp>

namespace downhill {

/// All methods. One that is added is added here, and then the tests ask for what they need to know of it.
using AllMethods = TypeList<
    // methods.hpp
    GradientDescent, Momentum, Nesterov, AdaGrad, AdaDelta, RMSProp, Adam, AdamW, NAdam, AMSGrad, Lion,
    // quasi_newton.hpp
    SteepestDescent, ConjugateGradient, Bfgs, Lbfgs, BoundedLbfgs,
    // least_squares/
    GaussNewton, LevenbergMarquardt>;

/// Does the method step by a rate, one formula for each parameter? Then it trains batch by batch.
template <class M>
concept FirstOrderMethod = requires(const M& method) {
  M::memory;
  method.learning_rate;
};
/// Does it need each residual of a sum of squares, and not only a value and a gradient?
template <class M>
concept ResidualMethod =
    requires(const M& method, Iterate& at, ResidualEvaluator& evaluate) { method.walker(1).begin(at, evaluate); };

namespace all_methods_detail {

template <class... M>
constexpr auto first_order(TypeList<M...>) {
  return (TypeList<>{} + ... + KeptIf<FirstOrderMethod<M>, M>{});
}
template <class... M>
constexpr auto by_gradient(TypeList<M...>) {
  return (TypeList<>{} + ... + KeptIf<!ResidualMethod<M>, M>{});
}

}  // namespace all_methods_detail

/// Those that step by a rate.
using FirstOrderMethods = decltype(all_methods_detail::first_order(AllMethods{}));
/// Those that walk on any objective, and so train any model.
using GradientMethods = decltype(all_methods_detail::by_gradient(AllMethods{}));

}  // namespace downhill
