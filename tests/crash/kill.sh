#!/bin/sh
# Kills the program at one moment after the other of a job, lets two processes
# go on with what is left at once, and compares with the vendor's books: nothing
# is submitted twice, no file is lost, no half of one is left, and what nobody can
# know is said to be maybe-charged.  CRASH_KILLS: how many (default 40).
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
command -v curl >/dev/null || { echo "no curl"; exit 77; }
"$GAMUT" doctor | grep -q '^ok *store in' || { echo "no SQLite"; exit 77; }
kills=${CRASH_KILLS:-40}
GAMUT_POLL_INTERVAL=10ms
GAMUT_RETRY_MAX_WAIT=10ms
XDG_STATE_HOME=$work/state
export GAMUT_POLL_INTERVAL GAMUT_RETRY_MAX_WAIT XDG_STATE_HOME
start_emulator --polls 3 --size 64x64 --image-bytes 200000
mkdir made || exit 99

FAL_KEY=id:secret
HIGGSFIELD_API_KEY=id
HIGGSFIELD_API_SECRET=secret
OPENAI_API_KEY=sk-good
RUNWAYML_API_SECRET=key_good
VISGATE_API_KEY=vg-good
export FAL_KEY HIGGSFIELD_API_KEY HIGGSFIELD_API_SECRET OPENAI_API_KEY \
  RUNWAYML_API_SECRET VISGATE_API_KEY

# model_of NUMBER: a queue, a job that is polled, a credit's worth, an answer
# that is the picture, and one that waits for it
model_of()
{
  case $(($1 % 5)) in
    0) echo fal:fal-ai/flux/dev ;;
    1) echo higgsfield:higgsfield-ai/soul/standard ;;
    2) echo runway:gen4_image ;;
    3) echo openai:gpt-image-2 ;;
    4) echo visgate:fal-ai/flux/schnell ;;
  esac
}

# Milliseconds that one job takes here, from start to file.
job_ms()
{
  start=$(date +%s%N)
  "$GAMUT" -q -p 'how long' -m flux -o made/whole.png >/dev/null 2>&1 || return 1
  echo $((($(date +%s%N) - start) / 1000000))
}

# The number of jobs in a state.
in_state()
{
  "$GAMUT" jobs --state "$1" --json | tr '{' '\n' | grep -c '"state"'
}

case_name=one-job
job_ms >/dev/null # the store is begun
rm -f made/whole.png
whole=$(job_ms) || fail "a job fails without being killed"
rm -f made/whole.png

# ---- kill: a little later each time, to a little behind the end

case_name=killed
i=0
while [ "$i" -lt "$kills" ]; do
  "$GAMUT" -q -p "fox $i" -m "$(model_of "$i")" -o "made/$i.png" --resubmit never \
    >/dev/null 2>&1 &
  pid=$!
  sleep "$(awk -v i="$i" -v n="$kills" -v ms="$whole" \
    'BEGIN { printf "%.4f", ms * 1.1 * i / n / 1000 }')"
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  i=$((i + 1))
done

# ---- go on, two at once

case_name=resume
"$GAMUT" resume --resubmit never >resume.1 2>&1 &
other=$!
"$GAMUT" resume --resubmit never >resume.2 2>&1
wait "$other"
run last resume --resubmit never
says 'no job waits'

# ---- compare

case_name=books
curl -sf "$emulator_url/control/stats?prompts=1" >books || fail "no books"
tr '}' '\n' <books |
  sed -n 's/.*"\(fox [0-9]*\)":{.*"accepted":\([1-9][0-9]*\).*/\2 \1/p' >sold
twice=$(grep -v '^1 ' sold)
[ -z "$twice" ] || fail "submitted more than once: $twice"

sold=$(($(wc -l <sold)))
files=$(find made -name '[0-9]*.png' | wc -l)
unfinished=$(in_state unfinished)
maybe=$(in_state maybe-charged)
failed_jobs=$(in_state failed)
echo "$kills killed, $whole ms a job: $sold submitted, $((files)) files," \
  "$maybe maybe charged, $failed_jobs failed, $unfinished unfinished"
[ "$unfinished" -eq 0 ] || fail "jobs are stuck"
[ "$failed_jobs" -eq 0 ] || fail "jobs have failed"
# Bought and without a file: only what is said to be so.
[ $((sold - files)) -le "$maybe" ] || fail "files are lost"
[ "$sold" -gt 0 ] && [ "$files" -gt 0 ] || fail "killed too early to prove much"

for f in made/*.png; do
  [ "$(head -c 4 "$f" | tail -c 3)" = PNG ] && [ "$(wc -c <"$f")" = 200000 ] ||
    fail "$f is half a file"
done
others=$(find made -type f ! -name '*.png')
[ -z "$others" ] || fail "left behind: $others"

finish
