#!/bin/sh
# Gives orders as they come - generate, submit, batch, resume, wait, cancel,
# fetch, settle - in processes that are killed, left, hang, or two at once, and
# compares with the vendor's books: nothing is paid twice, nothing that is paid
# for is lost, and what the books say is what the vendor bills.
#
# CRASH_ORDERS: how many (default 80), CRASH_SEED: which (default: others each
# day).
# shellcheck disable=SC2034,SC2154 # common.sh reads and sets
# looked at so often that there is time to do something to a job
emulator_words='--size 64x64 --image-bytes 20000 --polls 8'
. "$top_srcdir/tests/crash/common.sh"
orders=$top_builddir/tests/crash/orders
clock=$top_builddir/tests/crash/.libs/clock.so
CRASH_SHIM=$top_builddir/tests/crash/.libs/killer.so
CRASH_ORDERS=${CRASH_ORDERS:-80}
CLOCK_AHEAD=$work/ahead
export CLOCK_AHEAD CRASH_ORDERS
. "$top_srcdir/tests/crash/program.sh"
bears_shim

case_name=orders
budget 100000
echo "CRASH_SEED=$CRASH_SEED CRASH_ORDERS=$CRASH_ORDERS"
CRASH_SHIM=$CRASH_SHIM:$clock
LD_PRELOAD=$clock "$orders" || fail "see above"
finish
