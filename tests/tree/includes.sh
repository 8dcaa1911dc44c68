#!/bin/sh
# Include arrows point one way: a folder of the core may include from itself
# and from those before it.  The CLI and the plugins see what anybody sees: the
# public headers, and files of their own folder.  The parts of a public header
# come by it, here as for anybody.
set -u
cd "$top_srcdir" || exit 99
order='base loop plugin store job route api'
rc=0

bad()
{
  echo "$1: includes $2: $3"
  rc=1
}

# "file header" for each #include "header" below the given folders
quoted()
{
  find "$@" -name '*.[ch]' | sort | while read -r f; do
    sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' \
      "$f" | sed "s|^|$f |"
  done
}

rank()
{
  n=0
  for folder in $order; do
    n=$((n + 1))
    [ "$folder" = "$1" ] && echo $n && return
  done
  echo 0
}

tmp=$(mktemp) || exit 99
for folder in $order; do
  [ -d "core/$folder" ] || continue
  own=$(rank "$folder")
  quoted "core/$folder" >"$tmp"
  while read -r f header; do
    case $header in
      */*)
        theirs=$(rank "${header%%/*}")
        if [ ! -f "core/$header" ]; then
          bad "$f" "$header" "no such file below core/"
        elif [ "$theirs" -eq 0 ]; then
          bad "$f" "$header" "not a folder of the core"
        elif [ "$theirs" -gt "$own" ]; then
          bad "$f" "$header" "it stands above $folder"
        fi ;;
      *) bad "$f" "$header" "say its folder: \"$folder/$header\"" ;;
    esac
  done <"$tmp"
done

quoted core/cli plugins core/include >"$tmp"
while read -r f header; do
  case $header in
    */*) bad "$f" "$header" "only <gamut/...> and its own folder" ;;
    *) [ -f "${f%/*}/$header" ] || bad "$f" "$header" "not in its folder" ;;
  esac
done <"$tmp"

find core plugins tests examples -name '*.[ch]' ! -path 'core/include/*' |
  sort | while read -r f; do
    sed -n 's|^ *# *include *<gamut/\(.*\)>.*|\1|p' "$f" | sed "s|^|$f |"
  done >"$tmp"
while read -r f header; do
  case $header in
    gamut.h | plugin.h | store.h) ;;
    *) bad "$f" "gamut/$header" 'a part: include <gamut/gamut.h> or plugin.h' ;;
  esac
done <"$tmp"
rm -f "$tmp"
exit $rc
