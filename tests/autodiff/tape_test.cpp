#include <autodiff/tape.hpp>

#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <vector>

#include "support/catch.hpp"

#include <autodiff/gradient.hpp>
#include <autodiff/ranges.hpp>

using namespace downhill;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("after any nesting of marks and rewinds, just the handles and marks from after a rewind are stale",
          "[tape]") {
  struct Handle {
    Var<double> var;
    double slope;
    bool stale = false;
  };
  struct Marked {
    Mark mark;
    std::size_t slots;
    bool stale = false;
  };
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
    Tape<double> tape;
    const Var<double> x = tape.variable(1.5);
    std::vector<Handle> handles{{x, 1}};
    std::vector<Marked> marks;
    const auto rewound_to = [&](std::size_t slots) {
      for (Handle& h : handles) h.stale = h.stale || h.var.slot() >= slots;
      for (Marked& m : marks) m.stale = m.stale || m.slots > slots;
    };
    for (int step = 0; step < 60; ++step) {
      switch (below(6)) {
        case 0: marks.push_back({tape.mark(), tape.slots()}); break;
        case 1:
          if (!marks.empty()) {
            const Marked& m = marks[below(marks.size())];
            if (m.stale) {
              CHECK_THROWS_WITH(tape.rewind(m.mark), ContainsSubstring("the mark is stale"));
            } else {
              tape.rewind(m.mark);
              CHECK(tape.slots() == m.slots);
              rewound_to(m.slots);
            }
          }
          break;
        default: {
          const Handle& h = handles[below(handles.size())];
          if (h.stale) {
            CHECK_THROWS_WITH(h.var * 2, ContainsSubstring("is stale: the tape was rewound since it was made"));
          } else {
            const double slope = h.slope;
            Var<double> next = h.var * 0.5;
            if (below(2) == 0) next += h.var;
            handles.push_back({next, next.value() == h.var.value() * 0.5 ? slope * 0.5 : slope * 1.5});
          }
        }
      }
      const Handle& h = handles[below(handles.size())];
      if (h.stale)
        CHECK_THROWS_AS(tape.gradient(h.var), TapeError);
      else
        CHECK(tape.gradient(h.var)[x] == h.slope);
    }
  }
}

TEST_CASE("a mark belongs to its tape", "[tape]") {
  Tape<double> tape, other;
  const Var<double> x = tape.variable(1);
  CHECK_THROWS_WITH(other.rewind(tape.mark()), ContainsSubstring("the mark was made on another tape"));
  CHECK_THROWS_WITH(tape.rewind(Mark()), ContainsSubstring("the mark was made on another tape"));
  const Mark empty = other.mark();
  other.variable(1);
  other.clear();
  CHECK_NOTHROW(other.rewind(empty));
  CHECK(tape.gradient(x)[x] == 1);
}

TEST_CASE("the variables made before the first statement are the parameters: contiguous, in order", "[tape]") {
  Tape<double> tape;
  const Var<double> a = tape.variable(1), b = tape.variable(2);
  const std::vector<Var<double>> more = tape.variables(std::vector<double>{3, 4, 5});
  const Var<double> product = a * more[2];
  const Var<double> late = tape.variable(6);
  CHECK(std::ranges::equal(tape.parameters(), std::array{1.0, 2.0, 3.0, 4.0, 5.0}));
  const Gradient<double> gradient = tape.gradient(product + b * late);
  CHECK(std::ranges::equal(gradient.parameters(), std::array{5.0, 6.0, 0.0, 0.0, 1.0}));
  CHECK(gradient[late] == 2);
  CHECK(tape.parameter(4).value() == 5);
  CHECK(tape.gradient(tape.parameter(4) * a)[more[2]] == 1);
  CHECK_THROWS_WITH(tape.parameter(5), ContainsSubstring("parameter(5): the tape has 5 parameters"));
}

TEST_CASE("variables may be made from the values of the tape's own parameters", "[tape]") {
  Tape<double> tape;
  std::vector<double> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 0.0);
  tape.variables(numbers);
  const auto twins = tape.variables(tape.parameters());
  CHECK(std::ranges::equal(twins, numbers));
  CHECK(std::ranges::equal(tape.parameters().last(100), numbers));
}

TEST_CASE("names stay with their slots until a rewind", "[tape]") {
  Tape<double> tape;
  const Var<double> w = tape.variable(1, "w");
  const Mark mark = tape.mark();
  Var<double> loss = w * w;
  tape.name(loss, "loss");
  const std::size_t named = loss.slot();
  loss += w;
  CHECK(loss.slot() != named);
  CHECK(tape.name_of(named) == "loss");
  tape.name(w, "weight");
  CHECK(tape.name_of(w.slot()) == "weight");
  tape.rewind(mark);
  CHECK(tape.name_of(w.slot()) == "w");
  CHECK(tape.name_of(named).empty());
  CHECK_THROWS_AS(tape.name(Var<double>(1), "a plain number"), TapeError);
}
