#!/bin/sh
# The man page: roff without a warning, with every option, verb and exit code.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"

run man man
exits 0
prints '^\.TH GAMUT 1 '
cp "$work/out" gamut.1
if command -v man >/dev/null; then
  LC_ALL=C man -l --warnings -Tutf8 gamut.1 >page 2>"$work/err" &&
    [ -s page ] && [ ! -s "$work/err" ] || fail "man has something to say"
elif command -v groff >/dev/null; then
  groff -man -ww -Tutf8 gamut.1 >page 2>"$work/err" &&
    [ ! -s "$work/err" ] || fail "groff has something to say"
fi

# Text as a reader sees it, as far as names go.
sed 's/\\-/-/g; s/\\f[BIR]//g' gamut.1 >text
cp text "$work/out"
for name in --prompt --max-cost --audio-input --no-check --version; do
  prints "^(-[a-zA-Z], )?$name( |\$)"
done
for verb in generate models completion; do
  prints "^$verb( |\$)"
done
prints '^130$'
prints 'FAL_KEY'

# What the build made is what the program prints.
built=$top_builddir/core/cli/gamut.1
if [ -f "$built" ]; then
  cmp -s gamut.1 "$built" || fail "core/cli/gamut.1 is stale"
fi
finish
