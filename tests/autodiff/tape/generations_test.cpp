// Which handles are stale, against a model that remembers every rewind there ever was.

#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <autodiff/tape/generations.hpp>

using downhill::Generations;

namespace {

// 2^30 rewinds take too long to reach the point where the generation of a handle wraps around, so the count is set
// there. Access is not checked in the arguments of an explicit instantiation ([temp.spec.general]).
std::uint64_t& now(Generations& generations);
template <auto Count>
struct Opened {
  friend std::uint64_t& now(Generations& generations) { return generations.*Count; }
};
template struct Opened<&Generations::now_>;

struct Handle {
  std::size_t slot;
  std::uint32_t generation;
  bool rewound = false, changed = false;
};

}  // namespace

TEST_CASE("a handle is stale if and only if a later rewind went to or below its slot", "[generations]") {
  const std::uint64_t wrap = std::uint64_t{Generations::mask} + 1;
  const std::uint64_t start = GENERATE_COPY(std::uint64_t{0}, wrap - 1, wrap - 20, 2 * wrap - 20, (wrap << 30) - 20);
  for (unsigned seed = 0; seed < 100; ++seed) {
    INFO("from " << start << ", seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
    Generations generations;
    now(generations) = start;
    std::vector<Handle> handles;
    for (int step = 0; step < 200; ++step) {
      switch (below(8)) {
        case 0: {
          const std::size_t slots = below(20);
          generations.rewind(slots);
          for (Handle& h : handles) h.rewound = h.rewound || h.slot >= slots;
          break;
        }
        case 1:
          if (below(4) == 0) {
            generations.change_values();
            for (Handle& h : handles) h.changed = true;
          }
          break;
        default: handles.push_back({below(20), generations.current()});
      }
      bool all_as_modelled = true;
      for (const Handle& h : handles)
        all_as_modelled = all_as_modelled && generations.is_rewound(h.slot, h.generation) == h.rewound &&
                          generations.has_old_value(h.generation) == h.changed &&
                          generations.is_stale(h.slot, h.generation) == (h.rewound || h.changed);
      REQUIRE(all_as_modelled);
      // `oldest` is a shortcut: what lies below it is never stale.
      const bool none_below = std::none_of(handles.begin(), handles.end(), [&](const Handle& h) {
        return h.slot < generations.oldest() && generations.is_stale(h.slot, h.generation);
      });
      REQUIRE(none_below);
    }
  }
}

TEST_CASE("a new count of generations knows of nothing stale", "[generations]") {
  const Generations generations;
  CHECK(generations.oldest() == Generations::never);
  CHECK_FALSE(generations.is_stale(0, generations.current()));
  CHECK_FALSE(generations.is_later(generations.current()));
}

TEST_CASE("a copy of the generations is a moment: it tells what was made later", "[generations]") {
  Generations generations;
  generations.rewind(5);
  const Generations moment = generations;
  const std::uint32_t then = generations.current();
  generations.rewind(3);
  CHECK(moment.is_later(generations.current()));
  CHECK_FALSE(moment.is_later(then));
  CHECK_FALSE(generations.is_later(then));
  CHECK_FALSE(moment.is_stale(4, then));
  CHECK(generations.is_stale(4, then));
}

TEST_CASE("a million rewinds to a few marks keep the handles below them, and only those", "[generations]") {
  Generations generations;
  const std::uint32_t first = generations.current();
  for (int i = 0; i < 1'000'000; ++i) generations.rewind(static_cast<std::size_t>(10 + i % 3));
  CHECK(generations.current() == 1'000'000);
  CHECK_FALSE(generations.is_stale(9, first));
  CHECK(generations.is_stale(10, first));
  CHECK(generations.oldest() == 10);
  const std::uint32_t last = generations.current();
  generations.rewind(11);
  CHECK_FALSE(generations.is_stale(10, last));
  CHECK(generations.is_stale(11, last));
}

TEST_CASE("generations are told apart in 30 bits", "[generations]") {
  const Generations generations;
  Generations wrapped;
  now(wrapped) = Generations::mask;
  const std::uint32_t last = wrapped.current();
  wrapped.rewind(4);
  CHECK(wrapped.current() == 0);
  CHECK_FALSE(wrapped.is_stale(3, last));
  CHECK(wrapped.is_stale(4, last));
  CHECK_FALSE(wrapped.is_stale(4, 0));
  CHECK(wrapped.is_later(1));
  CHECK_FALSE(wrapped.is_later(last));
  // Seen from 0, the generation before is the largest number of 30 bits: it is not a later one.
  CHECK_FALSE(generations.is_later(Generations::mask));
  CHECK(generations.is_later(1));
  CHECK(generations.is_later(Generations::mask / 2));
  CHECK_FALSE(generations.is_later(Generations::mask / 2 + 1));
}
