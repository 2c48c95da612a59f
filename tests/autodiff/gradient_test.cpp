#include <autodiff/gradient.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

#include <autodiff/ranges.hpp>

using namespace downhill;
using Catch::Matchers::ContainsSubstring;

namespace {

// Several results of shared intermediate values.
template <class T>
struct Graph {
  Tape<T> tape;
  std::vector<Var<T>> x;
  std::vector<Var<T>> results;

  explicit Graph(unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<T> uniform(T(0.5), T(1.5));
    for (int i = 0; i < 5; ++i) x.push_back(tape.variable(uniform(random)));
    std::vector<Var<T>> values = x;
    for (int i = 0; i < 40; ++i) {
      const auto any = [&] { return values[std::uniform_int_distribution<std::size_t>(0, values.size() - 1)(random)]; };
      values.push_back(i % 3 == 0   ? tanh(any() * any())
                       : i % 3 == 1 ? any() / (1 + square(any()))
                                    : sin(any()) - any() * T(0.5));
    }
    results.assign(values.end() - 4, values.end());
  }
};

}  // namespace

TEMPLATE_TEST_CASE("sweeps are equal bit for bit, in any order, and nothing adds up between them", "[gradient]", double,
                   float) {
  using T = TestType;
  Graph<T> graph(1);
  const auto bytes = graph.tape.bytes();
  std::vector<std::vector<T>> first;
  for (const Var<T>& result : graph.results) first.push_back(graph.tape.gradient(result).adjoints());
  Gradient<T> reused;
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = graph.results.size(); i-- > 0;) {
      graph.tape.gradient(graph.results[i], reused);
      CHECK(std::ranges::equal(reused.adjoints(), first[i]));
    }
  CHECK(graph.tape.bytes() == bytes);
}

TEMPLATE_TEST_CASE("the gradient is linear in its seeds", "[gradient]", double, float) {
  using T = TestType;
  for (unsigned seed = 0; seed < 50; ++seed) {
    Graph<T> graph(seed);
    const std::array<T, 4> weights{T(0.5), T(-2), T(1), T(3)};
    std::vector<Seed<T>> seeds;
    for (std::size_t i = 0; i < 4; ++i) seeds.push_back({graph.results[i], weights[i]});
    Gradient<T> together;
    graph.tape.gradient(seeds, together);
    for (const Var<T>& x : graph.x) {
      T sum = 0, size = 1;
      for (std::size_t i = 0; i < 4; ++i) {
        const T term = weights[i] * graph.tape.gradient(graph.results[i])[x];
        sum += term;
        size += std::abs(term);
      }
      CHECK(std::abs(together[x] - sum) <= 50 * std::numeric_limits<T>::epsilon() * size);
    }
  }
}

TEST_CASE("seeds on one result add, a weight is 1 if it is not given, and no seeds give zeros", "[gradient]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(3), y = x * x;
  CHECK(tape.gradient({Seed{y, 2.0}, Seed{y, 0.5}})[x] == 15);
  CHECK(tape.gradient({Seed{y}})[x] == 6);
  CHECK(tape.gradient({Seed{x, 7.0}})[x] == 7);
  CHECK(tape.gradient({Seed{x, 1.0}, Seed{y, 1.0}})[x] == 7);
  Gradient<double> none;
  tape.gradient(std::span<const Seed<double>>(), none);
  CHECK(none[x] == 0);
  CHECK(none[y] == 0);
}

TEST_CASE("the gradient knows every slot: intermediate values, the result, and what the result does not use",
          "[gradient]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(2), unused = tape.variable(9);
  const Var<double> y = square(x), z = y * x, later = z * 100;
  const Gradient<double> gradient = tape.gradient(z);
  CHECK(gradient[z] == 1);
  CHECK(gradient[y] == 2);
  CHECK(gradient[x] == 12);
  CHECK(gradient[unused] == 0);
  CHECK(gradient[later] == 0);
  CHECK(gradient.adjoints().size() == tape.slots());
}

TEST_CASE("an adjoint of 0 stops: an infinite slope behind it contributes 0", "[gradient]") {
  Tape<double> tape;
  const Var<double> zero = tape.variable(0), one = tape.variable(1);
  const Var<double> root = sqrt(zero),
                    many = custom(0.0, {{zero, HUGE_VAL}, {one, -HUGE_VAL}, {one, NAN}, {zero, NAN}});
  const Var<double> pair = custom(0.0, {{zero, HUGE_VAL}, {one, NAN}});
  CHECK(tape.gradient(root)[zero] == std::numeric_limits<double>::infinity());
  const Var<double> none = 0 * root + 0 * many + 0 * pair + one;
  CHECK(tape.gradient(none)[zero] == 0);
  CHECK(tape.gradient(none)[one] == 1);
  CHECK(tape.gradient(one)[zero] == 0);
}

TEST_CASE("infinite and NaN slopes travel where the adjoint is not 0, and nothing throws", "[gradient]") {
  Tape<double> tape;
  const Var<double> minus = tape.variable(-1), zero = tape.variable(0);
  CHECK(std::isnan(tape.gradient(log(minus) * 2)[minus]));
  CHECK(std::isinf(tape.gradient(log(zero))[zero]));
  const Var<double> product = log(zero) * zero;  // log's adjoint is 0, and stops there
  CHECK(tape.gradient(product)[zero] == -std::numeric_limits<double>::infinity());
}

TEST_CASE("a gradient asked of what has none throws, and says what to do", "[gradient]") {
  Tape<double> tape, other;
  CHECK_THROWS_WITH(tape.gradient(Var<double>(1)), ContainsSubstring("the tape is empty"));
  const Var<double> x = tape.variable(1), foreign = other.variable(1);
  CHECK_THROWS_WITH(tape.gradient(Var<double>(1)), ContainsSubstring("passive") && ContainsSubstring("tape.variable"));
  Var<double> gone = x;
  const Var<double> taken = std::move(gone);
  CHECK_THROWS_WITH(tape.gradient(gone), ContainsSubstring("moved from"));
  CHECK_THROWS_WITH(tape.gradient(Var<double>()), ContainsSubstring("passive"));
  CHECK_THROWS_WITH(tape.gradient(foreign), ContainsSubstring("different tapes"));
  const Gradient<double> gradient = tape.gradient(x);
  CHECK_THROWS_WITH(gradient[Var<double>(1)], ContainsSubstring("passive"));
  CHECK_THROWS_WITH(gradient[gone], ContainsSubstring("moved from"));
  CHECK_THROWS_WITH(gradient[foreign], ContainsSubstring("different tapes"));
  CHECK_THROWS_WITH(Gradient<double>()[x], ContainsSubstring("nothing was swept"));
  CHECK(Gradient<double>().parameters().empty());
  tape.clear();
  CHECK_THROWS_WITH(tape.gradient(x), ContainsSubstring("the tape is empty"));
}

TEST_CASE("a sweep that throws leaves the reused Gradient as it was", "[gradient]") {
  Tape<double> tape, other;
  const Var<double> x = tape.variable(3), foreign = other.variable(1);
  Gradient<double> gradient = tape.gradient(x * x);
  CHECK_THROWS_AS(tape.gradient(foreign, gradient), TapeError);
  CHECK_THROWS_AS(tape.gradient(Var<double>(2), gradient), TapeError);
  CHECK(gradient[x] == 6);
}

TEST_CASE("what was recorded after a sweep has no adjoint in it", "[gradient]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(3);
  const Mark mark = tape.mark();
  const Var<double> y = x * x;
  const Gradient<double> gradient = tape.gradient(y);
  const Var<double> later = tape.variable(4, "late");
  CHECK_THROWS_WITH(gradient[later], ContainsSubstring("'late'") && ContainsSubstring("recorded after this sweep"));
  tape.rewind(mark);
  const Var<double> in_its_place = x * 5;
  CHECK(in_its_place.slot() == y.slot());
  CHECK_THROWS_WITH(gradient[in_its_place], ContainsSubstring("recorded after this sweep"));
}

TEST_CASE("a Gradient outlives a rewind, for the Vars that were valid when it was swept", "[gradient]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(3);
  const Mark mark = tape.mark();
  const Var<double> lost = x * 10;
  tape.rewind(mark);
  const Var<double> y = x * x, z = y * x;
  const Gradient<double> gradient = tape.gradient(z);
  tape.rewind(mark);
  tape.update_parameters()[0] = 100;
  CHECK(gradient[x] == 27);
  CHECK(gradient[y] == 3);
  CHECK(gradient.parameters()[0] == 27);
  CHECK_THROWS_WITH(gradient[lost], ContainsSubstring("stale"));
}

TEST_CASE("the adjoints of a Gradient that is gone are still there", "[gradient]") {
  Tape<double> tape;
  const std::vector<Var<double>> x = tape.variables(std::vector{2.0, 3.0});
  const Var<double> y = x[0] * square(x[1]);
  const auto parameters = tape.gradient(y).parameters();
  const auto adjoints = tape.gradient(y).adjoints();
  CHECK(std::ranges::equal(parameters, std::vector{9.0, 12.0}));
  CHECK(std::ranges::equal(adjoints, std::vector{9.0, 12.0, 1.0}));
  const auto kept = tape.gradient(y);
  static_assert(std::is_same_v<decltype(kept.parameters()), std::span<const double>>);
}

TEST_CASE("one Gradient may be reused for another tape, larger or smaller", "[gradient]") {
  Gradient<double> gradient;
  for (const std::size_t n : {10U, 1000U, 3U, 0U, 500U}) {
    Tape<double> tape;
    const auto x = tape.variables(std::vector<double>(n + 1, 2.0));
    tape.gradient(dot(x, x), gradient);
    CHECK(gradient.parameters().size() == n + 1);
    for (const Var<double>& v : x) CHECK(gradient[v] == 4);
    CHECK_NOTHROW(gradient.demand_moment(tape));
    exp(x[0]);
    CHECK_THROWS_AS(gradient.demand_moment(tape), TapeError);
  }
}

TEST_CASE("a result that was swept may be used and added to", "[gradient]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(3), y = tape.variable(4);
  Var<double> loss = x * y;
  CHECK(tape.gradient(loss)[x] == 4);
  loss += x;
  CHECK(tape.gradient(loss)[x] == 5);
  loss = std::move(loss) * 2;
  CHECK(tape.gradient(loss)[x] == 10);
  loss += loss;
  loss -= x * y;
  CHECK(tape.gradient(loss)[x] == 16);
  CHECK(tape.gradient(loss)[y] == 9);
}
