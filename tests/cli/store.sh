#!/bin/sh
# The store as a person meets it: where it is, when it is touched, what is said
# when there is none.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
"$GAMUT" doctor | grep -q '^ok *store in' || { echo "no SQLite"; exit 77; }
GAMUT_RETRY_MAX_WAIT=10ms
GAMUT_POLL_INTERVAL=10ms
XDG_STATE_HOME=$work/state
export GAMUT_RETRY_MAX_WAIT GAMUT_POLL_INTERVAL XDG_STATE_HOME
start_emulator --polls 2

untouched()
{
  [ ! -e "$work/state" ] || fail "the store was touched"
}

unsaid()
{
  ! grep -q "forgotten" "$work/err" || fail "jobs are said to be forgotten"
}

# ---- what needs no store does not touch it

run version --version
untouched
run models models flux
untouched
run config config
prints '^store +auto +preset'
untouched
run doctor-none doctor
prints "^ok +store in $work/state/gamut: no job yet"
untouched
run dry -p 'a fox' -m flux --dry-run
exits 0
untouched
run no-store -p 'a fox' -m flux -o fox.png --no-store
exits 0
unsaid
untouched
GAMUT_STORE=memory
export GAMUT_STORE
run memory -p 'a fox' -m flux -o fox.png --force
exits 0
unsaid
untouched
run doctor-memory doctor
prints 'store is memory'
unset GAMUT_STORE

# ---- jobs are kept until they end

run picture -p 'a fox' -m flux -o fox.png --force
exits 0
unsaid
[ "$(ls -l "$work/state/gamut/gamut.db" | cut -c1-10)" = -rw------- ] ||
  fail "others may read the store"
run doctor-ended doctor
prints "^ok +store in $work/state/gamut: 0 unfinished jobs"
run detached -p 'x [never]' -m flux -o never.png --timeout 300ms
exits 11
run doctor-detached doctor
prints 'store in .*: 1 unfinished jobs, 1 of them with nobody at work'

# ---- where there can be none

GAMUT_STATE_DIR=/proc/gamut
export GAMUT_STATE_DIR
run without -p 'a fox' -m flux -o fox.png --force
exits 0
says "jobs will be forgotten .*the store cannot make '/proc/gamut'.*state_dir"
GAMUT_STORE=sqlite
export GAMUT_STORE
run required -p 'a fox' -m flux -o none.png
exits 12
says "not sent: the store cannot make '/proc/gamut'.*\[storage\]"
[ ! -e none.png ] || fail "a file was written"
GAMUT_STORE=nosuch
run unknown -p 'a fox' -m flux -o none.png
exits 12
says 'store-nosuch'
unset GAMUT_STORE GAMUT_STATE_DIR

# ---- damaged, and from the future

rm -rf "$work/state"
run again -p 'a fox' -m flux -o fox.png --force
exits 0
echo garbage >"$work/state/gamut/gamut.db"
run damaged -p 'a fox' -m flux -o fox.png --force
exits 0
says "the store '.*gamut\.db' was damaged: it was moved to '.*gamut\.db\.damaged-"
grep -q garbage "$work"/state/gamut/gamut.db.damaged-*Z ||
  fail "it was not kept"
if command -v sqlite3 >/dev/null; then
  sqlite3 "$work/state/gamut/gamut.db" 'PRAGMA user_version = 9'
  run newer -p 'a fox' -m flux -o fox.png --force
  exits 0
  says 'forgotten .* written by a newer gamut'
  run doctor-newer doctor
  prints '^error +.* written by a newer gamut'
fi

finish
