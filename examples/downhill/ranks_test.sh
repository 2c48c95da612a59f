#!/bin/sh
# ranks_test.sh <case> <downhill> <data folder> <mpirun and its options>: the program on several ranks.
set -u
what=$1 downhill=$2 data=$3
shift 3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "$1"
  cat "$folder"/*.txt 2>/dev/null
  exit 1
}
# on <ranks> <name> <arguments>: trains; what it says goes to <name>.txt. 0 ranks: without mpirun.
on() {
  ranks=$1 name=$2
  shift 2
  if [ "$ranks" -eq 0 ]; then
    "$downhill" train "$@" >"$folder/$name.txt" 2>&1
  else
    $mpirun -np "$ranks" "$downhill" train "$@" >"$folder/$name.txt" 2>&1
  fi
}
# same <name> <name>: the losses at the end, of what was learned from and of what was held out, to a thousandth.
same() {
  for line in "learned from" "held out"; do
    a=$(sed -n "s/^ *$line  *[0-9]*  *\([0-9.e-]*\) .*/\1/p" "$folder/$1.txt")
    b=$(sed -n "s/^ *$line  *[0-9]*  *\([0-9.e-]*\) .*/\1/p" "$folder/$2.txt")
    awk -v a="$a" -v b="$b" 'BEGIN { d = a - b; exit !(a > 0 && d * d <= 1e-6 * a * a) }' ||
      fail "$1 and $2 have other losses $line: '$a' and '$b'"
  done
}
mpirun=$*

case $what in
  losses)
    on 0 alone "$data/iris.csv" --epochs 12 --layers 9,3 || fail "alone"
    for ranks in 1 2 4; do
      on $ranks on_$ranks "$data/iris.csv" --epochs 12 --layers 9,3 || fail "on $ranks ranks"
      same alone on_$ranks
    done
    test "$(grep -c 'It ended after' "$folder/on_4.txt")" -eq 1 || fail "more than one rank prints"
    ! grep -q "$(printf '\033')" "$folder/on_4.txt" || fail "there are escape codes in a file"
    # A line search makes much of the last digits on its way, so this one arrives: a line has one lowest point.
    awk 'BEGIN { print "x,y"; for (x = 1; x <= 40; ++x) print x "," 2 * x + 3 * (7 * x % 5) }' >"$folder/scattered.csv"
    on 0 line "$folder/scattered.csv" --epochs 10 --layers 1 --method lbfgs || fail "alone, by lbfgs"
    on 2 line_on_2 "$folder/scattered.csv" --epochs 10 --layers 1 --method lbfgs || fail "on 2 ranks, by lbfgs"
    same line line_on_2
    ;;
  bits)
    for run in once again; do
      on 4 $run "$data/iris.csv" --epochs 5 --save "$folder/$run.safetensors" || fail "$run"
    done
    on 4 sharded "$data/iris.csv" --epochs 5 --shard --save "$folder/sharded.safetensors" || fail "sharded"
    for run in again sharded; do
      cmp "$folder/once.safetensors" "$folder/$run.safetensors" || fail "once and $run have other bits"
    done
    ;;
  killed)
    $mpirun -np 2 "$downhill" train "$data/iris.csv" --epochs 100000 --shard --checkpoint "$folder/c" \
      >"$folder/killed.txt" 2>&1 &
    job=$!
    while ! test -e "$folder/c"; do sleep 0.02; kill -0 $job || fail "it has not begun"; done
    kill -9 "$(tr ' ' '\n' <"/proc/$job/task/$job/children" | grep . | tail -n 1)"
    wait $job && fail "it went on"
    grep -q "signal 9" "$folder/killed.txt" || fail "nobody says why it has ended"
    epochs=$(grep -a -o '"downhill.epochs":"[0-9]*"' "$folder/c" | grep -o '[0-9]*')
    for ranks in 0 4; do
      cp "$folder/c" "$folder/c$ranks"
      on $ranks resumed_$ranks "$data/iris.csv" --epochs $((epochs + 3)) --checkpoint "$folder/c$ranks" --resume ||
        fail "it does not go on, on $ranks ranks"
    done
    on 0 whole "$data/iris.csv" --epochs $((epochs + 3)) || fail "whole"
    same whole resumed_0
    same whole resumed_4
    ;;
  row)
    printf 'x,y\n1,2\n3,four\n5,6\n7,8\n9,10\n' >"$folder/bad.csv"
    on 2 bad "$folder/bad.csv" --epochs 1
    test $? -eq 2 || fail "the exit code is another"
    grep -q "rank 1 of 2: .*bad.csv:3:3: 'four' in column 'y' is not a number" "$folder/bad.txt" || fail "another message"
    on 3 none "$folder/none.csv"
    test $? -eq 2 || fail "the exit code is another"
    test "$(grep -c 'cannot be read' "$folder/none.txt")" -eq 1 || fail "it is not said once"
    ;;
  few)
    printf 'x,y\n1,2\n3,5\n5,6\n' >"$folder/few.csv"
    on 4 few "$folder/few.csv" --epochs 2 || fail "more ranks than samples"
    on 0 alone "$folder/few.csv" --epochs 2 || fail "alone"
    same alone few
    ;;
  *) fail "no case $what" ;;
esac
