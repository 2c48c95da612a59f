#include "support/catch.hpp"

#include <Eigen/Dense>

#include <autodiff/autodiff.hpp>

using namespace downhill;

namespace {

using Matrix = Eigen::Matrix<Var<double>, 3, 3>;
using Vector = Eigen::Matrix<Var<double>, 3, 1>;

struct Fixture {
  Tape<double> tape;
  Eigen::Matrix3d a_values;
  Eigen::Vector3d b_values;
  Matrix a;
  Vector b;
  Fixture() {
    a_values << 4, 1, -2, 0.5, 3, 1, -1, 2, 5;
    b_values << 1, -2, 3;
    for (Eigen::Index i = 0; i < 3; ++i) {
      for (Eigen::Index j = 0; j < 3; ++j) a(i, j) = tape.variable(a_values(i, j));
      b(i) = tape.variable(b_values(i));
    }
  }
};

}  // namespace

TEST_CASE("Eigen matrices of Vars have the gradients of matrix calculus", "[eigen]") {
  Fixture f;
  SECTION("b' A b has the gradients b b' and (A + A') b") {
    const Var<double> y = f.b.dot(f.a * f.b);
    const auto gradient = f.tape.gradient(y);
    const Eigen::Vector3d by_b = (f.a_values + f.a_values.transpose()) * f.b_values;
    for (Eigen::Index i = 0; i < 3; ++i) {
      CHECK(gradient[f.b(i)] == Catch::Approx(by_b(i)));
      for (Eigen::Index j = 0; j < 3; ++j) CHECK(gradient[f.a(i, j)] == Catch::Approx(f.b_values(i) * f.b_values(j)));
    }
  }
  SECTION("the determinant has the gradient det(A) inverse(A)'") {
    const auto gradient = f.tape.gradient(f.a.determinant());
    const Eigen::Matrix3d expected = f.a_values.determinant() * f.a_values.inverse().transpose();
    for (Eigen::Index i = 0; i < 3; ++i)
      for (Eigen::Index j = 0; j < 3; ++j) CHECK(gradient[f.a(i, j)] == Catch::Approx(expected(i, j)));
  }
  SECTION("a solve by LU has the gradient -inverse(A)' w x' along A for w' x") {
    const Vector x = f.a.partialPivLu().solve(f.b);
    const Eigen::Vector3d w(1, 2, -1), solution = f.a_values.partialPivLu().solve(f.b_values);
    const auto gradient = f.tape.gradient(w.dot(x));
    const Eigen::Vector3d by_b = f.a_values.transpose().partialPivLu().solve(w);
    for (Eigen::Index i = 0; i < 3; ++i) {
      CHECK(x(i).value() == Catch::Approx(solution(i)));
      CHECK(gradient[f.b(i)] == Catch::Approx(by_b(i)));
      for (Eigen::Index j = 0; j < 3; ++j) CHECK(gradient[f.a(i, j)] == Catch::Approx(-by_b(i) * solution(j)));
    }
  }
}

TEST_CASE("matrices of Vars mix with matrices of numbers and with numbers", "[eigen]") {
  Fixture f;
  const Vector y = 2.0 * (f.a_values * f.b) + f.b * 0.5 - f.b / 4.0;
  const Var<double> total = y.sum() + f.b.squaredNorm() + f.b.norm();
  const auto gradient = f.tape.gradient(total);
  const double norm = f.b_values.norm();
  for (Eigen::Index i = 0; i < 3; ++i)
    CHECK(gradient[f.b(i)] ==
          Catch::Approx(2 * f.a_values.col(i).sum() + 0.25 + 2 * f.b_values(i) + f.b_values(i) / norm));
}

TEST_CASE("elementwise functions, reductions and dynamic sizes work on Vars", "[eigen]") {
  Tape<double> tape;
  Eigen::Matrix<Var<double>, Eigen::Dynamic, Eigen::Dynamic> m(4, 5);
  for (Eigen::Index i = 0; i < m.size(); ++i) m(i) = tape.variable(0.1 * static_cast<double>(i) - 0.7);
  const Var<double> y = (m.transpose() * m).trace() + m.array().abs().maxCoeff() + m.array().tanh().sum();
  const auto gradient = tape.gradient(y);
  for (Eigen::Index i = 0; i < m.size(); ++i) {
    const double v = m(i).value(), s = 1 / std::cosh(v);
    CHECK(gradient[m(i)] == Catch::Approx(2 * v + s * s + (i == m.size() - 1 ? 1.0 : 0.0)));
  }
}
