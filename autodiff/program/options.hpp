#pragma once
/// \file
/// How a program is made ready to run: each pass may be switched off, to see what it does, or to have exactly the bits
/// of the tape.

#include <cstddef>

namespace downhill {

/// The passes in their order. All of them keep the result to within rounding; `none()` keeps its bits.
struct ProgramOptions {
  bool fold_constants = true;   ///< what depends on constants alone is worked out once
  bool reduce_strength = true;  ///< pow(x, 2) is square(x), x / 4 is 0.25 * x, x * 1 is x
  bool join_common = true;      ///< what is written twice is worked out once
  bool drop_dead = true;        ///< what the result does not need is not worked out
  bool hoist = true;            ///< what depends on parameters alone is worked out once for all samples
  bool fuse_products = true;    ///< a sum of products is one instruction
  bool join_layers = true;      ///< sums of products over the same operands are one instruction
  bool share_slots = true;      ///< adjoints are stored where they are first met, and memory is used again
  std::size_t lanes = 0;        ///< samples in a block; 0: as many as fit into the fastest cache; 1: one by one
  std::size_t variants = 16;    ///< programs that are kept for samples that take other branches

  /// No pass, and one sample after the other: value and gradient of a sample have the bits of the tape's.
  static ProgramOptions none() {
    return {.fold_constants = false,
            .reduce_strength = false,
            .join_common = false,
            .drop_dead = false,
            .hoist = false,
            .fuse_products = false,
            .join_layers = false,
            .share_slots = false,
            .lanes = 1};
  }
};

}  // namespace downhill
