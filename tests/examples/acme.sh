#!/bin/sh
# A plugin as its author makes it: built outside the tree against the installed
# gamut, dropped into the home folder, used by the installed program.
# shellcheck disable=SC2154 # installed.sh sets what is read here
. "$top_srcdir/tests/examples/installed.sh"
GAMUT_RETRY_MAX_WAIT=10ms
GAMUT_POLL_INTERVAL=10ms
export GAMUT_RETRY_MAX_WAIT GAMUT_POLL_INTERVAL

mkdir "$work/acme" "$work/out" || exit 99
cp "$top_srcdir"/examples/acme/* "$work/acme" || exit 99
chmod -R u+w "$work/acme"
cd "$work/acme" || exit 99
make CC="$CC" PKG_CONFIG="$PKG_CONFIG" CFLAGS='-O2 -Wall -Wextra -Werror' \
  install >"$work/build.log" 2>&1 || {
  cat "$work/build.log"
  exit 1
}
so=$XDG_DATA_HOME/gamut-1/acme.so
[ -f "$so" ] || fail "not in the home folder: $so"
[ "$(make -s PKG_CONFIG="$PKG_CONFIG" plugindir)" = "$prefix/lib/gamut-1" ] ||
  fail "pkg-config tells another plugin folder"
if [ -n "$NM" ]; then
  symbols=$("$NM" -D --defined-only "$so" | awk '{ print $NF }' |
    grep -vxE '_init|_fini|__bss_start|_edata|_end')
  [ "$symbols" = acme_LTX_gamut_plugin ] || fail "it exports: $symbols"
fi
cd "$work/out" || exit 99

# It is found, and without a key says which one.
gamut providers >"$work/list" 2>&1 || fail "providers: $?"
shows "$work/list" '^acme .*Acme Images'
shows "$work/list" 'ACME_API_KEY'
gamut models acme >"$work/list" 2>&1 || fail "models: $?"
shows "$work/list" 'photo-2'
gamut -m acme-photo -p 'a red kite' -o kite.png >"$work/list" 2>&1
code=$?
[ $code -eq 3 ] || fail "no key: exit $code"
shows "$work/list" 'no key for acme: set ACME_API_KEY.*acme\.test/keys'
[ ! -e kite.png ] || fail "a picture without a key"

ACME_API_KEY=acme-key
export ACME_API_KEY
kite()
{
  gamut -m acme-photo -p 'a red kite' --size 1024x1024 --seed 7 -o "$1" \
    >"$work/kite.out" 2>"$work/kite.err"
}

# What the catalog in the plugin says is held to, before a byte is sent.
gamut -m acme-photo -p 'a red kite' --size 999x999 >"$work/list" 2>&1
code=$?
[ $code -eq 2 ] || fail "a size that the catalog has not: exit $code"
shows "$work/list" '1536x1024'

# The picture.  The recording has the first submit fail, so both that the key
# is sent and that the second is the same are seen there and below.
start_emulator --replay "$work/acme/recording.json"
kite kite.png || {
  fail "kite: exit $?"
  cat "$work/kite.err"
}
is_png kite.png
shows "$work/kite.out" 'kite\.png.*PNG'
shows "$work/kite.out" 'acme:photo-2'
stop_emulator
[ "$code" -eq 0 ] || {
  fail "other exchanges than recorded:"
  cat "$work/emulator.log"
}

# The same plugin without the header is caught: the recording sees it.
sed '/idempotency-key", c->attempt_id/d' "$work/acme/acme.c" \
  >"$work/acme/changed.c"
cmp -s "$work/acme/acme.c" "$work/acme/changed.c" && fail "nothing was changed"
mv "$work/acme/changed.c" "$work/acme/acme.c"
make -C "$work/acme" CC="$CC" PKG_CONFIG="$PKG_CONFIG" install \
  >"$work/build.log" 2>&1 || fail "cannot be built again"
start_emulator --replay "$work/acme/recording.json"
kite second.png || fail "second kite: exit $?"
stop_emulator
[ "$code" -eq 1 ] || fail "the recording does not miss the key: exit $code"
shows "$work/emulator.log" 'header idempotency-key: .*sent none'

# Others could have written it: refused, and the reason is told.
chmod 777 "$so"
kite third.png
code=$?
[ $code -ne 0 ] && [ ! -e third.png ] || fail "a plugin that all can write"
shows "$work/kite.err" 'acme'

gamut providers >"$work/list" 2>&1
shows "$work/list" 'acme.*(writ|permission)'
finish
