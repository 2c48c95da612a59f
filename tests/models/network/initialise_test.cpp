// Where weights start: the bits against the outputs that the standard specifies for mt19937_64, the bounds against
// their formulas, and mean and variance against those of a uniform distribution.

#include <models/network/initialise.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include <autodiff/error.hpp>
#include <autodiff/text/names.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

using namespace downhill;

namespace {

// The first outputs of std::mt19937_64 as it is seeded by default, and its 10,000th, which the standard gives.
const std::vector<std::uint64_t> first_outputs{14514284786278117030U, 4620546740167642908U, 13109570281517897720U,
                                               17462938647148434322U, 355488278567739596U};
constexpr std::uint64_t output_10000 = 9981545732273789042U;

// (upper 53 bits) 2^-52 - 1, by way of integers.
double number_of(std::uint64_t output) {
  return std::ldexp(static_cast<double>(static_cast<std::int64_t>(output >> 11) - (std::int64_t{1} << 52)), -52);
}

std::vector<double> made(Initialiser initialiser, std::size_t n, std::size_t fan_in, std::size_t fan_out,
                         std::uint64_t seed = 5489) {
  std::vector<double> weights(n);
  std::mt19937_64 generator(seed);
  initialise(std::span(weights), initialiser, fan_in, fan_out, generator);
  return weights;
}

}  // namespace

TEST_CASE("uniform numbers are the upper 53 bits of the generator that the standard specifies") {
  std::mt19937_64 generator;
  for (const std::uint64_t output : first_outputs) CHECK(uniform(generator) == number_of(output));
  generator.seed();
  generator.discard(9999);
  CHECK(uniform(generator) == number_of(output_10000));
  CHECK(std::bit_cast<std::uint64_t>(number_of(first_outputs[0])) == 0x3FE25B46473DBDAAU);
}

TEST_CASE("uniform numbers lie from -1 to below 1, also for the least and the largest bits") {
  CHECK(number_of(0) == -1);
  CHECK(number_of(~std::uint64_t{0}) == 1 - 0x1p-52);
  std::mt19937_64 generator(3);
  for (int i = 0; i < 10'000; ++i) {
    const double x = uniform(generator);
    CHECK((x >= -1 && x < 1));
  }
}

TEST_CASE("weights are the bound of their initialiser times the uniform numbers, bit for bit") {
  const auto check = [](Initialiser initialiser, std::size_t fan_in, std::size_t fan_out, double bound) {
    CAPTURE(name(initialiser));
    const std::vector<double> weights = made(initialiser, first_outputs.size(), fan_in, fan_out);
    for (std::size_t i = 0; i < weights.size(); ++i) CHECK(weights[i] == bound * number_of(first_outputs[i]));
  };
  check(Initialiser::xavier, 64, 32, 0.25);
  check(Initialiser::xavier, 2, 1, std::sqrt(2.0));
  check(Initialiser::automatic, 64, 32, 0.25);
  check(Initialiser::he, 24, 1000, 0.5);
  check(Initialiser::lecun, 48, 1, 0.25);
}

TEST_CASE("weights in float are the rounded ones in double") {
  for (const Initialiser initialiser : {Initialiser::xavier, Initialiser::he, Initialiser::lecun}) {
    std::mt19937_64 generator(7);
    std::vector<float> weights(1000);
    initialise(std::span(weights), initialiser, 17, 5, generator);
    const std::vector<double> precise = made(initialiser, weights.size(), 17, 5, 7);
    for (std::size_t i = 0; i < weights.size(); ++i) CHECK(weights[i] == static_cast<float>(precise[i]));
  }
}

TEST_CASE("weights have the mean, the variance and the range of a uniform distribution") {
  constexpr std::size_t n = 100'000;
  for (const auto& [initialiser, bound] :
       {std::pair{Initialiser::xavier, std::sqrt(6.0 / 150)}, std::pair{Initialiser::he, std::sqrt(6.0 / 100)},
        std::pair{Initialiser::lecun, std::sqrt(3.0 / 100)}}) {
    double sum = 0, squares = 0, largest = 0;
    for (const double x : made(initialiser, n, 100, 50)) {
      sum += x;
      squares += x * x;
      largest = std::max(largest, std::abs(x));
    }
    CHECK(std::abs(sum / n) < 5 * bound / std::sqrt(3.0 * n));  // five standard deviations of the mean
    CHECK(squares / n == Catch::Approx(bound * bound / 3).epsilon(0.02));
    CHECK(largest <= bound);
    CHECK(largest > 0.999 * bound);
  }
}

TEST_CASE("zeros and ones take nothing from the generator, and need no fans") {
  std::mt19937_64 generator, untouched;
  std::vector<double> weights(3, 7);
  initialise(std::span(weights), Initialiser::zeros, 0, 0, generator);
  CHECK(weights == std::vector<double>{0, 0, 0});
  initialise(std::span(weights), Initialiser::ones, 0, 0, generator);
  CHECK(weights == std::vector<double>{1, 1, 1});
  initialise(std::span<double>{}, Initialiser::he, 3, 3, generator);
  CHECK(generator == untouched);
}

TEST_CASE("a fan of 0 is refused where the bound is made from it") {
  CHECK(message_of([] { made(Initialiser::he, 1, 0, 5); }) ==
        "initialise: 0 inputs and 5 outputs; he needs at least one input");
  CHECK(message_of([] { made(Initialiser::lecun, 1, 0, 5); }) ==
        "initialise: 0 inputs and 5 outputs; lecun needs at least one input");
  CHECK(message_of([] { made(Initialiser::xavier, 1, 0, 0); }) ==
        "initialise: 0 inputs and 0 outputs; xavier needs at least one of either");
  CHECK_THROWS_AS(made(Initialiser::automatic, 1, 0, 0), OptionError);
  CHECK_NOTHROW(made(Initialiser::xavier, 1, 0, 5));
  CHECK_NOTHROW(made(Initialiser::he, 1, 5, 0));
}

TEST_CASE("every initialiser has a name") {
  CHECK(enumerators<Initialiser>.size() == 6);
  CHECK(name(Initialiser::automatic) == "automatic");
  CHECK(name(Initialiser::ones) == "ones");
}
