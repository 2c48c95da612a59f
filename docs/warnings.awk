# awk -v source=<source folder> -f warnings.awk <Doxygen's log>: prints what Doxygen warns of, and fails if that is anything.
# Doxygen asks for a docstring on every member; these need none of their own:
#
# - a declaration in the paragraph of another one, whose docstring above speaks for all of them;
# - a data member, and a member function without arguments that gives back what its name says;
# - a constructor, which the docstring of its class describes, and an operator, which does what it does for numbers;
# - a member that all types of a kind have, and that is described once where the kind is: see `of_a_kind`;
# - an overload that takes everything only to say in a sentence what to write instead.
BEGIN {
  member = "\\((function|typedef)\\) of (struct|class)"
  of_a_kind = "slope|slope_x|slope_y|slope_z|smoothness|value" \
    "|output|parameters|flops" "|demand_sound|update|walker|begin|advance|flatness" "|weight" "|value_type|Matrix|T|type"
  # a rule of the calculus: calculus.hpp; a layer: layers.hpp; a method: methods.hpp, walk.hpp; a robust loss:
  # robust_loss.hpp; the types of elements
}

/\((variable|friend)\) of (struct|class)/ { next }
$0 ~ "Member [a-z_]+\\(\\) .*" member { next }
$0 ~ "Member [A-Z][A-Za-z]*\\(.*" member { next }
/Member operator[^a-z_]/ { next }
$0 ~ "Member (" of_a_kind ")[^a-z_].*" member { next }
/\((F &&, )?const X &(\.\.\.)?\) \(function\) of namespace/ { next }
/Internal inconsistency: scope for class/ { next } # a specialisation of another library's template
/ is not documented\.$/ { if (documented_above()) next }
{
  if (index($0, source "/") == 1) $0 = substr($0, length(source) + 2)
  print
  failed = 1
}
END { exit failed }

# Does a docstring stand above the paragraph of the declaration?
function documented_above(  place, number, lines, line) {
  split($0, place, ":")
  number = 0
  while ((getline line < place[1]) > 0 && number < place[2]) lines[++number] = line
  close(place[1])
  for (number = place[2] - 1; number > 0; --number) {
    if (lines[number] ~ /^ *\/\/\//) return 1
    if (lines[number] ~ /^ *$|^ *(public|private|protected):$/) return 0
  }
  return 0
}
