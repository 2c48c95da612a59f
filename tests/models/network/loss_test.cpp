// The choice of a loss, each loss against its formula, and what does not fit together.

#include <models/network/loss.hpp>

#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/error.hpp>
#include <autodiff/gradient_check.hpp>
#include <autodiff/text/names.hpp>

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

TEST_CASE("the automatic loss follows from the samples and the number of outputs") {
  CHECK(chosen_loss(Loss::automatic, of_classes({0, 1, 2}), 3) == Loss::softmax_cross_entropy);
  CHECK(chosen_loss(Loss::automatic, of_classes({0, 1}), 2) == Loss::softmax_cross_entropy);
  CHECK(chosen_loss(Loss::automatic, of_classes({0, 1}), 1) == Loss::logistic_cross_entropy);
  CHECK(chosen_loss(Loss::automatic, of_classes({0, 0}), 1) == Loss::logistic_cross_entropy);
  CHECK(chosen_loss(Loss::automatic, of_numbers(1), 1) == Loss::mean_squared_error);
  CHECK(chosen_loss(Loss::automatic, of_numbers(3), 3) == Loss::mean_squared_error);
}

TEST_CASE("a loss that fits is taken as it is") {
  CHECK(chosen_loss(Loss::softmax_cross_entropy, of_classes({0, 1}), 5) == Loss::softmax_cross_entropy);
  CHECK(chosen_loss(Loss::logistic_cross_entropy, of_classes({1, 0}), 1) == Loss::logistic_cross_entropy);
  CHECK(chosen_loss(Loss::logistic_cross_entropy, of_numbers(2), 2) == Loss::logistic_cross_entropy);
  CHECK(chosen_loss(Loss::mean_squared_error, of_numbers(2), 2) == Loss::mean_squared_error);
  CHECK(chosen_loss(Loss::huber, of_numbers(2), 2) == Loss::huber);
}

TEST_CASE("what does not fit together is refused, and the message says what would") {
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

TEST_CASE("names of classes count as classes, even those of which there is no sample") {
  Samples<double> samples = of_classes({0, 1});
  samples.class_names = {"a", "b", "c"};
  CHECK(samples.classes() == 3);
  CHECK_THROWS_AS(chosen_loss(Loss::automatic, samples, 2), ShapeError);
  CHECK_NOTHROW(chosen_loss(Loss::automatic, samples, 3));
}

namespace {

// What each loss is of the outputs for two samples, which have targets and labels.
struct Two {
  std::vector<double> outputs{0.5, -1, 2, 0.25}, targets{0, 1, 1, 0.5};
  std::vector<std::size_t> labels{1, 0};
  double delta = 0.75;

  double mean(auto&& of_each) const {
    double sum = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) sum += of_each(outputs[i], targets[i]);
    return sum / static_cast<double>(outputs.size());
  }
};
const std::map<std::string_view, double (*)(const Two&)> formulas{
    {"softmax_cross_entropy",
     [](const Two& two) {
       double sum = 0;
       for (std::size_t i = 0; i < 2; ++i) {
         const double *row = &two.outputs[2 * i], all = std::exp(row[0]) + std::exp(row[1]);
         sum -= std::log(std::exp(row[two.labels[i]]) / all) / 2;
       }
       return sum;
     }},
    {"logistic_cross_entropy",
     [](const Two& two) {
       return two.mean([](double output, double target) {
         const double p = 1 / (1 + std::exp(-output));
         return -(target * std::log(p) + (1 - target) * std::log(1 - p));
       });
     }},
    {"mean_squared_error",
     [](const Two& two) {
       return two.mean([](double output, double target) { return (output - target) * (output - target); });
     }},
    {"huber",
     [](const Two& two) {
       return two.mean([&](double output, double target) {
         const double e = std::abs(output - target);
         return e <= two.delta ? e * e / 2 : two.delta * (e - two.delta / 2);
       });
     }},
};

// Each loss that is one, and does not stand for another.
template <class Visit>
void for_each_loss(Visit&& visit) {
  for (const Loss loss : enumerators<Loss>) {
    INFO("the loss '" << name(loss) << "'");
    if (loss != Loss::automatic) visit(loss);
  }
}

}  // namespace

TEST_CASE("every loss is that of its formula, in double and in float") {
  const Two two;
  const Batch<double> batch{{}, two.labels, two.targets};
  const std::vector<float> values(two.outputs.begin(), two.outputs.end()),
      targets(two.targets.begin(), two.targets.end());
  for_each_loss([&](Loss loss) {
    const auto formula = formulas.find(name(loss));
    if (formula == formulas.end()) {
      FAIL_CHECK("the loss '" << name(loss) << "': add what it is to the formulas of this file");
      return;
    }
    const double expected = formula->second(two);
    CHECK(loss_of(loss, two.delta, VarMatrix<double>::constant(two.outputs, 2, 2), batch).value() ==
          Catch::Approx(expected).epsilon(1e-14));
    CHECK(loss_of(loss, two.delta, VarMatrix<float>::constant(values, 2, 2), {{}, two.labels, targets}).value() ==
          Catch::Approx(expected).epsilon(1e-5));
  });
}

TEST_CASE("the gradient of every loss is that of differences") {
  const Two two;
  const Batch<double> batch{{}, two.labels, two.targets};
  for_each_loss([&](Loss loss) {
    const auto at = [&](std::span<const double> outputs, Gradient<double>* swept) {
      Tape<double> tape;
      const auto value = loss_of(loss, two.delta, parameters(tape, outputs, 2, 2), batch);
      if (swept != nullptr) tape.gradient(value, *swept);
      return value.value();
    };
    Gradient<double> swept;
    at(two.outputs, &swept);
    const std::vector<double> gradient(swept.parameters().begin(), swept.parameters().end());
    const auto check =
        check_gradient([&](std::span<const double> outputs) { return at(outputs, nullptr); }, two.outputs, gradient);
    for (const CheckedComponent& component : check.components) CHECK(component.verdict == Verdict::agrees);
  });
}

TEST_CASE("every loss fits labels or numbers, and says of the others that it does not") {
  for_each_loss([](Loss loss) {
    const std::string of_labels = complaint(loss, of_classes({0, 1}), 1), more = complaint(loss, of_classes({0, 1}), 2);
    const std::string numbers = complaint(loss, of_numbers(2), 2);
    CHECK((of_labels.empty() || more.empty() || numbers.empty()));
    for (const std::string& text : {of_labels, more, numbers})
      CHECK((text.empty() || text.starts_with(std::string(name(loss)) + ": ")));
  });
}

TEST_CASE("a loss that stands for another is refused where one is computed") {
  const Two two;
  CHECK_THROWS_AS(loss_of(Loss::automatic, 1, VarMatrix<double>::constant(two.outputs, 2, 2),
                          Batch<double>{{}, two.labels, two.targets}),
                  OptionError);
}

TEST_CASE("losses have names, by which they are found again") {
  for (const Loss loss : enumerators<Loss>) CHECK(loss_called(name(loss)) == loss);
  CHECK(name(Loss::automatic) == "automatic");
  CHECK(name(Loss::huber) == "huber");
  CHECK_THAT(message_of([] { loss_called("cube"); }),
             Catch::Matchers::StartsWith("there is no loss 'cube'; there are automatic, softmax_cross_entropy, "));
}
