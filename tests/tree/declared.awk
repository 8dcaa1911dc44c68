# Names of the functions that a public header declares with GAMUT_API.  With
# -v undocumented=1 only those without a comment directly before them; a group
# of one-liners may share the one before the group.
/^GAMUT_API/ {
  decl = $0
  while (decl !~ /\(/ && (getline line) > 0)
    decl = decl " " line
  if (match(decl, /gamut_[a-z0-9_]+[ \t]*\(/)) {
    name = substr(decl, RSTART, RLENGTH)
    sub(/[ \t]*\($/, "", name)
    if (!undocumented || !(commented || decl ~ /\/\*/))
      print name
  }
  rest = decl
  while (rest !~ /;/ && (getline line) > 0)
    rest = line
  if (rest ~ /;[ \t]*\/\*/)
    open = rest !~ /\*\//
  next
}
/^[ \t]*$/ { commented = 0 }
/\*\/[ \t]*$/ { commented = 1; next }
/^[A-Z_]+\([0-9, ]+\)$/ { next } # an attribute on its own line
