#pragma once
// The residual of a reprojection: where a camera sees a point, how far that is from where it was seen, and from how
// deep.

#include <array>
#include <cmath>

namespace downhill::bench {

/// 15 parameters: rotation (axis times angle, 3), translation (3), focal length, aspect, principal point (2), radial
/// distortion (2), and the point (3). 3 residuals: two of the image, one of the depth.
struct Projection {
  static constexpr std::array<double, 15> point{0.1,  -0.2, 0.3,  0.5,   -0.4, 4,   800, 1.1,
                                                0.02, 0.03, -0.1, 0.015, 0.7,  0.3, 2.5};
  static constexpr std::array<double, 3> seen{150, -40, 6.5};

  template <class X>
  std::array<X, 3> operator()(const std::array<X, 15>& p) const {
    using std::cos, std::sin, std::sqrt;
    // Rodrigues' rotation: v cos a + (k x v) sin a + k (k . v) (1 - cos a).
    const X angle = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
    const X kx = p[0] / angle, ky = p[1] / angle, kz = p[2] / angle, c = cos(angle), s = sin(angle);
    const X along = (kx * p[12] + ky * p[13] + kz * p[14]) * (1 - c);
    const X x = p[12] * c + (ky * p[14] - kz * p[13]) * s + kx * along + p[3];
    const X y = p[13] * c + (kz * p[12] - kx * p[14]) * s + ky * along + p[4];
    const X z = p[14] * c + (kx * p[13] - ky * p[12]) * s + kz * along + p[5];
    const X u = x / z, v = y / z, radius = u * u + v * v;
    const X distortion = p[6] * (1 + radius * (p[10] + radius * p[11]));
    return {distortion * u + p[8] - seen[0], distortion * p[7] * v + p[9] - seen[1], z - seen[2]};
  }
};

}  // namespace downhill::bench
