// Second derivatives at kinks: right where they exist, NaN where they do not. The truth is worked out beside it, from
// the one-sided derivatives of each function, by hand, and those of what is made of it.

#include <autodiff/derivatives/limits.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/calculus/rules.hpp>

#include "support/catch.hpp"

using namespace downhill;

namespace {

// On one side of a point: the value that f tends to, and its first and second derivative there.
struct Side {
  double value, first, second;
};
constexpr double none = std::numeric_limits<double>::quiet_NaN();

struct Row {
  const char* name;
  double x;
  Side left, right;
};
constexpr Row rows[] = {
    // clang-format off
    {"abs(x)", 0, {0, -1, 0}, {0, 1, 0}},
    {"abs(x - 0.3)", 0.3, {0, -1, 0}, {0, 1, 0}},
    {"relu(x)", 0, {0, 0, 0}, {0, 1, 0}},
    {"leaky_relu(x)", 0, {0, 0.01, 0}, {0, 1, 0}},
    {"elu(x)", 0, {0, 1, 1}, {0, 1, 0}},
    {"elu(x, 0.5)", 0, {0, 0.5, 0.5}, {0, 1, 0}},
    {"softsign(x)", 0, {0, 1, 2}, {0, 1, -2}},
    {"huber(x)", 1, {0.5, 1, 1}, {0.5, 1, 0}},
    {"huber(x)", -1, {0.5, -1, 0}, {0.5, -1, 1}},
    {"max(x, 0.0)", 0, {0, 0, 0}, {0, 1, 0}},
    {"max(x, x * x)", 0, {0, 0, 2}, {0, 1, 0}},
    {"max(x, x)", 0.7, {0.7, 1, 0}, {0.7, 1, 0}},
    {"max(x * x, -x * x)", 0, {0, 0, 2}, {0, 0, 2}},
    {"min(x, 0.0)", 0, {0, 1, 0}, {0, 0, 0}},
    {"fmax(x, 0.0)", 0, {0, 0, 0}, {0, 1, 0}},
    {"fmin(x, 0.0)", 0, {0, 1, 0}, {0, 0, 0}},
    {"fdim(x, 0.0)", 0, {0, 0, 0}, {0, 1, 0}},
    {"clamp(x, -1.0, 1.0)", 1, {1, 1, 0}, {1, 0, 0}},
    {"clamp(x, -1.0, 1.0)", -1, {-1, 0, 0}, {-1, 1, 0}},
    {"copysign(x, 1.0)", 0, {0, -1, 0}, {0, 1, 0}},
    {"hypot(x, 0.0)", 0, {0, -1, 0}, {0, 1, 0}},
    {"hypot(3 * x, 4 * x)", 0, {0, -5, 0}, {0, 5, 0}},
    {"hypot(x, 2 * x, 2 * x)", 0, {0, -3, 0}, {0, 3, 0}},
    {"norm(std::array{3 * x, -4 * x})", 0, {0, -5, 0}, {0, 5, 0}},
    {"sqrt(x * x)", 0, {0, -1, 0}, {0, 1, 0}},
    {"pow(x * x, 0.5)", 0, {0, -1, 0}, {0, 1, 0}},
    {"abs(x * x)", 0, {0, 0, 2}, {0, 0, 2}},
    {"x * abs(x)", 0, {0, 0, -2}, {0, 0, 2}},
    {"x + abs(x)", 0, {0, 0, 0}, {0, 2, 0}},
    {"abs(x) - 2", 0, {-2, -1, 0}, {-2, 1, 0}},
    {"exp(abs(x))", 0, {1, -1, 1}, {1, 1, 1}},
    {"cosh(abs(x))", 0, {1, 0, 1}, {1, 0, 1}},
    {"select(x > 0, x, -x)", 0, {0, -1, 0}, {0, 1, 0}},
    {"select(x > 0, x * x, -x * x)", 0, {0, 0, -2}, {0, 0, 2}},
    {"sign(x)", 0, {-1, 0, 0}, {1, 0, 0}},
    {"floor(x)", 2, {1, 0, 0}, {2, 0, 0}},
    {"ceil(x)", 2, {2, 0, 0}, {3, 0, 0}},
    {"trunc(x)", -1, {-1, 0, 0}, {0, 0, 0}},
    {"round(x)", 0.5, {0, 0, 0}, {1, 0, 0}},
    {"fmod(x, 1.0)", 3, {1, 1, 0}, {0, 1, 0}},
    {"fmod(x, 1.0)", 0, {0, 1, 0}, {0, 1, 0}},
    {"remainder(x, 1.0)", 0.5, {0.5, 1, 0}, {-0.5, 1, 0}},
    {"pow(cbrt(x), 6)", 0, {0, 0, 2}, {0, 0, 2}},
    {"pow(cbrt(x), 7)", 0, {0, 0, 0}, {0, 0, 0}},
    {"pow(cbrt(x), 4)", 0, {0, 0, none}, {0, 0, none}},
    {"cube(cbrt(x) * cbrt(x))", 0, {0, 0, 2}, {0, 0, 2}},
    {"pow(sqrt(abs(x)), 4)", 0, {0, 0, 2}, {0, 0, 2}},
    {"square(sqrt(abs(x)))", 0, {0, -1, 0}, {0, 1, 0}},
    {"exp(2 * log(abs(x)))", 0, {0, 0, 2}, {0, 0, 2}},
    {"pow(abs(x), 1.5)", 0, {0, 0, none}, {0, 0, none}},
    {"pow(abs(x), 2.5)", 0, {0, 0, 0}, {0, 0, 0}},
    {"pow(x * x, 1.5)", 0, {0, 0, 0}, {0, 0, 0}},
    {"max(log(x), -100.0)", 0, {-100, 0, 0}, {-100, 0, 0}},
    {"x * x + sqrt(max(x, 0.0))", -1, {1, -2, 2}, {1, -2, 2}},
    {"max(log(relu(x)), x * x)", -1, {1, -2, 2}, {1, -2, 2}},
    // clang-format on
};
// The functions of the table, by their names in it: one template for all, which is compiled once for each mode.
template <class X>
X kinked(std::size_t row, const X& x) {
  const std::string_view f = rows[row].name;
  // clang-format off
  if (f == "abs(x)") return abs(x);
  if (f == "abs(x - 0.3)") return abs(x - 0.3);
  if (f == "relu(x)") return relu(x);
  if (f == "leaky_relu(x)") return leaky_relu(x);
  if (f == "elu(x)") return elu(x);
  if (f == "elu(x, 0.5)") return elu(x, 0.5);
  if (f == "softsign(x)") return softsign(x);
  if (f == "huber(x)") return huber(x);
  if (f == "max(x, 0.0)") return max(x, 0.0);
  if (f == "max(x, x * x)") return max(x, x * x);
  if (f == "max(x, x)") return max(x, x);
  if (f == "max(x * x, -x * x)") return max(x * x, -x * x);
  if (f == "min(x, 0.0)") return min(x, 0.0);
  if (f == "fmax(x, 0.0)") return fmax(x, 0.0);
  if (f == "fmin(x, 0.0)") return fmin(x, 0.0);
  if (f == "fdim(x, 0.0)") return fdim(x, 0.0);
  if (f == "clamp(x, -1.0, 1.0)") return clamp(x, -1.0, 1.0);
  if (f == "copysign(x, 1.0)") return copysign(x, 1.0);
  if (f == "hypot(x, 0.0)") return hypot(x, 0.0);
  if (f == "hypot(3 * x, 4 * x)") return hypot(3 * x, 4 * x);
  if (f == "hypot(x, 2 * x, 2 * x)") return hypot(x, 2 * x, 2 * x);
  if (f == "norm(std::array{3 * x, -4 * x})") return norm(std::array{3 * x, -4 * x});
  if (f == "sqrt(x * x)") return sqrt(x * x);
  if (f == "pow(x * x, 0.5)") return pow(x * x, 0.5);
  if (f == "abs(x * x)") return abs(x * x);
  if (f == "x * abs(x)") return x * abs(x);
  if (f == "x + abs(x)") return x + abs(x);
  if (f == "abs(x) - 2") return abs(x) - 2;
  if (f == "exp(abs(x))") return exp(abs(x));
  if (f == "cosh(abs(x))") return cosh(abs(x));
  if (f == "select(x > 0, x, -x)") return select(x > 0, x, -x);
  if (f == "select(x > 0, x * x, -x * x)") return select(x > 0, x * x, -x * x);
  if (f == "sign(x)") return sign(x);
  if (f == "floor(x)") return floor(x);
  if (f == "ceil(x)") return ceil(x);
  if (f == "trunc(x)") return trunc(x);
  if (f == "round(x)") return round(x);
  if (f == "fmod(x, 1.0)") return fmod(x, 1.0);
  if (f == "remainder(x, 1.0)") return remainder(x, 1.0);
  if (f == "pow(cbrt(x), 6)") return pow(cbrt(x), 6);
  if (f == "pow(cbrt(x), 7)") return pow(cbrt(x), 7);
  if (f == "pow(cbrt(x), 4)") return pow(cbrt(x), 4);
  if (f == "cube(cbrt(x) * cbrt(x))") return cube(cbrt(x) * cbrt(x));
  if (f == "pow(sqrt(abs(x)), 4)") return pow(sqrt(abs(x)), 4);
  if (f == "square(sqrt(abs(x)))") return square(sqrt(abs(x)));
  if (f == "exp(2 * log(abs(x)))") return exp(2 * log(abs(x)));
  if (f == "pow(abs(x), 1.5)") return pow(abs(x), 1.5);
  if (f == "pow(abs(x), 2.5)") return pow(abs(x), 2.5);
  if (f == "pow(x * x, 1.5)") return pow(x * x, 1.5);
  if (f == "max(log(x), -100.0)") return max(log(x), -100.0);
  if (f == "x * x + sqrt(max(x, 0.0))") return x * x + sqrt(max(x, 0.0));
  if (f == "max(log(relu(x)), x * x)") return max(log(relu(x)), x * x);
  // clang-format on
  FAIL("kinked() has no line for " << f);
  return x;
}

// What is made of them: the same, and its derivatives.
constexpr const char* outer_names[] = {"itself", "its square", "its cube", "times itself", "to the third", "in a bell"};
template <class Y>
Y outer(std::size_t which, const Y& y) {
  switch (which) {
    case 0: return y;
    case 1: return square(y);
    case 2: return cube(y);
    case 3: return y * y;
    case 4: return pow(y, 3);
    default: return exp(-square(y));
  }
}
Side outer_of(std::size_t which, const Side& f) {
  const double y = f.value, bell = std::exp(-y * y);
  const Side g = which == 0                 ? Side{y, 1, 0}
                 : which == 1 || which == 3 ? Side{y * y, 2 * y, 2}
                 : which == 2 || which == 4 ? Side{y * y * y, 3 * y * y, 6 * y}
                                            : Side{bell, -2 * y * bell, (4 * y * y - 2) * bell};
  if (f.second != f.second && g.first == 0) return {g.value, 0, 0};  // |x|^p, 1 < p < 2: the square has no more
  return {g.value, g.first * f.first, g.second * f.first * f.first + g.first * f.second};
}

// The second derivative where the two sides meet with the value at the point; none, if they do not.
double truth(const Side& left, const Side& right, double at_the_point) {
  const auto same = [](double a, double b) { return std::abs(a - b) <= 1e-12 * (1 + std::abs(a)); };
  const bool exists = same(left.value, right.value) && same(left.value, at_the_point) &&
                      same(left.first, right.first) && same(left.second, right.second);
  return exists ? right.second : none;
}

bool is_same(double found, double wanted, double tolerance) {
  return std::isnan(wanted) ? !std::isfinite(found) : std::abs(found - wanted) <= tolerance * (1 + std::abs(wanted));
}

template <class F>
void check_second(const std::string& what, const F& f, double x, double wanted) {
  const auto of_vector = [&](const auto& v) { return f(v[0]); };
  const auto check = [&](const char* mode, double found, double tolerance = 1e-12) {
    INFO(what << " at " << x << ", " << mode << ": " << found << ", not " << wanted);
    CHECK(is_same(found, wanted, tolerance));
  };
  const std::vector<double> point{x};
  check("hessian", hessian(of_vector, point)(0, 0));
  check("hessian_vector_product", hessian_vector_product(of_vector, point, std::vector<double>{-3})[0] / -3);
  check("laplacian", laplacian(of_vector, point));
  check("second_derivative", second_derivative(f, x));
  check("hessian, float", hessian(of_vector, std::vector<float>{static_cast<float>(x)})(0, 0), 1e-3);
  check("hessian, fused", hessian([&](const auto& v) { return fuse(f)(v[0]); }, point)(0, 0));
  // By hand, of what the chain rule alone knows: right, or not known.
  const auto check_raw = [&](const char* mode, double found) {
    INFO(what << " at " << x << ", " << mode << ": " << found << ", not " << wanted);
    CHECK((!std::isfinite(found) || is_same(found, wanted, 1e-12)));
  };
  {
    Tape<Dual<double>> tape;
    const auto v = tape.variable(Dual<double>(x, 1));
    check_raw("Tape<Dual>", tape.gradient(f(v))[v].tangent());
  }
  using Nested = Dual<Dual<double>>;
  check_raw("Dual<Dual>", f(Nested(Dual<double>(x, 1), Dual<double>(1))).tangent().tangent());
}

}  // namespace

TEST_CASE("every rule of the list that has kinks or jumps has a row in this table") {
  AllRules::for_each([]<class Rule>(std::type_identity<Rule>) {
    bool has_kink = false;
    const auto see = [&](auto... x) {
      if constexpr (requires { Rule::smoothness(x...); }) {
        const Smoothness how = Rule::smoothness(x...);
        has_kink = has_kink || (how != Smoothness::smooth && how != Smoothness::steep);
      }
    };
    for (const double x : {-1.0, 0.0, 0.5, 1.0, 2.0}) {
      if constexpr (arity_of<Rule> == 1) see(x);
      for (const double y : {-1.0, 0.0, 0.5, 1.0, 2.0}) {
        if constexpr (arity_of<Rule> == 2) see(x, y);
        if constexpr (arity_of<Rule> == 3) see(x, y, y), see(x, x, y);
      }
    }
    const std::string called = std::string(Rule::name) + "(";
    const bool has_row = std::ranges::any_of(
        rows, [&](const Row& row) { return std::string_view(row.name).find(called) != std::string_view::npos; });
    INFO("the rule '" << Rule::name
                      << "': add a row to the table of this file, with its one-sided derivatives at a kink, "
                      << "and its line to kinked()");
    if (has_kink) CHECK(has_row);
  });
}

TEST_CASE("a second derivative at a kink is right where it exists, and NaN where it does not", "[limits]") {
  for (std::size_t row = 0; row < std::size(rows); ++row) {
    const auto& [name, x, left, right] = rows[row];
    const double y = kinked(row, Dual<double>(x)).value();
    for (std::size_t which = 0; which < std::size(outer_names); ++which) {
      const auto f = [&](const auto& v) { return outer(which, kinked(row, v)); };
      check_second(std::string(name) + ", " + outer_names[which], f, x,
                   truth(outer_of(which, left), outer_of(which, right), outer_of(which, {y, 0, 0}).value));
    }
  }
}

TEST_CASE("norms that are squared, cubed or in a bell have their Hessian at the centre", "[limits]") {
  const std::vector<double> centre{0.3, -2, 0};
  const auto distance = [&](const auto& p) {
    return norm(std::array{p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]});
  };
  const auto is_near = [](const Eigen::MatrixXd& found, double diagonal) {
    return (found - diagonal * Eigen::MatrixXd::Identity(3, 3)).cwiseAbs().maxCoeff() < 1e-14;
  };
  CHECK(is_near(hessian([&](const auto& p) { return square(distance(p)); }, centre), 2));
  CHECK(is_near(hessian([&](const auto& p) { return exp(-square(distance(p))); }, centre), -2));
  CHECK(is_near(hessian([&](const auto& p) { return cube(distance(p)); }, centre), 0));
  CHECK_FALSE(hessian(distance, centre).allFinite());
  const auto bell = [&](const auto& p) { return exp(-square(distance(p))); };
  CHECK(laplacian(bell, centre) == Catch::Approx(-6));
  const auto product = hessian_vector_product(bell, centre, std::vector<double>{1, 0, -3});
  CHECK(product[0] == Catch::Approx(-2));
  CHECK(std::abs(product[1]) < 1e-14);
  CHECK(product[2] == Catch::Approx(6));
}

TEST_CASE("an entry of a Hessian is taken by itself", "[limits]") {
  const auto at = [](auto f, double x, double y) {
    const std::vector<double> point{x, y};
    return Eigen::Matrix2d(hessian(f, point));
  };
  const Eigen::Matrix2d beside = at([](const auto& x) { return x[0] * x[0] + relu(x[1]); }, 1, 0);
  CHECK(beside(0, 0) == 2);
  CHECK(beside(0, 1) == 0);
  CHECK(beside(1, 0) == 0);
  CHECK(std::isnan(beside(1, 1)));
  const Eigen::Matrix2d mixed = at([](const auto& x) { return x[0] * abs(x[1]); }, 0, 0);
  CHECK(mixed(0, 0) == 0);
  CHECK(std::isnan(mixed(0, 1)));
  CHECK(std::isnan(mixed(1, 0)));
  const Eigen::Matrix2d sorted = at([](const auto& x) { return max(x[0], x[1]) * min(x[0], x[1]); }, 0.7, 0.7);
  CHECK(sorted == (Eigen::Matrix2d() << 0, 1, 1, 0).finished());
  // Along the axes alone these two look smooth.
  CHECK(std::isnan(at([](const auto& x) { return abs(x[0]) * abs(x[1]); }, 0, 0)(0, 1)));
  CHECK_FALSE(at([](const auto& x) { return sqrt(square(square(x[0])) + square(square(x[1]))); }, 0, 0).allFinite());
}

TEST_CASE("a branch of the function's own is a kink too where it is at its tie", "[limits]") {
  const std::vector<double> zero{0};
  CHECK(std::isnan(hessian([](const auto& x) { return x[0] > 0 ? x[0] * x[0] : -x[0] * x[0]; }, zero)(0, 0)));
  CHECK(hessian([](const auto& x) { return x[0] > 0 ? x[0] * x[0] : x[0] * x[0] + 0; }, zero)(0, 0) == 2);
}
