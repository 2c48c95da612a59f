#include <autodiff/derivatives.hpp>

#include <Eigen/Dense>

#include <array>
#include <cmath>
#include <random>
#include <span>
#include <vector>

#include <autodiff/error.hpp>
#include <autodiff/ranges.hpp>

#include "support/catch.hpp"

using namespace downhill;
using Catch::Matchers::ContainsSubstring;
using Values = std::vector<double>;

namespace {

Values random_numbers(std::size_t n, unsigned seed, double low = -1, double high = 1) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> draw(low, high);
  Values numbers(n);
  for (double& x : numbers) x = draw(random);
  return numbers;
}

// A smooth random map R^n -> R^m: result i is sin(sum_j A_ij x_j) + x_0 x_k, whose Jacobian is known.
struct RandomMap {
  Eigen::MatrixXd a;
  RandomMap(std::size_t m, std::size_t n, unsigned seed)
      : a(static_cast<Eigen::Index>(m), static_cast<Eigen::Index>(n)) {
    const Values numbers = random_numbers(m * n, seed);
    for (std::size_t i = 0; i < m * n; ++i) a.data()[i] = numbers[i];
  }
  template <class X>
  auto operator()(const X& x) const {
    using T = std::remove_cvref_t<decltype(x[0])>;
    std::vector<T> results;
    for (Eigen::Index i = 0; i < a.rows(); ++i) {
      T sum = 0;
      for (Eigen::Index j = 0; j < a.cols(); ++j) sum += a(i, j) * x[static_cast<std::size_t>(j)];
      results.push_back(sin(sum) + x[0] * x[static_cast<std::size_t>(i) % x.size()]);
    }
    return results;
  }
  Eigen::MatrixXd jacobian(const Values& x) const {
    const Eigen::Map<const Eigen::VectorXd> at(x.data(), a.cols());
    Eigen::MatrixXd j = (a * at).array().cos().matrix().asDiagonal() * a;
    for (Eigen::Index i = 0; i < a.rows(); ++i) {
      j(i, 0) += at(i % a.cols());
      j(i, i % a.cols()) += at(0);
    }
    return j;
  }
};

const auto rosenbrock = [](const auto& x) {
  std::remove_cvref_t<decltype(x[0])> sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) sum += 100 * square(x[i + 1] - x[i] * x[i]) + square(1 - x[i]);
  return sum;
};
Eigen::MatrixXd rosenbrock_hessian(const Values& x) {
  const auto n = static_cast<Eigen::Index>(x.size());
  Eigen::MatrixXd h = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index i = 0; i + 1 < n; ++i) {
    const double a = x[static_cast<std::size_t>(i)], b = x[static_cast<std::size_t>(i) + 1];
    h(i, i) += 1200 * a * a - 400 * b + 2;
    h(i, i + 1) = h(i + 1, i) = -400 * a;
    h(i + 1, i + 1) += 200;
  }
  return h;
}

double difference(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  REQUIRE(a.rows() == b.rows());
  REQUIRE(a.cols() == b.cols());
  return a.size() == 0 ? 0 : (a - b).cwiseAbs().maxCoeff() / (1 + b.cwiseAbs().maxCoeff());
}

}  // namespace

TEST_CASE("what depends on the inputs comes back in the kind of vector that the point was") {
  const auto f = [](const auto& x) { return x[0] * x[0] * x[1]; };
  const Values vector{3, 2};
  static_assert(std::is_same_v<decltype(gradient(f, vector)), Values>);
  CHECK(gradient(f, vector) == Values{12, 9});
  CHECK(gradient(f, std::span<const double>(vector)) == Values{12, 9});
  CHECK(gradient(f, std::array<double, 2>{3, 2}) == std::array<double, 2>{12, 9});
  CHECK(gradient(f, Eigen::Vector2d(3, 2)) == Eigen::Vector2d(12, 9));
  CHECK(gradient(f, Eigen::VectorXd(Eigen::Vector2d(3, 2))) == Eigen::Vector2d(12, 9));
  CHECK(gradient(f, std::vector<float>{3, 2}) == std::vector<float>{12, 9});
  CHECK(gradient([](const auto& x) { return x.squaredNorm(); }, Eigen::Vector2d(3, 2)) == Eigen::Vector2d(6, 4));
  CHECK(gradient([](std::span<const Var<double>> x) { return x[0] * x[1]; }, vector) == Values{2, 3});
  const auto both = value_and_gradient(f, vector);
  CHECK(both.value == 18);
  CHECK(both.gradient == Values{12, 9});
  static_assert(decltype(jacobian(f, std::array<double, 2>{}))::ColsAtCompileTime == 2);
  static_assert(decltype(jacobian(f, std::array<double, 2>{}))::RowsAtCompileTime == 1);
  static_assert(decltype(hessian(f, Eigen::Vector2d()))::RowsAtCompileTime == 2);
}

TEST_CASE("directions and weights may be of another kind and another number type than the point") {
  const auto map = [](const auto& x) { return std::vector{x[0] * x[1], x[0]}; };
  const Values x{3, 2};
  CHECK(jvp(map, x, std::vector<int>{1, 2}).tangent == Values{8, 1});
  CHECK(jvp(map, x, std::array<float, 2>{1, 2}).tangent == Values{8, 1});
  CHECK(jvp(map, x, Eigen::Vector2d(1, 2)).tangent == Values{8, 1});
  CHECK(vjp(map, x, Eigen::Vector2f(1, 2)).gradient == Values{4, 3});
  CHECK(hessian_vector_product([](const auto& p) { return p[0] * p[1]; }, x, std::vector<float>{1, 2}) == Values{2, 1});
}

TEST_CASE("f may return an Eigen expression of its inputs") {
  const auto twice = [](const auto& x) { return 2.0 * x; };
  const Eigen::Vector3d x(1, 2, 3);
  CHECK(jacobian(twice, x) == Eigen::Matrix3d(2 * Eigen::Matrix3d::Identity()));
  CHECK(vjp(twice, x, x).gradient == Eigen::Vector3d(2 * x));
  CHECK(divergence(twice, Eigen::VectorXd(x)) == 6);
}

TEST_CASE("a function that does not depend on its inputs has the derivatives 0") {
  const auto constant = [](const auto&) { return 3.0; };
  const auto passive = [](const auto& x) { return std::remove_cvref_t<decltype(x[0])>(3); };
  const auto partly = [](const auto& x) { return std::vector{x[0], std::remove_cvref_t<decltype(x[0])>(7)}; };
  const Values x{1, 2}, zeros{0, 0};
  CHECK(gradient(constant, x) == zeros);
  CHECK(gradient(passive, x) == zeros);
  CHECK(hessian(constant, x) == Eigen::MatrixXd::Zero(2, 2));
  CHECK(hessian_vector_product(passive, x, x) == zeros);
  CHECK(laplacian(constant, x) == 0);
  CHECK(jacobian(partly, x) == (Eigen::Matrix2d() << 1, 0, 0, 0).finished());
  CHECK(vjp(partly, x, Values{2, 3}).gradient == Values{2, 0});
  CHECK(jvp(constant, x, x).value == 3);
  const Values none;
  CHECK(gradient(constant, none).empty());
  CHECK(hessian(constant, none).size() == 0);
  CHECK(jacobian(constant, none).cols() == 0);
}

TEST_CASE("Jacobians of random maps are the closed forms, whichever way they are taken") {
  for (const auto& [m, n] : {std::pair{1, 1}, {3, 2}, {5, 8}, {2, 9}, {4, 16}, {2, 17}, {30, 17}, {3, 100}, {60, 40}}) {
    CAPTURE(m, n);
    const RandomMap f(static_cast<std::size_t>(m), static_cast<std::size_t>(n), 7);
    const Values x = random_numbers(static_cast<std::size_t>(n), 8), v = random_numbers(x.size(), 9);
    const Values u = random_numbers(static_cast<std::size_t>(m), 10);
    const Eigen::MatrixXd expected = f.jacobian(x);
    const Eigen::MatrixXd taken = jacobian(f, x);
    CHECK(difference(taken, expected) < 1e-14);
    const Eigen::Map<const Eigen::VectorXd> along(v.data(), n), across(u.data(), m);
    const Values forward = jvp(f, x, v).tangent, reverse = vjp(f, x, u).gradient;
    CHECK(difference(Eigen::Map<const Eigen::VectorXd>(forward.data(), m), expected * along) < 1e-14);
    CHECK(difference(Eigen::Map<const Eigen::VectorXd>(reverse.data(), n), expected.transpose() * across) < 1e-14);
    CHECK(directional_derivative(f, x, v) == forward);
    // The same to the last bit but one: a compiler may contract a product and a sum in one mode and not in the other.
    const Values swept = vjp(f, x, u).value, pushed = jvp(f, x, v).value;
    CHECK(difference(Eigen::Map<const Eigen::VectorXd>(swept.data(), m),
                     Eigen::Map<const Eigen::VectorXd>(pushed.data(), m)) < 4e-15);
    if (m == n) CHECK(divergence(f, x) == Catch::Approx(expected.trace()));
  }
  const RandomMap square_map(20, 20, 3);
  const Values x = random_numbers(20, 4);
  CHECK(divergence(square_map, x) == Catch::Approx(square_map.jacobian(x).trace()));
}

TEST_CASE("Hessians are symmetric to rounding, equal the closed form, and their products agree") {
  for (const std::size_t n : {2U, 3U, 4U, 5U, 9U, 30U}) {
    CAPTURE(n);
    const Values x = random_numbers(n, 11, -2, 2), v = random_numbers(n, 12);
    const Eigen::MatrixXd h = hessian(rosenbrock, x), expected = rosenbrock_hessian(x);
    CHECK(difference(h, expected) < 1e-14);
    CHECK(difference(h, h.transpose()) < 1e-15);
    const Values product = hessian_vector_product(rosenbrock, x, v);
    const auto size = static_cast<Eigen::Index>(n);
    CHECK(difference(Eigen::Map<const Eigen::VectorXd>(product.data(), size),
                     expected * Eigen::Map<const Eigen::VectorXd>(v.data(), size)) < 1e-14);
    CHECK(laplacian(rosenbrock, x) == Catch::Approx(expected.trace()));
  }
}

TEST_CASE("the Hessian of a log-sum-exp is diag(p) - p p'") {
  const Eigen::Vector4d x(0.3, -1, 2, 0.5);
  const auto f = [](const auto& at) { return log_sum_exp(at); };
  const Eigen::Vector4d p = gradient(f, x);
  const Eigen::Matrix4d expected = Eigen::Matrix4d(p.asDiagonal()) - p * p.transpose();
  CHECK(difference(hessian(f, x), expected) < 1e-15);
}

TEST_CASE("Euler: for f homogeneous of degree 3, x . grad f = 3 f and H x = 2 grad f") {
  for (unsigned seed = 0; seed < 50; ++seed) {
    const Values x = random_numbers(4, seed, 0.5, 2);
    const auto f = [](const auto& at) {
      return hypot(at[0], at[1]) * square(at[2]) * sqrt(at[3] / at[1]) + norm(at) * dot(at, at) * sqrt(at[2] / at[3]) -
             cube(at[1]) * exp2(at[0] / at[2]) + pow(at[0], 1.5) * at[1] * sqrt(at[2]) * tanh(at[1] / at[3]);
    };
    const auto [value, slopes] = value_and_gradient(f, x);
    CHECK(directional_derivative(f, x, x) == Catch::Approx(3 * value));
    const Values product = hessian_vector_product(f, x, x);
    for (std::size_t i = 0; i < 4; ++i) CHECK(product[i] == Catch::Approx(2 * slopes[i]).margin(1e-12));
  }
}

TEST_CASE("the chain rule through a pair of inverses gives the identity") {
  const auto inverse_pairs = [](const auto& x) {
    using T = std::remove_cvref_t<decltype(x[0])>;
    return std::array<T, 12>{log(exp(x[0])),    expm1(log1p(x[0])), sin(asin(x[0])),      tan(atan(x[0])),
                             sinh(asinh(x[0])), tanh(atanh(x[0])),  square(sqrt(x[0])),   cube(cbrt(x[0])),
                             cos(acos(x[0])),   log2(exp2(x[0])),   reciprocal(1 / x[0]), pow(pow(x[0], 3), 1 / 3.0)};
  };
  for (const double at : {0.01, 0.3, 0.5, 0.9}) {
    const auto first = jacobian(inverse_pairs, std::array<double, 1>{at});
    for (Eigen::Index i = 0; i < first.rows(); ++i) {
      CAPTURE(at, i);
      CHECK(first(i) == Catch::Approx(1).epsilon(1e-13));
      const auto one = [&](const auto& x) { return inverse_pairs(x)[static_cast<std::size_t>(i)]; };
      CHECK(std::abs(hessian(one, Values{at})(0)) < 1e-11 / at);
      CHECK(std::abs(laplacian(one, Values{at})) < 1e-11 / at);
    }
  }
}

TEST_CASE("derivatives of different sizes throw and name the operation and both sizes") {
  const auto f = [](const auto& x) { return x[0] * x[1]; };
  const auto map = [](const auto& x) { return std::vector{x[0], x[1], x[0]}; };
  const Values x{1, 2}, three{1, 2, 3};
  CHECK_THROWS_WITH(jvp(f, x, three), ContainsSubstring("jvp") && ContainsSubstring("2 and 3"));
  CHECK_THROWS_WITH(vjp(map, x, x), ContainsSubstring("vjp") && ContainsSubstring("3 and 2"));
  CHECK_THROWS_WITH(hessian_vector_product(f, x, three),
                    ContainsSubstring("hessian_vector_product") && ContainsSubstring("2 and 3"));
  CHECK_THROWS_WITH(divergence(map, x), ContainsSubstring("divergence") && ContainsSubstring("2 and 3"));
  CHECK_THROWS_AS(directional_derivative(f, x, three), ShapeError);
}

TEST_CASE("what f throws passes through, and NaN is an answer") {
  const auto throws = [](const auto& x) {
    if (x[0] > 0) throw std::runtime_error("no");
    return x[0];
  };
  CHECK_THROWS_WITH(gradient(throws, Values{1}), "no");
  CHECK_THROWS_WITH(hessian(throws, Values{1}), "no");
  CHECK(std::isnan(gradient([](const auto& x) { return log(x[0]); }, Values{-1})[0]));
}

TEST_CASE("derivative(f, x) is that of a function of one number, and nests") {
  const auto f = [](const auto& x) { return sin(x) / x; };
  CHECK(derivative(f, 3.0) == Catch::Approx(std::cos(3.0) / 3 - std::sin(3.0) / 9));
  CHECK(value_and_derivative(f, 3.0).value == Catch::Approx(std::sin(3.0) / 3));
  CHECK(second_derivative([](auto x) { return x * x * x; }, 2) == 12);
  CHECK(derivative([](auto x) { return x * x; }, 3) == 6);
  CHECK(derivative([](auto) { return 4; }, 3.0) == 0);
  STATIC_REQUIRE(std::is_same_v<decltype(derivative(f, 3.0F)), float>);
  STATIC_REQUIRE(std::is_same_v<decltype(derivative(f, 3)), double>);
  const Dual<double> moving(3, 1);
  CHECK(derivative([](auto x) { return exp(2 * x); }, moving).tangent() == Catch::Approx(4 * std::exp(6.0)));
}
