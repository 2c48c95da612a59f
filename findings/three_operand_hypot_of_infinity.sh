#!/bin/sh
# libstdc++ 12: std::hypot of three operands divides by the largest of them, so an infinite one gives NaN, where
# std::hypot of two gives infinity, as C and POSIX ask of it.
set -eu
version=12.2.0-14+deb12u1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download "libstdc++-12-dev=$version" >/dev/null 2>&1
dpkg -x libstdc++-12-dev_*.deb .
headers="-nostdinc++ -isystem usr/include/c++/12 -isystem usr/include/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/c++/12"
cat >hypot.cpp <<'END'
#include <cmath>
#include <cstdio>
#include <limits>
int main() {
  volatile double infinity = std::numeric_limits<double>::infinity(), one = 1;
  const double two = std::hypot(static_cast<double>(infinity), static_cast<double>(one));
  const double three = std::hypot(static_cast<double>(infinity), static_cast<double>(one), static_cast<double>(one));
  std::printf("libstdc++ %d of %d: hypot(inf, 1) = %f, hypot(inf, 1, 1) = %f\n", _GLIBCXX_RELEASE, __GLIBCXX__, two,
              three);
  return std::isinf(two) && std::isnan(three) ? 0 : 1;
}
END
# shellcheck disable=SC2086 # words on purpose
g++ -std=c++17 -O1 $headers hypot.cpp -o hypot
./hypot
