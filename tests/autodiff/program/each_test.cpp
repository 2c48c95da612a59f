// Programs of several results, sample by sample: beside a program of each result.

#include <autodiff/program/each.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <autodiff/program.hpp>
#include <autodiff/threads.hpp>
#include <support/catch.hpp>
#include <support/numbers.hpp>
#include <support/random_program.hpp>

using namespace downhill;
using test::scattered;

namespace {

constexpr std::size_t results = 3;

// Three results, which share what they branch on.
struct Three {
  unsigned seed = 0;
  std::size_t steps = 0;
  template <class W, class S>
  auto operator()(const W& w, const S& s) const {
    using V = std::remove_cvref_t<decltype(w[0] * s[0])>;
    const V first = random_program::make(w, s, seed, steps);
    return std::array<V, results>{first, random_program::make(w, s, seed + 5000, steps), first * s[0] - w[0]};
  }
};
struct OneOfThree {
  Three all;
  std::size_t which = 0;
  template <class W, class S>
  auto operator()(const W& w, const S& s) const {
    return all(w, s)[which];
  }
};

}  // namespace

TEMPLATE_TEST_CASE("several results are those of a program of each, for 200 random functions with branches", "", double,
                   float) {
  using T = TestType;
  const auto near = [](T x, T y) {
    return test::near(static_cast<double>(x), static_cast<double>(y), 10,
                      1000 * static_cast<double>(std::numeric_limits<T>::epsilon()));
  };
  std::size_t branching = 0, on_the_tape = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    const std::size_t parameters = 1 + seed % 3, per_sample = 1 + seed % 4, samples = seed % 11 == 0 ? 700 : 21;
    const Three f{seed, 3 + seed % 13};
    // In lanes x y + z is rounded once or twice, by whether other samples of the block go another way.
    const bool is_exact = seed % 4 == 3 && seed % 5 != 0;
    ProgramOptions options = seed % 4 == 3 ? ProgramOptions::none() : ProgramOptions{};
    if (seed % 5 == 0) options.lanes = 8;
    if (seed % 7 == 0) options.share_slots = false;
    options.variants = seed % 3 == 0 ? 1 : 12;
    const std::vector<T> rows = scattered<T>(per_sample * samples, seed), w = scattered<T>(parameters, seed + 1);
    const auto program = record<T>(f, parameters, per_sample, options);
    const std::size_t along = 1 + seed % per_sample;
    auto each = each_over<T>(rows, program, {.along = along});
    std::vector<T> values(results * samples), slopes(values.size() * along), again(values.size());
    for (int time = 0; time < 2; ++time) each.sample_gradients(w, values, slopes);
    each.values(w, again);
    INFO(seed);
    bool same = again == values;
    for (std::size_t k = 0; k < results; ++k) {
      const auto alone = record<T>(OneOfThree{f, k}, parameters, per_sample, options);
      auto each_alone = each_over<T>(rows, alone);
      std::vector<T> its_values(samples), its_slopes(samples * per_sample);
      each_alone.sample_gradients(w, its_values, its_slopes);
      const auto equal = [&](T x, T y) { return is_exact ? x == y || (std::isnan(x) && std::isnan(y)) : near(x, y); };
      for (std::size_t i = 0; i < samples; ++i) {
        same = same && equal(values[i * results + k], its_values[i]);
        for (std::size_t j = 0; j < along; ++j)
          same = same && equal(slopes[(i * results + k) * along + j], its_slopes[i * per_sample + j]);
      }
      const std::vector<T> sample(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(per_sample));
      same = same && near(program.values(w, sample)[k], alone.value(w, sample));
      const std::vector<T> jacobian = program.jacobian(w, sample), gradient = alone.gradient(w, sample);
      for (std::size_t j = 0; j < parameters; ++j) same = same && near(jacobian[k * parameters + j], gradient[j]);
    }
    REQUIRE(same);
    branching += program.variants().size() > 1 ? 1U : 0U;
    on_the_tape += program.variants().samples_on_tape > 0 ? 1U : 0U;
  }
  CHECK(branching > 20);
  CHECK(on_the_tape > 10);
}

TEST_CASE("results may be the same value, a number of the sample, a parameter or a constant, in a pair or a tuple") {
  const auto program = record(
      [](const auto& w, const auto& s) {
        const auto x = w[0] * s[0];
        return std::tuple(x, x, s[1], w[1], 3, x * s[1]);
      },
      2, 2);
  CHECK(program.results() == 6);
  const std::vector<double> rows{2, 3, 4, 5, 6, 7}, w{10, 20};
  std::vector<double> values(18), slopes(36);
  each_over(rows, program).sample_gradients(w, values, slopes);
  for (std::size_t i = 0; i < 3; ++i) {
    const double a = rows[2 * i], b = rows[2 * i + 1];
    const std::vector<double> its(values.begin() + static_cast<std::ptrdiff_t>(6 * i),
                                  values.begin() + static_cast<std::ptrdiff_t>(6 * i + 6)),
        of_its(slopes.begin() + static_cast<std::ptrdiff_t>(12 * i),
               slopes.begin() + static_cast<std::ptrdiff_t>(12 * i + 12));
    CHECK(its == std::vector<double>{10 * a, 10 * a, b, 20, 3, 10 * a * b});
    CHECK(of_its == std::vector<double>{10, 0, 10, 0, 0, 1, 0, 0, 0, 0, 10 * b, 10 * a});
  }
  CHECK(program.values(w, {2, 3}) == std::array<double, 6>{20, 20, 3, 20, 3, 60});
  CHECK(program.jacobian(w, {2, 3}) == std::vector<double>{2, 0, 2, 0, 0, 0, 0, 1, 0, 0, 6, 0});
  const auto pair = record([](const auto& w_, const auto& s) { return std::pair(w_[0] * s[0], 1.5F); }, 1, 1);
  CHECK(pair.values({2}, {3}) == std::array{6.0, 1.5});
  const auto one = record([](const auto& w_, const auto& s) { return std::array{w_[0] * s[0]}; }, 1, 1);
  CHECK(one.value({2}, {3}) == 6);
}

TEST_CASE("where the slope of one result is infinite, another has its own") {
  const auto program =
      record([](const auto&, const auto& s) { return std::array{sqrt(s[0]) * s[1], s[0] * s[1]}; }, 0, 2);
  std::vector<double> rows = scattered(2 * 300, 3, 0.5, 1);
  rows[2 * 17] = 0;
  rows[2 * 40] = rows[2 * 40 + 1] = 0;  // 0 times infinity contributes 0
  std::vector<double> values(600), slopes(1200);
  each_over(rows, program).sample_gradients(std::vector<double>{}, values, slopes);
  for (std::size_t i = 0; i < 300; ++i) {
    const double a = rows[2 * i], b = rows[2 * i + 1];
    const double slope = b == 0 ? 0 : b / (2 * std::sqrt(a));
    CHECK(test::near(slopes[4 * i], slope, 1, 1e-15));
    CHECK(test::near(slopes[4 * i + 1], std::sqrt(a), 1, 1e-15));
    CHECK(slopes[4 * i + 2] == b);
    CHECK(slopes[4 * i + 3] == a);
  }
}

TEST_CASE("several results are the same bits for one, two and eight threads, in rows and in columns") {
  const auto program = record(
      [](const auto& w, const auto& s) {
        const auto z = tanh(w[0] * s[0] + s[1]);
        return z > 0.25 ? std::array{square(z), z * s[1]} : std::array{exp(z) * s[0], z};
      },
      1, 2);
  const std::size_t n = 20'000;
  const std::vector<double> xs = scattered(n, 7), ys = scattered(n, 8), w{0.75};
  std::vector<double> rows;
  for (std::size_t i = 0; i < n; ++i) rows.insert(rows.end(), {xs[i], ys[i]});
  std::vector<std::vector<double>> found;
  for (const unsigned threads : {1U, 2U, 8U}) {
    set_threads(threads);
    for (auto each : {each_over(rows, program), each_over({xs, ys}, program)}) {
      std::vector<double> values(2 * n), slopes(4 * n);
      each.sample_gradients(w, values, slopes);
      slopes.insert(slopes.end(), values.begin(), values.end());
      found.push_back(std::move(slopes));
    }
  }
  set_threads(1);
  CHECK(program.variants().size() == 2);
  for (const std::vector<double>& another : found) CHECK(another == found[0]);
}

TEST_CASE("of no rows there are no results, and sizes that do not fit are refused") {
  using Catch::Matchers::ContainsSubstring;
  const auto program = record([](const auto& w, const auto& s) { return std::array{w[0] * s[0], s[1]}; }, 1, 2);
  const std::vector<double> none, rows{1, 2, 3, 4};
  std::vector<double> nothing, values(4), slopes(8), few(2);
  auto empty = each_over(none, program);
  CHECK(empty.samples() == 0);
  empty.sample_gradients({1}, nothing, nothing);
  CHECK(program.variants().recorded[0].samples == 0);
  auto each = each_over(rows, program);
  CHECK(each.samples() == 2);
  CHECK_THROWS_WITH(each.values({1}, few), ContainsSubstring("4") && ContainsSubstring("2"));
  CHECK_THROWS_AS(each.sample_gradients({1}, values, values), ShapeError);
  CHECK_THROWS_AS(each.sample_gradients({1, 2}, values, slopes), ShapeError);
  CHECK_THROWS_AS(program.values({1, 2}, {1, 2}), ShapeError);
  CHECK_THROWS_AS(program.jacobian({1}, {1}), ShapeError);
  CHECK_THROWS_WITH(each_over(rows, program, {.along = 3}),
                    ContainsSubstring("along 3 numbers of a sample") && ContainsSubstring("samples of 2"));
}

TEST_CASE("a printed program shows all of its results") {
  const auto program = record([](const auto& w, const auto& s) { return std::array{w[0] * s[0], exp(s[0])}; }, 1, 1);
  const std::string text = fmt::format("{}", program);
  CHECK(text.starts_with("program of 1 parameters w and samples of 1 numbers s, with 2 results\n"));
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = text.find("  result %", at)) != std::string::npos; ++at) ++lines;
  CHECK(lines == 6);  // two as recorded, two when simplified, two when planned
}
