// The numbers that people read: against tables made by hand, and where there is nothing to divide by.

#include <models/training/metrics.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <autodiff/error.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

using namespace downhill;
using Indices = std::vector<std::size_t>;
using Values = std::vector<double>;

namespace {

double r2(const Values& predicted, const Values& targets) { return r_squared(predicted, targets); }

// Three classes: 0 is found 2 of 3 times, 1 once of 2, 2 never was there, but was said once.
const Indices labels{0, 0, 0, 1, 1}, predicted_labels{0, 0, 2, 1, 0};
const ConfusionMatrix confusion = confusion_matrix(predicted_labels, labels, 3);

}  // namespace

TEST_CASE("accuracy is the share of labels that were predicted") {
  CHECK(accuracy(predicted_labels, labels) == 0.6);
  CHECK(accuracy(labels, labels) == 1);
  CHECK(accuracy(Indices{1}, Indices{0}) == 0);
  CHECK_THROWS_AS(accuracy(Indices{}, Indices{}), ShapeError);
  CHECK(message_of([] { accuracy(Indices{1, 2}, Indices{1}); }) == "accuracy: 2 predictions of 1 samples");
}

TEST_CASE("a confusion matrix counts what was taken for what") {
  CHECK(confusion.classes == 3);
  CHECK(confusion.counts == Indices{2, 0, 1, 1, 1, 0, 0, 0, 0});
  CHECK(confusion(0, 2) == 1);
  CHECK(confusion(1, 0) == 1);
  CHECK(confusion.accuracy() == 0.6);
  CHECK(confusion.recall(0) == Catch::Approx(2.0 / 3));
  CHECK(confusion.recall(1) == 0.5);
  CHECK(confusion.precision(0) == Catch::Approx(2.0 / 3));
  CHECK(confusion.precision(1) == 1);
  CHECK(confusion.precision(2) == 0);
}

TEST_CASE("of a class that was never there the recall is NaN, of one that was never said the precision") {
  CHECK(std::isnan(confusion.recall(2)));
  CHECK(std::isnan(confusion_matrix(Indices{0, 0}, Indices{0, 1}, 2).precision(1)));
  CHECK(std::isnan(ConfusionMatrix{}.accuracy()));
}

TEST_CASE("a confusion matrix refuses classes that it does not have, and unequal numbers") {
  const std::string message = "confusion_matrix: the class 3 of 3; classes are counted from 0";
  CHECK(message_of([] { confusion_matrix(Indices{3}, Indices{0}, 3); }) == message);
  CHECK(message_of([] { confusion_matrix(Indices{0}, Indices{3}, 3); }) == message);
  CHECK_THROWS_AS(confusion_matrix(Indices{0}, Indices{0}, 0), ShapeError);
  CHECK_THROWS_AS(confusion_matrix(Indices{0}, Indices{0, 1}, 3), ShapeError);
  CHECK_THROWS_AS(confusion_matrix(Indices{}, Indices{}, 3), ShapeError);
}

TEST_CASE("the table of a confusion matrix has a row and a column for each class") {
  CHECK(confusion.table() ==
        "true │   0   1   2 │ recall\n"
        "─────┼─────────────┼───────\n"
        "   0 │   2   ·   1 │  66.7 %\n"
        "   1 │   1   1   · │  50.0 %\n"
        "   2 │   ·   ·   · │     ·\n");
  CHECK(confusion.table(std::vector<std::string>{"cat", "horse"}) ==
        " true │   cat horse     2 │ recall\n"
        "──────┼───────────────────┼───────\n"
        "  cat │     2     ·     1 │  66.7 %\n"
        "horse │     1     1     · │  50.0 %\n"
        "    2 │     ·     ·     · │     ·\n");
}

TEST_CASE("R² is 1 where all is right, 0 for the mean, and less where it is worse") {
  const Values targets{1, 2, 3, 6};
  CHECK(r2(targets, targets) == 1);
  CHECK(r2({3, 3, 3, 3}, targets) == 0);
  CHECK(r2({1, 2, 3, 5}, targets) == Catch::Approx(1 - 1.0 / 14));
  CHECK(r2({6, 3, 2, 1}, targets) == Catch::Approx(1 - 52.0 / 14));
  CHECK(r_squared(std::vector<float>{3, 3, 3, 3}, std::vector<float>{1, 2, 3, 6}) == 0);
  CHECK(std::isnan(r2({1, std::nan(""), 3, 6}, targets)));
  CHECK_THROWS_AS(r2({}, {}), ShapeError);
  CHECK_THROWS_AS(r2({1}, {1, 2}), ShapeError);
}

TEST_CASE("R² of equal targets is 1 for them and 0 for anything else, and does not spoil that of other outputs") {
  CHECK(r2({0.1, 0.1, 0.1}, {0.1, 0.1, 0.1}) == 1);
  CHECK(r2({0.1, 0.2, 0.1}, {0.1, 0.1, 0.1}) == 0);
  CHECK(r2({1e300}, {-1e300}) == 0);
  CHECK(std::isnan(r2({0.1, std::nan("")}, {0.1, 0.1})));
  CHECK(r_squared(Values{1, 5, 2, 5}, Values{1, 6, 2, 6}, 2) == 0.5);
}

TEST_CASE("R² of several outputs is the mean of theirs, whatever their scales") {
  const Values of_first{1, 2, 3, 6}, of_second{1e6, 1e6 + 1, 1e6 + 2, 1e6 + 4}, mean(4, 3.0);
  Values targets, guessed;
  for (std::size_t i = 0; i < 4; ++i) {
    targets.insert(targets.end(), {of_first[i], of_second[i]});
    guessed.insert(guessed.end(), {mean[i], of_second[i]});
  }
  CHECK(r_squared(guessed, targets, 2) == 0.5);
  CHECK(r_squared(targets, targets, 2) == 1);
  CHECK(r_squared(guessed, targets, 2) == (r2(mean, of_first) + r2(of_second, of_second)) / 2);
  CHECK_THROWS_AS(r_squared(guessed, targets, 3), ShapeError);
  CHECK_THROWS_AS(r_squared(guessed, targets, 0), ShapeError);
}

TEST_CASE("R² of targets that are all equal is 1 without an error and 0 with one, at any size") {
  for (std::size_t n = 1; n < 60; ++n)
    for (const double value : {0.1, -1.0 / 3, 1e8 / 7, 1e-9 / 3}) {
      CAPTURE(n, value);
      const Values targets(n, value);
      Values wrong = targets;
      wrong.back() += 1;
      CHECK(r2(targets, targets) == 1);
      CHECK(r2(wrong, targets) == 0);
    }
}

TEST_CASE("R² does not depend on where the origin is") {
  const Values targets{1, 2, 3, 6}, guesses{1, 2, 3, 5};
  Values far_targets = targets, far_guesses = guesses;
  for (double& x : far_targets) x += 0x1p40;
  for (double& x : far_guesses) x += 0x1p40;
  CHECK(r2(far_guesses, far_targets) == r2(guesses, targets));
}

TEST_CASE("the predicted class is the largest output, and of one output its sign") {
  Eigen::MatrixXd outputs(3, 3);
  outputs << 1, 3, 2, -1, -2, -3, 0, 0, 0;
  CHECK(predicted_classes(outputs) == Indices{1, 0, 0});
  Eigen::VectorXf logits(3);
  logits << -1, 0, 2;
  CHECK(predicted_classes(logits) == Indices{0, 0, 1});
  CHECK(predicted_classes(Eigen::MatrixXd(0, 3)).empty());
}
