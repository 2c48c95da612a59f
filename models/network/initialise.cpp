#include <models/network/initialise.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <autodiff/error.hpp>
#include <autodiff/text/names.hpp>

namespace downhill {
namespace {

double bound_of(Initialiser initialiser, std::size_t fan_in, std::size_t fan_out) {
  const auto in = static_cast<double>(fan_in), out = static_cast<double>(fan_out);
  switch (initialiser) {
    case Initialiser::automatic:
    case Initialiser::xavier: return std::sqrt(6 / (in + out));
    case Initialiser::he: return std::sqrt(6 / in);
    case Initialiser::lecun: return std::sqrt(3 / in);
    case Initialiser::zeros:
    case Initialiser::ones: break;
  }
  return 0;
}

template <class T>
void fill(std::span<T> weights, Initialiser initialiser, std::size_t fan_in, std::size_t fan_out,
          std::mt19937_64& generator) {
  if (initialiser == Initialiser::zeros || initialiser == Initialiser::ones) {
    std::ranges::fill(weights, initialiser == Initialiser::ones ? T(1) : T(0));
    return;
  }
  const double bound = bound_of(initialiser, fan_in, fan_out);
  if (!std::isfinite(bound))
    throw OptionError(fmt::format(
        "initialise: {} inputs and {} outputs; {} needs at least one {}", fan_in, fan_out, name(initialiser),
        initialiser == Initialiser::he || initialiser == Initialiser::lecun ? "input" : "of either"));
  for (T& weight : weights) weight = static_cast<T>(bound * uniform(generator));
}

}  // namespace

std::string_view name(Initialiser initialiser) { return enumerator_name(initialiser); }

double uniform(std::mt19937_64& generator) {
  return static_cast<double>(generator() >> 11) * 0x1p-52 - 1;  // exact, fused or not
}

void initialise(std::span<double> weights, Initialiser initialiser, std::size_t fan_in, std::size_t fan_out,
                std::mt19937_64& generator) {
  fill(weights, initialiser, fan_in, fan_out, generator);
}
void initialise(std::span<float> weights, Initialiser initialiser, std::size_t fan_in, std::size_t fan_out,
                std::mt19937_64& generator) {
  fill(weights, initialiser, fan_in, fan_out, generator);
}

}  // namespace downhill
