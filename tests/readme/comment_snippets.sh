#!/bin/sh
# comment_snippets.sh <source folder> <documents>: is every piece of code in the comments of the headers also in
# comment_snippets.cpp, which is compiled? A block of lines that are indented by five blanks or more is code if one of
# them ends in a semicolon. And no document has code that nothing compiles, other than these, whose code is programs: see
# CMakeLists.txt.
cd "$1" || exit 2
shift
compiled=$(tr -d '[:space:]' <tests/readme/comment_snippets.cpp)
find autodiff models -name '*.hpp' | sort | xargs awk '
  function finish() { if (is_code) for (i = 0; i < n; ++i) print lines[i]; n = 0; is_code = 0 }
  FNR == 1 { finish() }
  /^ *\/\/\/?     / {
    line = $0; sub(/^ *\/\/\/? +/, "", line)
    lines[n++] = FILENAME ":" FNR ":" line
    if (line ~ /; *$/) is_code = 1
    next
  }
  { finish() }
  END { finish() }' | {
  failed=0 found=0
  while IFS= read -r entry; do
    place=$(printf %s "$entry" | cut -d: -f1,2)
    code=$(printf %s "$entry" | cut -d: -f3- | tr -d '[:space:]')
    found=$((found + 1))
    case $compiled in
      *"$code"*) ;;
      *) echo "$place: this code is not in tests/readme/comment_snippets.cpp, so nobody compiles it"; failed=1 ;;
    esac
  done
  echo "$found lines of code in comments"
  test $found -ge 10 || failed=1
  exit $failed
} || exit 1
! find . -name build -prune -o -name '*.md' -print | grep -vxF "$(printf './%s\n' "$@")" | xargs grep -n '^```c' /dev/null
