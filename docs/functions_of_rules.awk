# For Doxygen, which reads the calculus through this: the function that users call stands below its rule, and has the docstring
# of the rule. It is given one here that repeats the first sentence. Lines keep their numbers.
FILENAME !~ /\/calculus/ { print; next }
/^template </ && pending == "" { pending = $0; more = 0; finish(); next }
pending != "" { pending = pending "\n" $0; finish(); next }
{ print }
END { if (pending != "") print pending }

function finish() {
  if (pending !~ /[};] *$/ && ++more < 8) return
  if (match(pending, /apply<[A-Za-z]+>/))
    printf "/** \\copybrief downhill::%s */ ", substr(pending, RSTART + 6, RLENGTH - 7)
  print pending
  pending = ""
}
