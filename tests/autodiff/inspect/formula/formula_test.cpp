#include <autodiff/inspect/formula/formula.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <locale>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <autodiff/inspect/trace/table.hpp>
#include <support/catch.hpp>
#include <support/formula_functions.hpp>
#include <support/text.hpp>

using namespace downhill;
using formula_functions::Called;
using formula_functions::functions;
using inspect::Formula;

namespace {

double value_of(std::string_view text, std::initializer_list<inspect::NamedValue> values = {}) {
  const Formula f = Formula::parse(text);
  return f(f.point(values));
}
std::string understood(std::string_view text) { return to_string(Formula::parse(text)); }
std::string error_in(std::string_view text) {
  return message_of([&] { Formula::parse(text); });
}
bool same_bits(double x, double y) {
  return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y) || (std::isnan(x) && std::isnan(y));
}

}  // namespace

TEST_CASE("operators bind as in mathematics") {
  CHECK(value_of("1 + 2*3 - 4/8") == 6.5);
  CHECK(value_of("8 - 3 - 2") == 3);
  CHECK(value_of("8/4/2") == 1);
  CHECK(value_of("2^3^2") == 512);
  CHECK(value_of("-x^2", {{"x", 3}}) == -9);
  CHECK(value_of("(-x)^2", {{"x", 3}}) == 9);
  CHECK(value_of("2^-1") == 0.5);
  CHECK(value_of("2^-x^2*4", {{"x", 1}}) == 2);
  CHECK(value_of("3*-2 - -1") == -5);
  CHECK(value_of("+3 - +-+2") == 5);
  CHECK(value_of("max(1, 5, 3) + min(4, 2, 9, 3) + sum(1, 2, 3, 4) + hypot(3, 4) + hypot(2, 3, 6)") == 29);
  CHECK(value_of("pi") == 3.14159265358979323846);
  CHECK(value_of("log(e)") == 1);
  CHECK(value_of(".5e1 + 1.e-1") == 5.1);
}

TEST_CASE("what people paste is read as it looks") {
  CHECK(value_of("2·x × 3 − y² ÷ 2", {{"x", 1}, {"y", 4}}) == -2);
  CHECK(value_of("-x² + 2^x²", {{"x", 2}}) == 12);
  CHECK(value_of("x²^3", {{"x", 2}}) == 64);
  CHECK(value_of("cos(π)\xC2\xA0+ x³", {{"x", 2}}) == 7);
  CHECK(value_of("θ₁ + θ₂*ä", {{"θ₁", 1}, {"θ₂", 2}, {"ä", 3}}) == 7);
}

TEST_CASE("the names of a formula are in the order in which they appear") {
  const Formula f = Formula::parse("tanh(w*x + b) - y + w");
  CHECK(f.names() == std::vector<std::string>{"w", "x", "b", "y"});
  CHECK(f.text() == "tanh(w*x + b) - y + w");
  CHECK(f.point({{"y", 4}, {"x", 2}, {"b", 3}, {"w", 1}}) == std::vector<double>{1, 2, 3, 4});
  CHECK(message_of([&] { f.point({{"w", 1}, {"b", 3}}); }) == "formula: no value for x, y; its names: w, x, b, y");
  CHECK(message_of([&] { f.point({{"w", 1}, {"bb", 3}}); }) ==
        "formula: it has no name 'bb'; did you mean b?; its names: w, x, b, y");
  CHECK(message_of([&] { f.point({{"w", 1}, {"w", 3}}); }) == "formula: two values for w; give one");
  CHECK_THROWS_AS(f.point({{"z", 1}}), OptionError);
  CHECK(message_of([&] { f(std::vector<double>{1, 2}); }) ==
        "formula: 2 values for 4 names (w, x, b, y); give one for each, in this order");
  CHECK_THROWS_AS(f(std::vector<double>(5)), ShapeError);
  CHECK(Formula::parse("1 + 1")(std::vector<double>{}) == 2);
}

TEST_CASE("every function has the value and the slopes that it has in C++") {
  using D = Dual<double, 3>;
  for (const Called<D>& row : functions<D>())
    for (const double at : {-1.25, -0.5, 0.25, 0.75, 1.5}) {
      const std::string operands[] = {"x", "x, y", "x, y, z"};
      const Formula f = Formula::parse(row.name + "(" + operands[row.operands - 1] + ")");
      std::vector<D> x;
      for (std::size_t i = 0; i < row.operands; ++i) x.push_back(D::variable(at + 0.5 * double(i), i));
      const D expected = row.call(x.data()), found = f(x);
      INFO(f.text() << " at " << at);
      CHECK(same_bits(found.value(), expected.value()));
      for (std::size_t i = 0; i < row.operands; ++i) CHECK(same_bits(found.tangent(i), expected.tangent(i)));
    }
}

TEST_CASE("a formula knows every rule of the list but select, and those that do not take one range") {
  AllRules::for_each([]<class Rule>(std::type_identity<Rule>) {
    const std::string name(Rule::name);
    const bool is_operator = name == "+" || name == "-" || name == "*" || name == "/";
    const bool is_left_out =
        std::is_same_v<Rule, SelectFirst> || std::is_same_v<Rule, RangeDot> || std::is_same_v<Rule, RangePolynomial>;
    const std::string operands[] = {"(x)", "(x, y)", "(x, y, z)"};
    const std::string text = is_operator && arity_of<Rule> == 2 ? "x" + name + "y"
                             : arity_of<Rule> == any_number     ? name + "(x, y, z, w)"
                                                                : name + operands[arity_of<Rule> - 1];
    INFO(text << ": " << error_in(text));
    CHECK(error_in(text).empty() == !is_left_out);
  });
}

TEST_CASE("a formula is recorded as the same expression in C++ is") {
  struct Recorded {
    std::string table;
    double value;
    std::vector<double> gradient;
  };
  const auto recorded = [](const auto& f) {
    Tape<double> tape;
    const std::vector<Var<double>> v = tape.variables(std::array{0.5, 1.5, -0.25});
    const Var<double> result = f(v);
    const auto adjoints = tape.gradient(result).parameters();
    return Recorded{inspect::table(tape), result.value(), {adjoints.begin(), adjoints.end()}};
  };
  // C++ leaves open which operand comes first, so where both record the rows may change places.
  const auto compare = [&](std::string_view text, const auto& f, bool same_order = true) {
    INFO(text);
    const Recorded expected = recorded(f), found = recorded(Formula::parse(text));
    if (same_order) CHECK(found.table == expected.table);
    CHECK(count(found.table, "\n") == count(expected.table, "\n"));
    CHECK(count(found.table, "->") == count(expected.table, "->"));
    CHECK(found.value == expected.value);
    for (std::size_t i = 0; i < 3; ++i) CHECK(found.gradient[i] == Catch::Approx(expected.gradient[i]));
  };
  compare("tanh(w*x + b) - w", [](const auto& v) { return tanh(v[0] * v[1] + v[2]) - v[0]; });
  compare("100*(w - x^2)^2 - b", [](const auto& v) { return 100 * square(v[0] - square(v[1])) - v[2]; });
  compare("2^(2/w)*3 + x - b", [](const auto& v) { return pow(2, 2 / v[0]) * 3 + v[1] - v[2]; });
  compare("w*w*w/x + 1/3 + b", [](const auto& v) { return v[0] * v[0] * v[0] / v[1] + 1.0 / 3 + v[2]; });
  compare("clamp(w, -1, 1)*sum(x, b, 3)", [](const auto& v) {
    const auto clamped = clamp(v[0], -1.0, 1.0);
    return clamped * sum(std::vector<Var<double>>{v[1], v[2], 3});
  });
  compare("w + x*b", [](const auto& v) { return v[0] + v[1] * v[2]; });
  compare(
      "w^3 + 2*w - x^0.5 - cos(b)*-x + b",
      [](const auto& v) { return cube(v[0]) + 2 * v[0] - pow(v[1], 0.5) - cos(v[2]) * -v[1] + v[2]; }, false);
}

TEST_CASE("a power with a constant exponent has a slope where its base is negative") {
  const Formula f = Formula::parse("x^5 + x^2 + x^3 + x^-1");
  CHECK(gradient(f, std::vector{-2.0})[0] == 80 - 4 + 12 - 0.25);
  CHECK(jvp(f, std::vector{-2.0}, std::vector{1.0}).tangent == 80 - 4 + 12 - 0.25);
}

TEST_CASE("a formula goes wherever a function of a vector goes") {
  const Formula rosenbrock = Formula::parse("(1 - x)^2 + 100*(y - x^2)^2");
  const std::vector<double> start = rosenbrock.point({{"x", -1.2}, {"y", 1}});
  static_assert(TapeFunction<Formula> && TapeFunction<const Formula> && !TapeFunctionWithTape<Formula>);
  CHECK(rosenbrock(start) == Catch::Approx(24.2));
  CHECK(gradient(rosenbrock, start)[0] == Catch::Approx(-215.6));
  CHECK(gradient(rosenbrock, Eigen::Vector2d(-1.2, 1))[1] == Catch::Approx(-88));
  CHECK(gradient(rosenbrock, std::array{-1.2f, 1.0f})[1] == Catch::Approx(-88));
  CHECK(hessian(rosenbrock, start)(0, 0) == Catch::Approx(1330));
  CHECK(jacobian(rosenbrock, start)(0, 1) == Catch::Approx(-88));
  CHECK(hessian_vector_product(rosenbrock, start, std::vector{1.0, 0.0})[1] == Catch::Approx(480));
  CHECK(laplacian(rosenbrock, start) == Catch::Approx(1530));
  CHECK(check_gradient(rosenbrock, start).passed());
  const Result found = minimize(rosenbrock, start, Lbfgs{});
  CHECK(found.point[0] == Catch::Approx(1));
  CHECK(found.point[1] == Catch::Approx(1));
  CHECK(rosenbrock(std::span<const float>(std::array{1.0f, 2.0f})) == 100.0f);
  static_assert(std::is_same_v<decltype(rosenbrock(std::array{1.0f, 2.0f})), float>);
}

TEST_CASE("numbers do not depend on the locale") {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Comma));
  const double value = value_of("1.5*2");
  const std::string printed = understood("1.5*x");
  std::locale::global(before);
  CHECK(value == 3);
  CHECK(printed == "1.5*x");
}

TEST_CASE(
    "every function of formulas may be recorded as a program over samples, and has the slopes of the tape there") {
  std::size_t tried = 0;
  for (const Called<double>& function : functions<double>()) {
    std::string text = function.name + "(a*x + 0.25";
    for (std::size_t i = 1; i < function.operands; ++i) text += i == 1 ? ", b + x" : ", a - 0.5*b";
    const Formula f = Formula::parse(text + ") - a^2 + 2*pi/x");
    // The parameters are a and b, where there is one, and a sample is x: in the order of its names, a, x, b.
    const bool has_b = f.names().size() == 3;
    const auto of_row = [&](const auto& w, const auto& s) {
      std::vector values{w[0], s[0]};
      if (has_b) values.push_back(w[1]);
      return f(values);
    };
    const auto program = record(of_row, has_b ? 2 : 1, 1);
    const std::vector<double> w = has_b ? std::vector{0.5, 0.75} : std::vector{0.5}, rows{0.25, 0.5, 1.5, -0.5, 3};
    std::vector<double> gradient(w.size()), wanted(w.size());
    for (const double& x : rows) {
      const auto at_row = [&](const auto& p) { return of_row(p, std::vector{0 * p[0] + x}); };
      const double value = sum_over(std::span(&x, 1), program)(w, gradient);
      const auto on_tape = value_and_gradient(at_row, w);
      INFO(f.text() << " at x = " << x);
      const auto near = [](double found, double expected) {
        return (std::isnan(found) && std::isnan(expected)) || found == expected ||
               std::abs(found - expected) <= 1e-12 * (1 + std::abs(expected));
      };
      CHECK(near(value, on_tape.value));
      for (std::size_t i = 0; i < w.size(); ++i) CHECK(near(gradient[i], on_tape.gradient[i]));
    }
    ++tried;
  }
  CHECK(tried > 60);
}

TEST_CASE("the constants of a formula are those that were typed") {
  CHECK(Formula::parse("2*pi*x + sin(π)").constants() == std::vector<std::string_view>{"pi"});
  CHECK(Formula::parse("e^x - pi/e").constants() == std::vector<std::string_view>{"e", "pi"});
  CHECK(Formula::parse("exp(x) + 1e3 + 3.141592653589793").constants().empty());
}
