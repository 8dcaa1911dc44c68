#!/bin/sh
# --metrics-file: a sum over processes, one after the other and at once, that a
# strict reader takes at every moment, and promtool where there is one.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
GAMUT_RETRY_MAX_WAIT=10ms
GAMUT_POLL_INTERVAL=10ms
export GAMUT_RETRY_MAX_WAIT GAMUT_POLL_INTERVAL
start_emulator --polls 2 --size 64x48
prom=$top_builddir/tests/cli/prom
flux='provider="fal",model="fal-ai/flux/dev"'

# well_formed FILE
well_formed()
{
  "$prom" <"$1" || fail "$1 is not well-formed"
  if command -v promtool >/dev/null; then
    promtool check metrics <"$1" >/dev/null 2>"$work/lint" ||
      fail "promtool: $(cat "$work/lint")"
  fi
}

# counts FILE SERIES VALUE
counts()
{
  grep -qxF "$2 $3" "$1" ||
    fail "$2 is no $3: $(grep -F "$2" "$1" || echo absent)"
}

run one -p 'a neon fox' -m flux -o a.png --metrics-file m.prom
exits 0
well_formed m.prom
counts m.prom "gamut_requests_total{$flux,status=\"completed\"}" 1
counts m.prom "gamut_cost_usd_total{$flux}" \
  "$(sed -n 's/^gamut_cost_usd_total.* //p' m.prom)"
counts m.prom "gamut_first_poll_seconds_count{$flux}" 1
counts m.prom 'gamut_exchanges_total{provider="fal",phase="submit",status="200"}' 1
if grep -q in_flight m.prom; then fail 'a gauge is no sum'; fi
cost=$(sed -n 's/^gamut_cost_usd_total.* //p' m.prom)

run two -p 'x [503:2]' -m flux -o b.png --metrics-file m.prom
exits 0
run three -p 'x [blocked]' -m flux -o c.png --metrics-file m.prom
exits 6
run four -p 'x [500:1]' -m flux --fallback recraft -o d.png --metrics-file m.prom
exits 0
well_formed m.prom
counts m.prom "gamut_requests_total{$flux,status=\"completed\"}" 2
counts m.prom "gamut_blocked_total{$flux}" 1
counts m.prom "gamut_fallbacks_total{$flux}" 1
counts m.prom "gamut_retries_total{$flux}" 2
awk -v one="$cost" -v two="$(sed -n "s/^gamut_cost_usd_total{$(echo "$flux" |
  sed 's|/|.|g')} //p" m.prom)" 'BEGIN { exit !(two == 2 * one) }' ||
  fail 'the cost is not added up'
before=$(cat m.prom)
run looking models flux --metrics-file m.prom
[ "$before" = "$(cat m.prom)" ] || fail 'nothing happened, yet it changed'

# Many at once, and a reader between them who never sees half a file.
mkdir many && cd many || exit 99
GAMUT_METRICS_FILE=$work/many.prom
export GAMUT_METRICS_FILE
for i in 1 2 3 4 5 6 7 8; do
  "$GAMUT" -q -p "fox $i" -m flux -o "$i.png" >/dev/null 2>&1 &
  pids="${pids:-} $!"
done
i=0
while [ $i -lt 20 ]; do
  if [ -s "$GAMUT_METRICS_FILE" ]; then
    cp "$GAMUT_METRICS_FILE" "$work/seen" && well_formed "$work/seen"
  fi
  i=$((i + 1))
done
# shellcheck disable=SC2086 # a list
wait $pids
well_formed "$work/many.prom"
counts "$work/many.prom" "gamut_requests_total{$flux,status=\"completed\"}" 8
cd .. || exit 99
[ ! -e many.prom.new ] || fail 'a half file is left'

i=1
while [ $i -le 5 ]; do
  echo "{\"prompt\": \"fox $i\"}"
  i=$((i + 1))
done >lines.jsonl
run batch batch lines.jsonl -m flux --out-dir pictures
exits 0
well_formed many.prom
counts many.prom "gamut_requests_total{$flux,status=\"completed\"}" 13

# Trouble costs a warning and no picture.
echo 'node_load1 0.5' >other.prom
run foreign -p 'a neon fox' -m flux -o e.png --metrics-file other.prom
exits 0
says "metrics_file '.*other\.prom' is left as it is: line 1 is none of gamut's"
[ "$(cat other.prom)" = 'node_load1 0.5' ] || fail 'written over'
run nowhere -p 'a neon fox' -m flux -o f.png --metrics-file /no/such/m.prom
exits 0
says "metrics_file '/no/such/m.prom' is left as it is: No such file"
finish
