#!/bin/sh
# What a process meets that is not the vendor's doing: few descriptors or very
# many, closed standard streams, another that writes to the same place, a folder
# that is gone, signals while it has many jobs.
# shellcheck disable=SC2034,SC3045 # common.sh reads; every sh has ulimit -n
. "$top_srcdir/tests/cli/common.sh"
command -v curl >/dev/null || { echo "no curl"; exit 77; }
GAMUT_POLL_INTERVAL=20ms
GAMUT_RETRY_MAX_WAIT=10ms
export GAMUT_POLL_INTERVAL GAMUT_RETRY_MAX_WAIT
start_emulator --polls 2 --size 64x64 --image-bytes 50000
mkdir made || exit 99

# sold PROMPT: how many jobs the vendor made of it
sold()
{
  curl -sf -G --data-urlencode "prompt=$1" "$emulator_url/control/stats" |
    sed -n 's/.*"accepted":\([0-9]*\)}}.*/\1/p'
}

# ---- descriptors

done_with=
for n in 5 6 7 8 9 10 11 12 13 14 15 16 18 20 24 32; do
  case_name=descriptors-$n
  # the program itself: the shell before it needs some, too
  (
    ulimit -n $n
    exec "$GAMUT" -p "few $n" -m flux -o "made/few-$n.{ext}" --resubmit never
  ) >out 2>err </dev/null
  code=$?
  [ "$code" -lt 126 ] || [ $n -lt 8 ] || fail "it ends with $code"
  times=$(sold "few $n")
  [ "$times" -le 1 ] || fail "submitted $times times"
  if [ "$code" -eq 0 ]; then
    done_with=${done_with:-$n}
    [ -s "made/few-$n.jpg" ] || fail "no file"
  elif [ ! -s err ]; then
    fail "it says nothing"
  fi
done
[ -n "$done_with" ] || fail "32 descriptors are too few"

case_name=descriptors-shared
awk 'BEGIN { for (i = 0; i < 60; i++) printf "{\"prompt\":\"row %d\"}\n", i }' \
  >rows.jsonl
(
  ulimit -n 40
  exec "$GAMUT" batch rows.jsonl -m flux -j 60 --out-dir made/rows
) >out 2>err </dev/null
code=$?
exits 0
[ "$(find made/rows -name '*.jpg' | wc -l)" -eq 60 ] || fail "not all are there"

case_name=descriptors-high
if command -v perl >/dev/null && [ "$(ulimit -n)" != 1024 ]; then
  # shellcheck disable=SC2016 # perl's
  perl -e '$^F = 65535; for (1 .. 1100) { open(my $f, "<", "/dev/null") or die;
    push @all, $f } exec @ARGV' "$GAMUT" -q -p high -m flux -o 'made/high.{ext}' \
    >out 2>err
  code=$?
  exits 0
  [ -s made/high.jpg ] || fail "no file"
fi

# ---- what the process was given

case_name=streams-closed
"$GAMUT" -q -p closed -m flux -o 'made/closed.{ext}' <&- >&- 2>&-
code=$?
exits 0
[ "$(wc -c <made/closed.jpg)" -eq 50000 ] || fail "no whole file"

case_name=output-closed
"$GAMUT" -p nowhere -m flux -o - 2>err >&- </dev/null
code=$?
exits 2
says 'standard output, and it is closed'
[ "$(sold nowhere)" -eq 0 ] || fail "it was paid for"

case_name=children-ignored
(
  trap '' CHLD PIPE
  umask 0
  LC_ALL=de_DE.UTF-8
  export LC_ALL
  exec "$GAMUT" -p ignored -m flux -o 'made/ignored.{ext}'
) >out 2>err
code=$?
exits 0
prints '\$0\.025'

case_name=folder-gone
mkdir gone
(
  cd gone && rmdir ../gone &&
    exec "$GAMUT" -q -p gone -m flux -o "$work/made/gone.{ext}"
) >out 2>err
code=$?
exits 0
[ -s made/gone.jpg ] || fail "no file"

# waits WORD: until the vendor has that job
waits()
{
  n=0
  until "$GAMUT" jobs --state waiting | grep -q "$1" || [ $n -gt 200 ]; do
    n=$((n + 1))
    sleep 0.05
  done
}

# swap NAME: a job for the folder $NAME, of which `change` makes something else
# while the vendor works; its exit code
swap()
{
  case_name=$1
  mkdir "$1" || exit 99
  GAMUT_POLL_INTERVAL=1s "$GAMUT" -q -p "swap $1" -m flux -o "$1/fox.{ext}" \
    >out 2>err </dev/null &
  pid=$!
  waits "swap $1"
  change "$1"
  wait $pid
  code=$?
}

change() { rmdir "$1"; }
swap folder-removed
exits 12
says 'folder-removed.*\[storage\]'
id=$("$GAMUT" jobs | sed -n 's/^\([0-9A-Z]*\) .*swap folder-removed.*/\1/p')
run folder-fetched fetch "$id" -o made/again.jpg
exits 0
[ "$(wc -c <made/again.jpg)" -eq 50000 ] || fail "the paid picture is lost"

change() { rmdir "$1" && echo mine >"$1"; }
swap folder-a-file
exits 12
says '\[storage\]'
[ "$(cat folder-a-file)" = mine ] || fail "the file was written to"

change() { mkdir elsewhere && rmdir "$1" && ln -s elsewhere "$1"; }
swap folder-a-link
[ "$code" -eq 0 ] || [ "$code" -eq 12 ] || fail "exit code $code"
[ "$code" -ne 0 ] || [ -s elsewhere/fox.jpg ] || fail "no file"
[ -z "$(find elsewhere -name '.gamut-*')" ] || fail "half a file is left"

# ---- one place, several processes

case_name=one-name
pids=
for i in 1 2 3 4 5 6; do
  "$GAMUT" -q -p "same $i" -m flux -o made/same.jpg >out.$i 2>err.$i &
  pids="$pids $!"
done
won=0
for pid in $pids; do
  wait "$pid" && won=$((won + 1))
done
[ $won -eq 1 ] || fail "$won think that the file is theirs"
[ "$(wc -c <made/same.jpg)" -eq 50000 ] || fail "no whole file"
[ "$(cat err.* | grep -c 'same\.jpg')" -ge 5 ] || fail "the others say nothing"

case_name=one-folder
pids=
for i in 1 2 3 4; do
  "$GAMUT" -q -p "own $i" -m flux -o 'made/own-{job}.{ext}' >/dev/null 2>err.$i &
  pids="$pids $!"
done
for pid in $pids; do
  wait "$pid" || fail "one fails"
done
[ "$(find made -name 'own-*.jpg' | wc -l)" -eq 4 ] || fail "not four files"
left=$(find made -name '.gamut-*')
[ -z "$left" ] || fail "left behind: $left"

# ---- signals with many jobs

case_name=interrupt-many
awk 'BEGIN { for (i = 0; i < 300; i++)
  printf "{\"prompt\":\"[never] %d\"}\n", i }' >many.jsonl
# A shell lets its background jobs ignore the signal: it is set anew.
if command -v perl >/dev/null; then
  # shellcheck disable=SC2016 # perl's
  perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$GAMUT" batch many.jsonl -m flux \
    -j 300 --out-dir made/many >out 2>err </dev/null &
  pid=$!
  n=0
  until [ "$("$GAMUT" jobs --json | tr '{' '\n' |
    grep -c '"state":"waiting"')" -ge 300 ] || [ $n -gt 100 ]; do
    n=$((n + 1))
    sleep 0.1
  done
  kill -INT $pid
  wait $pid
  code=$?
  exits 11
  says 'gamut batch --resume goes on'
  [ "$("$GAMUT" jobs --json | tr '{' '\n' | grep -c '"ended":false')" -eq 300 ] ||
    fail "not all of them wait"
  [ -z "$(find made/many -type f)" ] || fail "files of jobs that are not done"
fi
finish
