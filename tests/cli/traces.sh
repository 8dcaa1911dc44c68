#!/bin/sh
# Traces: the spans of a chain with fallback and retries at a collector that is
# strict, context from outside, and collectors that hang, refuse, answer 503: no
# job waits for one.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
command -v curl >/dev/null || { echo 'no curl'; exit 77; }
GAMUT_RETRY_MAX_WAIT=10ms
GAMUT_POLL_INTERVAL=10ms
export GAMUT_RETRY_MAX_WAIT GAMUT_POLL_INTERVAL
start_emulator --polls 2 --size 64x48
spans=$top_builddir/tests/cli/spans
collector=$emulator_url/control/otlp
OTEL_EXPORTER_OTLP_ENDPOINT=$collector
export OTEL_EXPORTER_OTLP_ENDPOINT
mkdir here && cd here || exit 99

# collector_is JSON: it forgets what it got, and behaves so
collector_is()
{
  curl -sf -d "$1" "$collector" >/dev/null || fail "collector: $1"
}

# draws <TREE: what has come since
draws()
{
  cat >"$work/want"
  curl -sf "$collector" >"$work/got"
  "$spans" <"$work/got" >"$work/tree" || fail 'the spans are no trees'
  cmp -s "$work/tree" "$work/want" ||
    fail "$(diff "$work/want" "$work/tree")"
  collector_is '{}'
}

# got PATTERN: in what came last
got()
{
  grep -qE -e "$1" "$work/got" || fail "no '$1' was sent"
}

# ---- trees ---------------------------------------------------------------------

run one -p 'a neon fox' -m flux -o a.png
exits 0
draws <<'TREE'
gamut.request completed
  generate_content fal-ai/flux/dev
    POST submit 200
    GET status 202
    GET status 200
    GET result 200
    GET download 200
TREE
got '"key":"gen_ai.provider.name","value":\{"stringValue":"fal"\}'
got '"key":"gen_ai.request.model","value":\{"stringValue":"fal-ai/flux/dev"\}'
got '"key":"gen_ai.output.type","value":\{"stringValue":"image"\}'
got '"key":"http.request.method","value":\{"stringValue":"POST"\}'
got '"key":"url.full","value":\{"stringValue":"https://queue.fal.run/fal-ai/flux/dev"\}'
got '"key":"server.address","value":\{"stringValue":"queue.fal.run"\}'
got '"key":"gamut.cost_usd","value":\{"doubleValue":0\.0[0-9]+\}'
got '"resource":\{"attributes":\[\{"key":"service.name","value":\{"stringValue":"gamut"\}\}'

got '"key":"gamut.slot","value":\{"stringValue":"fal.api_key"\}'

# What the books file it under, in the request and in its attempt.
run labels -p 'a neon fox' -m flux -o labels.png --project hero --user ann \
  --tag autumn,print
exits 0
curl -sf "$collector" >"$work/got"
for pair in '"gamut.project","value":{"stringValue":"hero"}' \
  '"gamut.user","value":{"stringValue":"ann"}' \
  '"gamut.slot","value":{"stringValue":"fal.api_key"}' \
  '"gamut.tags","value":{"arrayValue":{"values":[{"stringValue":"autumn"},{"stringValue":"print"}]}}'; do
  [ "$(grep -oF -e "\"key\":$pair" "$work/got" | wc -l)" -eq 2 ] ||
    fail "not twice: $pair"
done
got '"wrong":""'
collector_is '{}'

run chain -p 'x [503:3]' -m flux --fallback recraft -o b.png
exits 0
draws <<'TREE'
gamut.request completed fallback
  generate_content fal-ai/flux/dev provider retry retry
    POST submit 503
    POST submit 503
    POST submit 503
  generate_content fal-ai/recraft/v3/text-to-image
    POST submit 200
    GET status 202
    GET status 200
    GET result 200
    GET download 200
TREE
got '"key":"http.request.resend_count","value":\{"intValue":"2"\}'

run blocked -p 'x [blocked]' -m flux -o c.png
exits 6
draws <<'TREE'
gamut.request blocked
  generate_content fal-ai/flux/dev blocked
    POST submit 200
    GET status 202
    GET status 200
    GET result 422
TREE
run reset -p 'x [reset]' -m flux -o c.png --resubmit never
exits 10
curl -sf "$collector" >"$work/got"
got '"error.type","value":\{"stringValue":"maybe-charged"\}'
got '"status":\{"code":2,"message":"'
collector_is '{}'
run download -p 'x [file:503:2]' -m flux -o d.png
exits 0
draws <<'TREE'
gamut.request completed
  generate_content fal-ai/flux/dev retry retry
    POST submit 200
    GET status 202
    GET status 200
    GET result 200
    GET download 503
    GET download 503
    GET download 200
TREE

# ---- what is done beside the generation ------------------------------------------

run upload -p x -m fal:fal-ai/kling-video/v2.5-turbo/pro/image-to-video \
  --image a.png --option inline_max=0 -o upload.mp4
exits 0
draws <<'TREE'
gamut.request completed
  generate_content fal-ai/kling-video/v2.5-turbo/pro/image-to-video
    gamut.upload
      POST initiate 200
      PUT put 200
    POST submit 200
    GET status 202
    GET status 200
    GET result 200
    GET download 200
TREE

GOOGLE_CLOUD_PROJECT=project
GOOGLE_APPLICATION_CREDENTIALS=$work/user.key
export GOOGLE_CLOUD_PROJECT GOOGLE_APPLICATION_CREDENTIALS
user='"type": "authorized_user", "client_id": "i", "client_secret": "hush-s"'
echo "{$user, \"refresh_token\": \"hush-r\"}" >"$work/user.key"
run token -p 'a fox' -m google:imagen4 -o token.png
exits 0
draws <<'TREE'
gamut.request completed
  generate_content imagen-4.0-generate-001
    gamut.token
      POST token 200
    POST predict 200
TREE
if grep -q -e hush -e ya29 "$work/got"; then fail 'the token is shown'; fi
echo "{$user, \"refresh_token\": \"bad\"}" >"$work/user.key"
run revoked -p 'a fox' -m google:imagen4 -o revoked.png
exits 3
draws <<'TREE'
gamut.request failed auth
  generate_content imagen-4.0-generate-001 auth
    gamut.token auth
      POST token 400
TREE

OPENAI_API_KEY=sk-hush-1
export OPENAI_API_KEY
# compares NAME PROMPT: with vectors; what is asked for them is the first span
compares()
{
  GAMUT_CACHE_SEMANTIC=on GAMUT_CACHE_EMBEDDER=openai \
    GAMUT_CACHE_EMBED_WAIT=200ms \
    run "$1" -p "$2" -m flux --seed 7 -o "$1.png"
  exits 0
  {
    printf 'gamut.request completed\n  generate_content fal-ai/flux/dev\n'
    cat
    echo '    POST submit 200'
    echo '    GET status 202'
    echo '    GET status 200'
    echo '    GET result 200'
    echo '    GET download 200'
  } >"$work/whole"
  draws <"$work/whole"
}
if [ -f "$top_builddir/plugins/.libs/store-sqlite.so" ]; then
  compares embed 'a fox' <<'TREE'
    gamut.query embed
      POST embed 200
TREE
  compares embed-hangs 'a hare [embed:hang]' <<'TREE'
    gamut.query embed aborted
      POST embed aborted
TREE
fi

# Asked by itself it is a trace of its own.
run models models --remote openai
exits 0
draws <<'TREE'
gamut.query models
  GET models 200
TREE
run balance balance fal
exits 0
draws <<'TREE'
gamut.query balance
  GET balance 200
TREE
FAL_KEY=bad run refused-balance balance fal
draws <<'TREE'
gamut.query balance auth
  GET balance 401
TREE

if [ -f "$top_builddir/plugins/.libs/store-sqlite.so" ]; then
  run lost -p 'x [reset]' -m openai:sora-2 -o lost.mp4 --resubmit never
  exits 10
  collector_is '{}'
  id=$("$GAMUT" jobs --json -q | sed -n \
    's/.*"id": *"\([0-9A-Z]*\)", *"state": *"maybe-charged".*sora-2.*/\1/p')
  run settle jobs settle "$id"
  draws <<'TREE'
gamut.query lookup
  GET lookup 200
TREE
fi

# ---- context from outside -------------------------------------------------------

trace=4bf92f3577b34da6a3ce929d0e0e4736
caller=00f067aa0ba902b7
run flag -p 'a neon fox' -m flux -o e.png -v \
  --traceparent "00-$trace-$caller-01"
exits 0
says "trace_id=$trace "
curl -sf "$collector" >"$work/got"
"$spans" "$caller" <"$work/got" >"$work/tree" || fail 'no trees'
[ "$(grep -o "\"traceId\":\"$trace\"" "$work/got" | wc -l)" -eq 7 ] ||
  fail 'not all are in the trace of the caller'
got "\"parentSpanId\":\"$caller\",\"name\":\"gamut.request\""
collector_is '{}'
TRACEPARENT=00-$trace-$caller-00
export TRACEPARENT
run unsampled -p 'a neon fox' -m flux -o f.png -v
exits 0
says "trace_id=$trace "
draws </dev/null
TRACEPARENT=00-$trace-zzz-01
run garbage -p 'a neon fox' -m flux -o g.png
exits 0
curl -sf "$collector" >"$work/got"
if grep -q "$trace" "$work/got"; then fail 'garbage was taken'; fi
collector_is '{}'
unset TRACEPARENT
refused wrong 2 invalid "traceparent: '00-1-2-3' is no 00-" -p x -m flux \
  -o h.png --traceparent 00-1-2-3

# A detached job is finished by another process in the same trace.
run detached -p 'x [never]' -m flux -o i.png --timeout 300ms
exits 11
curl -sf "$collector" | grep -oE '"traceId":"[0-9a-f]+"' | sort -u >"$work/one"
id=$("$GAMUT" jobs --json | sed -n 's/.*"id": *"\([0-9A-Z]*\)", *"state": *"waiting".*/\1/p')
collector_is '{}'
if [ -n "$id" ]; then
  run resumed wait "$id" --timeout 200ms
  curl -sf "$collector" | grep -oE '"traceId":"[0-9a-f]+"' | sort -u \
    >"$work/two"
  cmp -s "$work/one" "$work/two" || fail 'it went on in another trace'
  collector_is '{}'
fi

# ---- the environment ---------------------------------------------------------------

OTEL_SERVICE_NAME=studio
OTEL_RESOURCE_ATTRIBUTES='deployment.environment.name=te%20st, service.name=no'
OTEL_EXPORTER_OTLP_HEADERS='Authorization=Bearer%20collector-secret-1,x-team=a%3Db'
export OTEL_SERVICE_NAME OTEL_RESOURCE_ATTRIBUTES OTEL_EXPORTER_OTLP_HEADERS
run environment -p 'a neon fox' -m flux -o j.png -vv
exits 0
curl -sf "$collector" >"$work/got"
got '"key":"service.name","value":\{"stringValue":"studio"\}'
got '"deployment.environment.name","value":\{"stringValue":"te st"\}'
got '"authorization":"Bearer collector-secret-1","x-team":"a=b"'
if grep -q collector-secret-1 "$work/err" "$work/out"; then
  fail 'the key of the collector is shown'
fi
collector_is '{}'
unset OTEL_SERVICE_NAME OTEL_RESOURCE_ATTRIBUTES OTEL_EXPORTER_OTLP_HEADERS

# off VARIABLE=VALUE: no trace is sent
off()
{
  case_name=off-$1
  env "$1" "$GAMUT" -q -p 'a neon fox' -m flux -o off.png --force \
    >"$work/out" 2>"$work/err" || fail "exit code $?"
  draws </dev/null
}
off OTEL_SDK_DISABLED=TRUE
off OTEL_TRACES_EXPORTER=none
off OTEL_EXPORTER_OTLP_PROTOCOL=grpc
off OTEL_TRACES_SAMPLER=always_off
off OTEL_TRACES_SAMPLER=parentbased_always_off
off OTEL_EXPORTER_OTLP_ENDPOINT=
off OTEL_EXPORTER_OTLP_ENDPOINT=ftp://collector.example
run preset -p 'a neon fox' -m flux -o off.png --force
env OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9 \
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="$collector/v1/traces" \
  "$GAMUT" -q -p x -m flux -o k.png >/dev/null 2>&1
curl -sf "$collector" >"$work/got"
[ "$(grep -o '"name":"gamut.request"' "$work/got" | wc -l)" -eq 2 ] ||
  fail 'the endpoint of traces does not win'
collector_is '{}'

# ---- collectors in trouble ------------------------------------------------------------

# quick NAME: a picture, and not much later than without a collector
quick()
{
  before=$(date +%s)
  run "$1" -p 'a neon fox' -m flux -o "$1.png"
  exits 0
  [ $(($(date +%s) - before)) -le 4 ] || fail 'waits for the collector'
  [ -s "$1.png" ] || fail 'no picture'
}
collector_is '{"hang": true}'
quick hangs
says 'spans are dropped, since .*/control/otlp/v1/traces takes too long'
GAMUT_MAX_CONNECTIONS=1
OTEL_BSP_MAX_EXPORT_BATCH_SIZE=1
export GAMUT_MAX_CONNECTIONS OTEL_BSP_MAX_EXPORT_BATCH_SIZE
quick hangs-and-one-connection
unset GAMUT_MAX_CONNECTIONS OTEL_BSP_MAX_EXPORT_BATCH_SIZE
collector_is '{"status": 503, "count": 1000}'
quick unavailable
says 'spans are dropped, since .* does not take them: HTTP 503'
collector_is '{"status": 400, "count": 1000}'
quick refuses-them
says 'does not take them: HTTP 400'
collector_is '{"reject": 3}'
run rejects -p 'a neon fox' -m flux -o m.png --metrics-file m.prom
exits 0
says 'the collector rejects spans: too many'
grep -qx 'gamut_spans_total{outcome="rejected"} 3' m.prom || fail 'not counted'
grep -qx 'gamut_spans_total{outcome="exported"} 4' m.prom || fail 'not counted'
OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9
quick nobody-listens
says 'does not take them: '
OTEL_EXPORTER_OTLP_ENDPOINT=$collector
collector_is '{}'

# A queue that is far too small: some spans are lost, and that is counted.
OTEL_BSP_MAX_QUEUE_SIZE=3
export OTEL_BSP_MAX_QUEUE_SIZE
collector_is '{"hang": true}'
run full -p 'a neon fox' -m flux -o n.png --metrics-file n.prom
exits 0
grep -qx 'gamut_spans_total{outcome="dropped"} 7' n.prom ||
  fail "dropped: $(grep spans_total n.prom)"
finish
