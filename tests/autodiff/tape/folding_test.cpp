// Temporaries fold, and sums grow in place: what the tape holds after an expression, and that it never means another
// one.

#include "support/catch.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include <autodiff/gradient.hpp>

using namespace downhill;

namespace {

struct Slopes {
  double a, b;
};

// A tape with two variables, a = 2 and b = 3, and what an expression in them leaves on it.
struct Two {
  Tape<double> tape;
  Var<double> a = tape.variable(2), b = tape.variable(3);

  std::size_t newest_edges() const {
    std::size_t newest = 0, seen = 0;
    tape.for_each_backwards([&](std::size_t, std::span<const Edge<double>> edges) {
      if (seen++ == 0) newest = edges.size();
    });
    return newest;
  }
  Slopes slopes(const Var<double>& y) const {
    const Gradient<double> gradient = tape.gradient(y);
    return {gradient[a], gradient[b]};
  }
};

}  // namespace

TEST_CASE("an expression of temporaries is one statement, and edges to one parent join", "[folding]") {
  Two t;
  const Var<double> y = t.tape.variable(5);
  const Var<double> r = t.a * t.b + t.b - y;
  CHECK(t.tape.statements() == 1);
  CHECK(t.newest_edges() == 3);
  CHECK(r.value() == 4);
  const Gradient<double> gradient = t.tape.gradient(r);
  CHECK(gradient[t.a] == 3);
  CHECK(gradient[t.b] == 3);
  CHECK(gradient[y] == -1);
}

TEST_CASE("x - x, x + x and x * x have one edge", "[folding]") {
  Two t;
  CHECK(t.slopes(t.a - t.a).a == 0);
  CHECK(t.slopes(t.a + t.a).a == 2);
  CHECK(t.slopes(t.a * t.a).a == 4);
  CHECK(t.tape.statements() == 3);
  CHECK(t.newest_edges() == 1);
}

TEST_CASE("a chain of functions of one temporary is one statement with one edge", "[folding]") {
  Two t;
  const Var<double> y = tanh(exp(sin(t.a) * 0.5) - 1) / 3;
  CHECK(t.tape.statements() == 1);
  CHECK(t.newest_edges() == 1);
  const double e = std::exp(std::sin(2.0) * 0.5), h = std::cosh(e - 1);
  CHECK(t.slopes(y).a == Catch::Approx(e * std::cos(2.0) * 0.5 / (h * h) / 3).epsilon(1e-14));
}

TEST_CASE("two temporaries side by side become one statement", "[folding]") {
  Two t;
  const Var<double> y = t.tape.variable(5);
  SECTION("a sum of products") {
    const Var<double> r = t.a * t.b + t.b * y;
    CHECK(t.newest_edges() == 3);
    CHECK(t.slopes(r).a == 3);
    CHECK(t.slopes(r).b == 2 + 5);
    CHECK(t.tape.gradient(r)[y] == 3);
  }
  SECTION("a difference of sums, whichever was recorded first") {
    const Var<double> r = (t.a * t.b + y) - (t.a * y + t.b);
    CHECK(t.newest_edges() == 3);
    CHECK(t.slopes(r).a == 3 - 5);
    CHECK(t.slopes(r).b == 2 - 1);
    CHECK(t.tape.gradient(r)[y] == 1 - 2);
  }
  SECTION("a product of functions") {
    const Var<double> r = exp(t.a) * sin(t.b);
    CHECK(t.newest_edges() == 2);
    CHECK(t.slopes(r).a == Catch::Approx(std::exp(2.0) * std::sin(3.0)).epsilon(1e-15));
    CHECK(t.slopes(r).b == Catch::Approx(std::exp(2.0) * std::cos(3.0)).epsilon(1e-15));
  }
  CHECK(t.tape.statements() == 1);
  CHECK(t.tape.slots() == 4);
  CHECK(t.slopes(t.a * t.b).a == 3);  // what comes next has a slot of its own
}

TEST_CASE("two temporaries stay apart where one statement would not mean the same", "[folding]") {
  Two t;
  SECTION("the older is a sum that has grown since") {
    Var<double> s = t.a * t.b;
    s += t.b;
    const Var<double> r = std::move(s) * exp(t.a);
    CHECK(t.slopes(r).a == Catch::Approx(std::exp(2.0) * (3 + 9)));
    CHECK(t.slopes(r).b == Catch::Approx(std::exp(2.0) * (2 + 1)));
  }
  SECTION("a sum has grown between them") {
    Var<double> sum = t.a * 1;
    Var<double> older = t.a * t.b;
    sum += t.b;
    const Var<double> r = std::move(older) + exp(t.a);
    CHECK(t.slopes(r).a == Catch::Approx(std::exp(2.0) + 3));
    CHECK(t.slopes(sum).b == 1);
  }
  SECTION("a mark stands between them") {
    Var<double> older = t.a * t.b;
    const Mark mark = t.tape.mark();
    const Var<double> r = std::move(older) + exp(t.a);
    CHECK(t.slopes(r).b == 2);
    t.tape.rewind(mark);
    CHECK(t.tape.statements() == 1);
  }
  SECTION("a product would overflow") {
    const Var<double> r = (t.a * 1e200) * (t.b * 1e200);
    CHECK(t.tape.gradient({Seed{r, 1e-200}})[t.a] == Catch::Approx(3e200));
    CHECK(t.tape.gradient({Seed{r, 1e-200}})[t.b] == Catch::Approx(2e200));
  }
  SECTION("a slope is infinite, and the other factor 0") {
    const Var<double> zero = t.tape.variable(0);
    CHECK(t.tape.gradient(sqrt(zero) * (t.a * 0))[zero] == 0);
    CHECK(t.tape.gradient((t.a * 0) * sqrt(zero))[zero] == 0);
    CHECK(t.tape.gradient((sqrt(zero) + t.a * 2) * 0)[zero] == 0);
  }
}

TEST_CASE("a named value is never folded into its consumer", "[folding]") {
  Two t;
  const Var<double> product = t.a * t.b;
  const Var<double> sum = product + t.a;
  CHECK(t.tape.statements() == 2);
  CHECK(t.slopes(product).a == 3);
  CHECK(t.slopes(sum).a == 4);
}

TEST_CASE("a temporary with a copy elsewhere is not folded", "[folding]") {
  Two t;
  Var<double> product = t.a * t.b;
  const Var<double> copy = product;
  const Var<double> scaled = std::move(product) * 10;
  CHECK(t.tape.statements() == 2);
  CHECK(t.slopes(copy).a == 3);
  CHECK(t.slopes(scaled).a == 30);
}

TEST_CASE("a temporary is not folded over a mark, a sweep, a variable or an update", "[folding]") {
  Two t;
  Var<double> product = t.a * t.b;
  SECTION("a mark") { t.tape.mark(); }
  SECTION("a sweep") { t.tape.gradient(t.a); }
  SECTION("a variable") { t.tape.variable(1); }
  const Gradient<double> before = t.tape.gradient(product);
  const std::size_t slot = product.slot();
  const Var<double> scaled = std::move(product) * 10;
  CHECK(scaled.slot() != slot);
  CHECK(t.tape.statements() == 2);
  CHECK(t.slopes(scaled).b == 20);
  CHECK(before[t.b] == 2);
}

TEST_CASE("after a rewind to the mark the statement before it is whole", "[folding]") {
  Two t;
  Var<double> product = t.a * t.b, sum = t.a + t.b;
  const Mark mark = t.tape.mark();
  sum += t.b;
  const Var<double> scaled = std::move(product) * 10;
  const Var<double> folded = (std::move(sum) + scaled) * 2;
  CHECK(t.slopes(folded).b == 2 * (1 + 1 + 20));
  t.tape.rewind(mark);
  CHECK(t.tape.statements() == 2);
  CHECK(t.tape.gradient({Seed{t.a + t.b, 1.0}})[t.b] == 1);
}

TEST_CASE("a statement of more than 8 edges is never scaled, so a long recurrence stays linear", "[folding]") {
  const auto recurrence_bytes = [](std::size_t length) {
    Tape<double> tape;
    const std::vector<Var<double>> b = tape.variables(std::vector<double>(length, 1.0));
    Var<double> a = b[0] * 1;
    for (std::size_t i = 1; i < length; ++i) a = std::move(a) * 0.9 + b[i];
    const Gradient<double> gradient = tape.gradient(a);
    for (std::size_t back = 0; back < 50; ++back)
      CHECK(gradient[b[length - 1 - back]] == Catch::Approx(std::pow(0.9, static_cast<double>(back))).epsilon(1e-13));
    std::size_t most = 0;
    tape.for_each_backwards([&](std::size_t, std::span<const Edge<double>> e) { most = std::max(most, e.size()); });
    CHECK(most <= 9);
    return tape.bytes();
  };
  const std::size_t bytes = recurrence_bytes(10'000);
  CHECK(bytes < 10'000 * 20);
  const std::size_t ten_times = recurrence_bytes(100'000);
  CHECK(ten_times > 9 * bytes);
  CHECK(ten_times < 11 * bytes);
}

TEST_CASE("a long sum of temporaries is a single statement whose edges grow one by one", "[folding]") {
  Tape<double> tape;
  const auto x = tape.variables(std::vector<double>(1000, 0.5));
  const Var<double> total = std::accumulate(x.begin(), x.end(), Var<double>(0));
  CHECK(total.value() == 500);
  CHECK(tape.statements() <= 2);
  CHECK(tape.bytes() < 1000 * 12 + 100);
  const Gradient<double> gradient = tape.gradient(total * 3);
  for (const Var<double>& v : x) CHECK(gradient[v] == 3);
}

TEST_CASE("a slope that would underflow is never scaled: a later factor may bring it back", "[folding]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(1e300), y = tape.variable(2);
  CHECK(tape.gradient(x * 1e-200 * 1e-200 * 1e200)[x] == Catch::Approx(1e-200));
  CHECK(tape.gradient((x + y) * 1e-200 * 1e-200 * 1e300)[y] == Catch::Approx(1e-100));
  CHECK(tape.gradient((x + y + 3 * x + 2 * y) * 1e-200 * 1e-200 * 1e300)[y] == Catch::Approx(3e-100));
  CHECK(tape.gradient(x * 0 + y)[x] == 0);

  Var<double> halved = x * 1;
  for (int i = 0; i < 100'000; ++i) halved = std::move(halved) * 0.5 + y;
  CHECK(tape.statements() < 300);  // one more for each thousand halvings
  CHECK(tape.gradient(halved)[x] == 0);
  CHECK(tape.gradient(halved)[y] == 2);
}

TEST_CASE("a slope that is not finite is never scaled: 0 times it contributes 0", "[folding]") {
  Tape<double> tape;
  const Var<double> zero = tape.variable(0), one = tape.variable(1), minus = tape.variable(-1), two = tape.variable(2);
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(tape.gradient(sqrt(zero))[zero] == infinity);
  CHECK(tape.gradient(sqrt(zero) * 0)[zero] == 0);
  CHECK(tape.gradient(0 * sqrt(zero) + one)[zero] == 0);
  CHECK(tape.gradient((sqrt(zero) + one) * 0)[zero] == 0);
  CHECK(tape.gradient((one + sqrt(zero)) * 0)[one] == 0);
  CHECK(tape.gradient((one + minus + sqrt(zero) + one * minus) * 0.0)[zero] == 0);
  CHECK(tape.gradient((sqrt(zero) + one + minus + two) * 0.0)[zero] == 0);
  CHECK(tape.gradient(select(zero > 0, sqrt(zero), 0.0))[zero] == 0);
  CHECK(tape.gradient(select(zero > 0, sqrt(zero), one))[zero] == 0);
  CHECK(tape.gradient(select(zero > 0, sqrt(zero) * one + one, one * 2))[zero] == 0);
  CHECK(tape.gradient(select(false, log(minus), one * one))[minus] == 0);
  CHECK(tape.gradient(square(sqrt(zero)))[zero] == 0);
  Var<double> sum = one * 2;
  sum += sqrt(zero) * 0;
  sum -= 0.0 * log(zero);
  CHECK(tape.gradient(sum)[zero] == 0);
  CHECK(tape.gradient(sum)[one] == 2);
  CHECK(std::isnan(tape.gradient(log(zero) - log(zero))[zero]));  // infinity - infinity, as IEEE has it
}

TEST_CASE("slopes that overflow when multiplied or joined are kept apart", "[folding]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(1e-300);
  const double huge = 1e200;
  const Var<double> y = x * huge * huge;
  CHECK(y.value() == Catch::Approx(1e100));
  CHECK(tape.gradient({Seed{y, 1e-200}})[x] == Catch::Approx(1e200));
  const Var<double> z = x * 1.5e308 + x * 1.5e308;
  CHECK(tape.gradient({Seed{z, 0.25}})[x] == Catch::Approx(0.75e308));
}

TEST_CASE("a sum that one handle knows keeps its slot, whatever is added to it", "[folding]") {
  Two t;
  Var<double> s = t.a * 2;
  const std::size_t slot = s.slot();
  s += t.b;
  s -= t.a * t.b;
  s += exp(t.a - 2) + t.b;
  const Var<double> named = t.a * t.a;
  s += named;
  s -= 1;
  s += Var<double>(5);
  CHECK(t.slopes(s).a == 2 - 3 + 1 + 4);
  CHECK(t.slopes(s).b == 1 - 2 + 1);
  CHECK(s.value() == 4 + 3 - 6 + 4 + 4 - 1 + 5);
  Var<double> again = t.a * 2;
  const std::size_t slots = t.tape.slots();
  for (int i = 0; i < 100; ++i) again += t.a * t.b;
  CHECK(t.tape.slots() == slots);
  CHECK(t.slopes(again).b == 200);
  CHECK(slot < again.slot());
}

TEST_CASE("a sum takes a slot of its own once something else has seen the old one", "[folding]") {
  Two t;
  Var<double> s = t.a * t.b;
  const std::size_t slot = s.slot();
  SECTION("nothing has") {
    s += t.a;
    CHECK(s.slot() == slot);
  }
  SECTION("a copy") {
    const Var<double> copy = s;
    s += t.a;
    CHECK(t.slopes(copy).a == 3);
    CHECK(s.slot() != slot);
  }
  SECTION("a statement") {
    const Var<double> user = s * 10;
    s += t.a;
    CHECK(t.slopes(user).a == 30);
    CHECK(t.tape.gradient(user + s)[s] == 1);  // s as it is now, not as the statement saw it
    CHECK(s.slot() != slot);
  }
  SECTION("a statement of three operands") {
    const Var<double> user = fma(s, 10, t.b);
    s += t.a;
    CHECK(t.slopes(user).a == 30);
    CHECK(t.tape.gradient(user + s)[s] == 1);
  }
  SECTION("custom") {
    const Var<double> user = custom(1.0, {{s, 10.0}});
    s += t.a;
    CHECK(t.slopes(user).a == 30);
    CHECK(s.slot() != slot);
  }
  SECTION("a mark, so that a rewind does not lose a part of it") {
    const Mark mark = t.tape.mark();
    s += t.a;
    CHECK(s.slot() != slot);
    t.tape.rewind(mark);
    CHECK_THROWS_AS(s + 1, TapeError);
    CHECK(t.tape.statements() == 1);
    return;
  }
  SECTION("a sweep, so that its Gradient stays true") {
    const Gradient<double> gradient = t.tape.gradient(s);
    s += t.a;
    CHECK_THROWS_AS(gradient[s], TapeError);
  }
  SECTION("a name") {
    t.tape.name(s, "product");
    s += t.a;
    CHECK(s.slot() != slot);
  }
  CHECK(s.value() == 8);
  CHECK(t.slopes(s).a == 4);
}

TEST_CASE("a variable is no sum: adding to its handle leaves the variable alone", "[folding]") {
  Two t;
  Var<double> s = t.a;
  s += t.b;
  t.a *= 3;
  CHECK(s.value() == 5);
  CHECK(t.tape.gradient(s).parameters()[0] == 1);
  CHECK(t.tape.gradient(t.a).parameters()[0] == 3);
}

TEST_CASE("a sum may be moved, and goes on in its slot", "[folding]") {
  Two t;
  Var<double> s = t.a * t.b;
  const std::size_t slot = s.slot();
  std::vector<Var<double>> sums;
  sums.push_back(std::move(s));
  sums.emplace_back(0);
  std::swap(sums[0], sums[1]);
  sums[1] += t.b;
  CHECK(sums[1].slot() == slot);
  CHECK(t.slopes(sums[1]).b == 3);
}
