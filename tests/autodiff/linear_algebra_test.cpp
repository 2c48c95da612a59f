// Linear algebra: values and gradients against scalar expansions and other formulas, and, on identity, diagonal,
// triangular, singular and random matrices, against differences of values and of gradients.

#include <autodiff/linear_algebra.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <autodiff/inspect/trace/autopsy.hpp>
#include <autodiff/inspect/trace/trace.hpp>
#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::Grid;
using test::scattered;
using Values = std::vector<double>;

namespace {

// ---- the same in scalars, by other formulas

template <class X>
Grid<X> minor_of(const Grid<X>& a, std::size_t row, std::size_t column) {
  return {a.rows - 1, a.rows - 1,
          [&](std::size_t i, std::size_t j) { return a(i + (i >= row ? 1 : 0), j + (j >= column ? 1 : 0)); }};
}
template <class X>
X by_cofactors(const Grid<X>& a) {
  if (a.rows == 1) return a(0, 0);
  X sum(0);
  for (std::size_t j = 0; j < a.rows; ++j) {
    const X term = a(0, j) * by_cofactors(minor_of(a, 0, j));
    sum = j % 2 == 0 ? sum + term : sum - term;
  }
  return sum;
}
template <class X>
Grid<X> inverse_by_cofactors(const Grid<X>& a) {
  const X whole = by_cofactors(a);
  return {a.rows, a.rows, [&](std::size_t i, std::size_t j) {
            const X cofactor = a.rows == 1 ? X(1) : by_cofactors(minor_of(a, j, i));
            return ((i + j) % 2 == 0 ? cofactor : -cofactor) / whole;
          }};
}
template <class X>
Grid<X> times(const Grid<X>& a, const Grid<X>& b) {
  return {a.rows, b.columns, [&](std::size_t i, std::size_t j) {
            X sum(0);
            for (std::size_t k = 0; k < a.columns; ++k) sum = sum + a(i, k) * b(k, j);
            return sum;
          }};
}
template <class X>
Grid<X> transposed(const Grid<X>& a) {
  return {a.columns, a.rows, [&](std::size_t i, std::size_t j) { return a(j, i); }};
}
template <class X>
Grid<X> one_number(const X& x) {
  return {1, 1, [&](std::size_t, std::size_t) { return x; }};
}

// ---- differences

const double sqrt_of_rounding = 6e-6;

struct Case {
  std::string name;
  std::size_t rows, columns;
  Values at;
};
Values diagonal(const Values& d) {
  Values m(d.size() * d.size());
  for (std::size_t i = 0; i < d.size(); ++i) m[i * d.size() + i] = d[i];
  return m;
}
const Values symmetric{5, 1, -0.5, 1, 4, 0.7, -0.5, 0.7, 3};
std::vector<Case> square_cases() {
  return {{"identity", 3, 3, diagonal({1, 1, 1})},
          {"diagonal", 3, 3, diagonal({2, 0.5, 3})},
          {"lower triangular", 3, 3, {2, 0, 0, 1, 3, 0, -1, 0.5, 1}},
          {"upper triangular", 3, 3, {1, 2, 3, 0, 2, -1, 0, 0, 4}},
          {"permutation", 3, 3, {0, 1, 0, 0, 0, 1, 1, 0, 0}},
          {"symmetric", 3, 3, symmetric},
          {"random", 4, 4, scattered(16, 5)},
          {"one number", 1, 1, {2.5}}};
}

/// f(A) of any number type, a Var<T> of a VarMatrix<T>, at A: its gradient is that of differences, in forward mode too,
/// and its second derivatives are those of differences of gradients.
template <class F>
void check_by_differences(const Case& c, F&& f, bool second = true) {
  CAPTURE(c.name);
  const auto value = [&](const Values& x) {
    return f(VarMatrix<double>::constant(std::span<const double>(x), c.rows, c.columns)).value();
  };
  const auto gradient = [&](const Values& x) {
    Tape<double> tape;
    const auto swept = tape.gradient(f(parameters(tape, x, c.rows, c.columns)));
    return Values(swept.parameters().begin(), swept.parameters().end());
  };
  const Values slopes = gradient(c.at);
  for (std::size_t k = 0; k < c.at.size(); ++k) {
    Values up = c.at, down = c.at;
    up[k] += sqrt_of_rounding, down[k] -= sqrt_of_rounding;
    const double width = up[k] - down[k];
    CAPTURE(k);
    CHECK(slopes[k] == Catch::Approx((value(up) - value(down)) / width).epsilon(1e-7).margin(1e-7));

    Tape<Dual<double>> tape;
    std::vector<Dual<double>> moving(c.at.begin(), c.at.end());
    moving[k] = Dual<double>(c.at[k], 1);
    const auto y = f(parameters(tape, std::span<const Dual<double>>(moving), c.rows, c.columns));
    CHECK(y.value().tangent() == Catch::Approx(slopes[k]).epsilon(1e-11).margin(1e-11));
    if (!second) continue;
    const auto swept = tape.gradient(y);
    const Values above = gradient(up), below = gradient(down);
    for (std::size_t l = 0; l < slopes.size(); ++l)
      CHECK(swept.parameters()[l].tangent() == Catch::Approx((above[l] - below[l]) / width).epsilon(1e-6).margin(1e-6));
  }
}

const auto weighed = [](const auto& m) { return block_check::weighed(block_check::grid(m)); };
template <class T>
VarMatrix<T> right_side(std::size_t rows) {
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> b(static_cast<Eigen::Index>(rows), 2);
  for (Eigen::Index i = 0; i < b.rows(); ++i) b(i, 0) = T(1.0 + 0.3 * double(i)), b(i, 1) = T(0.5 * double(i) - 1.0);
  return VarMatrix<T>(b);
}

}  // namespace

TEST_CASE("solve, inverse and the determinants are their scalar expansions") {
  for (const std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{4}}) {
    block_check::check(
        {{n, n}, {n, 3}}, [](const auto& x) { return solve(x[0], x[1]); },
        [](const auto& x) { return times(inverse_by_cofactors(x[0]), x[1]); });
    block_check::check(
        {{n, n}}, [](const auto& x) { return inverse(x[0]); },
        [](const auto& x) { return inverse_by_cofactors(x[0]); });
    block_check::check(
        {{n, n}}, [](const auto& x) { return VarMatrix(determinant(x[0])); },
        [](const auto& x) { return one_number(by_cofactors(x[0])); });
    block_check::check(
        {{n, n}}, [](const auto& x) { return VarMatrix(log_determinant(x[0])); },
        [](const auto& x) { return one_number(log(abs(by_cofactors(x[0])))); });
  }
}

TEST_CASE("cholesky and solve_least_squares are their scalar expansions") {
  block_check::check(
      {{3, 5}}, [](const auto& x) { return cholesky(product(x[0], x[0].transpose())); },
      []<class X>(const std::vector<Grid<X>>& x) {
        const Grid<X> a = times(x[0], transposed(x[0]));
        const X l00 = sqrt(a(0, 0)), l10 = a(1, 0) / l00, l20 = a(2, 0) / l00;
        const X l11 = sqrt(a(1, 1) - l10 * l10), l21 = (a(2, 1) - l20 * l10) / l11;
        const X l22 = sqrt(a(2, 2) - l20 * l20 - l21 * l21);
        const std::array<X, 9> l{l00, X(0), X(0), l10, l11, X(0), l20, l21, l22};
        return Grid<X>(3, 3, [&](std::size_t i, std::size_t j) { return l[3 * i + j]; });
      });
  block_check::check(  // the normal equations
      {{6, 3}, {6, 2}}, [](const auto& x) { return solve_least_squares(x[0], x[1]); },
      [](const auto& x) {
        return times(inverse_by_cofactors(times(transposed(x[0]), x[0])), times(transposed(x[0]), x[1]));
      });
  block_check::check(  // fewer rows than columns: X = A' (A A')^-1 B
      {{2, 4}, {2, 3}}, [](const auto& x) { return solve_least_squares(x[0], x[1]); },
      [](const auto& x) {
        return times(transposed(x[0]), times(inverse_by_cofactors(times(x[0], transposed(x[0]))), x[1]));
      });
}

TEST_CASE("first and second derivatives are those of differences on special matrices too") {
  for (const Case& c : square_cases()) {
    check_by_differences(c, []<class T>(const VarMatrix<T>& a) { return weighed(solve(a, right_side<T>(a.rows()))); });
    check_by_differences(c, [](const auto& a) { return weighed(inverse(a)); });
    check_by_differences(c, [](const auto& a) { return determinant(a); });
    check_by_differences(c, [](const auto& a) { return log_determinant(a); });
    check_by_differences(
        c, []<class T>(const VarMatrix<T>& a) { return weighed(solve_least_squares(a, right_side<T>(a.rows()))); });
    // Functions of the spectrum that are smooth wherever eigenvalues are equal.
    check_by_differences(c, [](const auto& a) { return sum(exp(eigenvalues_symmetric(a))); }, false);
    check_by_differences(c, [](const auto& a) { return sum(square(singular_values(a))); }, false);
    if (c.name == "symmetric" || c.name == "diagonal" || c.name == "random" || c.name == "one number") {
      check_by_differences(c, [](const auto& a) { return weighed(eigenvalues_symmetric(a)); });
      check_by_differences(c, [](const auto& a) { return weighed(singular_values(a)); });
    }
    if (c.name == "identity" || c.name == "symmetric" || c.name == "diagonal" || c.name == "one number")
      check_by_differences(c, [](const auto& a) { return weighed(cholesky(a)); });
  }
  for (const Case& c : {Case{"tall", 4, 2, {1, 0, 0, 1, 0, 0, 0, 0}}, Case{"wide", 2, 3, {1, 0, 0, 0, 2, 0}},
                        Case{"tall, random", 5, 3, scattered(15, 3)}, Case{"wide, random", 2, 5, scattered(10, 4)}}) {
    check_by_differences(
        c, []<class T>(const VarMatrix<T>& a) { return weighed(solve_least_squares(a, right_side<T>(a.rows()))); });
    if (c.name != "tall") check_by_differences(c, [](const auto& a) { return weighed(singular_values(a)); });
  }
}

TEST_CASE("the gradient of a determinant is the adjugate, of singular matrices too") {
  for (const Case& c :
       {Case{"rank 2", 3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9}}, Case{"a zero row", 3, 3, {1, 2, 3, 0, 0, 0, 4, 5, 7}},
        Case{"a zero column", 3, 3, {0, 1, 2, 0, 3, 4, 0, 5, 7}}, Case{"rank 1", 3, 3, {1, 2, 3, 2, 4, 6, 3, 6, 9}},
        Case{"zeros", 3, 3, Values(9)}, Case{"zero", 1, 1, {0}}, Case{"zeros, 2 x 2", 2, 2, Values(4)},
        Case{"rank 2 of 4", 4, 4, diagonal({1, 0, 2, 0})}}) {
    CAPTURE(c.name);
    check_by_differences(c, [](const auto& a) { return determinant(a); });
    Tape<double> tape;
    const auto a = parameters(tape, c.at, c.rows, c.rows);
    const auto swept = tape.gradient(determinant(a)), expected = tape.gradient(by_cofactors(block_check::grid(a)));
    for (std::size_t k = 0; k < c.at.size(); ++k)
      CHECK(swept.parameters()[k] == Catch::Approx(expected.parameters()[k]).epsilon(1e-14).margin(1e-14));
  }
  const Values wide = diagonal({1e200, 1e-200, 1e-200, 1e200, 3});
  CHECK(determinant(VarMatrix<double>::constant(std::span<const double>(wide), 5, 5)).value() == Catch::Approx(3));
}

TEST_CASE("an eigenvalue moves as the root of the characteristic polynomial does") {
  Tape<double> tape;
  const auto a = parameters(tape, symmetric, 3, 3);
  const auto values = eigenvalues_symmetric(a);
  for (std::size_t k = 0; k < 3; ++k) {
    const double value = values(k, 0).value();
    if (k > 0) CHECK(value >= values(k - 1, 0).value());
    Tape<double> other;
    Values shifted = symmetric;
    for (std::size_t i = 0; i < 3; ++i) shifted[4 * i] -= value;
    const auto b = parameters(other, shifted, 3, 3);
    const Var<double> polynomial = by_cofactors(block_check::grid(b));
    CHECK(polynomial.value() == Catch::Approx(0).margin(1e-12));
    const Eigen::Matrix3d adjugate = other.gradient(polynomial)[b];
    CHECK(tape.gradient(values(k, 0))[a].isApprox(adjugate / adjugate.trace(), 1e-12));
  }
  // The singular values of a matrix are the roots of the eigenvalues of A' A.
  Tape<double> of_singular;
  const auto m = parameters(of_singular, scattered(12, 8), 4, 3);
  const auto s = singular_values(m), squares = eigenvalues_symmetric(product(m.transpose(), m));
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(square(s(k, 0)).value() == Catch::Approx(squares(2 - k, 0).value()));
    CHECK(of_singular.gradient(square(s(k, 0)))[m].isApprox(of_singular.gradient(squares(2 - k, 0))[m], 1e-12));
  }
}

TEST_CASE("where eigenvalues are equal a second derivative that exists is right or NaN, and never another number") {
  const auto curvature = [](auto&& f, std::size_t along, std::size_t of) {
    Tape<Dual<double>> tape;
    std::vector<Dual<double>> moving{1, 0, 0, 1};
    moving[along] = Dual<double>(moving[along].value(), 1);
    const auto swept = tape.gradient(f(parameters(tape, std::span<const Dual<double>>(moving), 2, 2)));
    return swept.parameters()[of].tangent();
  };
  const auto norm = [](const auto& a) { return sum(square(eigenvalues_symmetric(a))); };  // |(A + A') / 2|²
  CHECK(curvature(norm, 0, 0) == 2);
  CHECK(curvature(norm, 0, 3) == 0);
  CHECK(std::isnan(curvature(norm, 1, 1)));  // 1
  const auto singular = [](const auto& a) { return sum(square(singular_values(a))); };
  const double found = curvature(singular, 1, 1);
  CHECK((std::isnan(found) || found == 2));
}

TEST_CASE("a singular value of 0 has slope 0, and what is not finite makes all values NaN") {
  Tape<double> tape;
  const auto zero = parameters(tape, Values(4), 2, 2);
  CHECK(tape.gradient(sum(singular_values(zero)))[zero].isZero());
  const Values bad{1, std::numeric_limits<double>::quiet_NaN(), 0, 1};
  const auto nan = VarMatrix<double>::constant(std::span<const double>(bad), 2, 2);
  CHECK(std::isnan(determinant(nan).value()));
  CHECK(eigenvalues_symmetric(nan).value().array().isNaN().all());
  CHECK(singular_values(nan).value().array().isNaN().all());
  CHECK(solve_least_squares(nan, nan).value().array().isNaN().all());
  const Values singular{1, 2, 2, 4}, ones{1, 1}, indefinite{1, 2, 2, 1};
  const auto s = VarMatrix<double>::constant(std::span<const double>(singular), 2, 2);
  CHECK_FALSE(inverse(s).value().allFinite());
  CHECK_FALSE(solve(s, VarMatrix<double>::constant(std::span<const double>(ones), 2, 1)).value().allFinite());
  CHECK(log_determinant(s).value() == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(cholesky(VarMatrix<double>::constant(std::span<const double>(indefinite), 2, 2))(1, 1).value()));
}

TEST_CASE("least squares of a lower rank is the least solution, and its gradient that at the same rank") {
  // A = u v' as its rank is kept by moving u and v: X = v (u' b) / (|u|² |v|²).
  Tape<double> tape;
  const auto u = parameters(tape, Values{1, 2, -1}, 3, 1), v = parameters(tape, Values{0.5, 1}, 2, 1);
  const auto b = parameters(tape, Values{1, 0, 2}, 3, 1);
  const auto x = solve_least_squares(product(u, v.transpose()), b);
  const auto expected = product(v, product(u.transpose(), b)) / (sum(square(u)) * sum(square(v)));
  CHECK(x.value().isApprox(expected.value(), 1e-14));
  const auto swept = tape.gradient(weighed(x)), by_formula = tape.gradient(weighed(expected));
  for (std::size_t k = 0; k < 8; ++k)
    CHECK(swept.parameters()[k] == Catch::Approx(by_formula.parameters()[k]).epsilon(1e-12).margin(1e-12));
}

TEST_CASE("columns of very different units are not taken for dependent ones") {
  const Values a{1, 1e-20, 1, 2e-20, 1, 3e-20}, b{1, 2, 3};
  const auto x = solve_least_squares(VarMatrix<double>::constant(std::span<const double>(a), 3, 2),
                                     VarMatrix<double>::constant(std::span<const double>(b), 3, 1))
                     .value();
  CHECK(x(0, 0) == Catch::Approx(0).margin(1e-13));
  CHECK(x(1, 0) == Catch::Approx(1e20));
}

TEST_CASE("a matrix that is not square, or does not fit, is a ShapeError with its shape", "[misuse]") {
  const VarMatrix<double> wide(Eigen::MatrixXd::Ones(2, 3)), square(Eigen::MatrixXd::Identity(2, 2));
  const auto message = [](auto&& action) -> std::string {
    try {
      static_cast<void>(action());
    } catch (const ShapeError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message([&] { return inverse(wide); }) == "inverse: the matrix is 2 x 3; it must be square");
  CHECK(message([&] { return determinant(wide); }) == "determinant: the matrix is 2 x 3; it must be square");
  CHECK(message([&] { return log_determinant(wide); }) == "log_determinant: the matrix is 2 x 3; it must be square");
  CHECK(message([&] { return cholesky(wide); }) == "cholesky: the matrix is 2 x 3; it must be square");
  CHECK(message([&] { return eigenvalues_symmetric(wide); }) ==
        "eigenvalues_symmetric: the matrix is 2 x 3; it must be square");
  CHECK(message([&] { return solve(wide, square); }) == "solve: the matrix is 2 x 3; it must be square");
  CHECK(message([&] { return solve(square, wide.transpose()); }) ==
        "solve: 2 x 2 and 3 x 2; both must have the same number of rows");
  CHECK(message([&] { return solve_least_squares(square, wide.transpose()); }) ==
        "solve_least_squares: 2 x 2 and 3 x 2; both must have the same number of rows");
}

TEST_CASE("empty matrices have a determinant of 1 and nothing else") {
  const VarMatrix<double> none(Eigen::MatrixXd(0, 0)), right(Eigen::MatrixXd(0, 2)), tall(Eigen::MatrixXd(3, 0));
  CHECK(determinant(none).value() == 1);
  CHECK(log_determinant(none).value() == 0);
  CHECK(inverse(none).size() == 0);
  CHECK(cholesky(none).size() == 0);
  CHECK(solve(none, right).columns() == 2);
  CHECK(eigenvalues_symmetric(none).rows() == 0);
  CHECK(singular_values(tall).rows() == 0);
  CHECK(solve_least_squares(tall, VarMatrix<double>(Eigen::MatrixXd::Ones(3, 2))).rows() == 0);
  CHECK(solve_least_squares(VarMatrix<double>(Eigen::MatrixXd(0, 2)), right).value() == Eigen::MatrixXd::Zero(2, 2));
}

TEST_CASE("the blocks of large matrices agree with each other") {
  Tape<double> tape;
  const std::size_t n = 80;
  const auto a = parameters(tape, scattered(n * n, 3), n, n);
  const auto p = product(a, a.transpose());
  const auto l = cholesky(p);
  Var<double> of_l(0.0);
  for (std::size_t i = 0; i < n; ++i) of_l += 2 * log(l(i, i));
  const auto by_eigenvalues = sum(log(eigenvalues_symmetric(p))), whole = log_determinant(p);
  const auto by_singular = 2 * sum(log(singular_values(a)));
  const auto expected = tape.gradient(2 * log_determinant(a))[a];
  for (const auto& y : {of_l, by_eigenvalues, whole, by_singular}) {
    CHECK(y.value() == Catch::Approx(whole.value()).epsilon(1e-10));
    CHECK(tape.gradient(y)[a].isApprox(expected, 1e-8));
  }
  CHECK(product(a, inverse(a)).value().isIdentity(1e-9));
  CHECK(product(a, solve(a, p)).value().isApprox(p.value(), 1e-9));
}

TEST_CASE("a trace names the blocks, and the autopsy finds the singular one") {
  Tape<double> tape;
  inspect::Trace trace(tape);
  const auto a = parameters(tape, Values{1, 2, 2, 4}, 2, 2, "A");
  const auto loss = sum(inverse(a));
  const inspect::Record record = trace.of(loss);
  const std::string report = inspect::report(record, inspect::autopsy(record));
  CHECK(report.find("inverse") != std::string::npos);
}
