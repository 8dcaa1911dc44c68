#!/bin/sh
# fal's backup hosts: nobody listens where the map leads for queue.fal.run, and
# the same request goes to queue.falrun.com.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
GAMUT_RETRY_MAX_WAIT=10ms
GAMUT_POLL_INTERVAL=10ms
export GAMUT_RETRY_MAX_WAIT GAMUT_POLL_INTERVAL
start_emulator --polls 2
base=$emulator_url
# Port 1 of loopback: nobody has it.
nobody=http://127.0.0.1:1

# map QUEUE RUN: where the four hosts are
map()
{
  sed -e "s|\"https://queue.fal.run\": *\"[^\"]*\"|\"https://queue.fal.run\":\"$1\"|" \
    -e "s|\"https://fal.run\": *\"[^\"]*\"|\"https://fal.run\":\"$2\"|" \
    -e "s|^{|{\"https://queue.falrun.com\":\"$base/queue.fal.run\",\"https://falrun.com\":\"$base/fal.run\",|" \
    "$work/endpoints" >"$work/map"
  GAMUT_ENDPOINTS=@$work/map
}

map "$nobody" "$nobody"
run queue -p 'a fox' -m flux -o queue.png
exits 0
prints '^queue\.png  PNG'
says 'again at once: cannot connect to http://127\.0\.0\.1:1.*; to its backup https://queue\.falrun\.com/fal-ai/flux/dev'
run run -p 'a fox' -m flux --option mode=run -o run.png
exits 0
says 'to its backup https://falrun\.com/fal-ai/flux/dev'
run stream -p 'a fox' -m flux --stream -o stream.png
exits 0
says 'to its backup https://falrun\.com/fal-ai/flux/dev/stream'
run log -p 'a fox' -m flux -o log.png -v
exits 0
says 'job [0-9A-Z]{26}: cannot connect .* to its backup'

# What only broke is not sent to another: it may have been paid for.
map "$base/queue.fal.run" "$base/fal.run"
run broken -p 'x [reset]' -m flux -o bad.png --resubmit never
exits 10
if grep -q backup "$work/err"; then fail "sent again after a connection"; fi

# Who maps the first host alone wants nothing sent to the second.
sed -e "s|\"https://queue.falrun.com\":\"[^\"]*\",||" \
  -e "s|$base/queue.fal.run|$nobody|g" "$work/map" >"$work/one"
GAMUT_ENDPOINTS=@$work/one
run mapped-alone -p x -m flux -o bad.png
exits 9
if grep -q falrun "$work/err"; then fail "left the endpoint map"; fi

# Both away.
map "$nobody" "$nobody"
sed "s|$base/queue.fal.run|$nobody|g" "$work/map" >"$work/none"
GAMUT_ENDPOINTS=@$work/none
run away -p x -m flux -o bad.png
exits 9
says 'to its backup'
if grep -q 'may have charged' "$work/err"; then fail "nothing was sent"; fi
finish
