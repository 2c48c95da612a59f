#include <autodiff/variable.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <concepts>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"

#include <autodiff/gradient.hpp>
#include <autodiff/ranges.hpp>

using namespace downhill;
using Catch::Matchers::ContainsSubstring;

static_assert(sizeof(Var<double>) == 24);
static_assert(sizeof(Var<float>) == 24);
static_assert(std::regular<Var<double>> && std::totally_ordered<Var<double>>);
static_assert(std::is_nothrow_move_constructible_v<Var<double>> && std::is_nothrow_copy_constructible_v<Var<double>>);
static_assert(std::is_trivially_destructible_v<Var<double>>);
static_assert(std::convertible_to<int, Var<double>> && std::convertible_to<float, Var<double>>);
static_assert(!std::convertible_to<Var<double>, double> && std::constructible_from<double, Var<double>>);
static_assert(!std::is_copy_constructible_v<Tape<double>> && !std::is_move_constructible_v<Tape<double>>);

namespace {

// What other people's templates look like: they know nothing of Var.
template <class Number>
Number log_sum(std::vector<Number> numbers) {
  using std::exp, std::log, std::max, std::min;
  Number largest = std::numeric_limits<Number>::lowest(), sum(0);
  for (const Number& x : numbers) largest = max(largest, x);
  for (const auto& x : numbers) sum += exp(x - largest);
  return largest + log(sum);
}

template <class Number>
Number newton_root(const Number& x) {
  using std::abs;
  Number root = x > 1 ? x : Number(1), last = 0;
  while (abs(root - last) > 4 * std::numeric_limits<Number>::epsilon() * root) {
    last = root;
    root = (root + x / root) / 2;
  }
  return root;
}

template <class T>
Var<T> returned_by_name(const Var<T>& x) {
  Var<T> result = x * x;
  result += x;
  if (x > 100) return result * 2;
  return result;
}

}  // namespace

TEST_CASE("a Var made from a number is passive: no slot, nothing recorded", "[variable]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(1);
  const Var<double> from_int = 3, from_float = 0.5F, from_double = 2.5, from_unsigned = 7U, from_bool = true;
  const Var<double> y = (from_int + from_float) * from_double - from_unsigned / from_bool;
  CHECK(y.value() == 1.75);
  CHECK_FALSE(y.is_active());
  CHECK(y.tape() == nullptr);
  CHECK_FALSE((exp(y) + pow(y, 2) + 1 / y + fma(y, y, 1.0) + sum(std::array{y, y})).is_active());
  CHECK(tape.bytes() == 0);
  CHECK(tape.slots() == 1);
  CHECK_THROWS_WITH(y.slot(), ContainsSubstring("passive"));
  CHECK((y * x).is_active());
  CHECK(x.tape() == &tape);
  CHECK(tape.gradient(y * x)[x] == 1.75);
}

TEMPLATE_TEST_CASE("numbers of every type stand on either side", "[variable]", double, float) {
  using T = TestType;
  Tape<T> tape;
  const Var<T> x = tape.variable(T(4));
  const auto slope = [&](const Var<T>& y) { return tape.gradient(y)[x]; };
  CHECK(slope(2 * x + 1) == 2);
  CHECK(slope(1 - x) == -1);
  CHECK(slope(1.0 / x) == T(-0.0625));
  CHECK(slope(x * 2.0F - 3L) == 2);
  CHECK(slope(x / 2U) == T(0.5));
  CHECK(slope(pow(x, 2)) == 8);
  CHECK(slope(hypot(3, x)) == T(0.8));
  CHECK(slope(-x) == -1);
  CHECK(slope(+x) == 1);
  Var<T> y = x;
  y += 1;
  y *= 2.0;
  y -= 3U;
  y /= 4.0F;
  CHECK(y.value() == T(1.75));
  CHECK(slope(y) == T(0.5));
}

TEST_CASE("Vars compare by value, with each other and with numbers on either side", "[variable]") {
  Tape<double> tape;
  const Var<double> one = tape.variable(1), two = tape.variable(2), other_one = one * 1;
  CHECK((one < two && two > one && one <= two && two >= one && one != two && one == other_one));
  CHECK((one == 1 && 1 == one && 2 > one && one < 1.5 && 0.5F <= one && one != 2U && two >= 2));
  CHECK_FALSE((one > two || one == two || 1 > two || two != 2));
  const Var<double> nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE((nan == nan || nan < 1 || nan > 1 || nan <= nan));
  CHECK(nan != nan);
  CHECK((one <=> two) == std::partial_ordering::less);
  CHECK((one <=> nan) == std::partial_ordering::unordered);
  CHECK((isnan(nan) && !isnan(one) && isfinite(one) && isinf(one / 0) && signbit(-two) && !signbit(two)));
  CHECK(tape.statements() == 3);  // other_one, 1 / 0 and -two: comparisons record nothing
}

TEST_CASE("Vars convert to numbers only when asked to", "[variable]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(2.75);
  CHECK(static_cast<double>(x) == 2.75);
  CHECK(static_cast<int>(x) == 2);
  CHECK(static_cast<float>(x) == 2.75F);
  CHECK(x.value() == 2.75);
}

TEST_CASE("auto, ?: and const keep what an expression means", "[variable]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(2), y = tape.variable(5);
  const auto product = x * y;
  auto sum = product + x;
  static_assert(std::is_same_v<decltype(sum), Var<double>>);
  const auto larger = x > y ? x : y;
  const auto rectified = x > 3 ? x * 10 : 0;
  const auto either = true ? sum : Var<double>(1);
  const auto&& bound = x * 3;
  CHECK(tape.gradient(sum)[x] == 6);
  CHECK(tape.gradient(larger)[y] == 1);
  CHECK_FALSE(rectified.is_active());
  CHECK(rectified == 0);
  CHECK(tape.gradient(either)[x] == 6);
  CHECK(tape.gradient(bound)[x] == 3);
  CHECK(tape.gradient(product)[x] == 5);
}

TEST_CASE("templates written for numbers take Vars", "[variable]") {
  Tape<double> tape;
  const auto x = tape.variables(std::vector<double>{0.5, 1.5, -2, 700, 699});
  const Var<double> y = log_sum(x);
  CHECK(y.value() == Catch::Approx(log_sum(std::vector<double>{0.5, 1.5, -2, 700, 699})));
  CHECK(tape.gradient(y)[x[3]] == Catch::Approx(1 / (1 + std::exp(-1.0))));
  const Var<double> nine = tape.variable(9);
  CHECK(newton_root(nine).value() == 3);
  CHECK(tape.gradient(newton_root(nine))[nine] == Catch::Approx(1.0 / 6).epsilon(1e-14));
  CHECK(tape.gradient(returned_by_name(nine))[nine] == 19);
}

TEST_CASE("std::max, min, clamp, swap and minmax choose and exchange without recording", "[variable]") {
  Tape<double> tape;
  Var<double> x = tape.variable(2), y = tape.variable(5);
  CHECK(tape.gradient(std::max(x, y))[y] == 1);
  CHECK(tape.gradient(std::min<Var<double>>(x, 3))[x] == 1);
  CHECK(std::clamp<Var<double>>(y, 0, 4) == 4);
  std::swap(x, y);
  CHECK((x == 5 && y == 2));
  std::swap(x, x);
  std::tie(x, y) = std::make_pair(y, x);
  CHECK((x == 2 && y == 5));
  x = *&x;
  x = std::move(*&x);
  CHECK(x == 2);
  CHECK(tape.statements() == 0);
}

TEST_CASE("std::sort, accumulate, inner_product and partial_sum work on Vars", "[variable]") {
  Tape<double> tape;
  std::vector<double> numbers(200);
  std::iota(numbers.begin(), numbers.end(), 1.0);
  std::shuffle(numbers.begin(), numbers.end(), std::mt19937(1));
  const auto x = tape.variables(numbers);
  std::vector<Var<double>> sorted;
  for (const Var<double>& v : x) sorted.push_back(v * 2);
  std::ranges::sort(sorted);
  CHECK(std::ranges::is_sorted(sorted));
  std::stable_sort(sorted.begin(), sorted.end(), std::greater<>());
  CHECK(sorted.front() == 400);
  const Var<double> total = std::accumulate(sorted.begin(), sorted.end(), Var<double>(0));
  const Var<double> product = std::inner_product(x.begin(), x.end(), x.begin(), Var<double>(0));
  std::vector<Var<double>> partial(x.size());
  std::partial_sum(x.begin(), x.end(), partial.begin());
  const Gradient<double> of_total = tape.gradient(total), of_product = tape.gradient(product);
  const Gradient<double> of_partial = tape.gradient(partial[99]);
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(of_total[x[i]] == 2);
    CHECK(of_product[x[i]] == 2 * numbers[i]);
    CHECK(of_partial[x[i]] == (i <= 99 ? 1 : 0));
  }
}

TEST_CASE("vectors and maps of Vars grow, and their elements keep their meaning", "[variable]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(3);
  std::vector<Var<double>> powers{1};
  std::map<int, Var<double>> by_degree;
  for (int i = 1; i <= 50; ++i) {
    powers.push_back(powers.back() * x);
    by_degree[i] = powers.back();
  }
  powers.insert(powers.begin(), powers[2]);
  powers.erase(powers.begin() + 1);
  CHECK(powers[0] == 9);
  CHECK(tape.gradient(powers[0])[x] == 6);
  CHECK(tape.gradient(by_degree[4])[x] == 4 * 27);
  CHECK(tape.gradient(powers[30])[x] == Catch::Approx(30 * std::pow(3.0, 29)).epsilon(1e-14));
}

TEST_CASE("numeric_limits of Var are those of its number", "[variable]") {
  using Limits = std::numeric_limits<Var<double>>;
  CHECK(Limits::is_specialized);
  CHECK(Limits::digits == 53);
  CHECK((Limits::max() == std::numeric_limits<double>::max() && Limits::lowest() == -Limits::max()));
  CHECK((Limits::epsilon() == 0x1p-52 && Limits::min() == 0x1p-1022 && isinf(Limits::infinity())));
  CHECK((isnan(Limits::quiet_NaN()) && !Limits::max().is_active()));
  CHECK(std::numeric_limits<Var<float>>::epsilon() == 0x1p-23F);
}

TEST_CASE("a Var that was moved from throws in every use, and says why", "[variable]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(2);
  Var<double> moved = x * 3;
  const Var<double> taken = std::move(moved);
  const Var<double>& v = moved;
  const std::vector<std::function<void()>> uses = {
      [&] { v.value(); },
      [&] { v.slot(); },
      [&] { static_cast<void>(v + 1); },
      [&] { static_cast<void>(2 * v); },
      [&] { static_cast<void>(v * x); },
      [&] { static_cast<void>(x - v); },
      [&] { static_cast<void>(v / v); },
      [&] { static_cast<void>(-v); },
      [&] { exp(v); },
      [&] { pow(x, v); },
      [&] { static_cast<void>(v < 1); },
      [&] { static_cast<void>(x == v); },
      [&] { sum(std::vector{x, v}); },
      [&] { custom(1.0, {{v, 1.0}}); },
      [&] {
        Var<double> s = x * 2, &sum = s += v;
        static_cast<void>(sum);
      },
      [&] { static_cast<void>(static_cast<float>(v)); },
      [&] { tape.name(v, "v"); },
      [&] { tape.gradient(v); },
  };
  for (const auto& use : uses) CHECK_THROWS_WITH(use(), ContainsSubstring("it was moved from"));
  CHECK(tape.gradient(taken)[x] == 3);
  const Var<double> copy_of_moved = moved;  // as harmless as copying an empty std::optional
  CHECK_THROWS_AS(copy_of_moved.value(), TapeError);
  moved = x;
  CHECK(moved == 2);
}

TEST_CASE("a Var that is declared without a value is 0, as a number is", "[variable]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(3);
  Var<double> s{}, t;
  CHECK((s == 0 && !s.is_active() && Var<double>() + 1 == 1));
  s += x;
  t -= x * x;
  CHECK(tape.gradient(s * t)[x] == -27);
  const std::vector squares{x * x, x * 2, x + 1};
  CHECK(tape.gradient(std::reduce(squares.begin(), squares.end()))[x] == 9);
  const std::complex<Var<double>> z(x, 2.0), w = z * z;  // 5 + 12 i, and d/dx is 2 z
  CHECK((w.real() == 5 && w.imag() == 12));
  CHECK((tape.gradient(w.real())[x] == 6 && tape.gradient(w.imag())[x] == 4));
  CHECK_THROWS_AS(tape.gradient(Var<double>()), TapeError);
}

TEST_CASE("a passive Var may stand on both sides of an operation and of a compound assignment", "[variable]") {
  Var<double> s = 3;
  const Var<double>& same = s;  // compilers warn of s -= s
  s *= s;
  CHECK(s == 9);
  s += s;
  CHECK(s == 18);
  s -= same;
  CHECK(s == 0);
  s = 5;
  s /= same;
  CHECK(s == 1);
  CHECK(s * std::move(s) == 1);
  Var<double> t = 2;
  CHECK(std::move(t) + std::move(t) == 4);
}
