#pragma once

namespace downhill::bench {

/// Adds sums over many samples to the contenders: P is the plain function of double, eager is the tape, which records
/// every sample anew, and the others are programs, recorded once.
void add_programs();

}  // namespace downhill::bench
