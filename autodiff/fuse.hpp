#pragma once
/// \file
/// Local pre-accumulation: the derivative of a small function by forward mode, recorded as one statement.
///
/// fuse(f)(a, b, ...) evaluates f with Duals that carry one tangent for each operand, and leaves a single statement
/// with their slopes, where f itself would leave one for each step that does not fold. The derivatives are the same,
/// the tape is smaller, and the sweep is faster; forward mode pays where a function has few operands and many steps.
/// Source: Griewank and Walther, "Evaluating Derivatives" (2008), section 10.2.

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include <autodiff/derivatives/function.hpp>
#include <autodiff/dual.hpp>
#include <autodiff/variable.hpp>

namespace downhill {

namespace fuse_detail {

template <class... X>
struct VarOf;
template <class X, class... Rest>
struct VarOf<X, Rest...> : std::conditional_t<AnyVar<X>, std::type_identity<X>, VarOf<Rest...>> {};
template <>
struct VarOf<> {};

}  // namespace fuse_detail

/// A callable that evaluates f on its operands, Vars and plain numbers, in one statement for each result. f is generic
/// over its number type, takes its operands one by one, and returns one number or a vector of them; it must not use
/// Vars other than its operands. Example: `auto bell = fuse([](auto x, auto s) { return exp(-square(x / s)); });`
template <class F>
auto fuse(F f) {
  return [f = std::move(f)]<class... X>(const X&... operands) {
    static_assert((AnyVar<X> || ...), "fuse: at least one operand is a Var; for plain numbers, call f itself");
    using T = typename fuse_detail::VarOf<X...>::type::value_type;
    using D = Dual<T, (std::size_t{AnyVar<X>} + ...)>;
    std::size_t direction = 0;
    const auto lifted = [&]<class Y>(const Y& operand) {
      if constexpr (AnyVar<Y>)
        return D::variable(operand.value(), direction++);
      else
        return D(operand);
    };
    const std::tuple<decltype(lifted(operands))...> duals{
        lifted(operands)...};  // in braces, arguments are evaluated from left to right
    static_cast<void>(derivatives_detail::demand_generic<const F, decltype(lifted(operands))...>());
    const auto results = std::apply(f, duals);
    const auto recorded = [&](const D& result) {
      return Recorder::nary<T>("fuse", result.value(), [&](auto&& operand) {
        std::size_t i = 0;
        const auto edge = [&]<class Y>(const Y& x) {
          if constexpr (AnyVar<Y>) {
            operand(x, [&] { return result.tangent(i); });
            ++i;
          }
        };
        (edge(operands), ...);
      });
    };
    return derivatives_detail::each<Var<T>>(results, recorded);
  };
}

}  // namespace downhill
