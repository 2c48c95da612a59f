#!/bin/sh
# Eigen 3.4.0: its QR and its complete orthogonal decomposition lose derivatives on matrices with exact zeros below the
# diagonal, with any scalar that carries derivatives. Shown with Eigen's own AutoDiffScalar and nothing else.
#
# A = [3 a; b 2] with a = b = 0, d/da A = [0 1; 0 0], d/db A = [0 0; 1 0], and x = A^-1 (1, 1)': d x/da = -A^-1 dA x,
# so d x_1/da = -1/6 and d x_2/db = -1/6. An elimination (LU) gives both. A Householder reflector is left out where the
# entries below the diagonal are exactly 0, and with it what they would have handed on: the derivative by b.
set -eu
version=3.4.0-4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download "libeigen3-dev=$version" >/dev/null 2>&1
dpkg -x libeigen3-dev_*.deb .
cat >reflectors.cpp <<'END'
#include <Eigen/Dense>
#include <unsupported/Eigen/AutoDiff>
#include <cmath>
#include <cstdio>
using D = Eigen::AutoDiffScalar<Eigen::Vector2d>;
using Matrix = Eigen::Matrix<D, 2, 2>;
using Vector = Eigen::Matrix<D, 2, 1>;
int lost = 0, kept = 0;
void show(const char* by, const Vector& x, bool should_lose) {
  const double by_a = x[0].derivatives()[0], by_b = x[1].derivatives()[1];
  std::printf("%-36s x = (%.4f, %.4f)  dx_1/da = %8.4f  dx_2/db = %8.4f\n", by, x[0].value(), x[1].value(), by_a, by_b);
  const bool right = std::abs(by_a + 1.0 / 6) < 1e-12 && std::abs(by_b + 1.0 / 6) < 1e-12;
  if (should_lose && !right) ++lost;
  if (!should_lose && right) ++kept;
}
int main() {
  std::printf("Eigen %d.%d.%d; right: dx_1/da = dx_2/db = -0.1667\n", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION,
              EIGEN_MINOR_VERSION);
  Matrix a;
  a << D(3, Eigen::Vector2d(0, 0)), D(0, Eigen::Vector2d(1, 0)), D(0, Eigen::Vector2d(0, 1)), D(2, Eigen::Vector2d(0, 0));
  Vector b;
  b << D(1, Eigen::Vector2d(0, 0)), D(1, Eigen::Vector2d(0, 0));
  show("PartialPivLU", a.partialPivLu().solve(b), false);
  show("inverse", a.inverse() * b, false);
  show("HouseholderQR", a.householderQr().solve(b), true);
  show("ColPivHouseholderQR", a.colPivHouseholderQr().solve(b), true);
  show("CompleteOrthogonalDecomposition", a.completeOrthogonalDecomposition().solve(b), true);
  std::printf("%d of 3 decompositions by reflectors lost a derivative, %d of 2 by elimination kept both\n", lost, kept);
  return lost == 3 && kept == 2 ? 0 : 1;
}
END
g++ -std=c++17 -O1 -w -I usr/include/eigen3 reflectors.cpp -o reflectors
./reflectors
