#!/bin/sh
# Open MPI 4.1.4: under its mpirun the standard output of every rank is a terminal, also where that of mpirun is a file
# or a pipe, while standard error is a pipe, also where that of mpirun is a terminal. So a program that asks isatty(1) to
# decide on colours, on a line that is written over, or on the width of its text, gets escape sequences into files; and one
# that asks isatty(2) shows no progress bar. (mpirun makes a pseudo-terminal for the output of each process and reads it.)
set -eu
version=4.1.4-3+b1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download "openmpi-bin=$version" "libopenmpi3=$version" openmpi-common libevent-core-2.1-7 \
  libevent-pthreads-2.1-7 libfabric1 libhwloc15 libibverbs1 libnl-3-200 libnl-route-3-200 libnuma1 libpmix2 libmunge2 \
  libpsm-infinipath1 libpsm2-2 librdmacm1 libucx0 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
libraries=$folder/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH="$libraries:$libraries/openmpi/lib" OPAL_PREFIX="$libraries/openmpi"
export PMIX_PREFIX="$libraries/pmix2" PMIX_LIBDIR="$libraries/pmix2/lib" PMIX_PKGLIBDIR="$libraries/pmix2/lib/pmix"
export OPAL_DATADIR="$folder/usr/share" OPAL_SYSCONFDIR="$folder/etc"
export OPAL_PKGDATADIR="$folder/usr/share/openmpi" OPAL_BINDIR="$folder/usr/bin" OPAL_LIBDIR="$libraries"
export OPAL_PKGLIBDIR="$libraries/openmpi/lib/openmpi3"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpirun=usr/bin/mpirun.openmpi
$mpirun --version | head -n 1
cat >streams.sh <<'END'
out=pipe; test -t 1 && out=terminal
err=pipe; test -t 2 && err=terminal
printf 'rank %s: standard output is a %s, standard error a %s\n' "$OMPI_COMM_WORLD_RANK" $out $err
END
sh -c 'test -t 1 && echo "a file is a terminal without mpirun" || true' >plain.txt
$mpirun --oversubscribe -np 2 sh streams.sh >out.txt </dev/null
echo "mpirun -np 2 ... > file:"
tr -d '\r' <out.txt | sort | tee seen.txt
test ! -s plain.txt
test "$(grep -c 'standard output is a terminal, standard error a pipe' seen.txt)" -eq 2
