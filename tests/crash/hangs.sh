#!/bin/sh
# Stops the program at every send, receive, sync and rename of every flow there
# is, but for those within its store, lets another process take its jobs over,
# wakes it up, and compares with the vendor's books: nothing is submitted twice,
# no file is lost, no half of one is left, and the answer to what is paid for
# counts whenever it is read.
#
# CRASH_POINTS, CRASH_SEED, CRASH_FLOWS: as of points.sh.
# shellcheck disable=SC2034,SC2154 # common.sh reads and sets
emulator_words='--size 64x64 --image-bytes 200000'
. "$top_srcdir/tests/crash/common.sh"
hangs=$top_builddir/tests/crash/hangs
clock=$top_builddir/tests/crash/.libs/clock.so
CRASH_SHIM=$top_builddir/tests/crash/.libs/killer.so
CRASH_POINTS=${CRASH_POINTS:-120}
CRASH_STOPS=1
CLOCK_AHEAD=$work/ahead
export CLOCK_AHEAD CRASH_POINTS CRASH_STOPS
. "$top_srcdir/tests/crash/program.sh"
bears_shim

case_name=hangs
"$GAMUT" -q -p 'to begin with' -m flux --set output_format=png \
  -o in.png >out 2>err || fail "no input"
budget 100000
CRASH_SHIM=$CRASH_SHIM:$clock
echo "CRASH_SEED=$CRASH_SEED CRASH_POINTS=$CRASH_POINTS"
# shellcheck disable=SC2086 # a list
LD_PRELOAD=$clock "$hangs" ${CRASH_FLOWS:-} || fail "see above"
finish
