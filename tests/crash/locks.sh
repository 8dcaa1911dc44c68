#!/bin/sh
# File systems on which the store cannot be: those that know no locks, as NFS
# without its lock service, no locks of open files, or no memory that processes
# share.  It is said in one sentence; jobs go on without a store where that is
# allowed, and nothing is sent where it is not.
# shellcheck disable=SC2034,SC2154 # common.sh reads and sets
emulator_words='--size 64x64'
. "$top_srcdir/tests/crash/common.sh"
CRASH_SHIM=$top_builddir/tests/crash/.libs/trouble.so
CRASH_HOW=enolck
export CRASH_HOW
. "$top_srcdir/tests/crash/program.sh"
bears_shim
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME

# it NAME WORD...: on such a file system
it()
{
  case_name="$CRASH_HOW $1"
  shift
  CRASH_AT=1 LD_PRELOAD=$CRASH_SHIM "$CRASH_PROGRAM" "$@" >out 2>err </dev/null
  code=$?
}

# once WORDS: in one line of standard error, and it names the way out
once()
{
  [ "$(grep -c -e "$1" err)" -eq 1 ] || fail "'$1' $(grep -c -e "$1" err) times"
  says "$1.*state_dir"
}

sold()
{
  n=$(curl -sf "$emulator_url/control/stats" |
    sed -n 's/.*"submits":{"seen":\([0-9]*\).*/\1/p')
  [ "$n" -eq "$1" ] || fail "$n submissions, not $1"
}

# on HOW WORDS
on()
{
  CRASH_HOW=$1
  curl -sf -d '{}' "$emulator_url/control/reset" >/dev/null
  rm -rf state
  it generate -p x -m fal:fal-ai/flux/dev -o x.png --force
  exits 0
  says 'jobs will be forgotten'
  once "$2"
  sold 1
  it submit submit -p x -m fal:fal-ai/flux/dev -o x.png
  exits 12
  once "$2"
  GAMUT_STORE=sqlite
  export GAMUT_STORE
  it required -p x -m fal:fal-ai/flux/dev -o none.png
  unset GAMUT_STORE
  exits 12
  once "$2"
  says 'not sent'
  [ ! -e none.png ] || fail "a file was written"
  it doctor doctor
  prints "^error +.*$2"
  sold 1
}

on enolck 'cannot lock .*No locks available'
on nolocks 'cannot lock .*not supported'
on noofd 'cannot lock .*Invalid argument'
on nomap 'shares no memory between processes'

# The locks went while a job was under way: it is there when they are back.
CRASH_HOW=enolck
rm -rf state
id=$("$GAMUT" submit -q -p y -m fal:fal-ai/flux/dev -o y.png 2>err)
it without resume --all
says 'No locks available'
run with resume "$id"
exits 0
[ -s y.png ] || fail "no file"
finish
