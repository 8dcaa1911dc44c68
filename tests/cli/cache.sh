#!/bin/sh
# The cache as a person meets it, and two processes that want the same.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || {
  echo "no store: skipped"
  exit 77
}
GAMUT_POLL_INTERVAL=20ms
export GAMUT_POLL_INTERVAL
start_emulator --polls 2 --size 64x64

submissions()
{
  curl -sf "$emulator_url/control/stats" |
    sed -n 's/.*"submits":{"seen":\([0-9]*\).*/\1/p'
}

submitted()
{
  [ "$(submissions)" -eq "$1" ] || fail "submitted $(submissions) times, not $1"
}

fox()
{
  run "$@" -p 'a fox' -m flux --seed 7
}

# ---- one after the other

fox first -o first.png
exits 0
prints 'flux.*\$0\.025, seed 7'
fox second -o second.png --metrics-file hits.prom
exits 0
submitted 1
grep -qx 'gamut_cache_hits_total{provider="fal",model="fal-ai/flux/dev",kind="exact"} 1' \
  hits.prom || fail 'the hit is not counted'
prints '^second\.png  PNG'
prints 'from the cache, saved ~\$0\.025, seed 7'
cmp -s first.png second.png || fail "it is another picture"
fox json --json -o json.png
prints '"cost_usd":0,.*"cache_hit":true,"cached_from":"[0-9A-Z]{26}","cost_avoided_usd":0.025'
fox bytes -q -o - --format png # as the name asks for
cmp -s first.png out || fail "-o - has another picture"
fox taken -o first.png
exits 2
says 'exists already'
fox refresh -o refreshed.png --cache refresh
submitted 2
fox off -o off.png --cache off
submitted 3
fox no-store -o no-store.png --no-store
submitted 4
run unseeded -p 'a fox' -m flux -o unseeded.png
run unseeded-again -p 'a fox' -m flux -o unseeded-again.png
submitted 6
run bad -p 'a fox' -m flux --cache maybe
exits 2
says "maybe"
run jobs jobs --json
prints '"cache_hit":true'
"$GAMUT" jobs --json >out
[ "$(grep -o '"cache_hit":true' out | wc -l)" -eq 3 ] ||
  fail "hits are not among the jobs"

# ---- the verb

run stats cache
exits 0
prints '^entries +1$'
prints '^hits +0, saved \$0\.00$' # refreshed since
fox hit -o hit.png
run stats-hit cache stats --json
prints '"entries":1,.*"hits":1,"saved_usd":0.025'
run list cache list
prints '^[0-9A-Z]{26} .*fal:fal-ai/flux/dev .*1 hits, \$0\.025 +a fox$'
run verify cache verify
prints '^0 entries removed, 0 bytes; 1 left'
blob=$(find "$XDG_STATE_HOME/gamut/blobs" -type f)
printf X | dd of="$blob" bs=1 seek=99 conv=notrunc 2>/dev/null
fox poisoned -o poisoned.png
exits 0
says 'is not any more what it was: it is thrown away, and the job is made anew'
submitted 7
cmp -s first.png poisoned.png || fail "the damaged one was given"
run clear cache clear
prints '^1 entries removed, .*; 0 left'
run nonsense cache nonsense
exits 2
says "does not know 'nonsense'"

# ---- several processes at once

n=0
while [ $n -lt 6 ]; do
  n=$((n + 1))
  "$GAMUT" -p 'a hare' -m flux --seed 1 -o "hare$n.png" -q >>made 2>>failed &
  pids="${pids:-} $!"
done
# shellcheck disable=SC2086
wait $pids
case_name=together
[ "$(wc -l <made)" -eq 6 ] || fail "some failed: $(cat failed)"
submitted 8
for n in 2 3 4 5 6; do
  cmp -s hare1.png "hare$n.png" || fail "hare$n.png is another"
done

# ---- the first is killed while the second waits

case_name=killed
"$GAMUT" -p 'a storm [slow:600:9]' -m flux --seed 1 -o killed.png -q \
  >/dev/null 2>&1 &
first=$!
until [ "$(submissions)" -ge 9 ]; do sleep 0.02; done
"$GAMUT" -p 'a storm [slow:600:9]' -m flux --seed 1 -o heir.png >out 2>err &
second=$!
sleep 0.3 # it looks, and waits
kill -9 "$first"
wait "$first" 2>/dev/null
wait "$second"
code=$?
exits 0
prints '^heir\.png  PNG'
submitted 10
[ ! -e killed.png ] || fail "the killed one wrote its file"

# ---- what was made before costs nothing, whatever it would cost now

before=$(submissions)
run dear -p 'a dear fox' -m flux --seed 7 -o dear.png
exits 0
run at-any-price -p 'a dear fox' -m flux --seed 7 -o dear-2.png --max-cost 0.001
exits 0
prints 'from the cache'
run too-dear -p 'a dearer fox' -m flux --seed 7 --max-cost 0.001 -o dear-3.png
exits 2
says 'more than max_cost'
submitted $((before + 1))
finish
