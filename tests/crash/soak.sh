#!/bin/sh
# One process works for a long time while the vendor refuses, fails, resets and
# cuts: memory, descriptors and the store stay as they are, no file is left but
# the results, and no job was submitted twice.  SOAK_SECONDS: how long (default
# 6; `make check-soak`: 600).
# shellcheck disable=SC2034,SC2154 # common.sh reads and sets
emulator_words='--size 64x64 --variants 8'
. "$top_srcdir/tests/crash/common.sh"
case_name=soak
mkdir made tmp

# often WHERE FAULT EVERY
often()
{
  curl -sf -d "{\"where\":\"$1\",\"fault\":\"$2\",\"every\":$3}" \
    "$emulator_url/control/fault" >/dev/null || fail "no $1 $2"
}

often submit 503 29
often submit 429:retry-after=0 31
often submit reset 37
often status 500 13
often status reset 17
often status badjson 23
often file truncate 11
often file reset 19
often file 503 23
XDG_STATE_HOME=$work/state
TMPDIR=$work/tmp
export XDG_STATE_HOME TMPDIR
"$top_builddir/tests/crash/soak" "${SOAK_SECONDS:-6}" "$work/state/gamut" "$work" \
  >out 2>err || fail "it ends with $?"
cat out
numbers=$(tail -n 1 out)
completed=$(echo "$numbers" | sed -n 's/.* \([0-9]*\) completed.*/\1/p')
maybe=$(echo "$numbers" | sed -n 's/.* \([0-9]*\) maybe-charged.*/\1/p')
# Three refusals in a row end a job; nothing was sold then.
curl -sf "$emulator_url/control/stats?prompts=1" | tr '}' '\n' >books
sold=$(grep -c '"soak [0-9]*":.*"accepted":[1-9]' books)
twice=$(grep -c '"soak [0-9]*":.*"accepted":\([2-9]\|1[0-9]\)' books)
echo "$sold sold, $twice of them twice"
[ "$twice" -eq 0 ] || fail "sold twice: $(grep '"accepted":[2-9]' books)"
[ "$sold" -ge "$completed" ] && [ "$sold" -le $((completed + maybe)) ] ||
  fail "$sold sold: $numbers"
[ "$completed" -gt 0 ] && [ "$maybe" -gt 0 ] || fail "$numbers"
left=$(find made tmp -type f)
[ -z "$left" ] || fail "left behind: $left"
run jobs jobs --state unfinished
is_silent
finish
