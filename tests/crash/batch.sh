#!/bin/sh
# A batch that is killed at moments that come as they come, and goes on each
# time: in the end each line has its own file and was submitted once, unless it
# is said to be maybe-charged.  CRASH_LINES: how many lines (default 60),
# CRASH_KILLS: how often it is killed (default 5).
# shellcheck disable=SC2034,SC2154 # common.sh reads and sets
emulator_words='--size 64x64'
. "$top_srcdir/tests/crash/common.sh"
lines=${CRASH_LINES:-60}
kills=${CRASH_KILLS:-5}
seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
echo "$lines lines, $kills kills, seed $seed"
awk -v n="$lines" 'BEGIN {
  for (i = 1; i <= n; i++) printf "{\"prompt\":\"line %d\"}\n", i
}' >lines.jsonl

# go WORD...: one run of the batch, instead of this shell
go()
{
  exec "$GAMUT" batch lines.jsonl -m fal:fal-ai/flux/dev --out-dir made \
    --resubmit never "$@" >results 2>err </dev/null
}

# The number of files.
made()
{
  find made -name '*.jpg' 2>/dev/null | wc -l
}

case_name=killed
i=0
resume=
while [ "$i" -lt "$kills" ]; do
  # shellcheck disable=SC2086 # none or one
  (go $resume) &
  pid=$!
  resume=--resume
  # until it has made its share, then a moment more
  share=$((lines * (i + 1) / (kills + 1)))
  n=0
  while [ "$(made)" -lt "$share" ] && kill -0 "$pid" 2>/dev/null &&
    [ $n -lt 600 ]; do
    sleep 0.05
    n=$((n + 1))
  done
  sleep "$(awk -v s="$seed" -v i="$i" \
    'BEGIN { srand(s + i); printf "%.3f", rand() * 0.1 }')"
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  i=$((i + 1))
done

case_name=resumed
(go --resume)
code=$?
[ "$code" -le 1 ] || fail "it ends with $code"
"$GAMUT" jobs --json | tr '{' '\n' >all
maybe=$(grep -c '"state":"maybe-charged"' all)
unfinished=$(grep -c '"ended":false' all)
curl -sf "$emulator_url/control/stats?prompts=1" >books || fail "no books"
tr '}' '\n' <books |
  sed -n 's/.*"line \([0-9]*\)":{.*"accepted":\([1-9][0-9]*\).*/\2 \1/p' >sold
sold=$(($(wc -l <sold)))
twice=$(grep -vc '^1 ' sold)
files=$(($(made)))
echo "$sold submitted, $files files, $maybe maybe charged, $twice twice," \
  "$unfinished unfinished"
[ "$twice" -eq 0 ] || fail "submitted more than once: $(grep -v '^1 ' sold)"
[ "$unfinished" -eq 0 ] || fail "jobs are stuck"
[ "$files" -eq $((lines - maybe)) ] || fail "a line has neither file nor doubt"
[ "$sold" -ge "$files" ] && [ "$sold" -le "$lines" ] || fail "$sold submitted"
for file in made/*.jpg; do
  [ "$(tail -c 2 "$file" | od -An -tx1 | tr -d ' \n')" = ffd9 ] ||
    fail "$file is half a picture"
done
left=$(find made -name '.*' -type f)
[ -z "$left" ] || fail "left behind: $left"
[ "$(cksum made/*.jpg | cut -d ' ' -f 1 | sort -u | wc -l)" -eq "$files" ] ||
  fail "the same picture twice"
finish
