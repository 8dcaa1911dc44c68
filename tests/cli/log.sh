#!/bin/sh
# Where log lines go and what they look like: standard error, a file that two
# processes share and somebody rotates, levels, JSON lines.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
GAMUT_RETRY_MAX_WAIT=10ms
GAMUT_POLL_INTERVAL=10ms
export GAMUT_RETRY_MAX_WAIT GAMUT_POLL_INTERVAL
start_emulator --polls 2 --size 64x48

time='^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z'

# holds FILE PATTERN
holds()
{
  grep -qE -e "$2" "$1" || fail "$1 has no '$2'"
}

# ---- standard error: for people, without a clock -----------------------------

run text -p 'a neon fox' -m flux -o a.png -v
exits 0
says '^gamut\.request request_id=01[0-9A-Z]{24} operation=text-to-image '
says ' provider=fal model=fal-ai/flux/dev resolved_from=flux slot=fal\.api_key '
says ' slot=fal\.api_key status=completed '
says ' latency_ms=[0-9]+ .*generate_ms=[0-9]+ download_ms=[0-9]+ artifacts=1 '
says ' bytes_out=[0-9]+ cost_usd=[0-9.]+ cost_estimated=true maybe_charged=false '
says ' attempts=1 tries=1 retry_count=0 fallback_used=false$'
run labels -p 'a neon fox' -m flux -o a2.png -v --project hero \
  --user 'ann b' --tag autumn,print
exits 0
says ' slot=fal\.api_key project=hero user="ann b" tags=autumn,print status='
run labels-json -p 'a neon fox' -m flux -o a3.png -v --log-format json \
  --project hero --tag autumn --tag 'two words'
says '"slot":"fal.api_key","project":"hero","tags":\["autumn","two words"\],'
GAMUT_PROJECT=hero
export GAMUT_PROJECT
run setting -p 'a neon fox' -m flux -o a4.png -v
says ' project=hero status='
unset GAMUT_PROJECT
run preset -p 'a neon fox' -m flux -o b.png
if grep -q gamut.request "$work/err"; then fail 'the preset is warn'; fi

run json -p 'a neon fox' -m flux -o c.png --log-format json \
  --correlation-id 'order "7"
of 9'
exits 0
says '^\{"time":"[0-9TZ:.-]+","level":"info","event":"gamut\.request",'
says '"correlation_id":"order \\"7\\"\\nof 9"'
if command -v python3 >/dev/null; then
  python3 -c 'import json, sys; [json.loads(l) for l in sys.stdin]' \
    <"$work/err" || fail 'not JSON lines'
fi
run debug -p 'a neon fox' -m flux -o d.png --log-format json -vv
says '"level":"debug","message":"job '
if grep -v '^{' "$work/err"; then fail 'a line is no object'; fi
run failed -p 'x [401]' -m flux -o e.png -v
exits 3
says ' status=failed .*class=auth message="'

# Of several keys it says which, and is not one of them.
mkdir -p "$work/config/gamut"
echo '{ "providers": { "mine": { "use": "fal", "keys": [
  {"name": "team-a", "api_key": "good:hush-0123456789ab"} ] } } }' \
  >"$work/config/gamut/config.json"
chmod 600 "$work/config/gamut/config.json"
XDG_CONFIG_HOME=$work/config "$GAMUT" -p x -m mine:flux -o keys.png -v \
  >"$work/out" 2>"$work/err" || fail 'no picture'
says ' slot=mine\.api_key#team-a '
if grep -q hush "$work/err"; then fail 'that is the key'; fi

# ---- a file --------------------------------------------------------------------

GAMUT_LOG_FILE=$work/gamut.log
export GAMUT_LOG_FILE
run file -p 'a neon fox' -m flux -o f.png
exits 0
holds gamut.log "$time info gamut\.request request_id="
if grep -q gamut.request "$work/err"; then fail 'it is in the file'; fi
[ "$(stat -c %a gamut.log 2>/dev/null || stat -f %Lp gamut.log)" = 600 ] ||
  fail 'others can read the log'
run quiet -p 'a neon fox' -m flux -o g.png -q
[ "$(grep -c gamut.request gamut.log)" -eq 2 ] || fail 'not appended'
mv gamut.log gamut.log.1
run rotated -p 'a neon fox' -m flux -o h.png
[ "$(grep -c gamut.request gamut.log)" -eq 1 ] || fail 'no fresh file'
GAMUT_LOG_LEVEL=error
export GAMUT_LOG_LEVEL
run level -p 'a neon fox' -m flux -o i.png
[ "$(grep -c gamut.request gamut.log)" -eq 1 ] || fail 'level error has it'
unset GAMUT_LOG_LEVEL

for i in 1 2 3 4; do
  "$GAMUT" -q -p "fox $i" -m flux -o "many-$i.png" >/dev/null 2>&1 &
  pids="${pids:-} $!"
done
# shellcheck disable=SC2086 # a list
wait $pids
[ "$(grep -cE "$time info gamut\.request .*fallback_used=false\$" gamut.log)" \
  -eq 5 ] || fail 'lines of several processes got lost or mixed up'

GAMUT_LOG_FILE=/no/such/folder/log
run nowhere -p 'a neon fox' -m flux -o j.png
exits 2
says "log_file: cannot open '/no/such/folder/log'"
unset GAMUT_LOG_FILE

GAMUT_LOG_TARGET="file"
export GAMUT_LOG_TARGET
run nameless -p 'a neon fox' -m flux -o j.png
exits 2
says 'log_file must name one'
GAMUT_LOG_TARGET=stderr
run stderr -p 'a neon fox' -m flux -o j.png
exits 0
says "$time info gamut\.request "
GAMUT_LOG_TARGET=printer
run unknown -p 'a neon fox' -m flux -o k.png
exits 2
says "log_target: 'printer' is none of stderr, file, syslog"
finish
