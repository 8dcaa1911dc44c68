#!/bin/sh
# The example programs: built as their first lines say against the installed
# library, and run against the emulator.
# shellcheck disable=SC2154 # installed.sh sets what is read here
. "$top_srcdir/tests/examples/installed.sh"
GAMUT_RETRY_MAX_WAIT=10ms
GAMUT_POLL_INTERVAL=10ms
GAMUT_SYNC_FILES=no
FAL_KEY=id:secret
export GAMUT_RETRY_MAX_WAIT GAMUT_POLL_INTERVAL GAMUT_SYNC_FILES FAL_KEY
# Providers are in the folder that configure was told: not this prefix.
GAMUT_PLUGIN_PATH=$prefix/lib/gamut-1
export GAMUT_PLUGIN_PATH

mkdir "$work/embed" "$work/out" "$work/out/leaves" || exit 99
cp "$top_srcdir"/examples/embed/* "$work/embed" || exit 99
cd "$work/embed" || exit 99

# The line in the comment, as it stands there.
for p in sync many epoll; do
  line=$(sed -n 's/^ \*   \(cc .*\)/\1/p' $p.c)
  [ -n "$line" ] || fail "$p.c has no line that builds it"
  (
    eval "$(printf '%s' "$line" |
      sed "s|^cc|$program_cc -Wall -Wextra -Werror|; s|pkg-config|$PKG_CONFIG|")"
  ) >"$work/build.log" 2>&1 || {
    fail "$p.c: $line"
    cat "$work/build.log"
  }
  rm -f $p
done
make CC="$program_cc" PKG_CONFIG="$PKG_CONFIG" CFLAGS='-O2 -Wall -Wextra -Werror' \
  >"$work/build.log" 2>&1 || {
  cat "$work/build.log"
  exit 1
}
cd "$work/out" || exit 99
start_emulator --polls 2 --size 64x64

../embed/sync 'a neon fox' fox.png >"$work/sync.out" 2>&1 ||
  fail "sync: exit $?"
shows "$work/sync.out" '^fox\.png$'
is_png fox.png
../embed/sync 'a neon fox' fox.png >"$work/sync.out" 2>&1
code=$?
[ $code -eq 2 ] || fail "sync again: exit $code"
shows "$work/sync.out" "'fox.png' exists already.*\[invalid\]"

../embed/many 12 >"$work/many.out" 2>&1 || fail "many: exit $?"
[ "$(grep -cE '^animal-[0-9]+\.png  64x64$' "$work/many.out")" -eq 12 ] ||
  fail "many: not 12 pictures"
shows "$work/many.out" '^12 of 12$'
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
  is_png animal-$i.png
done

../embed/epoll leaves >"$work/epoll.out" 2>&1 ||
  fail "epoll: exit $?"
shows "$work/epoll.out" '^200 done, 0 failed$'
[ "$(find leaves -name 'leaf-*.png' | wc -l)" -eq 200 ] ||
  fail "epoll: not 200 files"
[ -z "$(find . -name '.gamut-*')" ] || fail "temporaries are left"
is_png leaves/leaf-199.png
finish
