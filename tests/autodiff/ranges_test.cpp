#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <Eigen/Core>

#include <autodiff/calculus/rules.hpp>
#include <autodiff/derivatives.hpp>
#include <autodiff/dual.hpp>
#include <autodiff/eigen.hpp>
#include <autodiff/gradient.hpp>
#include <autodiff/ranges.hpp>

using namespace downhill;

namespace {

template <class T>
std::vector<T> random_numbers(std::size_t n, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<T> uniform(-2, 2);
  std::vector<T> numbers(n);
  for (T& x : numbers) x = uniform(generator);
  return numbers;
}

// The same function, element by element with scalar operations: value and gradient must agree.
template <class T, class NAry, class Loop>
void same_as_loop(NAry n_ary, Loop loop) {
  for (const std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100}}) {
    Tape<T> tape;
    const std::vector<Var<T>> x = tape.variables(random_numbers<T>(n, static_cast<unsigned>(n)));
    const Var<T> whole = n_ary(x), parts = loop(x);
    const T tolerance = 200 * std::numeric_limits<T>::epsilon();
    CHECK(whole.value() == Catch::Approx(parts.value()).epsilon(tolerance).margin(tolerance));
    const Gradient<T> of_whole = tape.gradient(whole), of_parts = tape.gradient(parts);
    for (std::size_t i = 0; i < n; ++i)
      CHECK(of_whole[x[i]] == Catch::Approx(of_parts[x[i]]).epsilon(tolerance).margin(tolerance));
  }
}

// Of which a hundred powers stay moderate.
template <class T>
const Var<T>& gentlest(const std::vector<Var<T>>& x) {
  return *std::ranges::min_element(x, {}, [](const Var<T>& v) { return std::abs(v.value()); });
}

template <class T>
Var<T> sum_of_exponentials(const std::vector<Var<T>>& x) {
  Var<T> total = 0;
  for (const Var<T>& v : x) total += exp(v);
  return total;
}

}  // namespace

TEMPLATE_TEST_CASE("every rule over ranges agrees with the loop that it replaces, and is one statement", "[ranges]",
                   double, float) {
  using T = TestType;
  using Range = std::vector<Var<T>>;
  struct Reference {
    std::string_view rule;
    Var<T> (*n_ary)(const Range&);
    Var<T> (*loop)(const Range&);
  };
  static const auto plain_sum = [](const Range& x) {
    Var<T> total = 0;
    for (const Var<T>& v : x) total += v;
    return total;
  };
  const std::vector<Reference> references{
      {"sum", [](const Range& x) { return sum(x); }, [](const Range& x) { return plain_sum(x); }},
      {"mean", [](const Range& x) { return mean(x); },
       [](const Range& x) { return plain_sum(x) / static_cast<T>(x.size()); }},
      {"norm", [](const Range& x) { return norm(x); },
       [](const Range& x) {
         Var<T> squares = 0;
         for (const Var<T>& v : x) squares += v * v;
         return sqrt(squares);
       }},
      {"log_sum_exp", [](const Range& x) { return log_sum_exp(x); },
       [](const Range& x) { return log(sum_of_exponentials(x)); }},
      {"dot", [](const Range& x) { return dot(x, x); },
       [](const Range& x) {
         Var<T> total = 0;
         for (const Var<T>& v : x) total += v * v;
         return total;
       }},
      {"dot", [](const Range& x) { return dot(x, random_numbers<T>(x.size(), 5)); },
       [](const Range& x) {
         const auto weights = random_numbers<T>(x.size(), 5);
         Var<T> total = 0;
         for (std::size_t i = 0; i < x.size(); ++i) total += x[i] * weights[i];
         return total;
       }},
      {"polynomial", [](const Range& x) { return polynomial(x, gentlest(x)); },
       [](const Range& x) {
         Var<T> total = 0, power = 1;
         for (const Var<T>& c : x) {
           total += c * power;
           power *= gentlest(x);
         }
         return total;
       }},
  };
  RulesOfArity<any_number>::for_each([&]<class Rule>(std::type_identity<Rule>) {
    INFO("the rule '" << Rule::name << "': add it to the references of this test, with the loop that it replaces");
    std::size_t found = 0;
    for (const Reference& reference : references) {
      if (reference.rule != Rule::name) continue;
      ++found;
      same_as_loop<T>(reference.n_ary, reference.loop);
      Tape<T> tape;
      const auto x = tape.variables(random_numbers<T>(100, 3));
      const std::size_t before = tape.statements();
      reference.n_ary(x);
      CHECK(tape.statements() == before + 1);
    }
    CHECK(found > 0);
  });
}

TEMPLATE_TEST_CASE("softmax agrees with the loop that it replaces, and is one statement for each result", "[ranges]",
                   double, float) {
  using T = TestType;
  using Range = std::vector<Var<T>>;
  same_as_loop<T>([](const Range& x) { return softmax(x).back(); },
                  [](const Range& x) { return exp(x.back()) / sum_of_exponentials(x); });
  Tape<T> tape;
  const auto x = tape.variables(random_numbers<T>(1000, 3));
  const std::size_t before = tape.statements();
  softmax(x);
  CHECK(tape.statements() == before + 1001);
}

TEST_CASE("n-ary operations take arrays, spans and plain numbers", "[ranges]") {
  Tape<double> tape;
  const std::array<Var<double>, 2> pair{tape.variable(3), tape.variable(4)};
  CHECK(norm(pair).value() == 5);
  CHECK(norm(std::span<const Var<double>>(pair)).value() == 5);
  CHECK(tape.gradient(norm(pair))[pair[1]] == 0.8);
  const std::vector<double> plain{3, 4};
  CHECK(norm(plain) == 5.0);
  CHECK(sum(plain) == 7.0);
  CHECK(dot(plain, pair).value() == 25);
  CHECK(polynomial(plain, 2.0) == 11.0);
  CHECK(softmax(plain)[0] + softmax(plain)[1] == Catch::Approx(1));
}

// As std::views::transform makes one: each time an element is read, a square is recorded.
struct Squares {
  const std::vector<Var<double>>& of;

  template <class Iterator>
  struct Lazy {
    Iterator at;
    Var<double> operator*() const { return *at * *at; }
    Lazy& operator++() {
      ++at;
      return *this;
    }
    bool operator==(const Lazy&) const = default;
  };
  template <class Iterator>
  Lazy(Iterator) -> Lazy<Iterator>;
  auto begin() const { return Lazy{of.begin()}; }
  auto end() const { return Lazy{of.end()}; }
  std::size_t size() const { return of.size(); }
};

TEST_CASE("a range that makes its elements as it is read is read once", "[ranges]") {
  for (const std::size_t n : {3U, 5000U}) {
    Tape<double> tape;
    const auto x = tape.variables(random_numbers<double>(n, 4));
    const Squares squares{x};
    const auto check = [&](const Var<double>& result, auto expected) {
      const Gradient<double> gradient = tape.gradient(result);
      for (const Var<double>& v : x) CHECK(gradient[v] == Catch::Approx(expected(v.value())));
    };
    const double count = static_cast<double>(n);
    check(sum(squares), [](double v) { return 2 * v; });
    check(mean(squares), [&](double v) { return 2 * v / count; });
    check(dot(squares, squares), [](double v) { return 4 * v * v * v; });
    const double length = norm(squares).value();
    check(norm(squares), [&](double v) { return 2 * v * v * v / length; });
    const double total = log_sum_exp(squares).value();
    check(log_sum_exp(squares), [&](double v) { return 2 * v * std::exp(v * v - total); });
    check(sum(softmax(squares)) * 0 + polynomial(squares, 1), [](double v) { return 2 * v; });
  }
  Tape<double> tape;
  const Eigen::Vector2<Var<double>> e(tape.variable(2), tape.variable(5));
  CHECK(tape.gradient(sum(e.cwiseProduct(e)))[e(1)] == 10);
}

TEST_CASE("a range on a tape of float takes plain doubles", "[ranges]") {
  Tape<float> tape;
  const auto x = tape.variables(std::vector<float>{1, 2});
  const std::vector<double> weights{3, 0.5};
  CHECK(tape.gradient(dot(x, weights))[x[1]] == 0.5F);
  CHECK(tape.gradient(polynomial(weights, x[1]))[x[1]] == 0.5F);
}

TEST_CASE("where the largest is infinite, log_sum_exp has the slopes of logaddexp", "[ranges]") {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> numbers{infinity, -infinity, 1};
  for (const double a : numbers) {
    for (const double b : numbers) {
      Tape<double> tape;
      const auto x = tape.variables(std::vector<double>{a, b});
      const auto got = tape.gradient(log_sum_exp(x)), expected = tape.gradient(logaddexp(x[0], x[1]));
      CHECK(log_sum_exp(x).value() == logaddexp(a, b));
      CHECK(got[x[0]] == expected[x[0]]);
      CHECK(got[x[1]] == expected[x[1]]);
    }
  }
}

TEST_CASE("n-ary operations do not overflow or underflow on the way", "[ranges]") {
  Tape<double> tape;
  const auto huge = tape.variables(std::vector<double>{3e300, 4e300});
  CHECK(norm(huge).value() == Catch::Approx(5e300));
  CHECK(tape.gradient(norm(huge))[huge[0]] == Catch::Approx(0.6));
  const auto tiny = tape.variables(std::vector<double>{3e-300, 4e-300});
  CHECK(norm(tiny).value() == Catch::Approx(5e-300));
  CHECK(tape.gradient(norm(tiny))[tiny[1]] == Catch::Approx(0.8));
  const auto far = tape.variables(std::vector<double>{1000, 1001});
  CHECK(log_sum_exp(far).value() == Catch::Approx(1001.3132616875182));
  CHECK(tape.gradient(log_sum_exp(far))[far[1]] == Catch::Approx(0.7310585786300049));
}

TEST_CASE("n-ary operations of nothing, of zeros and of infinities are what their definitions say", "[ranges]") {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Var<double>> none;
  CHECK(sum(none).value() == 0);
  CHECK(norm(none).value() == 0);
  CHECK(log_sum_exp(none).value() == -infinity);
  CHECK(softmax(none).empty());
  CHECK_THROWS_AS(mean(none), ShapeError);
  CHECK_THROWS_WITH(dot(std::vector<double>{1, 2}, std::vector<double>{1}),
                    Catch::Matchers::ContainsSubstring("dot: the ranges have 2 and 1 elements"));
  Tape<double> tape;
  const auto zeros = tape.variables(std::vector<double>{0, 0});
  CHECK(tape.gradient(norm(zeros))[zeros[0]] == 0);
  const auto bottom = tape.variables(std::vector<double>{-infinity, 0});
  CHECK(log_sum_exp(bottom).value() == 0);
  CHECK(tape.gradient(log_sum_exp(bottom))[bottom[0]] == 0);
  const auto poisoned = tape.variables(std::vector<double>{1, nan, infinity});
  CHECK(isnan(norm(poisoned)));
  CHECK(isnan(log_sum_exp(poisoned)));
}

TEST_CASE("an n-ary operation that throws leaves the tape as it was", "[ranges]") {
  Tape<double> tape, other;
  std::vector<Var<double>> x = tape.variables(std::vector<double>{1, 2, 3});
  const Var<double> y = x[0] * x[1];
  const std::size_t bytes = tape.bytes(), slots = tape.slots();
  x[1] = other.variable(7);
  CHECK_THROWS_WITH(sum(x), Catch::Matchers::ContainsSubstring("sum: the Vars are on different tapes"));
  const Var<double> taken = std::move(x[1]);
  CHECK_THROWS_AS(dot(x, x), TapeError);
  CHECK(tape.bytes() == bytes);
  CHECK(tape.slots() == slots);
  CHECK(tape.gradient(y)[x[0]] == 2);
}

TEST_CASE("log_sum_exp keeps what stands beside the largest, in value and slope", "[ranges]") {  // by mpmath
  Tape<double> tape;
  const std::vector<Var<double>> x{tape.variable(0.0), tape.variable(-40.0), tape.variable(-41.0)};
  const auto y = log_sum_exp(x);
  CHECK(y.value() == Catch::Approx(5.81123644462657775e-18).epsilon(1e-14));
  CHECK(log_sum_exp(std::vector<double>{-40, 0}) == Catch::Approx(4.24835425529158899e-18).epsilon(1e-14));
  CHECK(log_sum_exp(std::vector<float>{0, -40}) == Catch::Approx(4.24835425529158899e-18F).epsilon(1e-6));
  CHECK(tape.gradient(y)[x[1]] == Catch::Approx(4.24835425529158899e-18).epsilon(1e-14));
  CHECK(log_sum_exp(std::vector<double>{0, 0, 0}) == Catch::Approx(std::log(3)).epsilon(1e-15));
}

TEMPLATE_TEST_CASE("sums, means, norms and dot products of four million numbers keep their digits", "[ranges]", double,
                   float) {
  using T = TestType;
  const std::vector<T> x(4'000'000, T(0.1));
  const double tenth = static_cast<double>(T(0.1)), within = static_cast<double>(std::numeric_limits<T>::epsilon());
  CHECK(static_cast<double>(sum(x)) == Catch::Approx(4e6 * tenth).epsilon(within));
  CHECK(static_cast<double>(mean(x)) == Catch::Approx(tenth).epsilon(within));
  CHECK(static_cast<double>(norm(x)) == Catch::Approx(2e3 * tenth).epsilon(2 * within));
  CHECK(static_cast<double>(dot(x, x)) == Catch::Approx(4e6 * tenth * tenth).epsilon(2 * within));
  const std::vector<Dual<T>> moving(1'000'000, Dual<T>(T(0.1), T(0.1)));
  CHECK(static_cast<double>(sum(moving).value()) == Catch::Approx(1e6 * tenth).epsilon(64 * within));
  CHECK(static_cast<double>(sum(moving).tangent()) == Catch::Approx(1e6 * tenth).epsilon(64 * within));
}

TEST_CASE("norm and log_sum_exp have the same slopes in every mode, at the edges of their domains too", "[ranges]") {
  constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  struct Edge {
    std::vector<double> at, of_norm, of_log_sum_exp;
  };
  const double half = std::sqrt(0.5);
  const std::vector<Edge> edges{
      {{3e-310, 4e-310}, {0.6, 0.8}, {0.5, 0.5}},
      {{1e-320, 0}, {1, 0}, {0.5, 0.5}},
      {{1e-320, 1e-320}, {half, half}, {0.5, 0.5}},
      {{1.5e308, -1.5e308}, {half, -half}, {1, 0}},
      {{0, 0}, {0, 0}, {0.5, 0.5}},
      {{1, -infinity}, {0, -1}, {1, 0}},
      {{infinity, 1}, {1, 0}, {1, 0}},
      {{infinity, infinity}, {nan, nan}, {0.5, 0.5}},
      {{-infinity, -infinity}, {nan, nan}, {0.5, 0.5}},
      {{nan, 1}, {nan, nan}, {nan, nan}},
  };
  for (const auto& [at, of_norm, of_log_sum_exp] : edges) {
    const auto agree = [&, &p = at](const auto& f, const std::vector<double>& right) {
      const auto swept = gradient(f, p);
      CAPTURE(p, swept, right);
      for (std::size_t i = 0; i < 2; ++i) {
        std::vector<double> v(2);
        v[i] = 1;
        const double pushed = jvp(f, p, v).tangent;
        CAPTURE(i, pushed);
        CHECK((right[i] != right[i] ? swept[i] != swept[i] : swept[i] == Catch::Approx(right[i]).margin(0)));
        CHECK((right[i] != right[i] ? pushed != pushed : pushed == swept[i]));
      }
    };
    agree([](const auto& p) { return norm(p); }, of_norm);
    agree([](const auto& p) { return log_sum_exp(p); }, of_log_sum_exp);
  }
}

TEST_CASE("second derivatives of a norm keep their digits beside a much larger element", "[ranges]") {  // by mpmath
  struct Case {
    double x, y, xx, xy, yy;
  };
  for (const auto& [x, y, xx, xy, yy] :
       {Case{379, 0.00118, 2.5576810436539138e-14, -8.2149247080070618e-9, 0.002638522427402268},
        {3, 1e-9, 3.7037037037037042e-20, -1.1111111111111112e-10, 0.33333333333333333},
        {1e-200, 1e-205, 9.9999999985000006e189, -9.9999999985000004e194, 9.9999999985000002e199},
        {1e200, 1e190, 1.0000000000000002e-220, -1.0000000000000001e-210, 1e-200}}) {
    const auto f = [](const auto& p) { return norm(p); };
    const auto h = hessian(f, std::array{x, y});
    CHECK(h(0, 0) == Catch::Approx(xx).epsilon(2e-15));
    CHECK(h(0, 1) == Catch::Approx(xy).epsilon(2e-15));
    CHECK(h(1, 0) == Catch::Approx(xy).epsilon(2e-15));
    CHECK(h(1, 1) == Catch::Approx(yy).epsilon(2e-15));
    using Second = Dual<Dual<double>>;
    const auto along = [](double at, double inner, double outer) { return Second({at, inner}, {outer, 0}); };
    CHECK(f(std::array{along(x, 1, 1), along(y, 0, 0)}).tangent().tangent() == Catch::Approx(xx).epsilon(2e-15));
    CHECK(f(std::array{along(x, 1, 0), along(y, 0, 1)}).tangent().tangent() == Catch::Approx(xy).epsilon(2e-15));
  }
}
