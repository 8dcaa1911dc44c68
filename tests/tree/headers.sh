#!/bin/sh
# The public headers stand alone, in C and in C++, with all warnings; what is a
# part of gamut.h or plugin.h is included there; each public function has its
# contract directly before it.
set -u
cd "$top_srcdir" || exit 99
rc=0
flags='-pedantic -Wall -Wextra -Werror -fsyntax-only -Icore/include'
tmp=$(mktemp -d) || exit 99

for h in core/include/gamut/*.h; do
  name=gamut/${h##*/}
  # twice: the guard is tested as well
  printf '#include <%s>\n#include <%s>\n' "$name" "$name" >"$tmp/t.c"
  echo 'extern int t; int t;' >>"$tmp/t.c"
  cp "$tmp/t.c" "$tmp/t.cc"
  for std in c99 c11; do
    # shellcheck disable=SC2086 # CC may hold flags
    $CC -std=$std $flags "$tmp/t.c" || { echo "$name: not $std"; rc=1; }
  done
  if [ -n "$CXX" ]; then
    # shellcheck disable=SC2086
    $CXX -std=c++11 $flags "$tmp/t.cc" || { echo "$name: not C++11"; rc=1; }
  fi
  case $name in
    gamut/gamut.h | gamut/plugin.h | gamut/store.h) ;;
    *)
      grep -qxF "#include <$name>" core/include/gamut/gamut.h \
        core/include/gamut/plugin.h ||
        { echo "$name: neither in gamut.h nor in plugin.h"; rc=1; } ;;
  esac
  for f in $(awk -v undocumented=1 -f tests/tree/declared.awk "$h"); do
    echo "$h: $f has no comment before it"
    rc=1
  done
done
rm -rf "$tmp"
exit $rc
