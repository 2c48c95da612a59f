// Products at and beyond the largest number.

#include <models/files/shape.hpp>

#include <limits>
#include <random>
#include <vector>

#include "support/catch.hpp"

using namespace downhill;

namespace {

using Extents = std::vector<std::size_t>;
constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

}  // namespace

TEST_CASE("a shape's bytes are the product of its sizes and the element's") {
  CHECK(bytes_of(Extents{}, 8) == 8u);
  CHECK(bytes_of(Extents{2, 3}, 4) == 24u);
  CHECK(bytes_of(Extents{2, 0, 3}, 4) == 0u);
  CHECK(bytes_of(Extents{most}, 1) == most);
  CHECK(bytes_of(Extents{most / 8}, 8) == most - 7);
  CHECK(bytes_of(Extents(255, 1), 1) == 1u);
}

TEST_CASE("a product that does not fit is none, whatever else is 0") {
  CHECK(!bytes_of(Extents{most}, 2));
  CHECK(!bytes_of(Extents{most / 8 + 1}, 8));
  CHECK(!bytes_of(Extents{std::size_t{1} << 32, std::size_t{1} << 32}, 1));
  CHECK(!bytes_of(Extents{0, most, most}, 1));
  CHECK(!bytes_of(Extents{most, 2, 0}, 1));
}

TEST_CASE("a product is none exactly where a division says so") {
  std::mt19937_64 random(5);
  for (int i = 0; i < 2'000; ++i) {
    const std::size_t a = random() >> (random() % 64), b = random() >> (random() % 64);
    CAPTURE(a, b);
    const bool fits = a == 0 || b <= most / a;
    CHECK(bytes_of(Extents{a, b}, 1).has_value() == fits);
    if (fits) CHECK(bytes_of(Extents{a, b}, 1) == a * b);
  }
}

TEST_CASE("a shape is shown as a list, a long one by its start") {
  CHECK(text_of(Extents{}) == "[]");
  CHECK(text_of(Extents{2, 3}) == "[2, 3]");
  CHECK(text_of(Extents(8, 1)) == "[1, 1, 1, 1, 1, 1, 1, 1]");
  CHECK(text_of(Extents(9, 1)) == "[1, 1, 1, 1, 1, 1, 1, 1, ...]");
}
