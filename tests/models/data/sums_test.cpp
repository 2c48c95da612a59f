// Programs over Samples, beside the same samples in rows.

#include <models/data/sums.hpp>

#include <cstddef>
#include <vector>

#include <autodiff/descent/minimize.hpp>
#include <autodiff/descent/quasi_newton.hpp>

#include "support/catch.hpp"

using namespace downhill;

namespace {

// Of any number of inputs: the last number of a sample is what is to be said.
const auto logistic = [](const auto& w, const auto& s) {
  auto z = w[s.size() - 1] + w[0] * s[0];
  for (std::size_t i = 1; i + 1 < s.size(); ++i) z += w[i] * s[i];
  return softplus(z) - s[s.size() - 1] * z;
};

template <class T>
constexpr bool takes_temporary_samples = requires(const Program<T>& program) { mean_over(Samples<T>{}, program); } ||
                                         requires(const Program<T>& program) { sum_over(Samples<T>{}, program); } ||
                                         requires(const Program<T>& program) { each_over(Samples<T>{}, program); };
template <class T>
constexpr bool takes_samples = requires(const Samples<T>& s, const Program<T>& program) { mean_over(s, program); };

template <class T>
void check_against_rows(const Samples<T>& samples, const std::vector<T>& rows, const Program<T>& program,
                        const std::vector<double>& w) {
  std::vector<double> found(w.size()), wanted(w.size());
  auto mean = mean_over(samples, program), of_rows = mean_over(rows, program);
  CHECK(mean.samples() == samples.size());
  of_rows(w, wanted);  // variants, if there are any, are recorded
  CHECK(mean(w, found) == of_rows(w, wanted));
  CHECK(found == wanted);
  auto sum = sum_over(samples, program), sum_of_rows = sum_over(rows, program);
  CHECK(sum(w, found) == sum_of_rows(w, wanted));
  CHECK(found == wanted);
  const std::vector<std::size_t> batch{3, 0, 7};
  CHECK(mean(w, found, batch) == of_rows(w, wanted, batch));
  CHECK(found == wanted);
  std::vector<T> parameters(w.begin(), w.end()), values(samples.size()), slopes(rows.size()), same_values(values),
      same_slopes(slopes);
  each_over(samples, program).sample_gradients(parameters, values, slopes);
  each_over(rows, program).sample_gradients(parameters, same_values, same_slopes);
  CHECK(values == same_values);
  CHECK(slopes == same_slopes);
}

template <class T>
void check_all() {
  const auto moons = two_moons<T>(333, 0.1, 3);
  std::vector<T> rows;
  for (std::size_t i = 0; i < moons.size(); ++i)
    rows.insert(rows.end(), {moons.inputs[2 * i], moons.inputs[2 * i + 1], static_cast<T>(moons.labels[i])});
  check_against_rows(moons, rows, record<T>(logistic, 3, 3), {0.5, -1, 0.25});

  Samples<T> numbers{.features = 1, .outputs = 2};
  rows.clear();
  for (int i = 0; i < 100; ++i) {
    const T x = static_cast<T>(0.01 * i);
    numbers.inputs.push_back(x);
    numbers.targets.insert(numbers.targets.end(), {2 * x, 1 - x});
    rows.insert(rows.end(), {x, 2 * x, 1 - x});
  }
  const auto both = [](const auto& w, const auto& s) {
    return square(w[0] * s[0] - s[1]) + select(s[0] < 0.5, abs(w[1] - s[2]), s[2] * w[0]);
  };
  check_against_rows(numbers, rows, record<T>(both, 2, 3), {0.5, -1});
}

}  // namespace

TEST_CASE("a program over samples with labels or targets is that over the same rows, bit for bit") {
  check_all<double>();
  check_all<float>();
}

TEST_CASE("logistic regression by a program over samples arrives where the gradient is flat") {
  const auto moons = two_moons<double>(400, 0.2, 1);
  const auto program = record(logistic, 3, 3);
  const Result result = minimize(mean_over(moons, program), {0, 0, 0}, Lbfgs{});
  CHECK(result.reason == StopReason::flat_gradient);
  CHECK(result.value < 0.4);
}

TEST_CASE("samples that do not fit the program are refused, and temporary ones too") {
  using Catch::Matchers::ContainsSubstring;
  const auto program = record(logistic, 3, 3);
  const auto moons = two_moons<double>(10, 0.1, 1);
  const Samples<double> numbers{.features = 3, .inputs = {1, 2, 3}, .outputs = 2, .targets = {4, 5}};
  CHECK_THROWS_WITH(mean_over(numbers, program),
                    ContainsSubstring("mean_over: a sample has 3 inputs, 2 targets, and the program was recorded with "
                                      "samples of 3 numbers; record it with 5"));
  CHECK_THROWS_WITH(sum_over(moons, record(logistic, 2, 2)),
                    ContainsSubstring("sum_over: a sample has 2 inputs, a label, and"));
  Samples<double> broken = moons;
  broken.labels.pop_back();
  CHECK_THROWS_WITH(each_over(broken, program), ContainsSubstring("each_over: 9 labels for 10 samples"));
  const Samples<double> none;
  CHECK_THROWS_WITH(sum_over(none, program), ContainsSubstring("there are no samples"));
  const std::vector<double> weights{1, 2};
  CHECK_THROWS_WITH(mean_over(moons, program, {.weights = weights}), ContainsSubstring("2 weights for 10 samples"));
  CHECK(takes_samples<double>);
  CHECK(!takes_temporary_samples<double>);
  CHECK(!takes_temporary_samples<float>);
}
