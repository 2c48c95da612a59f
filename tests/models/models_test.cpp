#include <models/models.hpp>

#include "support/catch.hpp"

#include <array>
#include <utility>
#include <vector>

#include <autodiff/autodiff.hpp>

using namespace downhill;

TEST_CASE("what is about to go gives its numbers, where a view would outlive them") {
  const auto row = parse_csv("1,2\n3,4\n", "numbers").row(1);
  CHECK(row == std::vector<double>{3, 4});
  const auto input = Samples<float>{.features = 2, .inputs = {1, 2, 3, 4}}.input(1);
  CHECK(input == std::vector<float>{3, 4});

  const Architecture architecture{.input = 2, .layers = {Dense{1}}, .seed = 3};
  const Mlp<double> network(architecture);
  const auto parameters = Mlp<double>(architecture).parameters();
  CHECK(parameters == std::vector<double>(network.parameters().begin(), network.parameters().end()));
  const std::string name = network.parameter_list().front().name;
  const auto weights = Mlp<double>(architecture).parameter(name);
  CHECK(weights == network.parameter(name));
  const auto classifier = LogisticRegression<double>(2).weights();
  CHECK(classifier == std::vector<double>(2));

  Optimizer<Momentum> optimizer({}, 2);
  std::array<double, 2> x{1, 2};
  optimizer.step(std::span<double>(x), std::span<const double>(std::array<double, 2>{1, 1}));
  const std::vector<double> remembered(optimizer.memory().begin(), optimizer.memory().end());
  const auto memory = std::move(optimizer).memory();
  CHECK(memory == remembered);

  BestSoFar best;
  minimize([](const auto& p) { return square(p[0] - 1.0); }, {5}, {}, {}, Keep::result, best);
  const std::vector<double> lowest(best.point().begin(), best.point().end());
  const auto point = std::move(best).point();
  CHECK(point == lowest);
}
