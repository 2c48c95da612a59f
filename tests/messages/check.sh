#!/bin/sh
# check.sh <list> <compiler> <options>: compiles every snippet of the list, as it was mistyped and as it is right.
#
#     #include <...>        what stands before the first snippet stands before each, and is compiled once
#     //// a part of the sentence that the first error must be
#     mistyped code
#     //// instead
#     right code
list=$1
shift
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
awk -v folder="$folder" '
  BEGIN { out = folder "/head.hpp" }
  /^\/\/\/\/ instead$/ { out = folder "/" n ".right.cpp"; next }
  /^\/\/\/\/ / { ++n; out = folder "/" n ".wrong.cpp"; print substr($0, 6) >(folder "/" n ".sentence"); next }
  { print >out }' "$list"
"$@" -x c++-header "$folder/head.hpp" -o "$folder/head.hpp.gch" || exit 2
failed=0 count=0
for wrong in "$folder"/*.wrong.cpp; do
  snippet=${wrong%.wrong.cpp}
  count=$((count + 1))
  sentence=$(cat "$snippet.sentence")
  first=$("$@" -fsyntax-only -include "$folder/head.hpp" "$wrong" 2>&1 | grep -m1 'error: ')
  case $first in
    *"$sentence"*) ;;
    *) failed=1; printf 'not "%s"\nbut  %s\nfor:\n' "$sentence" "$first"; cat "$wrong" ;;
  esac
  "$@" -fsyntax-only -include "$folder/head.hpp" "$snippet.right.cpp" || { failed=1; printf 'the corrected code of "%s" does not compile\n' "$sentence"; }
done
echo "$count snippets"
test $count -gt 0 && exit $failed
