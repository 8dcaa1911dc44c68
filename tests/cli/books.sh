#!/bin/sh
# The books agree to the cent with what the vendor bills: a random run of jobs
# with faults, then the vendor's figures beside `gamut usage`.  What is
# maybe-charged is settled as the vendor's books say.  (A vendor that answers 500 and
# makes the picture all the same cannot be known.)  BOOKS_JOBS: how many
# (default 500), BOOKS_SEED: another run.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
command -v curl >/dev/null || { echo "no curl"; exit 77; }
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || { echo "no store"; exit 77; }
jobs=${BOOKS_JOBS:-500}
seed=${BOOKS_SEED:-7}
GAMUT_POLL_INTERVAL=10ms
GAMUT_RETRY_MAX_WAIT=10ms
export GAMUT_POLL_INTERVAL GAMUT_RETRY_MAX_WAIT
start_emulator --polls 2

# One line a job: a model, a size, a number of pictures, and in every third a
# fault.
awk -v n="$jobs" -v seed="$seed" '
  function pick(list,   all, k) {
    k = split(list, all, " "); return all[1 + int(rand() * k)]
  }
  BEGIN {
    srand(seed)
    for (i = 1; i <= n; i++) {
      fault = rand() < 0.35 ? pick("[reset:1] [reset-before:1] [503:1] [close:1] " \
        "[429:1:retry-after=0] [fail] [file:reset:1] [truncate:1] [500] " \
        "[result:503:1] [status:reset:1] [blocked]") : ""
      printf "{\"prompt\": \"fox %d %s\", \"model\": \"%s\", \"size\": \"%s\", " \
        "\"n\": %d, \"user\": \"%s\", \"tag\": [\"%s\", \"all\"], \"resubmit\": \"%s\"}\n",
        i, fault, pick("flux flux-schnell fal:fal-ai/flux-pro/v1.1"),
        pick("256x256 320x320 512x512 256x256 1032x1032"), 1 + int(rand() * 2),
        pick("ann ben"), pick("spring summer"), pick("never cheap always")
    }
  }' >lines.jsonl

case_name=run
"$GAMUT" batch lines.jsonl --out-dir made -j 16 --project books >out 2>err
code=$?
[ "$code" -le 1 ] || fail "exit code $code"

# ---- what nobody here can know, as the vendor's books have it

case_name=settle
curl -sf "$emulator_url/control/stats?prompts=1" >stats || fail "no books"
tr '}' '\n' <stats |
  sed -n 's/.*"fox \([0-9]*\) [^"]*":{"seen":[0-9]*,"accepted":\([0-9]*\).*/\1 \2/p' \
    >accepted
"$GAMUT" jobs --state maybe-charged --json | sed 's/{"id"/\n{"id"/g' |
  sed -n 's/^{"id":"\([^"]*\)".*"prompt":"fox \([0-9]*\) .*/\1 \2 &/p' |
  awk '{ print $1, $2, /"class"/ ? 0 : 1 }' >maybe
[ -s maybe ] || fail "nothing is maybe-charged: too easy a run"
# ID, NUMBER, and whether the job came to a good end beside
while read -r id number made; do
  taken=$(sed -n "s/^$number //p" accepted)
  if [ "${taken:-0}" -gt "$made" ]; then
    run "settle $id" jobs settle "$id" --charged
  else
    run "settle $id" jobs settle "$id" --not-charged
  fi
  exits 0
done <maybe

# ---- to the cent

case_name=books
billed=$(sed -n 's/.*"billed":{"jobs":[0-9]*,"microusd":\([0-9]*\)}.*/\1/p' stats)
# microusd FILE: what its first cost_usd says
microusd()
{
  sed -n 's/.*"total":{[^}]*"cost_usd":\([0-9.]*\),.*/\1/p' "$1" |
    awk '{ printf "%.0f", $1 * 1000000 }'
}
# sum FILE: over the groups
sum()
{
  sed 's/.*"groups"//' "$1" | tr '{' '\n' |
    sed -n 's/.*"cost_usd":\([0-9.]*\),.*/\1/p' |
    awk '{ s += $1 } END { printf "%.0f", s * 1000000 }'
}
"$GAMUT" usage --json >usage || fail "no usage"
echo "$jobs jobs, seed $seed: $(wc -l <maybe) maybe-charged," \
  "billed $billed, in the books $(microusd usage)"
[ "${billed:-0}" -gt 0 ] && [ "$(microusd usage)" = "$billed" ] ||
  fail "billed $billed, in the books $(microusd usage)"
grep -q "\"total\":{\"requests\":$jobs," usage || fail "not $jobs requests"
grep -q '"open":0,.*"maybe_usd":0,"reserved_usd":0,' usage ||
  fail "something is left open"
for by in provider model project user day status; do
  "$GAMUT" usage --json --by $by >usage
  [ "$(sum usage)" = "$billed" ] || fail "by $by: $(sum usage)"
done
"$GAMUT" usage --json --by tag >usage
[ "$(sum usage)" = $((2 * billed)) ] || fail "by tag: $(sum usage)"
finish
