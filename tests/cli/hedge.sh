#!/bin/sh
# A second model that begins when the first takes long, and parts of -n on several:
# what is made, paid and listed, also when the process is killed in the middle.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || {
  echo "no store: skipped"
  exit 77
}
export GAMUT_POLL_INTERVAL
start_emulator --polls 40 --size 64x64
DEV=fal:fal-ai/flux/dev
SCHNELL=fal:fal-ai/flux/schnell

stats()
{
  curl -sf "$emulator_url/control/stats"
}

submissions()
{
  stats | sed -n 's/.*"submits":{"seen":\([0-9]*\).*/\1/p'
}

is()
{
  [ "$2" = "$3" ] || fail "$1: $2, not $3"
}

# until_is WHAT CONDITION: at most ten seconds
until_is()
{
  tries=0
  until eval "$2"; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { fail "no $1"; return; }
    sleep 0.1
  done
}

# The first never comes to its end by itself; the second is asked less often.
GAMUT_POLL_INTERVAL=50ms
run hedge generate -p 'a fox' -m $DEV --fallback $SCHNELL --hedge 300ms \
  -o fox.png --json --metrics-file m.prom
exits 0
grep -q 'gamut_hedges_total{provider="fal",model="fal-ai/flux/schnell"} 1' m.prom ||
  fail "the hedge is not counted"
prints '"artifacts": ?\[\{"kind": ?"image","path": ?"fox.png"'
prints 'cancelled: another link was quicker'
is submissions "$(submissions)" 2
run listed jobs --json
is jobs "$(grep -o '"began_at"' out | wc -l)" 1
prints '"hedged": ?true'
run books usage
prints 'requests +2: 1 succeeded, 1 cancelled'
run in-time generate -p 'b' -m $DEV --fallback $SCHNELL --hedge 1h -o b.png
exits 0
is submissions "$(submissions)" 3

# Not needed, not possible, not allowed.
run dear generate -p 'c' -m $SCHNELL --fallback $DEV --hedge 100ms \
  --max-cost 0.01 -o c.png
exits 0
is submissions "$(submissions)" 4
run wrong generate -p x -m $DEV --hedge soon
exits 2
says "hedge: 'soon' is neither p95 nor a time"
run both generate -p x -n 2 -m $DEV --fallback $SCHNELL --hedge 5s --spread
exits 2
says 'hedge and spread: one of them'

# Parts, by name and by a route.
before=$(submissions)
run spread generate -p 'four' -n 4 -m $DEV --fallback $SCHNELL --spread \
  -o four.png
exits 0
for i in 1 2 3 4; do
  [ -s "four-$i.png" ] || fail "no four-$i.png"
done
prints 'four-[12].png .*flux/dev'
prints 'four-[1234].png .*flux/schnell'
is submissions "$(submissions)" $((before + 2))
is different "$(sha256sum four-?.png | cut -c1-64 | sort -u | wc -l)" 4
mkdir -p "$XDG_CONFIG_HOME/gamut"
cat >"$XDG_CONFIG_HOME/gamut/config.json" <<END
{ "routes": { "wide": { "links": ["$DEV", "$SCHNELL"], "spread": true },
              "quick": { "links": ["$DEV", "$SCHNELL"], "hedge": "p95" } } }
END
run route generate -p 'three' -n 3 -m @wide -o three.png
exits 0
is submissions "$(submissions)" $((before + 4))
run explain explain @wide
prints 'parts of n to each'
run explain explain @quick
prints 'a second one as well when 95 % would be done'
run explain explain @quick --hedge off
exits 0
! grep -q 'a second one as well' out || fail "it hedges all the same"
run one generate -p 'one' -n 2 -m @wide --no-spread -o one.png
exits 0
is submissions "$(submissions)" $((before + 5))
run said generate -p 'said' -m fal:fal-ai/flux-2-pro --fallback $DEV \
  --hedge p95 -o said.png
exits 0
says 'is not hedged: how long fal-ai/flux-2-pro usually takes is not known yet'

# Killed while both are at the vendor: each is taken up, none is sent again.
before=$(submissions)
GAMUT_POLL_INTERVAL=100s
case_name=killed
"$GAMUT" generate -p 'k' -m $DEV --fallback $SCHNELL --hedge 200ms -o k.png \
  >out 2>err &
victim=$!
until_is 'two submissions' "[ \$(submissions) -ge $((before + 2)) ]"
until_is 'both written down' \
  "[ \$(\"$GAMUT\" jobs --state unfinished --json | grep -c '\"hedged\": *true') -ge 1 ]"
kill -9 $victim
wait $victim 2>/dev/null
GAMUT_POLL_INTERVAL=1ms
sleep 1
run resume resume --all
exits 0
[ -s k.png ] || fail "no k.png"
is submissions "$(submissions)" $((before + 2))
sum=$(sha256sum k.png)
run loser resume --all # it may have lost before it could be cancelled
exits 0
run nothing-left resume --all
says 'no job waits'
is sum "$(sha256sum k.png)" "$sum"
is submissions "$(submissions)" $((before + 2))

# One that cannot be cancelled goes on; `jobs` shows it, `resume` sees to its end,
# `fetch` brings what it made.
GAMUT_POLL_INTERVAL=50ms
run loser generate -p 'l [cancel:404]' -m $DEV --fallback $SCHNELL \
  --hedge 300ms -o l.png
exits 0
prints 'another link was quicker; job [0-9A-Z]{26} goes on at the vendor'
id=$(sed -n 's/.*quicker; job \([0-9A-Z]*\) goes on.*/\1/p' out)
run listed jobs
prints "^$id .*hedge of [0-9A-Z]{26}"
run named jobs --json
[ "$(grep -o "\"id\": *\"$id\"" out | wc -l)" -ge 2 ] ||
  fail "the request does not name it"
sum=$(sha256sum l.png)
run seen resume --all
exits 0
is l.png "$(sha256sum l.png)" "$sum"
run fetched fetch "$id" -o lost.png
exits 0
[ -s lost.png ] || fail "no lost.png"
run alone generate -p 'o' -m $DEV --hedge 1s -o o.png
exits 0
says 'hedge: there is no model to begin beside fal-ai/flux/dev'
run alone generate -p 'o' -n 2 -m $DEV --spread -o oo.png
exits 0
says 'spread: there is no model to share with fal-ai/flux/dev'

# Given back by its deadline; collected by its id.
before=$(submissions)
GAMUT_POLL_INTERVAL=100s
run detached generate -p 'd' -n 2 -m $DEV --fallback $SCHNELL --spread \
  -o d.png --timeout 2s --json
exits 11
id=$(sed -n 's/.*"id": *"\([0-9A-Z]*\)".*/\1/p' out | head -n 1)
GAMUT_POLL_INTERVAL=1ms
run collected wait "$id"
exits 0
[ -s d-1.png ] && [ -s d-2.png ] || fail "no d-1.png and d-2.png"
is submissions "$(submissions)" $((before + 2))

# A model whose part would be too dear makes none of it, and that is said.
run too-dear -p 'three foxes' -n 3 -m $DEV --fallback $SCHNELL \
  --spread --max-cost 0.06 -o dear.png
exits 0
says 'spread: fal:fal-ai/flux/dev makes no part of it: .*more than max_cost'
[ -s dear-3.png ] || fail "the other one did not make all of it"

finish
