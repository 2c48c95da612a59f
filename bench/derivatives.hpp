#pragma once

namespace downhill::bench {

/// Adds jvp, Hessians, Jacobians, fuse and recompute to the contenders. Their P is the plain function of double.
void add_derivatives();

}  // namespace downhill::bench
