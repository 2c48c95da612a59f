// One rule for every mode: what is exactly 0, a slope, an adjoint or a tangent, contributes exactly 0, though the
// number that it meets be infinite or NaN. Here every function is taken at the edges of its domain, alone and behind or
// before a step that has the slope 0, and every mode must give the derivative that the plain sweep gives.

#include <array>
#include <cmath>
#include <concepts>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/calculus/rules.hpp>
#include <autodiff/inspect.hpp>

#include "support/catch.hpp"

using namespace downhill;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), not_a_number = std::numeric_limits<double>::quiet_NaN();

// A function of one number, in the number types of all modes: the modes are compiled once, and not for each function.
template <class... T>
struct FunctionOf : std::function<T(const T&)>... {
  template <class F>
    requires(!std::same_as<F, FunctionOf>)
  FunctionOf(F f) : std::function<T(const T&)>(f)... {}
  using std::function<T(const T&)>::operator()...;
};
using Nested = Dual<Dual<double>>;
using Function = FunctionOf<Var<double>, Var<Dual<double>>, Dual<double>, Dual<double, 8>, Nested, VarMatrix<double>>;

// df/dx by every mode there is.
std::vector<std::pair<std::string, double>> by_every_mode(const Function& f, double x) {
  std::vector<std::pair<std::string, double>> found;
  const auto on_tape = [&](const char* mode, auto&& g) {
    Tape<double> tape;
    const auto v = tape.variable(x);
    const auto y = g(v);
    found.emplace_back(mode, y.is_active() ? tape.gradient(y)[v] : 0);
  };
  on_tape("sweep", f);
  on_tape("fuse", fuse(f));
  on_tape("recompute", recompute(f));
  {
    Tape<double> tape;
    const inspect::Trace trace(tape);
    const auto v = tape.variable(x);
    found.emplace_back("traced", tape.gradient(f(v))[v]);
  }
  found.emplace_back("Dual", f(Dual<double>(x, 1)).tangent());
  found.emplace_back("Dual, 8 lanes", f(Dual<double, 8>::variable(x, 5)).tangent(5));
  found.emplace_back("nested, outer", Nested(f(Nested(Dual<double>(x), Dual<double>(1.0)))).tangent().value());
  found.emplace_back("nested, inner", Nested(f(Nested(Dual<double>(x, 1.0)))).value().tangent());
  {
    Tape<Dual<double>> tape;
    const auto v = tape.variable(Dual<double>(x));
    found.emplace_back("nested sweep", tape.gradient(f(v))[v].value());
  }
  for (const std::size_t columns : {1U, 40U}) {  // by elements and in packs
    Tape<double> tape;
    const auto m = parameters(tape, std::vector<double>(columns, x), 1, columns);
    found.emplace_back("matrix", tape.gradient(sum(f(m)))[m](0, 0));
  }
  return found;
}

bool is_same(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= 1e-13 * std::abs(b);
}

void check_modes(const std::string& what, const Function& f, double x) {
  const auto found = by_every_mode(f, x);
  for (const auto& [mode, slope] : found) {
    INFO(what << " at " << x << ", " << mode << ": " << slope << ", in the sweep " << found[0].second);
    CHECK(is_same(slope, found[0].second));
  }
}

void check_slope(const std::string& what, const Function& f, double x, double wanted) {
  for (const auto& [mode, slope] : by_every_mode(f, x)) {
    INFO(what << " at " << x << ", " << mode << ": " << slope << ", not " << wanted);
    CHECK(is_same(slope, wanted));
  }
}

// Every rule as a function of its first operand; and those that are of interest as functions of another.
void for_each_function(const std::function<void(const std::string&, const Function&)>& visit) {
  AllRules::for_each([&]<class Rule>(std::type_identity<Rule>) {
    const std::string name(Rule::name);
    if constexpr (arity_of<Rule> == 1) visit(name, [](const auto& x) { return apply<Rule>(x); });
    if constexpr (arity_of<Rule> == 2) visit(name + " with 0", [](const auto& x) { return apply<Rule>(x, 0.0); });
    if constexpr (arity_of<Rule> == 3)
      visit(name + " with -1 and 1", [](const auto& x) { return apply<Rule>(x, -1.0, 1.0); });
  });
  visit("pow(x, 0.5)", [](const auto& x) { return pow(x, 0.5); });
  visit("pow(x, -1)", [](const auto& x) { return pow(x, -1.0); });
  visit("pow(0, x)", [](const auto& x) { return pow(0.0, x); });
  visit("1 / x", [](const auto& x) { return 1 / x; });
  visit("xlogy(0, x)", [](const auto& x) { return xlogy(0.0, x); });
  visit("leaky_relu", [](const auto& x) { return leaky_relu(x); });
  visit("elu", [](const auto& x) { return elu(x); });
  visit("huber", [](const auto& x) { return huber(x); });
}

}  // namespace

TEST_CASE("every function has the same slope in every mode, at the edges of its domain too", "[zero]") {
  for_each_function([](const std::string& name, const Function& f) {
    for (const double x : {0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 1e-310, 800.0, -800.0, inf, -inf, not_a_number})
      check_modes(name, f, x);
  });
}

TEST_CASE("what was not chosen has no part in the derivative, in any mode", "[zero]") {
  for_each_function([](const std::string& name, const Function& f) {
    for (const double x : {0.0, 1.0, -1.0, 0.5, -2.0, 800.0})
      check_slope("not selected: " + name, [f](const auto& v) { return select(false, f(v), 2 * v); }, x, 2);
  });
}

TEST_CASE("what does not move moves nothing, in any mode", "[zero]") {
  for_each_function([](const std::string& name, const Function& f) {
    for (const double x : {0.0, 1.0, -1.0, 800.0})
      check_slope(
          name + " of " + std::to_string(x), [f, x](const auto& v) { return f(max(min(v, -1e5), -1e6) * 0.0 + x); },
          -10, 0);
  });
}

TEST_CASE("a slope of 0 stops an infinite adjoint, as an adjoint of 0 stops at an infinite slope", "[zero]") {
  check_slope("max(log x, -100)", [](const auto& x) { return max(log(x), -100.0); }, 0, 0);
  check_slope("x > 0 ? sqrt x : 2 x", [](const auto& x) { return select(false, sqrt(x), 2 * x); }, 0, 2);
  check_slope("sqrt(max(x, 0))", [](const auto& x) { return sqrt(max(x, 0.0)); }, -1, 0);
  check_slope("log(relu x)", [](const auto& x) { return log(relu(x)); }, -1, 0);
  check_slope("sqrt(x x)", [](const auto& x) { return sqrt(x * x); }, 0, 0);
}

TEST_CASE("the Jacobian is the same by forward mode and by sweeps", "[zero]") {
  for (const std::size_t n : {1U, 3U, 40U}) {
    const std::vector<double> x(n, 0.0);
    const auto f = [](auto v) { return std::vector{max(log(v[0]), -100.0), sqrt(max(v[0] - 1.0, 0.0))}; };
    const auto j = jacobian(f, x);
    CHECK((j.array() == 0).all());
    CHECK(jvp(f, x, std::vector<double>(n, 1.0)).tangent == std::vector<double>{0, 0});
  }
}

TEST_CASE("matrix operations hand on what their scalar expansions do, where infinity meets 0", "[zero]") {
  // sqrt'(0) is infinite, and the product is 0 because all of B is, or all of A.
  Tape<double> tape;
  const auto a = parameters(tape, std::vector<double>{1, 2, 0, 0}, 2, 2);
  const auto b = parameters(tape, std::vector<double>{0, 1, 0, 3}, 2, 2);
  const auto gradient = tape.gradient(sum(sqrt(product(a, b))));
  std::array<double, 4> of_a{}, of_b{};
  {
    Tape<double> scalars;
    const auto x = scalars.variables(std::vector<double>{1, 2, 0, 0}),
               y = scalars.variables(std::vector<double>{0, 1, 0, 3});
    Var<double> total;
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t k = 0; k < 2; ++k)
        total += sqrt(dot(std::array{x[2 * i], x[2 * i + 1]}, std::array{y[k], y[2 + k]}));
    const auto expected = scalars.gradient(total);
    for (std::size_t i = 0; i < 4; ++i) of_a[i] = expected[x[i]], of_b[i] = expected[y[i]];
  }
  for (Eigen::Index i = 0; i < 4; ++i) {
    INFO("element " << i);
    CHECK(is_same(gradient[a](i / 2, i % 2), of_a[static_cast<std::size_t>(i)]));
    CHECK(is_same(gradient[b](i / 2, i % 2), of_b[static_cast<std::size_t>(i)]));
  }

  // A row of NaN that nothing looks at.
  const auto x = parameters(tape, std::vector<double>{1, 2, 3, not_a_number, not_a_number, not_a_number}, 2, 3);
  const auto one = VarMatrix<double>(Eigen::MatrixXd::Ones(1, 3));
  for (const auto& y : {softmax(x), log_softmax(x), layer_norm(x, one, one), product(x, x.transpose())}) {
    const auto row = tape.gradient(sum(square(y.block(0, 0, 1, y.columns() == 3 ? 3 : 1))))[x];
    CHECK((row.row(0).array().isFinite()).all());
    CHECK((row.row(1).array() == 0).all());
  }
}
