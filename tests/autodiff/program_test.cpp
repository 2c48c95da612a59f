// Programs beside the tape: what they give, and what they refuse.

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <autodiff/constants.hpp>
#include <autodiff/descent/minimize.hpp>
#include <autodiff/descent/quasi_newton.hpp>
#include <autodiff/program.hpp>
#include <autodiff/threads.hpp>
#include <support/catch.hpp>
#include <support/numbers.hpp>
#include <support/random_program.hpp>

using namespace downhill;
using test::near, test::scattered;

namespace {

const auto line = [](const auto& w, const auto& s) { return square(w[0] * s[0] + w[1] - s[1]); };

// The sum over all samples, on a tape.
template <class T, class F>
double on_tape(const F& f, std::span<const T> w, std::span<const T> rows, std::size_t per_sample,
               std::vector<double>& gradient) {
  double value = 0;
  gradient.assign(w.size(), 0);
  Tape<T> tape;
  std::vector<Var<T>> parameters;
  for (std::size_t i = 0; i + per_sample <= rows.size(); i += per_sample) {
    tape.clear();
    tape.variables(w, parameters);
    const std::vector<Var<T>> sample(rows.begin() + static_cast<std::ptrdiff_t>(i),
                                     rows.begin() + static_cast<std::ptrdiff_t>(i + per_sample));
    const Var<T> result(f(parameters, sample));
    value += static_cast<double>(result.value());
    if (!result.is_active()) continue;
    const auto swept = tape.gradient(result);
    for (std::size_t k = 0; k < w.size(); ++k) gradient[k] += static_cast<double>(swept.parameters()[k]);
  }
  return value;
}

}  // namespace

TEST_CASE("the mean over samples and its gradient are those of the tape, and minimize descends along them") {
  const auto program = record(line, 2, 2);
  const std::vector<double> w{0.5, -1.25};
  for (const unsigned samples : {1U, 2U, 7U, 8U, 9U, 31U, 64U, 255U, 256U, 257U, 1000U, 20000U}) {
    const std::vector<double> rows = scattered(std::size_t{2} * samples, 7);
    std::vector<double> wanted, gradient(2);
    const double value = on_tape<double>(line, w, rows, 2, wanted);
    auto sum = sum_over(rows, program);
    auto mean = mean_over(rows, program);
    INFO(samples);
    CHECK(near(sum(w, gradient), value, 0, 1e-13));
    CHECK(near(gradient[0], wanted[0], std::abs(value), 1e-13));
    CHECK(near(gradient[1], wanted[1], std::abs(value), 1e-13));
    const double n = samples;
    CHECK(near(mean(w, gradient), value / n, 0, 1e-13));
    CHECK(near(gradient[0], wanted[0] / n, value / n, 1e-13));
    CHECK(near(mean.value(w), value / n, 0, 1e-13));
  }
  std::vector<double> rows;
  for (int i = 0; i < 100; ++i) rows.insert(rows.end(), {i * 0.01, 3 * (i * 0.01) - 1});
  auto loss = mean_over(rows, program);
  const Result result = minimize(loss, {0, 0}, Lbfgs{});
  CHECK(near(result.point[0], 3, 1, 1e-5));
  CHECK(near(result.point[1], -1, 1, 1e-5));
}

TEST_CASE("values, gradients, tangents and products with the Hessian of one sample") {
  const auto f = [](const auto& w, const auto& s) { return exp(w[0] * s[0]) * w[1] + tanh(w[1] * w[0]); };
  const auto program = record(f, 2, 1);
  const std::vector<double> w{0.3, -0.7}, s{1.5}, v{2, -1};
  const auto of_w = [&](const auto& x) { return f(x, s); };
  CHECK(program.value(w, s) == Catch::Approx(std::exp(0.45) * -0.7 + std::tanh(-0.21)).epsilon(1e-15));
  const auto wanted = gradient(of_w, w), found = program.gradient(w, s);
  const auto product = hessian_vector_product(of_w, w, v), its_product = program.hessian_vector_product(w, s, v);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(found[i] == Catch::Approx(wanted[i]).epsilon(1e-14));
    CHECK(its_product[i] == Catch::Approx(product[i]).epsilon(1e-14));
  }
  CHECK(program.jvp(w, s, v).tangent == Catch::Approx(jvp(of_w, w, v).tangent).epsilon(1e-14));
  CHECK(program.jvp({0.3, -0.7}, {1.5}, {2, -1}).value == program.value(w, s));
}

TEST_CASE("2,000 random programs with branches and loops have the values and gradients of the tape") {
  std::size_t branching = 0, variants = 0, on_the_tape = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const std::size_t parameters = 1 + seed % 4, per_sample = 1 + seed % 3, steps = 4 + seed % 17;
    const auto f = [=](const auto& w, const auto& s) { return random_program::make(w, s, seed, steps); };
    // All passes, none, and each of them left out.
    ProgramOptions options = seed % 11 == 10 ? ProgramOptions::none() : ProgramOptions{};
    const std::array passes{&ProgramOptions::fold_constants, &ProgramOptions::reduce_strength,
                            &ProgramOptions::join_common,    &ProgramOptions::drop_dead,
                            &ProgramOptions::hoist,          &ProgramOptions::fuse_products,
                            &ProgramOptions::join_layers,    &ProgramOptions::share_slots};
    if (seed % 11 < passes.size()) options.*passes[seed % 11] = false;
    if (seed % 7 == 0) options.lanes = seed % 3 == 0 ? 5 : 16;
    options.variants = seed % 5 == 0 ? 2 : 12;
    const auto program = record(f, parameters, per_sample, options);
    const std::vector<double> w = scattered(parameters, seed), rows = scattered(per_sample * (30 + seed % 9), seed + 1);
    std::vector<double> wanted, gradient(parameters);
    const double value = on_tape<double>(f, w, rows, per_sample, wanted);
    auto sum = sum_over(rows, program);
    for (int time = 0; time < 2; ++time) {
      const double found = sum(w, gradient);
      bool same = near(found, value, 1, 1e-12);
      for (std::size_t i = 0; i < parameters; ++i) same = same && near(gradient[i], wanted[i], 10, 1e-12);
      INFO(seed << ", evaluation " << time << ": " << found << " and " << value);
      REQUIRE(same);
    }
    const Variants uses = program.variants();
    branching += uses.size() > 1 ? 1U : 0U;
    variants += uses.size();
    on_the_tape += uses.samples_on_tape;
    std::size_t samples = uses.samples_on_tape;
    for (const VariantUse& use : uses.recorded) samples += use.samples;
    REQUIRE(samples == 2 * rows.size() / per_sample);
  }
  CHECK(branching > 500);
  CHECK(variants > 4000);
  CHECK(on_the_tape > 100);
}

TEST_CASE("samples for which a comparison goes the other way run their own variant") {
  const auto f = [](const auto& w, const auto& s) {
    if (s[0] > 1) return w[0] * s[0];
    if (w[1] > 0 && s[0] < 0) return w[1] * square(s[0]);
    return w[0] * w[1] * s[0];
  };
  const auto program = record(f, 2, 1);
  CHECK(program.variants().size() == 0);
  std::vector<double> rows;
  for (int i = 0; i < 300; ++i) rows.push_back(i % 3 == 0 ? 2 : i % 3 == 1 ? -0.5 : 0.5);
  auto sum = sum_over(rows, program);
  std::vector<double> gradient(2);
  CHECK(sum(std::vector<double>{2, 3}, gradient) == Catch::Approx(100 * (2 * 2 + 3 * 0.25 + 2 * 3 * 0.5)));
  CHECK(gradient[0] == Catch::Approx(100 * (2 + 3 * 0.5)));
  CHECK(gradient[1] == Catch::Approx(100 * (0.25 + 2 * 0.5)));
  REQUIRE(program.variants().size() == 3);
  for (const VariantUse& use : program.variants().recorded) CHECK(use.samples == 100);
  CHECK(program.variants().recorded[0].guards == 1);
  CHECK(program.variants().samples_on_tape == 0);
  // Where a parameter has crossed the branch, a variant that was recorded before is not used for any sample.
  CHECK(sum(std::vector<double>{2, -3}, gradient) == Catch::Approx(100 * (2 * 2 + 2 * -3 * -0.5 + 2 * -3 * 0.5)));
  CHECK(program.variants().size() == 4);
}

TEST_CASE("where a parameter alone crosses a branch, all samples run another variant") {
  const auto f = [](const auto& w, const auto& s) { return w[0] > 0 ? w[0] * s[0] : 5 * w[0] * s[0]; };
  const std::vector<double> rows{1, 2, 3};
  std::vector<double> gradient(1);
  auto sum = sum_over(rows, record(f, 1, 1));
  CHECK(sum(std::vector<double>{2}, gradient) == 12);
  CHECK(sum(std::vector<double>{-2}, gradient) == -60);
  CHECK(gradient[0] == 30);
  CHECK(sum(std::vector<double>{-1}, gradient) == -30);
  CHECK(sum(std::vector<double>{1}, gradient) == 6);
  CHECK(gradient[0] == 6);
}

TEST_CASE("each sample has a gradient of 0 along its own numbers where the result does not depend on them") {
  const auto f = [](const auto& w, const auto& s) { return tanh(s[0]) > 2 ? w[0] * s[0] : square(w[0]); };
  const std::vector<double> rows = scattered(100, 3), w{2};
  std::vector<double> values(100), slopes(100);
  auto each = each_over(rows, record([](const auto& v, const auto& s) { return v[0] * square(s[0]); }, 1, 1));
  each.sample_gradients(w, values, slopes);  // leaves adjoints in memory that is used again
  auto flat = each_over(rows, record(f, 1, 1));
  for (int time = 0; time < 2; ++time) {
    slopes.assign(100, 1);
    flat.sample_gradients(w, values, slopes);
    CHECK(values == std::vector<double>(100, 4));
    CHECK(slopes == std::vector<double>(100, 0));
  }
}

TEST_CASE("select, max and their like do not branch") {
  const auto f = [](const auto& w, const auto& s) {
    return select(s[0] < w[0], w[0] * s[0], square(w[0])) + max(w[0], s[0]) + abs(s[0] * w[0]) + relu(s[0] - w[0]);
  };
  const auto program = record(f, 1, 1);
  CHECK(program.variants().size() == 1);
  const std::vector<double> w{0.25}, rows = scattered(500, 3);
  std::vector<double> wanted, gradient(1);
  const double value = on_tape<double>(f, w, rows, 1, wanted);
  auto sum = sum_over(rows, program);
  CHECK(near(sum(w, gradient), value, 0, 1e-13));
  CHECK(near(gradient[0], wanted[0], 0, 1e-13));
  CHECK(program.variants().size() == 1);
}

TEST_CASE("a function that reads a value as a plain number is right for every sample") {
  const auto f = [](const auto& w, const auto& s) {
    const int turns = static_cast<int>(s[0]);
    auto product = w[0];
    for (int i = 0; i < turns; ++i) product *= w[0];
    return product;
  };
  const auto program = record(f, 1, 1, {.variants = 3});
  const std::vector<double> rows{0, 1, 2, 3, 4, 1.5, 4.25};
  std::vector<double> gradient(1);
  CHECK(sum_over(rows, program)(std::vector<double>{2}, gradient) == 2 + 4 + 8 + 16 + 32 + 4 + 32);
  CHECK(gradient[0] == 1 + 2 * 2 + 3 * 4 + 4 * 8 + 5 * 16 + 2 * 2 + 5 * 16);
  CHECK(program.variants().size() == 3);
  CHECK(program.variants().samples_on_tape == 3);
}

TEST_CASE("what std and Eigen ask of a number may be asked of a Symbol") {
  const auto f = [](const auto& w, const auto& s) {
    using X = std::remove_cvref_t<decltype(w[0] * s[0])>;
    if (isnan(s[0])) return X(w[0] * 2);
    if (!isfinite(s[0])) return X(w[0] * 3);
    if (signbit(s[0])) return X(w[0] * s[0] * std::numbers::pi_v<X>);
    Eigen::Matrix<X, 2, 1> v(w[0] * s[0], X(1)), u(X(2), w[1]);
    return X(v.dot(u) + std::numeric_limits<X>::epsilon() * w[0]);
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> rows{1, std::nan(""), infinity, -2, -0.0, 0, 5, -infinity}, w{0.5, 3};
  const auto program = record(f, 2, 1);
  std::vector<double> wanted, gradient(2);
  const double value = on_tape<double>(f, w, rows, 1, wanted);
  auto sum = sum_over(rows, program);
  CHECK(near(sum(w, gradient), value, 0, 1e-15));
  CHECK(near(gradient[0], wanted[0], 0, 1e-15));
  CHECK(near(gradient[1], wanted[1], 0, 1e-15));
  CHECK(program.variants().size() == 4);
}

TEST_CASE("a program of floats has the tape's values and gradients, in float") {
  const auto f = [](const auto& w, const auto& s) { return softplus(w[0] * s[0] + w[1]) - s[1] * tanh(w[1] * s[0]); };
  const auto program = record<float>(f, 2, 2);
  const std::vector<float> w{0.5F, -1.25F};
  std::vector<float> rows;
  for (const double x : scattered(2 * 777, 5)) rows.push_back(static_cast<float>(x));
  std::vector<double> wanted, gradient(2);
  const double value = on_tape<float>(f, w, rows, 2, wanted);
  auto sum = sum_over(rows, program);
  CHECK(near(sum(std::vector<double>{0.5, -1.25}, gradient), value, 1, 1e-5));
  CHECK(near(gradient[0], wanted[0], 10, 1e-5));
  CHECK(near(gradient[1], wanted[1], 10, 1e-5));
  CHECK(program.value(w, {1.0F, 2.0F}) == Catch::Approx(std::log1p(std::exp(-0.75)) - 2 * std::tanh(-1.25)));
}

TEST_CASE("an adjoint of 0 meets an infinite slope in any lane and contributes 0") {
  const auto f = [](const auto& w, const auto& s) {
    return select(s[0] > 0, sqrt(w[0] * s[0]), w[0] * s[0]) + max(log(w[0] * abs(s[0])), -100.0);
  };
  std::vector<double> rows = scattered(300, 2);
  for (std::size_t i = 0; i < rows.size(); i += 17) rows[i] = 0;
  const std::vector<double> w{1.5};
  std::vector<double> wanted, gradient(1);
  const double value = on_tape<double>(f, w, rows, 1, wanted);
  REQUIRE(std::isfinite(wanted[0]));
  auto sum = sum_over(rows, record(f, 1, 1));
  CHECK(near(sum(w, gradient), value, 0, 1e-12));
  CHECK(near(gradient[0], wanted[0], 0, 1e-12));
  // And what is NaN stays NaN.
  const auto g = [](const auto& v, const auto& s) { return log(v[0] * s[0]); };
  CHECK(std::isnan(sum_over(rows, record(g, 1, 1))(w, gradient)));
  CHECK(std::isnan(gradient[0]));
}

TEST_CASE("weights count samples") {
  const auto program = record(line, 2, 2);
  const std::vector<double> rows{1, 2, 3, 4, 5, 6}, weights{2, 0, 0.5}, w{0.5, 1};
  const double first = std::pow(0.5 * 1 + 1 - 2, 2), last = std::pow(0.5 * 5 + 1 - 6, 2);
  std::vector<double> gradient(2);
  CHECK(sum_over(rows, program, {.weights = weights})(w, gradient) == Catch::Approx(2 * first + 0.5 * last));
  CHECK(gradient[1] == Catch::Approx(2 * (2 * -0.5) + 0.5 * (2 * -2.5)));
  CHECK(mean_over(rows, program, {.weights = weights})(w, gradient) == Catch::Approx((2 * first + 0.5 * last) / 2.5));
}

TEST_CASE("each sample has its value and its gradient along its own numbers") {
  const auto f = [](const auto& w, const auto& s) { return s[0] < 0 ? w[0] * square(s[0]) * s[1] : log(s[0]) * s[1]; };
  const auto program = record(f, 1, 3);
  std::vector<double> rows = scattered(3 * 700, 4);
  rows[30] = 0;
  auto each = each_over(rows, program);
  std::vector<double> values(700), slopes(rows.size()), again(700);
  each.sample_gradients({0.5}, values, slopes);
  each.values({0.5}, again);
  CHECK(values == again);
  for (std::size_t i = 0; i < 700; ++i) {
    const double a = rows[3 * i], b = rows[3 * i + 1];
    CHECK(near(values[i], a < 0 ? 0.5 * a * a * b : std::log(a) * b, 0, 1e-15));
    CHECK(near(slopes[3 * i], a < 0 ? a * b : b / a, 0, 1e-15));
    CHECK(near(slopes[3 * i + 1], a < 0 ? 0.5 * a * a : std::log(a), 0, 1e-15));
    CHECK(slopes[3 * i + 2] == 0);
  }
  CHECK_THROWS_AS(each.values({0.5, 1}, values), ShapeError);
  CHECK_THROWS_AS(each.values({0.5}, slopes), ShapeError);
  CHECK_THROWS_AS(each.sample_gradients({0.5}, values, values), ShapeError);
}

TEST_CASE("the same bits for one, two and eight threads") {
  const auto f = [](const auto& w, const auto& s) {
    const auto z = tanh(w[0] * s[0] + w[1] * s[1] + w[2]);
    return z > 0.25 ? square(z - s[1]) : exp(z) * w[1];
  };
  const std::vector<double> rows = scattered(2 * 30000, 11), w{0.5, -1, 0.25};
  std::vector<std::vector<double>> results;
  for (const unsigned count : {1U, 2U, 8U}) {
    set_threads(count);
    const auto program = record(f, 3, 2);
    auto sum = sum_over(rows, program);
    for (int time = 0; time < 2; ++time) {
      std::vector<double> gradient(3);
      gradient.push_back(sum(w, gradient));
      results.push_back(gradient);
    }
  }
  set_threads(1);
  // What is recorded on the way is added in another order than in the next evaluation.
  CHECK(results[0] == results[2]);
  CHECK(results[0] == results[4]);
  CHECK(results[1] == results[3]);
  CHECK(results[1] == results[5]);
}

TEST_CASE("misuse of programs throws, and says what to do") {
  using Catch::Matchers::ContainsSubstring;
  const auto program = record(line, 2, 2);
  const std::vector<double> rows{1, 2, 3, 4, 5}, none, w{1, 2};
  CHECK_THROWS_WITH(mean_over(rows, program), ContainsSubstring("mean_over: 5 numbers are no whole rows of 2"));
  CHECK_THROWS_WITH(mean_over(none, program), ContainsSubstring("there are no samples"));
  CHECK_THROWS_WITH(program.value(w, rows), ContainsSubstring("samples of 2 numbers, and is given 5"));
  CHECK_THROWS_WITH(program.gradient(rows, w), ContainsSubstring("with 2 parameters, and is given 5"));
  CHECK_THROWS_WITH(program.jvp(w, w, rows), ContainsSubstring("the direction has 5 numbers"));
  std::vector<double> gradient(3);
  auto loss = mean_over(std::span(rows).first(4), program);
  CHECK_THROWS_AS(loss(rows, gradient), ShapeError);
  CHECK_THROWS_WITH(loss(w, gradient), ContainsSubstring("the gradient has 3 numbers"));
  const std::vector<double> weights{1};
  CHECK_THROWS_WITH(mean_over(std::span(rows).first(4), program, {.weights = weights}),
                    ContainsSubstring("1 weights for 2 samples"));
  CHECK_THROWS_WITH(mean_over(w, record([](const auto&, const auto& s) { return s[0] * 2; }, 0, 2)),
                    ContainsSubstring("0 parameters"));
  CHECK_THROWS_WITH(record([](const auto& v, const auto& s) { return v[0] * s[2]; }, 1, 2),
                    ContainsSubstring("reads input [2], but it was given 2"));
  Symbol<double> kept;
  const auto keep = [&](const auto& v, const auto& s) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(v[0])>, Symbol<double>>) kept = v[0];
    return v[0] * s[0];
  };
  record(keep, 1, 1);
  CHECK_THROWS_WITH(kept * 2, ContainsSubstring("a recording that is over"));
  const auto use = [&](const auto& v, const auto& s) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(v[0])>, Symbol<double>>)
      return v[0] * s[0] + kept;
    else
      return v[0] * s[0];
  };
  CHECK_THROWS_AS(record(use, 1, 1), TapeError);
}

TEST_CASE("a program that depends on parameters or samples alone, or on nothing") {
  const std::vector<double> rows{1, 2, 3}, w{2, 5};
  std::vector<double> gradient(2);
  CHECK(sum_over(rows, record([](const auto& v, const auto&) { return v[0] * v[1]; }, 2, 1))(w, gradient) == 30);
  CHECK(gradient == std::vector<double>{15, 6});
  CHECK(sum_over(rows, record([](const auto&, const auto& s) { return square(s[0]); }, 2, 1))(w, gradient) == 14);
  CHECK(gradient == std::vector<double>{0, 0});
  CHECK(sum_over(rows, record([](const auto& v, const auto&) { return v[1]; }, 2, 1))(w, gradient) == 15);
  CHECK(gradient == std::vector<double>{0, 3});
  CHECK(sum_over(rows, record([](const auto&, const auto& s) { return s[0]; }, 2, 1))(w, gradient) == 6);
  using S = Symbol<double>;
  CHECK(sum_over(rows, record([](const auto& v, const auto&) { return std::remove_cvref_t<decltype(v[0])>(4); }, 2, 1))(
            w, gradient) == 12);
  CHECK(S(3) * 2 == 6);
}
