#include <autodiff/descent/objective.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include <autodiff/derivatives.hpp>
#include <autodiff/descent/least_squares.hpp>
#include <autodiff/descent/minimize.hpp>
#include <autodiff/error.hpp>
#include <support/catch.hpp>

using namespace downhill;

namespace {

// (x - 3)² + (x y + 1)², in every form that minimize takes.
const auto generic = [](auto x) { return square(x[0] - 3) + square(x[0] * x[1] + 1); };
double plain(std::span<const double> x) { return generic(x); }
std::array<double, 2> slopes(std::span<const double> x) {
  const double outer = 2 * (x[0] * x[1] + 1);
  return {2 * (x[0] - 3) + outer * x[1], outer * x[0]};
}

}  // namespace

TEST_CASE("a lambda, a tape function and a function with a gradient by hand walk the same path") {
  const auto with_tape = [](Tape<double>& tape, std::span<const Var<double>> x) {
    const Var<double> offset = x[0] - 3;
    tape.name(offset, "offset");
    return square(offset) + square(x[0] * x[1] + 1);
  };
  const auto in_place = [](std::span<const double> x, std::span<double> gradient) {
    std::ranges::copy(slopes(x), gradient.begin());
    return plain(x);
  };
  const GradientDescent method{.learning_rate = 0.02};
  const Result expected = minimize(generic, {1, 1}, method, {.steps = 50});
  const auto same = [&](auto&& objective) {
    const Result result = minimize(objective, {1, 1}, method, {.steps = 50});
    CHECK(result.point[0] == Catch::Approx(expected.point[0]).epsilon(1e-12));
    CHECK(result.point[1] == Catch::Approx(expected.point[1]).epsilon(1e-12));
    CHECK(result.value == Catch::Approx(expected.value).epsilon(1e-12));
  };
  same(with_tape);
  same(in_place);
  same(by_hand(plain, slopes));
  same(by_hand(plain,
               [](std::span<const double> x, std::span<double> into) { std::ranges::copy(slopes(x), into.begin()); }));
  same(TapeObjective(generic));
}

TEST_CASE("a start that is too short for its function is refused, and says which input is missing") {
  using Catch::Matchers::ContainsSubstring;
  const std::string message = "the function reads input [1], but it was given 1";
  CHECK_THROWS_WITH(minimize(generic, {1}, {.learning_rate = 0.1}), ContainsSubstring(message));
  CHECK_THROWS_WITH(gradient(generic, std::vector<double>{1}), ContainsSubstring(message));
  CHECK_THROWS_WITH(hessian(generic, std::vector<double>{1}), ContainsSubstring(message));
  const auto residuals = [](auto x) { return std::vector{x[0] - x[1]}; };
  CHECK_THROWS_WITH(minimize(SumOfSquares(residuals), {1}, LevenbergMarquardt{}), ContainsSubstring(message));
  const auto as_span = [](std::span<const Var<double>> x) { return x[0] * x[0]; };
  CHECK(minimize(as_span, {1}, {.learning_rate = 0.5}).point[0] == 0);
}

TEST_CASE("inputs are a range and a span, of which parts can be taken") {
  const std::vector<double> numbers{1, 2, 3};
  const Inputs<double> inputs(numbers);
  CHECK(std::accumulate(inputs.begin(), inputs.end(), 0.0) == 6);
  CHECK(std::span<const double>(inputs).data() == numbers.data());
  CHECK(inputs.subspan(1, 2)[1] == 3);
  CHECK(inputs.first(2).back() == 2);
  CHECK(inputs.first(0).empty());
  CHECK_THROWS_AS(inputs[3], ShapeError);
  CHECK_THROWS_AS(inputs.subspan(2, 2), ShapeError);
  CHECK_THROWS_AS(inputs.first(0).front(), ShapeError);
}

TEST_CASE("a gradient by hand of the wrong size is refused with both sizes") {
  const auto objective = by_hand(plain, [](std::span<const double>) { return std::vector<double>{1, 2, 3}; });
  CHECK_THROWS_WITH(minimize(objective, {1, 1}, {.learning_rate = 0.1}),
                    Catch::Matchers::ContainsSubstring("2") && Catch::Matchers::ContainsSubstring("3"));
}

TEST_CASE("every sample is in one batch of an epoch, in an order that depends on the seed alone") {
  BatchOrder order(10, {.batch = 4, .seed = 7});
  std::vector<std::size_t> first, second;
  for (const std::size_t size : {4U, 4U, 2U}) {
    const auto batch = order.next();
    CHECK(batch.size() == size);
    first.insert(first.end(), batch.begin(), batch.end());
  }
  CHECK(order.epochs() == 1);
  for (int i = 0; i < 3; ++i) {
    const auto batch = order.next();
    second.insert(second.end(), batch.begin(), batch.end());
  }
  CHECK(std::set(first.begin(), first.end()).size() == 10);
  CHECK(std::set(second.begin(), second.end()).size() == 10);
  CHECK(first != second);
  CHECK(first == std::vector<std::size_t>{0, 7, 4, 9, 3, 1, 2, 8, 6, 5});  // the same on every machine

  BatchOrder in_order(5, {.batch = 2, .shuffle = false});
  CHECK(in_order.next()[0] == 0);
  CHECK(in_order.next()[1] == 3);
  CHECK(BatchOrder(3, {.batch = 100}).next().size() == 3);
  CHECK_THROWS_AS(BatchOrder(0, {}), OptionError);
  CHECK_THROWS_AS(BatchOrder(3, {.batch = 0}), OptionError);
}

TEST_CASE("an order goes on from any state as if it had not been interrupted") {
  for (const bool shuffled : {true, false})
    for (int at = 0; at < 12; ++at) {  // four batches an epoch
      CAPTURE(shuffled, at);
      const BatchOptions options{.batch = 3, .seed = 7, .shuffle = shuffled};
      BatchOrder order(11, options), other(11, {.batch = 3, .seed = 99, .shuffle = shuffled});
      for (int i = 0; i < at; ++i) order.next();
      other.restore(order.state());
      CHECK(other.epochs() == order.epochs());
      for (int i = 0; i < 10; ++i) {
        const auto expected = order.next(), batch = other.next();
        CHECK(std::ranges::equal(batch, expected));
      }
      CHECK(other.epochs() == order.epochs());
    }
}

TEST_CASE("an order refuses what is no order of its samples, and goes on with its own") {
  BatchOrder order(4, {.batch = 3, .seed = 1}), undisturbed(4, {.batch = 3, .seed = 1});
  order.next(), undisturbed.next();
  const auto with = [&](std::vector<std::size_t> indices, std::size_t position) {
    BatchOrder::State state = order.state();
    state.order = std::move(indices), state.position = position;
    return state;
  };
  CHECK_THROWS_AS(order.restore(with({0, 1, 2}, 0)), ShapeError);
  CHECK_THROWS_AS(order.restore(with({0, 1, 2, 3, 4}, 0)), ShapeError);
  CHECK_THROWS_AS(order.restore(with({}, 0)), ShapeError);
  CHECK_THROWS_AS(order.restore(with({0, 1, 2, 2}, 0)), OptionError);
  CHECK_THROWS_AS(order.restore(with({0, 1, 2, 4}, 0)), OptionError);
  CHECK_THROWS_AS(order.restore(with({3, 2, 1, 0}, 5)), OptionError);
  for (int i = 0; i < 5; ++i) CHECK(std::ranges::equal(order.next(), undisturbed.next()));
  order.restore(with({3, 2, 1, 0}, 2));
  CHECK(std::ranges::equal(order.next(), std::vector<std::size_t>{1, 0}));
}

TEST_CASE("mini-batches bring a line to its points") {
  std::vector<double> xs, ys;
  for (int i = 0; i < 200; ++i) xs.push_back(i / 100.0 - 1), ys.push_back(3 * xs.back() - 2);
  const auto loss = [&](auto w, std::span<const std::size_t> batch) {
    auto sum = 0 * w[0];
    for (const std::size_t i : batch) sum += square(w[0] * xs[i] + w[1] - ys[i]);
    return sum / static_cast<double>(batch.size());
  };
  MiniBatches objective(loss, xs.size(), {.batch = 16});
  const Result result =
      minimize(objective, {0, 0}, Momentum{.learning_rate = 0.05}, {.gradient_norm = 0, .steps = 1300});
  CHECK(result.point[0] == Catch::Approx(3).margin(1e-3));
  CHECK(result.point[1] == Catch::Approx(-2).margin(1e-3));
  CHECK(objective.epochs() == 1301 / 13);  // 13 batches an epoch; the objective keeps its state
}
