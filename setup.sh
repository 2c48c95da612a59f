#!/bin/sh
# Installs what Downhill needs to build, on Debian and Ubuntu. See `./setup.sh --help`.
set -eu

tools="g++ cmake ninja git"
libraries="libfmt-dev libeigen3-dev catch2 nlohmann-json3-dev libbenchmark-dev libcli11-dev zlib1g-dev"
more_tools="clang++ clang-format-19 clang-tidy-19"
extras="libclang-rt-dev clang-22 libc++-22-dev libc++abi-22-dev doxygen chromium libadolc-dev libtrilinos-sacado-dev libopenmpi-dev openmpi-bin" # not every release has each of them

case "${1-}" in
  "") more=no ;;
  --all) more=yes ;;
  -h | --help)
    cat <<END
usage: ./setup.sh [--all]

Installs, on Debian and Ubuntu, what is missing of:
  $tools $libraries
With --all, also what the checks and the comparisons in bench/ use:
  $more_tools $extras
It asks nothing, uses sudo only when not root, and does nothing where nothing is missing.
On any other system it names the packages and exits 2.
END
    exit 0
    ;;
  *)
    echo "setup.sh: no such option: $1 (try --help)" >&2
    exit 2
    ;;
esac
if [ $# -gt 1 ]; then
  echo "setup.sh: one option at most (try --help)" >&2
  exit 2
fi

fail() {
  echo "setup.sh: $1" >&2
  exit "${2-1}"
}

# The package that brings a tool.
package_of() {
  case $1 in
    ninja) echo ninja-build ;;
    clang++) echo clang ;;
    *) echo "$1" ;;
  esac
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# at_least 3.25 3.30.1: is the second version the first or newer?
at_least() {
  [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

if [ -r /etc/os-release ]; then
  system=$(. /etc/os-release && echo "${ID-} ${ID_LIKE-}")
else
  system=$(uname -s)
fi
case " $system " in
  *" debian "* | *" ubuntu "*) ;;
  *)
    fail "this is neither Debian nor Ubuntu. Please install: a C++20 compiler (g++ 12 or clang++ 14, or newer), \
CMake 3.25 or newer, ninja, git, fmt 9 or newer, Eigen 3.4, Catch2 (2.13 or 3), nlohmann-json 3, Google Benchmark, \
CLI11, zlib." 2
    ;;
esac

# A tool counts as there when it runs, wherever it came from; a library when its package is installed.
if [ $more = yes ]; then
  tools="$tools $more_tools"
fi
missing=""
for tool in $tools; do
  command -v "$tool" >/dev/null 2>&1 || missing="$missing $(package_of "$tool")"
done
for library in $libraries; do
  is_installed "$library" || missing="$missing $library"
done
wanted=""
if [ $more = yes ]; then
  for extra in $extras; do
    is_installed "$extra" || wanted="$wanted $extra"
  done
fi

if [ -n "$missing$wanted" ]; then
  as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || fail "not root, and there is no sudo. As root, run: apt-get install$missing$wanted"
    as_root=sudo
  fi
  $as_root apt-get update -q </dev/null || echo "setup.sh: apt-get update failed; trying with the lists at hand" >&2
  for extra in $wanted; do
    if apt-cache show "$extra" >/dev/null 2>&1; then
      missing="$missing $extra"
    else
      echo "setup.sh: no package $extra here; going without it"
    fi
  done
  if [ -n "$missing" ]; then
    echo "setup.sh: installing$missing"
    # shellcheck disable=SC2086 # words on purpose
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing </dev/null ||
      fail "apt-get could not install:$missing"
  fi
fi

# The distribution may be older than Downhill.
compiler=${CXX-g++}
cmake_version=$(cmake --version | sed -n 's/^cmake version //p')
at_least 3.25 "$cmake_version" ||
  fail "CMake $cmake_version is too old, 3.25 is needed. Newer ones: https://cmake.org/download."
case "${compiler##*/}" in
  g++* | *-g++*)
    compiler_version=$($compiler -dumpfullversion)
    at_least 12 "$compiler_version" ||
      fail "$compiler $compiler_version is too old, g++ 12 is needed. Where 'apt-get install g++-12' works, do that and export CXX=g++-12."
    ;;
esac
echo "setup.sh: everything is there."
