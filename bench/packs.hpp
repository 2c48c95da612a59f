#pragma once

namespace downhill::bench {

/// Adds the values and pull-backs of rules in packs, of each instruction set that this machine has, to the contenders.
/// Their P is the scalar rule in a loop.
void add_packs();

}  // namespace downhill::bench
