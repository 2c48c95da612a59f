// Derivatives along a direction, and products with the Hessian, of sums over samples in lanes: beside nested numbers.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include <autodiff/descent/diagnosis.hpp>
#include <autodiff/program.hpp>
#include <autodiff/threads.hpp>
#include <support/catch.hpp>
#include <support/numbers.hpp>
#include <support/random_program.hpp>

using namespace downhill;
using test::scattered;

namespace {

struct Second {
  double tangent = 0;
  std::vector<double> product;
};
// By nested numbers on a tape, sample after sample; the tangent by forward mode.
template <class F>
Second nested(const F& f, const std::vector<double>& w, const std::vector<double>& v, std::span<const double> rows,
              std::size_t per_sample) {
  Second found{0, std::vector<double>(w.size())};
  Tape<Dual<double>> tape;
  std::vector<Dual<double>> moving;
  for (std::size_t i = 0; i < w.size(); ++i) moving.push_back({w[i], v[i]});
  std::vector<Var<Dual<double>>> of_w;
  for (std::size_t i = 0; i < rows.size(); i += per_sample) {
    const auto sample = rows.subspan(i, per_sample);
    tape.clear();
    tape.variables(moving, of_w);
    const std::vector<Var<Dual<double>>> on_tape(sample.begin(), sample.end());
    const Var<Dual<double>> result = f(of_w, on_tape);
    found.tangent += f(moving, std::vector<Dual<double>>(sample.begin(), sample.end())).tangent();
    if (!result.is_active()) continue;
    const auto swept = tape.gradient(result).parameters();
    for (std::size_t k = 0; k < w.size(); ++k) found.product[k] += swept[k].tangent();
  }
  return found;
}

bool near(double x, double y, double scale, double tolerance = 1e-11) { return test::near(x, y, scale, tolerance); }

// A function of three numbers, over every number type that a program asks for: of one type for all rules.
template <class X>
using OfThree = X (*)(const X*);
struct Function {
  std::tuple<OfThree<double>, OfThree<Dual<double>>, OfThree<Symbol<double>>, OfThree<Var<double>>,
             OfThree<Var<Dual<double>>>>
      over;
  template <class W, class S>
  auto operator()(const W& w, const S& s) const {
    using X = std::remove_cvref_t<decltype(w[0] * s[0])>;
    const std::array<X, 3> x{w[0] * s[0], w[1] * s[1] + w[0] * w[1], w[1] + w[2] * s[0]};
    return std::get<OfThree<X>>(over)(x.data());
  }
};
void check_rule(std::string_view name, const Function& f, double low, double high) {
  const std::vector<double> w{0.7, 0.4, 0.3}, v{0.5, -0.25, 1}, rows = scattered(2 * 40, 3, low, high);
  auto sum = sum_over(rows, record(f, 3, 2));
  const Second wanted = nested(f, w, v, rows, 2);
  const std::vector<double> product = sum.hessian_vector_product(w, v);
  INFO(name << ": " << product[0] << " and " << wanted.product[0] << ", " << product[1] << " and "
            << wanted.product[1]);
  CHECK(near(sum.jvp(w, v).tangent, wanted.tangent, 1));
  for (std::size_t k = 0; k < 3; ++k) CHECK(near(product[k], wanted.product[k], 10));
}
template <class F>
void check_rule(std::string_view name, const F&) {
  const auto of = []<class X>(const X* x) { return X(F{}(x)); };
  const Function f{{of, of, of, of, of}};
  check_rule(name, f, 0.1, 0.9);
  check_rule(name, f, -2, 2);
}

}  // namespace

TEST_CASE("2,000 random programs have the tangents and Hessian-vector products of nested numbers") {
  std::size_t smooth = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const std::size_t parameters = 1 + seed % 4, per_sample = 1 + seed % 3, steps = 4 + seed % 17;
    const auto f = [=](const auto& w, const auto& s) { return random_program::make(w, s, seed, steps); };
    ProgramOptions options = seed % 11 == 10 ? ProgramOptions::none() : ProgramOptions{};
    options.variants = seed % 5 == 0 ? 2 : 12;
    const std::vector<double> w = scattered(parameters, seed), v = scattered(parameters, seed + 2),
                              rows = scattered(per_sample * (20 + seed % 9), seed + 1);
    const auto program = record(f, parameters, per_sample, options);
    auto sum = sum_over(rows, program);
    const Second wanted = nested(f, w, v, rows, per_sample);
    const auto along = sum.jvp(w, v);
    const std::vector<double> product = sum.hessian_vector_product(w, v);
    INFO(seed << ": " << along.tangent << " and " << wanted.tangent << ", " << product[0] << " and "
              << wanted.product[0]);
    REQUIRE(along.value == sum.value(w));
    REQUIRE(near(along.tangent, wanted.tangent, 10));
    // At a kink nested numbers are NaN, and the product is the limit that a function has.
    const auto whole = [&](const auto& x) {
      using X = std::remove_cvref_t<decltype(x[0])>;
      X total(0);
      for (std::size_t i = 0; i < rows.size(); i += per_sample)
        total = total + f(x, std::vector<X>(rows.begin() + static_cast<std::ptrdiff_t>(i),
                                            rows.begin() + static_cast<std::ptrdiff_t>(i + per_sample)));
      return total;
    };
    const bool is_smooth = std::ranges::all_of(wanted.product, [](double x) { return std::isfinite(x); });
    const std::vector<double> limit = is_smooth ? wanted.product : hessian_vector_product(whole, w, v);
    for (std::size_t k = 0; k < parameters; ++k) {
      // The tape folds x - x, so that a kink there is none; the program of one sample knows it as one, too.
      double one_by_one = 0;
      for (std::size_t i = 0; i < rows.size() && std::isnan(product[k]); i += per_sample)
        one_by_one += program.hessian_vector_product(w, std::span(rows).subspan(i, per_sample), v)[k];
      INFO(limit[k] << " as a limit");
      REQUIRE((near(product[k], wanted.product[k], 100) || near(product[k], limit[k], 100, 1e-6) ||
               (std::isnan(product[k]) && std::isnan(one_by_one))));
    }
    smooth += std::isfinite(product[0]) ? 1U : 0U;
  }
  CHECK(smooth > 1000);
}

TEST_CASE("every rule has the tangents and Hessian-vector products of nested numbers") {
  RulesOfArity<1>::for_each([]<class Rule>(std::type_identity<Rule>) {
    check_rule(Rule::name, [](const auto* x) { return apply<Rule>(x[0]); });
  });
  RulesOfArity<2>::for_each([]<class Rule>(std::type_identity<Rule>) {
    check_rule(Rule::name, [](const auto* x) { return apply<Rule>(x[0], x[1]); });
    check_rule(Rule::name, [](const auto* x) { return apply<Rule>(x[0], 0.75); });
    check_rule(Rule::name, [](const auto* x) { return apply<Rule>(1.25, x[0]); });
  });
  RulesOfArity<3>::for_each([]<class Rule>(std::type_identity<Rule>) {
    check_rule(Rule::name, [](const auto* x) { return apply<Rule>(x[0], x[1], x[2]); });
  });
  RulesOfArity<any_number>::for_each([]<class Rule>(std::type_identity<Rule>) {
    check_rule(Rule::name, [](const auto* x) {
      using X = std::remove_cvref_t<decltype(x[0])>;
      if constexpr (requires { Rule::value(std::vector<X>{}); })
        return Rule::value(std::vector<X>{x[0], x[1], x[2], x[0]});
      else if constexpr (requires { Rule::value(std::vector<X>{}, std::vector<X>{}); })
        return Rule::value(std::vector<X>{x[0], x[1], x[2]}, std::vector<X>{x[2], x[1], X(0.5)});
      else
        return Rule::value(std::vector<X>{x[0], x[1], X(0.25), x[2]}, x[1]);
    });
  });
}

TEST_CASE("far from 0 the slope of tanh keeps its digits, and an exponential that overflows is no NaN") {
  const auto f = [](const auto& w, const auto& s) { return tanh(w[0] * s[0]); };
  for (const double x : {-30.0, -3.0, -0.75, -1e-9, 0.0, 1e-9, 0.4, 0.9, 5.0, 20.0, 300.0}) {
    const std::vector<double> rows{x}, w{1}, v{1};
    auto sum = sum_over(rows, record(f, 1, 1));
    const Second wanted = nested(f, w, v, rows, 1);
    INFO(x);
    CHECK(near(sum.jvp(w, v).tangent, wanted.tangent, 0, 1e-14));
    CHECK(near(sum.hessian_vector_product(w, v)[0], wanted.product[0], 0, 1e-13));
  }
}

TEST_CASE("at a kink that the function smooths a product with the Hessian is the limit, as that of a function is") {
  // Of the sample with s_0 = w_0: |x|^3, x^2 by way of |x|, x |x|, which has none, and |x|, whose slope jumps.
  const auto smoothed = [](const auto& w, const auto& s) {
    return cube(abs(w[0] - s[0])) + w[1] * square(abs(w[0] - s[0])) + w[0] * square(w[1]);
  };
  const auto bent = [](const auto& w, const auto& s) { return (w[0] - s[0]) * abs(w[0] - s[0]) + cube(w[1]); };
  const auto jumping = [](const auto& w, const auto& s) { return abs(w[0] - s[0]) + cube(w[1]); };
  std::vector<double> rows = scattered(50, 5);
  const std::vector<double> w{0.5, 0.25}, v{1, 2};
  rows[31] = w[0];
  double of_w0 = 0, of_w1 = 0;
  for (const double s : rows) {
    const double x = w[0] - s;
    of_w0 += (6 * std::abs(x) + 2 * w[1]) * v[0] + (2 * x + 2 * w[1]) * v[1];
    of_w1 += (2 * x + 2 * w[1]) * v[0] + 2 * w[0] * v[1];
  }
  const std::vector<double> product = sum_over(rows, record(smoothed, 2, 1)).hessian_vector_product(w, v);
  CHECK(near(product[0], of_w0, 1, 1e-9));
  CHECK(near(product[1], of_w1, 1, 1e-12));
  const std::vector<double> one = record(smoothed, 2, 1).hessian_vector_product(w, {0.5}, v);
  CHECK(near(one[0], 2 * w[1] * v[0] + 2 * w[1] * v[1], 1, 1e-9));
  CHECK(near(one[1], 2 * w[1] * v[0] + 2 * w[0] * v[1], 1, 1e-12));
  const std::vector<float> few{0.25F, 0.5F, 1};
  const std::vector<double> of_floats =
      sum_over(few, record<float>(smoothed, 2, 1)).hessian_vector_product(w, std::vector<double>{1, 0});
  CHECK(near(of_floats[0], 6 * 0.75 + 6 * w[1], 1, 1e-2));
  for (const auto& found : {sum_over(rows, record(bent, 2, 1)).hessian_vector_product(w, v),
                            sum_over(rows, record(jumping, 2, 1)).hessian_vector_product(w, v)}) {
    CHECK(std::isnan(found[0]));
    CHECK(near(found[1], 50 * 6 * w[1] * v[1], 1));
  }
}

TEST_CASE(
    "at a kink of one sample where no limit is, a product with the Hessian is NaN, and a tangent that of the table") {
  const auto f = [](const auto& w, const auto& s) { return relu(w[0] * s[0]) + abs(w[0] - s[1]) + huber(w[1], s[1]); };
  const auto program = record(f, 2, 2);
  std::vector<double> rows = scattered(2 * 100, 5);
  const std::vector<double> w{0.5, 0.25}, v{1, 2};
  CHECK(std::isfinite(sum_over(rows, program).hessian_vector_product(w, v)[0]));
  rows[61] = 0.5;
  auto sum = sum_over(rows, program);
  const Second wanted = nested(f, w, v, rows, 2);
  CHECK(std::isnan(wanted.product[0]));
  CHECK(std::isnan(sum.hessian_vector_product(w, v)[0]));
  CHECK(near(sum.hessian_vector_product(w, v)[1], wanted.product[1], 1));
  CHECK(near(sum.jvp(w, v).tangent, wanted.tangent, 1));
  CHECK(near(program.jvp(w, {rows[60], 0.5}, v).tangent,
             f(std::vector<Dual<double>>{{0.5, 1}, {0.25, 2}}, std::vector<Dual<double>>{rows[60], 0.5}).tangent(), 1));
  // Where what moves is 0, a slope that is infinite or not known contributes 0.
  const auto root = [](const auto& a, const auto& s) { return sqrt(a[0] * s[0]) * a[1]; };
  const std::vector<double> zeros{0, 1, 0, 4}, at{2, 3};
  auto of_roots = sum_over(zeros, record(root, 2, 1));
  const Second of_nested = nested(root, at, v, zeros, 1);
  for (std::size_t k = 0; k < 2; ++k) CHECK(near(of_roots.hessian_vector_product(at, v)[k], of_nested.product[k], 1));
}

TEST_CASE("weights, means, floats and threads") {
  const auto f = [](const auto& w, const auto& s) { return softplus(w[0] * s[0] + w[1]) - s[1] * tanh(w[1] * s[0]); };
  const std::vector<double> rows = scattered(2 * 5000, 5), weights = scattered(5000, 6, 0, 1), w{0.5, -1.25}, v{2, 1};
  auto mean = mean_over(rows, record(f, 2, 2), {.weights = weights});
  Second wanted{0, {0, 0}};
  double all = 0;
  for (std::size_t i = 0; i < 5000; ++i) {
    const Second one = nested(f, w, v, std::span(rows).subspan(2 * i, 2), 2);
    all += weights[i];
    wanted.tangent += weights[i] * one.tangent;
    for (std::size_t k = 0; k < 2; ++k) wanted.product[k] += weights[i] * one.product[k];
  }
  std::vector<std::vector<double>> products;
  for (const unsigned count : {1U, 2U, 8U}) {
    set_threads(count);
    products.push_back(mean.hessian_vector_product(w, v));
    products.back().push_back(mean.jvp(w, v).tangent);
  }
  set_threads(1);
  CHECK(products[0] == products[1]);
  CHECK(products[0] == products[2]);
  CHECK(near(products[0][2], wanted.tangent / all, 1));
  for (std::size_t k = 0; k < 2; ++k) CHECK(near(products[0][k], wanted.product[k] / all, 1));
  const std::vector<float> few(rows.begin(), rows.begin() + 400);
  auto of_floats = mean_over(few, record<float>(f, 2, 2));
  auto of_doubles = mean_over(std::span(rows).first(400), record(f, 2, 2));
  const std::vector<double> found = of_floats.hessian_vector_product(w, v),
                            exact = of_doubles.hessian_vector_product(w, v);
  for (std::size_t k = 0; k < 2; ++k) CHECK(near(found[k], exact[k], 1, 1e-5));
}

TEST_CASE("derivatives of a function find those of a mean over samples, and so does who asks for curvature") {
  const auto f = [](const auto& w, const auto& s) { return square(tanh(w[0] * s[0]) + w[1] - s[1]); };
  const std::vector<double> rows = scattered(2 * 300, 5), w{0.5, -1.25}, v{2, 1};
  auto mean = mean_over(rows, record(f, 2, 2));
  const auto by_hand = [&](const auto& x) {
    using X = std::remove_cvref_t<decltype(x[0])>;
    X sum(0);
    for (std::size_t i = 0; i < 300; ++i) sum = sum + f(x, std::vector<X>{X(rows[2 * i]), X(rows[2 * i + 1])}) / 300.0;
    return sum;
  };
  const auto found = hessian_vector_product(mean, w, v), wanted = hessian_vector_product(by_hand, w, v);
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(found[k] == mean.hessian_vector_product(w, v)[k]);
    CHECK(near(found[k], wanted[k], 1));
    CHECK(near(gradient(mean, w)[k], gradient(by_hand, w)[k], 1));
  }
  CHECK(jvp(mean, w, v).tangent == mean.jvp(w, v).tangent);
  CHECK(near(jvp(mean, w, v).tangent, jvp(by_hand, w, v).tangent, 1));
  const auto h = hessian(mean, w), of_tape = hessian(by_hand, w);
  for (Eigen::Index i = 0; i < 4; ++i) CHECK(near(h.data()[i], of_tape.data()[i], 1));
  CHECK(near(curvature(mean, w).largest, curvature(by_hand, w).largest, 1, 1e-9));
  CHECK(near(curvature(mean, w).smallest, curvature(by_hand, w).smallest, 1, 1e-9));
  CHECK_THROWS_AS(mean.jvp(w, std::vector<double>{1}), ShapeError);
  CHECK_THROWS_AS(hessian_vector_product(mean, w, std::vector<double>{1}), ShapeError);
  CHECK_THROWS_AS(mean.hessian_vector_product(std::vector<double>{1}, v), ShapeError);
}
