// What happens when the slots run out, seen in a build that counts them in 16 bits: 65,535 of them.

#include "support/catch.hpp"

#include <functional>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <autodiff/gradient.hpp>
#include <autodiff/ranges.hpp>

using namespace downhill;
using Catch::Matchers::ContainsSubstring;

static_assert(sizeof(Slot) == 2);

namespace {

constexpr std::size_t limit = 65'535;

// A tape with the variables x = 0.5 and y = 0.25, filled with statements until `left` slots are free. Its last result
// counts how many times x was added: the gradient would show any slot that was used twice.
struct Full {
  Tape<double> tape;
  const Var<double> x = tape.variable(0.5), y = tape.variable(0.25);
  Var<double> chain = x * 1;
  double times = 1;

  explicit Full(std::size_t left = 0) {
    while (tape.slots() < limit - left) extend();
  }
  void extend() {
    const Var<double>& named = chain;
    chain = named + x;
    ++times;
  }
  void check() const {
    REQUIRE(tape.slots() <= limit);
    const Gradient<double> gradient = tape.gradient(chain);
    REQUIRE(gradient[x] == times);
    REQUIRE(gradient[y] == 0);
    REQUIRE(chain.value() == times * 0.5);
  }
};

// There is no slot for this, and the error says what to do.
template <class Recording>
void check_full(Recording&& recording) {
  CHECK_THROWS_WITH(recording(), ContainsSubstring("the tape is full: all of its 65535 slots are taken") &&
                                     ContainsSubstring("rewind to a mark") && ContainsSubstring("sum and dot"));
}

}  // namespace

TEST_CASE("all slots can be taken, and one more statement throws and says what to do", "[slot16]") {
  Full full;
  CHECK(full.tape.slots() == limit);
  CHECK(full.tape.statements() == limit - 2);
  full.check();
  for (int again = 0; again < 3; ++again) check_full([&] { full.extend(); });
  full.check();
}

TEST_CASE("every way to take a slot stops at the last one", "[slot16]") {
  const std::vector<std::function<void(Full&)>> ways = {
      [](Full& f) { f.tape.variable(1); },
      [](Full& f) { f.tape.variable(1, "named"); },
      [](Full& f) { f.tape.variables(std::vector<double>(1, 1.0)); },
      [](Full& f) { sin(f.x); },
      [](Full& f) { f.x* f.y; },
      [](Full& f) { f.x* f.y + f.y - sin(f.y * 2); },
      [](Full& f) { fma(f.x, f.y, f.chain); },
      [](Full& f) { sum(std::vector<Var<double>>(1000, f.y)); },
      [](Full& f) { custom(1.0, {{f.y, 1.0}}); },
      [](Full& f) {
        Var<double> s = f.y;
        s += f.x;
      },
      [](Full& f) {
        Var<double> s = f.y * 2;
        for (int i = 0; i < 100; ++i) s += f.x * f.y;
      },
      [](Full& f) {
        const std::vector<Var<double>> ten(10, f.y * 1);
        std::accumulate(ten.begin(), ten.end(), Var<double>(0));
      },
  };
  for (std::size_t way = 0; way < ways.size(); ++way)
    for (const std::size_t left : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{1000}}) {
      INFO("way " << way << " from " << left << " slots before the end");
      Full full(left);
      std::size_t count = 0;
      check_full([&] {
        for (;; ++count) ways[way](full);
      });
      CHECK(count <= left);
      full.check();
      while (full.tape.slots() < limit) full.extend();  // nothing was lost that is still free
      full.check();
    }
}

TEST_CASE("too many variables at once throw before any of them is made", "[slot16]") {
  Full full(10);
  const std::vector<double> ten(10, 1.0), eleven(11, 1.0), very_many(100'000, 1.0);
  check_full([&] { full.tape.variables(eleven); });
  check_full([&] { full.tape.variables(very_many); });
  CHECK(full.tape.slots() == limit - 10);
  const auto made = full.tape.variables(ten);
  CHECK(made.back().slot() == limit - 1);
  CHECK(full.tape.gradient({Seed{made.back(), 2.0}})[made.back()] == 2);
  full.check();
}

TEST_CASE("a tape of parameters alone takes all slots", "[slot16]") {
  Tape<float> tape;
  const auto w = tape.variables(std::vector<float>(limit - 1, 0.5F));
  const Var<float> total = dot(w, w);
  const Gradient<float> gradient = tape.gradient(total);
  CHECK(gradient.parameters().size() == limit - 1);
  for (const float slope : gradient.parameters()) REQUIRE(slope == 1);
  check_full([&] { total * 2; });
}

TEST_CASE("n-ary statements of many edges leave no room beyond the last slot", "[slot16]") {
  Full full(3);
  const std::vector<Var<double>> many(5000, full.y);
  Var<double> last = full.y;
  for (int i = 0; i < 3; ++i) last = sum(many);
  check_full([&] { sum(many); });
  check_full([&] { sin(full.x); });
  CHECK(last.slot() == limit - 1);
  CHECK(full.tape.gradient(last)[full.y] == 5000);
  full.check();
}

TEST_CASE("a rewind over statements of many edges gives back their slots, not what slim ones in their place would take",
          "[slot16]") {
  Full full(5);
  const Mark mark = full.tape.mark();
  const std::vector<Var<double>> many(5000, full.y);
  for (int i = 0; i < 5; ++i) sum(many);
  full.tape.rewind(mark);
  for (int i = 0; i < 5; ++i) full.extend();
  check_full([&] { full.extend(); });
  full.check();
}

TEST_CASE("temporaries fold on a full tape: they take no slot", "[slot16]") {
  Full full(1);
  Var<double> folded = full.x * full.y;
  CHECK(full.tape.slots() == limit);
  for (int i = 0; i < 1000; ++i) folded = (std::move(folded) + full.x) * 0.5 + full.y;
  CHECK(folded.slot() == limit - 1);
  double slope = 0.25;
  for (int i = 0; i < 1000; ++i) slope = (slope + 1) * 0.5;
  CHECK(full.tape.gradient(folded)[full.x] == slope);
  full.check();
}

TEST_CASE("sums that grow by temporaries give the slots back", "[slot16]") {
  Full full(2);
  Var<double> s = full.x * 2;
  for (int i = 0; i < 200'000; ++i) s += full.x * full.y;
  CHECK(full.tape.slots() == limit - 1);
  CHECK(full.tape.gradient(s)[full.y] == 100'000);
  full.check();
}

TEST_CASE("after a rewind a tape that was full records again", "[slot16]") {
  Tape<double> tape;
  const Var<double> x = tape.variable(0.5);
  const Mark mark = tape.mark();
  for (int round = 0; round < 3; ++round) {
    Var<double> chain = x * 1;
    double times = 1;
    check_full([&] {
      for (;; ++times) {
        const Var<double>& named = chain;
        chain = named + x;
      }
    });
    CHECK(tape.gradient(chain)[x] == times);
    CHECK(times == limit - 1);
    tape.rewind(mark);
    CHECK_THROWS_AS(chain + 1, TapeError);
  }
  tape.clear();
  const Var<double> y = tape.variable(3);
  CHECK(tape.gradient(y * y)[y] == 6);
}
