#include <autodiff/simd/pack.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

// The exponential and the logarithm as every table of formulas has them: the argument is brought near 0 or 1 by a power
// of two, and a minimax polynomial is enough there. The polynomials were fitted in 50-digit arithmetic. No lane waits
// for another, and denormal numbers, the last ones before infinity and NaN take the same way as the others.

namespace downhill::pack_detail {
namespace {

template <class T>
struct Constants;
template <>
struct Constants<float> {
  static constexpr std::uint32_t digits = 23, bias = 127;
  static constexpr float round = 0x1.8p23F;  // x + round - round is the integer next to x
  static constexpr float log_2_high = 0x1.63p-1F, log_2_low = -0x1.bd0106p-13F;  // n times the first is exact
  static constexpr float least = -104, most = 89;                                // beyond, e^x is 0 and infinite
  // (e^r - 1 - r) / r², error 1.5e-8 r, and (log((1 + s) / (1 - s)) - 2 s) / s³ as a polynomial of s², error 2e-9 s².
  static constexpr float exponential[] = {0.5000000065646F, 0.1666653814642F, 0.04166626671862F, 0.008367234443985F,
                                          0.001394758794376F};
  static constexpr float logarithm[] = {0.6666677965095F, 0.3997709058217F, 0.2988493633824F};
};
template <>
struct Constants<double> {
  static constexpr std::uint64_t digits = 52, bias = 1023;
  static constexpr double round = 0x1.8p52;
  static constexpr double log_2_high = 0x1.62e4p-1, log_2_low = 0x1.7f7d1cf79abcap-20;
  static constexpr double least = -746, most = 710;
  // The same, errors 2e-17 r and 3e-18 s².
  static constexpr double exponential[] = {
      0.500000000000000606127,   0.166666666666666878795,    0.0416666666665665192366, 0.00833333333331310426606,
      0.00138888889348950618711, 0.000198412699067147678989, 2.48015012449068395e-05,  2.75572243337817324588e-06,
      2.7627656596962423519e-07, 2.51157042797307171976e-08};
  static constexpr double logarithm[] = {0.666666666666673892849, 0.399999999993803471273, 0.28571428750857700801,
                                         0.222221976274526305918, 0.181836171146611904301, 0.153126136658561729073,
                                         0.14811135292640341468};
};

/// The bits of a pack. Unsigned, so that those of an infinite or negative number, of which nothing is used, wrap
/// around.
template <class T>
struct Integers {
  Lanes<std::make_unsigned_t<Bits<T>>> lane;
};
template <class T>
Integers<T> bits_of(const Pack<T>& x) {
  Integers<T> y;
  std::memcpy(&y.lane, &x.lane, sizeof(y.lane));
  return y;
}
template <class T>
Pack<T> of_bits(const Integers<T>& x) {
  Pack<T> y;
  std::memcpy(&y.lane, &x.lane, sizeof(y.lane));
  return y;
}
template <class T, class F, class... X>
Integers<T> integers(F&& f, const Integers<T>& x, const X&... others) {
  Integers<T> y;
  each(y.lane, f, x.lane, others.lane...);
  return y;
}
template <class T>
Integers<T> operator+(const Integers<T>& x, const Integers<T>& y) {
  return integers([](auto& to, const auto& a, const auto& b) { to = a + b; }, x, y);
}
template <class T>
Integers<T> operator-(const Integers<T>& x, const Integers<T>& y) {
  return integers([](auto& to, const auto& a, const auto& b) { to = a - b; }, x, y);
}

/// 2^n, which must be an ordinary number.
template <class T>
Pack<T> power_of_two(const Integers<T>& n) {
  using C = Constants<T>;
  return of_bits(integers([](auto& to, const auto& a) { to = (a + C::bias) << C::digits; }, n));
}

template <class T, std::size_t size>
Pack<T> polynomial(const Pack<T>& x, const T (&coefficients)[size]) {
  Pack<T> sum(coefficients[size - 1]);
  for (std::size_t i = size - 1; i > 0; --i) sum = sum * x + Pack<T>(coefficients[i - 1]);
  return sum;
}

/// e^r - 1 for the r that is left of x = n log 2 + r.
template <class T>
Pack<T> reduced(const Pack<T>& x, Integers<T>& n) {
  using C = Constants<T>;
  const Pack<T> shifted = x * Pack<T>(T(1.44269504088896340736L)) + Pack<T>(C::round);
  const Pack<T> whole = shifted - Pack<T>(C::round);
  n = bits_of(shifted) - bits_of(Pack<T>(C::round));
  const Pack<T> r = (x - whole * Pack<T>(C::log_2_high)) - whole * Pack<T>(C::log_2_low);
  return r + r * r * polynomial(r, C::exponential);
}

template <class T>
Pack<T> between(const Pack<T>& x, T least, T most) {
  return choose(x < Pack<T>(least), Pack<T>(least), choose(x > Pack<T>(most), Pack<T>(most), x));
}

/// In two factors, of which each is an ordinary number where the result is denormal or infinite.
template <class T>
Pack<T> exponential(const Pack<T>& x) {
  using C = Constants<T>;
  Integers<T> n;
  const Pack<T> y = Pack<T>(1) + reduced(between(x, C::least, C::most), n);
  const Integers<T> half = integers([](auto& to, const auto& a) { to = ((a + 4 * C::bias) >> 1) - 2 * C::bias; }, n);
  return y * power_of_two(half) * power_of_two(n - half);
}

/// 2^n (e^r - 1) + (2^n - 1), doubled at the end, so that 2^n does not overflow before the result does.
template <class T>
Pack<T> exponential_minus_one(const Pack<T>& x) {
  Integers<T> n;
  const Pack<T> y = reduced(between(x, T(-60), Constants<T>::most), n);
  const Pack<T> half = power_of_two(integers([](auto& to, const auto& a) { to = a - 1; }, n));
  return choose(half == Pack<T>(T(0.5)), y, Pack<T>(2) * (half * y + (half - Pack<T>(T(0.5)))));
}

/// log(u + rest), u >= 0. With u = 2^e (1 + f) and s = f / (2 + f): log(1 + f) = f - f²/2 + s (f²/2 + R(s²)).
template <class T>
Pack<T> logarithm(const Pack<T>& u, const Pack<T>& rest) {
  using C = Constants<T>;
  constexpr T raise = T(std::is_same_v<T, float> ? 0x1p25L : 0x1p54L);
  const auto is_denormal = u < Pack<T>(std::numeric_limits<T>::min());
  const Pack<T> x = choose(is_denormal, u * Pack<T>(raise), u);
  // Counted from sqrt(1/2), so that 1 + f lies between it and sqrt(2); and from 2 bias on, so as not to be negative.
  const Integers<T> bits = bits_of(x);
  const Integers<T> from = bits - bits_of(Pack<T>(T(0.70710678118654752440L)));
  const Integers<T> e =
      integers([](auto& to, const auto& a) { to = (a + (2 * C::bias << C::digits)) >> C::digits; }, from);
  const Pack<T> mantissa = of_bits(
      integers([](auto& to, const auto& a, const auto& b) { to = a - ((b - 2 * C::bias) << C::digits); }, bits, e));
  // An integer as a number: in the last digits of one that is large enough.
  constexpr T zero = C::round + T(2 * C::bias), zero_of_denormals = zero + T(std::is_same_v<T, float> ? 25 : 54);
  const Pack<T> exponent =
      of_bits(bits_of(Pack<T>(C::round)) + e) - choose(is_denormal, Pack<T>(zero_of_denormals), Pack<T>(zero));
  const Pack<T> f = mantissa - Pack<T>(1), s = f / (Pack<T>(2) + f), z = s * s, half_square = f * f * Pack<T>(T(0.5));
  const Pack<T> y =
      exponent * Pack<T>(C::log_2_high) + (f - (half_square - (s * (half_square + z * polynomial(z, C::logarithm)) +
                                                               (exponent * Pack<T>(C::log_2_low) + rest))));
  const Pack<T> infinite(std::numeric_limits<T>::infinity());
  return choose(u > Pack<T>(0), choose(u < infinite, y, u),
                choose(u == Pack<T>(0), -infinite, Pack<T>(std::numeric_limits<T>::quiet_NaN())));
}

template <class T>
Pack<T> logarithm_of_one_and(const Pack<T>& x) {
  const Pack<T> one(1), u = one + x;
  const Pack<T> rounded_off = choose(x < one, x - (u - one), one - (u - x));
  return choose(x == Pack<T>(0), x, logarithm(u, choose(u < Pack<T>(T(1e8)), rounded_off / u, Pack<T>(0))));
}

/// -e / (2 + e) with e = e^(-2 |x|) - 1, and the sign of x.
template <class T>
Pack<T> hyperbolic_tangent(const Pack<T>& x) {
  const Pack<T> size = Pack<T>(-2) * abs(x);
  Integers<T> n;
  const Pack<T> y = reduced(choose(size < Pack<T>(-60), Pack<T>(-60), size), n), power = power_of_two(n);
  const Pack<T> e = power * y + (power - Pack<T>(1)), tangent = e / (Pack<T>(2) + e);
  return choose(x < Pack<T>(0), tangent, choose(x == Pack<T>(0), x, -tangent));
}

template <class T, class F>
void apply(const T* x, T* y, F&& f) {
  f(Pack<T>::load(x, std::integral_constant<std::size_t, 1>{}, Pack<T>::size)).store(y, Pack<T>::size);
}

}  // namespace

// clang-format off
[[gnu::flatten]] void exp(const float* x, float* y) { apply(x, y, exponential<float>); }
[[gnu::flatten]] void exp(const double* x, double* y) { apply(x, y, exponential<double>); }
[[gnu::flatten]] void expm1(const float* x, float* y) { apply(x, y, exponential_minus_one<float>); }
[[gnu::flatten]] void expm1(const double* x, double* y) { apply(x, y, exponential_minus_one<double>); }
[[gnu::flatten]] void log(const float* x, float* y) { apply(x, y, [](const auto& a) { return logarithm(a, Pack<float>(0)); }); }
[[gnu::flatten]] void log(const double* x, double* y) { apply(x, y, [](const auto& a) { return logarithm(a, Pack<double>(0)); }); }
[[gnu::flatten]] void log1p(const float* x, float* y) { apply(x, y, logarithm_of_one_and<float>); }
[[gnu::flatten]] void log1p(const double* x, double* y) { apply(x, y, logarithm_of_one_and<double>); }
[[gnu::flatten]] void tanh(const float* x, float* y) { apply(x, y, hyperbolic_tangent<float>); }
[[gnu::flatten]] void tanh(const double* x, double* y) { apply(x, y, hyperbolic_tangent<double>); }
// clang-format on

}  // namespace downhill::pack_detail
