#include <autodiff/tape/untouched.hpp>

#include <algorithm>
#include <limits>
#include <new>
#include <vector>

#include <support/catch.hpp>

using namespace downhill;

TEST_CASE("untouched memory is of zeros, each time that it is assigned") {
  Untouched<double> numbers;
  CHECK(numbers.data() == nullptr);
  for (const std::size_t count : std::vector<std::size_t>{3, 100'000, 5}) {
    numbers.assign(count);
    REQUIRE(numbers.size() == count);
    CHECK(std::all_of(numbers.data(), numbers.data() + count, [](double x) { return x == 0; }));
    std::fill_n(numbers.data(), count, 7.0);
  }
  numbers.clear();
  CHECK(numbers.size() == 0);
  numbers.assign(0);
  CHECK(numbers.data() == nullptr);
}

TEST_CASE("untouched memory of more than there is is refused, and there is none") {
  Untouched<double> numbers;
  numbers.assign(2);
  CHECK_THROWS_AS(numbers.assign(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
  CHECK_THROWS_AS(numbers.assign(std::numeric_limits<std::size_t>::max() / 8), std::bad_alloc);
  CHECK(numbers.size() == 0);
}

TEST_CASE("numbers of untouched memory are made 0 again, a few or very many, and those beside them stay") {
  for (const std::size_t count : std::vector<std::size_t>{10, 17'000'000}) {
    Untouched<float> numbers;
    numbers.assign(count + 200);
    std::fill_n(numbers.data(), numbers.size(), 3.0F);
    numbers.zero(100, count);
    const float* const begin = numbers.data();
    CHECK(std::all_of(begin, begin + 100, [](float x) { return x == 3; }));
    CHECK(std::all_of(begin + 100, begin + 100 + count, [](float x) { return x == 0; }));
    CHECK(std::all_of(begin + 100 + count, begin + count + 200, [](float x) { return x == 3; }));
    numbers.zero(0, 0);
    CHECK(begin[0] == 3);
  }
}
