#!/bin/sh
# Every source is listed in a fragment of the build, so that it is compiled and
# shipped, and what is listed exists; no file is too long to be read in one go.
set -u
cd "$top_srcdir" || exit 99
rc=0
fragments=$(find core plugins tests examples -name local.mk)
# shellcheck disable=SC2086 # a list of files
listed=$(cat $fragments | tr -s ' \t\\' '\n\n\n' | grep '/.*\.[ch]$' | sort -u)

for f in $(find core plugins tests -name '*.[ch]' | sort); do
  case $f in
    core/plugin/bundled.c | core/cli/page_text.c | core/build-aux/*)
      continue ;; # made by make
  esac
  printf '%s\n' "$listed" | grep -qxF "$f" && continue
  # programs of one file need no list
  base=${f%.c}
  # shellcheck disable=SC2086
  case $f in
    *.c)
      cat $fragments | tr -s ' \t\\' '\n\n\n' | grep -qxF "$base" && continue
      ;;
  esac
  echo "$f: not listed in a local.mk"
  rc=1
done
for f in $listed; do
  case $f in
    '$'* | core/plugin/bundled.c | core/cli/page_text.c) continue ;;
  esac
  [ -f "$f" ] && continue
  echo "$f: listed, but not there"
  rc=1
done
for f in $(find core plugins tests examples -name '*.[ch]' | sort); do
  lines=$(($(wc -l <"$f")))
  [ "$lines" -le 600 ] && continue
  echo "$f: $lines lines, more than 600"
  rc=1
done
exit $rc
