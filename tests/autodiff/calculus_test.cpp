// Every rule of calculus.hpp against its derivative in 113-bit arithmetic, at edges, denormals and huge numbers too.
// A rule of the list (calculus/rules.hpp) that has no row fails a test that says so.

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <autodiff/calculus.hpp>
#include <autodiff/calculus/rules.hpp>

#include "support/catch.hpp"
#include "support/quad.hpp"
#include "support/rule_row.hpp"
#include "support/rule_table.hpp"
#include "support/sampling.hpp"

#if defined(DOWNHILL_HAVE_QUADMATH)

using namespace downhill;
using namespace downhill::test;

namespace {

const Domain everywhere = {};
const Domain positive = {.low = 0x1p-1074}, not_below_0 = {.low = 0};
const Domain at_most_one = {.low = -1, .high = 1};

quad zero(quad) { return 0; }
quad one(quad, quad) { return 1; }
quad largest(quad x, quad y, quad z) { return std::max({x, y, z}); }
// tanh softplus x, and its slope.
quad mish_gate(quad x) { return x > 60 ? 1 : tanhq(log1pq(expq(x))); }
quad mish_gate_slope(quad x) {
  const quad cosine = x > 60 ? expq(x) / 2 : coshq(log1pq(expq(x)));
  return logistic(x) / (cosine * cosine);
}
quad length(quad x, quad y, quad z) { return sqrtq(x * x + y * y + z * z); }

// clang-format off: one row, one function.
const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      binary<Add>([](auto x, auto y) { return x + y; }, everywhere, everywhere, [](quad x, quad y) { return x + y; },
                  one, one),
      binary<Subtract>([](auto x, auto y) { return x - y; }, everywhere, everywhere,
                       [](quad x, quad y) { return x - y; }, one, [](quad, quad) { return quad(-1); }),
      binary<Multiply>([](auto x, auto y) { return x * y; }, everywhere, everywhere,
                       [](quad x, quad y) { return x * y; }, [](quad, quad y) { return y; },
                       [](quad x, quad) { return x; }),
      binary<Divide>([](auto x, auto y) { return x / y; }, everywhere, everywhere, [](quad x, quad y) { return x / y; },
                     [](quad, quad y) { return 1 / y; }, [](quad x, quad y) { return -x / (y * y); }),
      unary<Negate>([](auto x) { return -x; }, everywhere, [](quad x) { return -x; }, [](quad) { return quad(-1); }),
      unary<Reciprocal>([](auto x) { return reciprocal(x); }, everywhere, [](quad x) { return 1 / x; },
                        [](quad x) { return -1 / (x * x); }),
      unary<Square>([](auto x) { return square(x); }, everywhere, [](quad x) { return x * x; },
                    [](quad x) { return 2 * x; }),
      unary<Cube>([](auto x) { return cube(x); }, everywhere, [](quad x) { return x * x * x; },
                  [](quad x) { return 3 * x * x; }),
      unary<Sqrt>([](auto x) { return sqrt(x); }, not_below_0, sqrtq, [](quad x) { return 1 / (2 * sqrtq(x + 0)); }),
      unary<Cbrt>([](auto x) { return cbrt(x); }, everywhere, cbrtq,
                  [](quad x) {
                    const quad y = cbrtq(x);
                    return 1 / (3 * y * y);
                  }),
      binary<Pow>([](auto x, auto y) { return pow(x, y); }, positive, {.special = {0, 0.5, 1, 2, -1, -0.5, 3}}, powq,
                  [](quad x, quad y) { return y * (powq(x, y) / x); },
                  [](quad x, quad y) { return powq(x, y) * logq(x); })
          .relate([](double x, Sampler& s) { return s.uniform(-770, 770) / std::log(x); }),
      binary<Pow>([](auto x, auto y) { return pow(x, y); }, {.high = -0x1p-1074}, {.integers = true}, powq,
                  [](quad x, quad y) { return y * powq(x, y - 1); }, [](quad x, quad) { return logq(x); })
          .relate([](double x, Sampler& s) { return std::round(s.uniform(-770, 770) / std::log(-x)); }),
      binary<Hypot>([](auto x, auto y) { return hypot(x, y); }, everywhere, everywhere, hypotq,
                    [](quad x, quad y) { return x == 0 ? 0 : x / hypotq(x, y); },
                    [](quad x, quad y) { return y == 0 ? 0 : y / hypotq(x, y); }),
      ternary<Hypot3>([](auto x, auto y, auto z) { return hypot(x, y, z); }, everywhere, length,
                      [](quad x, quad y, quad z) { return x == 0 ? 0 : x / length(x, y, z); },
                      [](quad x, quad y, quad z) { return y == 0 ? 0 : y / length(x, y, z); },
                      [](quad x, quad y, quad z) { return z == 0 ? 0 : z / length(x, y, z); })
          .value_within(3),

      unary<Exp>([](auto x) { return exp(x); }, everywhere, expq, expq),
      unary<Exp2>([](auto x) { return exp2(x); }, {.special = {0, 1024, 1024.5, 128, 128.5, -1074, -1022}}, exp2q,
                  [](quad x) { return exp2q(x) * log_of_2; }),
      unary<Expm1>([](auto x) { return expm1(x); }, everywhere, expm1q, expq),
      unary<Log>([](auto x) { return log(x); }, positive, logq, [](quad x) { return 1 / x; }),
      unary<Log2>([](auto x) { return log2(x); }, positive, log2q, [](quad x) { return 1 / (x * log_of_2); }),
      unary<Log10>([](auto x) { return log10(x); }, positive, log10q, [](quad x) { return 1 / (x * log_of_10); }),
      unary<Log1p>([](auto x) { return log1p(x); }, {.low = -1 + 0x1p-53}, log1pq, [](quad x) { return 1 / (1 + x); }),
      binary<LogAddExp>([](auto x, auto y) { return logaddexp(x, y); }, everywhere, everywhere,
                        [](quad x, quad y) { return std::max(x, y) + log1pq(expq(-fabsq(x - y))); },
                        [](quad x, quad y) { return logistic(x - y); }, [](quad x, quad y) { return logistic(y - x); })
          .relate([](double x, Sampler& s) { return x + s.uniform(-800, 800); })
          .value_within(3)
          .value_cancels([](quad x, quad y) { return fabsq(std::max(x, y)) + 1; }),

      unary<XLogX>([](auto x) { return xlogx(x); }, not_below_0, [](quad x) { return x == 0 ? x : x * logq(x); },
                   [](quad x) { return 1 + logq(x); })
          .slope_cancels([](quad x) { return 1 + fabsq(logq(x)); })
          .value_within(2),
      binary<XLogY>([](auto x, auto y) { return xlogy(x, y); }, everywhere, positive,
                    [](quad x, quad y) { return x == 0 ? x : x * logq(y); }, [](quad, quad y) { return logq(y); },
                    [](quad x, quad y) { return x == 0 ? x : x / y; })
          .relate([](double, Sampler& s) { return std::exp(s.uniform(-700, 700)); })
          .value_within(2),
      unary<Logit>([](auto x) { return logit(x); },
                   {.low = 0x1p-1074, .high = 1 - 0x1p-53, .special = {0.25, 0.5, 0.75, 1, 0x1p-53}},
                   [](quad x) { return logq(x) - log1pq(-x); }, [](quad x) { return 1 / (x * (1 - x)); })
          .value_within(4),

      unary<Sin>([](auto x) { return sin(x); }, everywhere, sinq, cosq),
      unary<Cos>([](auto x) { return cos(x); }, everywhere, cosq, [](quad x) { return -sinq(x); }),
      unary<Tan>([](auto x) { return tan(x); }, everywhere, tanq,
                 [](quad x) {
                   const quad c = cosq(x);
                   return 1 / (c * c);
                 }),
      unary<Asin>([](auto x) { return asin(x); }, at_most_one, asinq, [](quad x) { return 1 / sqrtq(1 - x * x); }),
      unary<Acos>([](auto x) { return acos(x); }, at_most_one, acosq, [](quad x) { return -1 / sqrtq(1 - x * x); }),
      unary<Atan>([](auto x) { return atan(x); }, {.special = {0, 1, -1, 1e9, -1e9, 1e19, 1e154}}, atanq,
                  [](quad x) { return 1 / (1 + x * x); }),
      binary<Atan2>([](auto x, auto y) { return atan2(x, y); }, everywhere, everywhere, atan2q,
                    [](quad y, quad x) { return x / (x * x + y * y); },
                    [](quad y, quad x) { return -y / (x * x + y * y); }),
      unary<Sinh>([](auto x) { return sinh(x); }, everywhere, sinhq, coshq),
      unary<Cosh>([](auto x) { return cosh(x); }, everywhere, coshq, sinhq),
      unary<Tanh>([](auto x) { return tanh(x); }, {.special = {0, 0.5, 0.88, -0.88, 1}}, tanhq,
                  [](quad x) {
                    const quad c = coshq(x);
                    return 1 / (c * c);
                  }),
      unary<Asinh>([](auto x) { return asinh(x); }, {.special = {0, 1, 1e9, -1e9, 1e19, 1e154}}, asinhq,
                   [](quad x) { return 1 / sqrtq(1 + x * x); }),
      unary<Acosh>([](auto x) { return acosh(x); }, {.low = 1, .special = {1, 1e9, 1e19, 1e154}}, acoshq,
                   [](quad x) { return 1 / sqrtq((x - 1) * (x + 1)); }),
      unary<Atanh>([](auto x) { return atanh(x); }, at_most_one, atanhq, [](quad x) { return 1 / (1 - x * x); }),

      unary<Erf>([](auto x) { return erf(x); }, {.special = {0, 1, 9, 26.5, 27}}, erfq,
                 [](quad x) { return 2 / sqrtq(pi) * expq(-x * x); }),
      unary<Erfc>([](auto x) { return erfc(x); }, {.special = {0, 1, 9, 26.5, 27}}, erfcq,
                  [](quad x) { return -2 / sqrtq(pi) * expq(-x * x); }),
      unary<ErfInv>([](auto x) { return erfinv(x); },
                    {.low = -1 + 0x1p-53, .high = 1 - 0x1p-53, .special = {0, 1e-12, 0.5, -0.5, 1, -1, 1e-300}},
                    inverse_erf,
                    [](quad x) {
                      const quad y = inverse_erf(x);
                      return sqrtq(pi) / 2 * expq(y * y);
                    })
          .value_within(1),
      unary<LogGamma>([](auto x) { return lgamma(x); }, {.low = 0x1p-1074, .special = {0, 1, 1.4616321449683623, 2, 3}},
                      lgammaq, test::digamma),
      unary<LogGamma>([](auto x) { return lgamma(x); },
                      {.low = -1e5,
                       .high = -0x1p-1074,
                       .special = {0, -0.5, -0.5040830082644554, -1, -1.5, -1.5734984731623904, -2, -9.702672541}},
                      lgammaq, test::digamma)
          .slope_cancels([](quad x) { return fabsq(test::digamma(1 - x)) + fabsq(pi_cot_pi(x)); }),

      unary<TGamma>([](auto x) { return tgamma(x); },
                    {.low = 0x1p-1074, .high = 172, .special = {1, 1.4616321449683623, 2, 3, 171.5}}, tgammaq,
                    [](quad x) { return tgammaq(x) * test::digamma(x); }),
      unary<TGamma>(
          [](auto x) { return tgamma(x); },
          {.low = -184, .high = -0x1p-1000, .special = {-0.5, -0.5040830082644554, -1, -1.5, -2, -9.702672541}},
          tgammaq, [](quad x) { return tgammaq(x) * test::digamma(x); })
          .slope_cancels(
              [](quad x) { return fabsq(tgammaq(x)) * (fabsq(test::digamma(1 - x)) + fabsq(pi_cot_pi(x))); }),
      unary<Digamma>([](auto x) { return digamma(x); }, {.low = 0x1p-1074, .special = {0, 1, 1.4616321449683623, 2, 3}},
                     [](quad x) { return test::digamma(x); }, trigamma)
          .value_within(1),
      unary<Digamma>(
          [](auto x) { return digamma(x); },
          {.low = -1e5, .high = -0x1p-1074, .special = {-0.5, -0.5040830082644554, -1, -1.5, -2, -9.702672541}},
          [](quad x) { return test::digamma(x); }, trigamma)
          .value_within(1)
          .value_cancels([](quad x) { return fabsq(test::digamma(1 - x)) + fabsq(pi_cot_pi(x)); }),

      unary<Sign>([](auto x) { return sign(x); }, everywhere,
                  [](quad x) { return x > 0   ? quad(1)
                                      : x < 0 ? quad(-1)
                                              : x; }, zero),
      unary<Floor>([](auto x) { return floor(x); }, everywhere, floorq, zero),
      unary<Ceil>([](auto x) { return ceil(x); }, everywhere, ceilq, zero),
      unary<Round>([](auto x) { return round(x); }, everywhere, roundq, zero),
      unary<Trunc>([](auto x) { return trunc(x); }, everywhere, truncq, zero),
      binary<Fmod>([](auto x, auto y) { return fmod(x, y); }, everywhere, {.special = {0.1, 1, -3}}, fmodq,
                   [](quad, quad y) { return y == 0 ? y / y : quad(1); },
                   [](quad x, quad y) { return y == 0 ? y / y : -truncq(x / y); }),
      binary<Remainder>([](auto x, auto y) { return remainder(x, y); }, everywhere, {.special = {0.1, 1, -3}},
                        remainderq, [](quad, quad y) { return y == 0 ? y / y : quad(1); },
                        [](quad x, quad y) { return y == 0 ? y / y : -roundq((x - remainderq(x, y)) / y); }),
      binary<CopySign>([](auto x, auto y) { return copysign(x, y); }, everywhere, everywhere, copysignq,
                       [](quad x, quad y) { return x == 0 ? x : copysignq(1, x) * copysignq(1, y); },
                       [](quad, quad) { return quad(0); }),
      unary<Abs>([](auto x) { return abs(x); }, everywhere, fabsq,
                 [](quad x) { return x > 0   ? quad(1)
                                     : x < 0 ? quad(-1)
                                             : x; }),
      unary<Abs>([](auto x) { return fabs(x); }, everywhere, fabsq,
                 [](quad x) { return x > 0   ? quad(1)
                                     : x < 0 ? quad(-1)
                                             : x; }),
      binary<Max>([](auto x, auto y) { return max(x, y); }, everywhere, everywhere,
                  [](quad x, quad y) { return std::max(x, y); },
                  [](quad x, quad y) { return x > y   ? quad(1)
                                              : x < y ? quad(0)
                                                      : quad(0.5); },
                  [](quad x, quad y) { return x < y   ? quad(1)
                                              : x > y ? quad(0)
                                                      : quad(0.5); }),
      binary<Min>([](auto x, auto y) { return min(x, y); }, everywhere, everywhere,
                  [](quad x, quad y) { return std::min(x, y); },
                  [](quad x, quad y) { return x < y   ? quad(1)
                                              : x > y ? quad(0)
                                                      : quad(0.5); },
                  [](quad x, quad y) { return x > y   ? quad(1)
                                              : x < y ? quad(0)
                                                      : quad(0.5); }),
      binary<Fmax>([](auto x, auto y) { return fmax(x, y); }, everywhere, everywhere,
                   [](quad x, quad y) { return std::max(x, y); },
                   [](quad x, quad y) { return x == y ? quad(0.5) : quad(x > y); },
                   [](quad x, quad y) { return x == y ? quad(0.5) : quad(x < y); }),
      binary<Fmin>([](auto x, auto y) { return fmin(x, y); }, everywhere, everywhere,
                   [](quad x, quad y) { return std::min(x, y); },
                   [](quad x, quad y) { return x == y ? quad(0.5) : quad(x < y); },
                   [](quad x, quad y) { return x == y ? quad(0.5) : quad(x > y); }),
      binary<Fdim>([](auto x, auto y) { return fdim(x, y); }, everywhere, everywhere, fdimq,
                   [](quad x, quad y) { return quad(x > y); }, [](quad x, quad y) { return -quad(x > y); }),
      ternary<Clamp>([](auto x, auto low, auto high) { return clamp(x, low, high); }, everywhere,
                     [](quad x, quad low, quad high) { return std::min(std::max(x, low), high); },
                     [](quad x, quad low, quad high) { return quad(low <= x && x <= high); },
                     [](quad x, quad low, quad high) { return quad(x < low && low <= high); },
                     [](quad x, quad low, quad high) { return quad(high < largest(x, low, low)); }),
      ternary<Fma>([](auto x, auto y, auto z) { return fma(x, y, z); }, everywhere, fmaq,
                   [](quad, quad y, quad) { return y; }, [](quad x, quad, quad) { return x; },
                   [](quad, quad, quad) { return quad(1); }),
      binary<SelectFirst>([](auto x, auto y) { return select(true, x, y); }, everywhere, everywhere,
                          [](quad x, quad) { return x; }, one, [](quad, quad) { return quad(0); }),

      unary<Sigmoid>([](auto x) { return sigmoid(x); }, everywhere, logistic,
                     [](quad x) { return logistic(x) * logistic(-x); })
          .value_within(3),
      unary<Softplus>([](auto x) { return softplus(x); }, everywhere,
                      [](quad x) { return std::max(x, quad(0)) + log1pq(expq(-fabsq(x))); }, logistic)
          .value_within(3),
      unary<LogSigmoid>([](auto x) { return log_sigmoid(x); }, everywhere,
                        [](quad x) { return std::min(x, quad(0)) - log1pq(expq(-fabsq(x))); },
                        [](quad x) { return logistic(-x); })
          .value_within(3),
      unary<Relu>([](auto x) { return relu(x); }, everywhere, [](quad x) { return std::max(x, quad(0)); },
                  [](quad x) { return quad(x > 0); }),
      binary<Huber>([](auto x, auto d) { return huber(x, d); }, everywhere, {.low = 1e-3, .high = 1e6},
                    [](quad x, quad d) { return fabsq(x) <= d ? x * x / 2 : d * (fabsq(x) - d / 2); },
                    [](quad x, quad d) { return x > d    ? d
                                                : x < -d ? -d
                                                         : x; },
                    [](quad x, quad d) { return fabsq(x) <= d ? quad(0) : fabsq(x) - d; }),
      binary<LeakyRelu>([](auto x, auto a) { return leaky_relu(x, a); }, everywhere, everywhere,
                        [](quad x, quad a) { return x > 0 ? x : a * x; },
                        [](quad x, quad a) { return x > 0 ? quad(1) : a; },
                        [](quad x, quad) { return std::min(x, quad(0)); }),
      binary<Elu>([](auto x, auto a) { return elu(x, a); }, everywhere, {.low = -1e6, .high = 1e6},
                  [](quad x, quad a) { return x > 0 ? x : a * expm1q(x); },
                  [](quad x, quad a) { return x > 0 ? quad(1) : a * expq(x); },
                  [](quad x, quad) { return expm1q(std::min(x, quad(0))); })
          .value_within(3),
      unary<Gelu>([](auto x) { return gelu(x); }, {.special = {0, 0.84, -0.7517915246935645, -1, -5, -10, -38}},
                  [](quad x) { return x * erfcq(-x / sqrtq(2)) / 2; },
                  [](quad x) { return erfcq(-x / sqrtq(2)) / 2 + x * normal(x); })
          .slope_cancels([](quad x) { return erfcq(-x / sqrtq(2)) / 2 + fabsq(x) * normal(x); })
          .value_within(8)
          .value_cancels([](quad x) { return fabsq(x) * ldexpq(1, -1020); }),  // F(x) is denormal below -37.5
      unary<Silu>([](auto x) { return silu(x); }, {.special = {0, -1.2784645427610738, -2, -700, -745}},
                  [](quad x) { return x * logistic(x); },
                  [](quad x) { return logistic(x) + x * (logistic(x) * logistic(-x)); })
          .slope_cancels([](quad x) { return logistic(x) + fabsq(x) * logistic(x) * logistic(-x); })
          .value_within(4),
      unary<Mish>([](auto x) { return mish(x); }, {.special = {0, -1.1924312059090107, -2, -700, -745}},
                  [](quad x) { return x * mish_gate(x); }, [](quad x) { return mish_gate(x) + x * mish_gate_slope(x); })
          .slope_cancels([](quad x) { return mish_gate(x) + fabsq(x) * mish_gate_slope(x); })
          .value_within(4),
      unary<Softsign>([](auto x) { return softsign(x); }, {.special = {0, 1, -1, 1e9, 1e154}},
                      [](quad x) { return x / (1 + fabsq(x)); },
                      [](quad x) { return 1 / ((1 + fabsq(x)) * (1 + fabsq(x))); })
          .value_within(2),
  };
  return rows;
}
// clang-format on

template <class T>
void judge(const Row& row, int points) {
  const Calls<T>& rule = calls_of<T>(row);
  std::array<Worst<T>, 3> slopes;
  Worst<T> value;
  Sampler sampler(20'240'229);
  for (int n = 0; n < points; ++n) {
    const Point<T> x = draw<T>(row, sampler);
    const Point<quad> exact = widen(x);
    const T v = rule.value(x);
    const quad terms = row.slope_terms ? row.slope_terms(exact) : quad(0);
    for (std::size_t i = 0; i < row.operands; ++i) {
      const quad wanted = row.slopes[i](exact);
      const T got = rule.slopes[i](x, v);
      slopes[i].see(error_of(got, wanted, terms, slope_limit), x, got, wanted);
    }
    if (row.value_ulps > 0) {
      const quad wanted = row.value(exact);
      value.see(error_of(v, wanted, row.value_terms ? row.value_terms(exact) : quad(0), row.value_ulps), x, v, wanted);
    }
  }
  for (std::size_t i = 0; i < row.operands; ++i) {
    INFO(row.name << ", slope along operand " << i + 1 << ": " << slopes[i].text());
    CHECK(static_cast<double>(slopes[i].ulps) <= slope_limit);
  }
  INFO(row.name << ", value: " << value.text());
  CHECK(static_cast<double>(value.ulps) <= row.value_ulps);
}

// A point of the row where nothing is extreme, and its smallest distance from the special points and bounds.
Point<double> moderate(const Row& row, Sampler& sampler, double& distance) {
  Point<double> x = {};
  distance = 1;
  for (std::size_t i = 0; i < row.operands; ++i) {
    const Domain& domain = row.domains[i];
    const double low = std::max(domain.low, -3.), high = std::min(domain.high, 3.);
    x[i] = domain.integers ? std::round(sampler.uniform(low, high)) : sampler.uniform(low, high);
    for (const double s : domain.special) distance = std::min(distance, std::abs(x[i] - s));
    distance = std::min({distance, std::abs(x[i] - domain.low), std::abs(x[i] - domain.high),
                         std::abs(x[i] - std::round(x[i])), std::abs(x[i] - std::trunc(x[i]) - 0.5)});
    for (std::size_t j = 0; j < i; ++j) distance = std::min(distance, std::abs(x[i] - x[j]));
  }
  return x;
}

/// The derivative of f along operand i by Richardson extrapolation of central differences; error about h^4 = 2^-80.
quad difference(const Reference& f, Point<quad> x, std::size_t i) {
  const quad h = ldexpq(1, -20), middle = x[i];
  const auto at = [&](quad step) {
    x[i] = middle + step;
    return f(x);
  };
  return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
}

constexpr int points = 20'000;

// Finite numbers of every size, and those around 0, 1 and the bounds of the domain.
template <class Visit>
void for_numbers_around(const OperandDomain& domain, Visit&& visit) {
  Domain sampled{.special = {0, 1, -1, -2}};
  for (const double bound : {domain.low, domain.high})
    if (std::isfinite(bound)) sampled.special.push_back(bound);
  Sampler sampler(5);
  for (int n = 0; n < 2'000; ++n) visit(sampler.draw<double>(sampled));
}

}  // namespace

const std::vector<Row>& downhill::test::rule_table() { return table(); }

TEST_CASE("every rule of the list has its reference in this table, over the bounds of its domain") {
  AllRules::for_each([]<class Rule>(std::type_identity<Rule>) {
    constexpr std::size_t arity = arity_of<Rule>;
    if (arity == any_number) return;  // those are judged in ranges_test.cpp
    std::size_t rows = 0;
    Point<double> low = {}, high = {};
    for (const Row& row : table()) {
      if (row.name != Rule::name || row.operands != arity) continue;
      for (std::size_t i = 0; i < arity; ++i) {
        low[i] = rows == 0 ? row.domains[i].low : std::min(low[i], row.domains[i].low);
        high[i] = rows == 0 ? row.domains[i].high : std::max(high[i], row.domains[i].high);
      }
      ++rows;
    }
    INFO("the rule '" << Rule::name << "' of " << arity << " operands: add its row to the table of this file, with "
                      << "where to sample it, and its value and slopes in 113 bits");
    CHECK(rows > 0);
    for (std::size_t i = 0; rows > 0 && i < arity; ++i) {
      const OperandDomain domain = domain_of<Rule>(i);
      const double far = std::numeric_limits<double>::max();
      if (std::isfinite(domain.low)) CHECK(low[i] <= (domain.is_open ? std::nextafter(domain.low, far) : domain.low));
      if (std::isfinite(domain.high))
        CHECK(high[i] >= (domain.is_open ? std::nextafter(domain.high, -far) : domain.high));
    }
  });
}

TEST_CASE("a function has a value all over its domain, and none that is finite outside") {
  const auto check = [](std::string_view name, const OperandDomain& domain, double x, double value) {
    if (domain.contains(x) ? value == value : !std::isfinite(value)) return;
    INFO(name << " of " << x << " is " << value);
    CHECK(domain.contains(x) == (value == value));
  };
  AllRules::for_each([&]<class Rule>(std::type_identity<Rule>) {
    if constexpr (arity_of<Rule> == 1) {
      for_numbers_around(domain_of<Rule>(0),
                         [&](double x) { check(Rule::name, domain_of<Rule>(0), x, apply<Rule>(x)); });
    } else if constexpr (arity_of<Rule> == 2 && !std::is_same_v<Rule, Pow>) {  // a base below 0 has whole exponents
      for (const double other : {0.75, -0.75}) {
        for_numbers_around(domain_of<Rule>(0), [&](double x) {
          if (domain_of<Rule>(1).contains(other)) check(Rule::name, domain_of<Rule>(0), x, apply<Rule>(x, other));
        });
        for_numbers_around(domain_of<Rule>(1),
                           [&](double y) { check(Rule::name, domain_of<Rule>(1), y, apply<Rule>(other, y)); });
      }
    }
  });
}

TEST_CASE("every slope is within 4 ulp of the derivative, in double") {
  for (const Row& row : table()) judge<double>(row, points);
}

TEST_CASE("every slope is within 4 ulp of the derivative, in float") {
  for (const Row& row : table()) judge<float>(row, points);
}

TEST_CASE("the references of the slopes are the derivatives of the references of the values") {
  for (const Row& row : table()) {
    Sampler sampler(1);
    for (int n = 0; n < 200; ++n) {
      double distance;
      const Point<double> x = moderate(row, sampler, distance);
      for (std::size_t i = 0; i < row.operands; ++i) {
        if (row.domains[i].integers || distance < 1e-2) continue;
        const quad slope = row.slopes[i](widen(x)), around = difference(row.value, widen(x), i);
        INFO(row.name << " along operand " << i + 1 << " at " << x[0] << ", " << x[1] << ", " << x[2]);
        CHECK(static_cast<double>(fabsq(slope - around)) <= 1e-12 * (1 + static_cast<double>(fabsq(slope))));
      }
    }
  }
}

TEST_CASE("a slope can be differentiated once more, by the same rules") {
  for (const Row& row : table()) {
    Sampler sampler(2);
    for (int n = 0; n < 200; ++n) {
      double distance;
      const Point<double> x = moderate(row, sampler, distance);
      for (std::size_t i = 0; i < row.operands; ++i) {
        if (row.domains[i].integers || distance < 1e-2) continue;
        Point<Dual<double>> moving = {x[0], x[1], x[2]};
        moving[i] = Dual<double>::variable(x[i]);
        const Dual<double> value = row.in_dual.value(moving), slope = row.in_dual.slopes[i](moving, value);
        const double first = static_cast<double>(row.slopes[i](widen(x)));
        const double second = static_cast<double>(difference(row.slopes[i], widen(x), i));
        INFO(row.name << " along operand " << i + 1 << " at " << x[0] << ", " << x[1] << ", " << x[2]);
        CHECK(std::abs(value.tangent() - first) <= 1e-12 * (1 + std::abs(first)));
        CHECK(std::abs(slope.tangent() - second) <= 1e-9 * (1 + std::abs(second)));
      }
    }
  }
}

TEST_CASE("every mode has the same derivatives, the second ones too") {
  const auto close = [](double x, double y) { return std::abs(x - y) <= 1e-12 * (1 + std::abs(x)); };
  for (const Row& row : table()) {
    Sampler sampler(4);
    for (int n = 0; n < 50; ++n) {
      double distance;
      const Point<double> x = moderate(row, sampler, distance);
      if (distance < 1e-2) continue;
      const Modes& modes = row.modes;
      const Point<double> reverse = row.in_double.gradient(x), forward = modes.forward(x);
      INFO(row.name << " at " << x[0] << ", " << x[1] << ", " << x[2]);
      for (std::size_t i = 0; i < row.operands; ++i) {
        CHECK(forward[i] == reverse[i]);
        CHECK(modes.forward_at_once(x)[i] == reverse[i]);
        for (std::size_t j = 0; j < row.operands; ++j) {
          const double second = modes.forward_over_forward(x, i, j);
          CHECK(close(second, modes.forward_over_reverse(x, i, j)));
          CHECK(close(second, modes.forward_over_forward(x, j, i)));
        }
      }
    }
  }
}

TEST_CASE("every function applies its rule, to plain numbers and to a Var") {
  const auto same = [](double x, double y) { return x == y || (x != x && y != y); };
  for (const Row& row : table()) {
    Sampler sampler(3);
    for (int n = 0; n < 50; ++n) {
      double distance;
      const Point<double> x = moderate(row, sampler, distance);
      const Calls<double>& rule = row.in_double;
      const double value = rule.value(x);
      const Point<double> gradient = rule.gradient(x);
      INFO(row.name << " at " << x[0] << ", " << x[1] << ", " << x[2]);
      const double plain = rule.function(x);  // std's, which for hypot of three is another formula
      CHECK((same(plain, value) || static_cast<double>(ulps_between(plain, quad(value))) <= row.value_ulps));
      for (std::size_t i = 0; i < row.operands; ++i) CHECK(same(gradient[i], rule.slopes[i](x, value)));
    }
  }
}

#endif
