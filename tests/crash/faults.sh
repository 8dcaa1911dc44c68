#!/bin/sh
# Gives the program trouble at every call of every flow that may meet it: it is
# interrupted, does a part of its work, finds the disk full, failing or read-only,
# or no descriptor left.  What is harmless must change nothing; else a job may
# fail, and nothing is submitted twice, no file is lost, no half of one is left,
# and no job is stuck.
#
# FAULT_POINTS: how many of the points (default 80; 0: all), FAULT_KINDS: of
# these kinds alone ("eintr,short"; faults.c), CRASH_SEED: which (default: others
# each day), CRASH_FLOWS: of these flows alone (flows.c).
# shellcheck disable=SC2034,SC2154 # common.sh reads and sets
emulator_words='--size 64x64 --image-bytes 200000'
. "$top_srcdir/tests/crash/common.sh"
faults=$top_builddir/tests/crash/faults
CRASH_SHIM=$top_builddir/tests/crash/.libs/trouble.so
CRASH_HOW=eintr
export CRASH_HOW
. "$top_srcdir/tests/crash/program.sh"
bears_shim
FAULT_POINTS=${FAULT_POINTS:-80}
export FAULT_POINTS

case_name=faults
"$GAMUT" -q -p 'to begin with' -m flux --set output_format=png \
  -o in.png >out 2>err || fail "no input"
echo "CRASH_SEED=$CRASH_SEED FAULT_POINTS=$FAULT_POINTS"
# shellcheck disable=SC2086 # a list
"$faults" ${CRASH_FLOWS:-} || fail "see above"
finish
