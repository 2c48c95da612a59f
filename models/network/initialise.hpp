#pragma once
/// \file
/// The values with which the weights of a layer start. They are random, so that no two units learn the same, and of
/// such a size that signals neither grow nor fade from layer to layer.
///
/// Weights are uniform in [-bound, bound], with a bound that follows from the number of inputs (fan-in) and outputs
/// (fan-out) of a unit. The numbers are made from the generator's bits by operations that IEEE 754 rounds correctly, so
/// the same seed gives the same bits on every machine.

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string_view>

namespace downhill {

/// How the weights of a layer start.
enum class Initialiser {
  automatic,  ///< he for the relu family, xavier otherwise
  xavier,     ///< bound sqrt(6 / (fan_in + fan_out)). Glorot and Bengio, AISTATS 2010
  he,         ///< bound sqrt(6 / fan_in). He and others, "Delving deep into rectifiers", ICCV 2015
  lecun,      ///< bound sqrt(3 / fan_in). LeCun and others, "Efficient BackProp" (1998)
  zeros,
  ones
};

/// "automatic", "xavier", "he" and so on.
std::string_view name(Initialiser initialiser);

/// Fills the weights of a layer. Here `automatic` is xavier, because the activation of the layer is not known. Throws
/// OptionError where the bound would be infinite: for no inputs, or with xavier neither inputs nor outputs.
void initialise(std::span<double> weights, Initialiser initialiser, std::size_t fan_in, std::size_t fan_out,
                std::mt19937_64& generator);
void initialise(std::span<float> weights, Initialiser initialiser, std::size_t fan_in, std::size_t fan_out,
                std::mt19937_64& generator);

/// A number in [-1, 1), a multiple of 2^-52, from the upper 53 bits of the generator's next 64.
double uniform(std::mt19937_64& generator);

}  // namespace downhill
