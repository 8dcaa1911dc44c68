#!/bin/sh
# Kills the program at every write, send, receive, sync and rename of every flow
# there is, lets two processes go on with what is left at once, and compares with
# the vendor's books: nothing is submitted twice, no file is lost, no half of one
# is left, no job is stuck, and what nobody can know is said to be maybe-charged.
#
# CRASH_POINTS: how many of the points (default 240; 0: all), CRASH_SEED: which
# (default: others each day), CRASH_FLOWS: of these flows alone (points.c).
# shellcheck disable=SC2034,SC2154 # common.sh reads and sets
emulator_words='--size 64x64 --image-bytes 200000'
. "$top_srcdir/tests/crash/common.sh"
points=$top_builddir/tests/crash/points
CRASH_SHIM=$top_builddir/tests/crash/.libs/killer.so
[ -x "$points" ] && [ -f "$CRASH_SHIM" ] || { echo "no shim here"; exit 77; }
CRASH_POINTS=${CRASH_POINTS:-240}
CRASH_SEED=${CRASH_SEED:-$(date +%Y%m%d)}
CRASH_VENDOR=$emulator_url
# The program itself, not libtool's script before it: that would be asked first.
CRASH_PROGRAM=$GAMUT
if [ -x "$top_builddir/core/cli/.libs/gamut" ]; then
  CRASH_PROGRAM=$top_builddir/core/cli/.libs/gamut
  LD_LIBRARY_PATH=$top_builddir/core/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
fi
# The sanitizers want to be the first library; behind the shim they work as well.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
export ASAN_OPTIONS CRASH_POINTS CRASH_PROGRAM CRASH_SEED CRASH_SHIM CRASH_VENDOR

case_name='shim'
CRASH_LOG=$work/counted
export CRASH_LOG
LD_PRELOAD=$CRASH_SHIM "$CRASH_PROGRAM" jobs >out 2>err
unset CRASH_LOG
grep -q '^whole' counted || { echo "this build bears no shim"; cat err; exit 77; }

case_name=points
"$GAMUT" -q -p 'to begin with' -m flux --set output_format=png \
  -o in.png >out 2>err || fail "no input"
echo "CRASH_SEED=$CRASH_SEED CRASH_POINTS=$CRASH_POINTS"
# shellcheck disable=SC2086 # a list
"$points" ${CRASH_FLOWS:-} || fail "see above"
finish
