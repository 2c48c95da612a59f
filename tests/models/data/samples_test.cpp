// Samples: from tables and images, against the same picked by hand; and half moons on their circles.

#include <models/data/samples.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include <autodiff/error.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

using namespace downhill;
using Indices = std::vector<std::size_t>;

namespace {

Dataset table(std::string_view text) { return parse_csv(text, "flowers.csv"); }
const Dataset flowers = table("width,kind,height\n1,0,2\n3,2,4\n5,1,0\n");

IdxArray bytes(std::vector<std::size_t> shape, std::vector<std::uint8_t> values) {
  return {.source = "file.idx", .type = IdxType::uint8, .shape = std::move(shape), .bytes = std::move(values)};
}

}  // namespace

TEST_CASE("the column of the classes may be the last, the first or any by name, and all others are inputs") {
  const auto by_name = classes_of<double>(flowers, "kind");
  CHECK(by_name.size() == 3);
  CHECK(by_name.features == 2);
  CHECK(by_name.inputs == std::vector<double>{1, 2, 3, 4, 5, 0});
  CHECK(by_name.labels == Indices{0, 2, 1});
  CHECK(by_name.outputs == 0);
  CHECK(by_name.targets.empty());

  const auto last = classes_of<float>(flowers);
  CHECK(last.labels == Indices{2, 4, 0});
  CHECK(last.inputs == std::vector<float>{1, 0, 3, 2, 5, 1});
  CHECK(last.classes() == 5);

  const auto first = classes_of<double>(flowers, "width");
  CHECK(first.labels == Indices{1, 3, 5});
  CHECK(first.inputs == std::vector<double>{0, 2, 2, 4, 1, 0});
}

TEST_CASE("a class that is no whole number from 0 is refused, with its row and column") {
  CHECK(message_of([] { classes_of<double>(table("x,y\n1,0\n2,0.5\n")); }) ==
        "flowers.csv: the class of row 2 is 0.5 in column 'y'; classes are 0, 1, 2 and so on");
  CHECK(message_of([] { classes_of<double>(table("y,x\n-1,0\n"), "y"); }) ==
        "flowers.csv: the class of row 1 is -1 in column 'y'; classes are 0, 1, 2 and so on");
  for (const double label : {1e300, std::nan(""), -std::numeric_limits<double>::infinity()}) {
    const Dataset made{.source = "made", .names = {"x", "y"}, .values = {1, label}};
    CHECK_THROWS_AS(classes_of<double>(made), DataError);
  }
  CHECK_THROWS_AS(classes_of<double>(flowers, "colour"), DataError);
  CHECK(message_of([] { classes_of<double>(table("x\n1\n")); }) ==
        "flowers.csv: 1 columns; there must be at least one of inputs beside that of the classes");
}

TEST_CASE("any columns may be the targets, in the order they are asked for") {
  const auto two = targets_of<double>(flowers, {"height", "width"});
  CHECK(two.features == 1);
  CHECK(two.outputs == 2);
  CHECK(two.inputs == std::vector<double>{0, 2, 1});
  CHECK(two.targets == std::vector<double>{2, 1, 4, 3, 0, 5});
  CHECK(!two.has_labels());
  CHECK(two.classes() == 0);
  const auto one = targets_of<float>(flowers, {"kind"});
  CHECK(one.inputs == std::vector<float>{1, 2, 3, 4, 5, 0});
  CHECK(one.targets == std::vector<float>{0, 2, 1});
}

TEST_CASE("targets that are all columns, none, one twice or unknown are refused") {
  CHECK(message_of([] { targets_of<double>(flowers, {}); }) ==
        "flowers.csv: 0 of 3 columns are targets; there must be at least one, and one of inputs");
  CHECK(message_of([] { targets_of<double>(flowers, {"kind", "height", "width"}); }) ==
        "flowers.csv: 3 of 3 columns are targets; there must be at least one, and one of inputs");
  CHECK(message_of([] { targets_of<double>(flowers, {"kind", "kind"}); }) ==
        "flowers.csv: the target 'kind' is asked for twice");
  CHECK_THROWS_AS(targets_of<double>(flowers, {"colour"}), DataError);
}

TEST_CASE("images become rows of numbers from 0 to 1, with their labels") {
  const auto samples = labelled_images<float>(bytes({2, 2, 1}, {0, 255, 51, 102}), bytes({2}, {9, 3}));
  CHECK(samples.features == 2);
  CHECK(samples.inputs == std::vector<float>{0, 1, 51.0F / 255, 102.0F / 255});
  CHECK(samples.labels == Indices{9, 3});
  CHECK(samples.classes() == 10);
  CHECK(labelled_images<double>(bytes({0, 2, 2}, {}), bytes({0}, {})).size() == 0);
}

TEST_CASE("images and labels that do not belong together are refused") {
  const IdxArray images = bytes({2, 1, 1}, {1, 2});
  CHECK(message_of([&] { labelled_images<float>(images, bytes({3}, {1, 2, 3})); }) ==
        "file.idx: 3 dimensions and 2 samples, and file.idx: 1 dimensions and 3 samples; there must be a label for "
        "each image");
  CHECK_THROWS_AS(labelled_images<float>(bytes({2}, {1, 2}), bytes({2}, {1, 2})), DataError);
  CHECK_THROWS_AS(labelled_images<float>(images, bytes({2, 1}, {1, 2})), DataError);
  CHECK_THROWS_AS(labelled_images<float>(bytes({}, {1}), bytes({2}, {1, 2})), DataError);
  IdxArray wide = images;
  wide.type = IdxType::int8;
  CHECK(message_of([&] { labelled_images<float>(wide, bytes({2}, {1, 2})); }) ==
        "file.idx and file.idx: the pixels and the labels must be bytes");
}

TEST_CASE("rows are picked in any order and more than once, with labels, targets and names") {
  Samples<double> labelled = classes_of<double>(flowers, "kind");
  labelled.class_names = {"rose", "lily", "iris", "thistle"};
  const auto some = labelled.rows(Indices{2, 0, 2});
  CHECK(some.inputs == std::vector<double>{5, 0, 1, 2, 5, 0});
  CHECK(some.labels == Indices{1, 0, 1});
  CHECK(some.class_names == labelled.class_names);
  CHECK(some.classes() == 4);
  const auto numbers = targets_of<double>(flowers, {"height", "width"}).rows(Indices{1});
  CHECK(numbers.targets == std::vector<double>{4, 3});
  CHECK(numbers.outputs == 2);
  CHECK(labelled.rows(Indices{}).size() == 0);
  CHECK(message_of([&] { labelled.rows(Indices{3}); }) == "Samples::rows: the sample 3 of 3; they are counted from 0");
  CHECK_THROWS_AS(Samples<float>{}.rows(Indices{0}), ShapeError);
}

TEST_CASE("rows of samples with too few labels or targets are refused") {
  CHECK_THROWS_AS((Samples<double>{.features = 1, .inputs = {1, 2}, .labels = {0}}.rows(Indices{1})), ShapeError);
  CHECK_THROWS_AS((Samples<double>{.features = 1, .inputs = {1, 2}, .outputs = 1, .targets = {0}}.rows(Indices{1})),
                  ShapeError);
  const Samples<double> inputs_only{.features = 1, .inputs = {1, 2}};
  CHECK(inputs_only.rows(Indices{1}).inputs == std::vector<double>{2});
}

TEST_CASE("samples are whole if every row of inputs is, and has its label or its targets") {
  const auto complaint = [](const Samples<double>& samples) {
    return message_of([&] { samples.demand_whole("fit"); });
  };
  CHECK(complaint(classes_of<double>(flowers)).empty());
  CHECK(complaint(targets_of<double>(flowers, {"width"})).empty());
  CHECK(complaint({}) == "fit: there are no samples; set `features` and `inputs`");
  CHECK(complaint({.inputs = {1}}) == complaint({}));
  CHECK(complaint({.features = 2, .inputs = {1, 2, 3}, .labels = {0}}) ==
        "fit: 3 inputs are no whole rows of 2 features");
  CHECK(complaint({.features = 1, .inputs = {1, 2, 3}, .labels = {0}}) ==
        "fit: 1 labels for 3 samples; each needs one");
  CHECK(complaint({.features = 1, .inputs = {1, 2, 3}}) ==
        "fit: the samples have neither labels nor targets; set `labels`, or `outputs` and `targets`");
  CHECK(complaint({.features = 1, .inputs = {1, 2, 3}, .targets = {1, 2, 3}}) ==
        "fit: 3 targets for 3 samples of 0 outputs");
  CHECK(complaint({.features = 1, .inputs = {1, 2, 3}, .outputs = 2, .targets = {1, 2, 3}}) ==
        "fit: 3 targets for 3 samples of 2 outputs");
}

TEST_CASE("two moons are balanced, and the same seed gives the same bits") {
  const auto moons = two_moons<double>(201, 0.1, 4);
  CHECK(moons.size() == 201);
  CHECK(moons.features == 2);
  CHECK(std::accumulate(moons.labels.begin(), moons.labels.end(), std::size_t{0}) == 100);
  CHECK(two_moons<double>(201, 0.1, 4).inputs == moons.inputs);
  CHECK(two_moons<double>(201, 0.1, 5).inputs != moons.inputs);
  const auto rough = two_moons<float>(201, 0.1, 4);
  for (std::size_t i = 0; i < moons.inputs.size(); ++i) CHECK(rough.inputs[i] == static_cast<float>(moons.inputs[i]));
  CHECK(two_moons<float>(0, 0.1, 4).size() == 0);
}

TEST_CASE("two moons without noise lie on their half circles") {
  const auto moons = two_moons<double>(400, 0, 2);
  double least = 1, largest = -1;
  for (std::size_t i = 0; i < moons.size(); ++i) {
    const bool lower = moons.labels[i] == 1;
    const double x = moons.input(i)[0] - (lower ? 1 : 0), y = moons.input(i)[1] - (lower ? 0.5 : 0);
    CHECK(std::hypot(x, y) == Catch::Approx(1).epsilon(1e-14));
    CHECK((lower ? -y : y) >= 0);
    least = std::min(least, x), largest = std::max(largest, x);
  }
  CHECK(least < -0.99);
  CHECK(largest > 0.99);
}

TEST_CASE("the noise of two moons is normal, with the standard deviation that was asked for") {
  const auto clean = two_moons<double>(1, 0, 9), noisy = two_moons<double>(1, 0.25, 9);
  CHECK(clean.inputs != noisy.inputs);
  double sum = 0, squares = 0, fourth = 0;
  constexpr std::size_t n = 20'000;
  for (std::uint64_t seed = 0; seed < n / 2; ++seed) {
    const auto on = two_moons<double>(1, 0, seed), off = two_moons<double>(1, 0.25, seed);
    for (const std::size_t j : {0U, 1U}) {
      const double z = (off.inputs[j] - on.inputs[j]) / 0.25;
      sum += z, squares += z * z, fourth += z * z * z * z;
    }
  }
  CHECK(std::abs(sum / n) < 5 / std::sqrt(n));
  CHECK(squares / n == Catch::Approx(1).epsilon(0.05));
  CHECK(fourth / n == Catch::Approx(3).epsilon(0.1));
}

TEST_CASE("noise that is negative or not finite is refused") {
  for (const double noise : {-0.1, std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(two_moons<double>(4, noise, 1), OptionError);
  CHECK(message_of([] { two_moons<double>(4, -0.1, 1); }) ==
        "two_moons: the noise is -0.1; it is a standard deviation, at least 0 and finite");
}
