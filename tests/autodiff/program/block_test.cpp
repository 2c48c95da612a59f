// Programs on a tape, beside the function that they were recorded from, step by step on the same tape.

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <type_traits>
#include <vector>

#include <autodiff/matrix.hpp>
#include <autodiff/program.hpp>
#include <autodiff/recompute.hpp>
#include <autodiff/threads.hpp>
#include <support/catch.hpp>
#include <support/numbers.hpp>
#include <support/random_program.hpp>

using namespace downhill;
using test::scattered;

namespace {

bool near(double x, double y, double scale, double tolerance = 1e-12) { return test::near(x, y, scale, tolerance); }
template <class T>
bool near(std::span<const T> x, std::span<const T> y, double tolerance = 1e-12) {
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!near(static_cast<double>(x[i]), static_cast<double>(y[i]), 10, tolerance)) {
      UNSCOPED_INFO("at " << i << ": " << x[i] << " and " << y[i] << ", " << x[i] - y[i]);
      return false;
    }
  return x.size() == y.size();
}
std::vector<double> parameters_of(const Tape<double>& tape, const Var<double>& result) {
  if (!result.is_active()) return std::vector<double>(tape.parameters().size());
  return tape.gradient(result).parameters();
}

struct Sizes {
  std::size_t parameters, per_sample, steps;
  explicit Sizes(unsigned seed) : parameters(1 + seed % 4), per_sample(1 + seed % 3), steps(4 + seed % 17) {}
};
auto random_function(unsigned seed) {
  return [seed, sizes = Sizes(seed)](const auto& w, const auto& s) {
    return random_program::make(w, s, seed, sizes.steps);
  };
}

const auto bent = [](const auto& w, const auto& s) {
  const auto z = tanh(w[0] * s[0] + w[1] * s[1]);
  return z > 0.25 ? square(z - s[1]) : exp(z) * w[1];
};

}  // namespace

TEST_CASE("a program of Vars and plain numbers, in any mixture, is one block with the gradient of its function") {
  for (unsigned seed = 0; seed < 400; ++seed) {
    const auto f = random_function(seed);
    const Sizes sizes(seed);
    const auto program = record(f, sizes.parameters, sizes.per_sample, {.variants = seed % 5 == 0 ? 0U : 16U});
    Tape<double> tape;
    const auto x = tape.variables(scattered(sizes.parameters + sizes.per_sample, seed));
    std::vector<Var<double>> w, s;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool is_active = (seed >> (i % 6)) % 2 == 0;
      (i < sizes.parameters ? w : s).push_back(is_active ? x[i] * 1.25 : Var<double>(x[i].value() * 1.25));
    }
    const std::size_t statements = tape.statements();
    const Var<double> result = sin(program(w, s));
    const bool is_any_active =
        std::ranges::any_of(w, &Var<double>::is_active) || std::ranges::any_of(s, &Var<double>::is_active);
    REQUIRE(tape.statements() == statements + (is_any_active ? 2 : 0));
    const Var<double> wanted = sin(f(w, s));
    INFO(seed);
    REQUIRE(near(result.value(), wanted.value(), 1));
    REQUIRE(near<double>(parameters_of(tape, result), parameters_of(tape, wanted)));
  }
}

TEST_CASE("one of w and s may be plain, in any kind of vector, or given in braces") {
  const auto program = record(bent, 2, 2);
  Tape<double> tape;
  const Var<double> a = tape.variable(0.5), b = tape.variable(-1.5);
  const std::vector<double> plain{0.25, 0.75};
  const std::array<Var<double>, 2> active{a, b};
  const auto gradient_of = [&](const Var<double>& y) { return parameters_of(tape, y); };
  CHECK(near<double>(gradient_of(program(active, plain)), gradient_of(bent(active, plain))));
  CHECK(near<double>(gradient_of(program(plain, active)), gradient_of(bent(plain, active))));
  CHECK(near<double>(gradient_of(program({a, b}, plain)), gradient_of(bent(active, plain))));
  CHECK(near<double>(gradient_of(program(plain, {a, b})), gradient_of(bent(plain, active))));
  CHECK(near<double>(gradient_of(program({a, 0.5}, {1.0, b})),
                     gradient_of(bent(std::vector<Var<double>>{a, 0.5}, std::vector<Var<double>>{1.0, b}))));
  CHECK(near<double>(gradient_of(program({a, a}, {b, a})),
                     gradient_of(bent(std::vector<Var<double>>{a, a}, std::vector<Var<double>>{b, a}))));
  const Eigen::Matrix<Var<double>, 2, 1> vector(a, b);
  CHECK(near<double>(gradient_of(program(vector, Eigen::Vector2d(0.25, 0.75))), gradient_of(bent(active, plain))));
  static_assert(std::is_same_v<decltype(program(plain, plain)), double>);
  CHECK(program(plain, plain) == program.value(plain, plain));
}

TEST_CASE("each row of a matrix is a sample, and what flows back reaches parameters and rows") {
  std::size_t variants = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    const auto f = random_function(seed);
    const Sizes sizes(seed);
    ProgramOptions options = seed % 7 == 0 ? ProgramOptions::none() : ProgramOptions{};
    options.variants = seed % 5 == 0 ? 1 : 12;
    const auto program = record(f, sizes.parameters, sizes.per_sample, options);
    const std::size_t n = seed % 41;
    Tape<double> tape;
    const auto w = parameters(tape, scattered(sizes.parameters, seed), sizes.parameters, 1);
    const bool is_transposed = seed % 2 == 0;
    const auto given = is_transposed ? parameters(tape, scattered(n * sizes.per_sample, seed + 1), sizes.per_sample, n)
                                     : parameters(tape, scattered(n * sizes.per_sample, seed + 1), n, sizes.per_sample);
    const auto rows = is_transposed ? given.transpose() : given;
    const std::vector<double> weights = scattered(n, seed + 2);
    const VarMatrix<double> column = program(w, rows);
    REQUIRE(column.rows() == n);
    REQUIRE(column.columns() == 1);
    Var<double> result = 0, wanted = 0;
    std::vector<Var<double>> of_w, of_s(sizes.per_sample);
    for (std::size_t k = 0; k < sizes.parameters; ++k) of_w.push_back(w(k, 0));
    for (std::size_t i = 0; i < n; ++i) {
      const double weight = i % 6 == 5 ? 0 : weights[i];
      for (std::size_t j = 0; j < sizes.per_sample; ++j) of_s[j] = rows(i, j);
      const Var<double> one = f(of_w, of_s);
      REQUIRE(near(column(i, 0).value(), one.value(), 1));
      result = result + square(column(i, 0)) * weight;
      wanted = wanted + square(one) * weight;
    }
    INFO(seed << ", " << n << " rows");
    REQUIRE(near<double>(parameters_of(tape, result), parameters_of(tape, wanted)));
    // The tape is only read: the same bits again.
    REQUIRE(parameters_of(tape, result) == parameters_of(tape, result));
    variants += program.variants().size();
  }
  CHECK(variants > 300);
}

TEST_CASE("a program is a layer: constant rows, constant parameters, and matrices before and behind") {
  const auto program = record(bent, 2, 2);
  const std::vector<double> numbers = scattered(2 * 500, 3), w{0.5, -1.5};
  Tape<double> tape;
  const auto a = tape.variables(w);
  const auto m = parameters(tape, scattered(4, 5), 2, 2);
  const auto constant = VarMatrix<double>::constant(numbers, 500, 2);
  const auto rows = product(constant, m);
  const std::size_t slots = tape.slots();
  const auto passive = program(w, constant);
  CHECK(!passive.is_active());
  CHECK(tape.slots() == slots);
  const Var<double> result = mean(program(a, rows)) + sum(program(w, rows) * program(a, constant));
  Var<double> wanted = 0;
  const auto row = [](const auto& of, std::size_t i) { return std::vector<Var<double>>{of(i, 0), of(i, 1)}; };
  for (std::size_t i = 0; i < 500; ++i)
    wanted = wanted + bent(a, row(rows, i)) / 500.0 + bent(w, row(rows, i)) * bent(a, row(constant, i));
  CHECK(near(result.value(), wanted.value(), 1));
  CHECK(near<double>(parameters_of(tape, result), parameters_of(tape, wanted)));
  for (std::size_t i = 0; i < 500; ++i)
    CHECK(near(passive(i, 0).value(), program.value(w, {numbers[2 * i], numbers[2 * i + 1]}), 1));
}

TEST_CASE("a mean or a sum over samples is one block on the tape of its parameters") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    const auto f = random_function(seed);
    const Sizes sizes(seed);
    const auto program = record(f, sizes.parameters, sizes.per_sample);
    const std::size_t n = 1 + seed % 50;
    const std::vector<double> rows = scattered(n * sizes.per_sample, seed + 1), weights = scattered(n, seed + 2);
    Tape<double> tape;
    const auto w = tape.variables(scattered(sizes.parameters, seed));
    auto mean = mean_over(rows, program);
    auto sum = sum_over(rows, program, {.weights = weights});
    const Var<double> moved = w[0] * 0.5;
    std::vector<Var<double>> at(w.begin(), w.end());
    at[0] = moved;
    const Var<double> result = exp(mean(at) * 0.1) * sum(w);
    Var<double> wanted_mean = 0, wanted_sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::vector<Var<double>> s(rows.begin() + static_cast<std::ptrdiff_t>(i * sizes.per_sample),
                                       rows.begin() + static_cast<std::ptrdiff_t>((i + 1) * sizes.per_sample));
      wanted_mean = wanted_mean + f(at, s) / static_cast<double>(n);
      wanted_sum = wanted_sum + f(w, s) * weights[i];
    }
    const Var<double> wanted = exp(wanted_mean * 0.1) * wanted_sum;
    INFO(seed);
    REQUIRE(near(result.value(), wanted.value(), 1));
    REQUIRE(near<double>(parameters_of(tape, result), parameters_of(tape, wanted), 1e-11));
    const std::size_t slots = tape.slots();
    REQUIRE(!mean(std::vector<Var<double>>(sizes.parameters, 0.5)).is_active());
    REQUIRE(tape.slots() == slots);
  }
}

TEST_CASE("of floats, a program is a block on a tape of floats") {
  const auto program = record<float>(bent, 2, 2);
  Tape<float> tape;
  const auto w = parameters(tape, std::vector<float>{0.5F, -1.5F}, 1, 2),
             rows = parameters(tape, scattered<float>(200, 3), 100, 2);
  const std::vector<float> samples = scattered<float>(60, 4);
  auto mean = mean_over(samples, program);
  const Var<float> result = sum(program(w, rows)) + mean(w);
  Var<float> wanted = 0;
  const std::vector<Var<float>> of_w{w(0, 0), w(0, 1)};
  for (std::size_t i = 0; i < 100; ++i) wanted = wanted + bent(of_w, std::vector<Var<float>>{rows(i, 0), rows(i, 1)});
  for (std::size_t i = 0; i < 30; ++i)
    wanted = wanted + bent(of_w, std::vector<float>{samples[2 * i], samples[2 * i + 1]}) / 30.0F;
  CHECK(near(static_cast<double>(result.value()), static_cast<double>(wanted.value()), 1, 1e-5));
  const std::vector<float> of_result = tape.gradient(result).parameters(),
                           of_wanted = tape.gradient(wanted).parameters();
  CHECK(near<float>(of_result, of_wanted, 1e-5));
}

TEST_CASE("an adjoint of 0 stops at a block, and infinite slopes go on as on the tape") {
  const auto f = [](const auto& w, const auto& s) { return sqrt(w[0] * s[0]); };
  const auto program = record(f, 1, 1);
  Tape<double> tape;
  const auto w = tape.variables(std::vector<double>{2});
  const auto rows = parameters(tape, std::vector<double>{0, 1, 0, 4}, 4, 1);
  const auto column = program(w, rows);
  const Var<double> result = column(0, 0) * 0.0 + column(1, 0) + column(3, 0);
  CHECK(near<double>(parameters_of(tape, result),
                     std::vector<double>{1.5 / std::sqrt(2), 0, 1 / std::sqrt(2), 0, std::sqrt(2) / 4}));
  CHECK(near<double>(parameters_of(tape, program(w, {rows(0, 0)}) * 0.0), std::vector<double>(5)));
  CHECK(parameters_of(tape, column(2, 0))[3] == std::numeric_limits<double>::infinity());
  CHECK(parameters_of(tape, column(2, 0))[0] == 0);
}

TEST_CASE("the same bits for any number of threads, forward and back") {
  const auto program = record(bent, 2, 2);
  std::vector<std::vector<double>> results;
  for (const unsigned count : {1U, 1U, 2U, 8U}) {
    set_threads(count);
    Tape<double> tape;
    const auto w = tape.variables(std::vector<double>{0.5, -1.5});
    const auto rows = parameters(tape, scattered(2 * 30000, 3), 30000, 2);
    const Var<double> result = sum(square(program(w, rows)));
    results.push_back(parameters_of(tape, result));
    results.back().push_back(result.value());
  }
  set_threads(1);
  CHECK(results[1] == results[2]);
  CHECK(results[1] == results[3]);
}

TEST_CASE("a rewind forgets the blocks of programs, and their memory is used again") {
  const auto program = record(bent, 2, 2);
  const std::vector<double> samples = scattered(200, 3);
  auto mean = mean_over(samples, program);
  Tape<double> tape;
  const auto w = tape.variables(std::vector<double>{0.5, -1.5});
  const auto rows = VarMatrix<double>::constant(samples, 100, 2);
  const Mark mark = tape.mark();
  std::vector<double> first;
  for (int step = 0; step < 3; ++step) {
    const Var<double> result = sum(program(w, rows)) + mean(w) + program(w, std::vector<double>{1, 2});
    const std::vector<double> gradient = parameters_of(tape, result);
    if (step == 0) first = gradient;
    CHECK(near<double>(gradient, first, 1e-14));
    tape.rewind(mark);
    CHECK(tape.statements() == 0);
    CHECK_THROWS_AS(tape.gradient(result), TapeError);
  }
}

TEST_CASE("recomputation goes around a program, and a program into it") {
  const auto program = record(bent, 2, 2);
  Tape<double> tape;
  const auto x = tape.variables(std::vector<double>{0.5, -1.5, 0.25, 0.75});
  const auto f = [&](const auto& v) { return program(v.first(2), v.subspan(2, 2)) * v[0]; };
  const Var<double> result = recompute(f)(x), wanted = f(Inputs<Var<double>>(x));
  CHECK(near<double>(parameters_of(tape, result), parameters_of(tape, wanted)));
}

TEST_CASE("on a tape of Duals a program has second derivatives, and over Duals tangents") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const auto f = random_function(seed);
    const Sizes sizes(seed);
    const auto program = record(f, sizes.parameters, sizes.per_sample, {.variants = seed % 5 == 0 ? 0U : 16U});
    const std::size_t n = sizes.parameters + sizes.per_sample;
    const std::vector<double> x = scattered(n, seed), v = scattered(n, seed + 1);
    const auto whole = [&](const auto& of) {
      return [&](const auto& z) {
        using X = std::remove_cvref_t<decltype(z[0])>;
        std::vector<X> w, s;
        for (std::size_t i = 0; i < n; ++i) (i < sizes.parameters ? w : s).push_back(z[i] * (1 + 0.1 * z[0]));
        return sin(of(w, s));
      };
    };
    const auto by_program = whole(program);
    const auto by_hand = whole(f);
    INFO(seed);
    REQUIRE(near<double>(hessian_vector_product(by_program, x, v), hessian_vector_product(by_hand, x, v), 1e-11));
    const auto found = jvp(by_program, x, v), wanted = jvp(by_hand, x, v);
    REQUIRE(near(found.value, wanted.value, 1));
    REQUIRE(near(found.tangent, wanted.tangent, 10));
    const auto h = hessian(by_program, x), of_tape = hessian(by_hand, x);
    for (Eigen::Index i = 0; i < h.size(); ++i) REQUIRE(near(h.data()[i], of_tape.data()[i], 10, 1e-11));
    const auto j = jacobian(by_program, x), of_duals = jacobian(by_hand, x);
    for (Eigen::Index i = 0; i < j.size(); ++i) REQUIRE(near(j.data()[i], of_duals.data()[i], 10, 1e-11));
  }
}

TEST_CASE("rows on a tape of Duals, and a kink that an outer function smooths") {
  const auto program = record(bent, 2, 2);
  Tape<Dual<double>> tape;
  std::vector<Dual<double>> numbers;
  for (const double x : scattered(22, 5)) numbers.push_back({x, 0.5 - x});
  const auto w = parameters(tape, std::span(numbers).first(2), 1, 2),
             rows = parameters(tape, std::span(numbers).subspan(2), 10, 2);
  const auto column = program(w, rows);
  Var<Dual<double>> result = 0, wanted = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    result = result + square(column(i, 0));
    wanted = wanted + square(bent(std::vector{w(0, 0), w(0, 1)}, std::vector{rows(i, 0), rows(i, 1)}));
  }
  const auto swept = tape.gradient(result).parameters(), of_scalars = tape.gradient(wanted).parameters();
  for (std::size_t k = 0; k < swept.size(); ++k) {
    CHECK(near(swept[k].value(), of_scalars[k].value(), 10));
    CHECK(near(swept[k].tangent(), of_scalars[k].tangent(), 10));
  }
  const auto kink = record([](const auto& v, const auto& s) { return abs(v[0] * s[0]); }, 1, 1);
  const std::vector<double> one{1}, at{0};
  CHECK(hessian_vector_product([&](const auto& x) { return square(kink(x, one)); }, at, one)[0] ==
        Catch::Approx(2).epsilon(1e-9));
  CHECK(std::isnan(hessian_vector_product([&](const auto& x) { return kink(x, one); }, at, one)[0]));
}

TEST_CASE("misuse of programs on a tape throws, and the tape is as it was") {
  using Catch::Matchers::ContainsSubstring;
  const auto program = record(bent, 2, 2);
  const std::vector<double> samples = scattered(20, 3), three{1, 2, 3}, two{1, 2};
  auto mean = mean_over(samples, program);
  Tape<double> tape, other;
  const auto w = tape.variables(three), foreign = other.variables(two);
  const auto rows = parameters(tape, samples, 10, 2);
  CHECK_THROWS_WITH(program(w, two), ContainsSubstring("recorded with 2 parameters, and is given 3"));
  CHECK_THROWS_WITH(program(two, w), ContainsSubstring("samples of 2 numbers, and is given 3"));
  CHECK_THROWS_WITH(program(two, rows.transpose()), ContainsSubstring("samples of 2 numbers, and is given 10"));
  CHECK_THROWS_WITH(program(rows, two), ContainsSubstring("with 2 parameters, and is given 20"));
  CHECK_THROWS_WITH(mean(w),
                    ContainsSubstring("mean_over: the program was recorded with 2 parameters, and is given 3"));
  CHECK_THROWS_AS(program(foreign, {w[0], w[1]}), TapeError);
  CHECK_THROWS_AS(program(foreign, rows), TapeError);
  CHECK_THROWS_AS(mean(std::vector{w[0], foreign[0]}), TapeError);
  const Mark mark = tape.mark();
  const Var<double> late = w[0] * 2.0;
  const auto late_rows = rows + 1.0;
  const auto column = program(std::vector{w[0], w[1]}, rows);
  tape.rewind(mark);
  CHECK_THROWS_AS(program({late, late}, two), TapeError);
  CHECK_THROWS_AS(program(two, late_rows), TapeError);
  CHECK_THROWS_AS(mean(std::vector{late, late}), TapeError);
  CHECK_THROWS_AS(column(0, 0), TapeError);
  CHECK(tape.statements() == 0);
}
