#!/bin/sh
# The machine sleeps for an hour, or a process hangs, at moments of a job: when it
# wakes up its connection is dead, the calendar has jumped, and perhaps its jobs
# are another's.  The job is finished, once, by one of them.
#
# The clocks are those of clock.c; SIGSTOP stands for what the machine does.
# shellcheck disable=SC2034,SC2154 # common.sh reads and sets
emulator_words='--size 64x64'
. "$top_srcdir/tests/crash/common.sh"
CRASH_SHIM=$top_builddir/tests/crash/.libs/clock.so
. "$top_srcdir/tests/crash/program.sh"
CLOCK_AHEAD=$work/ahead
GAMUT_POLL_INTERVAL=100ms
export CLOCK_AHEAD GAMUT_POLL_INTERVAL
budget 1000
model=fal:fal-ai/flux/dev

# ahead WALL EVEN: seconds
ahead()
{
  echo "$1 $2" >ahead.new && mv ahead.new ahead
}

# it WORD...: the program, by those clocks
it()
{
  LD_PRELOAD=$CRASH_SHIM "$CRASH_PROGRAM" "$@"
}

# control PATH JSON
control()
{
  curl -sf -d "$2" "$emulator_url/control/$1" >/dev/null || fail "no $1"
}

# begin NAME PROMPT [WORD...]: in the background
begin()
{
  case_name=$1
  control reset '{}'
  ahead 0 0
  rm -rf state made
  mkdir made
  XDG_STATE_HOME=$work/state
  export XDG_STATE_HOME
  wanted=$2
  shift 2
  LD_PRELOAD=$CRASH_SHIM "$CRASH_PROGRAM" -p "$wanted" -m "$model" \
    --allow-unknown-cost --resubmit never -o made/it.png "$@" \
    >out 2>err </dev/null &
  pid=$!
}

# soon WHAT COMMAND...: until that succeeds
soon()
{
  what=$1
  shift
  tries=100
  until "$@"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { fail "$what"; return; }
    sleep 0.05
  done
}

is_there()
{
  it jobs --state "$1" 2>/dev/null | grep -q .
}

# until STATE: of the one job
until_it_is()
{
  soon "no job is $1" is_there "$1"
}

submits()
{
  curl -sf "$emulator_url/control/stats" |
    sed -n 's/.*"submits":{"seen":\([0-9]*\).*/\1/p'
}

has_sold()
{
  [ "$(submits)" -eq "$1" ]
}

has_files()
{
  [ "$(find made -type f ! -name '*.partial-*' | wc -l)" -eq "$1" ]
}

stop()
{
  kill -STOP "$pid" || fail "it has ended already"
}

# wake EXIT: and see how it ends
wake()
{
  kill -CONT "$pid"
  wait "$pid"
  code=$?
  exits "$1"
}

# sold N FILES: in the vendor's books, in the folder
sold()
{
  n=$(submits)
  [ "$n" -eq "$1" ] || fail "$n submissions, not $1"
  [ "$(find made -type f | wc -l)" -eq "$2" ] || fail "files: $(ls -A made)"
}

# left EXIT [POLICY]: and another process takes up what there is
left()
{
  ahead 40 40
  it resume -q --resubmit "${2:-never}" >other 2>&1
  code=$?
  [ $code -eq "$1" ] || fail "resume ends with $code: $(cat other)"
}

# is_known [STATE]: it is over, and nothing is in doubt: not its state, nor a sum.
is_known()
{
  until_it_is "${1:-completed}"
  it usage >usage || fail 'no usage'
  grep -Eq 'maybe|unknown' usage && fail "perhaps charged: $(cat usage)"
  it budgets --json >budget || fail 'no budgets'
  grep -q '"maybe_usd":0,"reserved_usd":0,' budget ||
    fail "left in the budget: $(cat budget)"
}

# ---- while the vendor works

# sleeps NAME WALL EVEN FAULT: nobody else is there
sleeps()
{
  begin "$1" 'a fox'
  until_it_is waiting
  stop
  ahead "$2" "$3"
  control fault "{\"where\":\"status\",\"fault\":\"$4\",\"count\":1}"
  wake 0
  sold 1 1
  it jobs --state unfinished | grep -q . && fail "a job is left"
}

sleeps suspended 3600 0 reset-before
sleeps suspended-quietly 3600 0 close-before
sleeps woken-in-the-past -3600 0 reset-before
sleeps paused 3600 3600 reset-before
sleeps paused-for-days 300000 300000 close-before

# Another one finishes what a process that hangs has left; that one sees it,
# whether it waited or was just asking.
for prompt in 'a fox' 'a fox [status:slow:2000:1]'; do
  begin "taken over: $prompt" "$prompt"
  until_it_is waiting
  [ "$prompt" = 'a fox' ] || sleep 0.5
  stop
  left 0
  sold 1 1
  wake 11
  says 'another process has taken'
  sold 1 1
done

# The same in the midst of a download, just begun or written down as such, with
# and without leave to replace a file: what the other has made stays.
for how in '0 ' '1.5 ' '1.5 --force'; do
  begin "taken over while it fetches, $how" 'a fox [file:trickle:2:1]' ${how#* }
  until find made -type f | grep -q .; do sleep 0.05; done
  sleep "${how% *}"
  stop
  left 0
  sold 1 1
  made=$(ls -i made)
  wake 11
  says 'another process has taken'
  sold 1 1
  [ "$(ls -i made)" = "$made" ] || fail "the file was made again"
done

# Nobody came: what it has fetched until then may be fetched once more.
begin 'hung while it fetches' 'a fox [file:trickle:2:1]'
until find made -type f | grep -q .; do sleep 0.05; done
stop
ahead 40 40
wake 0
sold 1 1

# Both at once: the lease has run out, and who comes first has it.
begin both-at-once 'a fox'
until_it_is waiting
stop
ahead 40 40
it resume -q --resubmit never >other 2>&1 &
other=$!
kill -CONT "$pid"
wait "$pid"
code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 11 ] || fail "the one ends with $code"
wait "$other"
code=$?
[ "$code" -eq 0 ] || fail "the other ends with $code"
until_it_is completed
sold 1 1

# A machine that sleeps for an hour keeps its jobs: nobody was awake to take them.
begin kept 'a fox'
until_it_is waiting
stop
ahead 3600 0
it resume -q --resubmit never >other 2>&1
grep -q . other && fail "resume: $(cat other)"
sold 1 0
wake 0
sold 1 1

# ---- while the answer to what is paid is out

begin answer 'a fox [slow:1500]'
until_it_is sending
stop
ahead 3600 0
sleep 1.6
wake 0
sold 1 1

# Stopped for longer than any limit: what has come meanwhile counts first.
OPENAI_API_KEY=sk-test
export OPENAI_API_KEY
both='openai:gpt-image-1.5 fal:fal-ai/flux/dev'
for model in $both; do
  begin "stopped for an hour $model" 'a fox [slow:1500]'
  until_it_is sending
  stop
  ahead 3600 3600
  sleep 1.6
  wake 0
  sold 1 1
done

# hangs NAME POLICY EXIT: until its answer is there, while another one takes it up
hangs()
{
  begin "$1" 'a fox [slow:1500]'
  until_it_is sending
  stop
  left "$3" "$2"
  sleep 1.6
}

# That one says that nobody knows: the answer tells.
for model in $both; do
  hangs "answer-after-all $model" never 10
  sold 1 0
  wake 0
  says 'its answer has come after all'
  sold 1 1
  is_known
done

# A refusal tells as well: it goes on behind that, with the same model or with
# the next one, and nothing stays in doubt.
OPENAI_API_KEY=sk-test
for next in '[429:1:retry-after=1]' '[quota:1]'; do
  model=fal:fal-ai/flux/dev
  case_name="refused while it hung: $next"
  begin "$case_name" "a fox $next [slow:1500]" --fallback openai:gpt-image-1.5
  until_it_is sending
  stop
  left 10
  sleep 1.6
  wake 0
  says 'it has not been sent'
  sold 2 1
  is_known
done

# ... or that is its end.
model=fal:fal-ai/flux/dev
begin 'refused for good while it hung' 'a fox [quota:1] [slow:1500]'
until_it_is sending
stop
left 10
sleep 1.6
wake 4
sold 1 0
is_known failed

# Nobody knows here either: leave to send it once more is for whoever has it.
begin 'no answer here either' 'a fox [hang:1]' --resubmit always
until_it_is sending
sleep 0.5
stop
left 10
ahead 4000 4000
wake 10
says 'another process has taken'
sold 1 0
until_it_is maybe-charged
it usage >usage && grep -q 'maybe' usage || fail "not in doubt: $(cat usage)"
model=openai:gpt-image-1.5

# It is of no use to whoever has settled the job, or has sent it again.
hangs answer-to-settled never 10
it jobs settle "$(it jobs | cut -c 1-26)" --not-charged >other 2>&1 ||
  fail "settle: $(cat other)"
wake 11
says 'had settled the job'
sold 1 0

hangs answer-to-another always 0
wake 11
says 'or had sent it again'
sold 2 1

# Nothing more is paid before it is known whose it is: the hedge, overdue, does
# not begin.
begin hedge 'a fox [slow:1500]' --fallback openai:gpt-image-1.5 --hedge 10s
until_it_is waiting
sleep 0.5
stop
left 10
wake 0
sold 1 1
it jobs | grep -q 'hedge of' && fail 'a hedge was written down'

# ---- while the answer to one of two jobs of a request is out

model=fal:fal-ai/flux/dev
second=fal:fal-ai/flux/schnell

# The other one's result stands; what becomes of this one is for the books.
begin 'the hedge is known after all' 'a fox [status:slow:1000]' \
  --fallback $second --hedge 1s
soon 'nothing is sold' has_sold 1
control fault '{"where":"submit","fault":"slow:2500","count":1}'
soon 'no hedge' has_sold 2
sleep 0.2
stop
left 0
sleep 2.6
wake 11
it resume -q >other 2>&1 || fail "resume: $(cat other)"
sold 2 1
is_known

# A part is missed, and the request is whole only with it.
begin 'a part is known after all' 'a fox [slow:3500:1] [status:slow:2500:1]' \
  --fallback $second --spread -n 4
soon 'it is not two jobs' has_sold 2
sleep 0.3
stop
left 0
sold 2 2
sleep 3.6
wake 11
it resume -q >other 2>&1 || fail "resume: $(cat other)"
sold 2 4
is_known
told=$(it jobs --json | sed -n 's/.*"files":\[\([^]]*\)\].*/\1/p' | tr , '\n')
[ "$(echo "$told" | wc -l)" -eq 4 ] || fail "not all are told of: $told"

# The record of a part that is made and forgotten is no leave to pay for it again.
GAMUT_KEEP_JOBS=1h
export GAMUT_KEEP_JOBS
GAMUT_POLL_INTERVAL=1s
begin 'a part is forgotten' 'a fox' --fallback $second --spread -n 4
soon 'it is not two jobs' has_sold 2
control fault '{"where":"status","fault":"slow:20000","count":1}'
soon 'no part is made' has_files 2
sleep 0.5
kill -KILL "$pid" || fail 'it has ended already'
wait "$pid" 2>/dev/null
has_files 2 || fail 'both parts were made'
ahead 700000 700000
it resume -q --resubmit never >other 2>&1 || fail "resume: $(cat other)"
sold 2 4
is_known
finish
