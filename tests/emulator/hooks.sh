#!/bin/sh
# What the emulated vendors deliver is what gamut takes for genuine: every
# vendor that signs, a delivery that comes again, a forged one, an old one.
set -u
emulator=${GAMUT_EMULATOR:-} gamut=${GAMUT_CLI:-}
[ -n "$emulator" ] && [ -n "$gamut" ] && command -v curl >/dev/null || {
  echo "no emulator, no CLI or no curl: skipped"
  exit 77
}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
dir=$(mktemp -d) emulator_pid='' pid='' failed=0
trap 'kill $emulator_pid $pid 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
mkfifo ready
"$emulator" --print-endpoints --latency 100 --seed 1 --ready-fd 3 3>ready \
  >map 2>err &
emulator_pid=$!
read -r emulated <ready || { cat err; exit 1; }
GAMUT_ENDPOINTS=$(head -n 1 map)
export GAMUT_ENDPOINTS
base=http://127.0.0.1:$emulated
json='Content-Type: application/json'

# path, header, body: the answer
post() {
  curl -sS -m 20 -H "$json" ${2:+-H "$2"} -d "$3" "$base/$1"
}
control() { post control/hooks '' "$1"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

listen() { # the providers...
  : >said
  "$gamut" webhook listen --port 0 "$@" >heard 2>said </dev/null &
  pid=$!
  for _ in $(seq 100); do
    port=$(sed -n 's|.*listening at http://127\.0\.0\.1:\([0-9]*\)/.*|\1|p' \
      said 2>/dev/null)
    [ -n "$port" ] && break
    sleep 0.1
  done
  [ -n "$port" ] || { cat said; exit 1; }
  control "{\"to\":\"http://127.0.0.1:$port\"}" >/dev/null
}

soon() { # name, pattern, how often
  for _ in $(seq 100); do
    [ "$(grep -c -e "$2" heard)" -ge "${3:-1}" ] && return
    sleep 0.1
  done
  echo "FAIL $1: no '$2' in: $(cat heard said)"
  failed=1
}

control '{}' | grep -q libcrypto && {
  echo "the emulator cannot sign: skipped"
  exit 77
}

# ---- every vendor that signs
secret=$(control '{}' | field hook_secret)
export HIGGSFIELD_WEBHOOK_SECRET="$secret" \
  OPENROUTER_WEBHOOK_SECRET="${secret#whsec_}"
endpoint=$(post api.openai.com/v1/webhook_endpoints 'Authorization: Bearer k' \
  '{"name":"gamut","url":"https://caller.example.test/openai",
    "event_types":["video.completed","video.failed"]}')
OPENAI_WEBHOOK_SECRET=$(printf %s "$endpoint" | field signing_secret)
export OPENAI_WEBHOOK_SECRET FAL_KEY=id:secret OPENAI_API_KEY=k \
  OPENROUTER_API_KEY=k HIGGSFIELD_API_KEY=id HIGGSFIELD_API_SECRET=secret
listen fal openai higgsfield openrouter
to='https://caller.example.test'
flux=queue.fal.run/fal-ai/flux/dev
fal=$(post "$flux?fal_webhook=$to/fal" 'Authorization: Key id:secret' \
  '{"prompt":"a"}' | field request_id)
soon fal "genuine: job $fal completed"
hf=$(post "api.higgsfield.ai/higgsfield-ai/soul/standard?hf_webhook=$to/higgsfield" \
  'Authorization: Key id:secret' '{"prompt":"no [blocked]"}' | field request_id)
soon higgsfield "genuine: job $hf blocked"
video=$(post api.openai.com/v1/videos 'Authorization: Bearer k' \
  '{"model":"sora-2","prompt":"a [fail]"}' | field id)
soon openai "genuine: job $video failed"
gate=$(post openrouter.ai/api/v1/videos 'Authorization: Bearer k' \
  "{\"model\":\"google/veo-3.1\",\"prompt\":\"a\",\"duration\":4,
    \"callback_url\":\"$to/openrouter\"}" | field id)
soon openrouter "genuine: job $gate completed"

# ---- what a receiver must be ready for
control "{\"again\":\"$fal\"}" >/dev/null
soon again "genuine: job $fal completed" 2
control "{\"again\":\"$fal\",\"tamper\":true}" >/dev/null
soon forged "fal: refused"
control "{\"again\":\"$hf\",\"late_s\":301}" >/dev/null
soon old "higgsfield: refused"
kill "$pid"
wait "$pid"
pid=

exit $failed
