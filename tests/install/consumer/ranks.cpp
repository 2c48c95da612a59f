// A training on several ranks, without MPI's headers.

#include <models/models.hpp>
#include <models/ranks/data_parallel.hpp>

int main() {
  const auto moons = downhill::two_moons<float>(40, 0.1, 1);
  downhill::Mlp<float> network(downhill::dense({2, 4, 2}, downhill::Activation::tanh));
  downhill::DataParallel ranks;
  return ranks.fit(network, moons, downhill::Adam{}, {.epochs = 1}).steps == 2 ? 0 : 1;
}
