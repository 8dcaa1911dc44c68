#!/bin/sh
# Jobs that outlive the process that submitted them.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || {
  echo "no store: skipped"
  exit 77
}
GAMUT_POLL_INTERVAL=20ms
export GAMUT_POLL_INTERVAL
start_emulator --polls 10

submissions()
{
  curl -sf "$emulator_url/control/stats" |
    sed -n 's/.*"submits":{"seen":\([0-9]*\).*/\1/p'
}

# killed WORD MODEL: a job that is killed while its answer is out; sets id
killed()
{
  "$GAMUT" -q -p "$1 [hang]" -m "$2" -o "$1.mp4" >/dev/null 2>&1 &
  pid=$!
  await sending "$1"
  kill -9 $pid
  wait $pid 2>/dev/null
  id=$("$GAMUT" jobs --state maybe-charged | grep "$1" | cut -c 1-26)
}

run submit submit -q -p 'a storm' -m flux -o storm.png
exits 0
prints '^[0-9A-Z]{26}$'
id=$(cat out)
[ ! -e storm.png ] || fail "it did not only submit"
curl -sf "$emulator_url/control/stats" | grep -q '"submit":1,"status":0,' ||
  fail "it asked for more than that"
run jobs jobs
exits 0
prints "^$id .*waiting, left alone +fal:fal-ai/flux/dev +a storm"
run jobs-unfinished jobs --state unfinished --provider fal --since 1h --json
exits 0
prints "\"id\":\"$id\""
run jobs-other jobs --provider openai
exits 0
is_silent
run status status "$id"
exits 0
prints '^state +waiting, left alone'
prints '^request +[0-9a-f-]{36}$'
"$top_builddir/tests/cli/pty" '' "$GAMUT" -p 'another' -m flux -o other.png >out
prints '1 job of before waits: gamut jobs shows them'
mkdir elsewhere
(cd elsewhere && "$GAMUT" wait "$id" >"$work/out" 2>"$work/err" </dev/null)
code=$? case_name=wait
exits 0
prints 'storm\.png  PNG'
[ -f storm.png ] || fail "it is not where it was wanted"
[ "$(submissions)" -eq 2 ] || fail "submitted $(submissions) times"
run wait-ended wait "$id"
exits 0
prints 'storm\.png  PNG'
run status-words status "$id"
prints '^request +[0-9a-f-]{36}$'
prints '^cost +~\$0'
run fetch fetch "$id" -o again.png
exits 0
cmp -s storm.png again.png || fail "it is another picture"
[ "$(submissions)" -eq 2 ] || fail "fetching submitted"
echo other >taken.png
run fetch-taken fetch "$id" -o taken.png
exits 12
says '[-]-force writes over a file that is there'
run fetch-forced fetch "$id" -o taken.png --force
exits 0
run status-ended status "$id" --json
exits 0
prints '"status":"completed"'
run logs logs "$id"
exits 0
prints '^fal:fal-ai/flux/dev: well'

# The queue's own trouble while a job is under way does not end it.
run queue-trouble -p 'a gale [status:500:2]' -m flux -o gale.png
exits 0
[ "$(submissions)" -eq 3 ] || fail "submitted $(submissions) times"

run timeout -p 'x [never]' -m flux -o never.png --timeout 1s
exits 11
says 'collect it with: gamut wait [0-9A-Z]{26}'
run wait-timeout wait "$("$GAMUT" jobs --state unfinished | cut -c 1-26)" \
  --timeout 1s
exits 11
run cancel cancel "$("$GAMUT" jobs --state unfinished | cut -c 1-26)"
exits 0
prints 'cancelled$'

# The limit was that of who waited then: who collects it has his own.
GAMUT_POLL_INTERVAL=400ms
run left -p 'late' -m flux -o left.png --timeout 1s
exits 11
GAMUT_POLL_INTERVAL=20ms
run wait-left wait "$("$GAMUT" jobs --state unfinished | cut -c 1-26)"
exits 0
[ -s left.png ] || fail 'it was not collected'

# Standard output is that of who makes it: nobody else has it.
before=$(submissions)
run submit-stdout submit -p x -m flux -o -
exits 2
says '[-]o - is for generate'
is_silent
[ "$(submissions)" -eq "$before" ] || fail 'it was paid for'
GAMUT_POLL_INTERVAL=400ms
run left-stdout -p 'to nobody' -m flux -o - --timeout 1s
exits 11
GAMUT_POLL_INTERVAL=20ms
id=$("$GAMUT" jobs --state unfinished | cut -c 1-26)
run wait-stdout wait "$id"
exits 0
if grep -q '(output)' out; then fail 'it went nowhere'; fi
says "gamut fetch $id -o FILE"
run fetch-stdout fetch "$id" -o nobody.png
exits 0
[ -s nobody.png ] || fail 'it cannot be had'

# Left while it was being sent: nobody knows, and collecting it does not pay.
before=$(submissions)
run left-sending -p 'x [slow:3000]' -m flux -o sending.png --timeout 1s
exits 10
says 'left before the vendor had answered'
says 'gamut jobs settle'
id=$("$GAMUT" jobs --state maybe-charged | cut -c 1-26)
run wait-sending wait "$id"
exits 10
[ "$(submissions)" -eq $((before + 1)) ] || fail 'it was submitted once more'
run settle-sending jobs settle "$id" --not-charged
exits 0
prints '^settled: not charged$'
run wait-settled wait "$id"
exits 8
says 'settled: not charged \[provider\]'
if grep -q 'may have charged' err; then fail 'it is in doubt still'; fi

# What was taken, and lost sight of, is asked for once more for nothing.
before=$(submissions)
run lost -p 'x [status:lost:1]' -m flux
exits 5
id=$("$GAMUT" jobs --state maybe-charged | cut -c 1-26)
says "may have charged for it: gamut fetch $id"
if grep -q 'gamut models' err; then fail 'the model was blamed'; fi
run wait-lost wait "$id"
exits 5
says "gamut fetch $id"
run fetch-lost fetch "$id" -o lost.png
exits 0
says 'it was made'
[ -s lost.png ] || fail 'the file is not there'
[ "$(submissions)" -eq $((before + 1)) ] || fail 'it was submitted once more'
run lost-again -p 'x [status:lost]' -m flux
id=$("$GAMUT" jobs --state maybe-charged | cut -c 1-26)
request=$(grep -o 'request [0-9a-f-]*' err)
run fetch-in-vain fetch "$id"
exits 5
says "${request:-a request id}"
run settle-lost jobs settle "$id" --charged
exits 0
run wait-settled-lost wait "$id"
exits 5
says 'settled: charged \[not-found\]'

# What is made is not at the vendor's work any more.
run left-files -p 'x [file:slow:3000:9]' -m flux -o files.png --timeout 1s
exits 11
says 'left before its files had come'
id=$("$GAMUT" jobs --state fetching | cut -c 1-26)
says "get its files with: gamut wait $id"
run wait-files wait "$id"
exits 0
run left-fetch fetch "$id" -o later.png --timeout 1s
exits 11
says 'left before its files had come'
says "gamut fetch $id"
if grep -q 'goes on' err; then fail 'it had gone'; fi
"$GAMUT" fetch -q "$id" -o later.png >/dev/null 2>&1 &
pid=$!
await fetching 'x \[file:slow'
kill -9 $pid
wait $pid 2>/dev/null
run fetch-killed jobs --state unfinished
prints "^$id .*fetching, left alone"
run wait-killed wait "$id"
exits 0
[ -s later.png ] || fail 'the file is not there'

# Nobody else can collect what no store has.
run left-nowhere -p 'x [never]' -m flux -o nowhere.png --timeout 1s --no-store
exits 11
says 'it cannot be collected, for there is no store'
run sent-nowhere -p 'x [slow:3000]' -m flux -o nowhere.png --timeout 1s \
  --no-store
exits 10
says 'may run at the vendor; it cannot be collected'

# Another process has it: that is waited for as long as one wants to.
"$GAMUT" -q -p 'y [never]' -m flux -o never.png >/dev/null 2>&1 &
pid=$!
await unfinished 'y \[never'
id=$("$GAMUT" jobs --state unfinished | cut -c 1-26)
run wait-other wait "$id" --timeout 1.2s
exits 11
says "job $id goes on in another process"
# None is no limit, whoever drives it.
"$GAMUT" wait "$id" --timeout 0 >out 2>err </dev/null &
waits=$!
sleep 1
case_name=wait-other-0
kill $waits || fail 'no time was no time at all'
wait $waits
run fetch-other fetch "$id" -o other.png
exits 7
says "'gamut cancel' ends it there"
run cancel-other cancel "$id"
exits 0
prints "^$id cancelled$"
wait $pid
[ $? -eq 130 ] || fail 'the process that had it goes on'
run cancel-cancelled cancel "$id"
exits 2
says 'has ended already'

# Two of a batch; the batch goes on with the others.
printf '{"prompt": "%s"}\n' 'a [never]' 'a fox' 'b [never]' >some.jsonl
"$GAMUT" batch some.jsonl -m flux --out-dir some >some.out 2>/dev/null &
pid=$!
await waiting 'a \[never'
await waiting 'b \[never'
# shellcheck disable=SC2046 # two words
run cancel-some cancel $("$GAMUT" jobs --state unfinished |
  grep '[ab] \[never' | cut -c 1-26)
exits 0
[ "$(grep -c ' cancelled$' out)" -eq 2 ] || fail 'not both are cancelled'
wait $pid
[ $? -eq 1 ] || fail 'the batch ends otherwise'
[ "$(grep -c '"status":"completed"' some.out)" -eq 1 ] || fail 'nothing was made'

# Nobody drives it any more.
"$GAMUT" -q -p 'y [never]' -m flux -o never.png >/dev/null 2>&1 &
pid=$!
await unfinished 'y \[never'
id=$("$GAMUT" jobs --state unfinished | cut -c 1-26)
kill -9 $pid
wait $pid 2>/dev/null
run cancel-orphan cancel "$(echo "$id" | cut -c 1-20 | tr A-Z a-z)"
exits 0

# One that has ended is fetched to where it is wanted.
id=$("$GAMUT" jobs --state completed | head -n 1 | cut -c 1-26)
run wait-ended-elsewhere wait "$id" -o elsewhere.png
exits 0
[ -s elsewhere.png ] || fail 'it was not fetched'

# What runs on although its vendor was told is not called free, and can be had.
run submit-stubborn submit -p 'x [cancel:stubborn]' -m fal:fal-ai/flux/dev
id=$(grep -oE '^[0-9A-Z]{26}$' out)
run cancel-stubborn cancel "$id"
exits 0
prints "^$id cancelled; the vendor may go on with it"
says "gamut fetch $id"
run stubborn jobs --state maybe-charged
prints "$id"
run settle-stubborn jobs settle "$id"
exits 10
says 'fetching it shows whether it was made'
run fetch-stubborn fetch "$id" -o stubborn.jpg
exits 0
says 'it was made'
[ -s stubborn.jpg ] || fail 'the file is not there'
run status-stubborn status "$id" --json
prints '"state": ?"completed"'

# One that was made before its vendor heard that it is not wanted is delivered.
run submit-made submit -p 'x' -m fal:fal-ai/flux/dev -o made.jpg
id=$(grep -oE '^[0-9A-Z]{26}$' out)
request=$("$GAMUT" status "$id" --json |
  sed -n 's/.*"request_id": *"\([^"]*\)".*/\1/p')
for _ in 1 2 3 4 5 6 7 8 9 10; do
  curl -sf -H "Authorization: Key $FAL_KEY" -o /dev/null \
    "$emulator_url/queue/fal-ai/flux/requests/$request/status"
done
run cancel-made cancel "$id"
exits 0
[ -s made.jpg ] || fail 'what was paid for was not fetched'
run made status "$id"
prints '^state +completed'
made=$id

# Killed while the answer is out: nobody knows, and nothing is sent again.
"$GAMUT" -q -p 'x [hang]' -m flux -o hang.png >/dev/null 2>&1 &
pid=$!
await sending hang
kill -9 $pid
wait $pid 2>/dev/null
run maybe jobs --state maybe-charged
exits 0
prints 'maybe-charged'
id=$(cut -c 1-26 out)
run maybe-sent status "$id"
exits 0
prints '^sent +POST https://[^? ]*/fal-ai/flux/dev, 20[0-9:TZ.-]+, [0-9]+ bytes$'
prints '^cost +~\$0'
run resume resume --resubmit never
exits 10
says 'maybe-charged'
run maybe-ended status "$id"
prints '^sent +POST https://[^? ]*/fal-ai/flux/dev, [0-9]+ bytes$'
prints '^cost +~\$0'
run settle jobs settle "$(echo "$id" | cut -c 1-25)" --not-charged --json
exits 0
prints "^[{]\"id\":\"$id\",\"verdict\":\"not-charged\"[}]$"
run settled status "$id"
exits 0
prints '^state +failed, not-charged'
if grep -qE '^(cost|sent) ' out; then fail 'it has cost nothing'; fi
run settle-twice jobs settle "$id" --charged
exits 2
says 'nothing to settle'
run settle-how jobs settle "$id" --charged --not-charged
exits 2
says "needs an ID, and --charged"

# What means nothing here is not passed over.
idle()
{
  words=$1
  shift
  run "idle: $*" "$@"
  exits 2
  says "$words"
  is_silent
}
idle "[-]-charged has no meaning without 'settle ID'" jobs --charged
idle "[-]-not-charged has no meaning" jobs --state failed --not-charged
idle "[-]-state has no meaning for 'settle'" jobs settle "$id" --charged \
  --state failed
idle "[-]-since has no meaning for 'settle'" jobs settle "$id" --since 1h
idle "[-]-all has no meaning where an ID is given" resume "$id" --all

# fal has no list of jobs: nothing is guessed.
killed marten flux
run settle-nowhere jobs settle "$id"
exits 2
says 'no list in which a job can be looked up'
run settle-by-hand jobs settle "$id" --charged
exits 0
prints '^settled: charged$'

# OpenAI lists its videos: what runs there is taken up, and paid once.
OPENAI_API_KEY=sk-test
export OPENAI_API_KEY
killed otter openai:sora-2
before=$(submissions)
run settle-found jobs settle "$id"
exits 0
prints 'the vendor has it'
run settle-resume resume
exits 0
prints 'otter\.mp4  MP4'
[ "$(submissions)" -eq "$before" ] || fail 'it was submitted once more'
run settle-status status "$id"
prints '^state +completed'

# In the books it is no longer perhaps charged, but charged.
killed stork openai:sora-2
run wait-doubt wait "$id" --resubmit never
exits 10
run usage-doubt usage --by model
prints '^openai:sora-2 .*unknown cost'
run settle-doubt jobs settle "$id" --json
exits 0
prints "^[{]\"id\":\"$id\",\"verdict\":\"running\"[}]$"
run resume-doubt resume
exits 0
run usage-certain usage --by model
prints '^openai:sora-2 +2 .*\$0\.80$'

# A resume of everything asks by itself.
killed ferret openai:sora-2
before=$(submissions)
run resume-found resume
exits 0
says "job $id: the vendor has it after all"
prints 'ferret\.mp4  MP4'
[ "$(submissions)" -eq "$before" ] || fail 'it was submitted once more'

# One that is not there is not charged, but a list may lag behind.
killed stoat openai:sora-2
curl -sf -X POST "$emulator_url/control/reset" >/dev/null
run settle-too-soon jobs settle "$id"
exits 10
says 'less than a minute ago'

# The vendor has forgotten a job: no hint about names of models.
run fetch-forgotten fetch "$made" -o forgotten.jpg
exits 5
says '\[not-found\]'
if grep -q 'gamut models' "$work/err"; then fail 'the model was blamed'; fi

# Two that fit: somebody must look.
curl -sf -X POST "$emulator_url/control/reset" >/dev/null
killed weasel openai:sora-2
first=$id
killed weasel openai:sora-2
run settle-two jobs settle "$first"
exits 10
says '2 jobs of the vendor fit'
for id in $("$GAMUT" jobs --state maybe-charged | cut -c 1-26); do
  run settle-rest jobs settle "$id" --charged
  exits 0
done

# resume_left OPTION...: a resume of two that never end is told to go
resume_left()
{
  case_name="resume-left $*"
  "$GAMUT" resume "$@" >out 2>err </dev/null &
  pid=$!
  tries=200
  until [ "$("$GAMUT" jobs --state waiting | grep -c 'left [12] \[never')" -eq 2 ] &&
    ! "$GAMUT" jobs --state waiting | grep -q 'left alone.*left [12] \[never'; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { fail 'it does not take them up'; break; }
    sleep 0.05
  done
  kill $pid
  wait $pid
  code=$?
  exits 11
  says '2 jobs are left; .*gamut resume goes on with them'
  is_silent
}

# Whoever leaves them is told that they are not done.
run submit-left-1 submit -p 'left 1 [never]' -m flux
first=$(cat out)
run submit-left-2 submit -p 'left 2 [never]' -m flux
second=$(cat out)
resume_left
resume_left --json
run cancel-left cancel "$first" "$second"
exits 0

# Killed at the vendor's work: another process goes on.
GAMUT_POLL_INTERVAL=1s "$GAMUT" -q -p 'a slow fox' -m flux -o slow.png \
  >/dev/null 2>&1 &
pid=$!
await waiting "slow fox"
kill -9 $pid
wait $pid 2>/dev/null
run resume-all resume
exits 0
prints 'slow\.png  PNG'
run resume-none resume
exits 0
says 'no job waits'
[ -z "$(find . -name '*.part')" ] || fail "a half file is left"

# Taken up and given back at once it is where it was.
run calm submit -q -p 'a calm' -m flux -o calm.png
id=$(cat out)
run taken-up wait "$id" --timeout 1ms
exits 11
run given-back jobs --state waiting
exits 0
prints "^$id .*waiting, left alone"
for state in queued ready; do
  run "$state" jobs --state $state
  exits 0
  is_silent
done

run wait-unknown wait 01NOSUCH
exits 5
says "no job '01NOSUCH'"
GAMUT_STORE=memory
export GAMUT_STORE
run submit-memory submit -p x -m flux
exits 12
says 'no store that would remember'
finish
