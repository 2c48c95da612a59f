// The choice of a loss, each loss against its formula, and what does not fit together.

#include <models/network/loss.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <autodiff/error.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

using namespace downhill;

namespace {

Samples<double> of_classes(std::vector<std::size_t> labels) {
  return {.features = 1, .inputs = std::vector<double>(labels.size(), 1), .labels = labels};
}
Samples<double> of_numbers(std::size_t outputs) {
  return {.features = 1, .inputs = {1, 2}, .outputs = outputs, .targets = std::vector<double>(2 * outputs, 0.5)};
}
std::string complaint(Loss loss, const Samples<double>& samples, std::size_t outputs) {
  return message_of([&] { chosen_loss(loss, samples, outputs); });
}

}  // namespace

TEST_CASE("The automatic loss follows from the samples and the number of outputs") {
  CHECK(chosen_loss(Loss::automatic, of_classes({0, 1, 2}), 3) == Loss::softmax_cross_entropy);
  CHECK(chosen_loss(Loss::automatic, of_classes({0, 1}), 2) == Loss::softmax_cross_entropy);
  CHECK(chosen_loss(Loss::automatic, of_classes({0, 1}), 1) == Loss::logistic_cross_entropy);
  CHECK(chosen_loss(Loss::automatic, of_classes({0, 0}), 1) == Loss::logistic_cross_entropy);
  CHECK(chosen_loss(Loss::automatic, of_numbers(1), 1) == Loss::mean_squared_error);
  CHECK(chosen_loss(Loss::automatic, of_numbers(3), 3) == Loss::mean_squared_error);
}

TEST_CASE("A loss that fits is taken as it is") {
  CHECK(chosen_loss(Loss::softmax_cross_entropy, of_classes({0, 1}), 5) == Loss::softmax_cross_entropy);
  CHECK(chosen_loss(Loss::logistic_cross_entropy, of_classes({1, 0}), 1) == Loss::logistic_cross_entropy);
  CHECK(chosen_loss(Loss::logistic_cross_entropy, of_numbers(2), 2) == Loss::logistic_cross_entropy);
  CHECK(chosen_loss(Loss::mean_squared_error, of_numbers(2), 2) == Loss::mean_squared_error);
  CHECK(chosen_loss(Loss::huber, of_numbers(2), 2) == Loss::huber);
}

TEST_CASE("What does not fit together is refused, and the message says what would") {
  CHECK(complaint(Loss::automatic, of_classes({0, 3}), 3) ==
        "softmax_cross_entropy: the model has 3 outputs for 4 classes; its last layer needs one for each");
  CHECK(complaint(Loss::automatic, of_classes({0, 1, 2}), 1) ==
        "logistic_cross_entropy: 3 classes; with more than two, softmax_cross_entropy and an output for each");
  CHECK(complaint(Loss::logistic_cross_entropy, of_classes({0, 1}), 2) ==
        "logistic_cross_entropy: the model has 2 outputs; it needs one, or softmax_cross_entropy");
  CHECK(complaint(Loss::softmax_cross_entropy, of_numbers(1), 1) ==
        "softmax_cross_entropy: the samples have no labels; mean_squared_error is for numbers");
  for (const Loss loss : {Loss::mean_squared_error, Loss::huber})
    CHECK(complaint(loss, of_classes({0, 1}), 1) ==
          std::string(name(loss)) + ": the samples have labels, not numbers; the cross entropies are for labels");
  for (const Loss loss : {Loss::mean_squared_error, Loss::huber, Loss::logistic_cross_entropy})
    CHECK(complaint(loss, of_numbers(2), 3) ==
          std::string(name(loss)) + ": the model has 3 outputs, and the samples have 2 targets each");
  CHECK_THROWS_AS(chosen_loss(Loss::automatic, of_numbers(2), 3), ShapeError);
}

TEST_CASE("Names of classes count as classes, even those of which there is no sample") {
  Samples<double> samples = of_classes({0, 1});
  samples.class_names = {"a", "b", "c"};
  CHECK(samples.classes() == 3);
  CHECK_THROWS_AS(chosen_loss(Loss::automatic, samples, 2), ShapeError);
  CHECK_NOTHROW(chosen_loss(Loss::automatic, samples, 3));
}

TEST_CASE("A loss is that of its formula") {
  const std::vector<double> values{0.5, -1, 2, 0.25}, targets{0, 1, 1, 0.5};
  const std::vector<std::size_t> labels{1, 0};
  const auto outputs = VarMatrix<double>::constant(values, 2, 2);
  const Batch<double> numbers{{}, {}, targets}, classes{{}, labels, {}};
  double squares = 0, robust = 0, logistic = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const double e = values[i] - targets[i], p = 1 / (1 + std::exp(-values[i]));
    squares += e * e / 4;
    robust += (std::abs(e) <= 0.75 ? e * e / 2 : 0.75 * (std::abs(e) - 0.375)) / 4;
    logistic -= (targets[i] * std::log(p) + (1 - targets[i]) * std::log(1 - p)) / 4;
  }
  const double softmax = -(std::log(std::exp(-1) / (std::exp(0.5) + std::exp(-1))) +
                           std::log(std::exp(2) / (std::exp(2) + std::exp(0.25)))) /
                         2;
  const auto is = [](double expected) { return Catch::Approx(expected).epsilon(1e-14); };
  CHECK(loss_of(Loss::mean_squared_error, 1, outputs, numbers).value() == is(squares));
  CHECK(loss_of(Loss::huber, 0.75, outputs, numbers).value() == is(robust));
  CHECK(loss_of(Loss::logistic_cross_entropy, 1, outputs, numbers).value() == is(logistic));
  CHECK(loss_of(Loss::softmax_cross_entropy, 1, outputs, classes).value() == is(softmax));
}

TEST_CASE("Every loss has a name") {
  CHECK(name(Loss::automatic) == "automatic");
  CHECK(name(Loss::softmax_cross_entropy) == "softmax_cross_entropy");
  CHECK(name(Loss::logistic_cross_entropy) == "logistic_cross_entropy");
  CHECK(name(Loss::mean_squared_error) == "mean_squared_error");
  CHECK(name(Loss::huber) == "huber");
}
