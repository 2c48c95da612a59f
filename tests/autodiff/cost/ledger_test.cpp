#include <autodiff/cost/ledger.hpp>

#include <cmath>

#include <support/catch.hpp>

using namespace downhill;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;

namespace {

// 1,000 products a second and 100 bytes, which are twice as fast where they are few.
const Peaks slow{.operations = {{1, 1000}},
                 .read = {{100, 200}, {10'000, 100}},
                 .moved = {{100, 50}},
                 .seconds_of_a_function = 2,
                 .seconds_of_an_edge = 3,
                 .seconds_of_a_block = 0.5};

Cost one(const CostLine& line) { return {.lines = {line}, .blocks = line.count}; }

}  // namespace

TEST_CASE("a product takes the longer of its arithmetic and its bytes, and the time of a block") {
  const CostLine by_arithmetic{
      .kind = "product", .count = 1, .forward = {.operations = 10'000, .read = 100}, .product = {4, 4, 4}};
  CHECK(predicted(one(by_arithmetic), slow).forward == Approx(10 + 0.5));
  CHECK(predicted(one(by_arithmetic), slow).reverse == 0);
  CostLine by_bytes = by_arithmetic;
  by_bytes.forward = {.operations = 10, .read = 10'000};
  CHECK(predicted(one(by_bytes), slow).forward == Approx(100 + 0.5));
  by_bytes.forward.read = 1000;  // half way between two sizes on a logarithmic scale: the root of 100 x 200 bytes
  CHECK(predicted(one(by_bytes), slow).forward == Approx(1000 / std::sqrt(20'000.0) + 0.5));
}

TEST_CASE("what is written has been read, at another rate, and functions and edges have a time each") {
  const CostLine moved{.kind = "+", .count = 1, .reverse = {.operations = 10, .read = 300, .written = 100}};
  CHECK(predicted(one(moved), slow).reverse == Approx(200 / 200.0 + 200 / 50.0 + 0.5));
  const CostLine tanh{.kind = "tanh", .count = 2, .forward = {.functions = 7}};
  CHECK(predicted(one(tanh), slow).forward == Approx(7 * 2 + 2 * 0.5));
  const CostLine edges{.kind = "scalar statements", .count = 2, .reverse = {.operations = 8}, .knows_forward = false};
  CHECK(predicted(one(edges), slow).forward == Approx(4 * 3));
  CHECK(predicted(one(edges), slow).reverse == Approx(4 * 3));
}

TEST_CASE("a narrow product has a rate of its own") {
  const Peaks peaks{.operations = {{16, 100}, {1024, 6400}}};
  const auto seconds = [&](std::size_t narrowest) {
    return predicted(one({.kind = "product", .forward = {.operations = 6400}, .product = {2048, narrowest, 2048}}),
                     peaks)
        .forward;
  };
  CHECK(seconds(8) == Approx(64));
  CHECK(seconds(128) == Approx(8));
  CHECK(seconds(2000) == Approx(1));
}

TEST_CASE("the instructions of a program have the time of their arithmetic, and none of a block") {
  const Cost program{.lines = {{.kind = "*", .count = 1000, .forward = {.operations = 3000}}}};
  CHECK(predicted(program, slow).forward == Approx(3));
}

TEST_CASE("nothing costs nothing, and nothing is divided by it") {
  const Cost nothing;
  CHECK(nothing.ratio() == 0);
  CHECK(nothing.is_complete());
  CHECK(predicted(nothing, slow).forward == 0);
  CHECK_THAT(cost_table(nothing), ContainsSubstring("together"));
}

TEST_CASE("the table has what was measured beside what was predicted") {
  const Cost counted =
      one({.kind = "tanh", .count = 1, .forward = {.functions = 1500}, .reverse = {.operations = 3e6}});
  const std::string text = cost_table(
      counted, {.predicted = {.forward = 1e-3, .reverse = 3e-3}, .measured_forward = 2e-3, .measured_total = 3e-3});
  CHECK_THAT(text, ContainsSubstring("1.5 k"));
  CHECK_THAT(text, ContainsSubstring("3 M"));
  CHECK_THAT(text, ContainsSubstring("function: 2 ms measured, 1 ms predicted, 2.00 times that"));
  CHECK_THAT(text, ContainsSubstring("function and gradient: 3 ms measured, 4 ms predicted, 0.75 times that"));
  CHECK(counted.ratio() == Approx(1 + 3e6 / 15'000));
}

TEST_CASE("lines of a kind are one line, and products of another size another") {
  Cost counted;
  counted.line("product", {1, 2, 3}).count += 1;
  counted.line("product", {1, 2, 3}).count += 1;
  counted.line("product", {3, 2, 1}).count += 1;
  REQUIRE(counted.lines.size() == 2);
  CHECK(counted.lines[0].count == 2);
}
