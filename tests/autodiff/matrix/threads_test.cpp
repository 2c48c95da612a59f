#include <autodiff/matrix/threads.hpp>

#include <array>
#include <cstring>
#include <vector>

#include <autodiff/matrix.hpp>

#include "support/block_check.hpp"
#include "support/catch.hpp"

using namespace downhill;
using block_check::numbers;

namespace {

// Keeps the number of threads as it was.
struct Threads {
  std::size_t before = threads();
  explicit Threads(std::size_t count) { set_threads(count); }
  ~Threads() { set_threads(before); }
};

}  // namespace

TEMPLATE_TEST_CASE("products and their adjoints are the same bits on any number of threads", "", float, double) {
  using T = TestType;
  // Around the edges of pieces, and of what is worth more than one thread.
  const std::vector<std::array<std::size_t, 3>> sizes{{241, 30, 187}, {128, 20, 512}, {1, 1050, 1000}, {1050, 1000, 1},
                                                      {239, 20, 240}, {240, 20, 241}, {383, 45, 64},   {6272, 9, 19},
                                                      {192, 30, 192}, {577, 1, 1801}, {97, 110, 101},  {193, 600, 50}};
  const auto bits_of = [](const std::array<std::size_t, 3>& size) {
    const auto [n, k, m] = size;
    Tape<T> tape;
    const auto values = [&](std::size_t count, unsigned seed) {
      const std::vector<double> exact = numbers(count, seed, -1, 1);
      return std::vector<T>(exact.begin(), exact.end());
    };
    const auto a = parameters<T>(tape, values(n * k, 1), n, k), b = parameters<T>(tape, values(k * m, 2), k, m);
    const auto c = parameters<T>(tape, values(n * m, 3), n, m), turned = parameters<T>(tape, values(k * n, 4), k, n);
    const auto y = product(a, b), z = product(turned.transpose(), b);
    std::vector<T> all = tape.gradient(sum(y * c) + sum(z * c)).parameters();
    for (const auto& result : {y, z}) {
      const auto values_of = result.value();
      all.insert(all.end(), values_of.data(), values_of.data() + values_of.size());
    }
    return all;
  };
  for (const auto& size : sizes) {
    CAPTURE(size[0], size[1], size[2]);
    const std::vector<T> alone = bits_of(size);
    for (const std::size_t count : {2u, 7u}) {
      const Threads some(count);
      const std::vector<T> together = bits_of(size);
      CHECK(std::memcmp(alone.data(), together.data(), alone.size() * sizeof(T)) == 0);
    }
  }
}

TEST_CASE("there is one thread unless more are asked for") {
  CHECK(threads() == 1);
  {
    const Threads some(3);
    CHECK((threads() == 3 || threads() == 1));  // 1 without OpenMP
  }
  const Threads all(0);
  CHECK(threads() >= 1);
}
