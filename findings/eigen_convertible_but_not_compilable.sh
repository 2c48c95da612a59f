#!/bin/sh
# Eigen 3.4.0: the type traits call matrices of different scalars convertible, but no such conversion compiles. So a
# concept such as std::invocable accepts a function of a VectorXd for an argument of another scalar, an overload for it
# is chosen, and the error comes from inside Eigen. (Different sizes known to the compiler are called convertible too.)
set -eu
version=3.4.0-4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download "libeigen3-dev=$version" >/dev/null 2>&1
dpkg -x libeigen3-dev_*.deb .
cat >traits.cpp <<'END'
#include <Eigen/Core>
#include <unsupported/Eigen/AutoDiff>
#include <cstdio>
#include <type_traits>
using Dual = Eigen::AutoDiffScalar<Eigen::Vector2d>;
using Duals = Eigen::Matrix<Dual, Eigen::Dynamic, 1>;
const auto norm = [](const Eigen::VectorXd& x) { return x.norm(); };
int main() {
  constexpr bool narrow = std::is_convertible_v<Eigen::VectorXf, Eigen::VectorXd>;
  constexpr bool active = std::is_convertible_v<Duals, Eigen::VectorXd>;
  constexpr bool sizes = std::is_convertible_v<Eigen::Vector2d, Eigen::Vector3d>;
  constexpr bool invocable = std::is_invocable_v<decltype(norm), Duals>;
  std::printf("Eigen %d.%d.%d: is_convertible: VectorXf to VectorXd %d, AutoDiffScalars to VectorXd %d, Vector2d to "
              "Vector3d %d; is_invocable: a function of a VectorXd with AutoDiffScalars %d\n",
              EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION, narrow, active, sizes, invocable);
  return narrow && active && sizes && invocable ? 0 : 1;
}
END
g++ -std=c++17 -O1 -w -I usr/include/eigen3 traits.cpp -o traits
./traits || changed=1
compiled=0
for conversion in "Eigen::VectorXd to = Eigen::VectorXf(2)" "Eigen::VectorXd to = Eigen::Matrix<Dual, -1, 1>(2)" \
  "Eigen::Vector3d to = Eigen::Vector2d()"; do
  printf '#include <Eigen/Core>\n#include <unsupported/Eigen/AutoDiff>\n%s\nint main() { %s; }\n' \
    "using Dual = Eigen::AutoDiffScalar<Eigen::Vector2d>;" "$conversion" >conversion.cpp
  if g++ -std=c++17 -w -fsyntax-only -I usr/include/eigen3 conversion.cpp 2>/dev/null; then
    echo "compiles: $conversion"
    compiled=$((compiled + 1))
  else
    echo "does not compile: $conversion"
  fi
done
test "${changed:-0}" = 0 && test "$compiled" = 0
