#!/bin/sh
# Kills the program at every write, send, receive, sync and rename of every flow
# there is, lets two processes go on with what is left at once, and compares with
# the vendor's books: nothing is submitted twice, no file is lost, no half of one
# is left, no job is stuck, and what nobody can know is said to be maybe-charged.
#
# CRASH_POINTS: how many of the points (default 240; 0: all), CRASH_SEED: which
# (default: others each day), CRASH_FLOWS: of these flows alone (flows.c).
# shellcheck disable=SC2034,SC2154 # common.sh reads and sets
emulator_words='--size 64x64 --image-bytes 200000'
. "$top_srcdir/tests/crash/common.sh"
points=$top_builddir/tests/crash/points
CRASH_SHIM=$top_builddir/tests/crash/.libs/killer.so
CRASH_POINTS=${CRASH_POINTS:-240}
export CRASH_POINTS
. "$top_srcdir/tests/crash/program.sh"
bears_shim

case_name=points
"$GAMUT" -q -p 'to begin with' -m flux --set output_format=png \
  -o in.png >out 2>err || fail "no input"
echo "CRASH_SEED=$CRASH_SEED CRASH_POINTS=$CRASH_POINTS"
# shellcheck disable=SC2086 # a list
"$points" ${CRASH_FLOWS:-} || fail "see above"
finish
