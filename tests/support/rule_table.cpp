#include "support/rule_table.hpp"

#if defined(DOWNHILL_HAVE_QUADMATH)

#include <algorithm>

#include <autodiff/calculus.hpp>

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

}  // namespace

// clang-format off: one row, one function.
const std::vector<Row>& downhill::test::rule_table() {
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

#endif
