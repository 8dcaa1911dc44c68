#!/bin/sh
# On a terminal: the live line, and Ctrl-C.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
pty=$top_builddir/tests/cli/pty
[ -x "$pty" ] || { echo "no $pty"; exit 77; }
GAMUT_POLL_INTERVAL=20ms
TERM=xterm
LC_ALL=C
export GAMUT_POLL_INTERVAL TERM LC_ALL
unset NO_COLOR
# The job lasts for some frames of the live line.
start_emulator --polls 20

# on_terminal NAME TRIGGERS ARGUMENT...: Ctrl-C is typed as each of TRIGGERS,
# separated by "|", is printed
on_terminal()
{
  case_name=$1
  triggers=$2
  shift 2
  "$pty" "$triggers" "$GAMUT" "$@" >"$work/out" 2>"$work/err"
  code=$?
}

on_terminal live '' -p 'a neon fox' -m flux -o fox.png
exits 0
prints 'fox\.png  PNG'
grep -q "$(printf '\r').*fal:fal-ai/flux/dev" "$work/out" ||
  fail "no live line"
# Nothing stays of it: the line is taken back before the result.
tr '\r' '\n' <"$work/out" | grep 'fox\.png  PNG' |
  grep -q "^$(printf '\033')\[K" || fail "the live line is still there"

TERM=dumb
on_terminal dumb '' -p 'a dumb fox' -m flux -o dumb.png
exits 0
if grep -q "$(printf '\033')" "$work/out"; then fail "codes for TERM=dumb"; fi
TERM=xterm
NO_COLOR=1
export NO_COLOR
on_terminal no-color '' -p 'a plain fox' -m flux -o plain.png
exits 0
if grep -q "$(printf '\033')" "$work/out"; then fail "codes with NO_COLOR"; fi
unset NO_COLOR

on_terminal once fal:fal-ai/flux/dev -p 'x [never]' -m flux -o never.png
exits 11
prints 'leaving job [0-9A-Z]{26}; Ctrl-C again cancels it'
prints 'goes on at the vendor'
[ ! -e never.png ] || fail "a file was written"

if [ -f "$top_builddir/plugins/.libs/store-sqlite.so" ]; then
  on_terminal resume-once fal:fal-ai/flux/dev resume
  exits 11
  prints '1 job is left; gamut jobs shows it, gamut resume goes on with it'
fi

# The terminal drops what it has not shown yet when Ctrl-C is typed.
on_terminal twice 'fal:fal-ai/flux/dev|cancels it' -p 'x [never]' -m flux \
  -o never.png
exits 130
prints 'leaving job [0-9A-Z]{26}; Ctrl-C again cancels it'
prints 'cancelling job [0-9A-Z]{26}'
prints '\[cancelled\]'
[ ! -e never.png ] || fail "a file was written"
if curl -sf "$emulator_url/control/stats" >"$work/stats"; then
  grep -qE '"cancel": ?1[,}]' "$work/stats" || fail "the vendor was not told"
fi

# Who is quick enough has the picture all the same.
on_terminal soon-there 'downloading' -p 'a quick fox' -m flux -o quick.png
exits 0
prints 'quick\.png  PNG'

# Other signals leave at once.
case_name=term
"$GAMUT" -p 'x [never]' -m flux -o never.png >"$work/out" 2>"$work/err" &
pid=$!
n=0
until grep -q waiting "$work/err" || [ $n -gt 100 ]; do
  sleep 0.1
  n=$((n + 1))
done
kill -TERM $pid
wait $pid
code=$?
exits 11
says 'goes on at the vendor'

on_terminal stdout-refused '' -p x -m flux -o -
exits 2
prints 'to the terminal'
finish
