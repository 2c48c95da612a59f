// The slopes of calculus.hpp at kinks, at the edges of the domains, at infinity and of NaN: the list at its head, in
// numbers.

#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>

#include <autodiff/calculus.hpp>
#include <autodiff/calculus/rules.hpp>
#include <autodiff/gradient.hpp>
#include <autodiff/variable.hpp>

#include "support/catch.hpp"

using namespace downhill;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), not_a_number = std::numeric_limits<double>::quiet_NaN();

template <class Rule>
double slope(double x) {
  return Rule::slope(x, Rule::value(x));
}
template <class Rule>
std::array<double, 2> slopes(double x, double y) {
  const double v = Rule::value(x, y);
  return {Rule::slope_x(x, y, v), Rule::slope_y(x, y, v)};
}
template <class Rule>
std::array<double, 3> slopes(double x, double y, double z) {
  const double v = Rule::value(x, y, z);
  return {Rule::slope_x(x, y, z, v), Rule::slope_y(x, y, z, v), Rule::slope_z(x, y, z, v)};
}

template <class Rule>
double value(double x, double y) {
  return Rule::value(x, y);
}

template <std::size_t size>
void check(const char* what, const std::array<double, size>& got, const std::array<double, size>& wanted) {
  for (std::size_t i = 0; i < size; ++i) {
    INFO(what << ", operand " << i + 1 << ": " << got[i] << ", not " << wanted[i]);
    CHECK((got[i] == wanted[i] || (std::isnan(got[i]) && std::isnan(wanted[i]))));
  }
}
void check(const char* what, double got, double wanted) { check<1>(what, {got}, {wanted}); }

}  // namespace

TEST_CASE("at a kink a slope is what the head of calculus.hpp promises") {
  check("abs'(0)", slope<Abs>(0), 0);
  check("sign'(0)", slope<Sign>(0), 0);
  check("relu'(0)", slope<Relu>(0), 0);
  check("relu(NaN)", downhill::relu(not_a_number), not_a_number);
  check("relu'(NaN)", slope<Relu>(not_a_number), not_a_number);
  check("leaky_relu'(0)", slopes<LeakyRelu>(0, 0.25), {0.25, 0});
  check("elu'(0)", slopes<Elu>(0, 0.25), {0.25, 0});
  check("max(2, 2)", slopes<Max>(2, 2), {0.5, 0.5});
  check("min(2, 2)", slopes<Min>(2, 2), {0.5, 0.5});
  check("max(NaN, 1)", slopes<Max>(not_a_number, 1), {not_a_number, not_a_number});
  check("min(1, NaN)", slopes<Min>(1, not_a_number), {not_a_number, not_a_number});
  check("max, min and clamp of NaN",
        std::array{downhill::max(1., not_a_number), downhill::min(not_a_number, 1.),
                   downhill::clamp(not_a_number, 0., 1.)},
        {not_a_number, not_a_number, not_a_number});
  check("clamp at its lower bound", slopes<Clamp>(0, 0, 1), {1, 0, 0});
  check("clamp at its upper bound", slopes<Clamp>(1, 0, 1), {1, 0, 0});
  check("clamp below", slopes<Clamp>(-1, 0, 1), {0, 1, 0});
  check("clamp above", slopes<Clamp>(2, 0, 1), {0, 0, 1});
  check("clamp of NaN", slopes<Clamp>(not_a_number, 0, 1), {not_a_number, not_a_number, not_a_number});
  check("floor'(1)", slope<Floor>(1), 0);
  check("ceil'(1)", slope<Ceil>(1), 0);
  check("round'(0.5)", slope<Round>(0.5), 0);
  check("trunc'(1)", slope<Trunc>(1), 0);
  check("fmod(5, 0)", slopes<Fmod>(5, 0), {not_a_number, not_a_number});
  check("fmod(5, inf)", slopes<Fmod>(5, inf), {1, 0});
}

TEST_CASE(
    "fmin and fmax pass over NaN, as std's do, and the other functions of std keep its conventions at their kinks") {
  check("fmax", std::array{value<Fmax>(not_a_number, 1), value<Fmax>(1, not_a_number), value<Fmax>(2, 1)}, {1, 1, 2});
  check("fmin", std::array{value<Fmin>(not_a_number, 1), value<Fmin>(1, not_a_number), value<Fmin>(2, 1)}, {1, 1, 1});
  const auto passes_over_nan = []<class Rule>(Rule) {
    check("of a tie", slopes<Rule>(2, 2), {0.5, 0.5});
    check("of NaN and a number", slopes<Rule>(not_a_number, 1), {0, 1});
    check("of a number and NaN", slopes<Rule>(1, not_a_number), {1, 0});
    check("of two NaN", slopes<Rule>(not_a_number, not_a_number), {not_a_number, not_a_number});
  };
  passes_over_nan(Fmax());
  passes_over_nan(Fmin());
  check("fdim of a tie", slopes<Fdim>(2, 2), {0, 0});
  check("fdim of infinities", std::array{value<Fdim>(inf, inf), value<Fdim>(inf, -inf), value<Fdim>(1, not_a_number)},
        {0, inf, not_a_number});
  check("fdim of NaN", slopes<Fdim>(not_a_number, 1), {not_a_number, not_a_number});
  check("copysign'(0)", slopes<CopySign>(0, -1), {0, 0});
  check("copysign at a zero's sign", slopes<CopySign>(2, -0.), {-1, 0});
  check("copysign of NaN", slopes<CopySign>(not_a_number, 1), {not_a_number, 0});
  check("remainder at a half", slopes<Remainder>(2.5, 1), {1, -2});
  check("remainder(5, 0)", slopes<Remainder>(5, 0), {not_a_number, not_a_number});
  check("remainder(5, inf)", slopes<Remainder>(5, inf), {1, 0});
  check("xlogx(0)", downhill::xlogx(0.), 0);
  check("xlogx'(0)", slope<XLogX>(0), -inf);
  check("xlogx(-1)", slope<XLogX>(-1), not_a_number);
  check("xlogy(0, y)", std::array{value<XLogY>(0, 0), value<XLogY>(0, inf), value<XLogY>(0, not_a_number)},
        {0, 0, not_a_number});
  check("xlogy(0, 0)", slopes<XLogY>(0, 0), {-inf, 0});
  check("xlogy(0, 2)", slopes<XLogY>(0, 2), {std::log(2.), 0});
  check("tgamma", std::array{slope<TGamma>(0), slope<TGamma>(-1), slope<TGamma>(inf)}, {-inf, not_a_number, inf});
}

TEST_CASE("at the edge of a domain a slope is what the head of calculus.hpp promises") {
  for (const double zero : {0., -0.}) {
    check("sqrt'(0)", slope<Sqrt>(zero), inf);
    check("cbrt'(0)", slope<Cbrt>(zero), inf);
    check("log'(0)", slope<Log>(zero), inf);
    check("log2'(0)", slope<Log2>(zero), inf);
    check("log10'(0)", slope<Log10>(zero), inf);
    check("reciprocal'(0)", slope<Reciprocal>(zero), -inf);
    check("logit(0)", std::array{downhill::logit(zero), slope<Logit>(zero)}, {-inf, inf});
    check("pow(0, 0)", slopes<Pow>(zero, 0), {0, 0});
    check("pow(0, 0.5)", slopes<Pow>(zero, 0.5), {inf, 0});
    check("pow(0, 1)", slopes<Pow>(zero, 1), {1, 0});
    check("pow(0, 2)", slopes<Pow>(zero, 2), {0, 0});
    check("hypot(0, 0)", slopes<Hypot>(zero, 0), {0, 0});
    check("hypot(0, 0, 0)", slopes<Hypot3>(zero, 0, 0), {0, 0, 0});
    check("atan2(0, 0)", slopes<Atan2>(zero, 0), {not_a_number, not_a_number});
  }
  check("pow(0, -1)", slopes<Pow>(0, -1), {-inf, -inf});
  check("pow(3, 0)", slopes<Pow>(3, 0)[0], 0);
  check("pow(inf, 0)", slopes<Pow>(inf, 0)[0], 0);
  check("pow(-2, 3)", slopes<Pow>(-2, 3), {12, not_a_number});
  check("pow(-2, 0.5)", slopes<Pow>(-2, 0.5), {not_a_number, not_a_number});
  check("log1p'(-1)", slope<Log1p>(-1), inf);
  for (const double x : {-1., 1.}) {
    check("asin'(1)", slope<Asin>(x), inf);
    check("acos'(1)", slope<Acos>(x), -inf);
    check("atanh'(1)", slope<Atanh>(x), inf);
  }
  check("acosh'(1)", slope<Acosh>(1), inf);
  check("logit(1)", std::array{downhill::logit(1.), slope<Logit>(1)}, {inf, inf});
  check("erfinv(1)", std::array{downhill::erfinv(1.), slope<ErfInv>(1), downhill::erfinv(-1.), slope<ErfInv>(-1)},
        {inf, inf, -inf, inf});
  check("digamma of poles",
        std::array{downhill::digamma(0.), slope<Digamma>(0), downhill::digamma(-1.), slope<Digamma>(-1)},
        {-inf, inf, not_a_number, not_a_number});
  check("outside of the domain of logit and erfinv",
        std::array{downhill::logit(-0.5), slope<Logit>(-0.5), downhill::logit(1.5), slope<Logit>(1.5),
                   downhill::erfinv(-1.5), slope<ErfInv>(1.5)},
        {not_a_number, not_a_number, not_a_number, not_a_number, not_a_number, not_a_number});
  check("lgamma'(0)", slope<LogGamma>(0), -inf);
  check("lgamma'(-1)", slope<LogGamma>(-1), not_a_number);
  check("outside of the domain",
        std::array{slope<Sqrt>(-1), slope<Log>(-1), slope<Log2>(-1), slope<Log10>(-1), slope<Log1p>(-2), slope<Asin>(2),
                   slope<Acos>(2), slope<Acosh>(-2), slope<Acosh>(0), slope<Atanh>(2)},
        {not_a_number, not_a_number, not_a_number, not_a_number, not_a_number, not_a_number, not_a_number, not_a_number,
         not_a_number, not_a_number});
}

TEST_CASE("at infinity a slope is its limit, where there is one") {
  check("exp", std::array{slope<Exp>(-inf), slope<Exp>(inf)}, {0, inf});
  check("exp2", std::array{slope<Exp2>(-inf), slope<Exp2>(inf)}, {0, inf});
  check("expm1", std::array{slope<Expm1>(-inf), slope<Expm1>(inf)}, {0, inf});
  check("log", std::array{slope<Log>(inf), slope<Log2>(inf), slope<Log10>(inf), slope<Log1p>(inf)}, {0, 0, 0, 0});
  check("roots", std::array{slope<Sqrt>(inf), slope<Cbrt>(inf), slope<Cbrt>(-inf)}, {0, 0, 0});
  check("reciprocal", std::array{slope<Reciprocal>(-inf), slope<Reciprocal>(inf)}, {0, 0});
  check("tanh", std::array{slope<Tanh>(-inf), slope<Tanh>(inf)}, {0, 0});
  check("atan", std::array{slope<Atan>(-inf), slope<Atan>(inf)}, {0, 0});
  check("asinh", std::array{slope<Asinh>(-inf), slope<Asinh>(inf), slope<Acosh>(inf)}, {0, 0, 0});
  check("sinh", std::array{slope<Sinh>(-inf), slope<Sinh>(inf)}, {inf, inf});
  check("cosh", std::array{slope<Cosh>(-inf), slope<Cosh>(inf)}, {-inf, inf});
  check("erf", std::array{slope<Erf>(-inf), slope<Erf>(inf), slope<Erfc>(-inf), slope<Erfc>(inf)}, {0, 0, 0, 0});
  check("lgamma", slope<LogGamma>(inf), inf);
  check("sigmoid", std::array{slope<Sigmoid>(-inf), slope<Sigmoid>(inf)}, {0, 0});
  check("softplus", std::array{slope<Softplus>(-inf), slope<Softplus>(inf)}, {0, 1});
  check("log_sigmoid", std::array{slope<LogSigmoid>(-inf), slope<LogSigmoid>(inf)}, {1, 0});
  check("relu", std::array{slope<Relu>(-inf), slope<Relu>(inf)}, {0, 1});
  check("elu", slopes<Elu>(-inf, 2), {0, -1});
  check("gelu", std::array{slope<Gelu>(-inf), slope<Gelu>(inf)}, {0, 1});
  check("silu", std::array{slope<Silu>(-inf), slope<Silu>(inf)}, {0, 1});
  check("mish", std::array{slope<Mish>(-inf), slope<Mish>(inf), downhill::mish(-inf), downhill::mish(inf)},
        {0, 1, 0, inf});
  check("softsign",
        std::array{slope<Softsign>(-inf), slope<Softsign>(inf), downhill::softsign(-inf), downhill::softsign(inf)},
        {0, 0, -1, 1});
  check("digamma", std::array{slope<Digamma>(inf), downhill::digamma(inf)}, {0, inf});
  check("values",
        std::array{downhill::gelu(-inf), downhill::silu(-inf), downhill::softplus(-inf), downhill::sigmoid(-inf)},
        {0, 0, 0, 0});
  check("logaddexp(inf, 1)", slopes<LogAddExp>(inf, 1), {1, 0});
  check("logaddexp(-inf, 1)", slopes<LogAddExp>(-inf, 1), {0, 1});
  check("logaddexp(-inf, -inf)", slopes<LogAddExp>(-inf, -inf), {0.5, 0.5});
  check("logaddexp of infinities", std::array{downhill::logaddexp(-inf, -inf), downhill::logaddexp(inf, inf)},
        {-inf, inf});
  check("hypot(inf, 1)", slopes<Hypot>(inf, 1), {1, 0});
  check("hypot(1, -inf)", slopes<Hypot>(1, -inf), {0, -1});
  check("atan2(inf, 1)", slopes<Atan2>(inf, 1), {0, 0});
  check("atan2(inf, inf)", slopes<Atan2>(inf, inf), {0, 0});
  check("1 / inf", slopes<Divide>(1, inf), {0, 0});
  check("pow(inf, 0.5)", slopes<Pow>(inf, 0.5), {0, inf});
  check("pow(inf, -1)", slopes<Pow>(inf, -1), {0, 0});
  check("pow(0.5, inf)", slopes<Pow>(0.5, inf), {0, 0});
}

TEST_CASE("a slope of NaN is NaN") {
  RulesOfArity<1>::for_each([]<class Rule>(std::type_identity<Rule>) {
    INFO(Rule::name);
    if (!std::is_same_v<Rule, Negate> && !std::derived_from<Rule, Staircase>)  // the slopes of which are constants
      check("slope of NaN", slope<Rule>(not_a_number), not_a_number);
  });
  check("pow(NaN, 2)", slopes<Pow>(not_a_number, 2), {not_a_number, not_a_number});
  check("hypot(NaN, 2)", slopes<Hypot>(not_a_number, 2), {not_a_number, not_a_number});
  check("atan2(NaN, 2)", slopes<Atan2>(not_a_number, 2), {not_a_number, not_a_number});
  check("logaddexp(NaN, 2)", slopes<LogAddExp>(not_a_number, 2), {not_a_number, not_a_number});
  check("elu(NaN)", slopes<Elu>(not_a_number, 1), {not_a_number, not_a_number});
}

TEST_CASE("the functions take any mix of plain and active numbers, and of floating-point numbers and integers") {
  Tape<double> tape;
  const Var<double> x = tape.variable(0.25), y = tape.variable(-2);
  CHECK(select(x > 0, sqrt(x), 0.0).value() == 0.5);
  CHECK(tape.gradient(select(x > 0, sqrt(x), 0))[x] == 1);
  CHECK(tape.gradient(select(y > 0, x, 3.0))[x] == 0);
  CHECK(tape.gradient(select(y > 0, sqrt(x), y * x))[y] == 0.25);
  CHECK(tape.gradient(clamp(x, 0, y * y))[x] == 1);
  CHECK(tape.gradient(fma(2, x, y))[x] == 2);
  CHECK(tape.gradient(leaky_relu(y))[y] == 0.01);
  CHECK(tape.gradient(elu(y))[y] == std::exp(-2.));
  CHECK(tape.gradient(pow(x, 2))[x] == 0.5);
  CHECK(downhill::clamp(0.5, 0, 1) == 0.5);
  CHECK(downhill::select(false, 0.5f, 0) == 0.f);
  STATIC_REQUIRE(std::is_same_v<decltype(downhill::leaky_relu(1.f)), float>);
  STATIC_REQUIRE(std::is_same_v<decltype(downhill::elu(1.f)), float>);
  STATIC_REQUIRE(std::is_same_v<decltype(downhill::max(1.f, 2)), float>);
  STATIC_REQUIRE(std::is_same_v<decltype(downhill::pow(1.f, 2)), decltype(std::pow(1.f, 2))>);
}
