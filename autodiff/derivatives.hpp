#pragma once
/// \file
/// Derivatives as functions of functions: gradient(f, x), jacobian(f, x), hessian(f, x) and their products with
/// vectors.
///
/// f is any callable that is generic over its number type and takes something like a vector of it: `x[i]`, `x.size()`.
/// The point may be a std::vector or std::span (f is called with a std::span<const X>, or where it records with
/// Inputs<X>, a checked one), a std::array<double, n> (f is called with a std::array<X, n>) or an Eigen vector (f is
/// called with an Eigen vector of X). What depends on the inputs comes back in the same kind, matrices as Eigen
/// matrices, with fixed sizes where those are known. f returns one number, or several in a std::vector, a std::array or
/// an Eigen vector.
///
///     n inputs, m results       method                                        cost, in evaluations of f
///     gradient, vjp             a reverse sweep over Tape<T>                  a few, whatever n
///     jvp, directional          forward, Dual<T>                              about two
///     jacobian                  forward, Dual<T, 8>, or m reverse sweeps      n/8, or m
///     hessian_vector_product    a reverse sweep over Tape<Dual<T>>            a few, whatever n
///     hessian                   the same over Tape<Dual<T, 4>>                n/4
///     laplacian, divergence     forward, Dual<Dual<T>> and Dual<T, 8>         n
///
/// A function of one number, f(x), has derivative(f, x), by forward mode. A function that has `jvp` or
/// `hessian_vector_product` as members, as the mean over samples of a program (program.hpp), is asked for them.
///
/// Second order at a kink: where the function smooths it, as square(norm(x)) does at 0, hessian,
/// hessian_vector_product, laplacian and second_derivative give the second derivative, to about 15 digits (12 where the
/// function is far from a polynomial), as the limit from all sides; where there is none, as for norm itself or x
/// abs(x), NaN, each entry by itself (limits.hpp). That takes 10 to 100 further evaluations, and only at a kink.
/// Numbers that are nested by hand, Tape<Dual<double>>, have only the chain rule, and give NaN in both cases
/// (smoothness.hpp). Neither they nor second_derivative notice a kink of fourth order, as in sqrt(x x x x); nor does
/// second_derivative notice a branch of f's own, `x > 0 ? f : g`: it differentiates the branch that is taken. A
/// function with a domain's edge at the point, such as sqrt at 0, has no second derivative there.
///
/// Source: Griewank and Walther, "Evaluating Derivatives" (2008), chapters 3 and 5.

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <autodiff/derivatives/function.hpp>
#include <autodiff/derivatives/limits.hpp>
#include <autodiff/derivatives/refusals.hpp>
#include <autodiff/dual.hpp>

namespace downhill {

/// What jacobian and hessian return: a matrix that is stored by rows, as the tangents of a result are. (Eigen wants a
/// single column stored by columns.)
template <class S, int Rows, int Columns>
using DerivativeMatrix = Eigen::Matrix<S, Rows, Columns, Columns == 1 ? Eigen::ColMajor : Eigen::RowMajor>;

namespace derivatives_detail {

// The columns of the Jacobian, C at a time, by forward mode.
template <int C, class F, class P>
auto jacobian_forward(F& f, const P& x) {
  using S = Scalar<P>;
  using D = Dual<S, static_cast<std::size_t>(C)>;
  const std::size_t n = size_of(x);
  const auto columns_from = [&](std::size_t first) { return evaluated<D>(f, x, moving<D>(x, first)); };
  using R = decltype(columns_from(0));
  DerivativeMatrix<S, known_count<R>, Kind<P>::size> jacobian;
  for (std::size_t first = 0; first == 0 || first < n; first += C) {
    const R results = columns_from(first);
    if (first == 0) jacobian.resize(static_cast<Eigen::Index>(count_of(results)), static_cast<Eigen::Index>(n));
    const std::size_t columns = std::min<std::size_t>(C, n - first);
    for_each_result(results, [&]<class X>(const X& result, std::size_t row) {
      S* const begin = jacobian.data() + row * n + first;
      if constexpr (std::same_as<X, D>)
        for (std::size_t i = 0; i < columns; ++i) begin[i] = result.tangent(i);
      else
        std::fill_n(begin, columns, S(0));
    });
  }
  return jacobian;
}

// H v, the gradient, and behind it its component along v, as evaluated at x.
template <class F, class P, class V>
SecondOrder<Scalar<P>> hessian_vector_product_at(F& f, const P& x, const V& v, bool is_generic = false) {
  using S = Scalar<P>;
  using D = Dual<S>;
  Recorded<D, F, P> recorded(
      f, x, [&](std::size_t i) { return D(number_at<S>(x, i), S(number_at<S>(v, i))); }, is_generic);
  demand_one_number<std::remove_cvref_t<decltype(recorded.results())>>();
  SecondOrder<S> found{.value = primal_of<S>(recorded.results()), .is_at_edge = recorded.has_edge()};
  S along = 0;
  recorded.pulled_back([](std::size_t) { return D(1); },
                       [&](const D& adjoint) {
                         along += handed_on(adjoint.value(), S(number_at<S>(v, found.first.size())));
                         found.first.push_back(adjoint.value());
                         found.second.push_back(adjoint.tangent());
                         return S(0);
                       });
  found.first.push_back(along);
  return found;
}

// The Hessian by rows, and the gradient, as evaluated at x: C columns for each sweep.
template <class F, class P>
SecondOrder<Scalar<P>> hessian_at(F& f, const P& x, bool is_generic = false) {
  using S = Scalar<P>;
  constexpr std::size_t C = 4;
  using D = Dual<S, C>;
  const std::size_t n = size_of(x);
  SecondOrder<S> found{.first = std::vector<S>(n), .second = std::vector<S>(n * n)};
  for (std::size_t first = 0; first < n; first += C) {
    Recorded<D, F, P> recorded(f, x, moving<D>(x, first), is_generic);
    demand_one_number<std::remove_cvref_t<decltype(recorded.results())>>();
    found.value = primal_of<S>(recorded.results());
    found.is_at_edge = found.is_at_edge || recorded.has_edge();
    std::size_t row = 0;
    recorded.pulled_back([](std::size_t) { return D(1); },
                         [&](const D& adjoint) {
                           for (std::size_t c = 0; c < std::min(C, n - first); ++c)
                             found.second[row * n + first + c] = adjoint.tangent(c);
                           found.first[row++] = adjoint.value();
                           return S(0);
                         });
  }
  return found;
}

// d² f / dx_j², one after the other, and the gradient, by forward mode.
template <class F, class P>
SecondOrder<Scalar<P>> second_derivatives_at(F&& f, const P& x) {
  using S = Scalar<P>;
  using D = Dual<Dual<S>>;
  SecondOrder<S> found;
  for (std::size_t j = 0; j < size_of(x); ++j) {
    const auto result = evaluated<D>(f, x, [&](std::size_t i) {
      const S moves = i == j ? S(1) : S(0);
      return D(Dual<S>(number_at<S>(x, i), moves), Dual<S>(moves));
    });
    demand_one_number<std::remove_cvref_t<decltype(result)>>();
    const Dual<S> slope = tangent_of<D>(result);
    found.value = primal_of<S>(result);
    found.first.push_back(slope.value());
    found.second.push_back(slope.tangent());
  }
  return found;
}

}  // namespace derivatives_detail

/// A value and its gradient.
template <class V, class G>
struct ValueAndGradient {
  V value;
  G gradient;
};
/// A value and its tangent.
template <class V>
struct ValueAndTangent {
  V value, tangent;
};

/// A value and its derivative.
template <class V>
struct ValueAndDerivative {
  V value, derivative;
};

/// f(x) and f'(x) of a function of one number, by forward mode: f is called once, with a Dual. x is a plain number, or
/// a Dual where this is differentiated in turn. Example: `value_and_derivative([](auto x) { return sin(x) / x;
/// }, 3.0)`.
template <class F, class X>
  requires(Plain<X> || AnyDual<X>)
auto value_and_derivative(F&& f, const X& x) {
  using S = std::conditional_t<std::integral<X>, double, X>;
  using D = Dual<S>;
  if constexpr (derivatives_detail::demand_generic<std::remove_reference_t<F>, D>()) {
    using R = std::remove_cvref_t<decltype(f(D()))>;
    static_assert(std::same_as<R, D> || is_constant_of<R, D>, "derivative needs a function that returns one number");
    const D result(f(D::variable(static_cast<S>(x))));
    return ValueAndDerivative<S>{result.value(), result.tangent()};
  } else {
    return ValueAndDerivative<S>{};
  }
}

/// f'(x) of a function of one number, by forward mode. Example: `derivative([](auto x) { return x * x; }, 3.0)` is 6.
template <class F, class X>
  requires(Plain<X> || AnyDual<X>)
auto derivative(F&& f, const X& x) {
  return value_and_derivative(f, x).derivative;
}

/// f''(x) of a function of one number, by forward mode over forward mode; at a kink as `hessian`.
template <class F, class X>
  requires(Plain<X> || AnyDual<X>)
auto second_derivative(F&& f, const X& x) {
  namespace d = derivatives_detail;
  if constexpr (AnyDual<X>) {
    return derivative([&](const auto& y) { return derivative(f, y); }, x);
  } else {
    using S = std::conditional_t<std::integral<X>, double, X>;
    const std::array<S, 1> point{static_cast<S>(x)};
    const auto at = [&](const std::array<S, 1>& place) {
      return d::second_derivatives_at([&](const auto& y) { return f(y[0]); }, place);
    };
    d::SecondOrder<S> found = at(point);
    d::take_limits(found, point, at, [](std::size_t, auto&& is_continuous) { return is_continuous(0); });
    return found.second[0];
  }
}

/// u' J, the gradient of u_1 f_1(x) + ... + u_m f_m(x), and the value f(x), by one reverse sweep (vector-Jacobian
/// product). u is like what f returns. Throws ShapeError where their sizes differ.
template <class F, derivatives_detail::Point P, class U>
auto vjp(F&& f, const P& x, const U& u) {
  namespace d = derivatives_detail;
  using S = d::Scalar<P>;
  d::Recorded<S, F, P> recorded(f, x, [&](std::size_t i) { return d::number_at<S>(x, i); });
  const auto weight = [&](std::size_t i) {
    if constexpr (d::OneNumber<U>)
      return static_cast<S>(u);
    else
      return static_cast<S>(u[static_cast<decltype(u.size())>(i)]);
  };
  if (d::count_of(u) != d::count_of(recorded.results()))
    misuse::different_sizes("vjp", d::count_of(recorded.results()), d::count_of(u));
  auto value = d::each<S>(recorded.results(), [](const auto& r) { return d::primal_of<S>(r); });
  auto gradient = recorded.pulled_back(weight, [](const S& adjoint) { return adjoint; });
  return ValueAndGradient<decltype(value), decltype(gradient)>{std::move(value), std::move(gradient)};
}

/// f(x) and its gradient (df/dx_1, ..., df/dx_n), by one reverse sweep.
template <class F, derivatives_detail::Point P>
auto value_and_gradient(F&& f, const P& x) {
  auto result = vjp(f, x, 1);
  derivatives_detail::demand_one_number<decltype(result.value)>();
  return result;
}

/// The gradient (df/dx_1, ..., df/dx_n), by one reverse sweep. f returns one number.
template <class F, derivatives_detail::Point P>
auto gradient(F&& f, const P& x) {
  return value_and_gradient(f, x).gradient;
}

/// J v, the derivative of f along the direction v, and the value f(x), by forward mode (Jacobian-vector product).
/// Throws ShapeError where the sizes of x and v differ.
template <class F, derivatives_detail::Point P, class V>
auto jvp(F&& f, const P& x, const V& v) {
  namespace d = derivatives_detail;
  using S = d::Scalar<P>;
  if constexpr (requires { f.jvp(x, v); }) {
    return f.jvp(x, v);
  } else {
    d::demand_same_size("jvp", x, v);
    const auto results = d::evaluated<Dual<S>>(
        f, x, [&](std::size_t i) { return Dual<S>(d::number_at<S>(x, i), S(d::number_at<S>(v, i))); });
    auto value = d::each<S>(results, [](const auto& r) { return d::primal_of<S>(r); });
    auto tangent = d::each<S>(results, [](const auto& r) { return d::tangent_of<Dual<S>>(r); });
    return ValueAndTangent<decltype(value)>{std::move(value), std::move(tangent)};
  }
}

/// The derivative of f along v: J v, without the value. v is not normalised.
template <class F, derivatives_detail::Point P, class V>
auto directional_derivative(F&& f, const P& x, const V& v) {
  return jvp(f, x, v).tangent;
}

/// The m x n matrix of df_i/dx_j. By forward mode for up to 16 inputs, without a tape; beyond that by m reverse sweeps
/// where m < n / 4, otherwise by forward mode, 8 columns at a time.
template <class F, derivatives_detail::Point P>
auto jacobian(F&& f, const P& x) {
  namespace d = derivatives_detail;
  using S = d::Scalar<P>;
  constexpr int size = d::Kind<P>::size;
  if constexpr (size > 0 && size <= 16) {
    return d::jacobian_forward<size>(f, x);
  } else {
    if (d::size_of(x) > 16) {
      d::Recorded<S, F, P> recorded(f, x, [&](std::size_t i) { return d::number_at<S>(x, i); });
      const std::size_t n = d::size_of(x), m = d::count_of(recorded.results());
      if (4 * m < n) {
        decltype(d::jacobian_forward<8>(f, x)) jacobian;
        jacobian.resize(static_cast<Eigen::Index>(m), static_cast<Eigen::Index>(n));
        for (std::size_t row = 0; row < m; ++row) {
          const auto gradient = recorded.pulled_back([&](std::size_t i) { return i == row ? S(1) : S(0); },
                                                     [](const S& adjoint) { return adjoint; });
          for (std::size_t j = 0; j < n; ++j)
            jacobian(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(j)) = d::number_at<S>(gradient, j);
        }
        return jacobian;
      }
    }
    return d::jacobian_forward<8>(f, x);
  }
}

/// H v with the Hessian H of f at x, by a reverse sweep over numbers that carry their tangent along v: H is never
/// formed. Throws ShapeError where the sizes of x and v differ. Source: Pearlmutter (1994).
template <class F, derivatives_detail::Point P, class V>
auto hessian_vector_product(F&& f, const P& x, const V& v) {
  namespace d = derivatives_detail;
  using S = d::Scalar<P>;
  d::demand_same_size("hessian_vector_product", x, v);
  if constexpr (requires { f.hessian_vector_product(x, v); }) {
    const auto product = f.hessian_vector_product(x, v);
    return d::filled<S>(x, [&](std::size_t i) { return product[i]; });
  } else {
    const d::SecondOrder<S> found =
        d::product_with_limits(d::hessian_vector_product_at(f, x, v), x,
                               [&](const auto& place) { return d::hessian_vector_product_at(f, place, v, true); });
    return d::filled<S>(x, [&](std::size_t i) { return found.second[i]; });
  }
}

/// The n x n matrix of d^2 f / dx_i dx_j, four columns for each reverse sweep. It is symmetric to rounding. NaN
/// where there is none, at a kink: see above.
template <class F, derivatives_detail::Point P>
auto hessian(F&& f, const P& x) {
  namespace d = derivatives_detail;
  using S = d::Scalar<P>;
  constexpr int size = d::Kind<P>::size;
  const std::size_t n = d::size_of(x);
  d::SecondOrder<S> found = d::hessian_at(f, x);
  d::take_limits(
      found, x, [&](const auto& place) { return d::hessian_at(f, place, true); },
      [n](std::size_t k, auto&& is_continuous) { return is_continuous(k / n) || is_continuous(k % n); });
  for (std::size_t i = 0; i < n; ++i)  // by one input and then the other, in the order in which it exists
    for (std::size_t j = 0; j < n; ++j)
      if (found.second[i * n + j] != found.second[i * n + j]) found.second[i * n + j] = found.second[j * n + i];
  DerivativeMatrix<S, size, size> hessian;
  hessian.resize(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n));
  std::copy(found.second.begin(), found.second.end(), hessian.data());
  return hessian;
}

/// df_1/dx_1 + ... + df_n/dx_n, the trace of the Jacobian. Throws ShapeError unless f returns as many numbers as it
/// takes.
template <class F, derivatives_detail::Point P>
auto divergence(F&& f, const P& x) {
  namespace d = derivatives_detail;
  using S = d::Scalar<P>;
  constexpr std::size_t C = 8;
  using D = Dual<S, C>;
  const std::size_t n = d::size_of(x);
  S sum = 0;
  for (std::size_t first = 0; first < n; first += C) {
    const auto results = d::evaluated<D>(f, x, d::moving<D>(x, first));
    d::demand_same_size("divergence", x, results);
    for (std::size_t i = first; i < std::min(n, first + C); ++i) sum += d::tangent_of<D>(d::at(results, i), i - first);
  }
  return sum;
}

/// d^2 f/dx_1^2 + ... + d^2 f/dx_n^2, the trace of the Hessian, by nested forward mode, one input after the other.
template <class F, derivatives_detail::Point P>
auto laplacian(F&& f, const P& x) {
  namespace d = derivatives_detail;
  using S = d::Scalar<P>;
  d::SecondOrder<S> found = d::second_derivatives_at(f, x);
  if constexpr (d::RecordsOn<F, P, Dual<S>>)  // only a tape knows whether a tie or an infinite slope was met
    found.is_at_edge =
        d::Recorded<Dual<S>, F, P>(f, x, [&](std::size_t i) { return Dual<S>(d::number_at<S>(x, i)); }).has_edge();
  d::take_limits(
      found, x, [&](const auto& place) { return d::second_derivatives_at(f, place); },
      [](std::size_t j, auto&& is_continuous) { return is_continuous(j); });
  S sum = 0;
  for (const S second : found.second) sum += second;
  return sum;
}

}  // namespace downhill
