// Second derivatives at kinks: right where they exist, NaN where they do not. The truth is worked out beside it, from
// the one-sided derivatives of each function, by hand, and those of what is made of it.

#include <autodiff/derivatives/limits.hpp>

#include <Eigen/Core>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>

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
// The functions of the table, by their place in it: one template for all, which is compiled once for each mode.
template <class X>
X kinked(std::size_t row, const X& x) {
  switch (row) {
    case 0: return abs(x);
    case 1: return abs(x - 0.3);
    case 2: return relu(x);
    case 3: return leaky_relu(x);
    case 4: return elu(x);
    case 5: return elu(x, 0.5);
    case 6: return huber(x);
    case 7: return huber(x);
    case 8: return max(x, 0.0);
    case 9: return max(x, x * x);
    case 10: return max(x, x);
    case 11: return max(x * x, -x * x);
    case 12: return min(x, 0.0);
    case 13: return fmax(x, 0.0);
    case 14: return fmin(x, 0.0);
    case 15: return fdim(x, 0.0);
    case 16: return clamp(x, -1.0, 1.0);
    case 17: return clamp(x, -1.0, 1.0);
    case 18: return copysign(x, 1.0);
    case 19: return hypot(x, 0.0);
    case 20: return hypot(3 * x, 4 * x);
    case 21: return hypot(x, 2 * x, 2 * x);
    case 22: return norm(std::array{3 * x, -4 * x});
    case 23: return sqrt(x * x);
    case 24: return pow(x * x, 0.5);
    case 25: return abs(x * x);
    case 26: return x * abs(x);
    case 27: return x + abs(x);
    case 28: return abs(x) - 2;
    case 29: return exp(abs(x));
    case 30: return cosh(abs(x));
    case 31: return select(x > 0, x, -x);
    case 32: return select(x > 0, x * x, -x * x);
    case 33: return sign(x);
    case 34: return floor(x);
    case 35: return ceil(x);
    case 36: return trunc(x);
    case 37: return round(x);
    case 38: return fmod(x, 1.0);
    case 39: return fmod(x, 1.0);
    case 40: return remainder(x, 1.0);
    case 41: return pow(cbrt(x), 6);
    case 42: return pow(cbrt(x), 7);
    case 43: return pow(cbrt(x), 4);
    case 44: return cube(cbrt(x) * cbrt(x));
    case 45: return pow(sqrt(abs(x)), 4);
    case 46: return square(sqrt(abs(x)));
    case 47: return exp(2 * log(abs(x)));
    case 48: return pow(abs(x), 1.5);
    case 49: return pow(abs(x), 2.5);
    case 50: return pow(x * x, 1.5);
    case 51: return max(log(x), -100.0);
    case 52: return x * x + sqrt(max(x, 0.0));
    case 53: return max(log(relu(x)), x * x);
    default: return x;
  }
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
