// Programs of several results, called with what carries derivatives: beside the function that they were recorded from.

#include <autodiff/program/call.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <support/catch.hpp>
#include <support/numbers.hpp>
#include <support/random_program.hpp>

using namespace downhill;
using test::scattered;

namespace {

bool near(double x, double y, double tolerance = 1e-12) { return test::near(x, y, 10, tolerance); }
bool near(const std::vector<double>& x, const std::vector<double>& y, double tolerance = 1e-12) {
  return std::ranges::equal(x, y, [&](double a, double b) { return near(a, b, tolerance); });
}
// Zeros where the function happens to depend on nothing.
std::vector<double> gradient_of(const Tape<double>& tape, const Var<double>& result) {
  if (!result.is_active()) return std::vector<double>(tape.parameters().size());
  return tape.gradient(result).parameters();
}

// Three results, which share what they branch on.
struct Three {
  unsigned seed = 0;
  std::size_t parameters = 1 + seed % 4, per_sample = 1 + seed % 3;
  template <class W, class S>
  auto operator()(const W& w, const S& s) const {
    using V = std::remove_cvref_t<decltype(w[0] * s[0])>;
    const V first = random_program::make(w, s, seed, 3 + seed % 13);
    return std::array<V, 3>{first, random_program::make(w, s, seed + 5000, 3 + seed % 13), first * s[0] - w[0]};
  }
  ProgramOptions options() const {
    ProgramOptions options = seed % 7 == 0 ? ProgramOptions::none() : ProgramOptions{};
    options.variants = seed % 5 == 0 ? seed % 2 : 12;
    return options;
  }
};
// Some function of them, so that each adjoint is another number.
template <class R>
auto mixed(const R& results) {
  return sin(results[0]) * results[1] + results[2];
}

}  // namespace

TEST_CASE("several results of Vars and plain numbers, in any mixture, are one block with their gradients") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const Three f{seed};
    const auto program = record(f, f.parameters, f.per_sample, f.options());
    Tape<double> tape;
    const auto x = tape.variables(scattered(f.parameters + f.per_sample, seed));
    std::vector<Var<double>> w, s;
    for (std::size_t i = 0; i < x.size(); ++i)
      (i < f.parameters ? w : s).push_back((seed >> (i % 6)) % 2 == 0 ? x[i] : Var<double>(x[i].value()));
    const std::array<Var<double>, 3> results = program(w, s);
    if (!results[0].is_active()) continue;
    INFO(seed);
    REQUIRE(tape.statements() == 1);
    const Var<double> found = mixed(results), wanted = mixed(f(w, s));
    REQUIRE(near(found.value(), wanted.value()));
    REQUIRE(near(gradient_of(tape, found), gradient_of(tape, wanted)));
    // What is asked of one result alone is its own.
    for (std::size_t k = 0; k < 3; ++k) REQUIRE(near(gradient_of(tape, results[k]), gradient_of(tape, f(w, s)[k])));
  }
}

TEST_CASE("each row of a matrix has several results, side by side") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    const Three f{seed};
    const auto program = record(f, f.parameters, f.per_sample, f.options());
    const std::size_t n = seed % 37;
    Tape<double> tape;
    const auto w = parameters(tape, scattered(f.parameters, seed), f.parameters, 1);
    const auto rows = parameters(tape, scattered(n * f.per_sample, seed + 1), n, f.per_sample);
    const VarMatrix<double> results = program(w, rows);
    REQUIRE(results.rows() == n);
    REQUIRE(results.columns() == 3);
    Var<double> found = 0, wanted = 0;
    std::vector<Var<double>> of_w, of_s(f.per_sample);
    for (std::size_t k = 0; k < f.parameters; ++k) of_w.push_back(w(k, 0));
    for (std::size_t i = 0; i < n; ++i) {
      const double weight = i % 6 == 5 ? 0 : 1 + static_cast<double>(i % 3);
      for (std::size_t j = 0; j < f.per_sample; ++j) of_s[j] = rows(i, j);
      found = found + mixed(std::array{results(i, 0), results(i, 1), results(i, 2)}) * weight;
      wanted = wanted + mixed(f(of_w, of_s)) * weight;
    }
    if (n == 0) continue;
    INFO(seed << ", " << n << " rows");
    REQUIRE(near(found.value(), wanted.value()));
    REQUIRE(near(gradient_of(tape, found), gradient_of(tape, wanted)));
  }
}

TEST_CASE("several results have second derivatives on a tape of Duals, and over Duals tangents") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    const Three f{seed};
    const auto program = record(f, f.parameters, f.per_sample, f.options());
    const std::size_t n = f.parameters + f.per_sample;
    const std::vector<double> x = scattered(n, seed), v = scattered(n, seed + 1);
    const auto whole = [&](const auto& of) {
      return [&](const auto& z) {
        using X = std::remove_cvref_t<decltype(z[0])>;
        std::vector<X> w, s;
        for (std::size_t i = 0; i < n; ++i) (i < f.parameters ? w : s).push_back(z[i] * (1 + 0.1 * z[0]));
        return mixed(of(w, s));
      };
    };
    const auto by_program = whole(program);
    const auto by_hand = whole(f);
    INFO(seed);
    REQUIRE(near(hessian_vector_product(by_program, x, v), hessian_vector_product(by_hand, x, v), 1e-11));
    const auto found = jvp(by_program, x, v), wanted = jvp(by_hand, x, v);
    REQUIRE(near(found.value, wanted.value));
    REQUIRE(near(found.tangent, wanted.tangent));
  }
}

TEST_CASE("rows of several results on a tape of Duals have second derivatives") {
  const auto f = [](const auto& w, const auto& s) {
    const auto z = tanh(w[0] * s[0] + w[1] * s[1]);
    return std::tuple{z > 0.25 ? square(z) : z, exp(z) * w[1]};
  };
  const auto program = record(f, 2, 2);
  Tape<Dual<double>> tape;
  std::vector<Dual<double>> numbers;
  for (const double x : scattered(22, 5)) numbers.push_back({x, 0.5 - x});
  const auto w = parameters(tape, std::span(numbers).first(2), 1, 2),
             rows = parameters(tape, std::span(numbers).subspan(2), 10, 2);
  const auto results = program(w, rows);
  Var<Dual<double>> found = 0, wanted = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    found = found + results(i, 0) * square(results(i, 1));
    const auto [a, b] = f(std::vector{w(0, 0), w(0, 1)}, std::vector{rows(i, 0), rows(i, 1)});
    wanted = wanted + a * square(b);
  }
  const auto swept = tape.gradient(found).parameters(), of_scalars = tape.gradient(wanted).parameters();
  for (std::size_t k = 0; k < swept.size(); ++k) {
    CHECK(near(swept[k].value(), of_scalars[k].value()));
    CHECK(near(swept[k].tangent(), of_scalars[k].tangent()));
  }
}

TEST_CASE("the derivatives of several results along a direction are those rows of the Jacobian times it") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const Three f{seed};
    const auto program = record(f, f.parameters, f.per_sample, f.options());
    const std::vector<double> w = scattered(f.parameters, seed), s = scattered(f.per_sample, seed + 1),
                              v = scattered(f.parameters, seed + 2);
    const auto along = program.jvp(w, s, v);
    const auto values = program.values(w, s);
    const std::vector<double> jacobian = program.jacobian(w, s);
    INFO(seed);
    for (std::size_t k = 0; k < 3; ++k) {
      double wanted = 0;
      for (std::size_t i = 0; i < v.size(); ++i) wanted += jacobian[k * v.size() + i] * v[i];
      REQUIRE(along[k].value == values[k]);
      REQUIRE(near(along[k].tangent, wanted, 1e-11));
    }
    REQUIRE_THROWS_AS(program.jvp(w, s, std::vector<double>(f.parameters + 1)), ShapeError);
  }
}

TEST_CASE("a program of one result has it in an array of one as well") {
  const auto program = record([](const auto& w, const auto& s) { return w[0] * s[0] + exp(w[1]); }, 2, 1);
  const std::vector<double> w{0.5, -1}, s{3};
  CHECK(program.values(w, s) == std::array{program.value(w, s)});
  CHECK(program.jacobian(w, s) == program.gradient(w, s));
}

TEST_CASE("an adjoint of 0 stops at its result, and the infinite slope of one is not in that of another") {
  const auto program = record([](const auto& w, const auto& s) { return std::pair{sqrt(w[0]), w[0] * s[0]}; }, 1, 1);
  Tape<double> tape;
  const auto w = tape.variables(std::vector<double>{0});
  const auto [root, line] = program(w, std::vector<double>{3});
  CHECK(tape.gradient(line)[w[0]] == 3);
  CHECK(tape.gradient(root * 0.0 + line)[w[0]] == 3);
  CHECK(tape.gradient(root + line)[w[0]] == std::numeric_limits<double>::infinity());
  const std::vector<double> numbers{3, 4};
  const auto rows = program(w, VarMatrix<double>::constant(numbers, 2, 1));
  CHECK(tape.gradient(rows(0, 1) + rows(1, 1))[w[0]] == 7);
}

TEST_CASE("an opened sample of several results has the adjoints that arrive at each of them") {
  const auto program = record(
      [](const auto& w, const auto& s) {
        const auto z = tanh(w[0] * s[0] + w[1]);
        return std::array{z, exp(z) * w[1]};
      },
      2, 1);
  Tape<double> tape;
  inspect::Trace trace(tape);
  const auto w = tape.variables(std::vector<double>{0.5, -0.25});
  const std::vector<double> numbers{1, -1, 3};
  const auto results = program(w, VarMatrix<double>::constant(numbers, 3, 1));
  const Var<double> of_rows = sum(square(results));
  const auto [first, second] = program(w, std::vector<double>{2});
  const Var<double> loss = of_rows + first * second;
  std::vector<double> total(2);
  const auto add = [&](const inspect::RecordedStep& step) {
    for (std::size_t k = 0; k < 2; ++k)
      if (const std::size_t at = step.opened->inside->step_named("w[" + std::to_string(k) + "]");
          at != inspect::nowhere)
        total[k] += step.opened->inside->steps[at].adjoints[0];
  };
  for (std::size_t sample = 0; sample < 3; ++sample) {
    const inspect::Record record = trace.of(loss, {.sample = sample});
    for (const inspect::RecordedStep& step : record.steps)
      if (step.opened && (step.opened->samples == 3 || sample == 0)) add(step);
  }
  const auto swept = tape.gradient(loss);
  for (std::size_t k = 0; k < 2; ++k) CHECK(total[k] == Catch::Approx(swept[w[k]]).epsilon(1e-14));
}
