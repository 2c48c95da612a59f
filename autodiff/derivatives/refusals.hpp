#pragma once
/// \file
/// What gradient(f, x) and its kin say where there is no point, or not one of their kind.

#include <type_traits>

#include <autodiff/derivatives/function.hpp>
#include <autodiff/dual.hpp>

namespace downhill {

namespace derivatives_detail {

// What a call without a point has in place of a body: a sentence, said at the first line of the user's that is wrong.
template <class... X>
auto no_point() {
  static_assert(sizeof...(X) == 0,
                "a point is missing: write gradient(f, std::vector{1.0, 2.0}), and so jacobian, hessian and their kin, "
                "with a vector of double or float; for a function of one number write derivative(f, 3.0)");
  return 0.0;
}
template <class... X>
inline constexpr bool starts_with_point = false;
template <class P, class... Rest>
inline constexpr bool starts_with_point<P, Rest...> = Point<P>;

}  // namespace derivatives_detail

template <class F, class... X>
  requires(!derivatives_detail::starts_with_point<X...>)
auto gradient(F&&, const X&...) {
  return derivatives_detail::no_point<F, X...>();
}
template <class F, class... X>
  requires(!derivatives_detail::starts_with_point<X...>)
auto value_and_gradient(F&&, const X&...) {
  return derivatives_detail::no_point<F, X...>();
}
template <class F, class... X>
  requires(!derivatives_detail::starts_with_point<X...>)
auto vjp(F&&, const X&...) {
  return derivatives_detail::no_point<F, X...>();
}
template <class F, class... X>
  requires(!derivatives_detail::starts_with_point<X...>)
auto jvp(F&&, const X&...) {
  return derivatives_detail::no_point<F, X...>();
}
template <class F, class... X>
  requires(!derivatives_detail::starts_with_point<X...>)
auto directional_derivative(F&&, const X&...) {
  return derivatives_detail::no_point<F, X...>();
}
template <class F, class... X>
  requires(!derivatives_detail::starts_with_point<X...>)
auto jacobian(F&&, const X&...) {
  return derivatives_detail::no_point<F, X...>();
}
template <class F, class... X>
  requires(!derivatives_detail::starts_with_point<X...>)
auto hessian(F&&, const X&...) {
  return derivatives_detail::no_point<F, X...>();
}
template <class F, class... X>
  requires(!derivatives_detail::starts_with_point<X...>)
auto hessian_vector_product(F&&, const X&...) {
  return derivatives_detail::no_point<F, X...>();
}
template <class F, class... X>
  requires(!derivatives_detail::starts_with_point<X...>)
auto divergence(F&&, const X&...) {
  return derivatives_detail::no_point<F, X...>();
}
template <class F, class... X>
  requires(!derivatives_detail::starts_with_point<X...>)
auto laplacian(F&&, const X&...) {
  return derivatives_detail::no_point<F, X...>();
}

template <class F, class X>
  requires(!Plain<X> && !AnyDual<X>)
auto derivative(F&&, const X&) {
  static_assert(!std::is_same_v<X, X>,
                "derivative is of a function of one number, write derivative(f, 3.0); of a function of a vector, write "
                "gradient(f, x), or jvp(f, x, v) along a direction v");
  return 0.0;
}

}  // namespace downhill
