#!/bin/sh
# A thousand jobs over a route whose first model fails half of the time: all are
# made, and the vendor has seen as many submissions as gamut reports.
. "$top_srcdir/tests/cli/common.sh"
command -v curl >/dev/null || { echo "no curl"; exit 77; }
count=${ROUTE_JOBS:-1000}
start_emulator --polls 1 --size 64x64
XDG_CONFIG_HOME=$work/config
XDG_STATE_HOME=$work/state
GAMUT_RETRY_MAX_WAIT=10ms
GAMUT_POLL_INTERVAL=10ms
export XDG_CONFIG_HOME XDG_STATE_HOME GAMUT_RETRY_MAX_WAIT GAMUT_POLL_INTERVAL
mkdir -p "$XDG_CONFIG_HOME/gamut"
echo '{"routes": {"pair": {"links": ["fal:fal-ai/flux/dev", "fal:fal-ai/flux/schnell"]}}}' \
  >"$XDG_CONFIG_HOME/gamut/config.json"

# lines WHAT FAULT: every second prompt meets the fault, once
lines()
{
  awk -v n="$count" -v what="$1" -v fault="$2" 'BEGIN {
    for (i = 1; i <= n; i++)
      printf "{\"prompt\": \"%s %d%s\"}\n", what, i, i % 2 ? "" : " " fault
  }'
}

seen()
{
  curl -sf "$emulator_url/control/stats" |
    sed -n 's/.*"submits":{"seen":\([0-9]*\).*/\1/p'
}

# goes NAME FAULT MODELS: MODELS that the fallback is known by in the results
goes()
{
  case_name=$1
  before=$(seen)
  lines "$1" "$2" >"$1.jsonl"
  run "$1" batch "$1.jsonl" -m @pair --out-dir "$1" -j 32 -q
  exits 0
  grep -v "\"status\":\"completed\"" out >"bad-$1"; cat "bad-$1"
  done=$(grep -c '"status":"completed"' out)
  [ "$done" -eq "$count" ] || fail "$done of $count are done"
  files=$(find "$1" -type f | wc -l)
  [ "$files" -eq "$count" ] || fail "$files files of $count"
  tried=$(grep -o '"tries":[0-9]*' out | awk -F: '{ n += $2 } END { print n }')
  sent=$(($(seen) - before))
  [ "$tried" -eq "$sent" ] ||
    fail "$tried submissions are reported, and $sent were seen"
  second=$(grep -c '"status":"completed".*"model":"fal-ai/flux/schnell","maybe' out)
  echo "$1: $done done, $sent submissions, $second by the second model"
}

# The vendor knows no such model: at once the next one, and no breaker opens.
goes unknown '[404:1]'
[ "$second" -eq $((count / 2)) ] || fail "$second were made by the second model"
# It is overloaded: the same one again, which helps.
goes overloaded '[503:1]'
# And where nothing is tried twice, the next; the first is passed over in between.
GAMUT_RETRY_ATTEMPTS=1
export GAMUT_RETRY_ATTEMPTS
goes failing '[503:1]'
[ "$second" -gt 0 ] || fail "the second model was never asked"
finish
