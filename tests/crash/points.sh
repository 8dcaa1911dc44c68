#!/bin/sh
# Kills the program at every call by which bytes leave it, come in or become
# durable, in every way that a vendor makes pictures and videos; lets two
# processes go on with what is left at once; and compares with the vendor's
# books: nothing is sold twice, nothing is sold that no job knows of, no file is
# lost or half, nothing is left behind.  See killer.c and books.c.
#
# CRASH_POINTS: about how many of the points, spread over all (0: every one;
# preset 240).  CRASH_SEED: which of them (preset: another every day).
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
command -v curl >/dev/null || { echo "no curl"; exit 77; }
"$GAMUT" doctor | grep -q '^ok *store in' || { echo "no SQLite"; exit 77; }
killer=$top_builddir/tests/crash/.libs/killer.so
[ -f "$killer" ] || { echo "no module to preload"; exit 77; }
LD_PRELOAD=$killer "$GAMUT" --version >/dev/null 2>&1 ||
  { echo "the program takes no preloaded module"; exit 77; }
wanted=${CRASH_POINTS:-240}
seed=${CRASH_SEED:-$(date +%j | sed 's/^0*//')}
GAMUT_POLL_INTERVAL=5ms
GAMUT_RETRY_MAX_WAIT=10ms
GAMUT_RESUBMIT=never
XDG_STATE_HOME=$work/state
export GAMUT_POLL_INTERVAL GAMUT_RETRY_MAX_WAIT GAMUT_RESUBMIT XDG_STATE_HOME
start_emulator --polls 2 --image-bytes 100000
FAL_KEY=good:secret
GOOGLE_VERTEX_API_KEY=good
GOOGLE_GEMINI_API_KEY=good
HIGGSFIELD_API_KEY=good
HIGGSFIELD_API_SECRET=secret
MODELGATES_API_KEY=mg-good
OPENAI_API_KEY=sk-good
OPENROUTER_API_KEY=sk-or-good
RUNWAYML_API_SECRET=key_good
VISGATE_API_KEY=vg-good
export FAL_KEY GOOGLE_VERTEX_API_KEY GOOGLE_GEMINI_API_KEY HIGGSFIELD_API_KEY \
  HIGGSFIELD_API_SECRET MODELGATES_API_KEY OPENAI_API_KEY OPENROUTER_API_KEY \
  RUNWAYML_API_SECRET VISGATE_API_KEY
mkdir made || exit 99
"$GAMUT" -q -p 'a start' -m flux --set output_format=png --size 1280x720 \
  -o in.png >/dev/null 2>err || fail "no picture to start from"

# Name and options: each way in which a vendor brings what was asked for.
cat >flows <<'END'
fal -m fal:fal-ai/flux/dev
fal-two -m fal:fal-ai/flux/dev -n 2
fal-run -m fal:fal-ai/flux/dev --option mode=run
fal-upload -m fal:fal-ai/kling-video/v2.5-turbo/pro/image-to-video --image in.png --option inline_max=0
google -m google:gemini-3.1-flash-image
google-video -m google:veo-3.1-fast-generate-001 --image in.png
google-studio -m google-studio:gemini-3.1-flash-image
higgsfield -m higgsfield:higgsfield-ai/soul/standard
higgsfield-video -m higgsfield:higgsfield-ai/dop/lite --image in.png
modelgates -m modelgates:qwen/qwen-image-3
modelgates-video -m modelgates:runway/gen-4.5 --image in.png
openai -m openai:gpt-image-2
openai-edit -m openai:gpt-image-2 --image in.png
openai-stream -m openai:gpt-image-2 --stream=2
openai-video -m openai:sora-2 --size 1280x720 --image in.png
openrouter -m openrouter:qwen/qwen-image-3
openrouter-video -m openrouter:runway/gen-4.5 --image in.png
runway -m runway:gen4_image
runway-video -m runway:gen4_turbo --image in.png
visgate -m visgate:fal-ai/flux/schnell
visgate-video -m visgate:runway/gen4_turbo --image in.png
submit -m fal:fal-ai/flux/dev
wait -m fal:fal-ai/flux/dev
resume -m runway:gen4_image
cancel -m fal:fal-ai/flux/dev
fetch -m fal:fal-ai/flux/dev
batch -m fal:fal-ai/flux/dev
END

# submitted NUMBER: a job that waits at the vendor; its id in $id.  Looked at so
# rarely that it is left there before it is done.
submitted()
{
  id=$(GAMUT_POLL_INTERVAL=60s "$GAMUT" submit -q -p "$flow $1" -o "made/$flow-$1.{ext}" $options \
    2>err) || fail "cannot be submitted"
}

# begin NUMBER: what comes before the process that is to be killed
begin()
{
  case $flow in
    wait | resume | cancel) submitted "$1" ;;
    fetch)
      submitted "$1"
      "$GAMUT" wait -q "$id" >/dev/null 2>err || fail "cannot be waited for"
      ;;
    batch)
      for line in 1 2 3; do
        echo "{\"prompt\": \"batch $1.$line\", \"output\": \"batch-$1-$line.{ext}\"}"
      done >"batch-$1.jsonl"
      ;;
  esac
}

# act NUMBER: the process itself
act()
{
  case $flow in
    submit) set -- submit -q -p "$flow $1" -o "made/$flow-$1.{ext}" $options ;;
    wait) set -- wait -q "$id" ;;
    resume) set -- resume -q "$id" ;;
    cancel) set -- cancel -q "$id" ;;
    fetch) set -- fetch -q "$id" -o "made/$flow-$1-again.{ext}" ;;
    batch) set -- batch -q "batch-$1.jsonl" --out-dir made --resume $options ;;
    *) set -- generate -q -p "$flow $1" -o "made/$flow-$1.{ext}" $options ;;
  esac
  LD_PRELOAD=$killer "$GAMUT" "$@" >/dev/null 2>err </dev/null
}

# ---- count

total=0
while read -r flow options; do
  case_name=$flow-whole
  begin 0
  CRASH_KILL_LIST=$work/calls-$flow act 0 || fail "fails without being killed"
  total=$((total + $(wc -l <"calls-$flow")))
done <flows
step=1
[ "$wanted" -eq 0 ] || step=$(((total + wanted - 1) / wanted))
echo "$total points, one in $step, seed $seed"

# ---- kill

killed=0
missed=0
at=$seed
while read -r flow options; do
  case_name=$flow-killed
  points=$(wc -l <"calls-$flow")
  n=1
  while [ "$n" -le "$points" ]; do
    at=$((at + 1))
    if [ $((at % step)) -eq 0 ]; then
      begin "$n"
      # One look more or less at what the vendor does: not all runs are alike.
      if CRASH_KILL_AT=$n act "$n"; then
        missed=$((missed + 1))
      else
        killed=$((killed + 1))
      fi
    fi
    n=$((n + 1))
  done
done <flows 2>/dev/null

# ---- go on, two at once

case_name=resume
"$GAMUT" resume >resume.1 2>&1 </dev/null &
other=$!
"$GAMUT" resume >resume.2 2>&1 </dev/null
wait "$other"
flow="batch"
options=$(sed -n 's/^batch //p' flows)
for file in batch-*.jsonl; do
  n=${file#batch-}
  act "${n%.jsonl}"
done
run last resume
says 'no job waits'

# ---- compare

case_name=books
"$GAMUT" jobs --json >jobs.json 2>err || fail "no list of jobs"
curl -sf "$emulator_url/control/stats?prompts=1" >sold.json || fail "no books"
"$top_builddir/tests/crash/books" jobs.json sold.json made >books 2>&1 ||
  fail "the books do not agree"
cat books
sort calls-* | uniq -c | sort -rn | sed 's/^/calls: /'
echo "killed $killed times, $missed ended sooner"
[ "$killed" -gt "$missed" ] || fail "hardly anything was killed"
finish
