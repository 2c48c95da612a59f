#pragma once
/// \file
/// The activations of networks and their kin, as special.hpp: values and slopes where the formula on paper overflows,
/// underflows or cancels.

#include <cmath>
#include <limits>
#include <numbers>
#include <type_traits>

#include <autodiff/calculus/special.hpp>

namespace downhill::special {

/// (1 + e)^2 for 0 <= e <= 1, as 1 + e (2 + e): squaring would double the error of 1 + e.
template <class T>
T square_of_one_and(const T& e) {
  return T(1) + e * (T(2) + e);
}

/// e / (1 + e)^2 for 0 <= e <= 1: the bell that is the slope of the sigmoid, with e = e^-|x|.
template <class T>
T bell(const T& e) {
  return e / square_of_one_and(e);
}

/// 1 / (1 + e^-x), with the one of e^x and e^-x that cannot overflow.
template <class T>
T sigmoid(const T& x) {
  using std::exp;
  const T e = exp(choose(x < T(0), x, T(-x)));
  return choose(x < T(0), e, T(1)) / (T(1) + e);
}

/// y (1 - y) for x <= 0, beyond e / (1 + e)^2 with e = exp(-x): the slope of y = sigmoid x.
template <class T>
T sigmoid_slope(const T& x, const T& y) {
  using std::exp;
  return choose_lazily(x <= T(0), [&] { return T(y * (T(1) - y)); }, [&] { return bell(T(exp(-x))); });
}

/// The slope of y = tanh x: 1 - y² within 4 ulp while y² is below 1/2.
template <class T>
T tanh_slope(const T& x, const T& y) {
  using std::abs, std::exp;
  const T square = y * y;
  return choose_lazily(
      square < T(0.5F), [&] { return T(T(1) - square); }, [&] { return T(T(4) * bell(T(exp(T(-2) * abs(x))))); });
}

/// log(1 + e^x), with the one of e^x and e^-x that cannot overflow.
template <class T>
T softplus(const T& x) {
  using std::exp, std::log1p;
  return choose(x < T(0), T(0), x) + T(log1p(T(exp(choose(x < T(0), x, T(-x))))));
}

/// x above 0, otherwise a (e^x - 1), and its slopes along x and a.
template <class T>
T elu(const T& x, const T& a) {
  using std::expm1;
  return choose_lazily(x > T(0), [&] { return x; }, [&] { return T(a * T(expm1(x))); });
}
template <class T>
T elu_slope(const T& x, const T& a) {
  return choose_lazily(x > T(0), [&] { return T(1); }, [&] { return times_exp(a, x); });
}
template <class T>
T elu_slope_a(const T& x) {
  using std::expm1;
  return choose_lazily(x > T(0), [&] { return T(0); }, [&] { return T(expm1(x)); });
}

/// log(e^x + e^y): the larger of the two plus log(1 + e^-|x-y|), or, where that difference is no number, plus the
/// other.
template <class T>
T log_add_exp(const T& x, const T& y) {
  using std::exp, std::log1p;
  const T larger = choose(x > y, x, y), smaller = choose(x > y, y, x), d = choose(x > y, T(y - x), T(x - y));
  return larger + choose(d == d, T(log1p(T(exp(d)))), smaller);
}

/// sigmoid(x - y), where the rounding error of x - y is made good: s' = s (1 - s). 1/2 where both are infinite and
/// equal. Source of the error of a difference: Knuth, The Art of Computer Programming 2, section 4.2.2, theorem B.
template <class T>
T sigmoid_of(const T& x, const T& y) {
  const T d = x - y, s = sigmoid(d), minus_y = d - x;
  const T error = (x - (d - minus_y)) - (y + minus_y);
  // Where s is above 1/2 the error has no weight; where s is 0 it is no number.
  return choose(d != d && x == y, T(0.5), choose(d > T(0) || s == T(0), s, T(s + s * ((T(1) - s) * error))));
}

/// s (1 - s) for s = sigmoid(x - y), the rounding error of x - y made good as there.
template <class T>
T sigmoid_of_slope(const T& x, const T& y) {
  using std::abs, std::exp, std::tanh;
  const T d = x - y, b = bell(T(exp(-abs(d))));
  if (d != d && x == y) return T(0);
  if (b == T(0)) return b;
  const T minus_y = d - x;
  const T error = (x - (d - minus_y)) - (y + minus_y);
  return b + b * (tanh(T(-0.5) * d) * error);
}

// What follows needs sqrt(1/2) and 1 / sqrt(2 pi) in two parts: x times the first, and what that leaves of the product.
template <class T>
struct Product {
  T rounded, rest;
};
template <class T>
Product<T> times_root_half(const T& x) {
  using std::fma;
  const T root_half = T(std::numbers::sqrt2 / 2), product = x * root_half;
  return {product, fma(x, root_half, -product) - x * T(4.8336466567264565e-17)};
}
template <class T>
Product<T> times_normal_density_at_zero(const T& x) {
  using std::fma;
  const T density = T(0x1.9884533d43651p-2), product = x * density;
  return {product, fma(x, density, -product) - x * T(2.49232720227773008e-17)};
}

/// x F(x) with the standard normal distribution function F(x) = erfc(-z) / 2, z = x / sqrt 2. The rounding error of z,
/// which erfc would multiply, is made good with F' = exp(-x^2/2) / sqrt(2 pi). In double also for float.
template <class T>
T gelu(const T& x) {
  using std::erfc, std::exp;
  if constexpr (std::is_same_v<T, float>) return static_cast<float>(gelu(static_cast<double>(x)));
  return choose_lazily(
      rarely(is_infinite(x)), [&] { return choose(x > T(0), x, T(0)); },
      [&] {
        const Product<T> z = times_root_half(x);
        const T correction = T(std::numbers::inv_sqrtpi) * T(exp(T(-z.rounded * z.rounded))) * z.rest;
        return T(x * (T(0.5) * T(erfc(T(-z.rounded))) + correction));
      });
}

// F(x) + x F'(x) for -1.25 <= x <= -0.25, as (x - root) P(x + 0.75): the two terms cancel at the root, which is given
// in two parts. P is a minimax polynomial, relative error 4e-17, fitted in 60-digit arithmetic.
template <class T>
T gelu_slope_near_root(const T& x) {
  static constexpr long double p[] = {
      0.43218955538054815831L,    0.38821867456339632043L,     -0.01881270543747946913L,
      -0.11411346361213779246L,   -0.014597331969789162906L,   0.019470321489013926399L,
      0.0045110761979307913427L,  -0.0022501914578503872466L,  -0.00074180957884603650773L,
      0.00018788107797478278742L, 0.000085933950617714594813L, -0.000011379594477182781962L,
      -7.7244487044372965304e-6L, 4.4401767399193218999e-7L,   5.3589379631188562795e-7L};
  return ((x + T(0x1.80ead197f00b4p-1)) - T(1.4956759177009883e-17)) * horner(T(x + T(0.75)), p);
}

/// F(x) + x F'(x). The rounding errors of the four products are gathered and made good at the end.
template <class T>
T gelu_slope(const T& x) {
  using std::erfc, std::exp, std::fma;
  if constexpr (std::is_same_v<T, float>) return static_cast<float>(gelu_slope(static_cast<double>(x)));
  return choose_lazily(
      x >= T(-1.25) && x <= T(-0.25), [&] { return gelu_slope_near_root(x); },
      [&] {
        const Product<T> z = times_root_half(x), k = times_normal_density_at_zero(x);
        const T square = x * x, e = exp(T(T(-0.5) * square)), cdf = T(0.5) * T(erfc(T(-z.rounded)));
        const T rest = k.rest - k.rounded * (T(0.5) * T(fma(x, x, T(-square)))) + T(std::numbers::inv_sqrtpi) * z.rest;
        return choose_lazily(
            rarely(e < std::numeric_limits<T>::min()),
            [&] {  // the tail: e^45 keeps x F'(x) among the normal numbers
              const T raised = exp(T(T(45) - T(0.5) * square));
              const T tail = cdf + T(fma(k.rounded, raised, T(raised * rest))) * T(0x1.0e5b73d1ff53dp-65);
              return choose(raised == T(0), cdf, tail);
            },
            [&] { return T(T(fma(k.rounded, e, cdf)) + e * rest); });
      });
}

/// x sigmoid x.
template <class T>
T silu(const T& x) {
  using std::exp;
  return choose_lazily(
      is_infinite(x), [&] { return choose(x > T(0), x, T(0)); },
      [&] {
        return choose_lazily(
            x < T(0), [&] { return T(times_exp(x, x) / (T(1) + exp(x))); }, [&] { return T(x / (T(1) + exp(-x))); });
      });
}

/// x tanh(softplus x) = x n / (n + 2), n = e^x (e^x + 2), and for x > 0 the same with both divided by e^2x.
template <class T>
T mish(const T& x) {
  using std::exp;
  if (is_infinite(x)) return x > T(0) ? x : T(0);
  const T e = exp(x > T(0) ? T(-x) : x);
  if (x > T(0)) return x * ((T(1) + (e + e)) / (T(1) + (e + e) * (T(1) + e)));
  return times_exp(T(x * (T(2) + e)), x) / (T(2) + e * (T(2) + e));
}

// The slope of mish for x <= 0: with e = e^x, e (4 (1 + x) + e (6 + 4 x + e (4 + e))) / (2 + e (2 + e))^2.
template <class T>
T mish_slope_up_to_zero(const T& x) {
  using std::exp;
  const T e = exp(x), root = T(2) + e * (T(2) + e);
  return times_exp(T(T(4) * (T(1) + x) + e * (T(6) + T(4) * x + e * (T(4) + e))), x) / root / root;
}

/// Up to 0 as there, in a wider type, since a dozen roundings are more than 4 ulp; and beyond, with e = e^-x,
/// 1 + e^2 (4 x (1 + e) - 2 - 4 e (1 + e)) / (1 + 2 e (1 + e))^2.
template <class T>
T mish_slope(const T& x) {
  using std::exp;
  if (is_infinite(x)) return x > T(0) ? T(1) : T(0);
  if (x > T(0)) {
    const T e = exp(-x);
    if (e == T(0)) return T(1);  // where x is too large for 4 x
    const T root = T(1) + (e + e) * (T(1) + e), part = e / root;
    return T(1) + part * part * (T(4) * x * (T(1) + e) - T(2) - T(4) * e * (T(1) + e));
  }
  if constexpr (std::is_floating_point_v<T>) {
    using Wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;
    return static_cast<T>(mish_slope_up_to_zero(static_cast<Wider>(x)));
  } else {
    return mish_slope_up_to_zero(x);
  }
}

/// x / (1 + |x|).
template <class T>
T softsign(const T& x) {
  using std::abs;
  return choose(is_infinite(x), choose(x > T(0), T(1), T(-1)), T(x / (T(1) + abs(x))));
}

/// With e = e^-|x|: e (1 + x + e) / (1 + e)^2 for x <= 0, where 1 + x is exact near the zero, and (1 + e + x e) / (1 +
/// e)^2.
template <class T>
T silu_slope(const T& x) {
  using std::exp;
  const T e = exp(choose(x <= T(0), x, T(-x)));
  return choose_lazily(
      x <= T(0), [&] { return T(times_exp(T(T(1) + x + e), x) / square_of_one_and(e)); },
      [&] { return choose(e == T(0), T(1), T((T(1) + e + x * e) / square_of_one_and(e))); });
}

/// Of one logit x and its target t, with e = e^-|x|: log(1 + e) + (1 - t) x above 0, otherwise log(1 + e) - t x. No two
/// terms cancel: softplus(x) - t x, which is the same, has no digits left where the loss is small.
struct LogisticLoss : InPacks {
  template <class T>
  static T value(const T& x, const T& t) {
    using std::exp, std::log1p;
    const T weight = choose(x < T(0), T(-t), T(T(1) - t));
    const T beyond = choose(weight == T(0), T(0), T(weight * x));  // also where x is infinite
    return T(log1p(T(exp(choose(x < T(0), x, T(-x)))))) + beyond;
  }
};
/// Its slope sigmoid(x) - t = (1 - t) sigmoid(x) - t sigmoid(-x).
struct LogisticSlope : InPacks {
  template <class T>
  static T value(const T& x, const T& t) {
    using std::exp;
    const T e = exp(choose(x < T(0), x, T(-x))), larger = T(1) / (T(1) + e), smaller = e * larger;
    return (T(1) - t) * choose(x < T(0), smaller, larger) - t * choose(x < T(0), larger, smaller);
  }
};

}  // namespace downhill::special
