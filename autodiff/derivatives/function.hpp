#pragma once
/// \file
/// How derivatives.hpp calls a user's function f with another number type: the kinds of vectors that f may take and
/// return, and f on a tape.

#include <Eigen/Core>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/derivatives/inputs.hpp>
#include <autodiff/dual.hpp>
#include <autodiff/eigen.hpp>
#include <autodiff/gradient.hpp>

namespace downhill {

namespace derivatives_detail {

inline constexpr int unknown = Eigen::Dynamic;

// Kinds of vectors: the same kind for another number type, how f is given it, and its size where that is known.
template <class P>
struct Kind {
  static constexpr int size = unknown;
  template <class X>
  using Of = std::vector<X>;
  template <class X>
  using Argument = std::conditional_t<AnyVar<X>, Inputs<X>, std::span<const X>>;  // checked where it records
};
template <class S, std::size_t N>
struct Kind<std::array<S, N>> {
  static constexpr int size = static_cast<int>(N);
  template <class X>
  using Of = std::array<X, N>;
  template <class X>
  using Argument = const Of<X>&;
};
template <class P>
concept EigenVector = std::derived_from<P, Eigen::MatrixBase<P>> && bool(P::IsVectorAtCompileTime);
template <EigenVector P>
struct Kind<P> {
  static constexpr int size = P::SizeAtCompileTime;
  template <class X>
  using Of = Eigen::Matrix<X, P::SizeAtCompileTime, 1>;
  template <class X>
  using Argument = const Of<X>&;
};
template <class P, class X>
using Of = typename Kind<P>::template Of<X>;

template <class P>
using Scalar = std::remove_cvref_t<decltype(std::declval<const P&>()[0])>;
template <class P>
concept Point = std::floating_point<Scalar<P>> && requires(const P& x) { x.size(); };
template <class R>
concept OneNumber = Active<R> || Plain<R>;

template <class V>
std::size_t size_of(const V& x) {
  return static_cast<std::size_t>(x.size());
}
template <class V>
decltype(auto) at(V& v, std::size_t i) {
  if constexpr (EigenVector<std::remove_const_t<V>>)
    return v.coeffRef(static_cast<Eigen::Index>(i));
  else
    return (v[i]);
}
template <class S, EigenVector V>
S number_at(const V& v, std::size_t i) {
  return v.coeff(static_cast<Eigen::Index>(i));
}
template <class S, class V>
decltype(auto) number_at(const V& v, std::size_t i) {
  if constexpr (std::same_as<std::remove_cvref_t<decltype(v[i])>, S>)
    return (v[i]);
  else
    return static_cast<S>(v[i]);
}
// A vector of X of the same kind and size as `like`, its elements element(i).
template <class X, class P, class Element>
Of<P, X> filled(const P& like, Element&& element) {
  Of<P, X> v;
  if constexpr (requires { v.resize(1); }) v.resize(static_cast<decltype(v.size())>(like.size()));
  for (std::size_t i = 0; i < size_of(like); ++i) at(v, i) = element(i);
  return v;
}
// function(r) of the one result, or of each of several.
template <class S, class R, class Function>
auto each(const R& results, Function&& function) {
  if constexpr (OneNumber<R>)
    return S(function(results));
  else
    return filled<S>(results, [&](std::size_t i) { return function(number_at<Scalar<R>>(results, i)); });
}
// Calls visit(r, index) with the one result, or with each of several.
template <class R, class Visit>
void for_each_result(const R& results, Visit&& visit) {
  if constexpr (OneNumber<R>)
    visit(results, std::size_t{0});
  else
    for (std::size_t i = 0; i < size_of(results); ++i) visit(at(results, i), i);
}
template <class R>
std::size_t count_of(const R& results) {
  if constexpr (OneNumber<R>)
    return 1;
  else
    return size_of(results);
}
template <class R>
inline constexpr int known_count = Kind<R>::size;
template <OneNumber R>
inline constexpr int known_count<R> = 1;

// The plain number behind a result. f may return one that does not depend on its inputs.
template <class S, class X>
S primal_of(const X& x) {
  if constexpr (AnyVar<X> || AnyDual<X>)
    return primal_of<S>(x.value());
  else
    return static_cast<S>(x);
}
template <class D, class X>
typename D::value_type tangent_of(const X& x, std::size_t i = 0) {
  if constexpr (std::same_as<X, D>)
    return x.tangent(i);
  else
    return 0;
}

template <class P, class V>
void demand_same_size(std::string_view operation, const P& x, const V& v) {
  if (size_of(x) != size_of(v)) misuse::different_sizes(operation, size_of(x), size_of(v));
}

// The type of the one parameter of a function that is not generic.
template <class F>
struct ParameterOf {
  using type = void;
};
template <class F>
  requires requires { &F::operator(); }
struct ParameterOf<F> : ParameterOf<decltype(&F::operator())> {};
template <class C, class R, class X>
struct ParameterOf<R (C::*)(X) const> : std::remove_cvref<X> {};
template <class C, class R, class X>
struct ParameterOf<R (C::*)(X)> : std::remove_cvref<X> {};
template <class R, class X>
struct ParameterOf<R (*)(X)> : std::remove_cvref<X> {};
template <class R, class X>
struct ParameterOf<R(X)> : std::remove_cvref<X> {};
// Eigen's vectors of numbers can be declared to be made from those of Vars, which then does not compile.
template <class F>
concept TakesPlainEigen = EigenVector<typename ParameterOf<std::remove_cv_t<F>>::type> &&
                          Plain<typename ParameterOf<std::remove_cv_t<F>>::type::Scalar>;

/// Can f be called with Vars or Duals? Returns auto, as the next ones, so that the compiler says this before anything
/// else.
template <class F, class... Arguments>
constexpr auto demand_generic() {
  constexpr bool is_generic = !TakesPlainEigen<F> && std::is_invocable_v<F&, Arguments...>;
  static_assert(is_generic,
                "the function is called with Vars and Duals in place of double: make it generic over its number type, "
                "write [](const auto& x) { ... } in place of [](const std::vector<double>& x), one x for the whole "
                "point");
  return is_generic;
}
template <class R>
constexpr auto demand_result() {
  static_assert(!std::is_void_v<R>, "the function returns nothing: write return before its result");
  return !std::is_void_v<R>;
}
// f(x) with each x_i as input(i), of type X.
template <class X, class F, class P, class Input>
auto evaluated(F& f, const P& x, Input&& input) {
  const auto inputs = filled<X>(x, input);
  using Argument = typename Kind<P>::template Argument<X>;
  if constexpr (demand_generic<F, Argument>()) {
    using R = std::remove_cvref_t<decltype(f(std::declval<Argument>()))>;
    if constexpr (!demand_result<R>())
      return X(0);
    else if constexpr (EigenVector<R>)
      return typename R::PlainObject(f(static_cast<Argument>(inputs)));  // an expression would outlive its inputs
    else
      return R(f(static_cast<Argument>(inputs)));
  } else {
    return X(0);
  }
}

// Each x_i as a D that moves along the direction i - first, where D has one.
template <class D, class P>
auto moving(const P& x, std::size_t first) {
  return [&x, first](std::size_t i) {
    const auto& number = number_at<typename D::value_type>(x, i);
    return i >= first && i < first + D::directions ? D::variable(number, i - first) : D(number);
  };
}

// Can f, which takes vectors like P, be evaluated on a tape of T?
template <class F, class P, class T>
concept RecordsOn = std::invocable<F&, typename Kind<P>::template Argument<Var<T>>>;

// f on a tape of T, with each x_i as input(i).
template <class T, class F, class P>
class Recorded {
 public:
  template <class Input>
  Recorded(F& f, const P& x, Input&& input, bool is_generic = false)
      : like_(x), results_(evaluated<Var<T>>(f, x, [&](std::size_t i) {
          if (is_generic) tape_.assume_generic();
          return tape_.variable(T(input(i)));
        })) {}

  const auto& results() const { return results_; }
  bool has_edge() const { return tape_.has_edge(); }
  // The adjoints of the inputs, read(adjoint) of each, of sum(weight(i) * result i); 0 if no result depends on them.
  template <class Weight, class Read>
  auto pulled_back(Weight&& weight, Read&& read) {
    std::vector<Seed<T>> seeds;
    for_each_result(results_, [&]<class R>(const R& result, std::size_t i) {
      if constexpr (AnyVar<R>)
        if (result.is_active()) seeds.push_back({result, weight(i)});
    });
    if (!seeds.empty()) tape_.gradient(seeds, swept_);
    return filled<Scalar<P>>(like_, [&](std::size_t i) { return read(seeds.empty() ? T(0) : swept_.adjoints()[i]); });
  }

 private:
  const P& like_;
  Tape<T> tape_;
  std::remove_cvref_t<decltype(evaluated<Var<T>>(std::declval<F&>(), std::declval<const P&>(),
                                                 std::declval<Var<T> (*)(std::size_t)>()))>
      results_;
  Gradient<T> swept_;
};
template <class R>
void demand_one_number() {
  static_assert(OneNumber<R>, "this is a derivative of a function that returns one number; see jacobian, jvp and vjp");
}

}  // namespace derivatives_detail

}  // namespace downhill
