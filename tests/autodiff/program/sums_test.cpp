// Sums over samples in columns and over batches of them, beside the tape.

#include <autodiff/program/sums.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <span>
#include <type_traits>
#include <vector>

#include <autodiff/descent/methods.hpp>
#include <autodiff/descent/minimize.hpp>
#include <autodiff/program.hpp>
#include <autodiff/threads.hpp>
#include <support/catch.hpp>
#include <support/numbers.hpp>

using namespace downhill;
using test::scattered;

namespace {

// It branches, and two of its terms are of the sample alone.
const auto sample_loss = [](const auto& w, const auto& s) {
  const auto residual = w[0] * s[0] + w[1] - s[1];
  if (residual < 0) return square(residual) + exp(s[0]);
  return softplus(residual * w[2]) + 0 * s[1];
};

// The same loss on a tape: of the samples with these indices, each by its weight.
double on_tape(std::span<const double> w, std::span<const double> rows, std::span<const std::size_t> indices,
               std::span<const double> weights, std::span<double> gradient) {
  Tape<double> tape;
  const auto parameters = tape.variables(w);
  Var<double> sum(0.0);
  for (const std::size_t i : indices)
    sum += (weights.empty() ? 1.0 : weights[i]) * sample_loss(parameters, rows.subspan(2 * i, 2));
  const auto swept = tape.gradient(sum);
  for (std::size_t k = 0; k < w.size(); ++k) gradient[k] = swept.parameters()[k];
  return sum.value();
}

bool near(double x, double y) { return std::abs(x - y) <= 1e-12 * (1 + std::abs(y)); }

template <class Program, class... Samples>
constexpr bool is_taken =
    requires(const Program& program, Samples&&... samples) { mean_over(std::forward<Samples>(samples)..., program); };
template <class Program>
constexpr bool takes_temporary_column = requires(const Program& program, const std::vector<double>& kept) {
  mean_over({kept, std::vector<double>{1.0}}, program);
};
template <class Program>
constexpr bool takes_columns =
    requires(const Program& program, const std::vector<double>& kept) { mean_over({kept, kept}, program); };

}  // namespace

TEST_CASE("samples in columns are those in rows, bit for bit") {
  const std::size_t n = 1234;
  const std::vector<double> xs = scattered(n, 1), ys = scattered(n, 2), w{0.5, -0.25, 1.5};
  std::vector<double> rows;
  for (std::size_t i = 0; i < n; ++i) rows.insert(rows.end(), {xs[i], ys[i]});
  const auto program = record(sample_loss, 3, 2);
  auto by_rows = mean_over(rows, program), by_columns = mean_over({xs, ys}, program);
  std::vector<double> one(3), other(3);
  for (int time = 0; time < 2; ++time) {
    const double value = by_rows(w, one);
    if (time == 0) continue;  // variants are recorded
    CHECK(by_columns(w, other) == value);
    CHECK(one == other);
  }
  CHECK(by_columns.samples() == n);
  CHECK(near(sum_over({xs, ys}, program).value(w), static_cast<double>(n) * by_rows.value(w)));
  std::vector<double> values(n), slopes(2 * n), values_by_rows(n), slopes_by_rows(2 * n);
  each_over({xs, ys}, program).sample_gradients(w, values, slopes);
  each_over(rows, program).sample_gradients(w, values_by_rows, slopes_by_rows);
  CHECK(values == values_by_rows);
  CHECK(slopes == slopes_by_rows);
}

TEST_CASE("columns that do not fit are refused, and so are those that would be gone") {
  using Catch::Matchers::ContainsSubstring;
  const auto program = record(sample_loss, 3, 2);
  const std::vector<double> three{1, 2, 3}, two{1, 2}, none;
  CHECK_THROWS_WITH(mean_over({three, two}, program), ContainsSubstring("mean_over: columns of 3 and of 2 numbers"));
  CHECK_THROWS_WITH(sum_over({three, three, three}, program),
                    ContainsSubstring("samples of 2 numbers, and is given 3 columns"));
  CHECK_THROWS_WITH(mean_over({none, none}, program), ContainsSubstring("there are no samples"));
  CHECK_THROWS_AS(each_over({three, two}, program), ShapeError);
  CHECK(is_taken<Program<double>, const std::vector<double>&>);
  CHECK(!is_taken<Program<double>, std::vector<double>>);
  CHECK(takes_columns<Program<double>>);
  CHECK(!takes_temporary_column<Program<double>>);
}

TEST_CASE("a batch has the value and the gradient of the tape over the same samples") {
  const std::size_t n = 777;
  const std::vector<double> rows = scattered(2 * n, 3), w{0.5, -0.25, 1.5};
  std::vector<double> weights = scattered(n, 4);
  for (double& weight : weights) weight = std::abs(weight);
  double total = 0;
  for (const double weight : weights) total += weight;
  const auto program = record(sample_loss, 3, 2);
  BatchOrder order(n, {.batch = 50, .seed = 9});
  auto mean = mean_over(rows, program), sum = sum_over(rows, program),
       weighted = mean_over(rows, program, {.weights = weights});
  std::vector<double> wanted(3), found(3);
  for (int time = 0; time < 40; ++time) {
    const std::span<const std::size_t> batch = order.next();
    const double size = static_cast<double>(batch.size()), times = static_cast<double>(n) / size;
    const auto check = [&](auto& objective, double scale, std::span<const double> by) {
      const double value = scale * on_tape(w, rows, batch, by, wanted);
      bool same = near(objective(w, found, batch), value);
      for (std::size_t k = 0; k < 3; ++k) same = same && near(found[k], scale * wanted[k]);
      CHECK(same);
    };
    check(mean, 1 / size, {});
    check(sum, times, {});
    check(weighted, times / total, weights);
  }
}

TEST_CASE("batches tell on average what all samples do, however they are cut") {
  // Every sample is in one batch of an epoch; a smaller batch at its end counts by its size.
  const std::size_t n = 103;
  const std::vector<double> rows = scattered(2 * n, 5), w{0.5, -0.25, 1.5};
  std::vector<double> weights = scattered(n, 6);
  for (double& weight : weights) weight = std::abs(weight);
  const auto program = record(sample_loss, 3, 2);
  for (const bool is_weighted : {false, true}) {
    auto objective = mean_over(rows, program, is_weighted ? SumOptions<double>{weights} : SumOptions<double>{});
    std::vector<double> all(3), part(3), mean(3);
    const double value = objective(w, all);
    BatchOrder order(n, {.batch = 10, .seed = 2});
    double seen = 0;
    while (order.epochs() == 0) {
      const auto batch = order.next();
      const double share = static_cast<double>(batch.size()) / static_cast<double>(n);
      seen += share * objective(w, part, batch);
      for (std::size_t k = 0; k < 3; ++k) mean[k] += share * part[k];
    }
    CHECK(near(seen, value));
    for (std::size_t k = 0; k < 3; ++k) CHECK(near(mean[k], all[k]));
  }
}

TEST_CASE("a walk over mini-batches of a program is that over the tape's, and its seed decides it") {
  const std::size_t n = 300;
  const std::vector<double> xs = scattered(n, 7);
  std::vector<double> ys;
  for (const double x : xs) ys.push_back(3 * x - 2);
  const auto loss = [](const auto& w, const auto& s) { return square(w[0] * s[0] + w[1] - s[1]); };
  const auto program = record(loss, 2, 2);
  const auto on_batch = [&](const auto& w, std::span<const std::size_t> batch) {
    auto sum = 0 * w[0];
    for (const std::size_t i : batch) sum += loss(w, std::array{xs[i], ys[i]});
    return sum / static_cast<double>(batch.size());
  };
  const Stop stop{.gradient_norm = 0, .steps = 200};
  const auto walk = [&](std::uint64_t seed) {
    MiniBatches batches(mean_over({xs, ys}, program), {.batch = 16, .seed = seed});
    const Result result = minimize(batches, {0, 0}, Adam{.learning_rate = 0.1}, stop);
    CHECK(batches.epochs() == 201 / 19);
    return result.point;
  };
  MiniBatches on_the_tape(on_batch, n, {.batch = 16, .seed = 5});
  const Result wanted = minimize(on_the_tape, {0, 0}, Adam{.learning_rate = 0.1}, stop);
  const std::vector<double> found = walk(5);
  for (std::size_t k = 0; k < 2; ++k) CHECK(found[k] == Catch::Approx(wanted.point[k]).epsilon(1e-9));
  CHECK(walk(5) == found);
  CHECK(walk(6) != found);
  set_threads(2);
  CHECK(walk(5) == found);
  set_threads(1);
  CHECK(is_noisy<MiniBatches<SumOver<double>>>);
  CHECK(found[0] == Catch::Approx(3).margin(0.01));
  CHECK(found[1] == Catch::Approx(-2).margin(0.01));
}

TEST_CASE("a sum of a program that keeps no variants is that of the tape") {
  const auto program = record(sample_loss, 3, 2, {.variants = 0});
  const std::vector<double> rows = scattered(2 * 600, 7), w{0.5, -0.25, 1.5};
  std::vector<std::size_t> all(600);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  auto sum = sum_over(rows, program);
  std::vector<double> gradient(3), wanted(3);
  CHECK(near(sum(w, gradient), on_tape(w, rows, all, {}, wanted)));
  for (std::size_t k = 0; k < 3; ++k) CHECK(near(gradient[k], wanted[k]));
  CHECK(program.variants().samples_on_tape > 100);
}

TEST_CASE("batches that are none are refused") {
  using Catch::Matchers::ContainsSubstring;
  const auto program = record(sample_loss, 3, 2);
  const std::vector<double> rows{1, 2, 3, 4}, w{1, 2, 3};
  std::vector<double> gradient(3);
  auto mean = mean_over(rows, program);
  CHECK_THROWS_WITH(mean(w, gradient, std::vector<std::size_t>{0, 2}), ContainsSubstring("the sample 2 of 2"));
  CHECK_THROWS_WITH(mean(w, gradient, std::vector<std::size_t>{}), ContainsSubstring("there are no samples"));
  CHECK_THROWS_AS(mean(rows, gradient, std::vector<std::size_t>{0}), ShapeError);
  CHECK_THROWS_AS(MiniBatches(mean, {.batch = 0}), OptionError);
  CHECK_THROWS_AS(MiniBatches(sum_over(std::span<const double>(), program)), OptionError);
}
