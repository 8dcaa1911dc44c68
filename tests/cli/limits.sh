#!/bin/sh
# Two programs at once share what their provider may be asked: requests a second
# and generations at once, by the vendor's own count.
# shellcheck source=tests/cli/common.sh
. "$top_srcdir/tests/cli/common.sh"
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || {
  echo "no store: skipped"
  exit 77
}
STATE=$work/state
XDG_STATE_HOME=$STATE
XDG_CONFIG_HOME=$work/config
GAMUT_POLL_INTERVAL=50ms
export XDG_STATE_HOME XDG_CONFIG_HOME GAMUT_POLL_INTERVAL

stat()
{
  curl -s "$emulator_url/control/stats" |
    sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

settings()
{
  mkdir -p "$work/config/gamut"
  echo "{\"providers\": $1}" >"$work/config/gamut/config.json"
}

# lines N MODEL WORD: a batch
lines()
{
  i=0
  while [ "$i" -lt "$1" ]; do
    i=$((i + 1))
    echo "{\"model\": \"$2\", \"prompt\": \"$3 $i\"}"
  done
}

# both NAME: two batches at once; their codes in $code
both()
{
  case_name=$1
  "$GAMUT" batch one.jsonl --out-dir "$1-one" -j 64 \
    --metrics-file "$1.prom" >"$work/out" \
    2>"$work/err" </dev/null &
  one=$!
  "$GAMUT" batch two.jsonl --out-dir "$1-two" -j 64 >"$work/out2" \
    2>"$work/err2" </dev/null
  code=$?
  wait "$one" || code=$?
}

start_emulator --polls 1

# ---- requests a second ------------------------------------------------------

settings '{"fal": {"max_per_second": 20}}'
lines 12 fal:fal-ai/flux/schnell one >one.jsonl
lines 12 fal:fal-ai/flux/schnell two >two.jsonl
began=$(date +%s)
both rate
took=$(($(date +%s) - began))
exits 0
[ "$(find rate-one rate-two -name '*.*' -type f | wc -l)" -eq 24 ] ||
  fail 'not 24 files'
# 72 requests at least, 20 in each second of the wall clock.  What left in time
# may arrive late where the machine is busy, so the count has room; the time that
# all of them take has none.
busiest=$(stat busiest_second)
[ "$busiest" -le 40 ] || fail "$busiest requests in a second"
[ "$took" -ge 2 ] || fail "all of them took $took s"
grep -q '^gamut_limiter_wait_seconds_count{provider="fal"} [1-9]' rate.prom ||
  fail "the metrics know of no wait"
[ "$busiest" -ge 10 ] || fail "only $busiest requests in the busiest second"

# ---- left in the queue ------------------------------------------------------

settings '{"fal": {"max_concurrent": 1}}'
"$GAMUT" -q -p 'the first [never]' -m flux -o first.jpg >/dev/null 2>&1 &
pid=$!
await waiting 'the first'
run left-in-queue -p 'the next' -m flux -o next.jpg --timeout 300ms
exits 11
says 'left before it was sent'
id=$("$GAMUT" jobs --state ready | cut -c 1-26)
run left-again wait "$id" --timeout 300ms
exits 11
says 'left before it was sent'
run cancelled-unsent cancel "$id"
exits 0
prints "^$id cancelled$"
run cancelled-state jobs --state maybe-charged
is_silent
kill $pid
wait $pid 2>/dev/null

# ---- generations at once ----------------------------------------------------

kill "$emulator_pid"
wait "$emulator_pid" 2>/dev/null
rm "$work/ready"
start_emulator --latency 300
settings '{"higgsfield": {"max_concurrent": 4}}'
HF_CREDENTIALS=limit4:secret
export HF_CREDENTIALS
lines 8 higgsfield:soul one >one.jsonl
lines 8 higgsfield:soul two >two.jsonl
both places
exits 0
[ "$(stat 4xx)" -eq 0 ] || fail "$(stat 4xx) submissions were one too many"
[ "$(find places-one places-two -name '*.*' -type f | wc -l)" -eq 16 ] ||
  fail 'not 16 files'

# Nobody's name, and no key, is in the store.
if grep -aq 'limit4\|secret' "$STATE"/gamut/*; then
  fail 'a key is in the store'
fi
finish
