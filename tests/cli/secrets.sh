#!/bin/sh
# Keys are nowhere but in the headers that they belong to: each verb at debug
# level, with keys from the environment, from a file and from a command, with
# vendors that repeat them; then every byte that came of it is looked through:
# output, log, store, metrics, traces, the list of processes.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
command -v curl >/dev/null || { echo 'no curl'; exit 77; }
GAMUT_RETRY_MAX_WAIT=10ms
GAMUT_POLL_INTERVAL=10ms
export GAMUT_RETRY_MAX_WAIT GAMUT_POLL_INTERVAL
start_emulator --polls 2 --size 64x48
collector=$emulator_url/control/otlp

# Each is known by its first word; the work folder may not have it (common.sh).
FAL_KEY=hushid1234:hush-fal-5e7
OPENAI_API_KEY=sk-hush-openai-5e7
OPENAI_WEBHOOK_SECRET=whsec_aHVzaC13ZWJob29rLXNlY3JldC1rZXk=
GOOGLE_GEMINI_API_KEY=hush-gemini-5e7
HIGGSFIELD_API_KEY=hush-higgs-id-5e7
HIGGSFIELD_API_SECRET=hush-higgs-5e7
RUNWAYML_API_SECRET=key_hush-runway-5e7
VISGATE_API_KEY=vg-0123456789-hush-visgate-5e7
VISGATE_FAL_KEY=hushid1234:hush-visgate-fal-5e7
MODELGATES_API_KEY=mg-hush-gates-5e7
OPENROUTER_API_KEY=sk-or-hush-router-5e7
export FAL_KEY OPENAI_API_KEY OPENAI_WEBHOOK_SECRET GOOGLE_GEMINI_API_KEY \
  HIGGSFIELD_API_KEY HIGGSFIELD_API_SECRET RUNWAYML_API_SECRET VISGATE_API_KEY \
  VISGATE_FAL_KEY MODELGATES_API_KEY OPENROUTER_API_KEY
OTEL_EXPORTER_OTLP_ENDPOINT=$collector
OTEL_EXPORTER_OTLP_HEADERS='authorization=Bearer%20hush-collector-5e7'
GAMUT_LOG_LEVEL=debug
GAMUT_METRICS_FILE=$work/all.prom
export OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_HEADERS \
  GAMUT_LOG_LEVEL GAMUT_METRICS_FILE

# Also as it is sent, and as it travels in a query or in JSON: coded.
words='hush aHVzaC13ZWJob29r'
for key in "$FAL_KEY" "$HIGGSFIELD_API_KEY:$HIGGSFIELD_API_SECRET" \
  "$OPENAI_API_KEY"; do
  words="$words $(printf %s "$key" | base64 | cut -c 1-20)"
done

# hushed FILE...: none of them has one of the keys
hushed()
{
  for word in $words; do
    grep -aqF -e "$word" "$@" 2>/dev/null || continue
    fail "'$word' is in $(grep -alF -e "$word" "$@" | tr '\n' ' ')"
  done
}

n=0
# each FORM: every verb, its lines as text or JSON
each()
{
  GAMUT_LOG_FORMAT=$1
  GAMUT_LOG_FILE=$work/$1.log
  export GAMUT_LOG_FORMAT GAMUT_LOG_FILE
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    n=$((n + 1))
    eval "run '$1 $n $line' $line"
    hushed out err
  done <<'LINES'
-p 'one' -m flux -o $n.png
-p 'one' -m flux --dry-run
-p 'one' -m gpt-image -o $n.png
-p 'one' -m gpt-image --dry-run --json
-p 'one' -m google-studio:nb-pro -o $n.png
-p 'one' -m google-studio:nb-pro --dry-run
-p 'one' -m runway -o $n.png
-p 'one' -m higgsfield -o $n.png
-p 'one' -m higgsfield --dry-run
-p 'one' -m visgate -o $n.png
-p 'one' -m visgate --dry-run --json
-p 'one' -m modelgates -o $n.png
-p 'one' -m openrouter -o $n.png
-p 'one [401]' -m flux --fallback gpt-image -o $n.png --json
-p 'one [503]' -m flux -o $n.png
-p 'one [badjson]' -m flux -o $n.png
-p 'one [html]' -m gpt-image -o $n.png --resubmit never
-p 'one [reset]' -m visgate -o $n.png --resubmit never
-p 'one [file:503]' -m flux -o $n.png
-p 'one' -m flux --sidecar -o $n.png
edit -p 'one' --image seed.png -m flux-kontext -o $n.png
submit -p 'one [never]' -m flux
jobs
jobs --json
status "$(job)"
status "$(job)" --json
logs "$(job)"
wait "$(job)" --timeout 100ms
fetch "$(job)" -o $n.png
resume --timeout 100ms
cancel "$(job)"
batch lines.jsonl -m flux --out-dir $1-batch
models flux
models --remote openai
models --refresh
providers -v
config
config --json
doctor
balance
balance runway --json
usage --remote visgate
keys visgate
keys visgate set fal --key-file kept.key
keys visgate validate fal --key-file kept.key
keys visgate delete fal
health visgate
webhook verify openai --headers headers.key --body /dev/null
LINES
  hushed "$GAMUT_LOG_FILE"
}

job()
{
  "$GAMUT" jobs --json -q 2>/dev/null |
    grep -oE '"id": *"[0-9A-Z]{26}"' | head -n 1 | grep -oE '[0-9A-Z]{26}'
}

"$GAMUT" -q -p seed -m flux -o seed.png >out 2>err || fail 'no picture'
echo '{"prompt": "of a batch"}' >lines.jsonl
printf 'hush-kept-5e7\n' >kept.key
printf 'webhook-id: 1\nwebhook-timestamp: 1\nwebhook-signature: v1,x\n' \
  >headers.key
each text
each json

# ---- vendors that repeat the key --------------------------------------------------

OPENAI_API_KEY=sk-bad-echo-hush-5e7
run echo -p x -m gpt-image -o echo.png -vv
exits 3
says 'Incorrect API key provided: \*\*\*'
run echo-json -p x -m gpt-image -o echo.png -vv --json
prints 'Incorrect API key provided: \*\*\*'
# What JSON or a URL would write otherwise.
OPENAI_API_KEY='sk-bad-echo-hush-"5e7/+\'
run echo-quoted -p x -m gpt-image -o echo.png -vv --json
exits 3
hushed out err
run echo-logged -p x -m gpt-image -o echo.png -vv
hushed out err

# ---- keys from files and commands --------------------------------------------------

unset FAL_KEY
mkdir -p "$HOME/.config/gamut"
printf 'hushid1234:hush-file-5e7\n' >fal.key
chmod 600 fal.key
cat >"$HOME/.config/gamut/config.json" <<JSON
{"providers": {"fal": {"api_key_file": "$work/fal.key"},
  "team": {"use": "fal", "api_key_command": "cat $work/fal.key"},
  "mine": {"use": "fal", "api_key": "hushid1234:hush-plain-5e7"}}}
JSON
for account in fal team mine; do
  run "$account" -p 'by another way' -m "$account:flux" -o "$account.png" -vv
  exits 0
  run "$account-config" config --json
  run "$account-providers" providers -v --json
done
rm "$HOME/.config/gamut/config.json"

# ---- the list of processes -------------------------------------------------------------

FAL_KEY=hushid1234:hush-fal-5e7
export FAL_KEY
if [ -d /proc/self ]; then
  "$GAMUT" -q -p 'x [never]' -m flux -o never.png --timeout 2s >out 2>err &
  pid=$!
  sleep 0.5
  tr '\0' ' ' <"/proc/$pid/cmdline" >cmdline
  grep -q never.png cmdline || fail 'that is not its command line'
  hushed cmdline "/proc/$pid/comm"
  wait $pid
fi

# ---- all that is left -------------------------------------------------------------------

curl -sf "$collector" >traces.json
grep -q '"name":"gamut.request"' traces.json || fail 'no traces'
# The collector was sent its own key, as it must be.
sed 's/"authorization":"Bearer hush-collector-5e7"//' traces.json >traces.cut
mv traces.cut traces.json
if grep -oE '"url.full","value":\{"stringValue":"[^"]*"' traces.json |
  grep -q '?'; then
  fail 'a query is in a trace'
fi
hushed traces.json all.prom text.log json.log
[ -s text.log ] && [ -s json.log ] && [ -s all.prom ] || fail 'nothing to look at'
# shellcheck disable=SC2046 # names without blanks
hushed $(find "$HOME" "$work" -type f ! -name '*.key')
find "$HOME" -name '*.db' | grep -q . || fail 'no store to look at'
finish
