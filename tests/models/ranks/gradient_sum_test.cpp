// The sum of gradients, piece by piece, against a sum by hand.

#include <models/ranks/gradient_sum.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "support/catch.hpp"

using namespace downhill;

namespace {

// The gradient of a rank: numbers whose sum depends on the order in which they are added.
std::vector<float> of_rank(std::size_t rank, std::size_t size) {
  std::vector<float> gradient(size);
  for (std::size_t i = 0; i < size; ++i)
    gradient[i] =
        (rank % 2 == 0 ? 1.0F : -1.0F) * (1e3F / static_cast<float>(i + 1) + 0.1F * static_cast<float>(rank + i));
  return gradient;
}

// Tells of all parameters in tiles of two rows, the last ones first.
void tell(GradientSum<float>& sum, const std::vector<float>& gradient) {
  std::vector<float> parameters(gradient.size());
  std::size_t end = gradient.size();
  while (end > 0) {
    const std::size_t columns = end >= 10 ? 5 : end, rows = end >= 10 ? 2 : 1, first = end - rows * columns;
    sum.take({first, rows, columns, columns, columns}, parameters.data() + first, gradient.data() + first);
    end = first;
  }
}

}  // namespace

TEST_CASE("gradients are added in the order of the ranks, whatever the pieces, step after step") {
  const Ranks ranks;
  constexpr std::size_t size = 1'003;
  std::vector<float> expected = of_rank(0, size);
  for (std::size_t rank = 1; rank < ranks.size(); ++rank) {
    const auto other = of_rank(rank, size);
    for (std::size_t i = 0; i < size; ++i) expected[i] += other[i];
  }
  for (const std::size_t piece : {0U, 1U, 13U, 500U, 5'000U}) {
    GradientSum<float> sum(ranks, size, {.piece = piece});
    for (int step = 0; step < 3; ++step) {
      sum.begin(1);
      sum.add_loss(static_cast<double>(ranks.rank()));
      tell(sum, of_rank(ranks.rank(), size));
      CHECK(sum.finish() == static_cast<double>(ranks.size() * (ranks.size() - 1) / 2));
      CHECK(std::equal(expected.begin(), expected.end(), sum.sum().begin(), sum.sum().end()));
    }
  }
}

TEST_CASE("the shares of the ranks are the sum, once each") {
  const Ranks ranks;
  constexpr std::size_t size = 257;
  GradientSum<float> whole(ranks, size), sharded(ranks, size, {.shard = true, .piece = 20});
  for (GradientSum<float>* sum : {&whole, &sharded}) {
    sum->begin(0.5);
    sum->add_loss(0);
    tell(*sum, of_rank(ranks.rank(), size));
    static_cast<void>(sum->finish());
  }
  std::vector<float> all(size, -1);
  std::size_t visited = 0;
  sharded.for_each_own([&](std::size_t first, std::size_t count, std::size_t place) {
    CHECK(place == (ranks.size() == 1 ? 0 : visited));
    visited += count;
    for (std::size_t i = 0; i < count; ++i) all[first + i] = sharded.sum()[place + i];
  });
  CHECK(visited == sharded.own_size());
  CHECK(ranks.sum(static_cast<double>(visited)) == size);
  sharded.gather(all);
  CHECK(std::equal(all.begin(), all.end(), whole.sum().begin(), whole.sum().end()));
}

TEST_CASE("a rank without samples adds nothing") {
  const Ranks ranks;
  GradientSum<float> sum(ranks, 40, {.piece = 16});
  sum.begin(1);
  sum.add_loss(0);
  if (ranks.is_first())
    tell(sum, of_rank(0, 40));
  else
    sum.take_nothing();
  static_cast<void>(sum.finish());
  const auto expected = of_rank(0, 40);
  CHECK(std::equal(expected.begin(), expected.end(), sum.sum().begin(), sum.sum().end()));
}
