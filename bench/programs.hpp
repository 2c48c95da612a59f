#pragma once

namespace downhill::bench {

/// Adds programs over many samples to the contenders: P is the plain function of double, eager is the tape, which
/// records every sample anew, and the others are programs, recorded once. With them those of the next two.
void add_programs();
/// Each sample by itself, with the derivatives along its own numbers: greeks, the Jacobian of a bundle adjustment.
void add_each();
/// Simulated paths: Heston's model and LIBOR rates.
void add_paths();

}  // namespace downhill::bench
