#pragma once
/// \file
/// Powers and roots over packs. Without FMA a power takes longer than the scalar function, which then stands in for it.

#include <autodiff/simd/exponential.hpp>
#include <autodiff/simd/lane_by_lane.hpp>
#include <autodiff/simd/logarithm.hpp>

namespace downhill::simd {

/// log u in two parts with 12 digits more than one has, u > 0 and finite. With s = f / (2 + f):
/// log(1 + f) = 2 s + s³ (2/3 + s² R(s²)), of which the first terms are worked out in two parts.
template <class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Parts<Pack<double, Isa, lanes>> logarithm_in_parts(Pack<double, Isa, lanes> u) {
  using P = Pack<double, Isa, lanes>;
  // R, a minimax polynomial, relative error 1e-20 in the logarithm.
  static constexpr double rest[] = {0.400000000000022707195, 0.285714285700921385679, 0.22222222521314829138,
                                    0.181817842401552441041, 0.153867633998349505248, 0.132566716810806934325,
                                    0.131977255525021035517};
  const auto [f, exponent] = mantissa_of(u);
  const auto divisor = ordered_sum_in_parts(P(2), f);
  const P s = f / divisor.high;
  const auto back = product_in_parts(s, divisor.high);
  const P s_low = (((f - back.high) - back.low) - s * divisor.low) / divisor.high;
  auto z = product_in_parts(s, s);
  z.low += (s + s) * s_low;
  const auto bracket = ordered_sum_in_parts(P(0x1.5555555555555p-1),
                                            multiply_add(z.high, polynomial(z.high, rest), P(0x1.5555555555555p-55)));
  auto cube = product_in_parts(s, z.high);
  cube.low += s * z.low + s_low * z.high;
  auto curve = product_in_parts(cube.high, bracket.high);
  curve.low += cube.high * bracket.low + cube.low * bracket.high;
  const auto log = ordered_sum_in_parts(s + s, curve.high);
  const auto all = ordered_sum_in_parts(exponent * P(Format<double>::log_2_high), log.high);
  return ordered_sum_in_parts(
      all.high, all.low + (log.low + (s_low + s_low + curve.low) + exponent * P(Format<double>::log_2_low)));
}

/// x^y = e^(y log x) of ordinary x > 0 and |y| < 2^100.
template <class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<double, Isa, lanes> ordinary_power(Pack<double, Isa, lanes> x,
                                                                      Pack<double, Isa, lanes> y) {
  using P = Pack<double, Isa, lanes>;
  const auto log = logarithm_in_parts(x);
  const auto product = product_in_parts(y, log.high);
  Whole<P> n;
  const P e =
      reduced_exponential(between(product.high, ExponentialSeries<double>::least, ExponentialSeries<double>::most), n);
  // e^(r + rest) = (1 + e) (1 + rest)
  const P rest = choose(abs(product.high) < P(800), multiply_add(y, log.low, product.low), P(0));
  return scaled(P(1) + multiply_add(e, rest, e + rest), n);
}
/// To the digits of a float, which the logarithm of a double has to spare.
template <class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<double, Isa, lanes> ordinary_power_of_float(Pack<double, Isa, lanes> x,
                                                                               Pack<double, Isa, lanes> y) {
  return exp(y * finite_logarithm(x, Pack<double, Isa, lanes>(0)));
}
/// x^y by f of |x| and y. Where one of the two is 0, infinite, NaN or huge, lane by lane.
template <class F, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<double, Isa, lanes> power(Pack<double, Isa, lanes> x, Pack<double, Isa, lanes> y,
                                                             F&& f) {
  using P = Pack<double, Isa, lanes>;
  const P size = abs(x), v = f(size, y);
  const auto whole = nearest_whole(y, P(1));
  const P of_negative = choose(whole.number == y, of_bits<double>(bits_of(v) ^ (whole.bits << 63)),
                               P(std::numeric_limits<double>::quiet_NaN()));
  const auto negative = x < P(0);
  const auto asks = !(size > P(0)) || !(size <= P(std::numeric_limits<double>::max())) || !(abs(y) < P(0x1p100)) ||
                    (negative && abs(y) > P(0x1p50));
  return value_where<Pow>(asks, choose(negative, of_negative, v), x, y);
}
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> pow(Pack<T, Isa, lanes> x, Pack<T, Isa, lanes> y) {
  const auto ordinary = [](auto u, auto v) {
    if constexpr (std::same_as<T, float>)
      return ordinary_power_of_float(u, v);
    else
      return ordinary_power(u, v);
  };
  if constexpr (!Isa::has_fma)
    return value_everywhere<Pow>(x, y);
  else
    return in_doubles([&](auto u, auto v) { return power(u, v, ordinary); }, x, y);
}

/// With x = 8^k t, t from 0.35 to 2.9: a polynomial, relative error 7e-4, and two of Halley's steps, of which the
/// second is worked out as a correction, from an error that is exact.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> cbrt(Pack<T, Isa, lanes> x) {
  return in_doubles(
      []<class P>(P y) {
        static constexpr double start[] = {0.41513713945317663622, 1.05238699853491283713,   -0.761139797263929385472,
                                           0.38701570376290419105, -0.104484307123256738485, 0.0112828768498497234474};
        const P size = abs(y);
        const auto [f, exponent] = mantissa_of(size);
        const auto third = nearest_whole(exponent, P(1. / 3));
        const P left = exponent - P(3) * third.number;  // -1, 0 or 1
        const P t = (f + P(1)) * choose(left == P(0), P(1), choose(left < P(0), P(0.5), P(2)));
        P root = polynomial(t, start);
        const P cube = root * root * root;
        root = root * ((cube + t + t) / (cube + cube + t));
        const auto square = product_in_parts(root, root);
        const auto again = product_in_parts(square.high, root);
        const P error = (again.high - t) + multiply_add(square.low, root, again.low);
        root = root - error / (P(3) * square.high);
        const P v = copysign(root * power_of_two<double>(third.bits), y);
        return choose(size > P(0) && size <= P(std::numeric_limits<double>::max()), v, y);
      },
      x);
}

/// sqrt(x² + y²), of numbers that are brought near 1 where squares would overflow or underflow.
template <std::floating_point T, class Isa, std::size_t lanes>
[[gnu::always_inline]] inline Pack<T, Isa, lanes> hypot(Pack<T, Isa, lanes> x, Pack<T, Isa, lanes> y) {
  return in_doubles(
      []<class P>(P u, P v) {
        const P a = abs(u), b = abs(v), larger = choose(a > b, a, b);
        const auto is_large = larger > P(0x1p500), is_small = larger < P(0x1p-500);
        const P down = choose(is_large, P(0x1p-600), choose(is_small, P(0x1p600), P(1)));
        const P up = choose(is_large, P(0x1p600), choose(is_small, P(0x1p-600), P(1)));
        const P p = a * down, q = b * down, length = sqrt(multiply_add(p, p, q * q)) * up;
        const P infinite(std::numeric_limits<double>::infinity());
        return choose(a == infinite || b == infinite, infinite, length);
      },
      x, y);
}

}  // namespace downhill::simd
