#!/bin/sh
# ModelGates and OpenRouter end to end: the CLI and plugins/modelgates against
# the emulator, then what the emulator is strict about, with curl.
set -u
emulator=${GAMUT_EMULATOR:-} gamut=${GAMUT_CLI:-}
[ -n "$emulator" ] && [ -n "$gamut" ] && command -v curl >/dev/null || {
  echo "no emulator, no CLI or no curl: skipped"
  exit 77
}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
dir=$(mktemp -d) pid='' failed=0
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
export MODELGATES_API_KEY=mg-key OPENROUTER_API_KEY=sk-or-v1-key
export GAMUT_POLL_INTERVAL=20ms GAMUT_RETRY_MAX_WAIT=100ms
cd "$dir" || exit 1

serve() { # options of the emulator...
  rm -f ready
  mkfifo ready
  "$emulator" --print-endpoints --ready-fd 3 "$@" 3>ready >out 2>err &
  pid=$!
  read -r port <ready || { cat err; exit 1; }
  base=http://127.0.0.1:$port
  GAMUT_ENDPOINTS=$(head -n 1 out)
  export GAMUT_ENDPOINTS
}

finish() {
  kill "$pid"
  wait "$pid"
  is "emulator's end" 0 $?
  pid=
}

is() { # name, wanted, got
  [ "$2" = "$3" ] && return
  echo "FAIL $1: wanted '$2', got '$3'"
  failed=1
}

has() { # name, file, wanted part
  grep -qF -e "$3" "$2" && return
  echo "FAIL $1: no '$3' in: $(head -c 900 "$2")"
  failed=1
}

# exit code, words that the answer has (separated by |), arguments...
try() {
  want=$1 words=$2
  shift 2
  rm -f made*
  "$gamut" "$@" -q --json -o made >json 2>said
  is "$*" "$want" $?
  old=$IFS IFS='|'
  for word in $words; do
    has "$*" json "$word"
  done
  IFS=$old
}

# What the catalog expects is what the gateway's own price list comes to.
priced() { # dollars, arguments...
  usd=$1
  shift
  "$gamut" "$@" --dry-run --json -q >json 2>said
  has "price before: $*" json "\"usd\":$usd,"
  try 0 "\"cost_usd\":$usd" "$@"
}

api() { # curl's options and the path; the status, body in ./body
  curl -sS -o body -w '%{http_code}' -H 'Authorization: Bearer sk-any' \
    -H 'Content-Type: application/json' "$@"
}
at() { echo "$base/openrouter.ai/api/v1$1"; }

# ---- videos ----

serve --polls 3 --size 64x48
try 0 'video/mp4|"provider":"modelgates"|"cost_usd":3.2' video -p 'a fox' \
  -m modelgates:veo-3.1 --duration 8
try 0 '"provider":"openrouter"|"generation_id":"gen-' video -p 'a fox' \
  -m openrouter:google/veo-3.1-lite --aspect 9:16 --negative 'blurry'
id=$(sed -n 's/.*"request_id":"\([^"]*\)".*/\1/p' json)
try 0 '"cost_usd":0' video -p 'again' -m openrouter:veo-3.1-lite \
  --option job="$id"
try 5 'not found' video -p 'again' -m modelgates:veo-3.1-lite \
  --option job="$id"
try 0 video/mp4 video -p 'on' -m openrouter:veo-3.1-lite \
  --set previous_job_id="$id"
try 0 video/mp4 video -p 'on' -m modelgates
try 0 image/png -p 'a fox' -m openrouter -n 2
cp made-1 fox.png
try 0 video/mp4 video -p 'blink' -m modelgates:kling-v3.0-std --image fox.png
try 0 video/mp4 video -p 'walk' -m modelgates:wan-2.7 --first-frame fox.png \
  --last-frame fox.png --set \
  provider='{"options":{"alibaba":{"prompt_extend":true}}}'
try 0 video/mp4 video -p 'like this' -m modelgates:hailuo-3 --reference fox.png
try 0 video/mp4 video -m openrouter:avatar-iv --image fox.png
cp made clip.mp4
try 0 video/mp4 video -p 'as in the clip' -m openrouter:seedance-2.0 \
  --video clip.mp4 --reference fox.png --resolution 720p
# These lie with a storage that must not see the key.
try 0 gateway-files.example -m openrouter:flux-video-upscale \
  --video clip.mp4 --set upscale_factor=2
try 0 gateway-files.example video -p 'a fox' -m modelgates:flux-3-video

# ---- pictures ----

try 0 'image/png|"cost_usd":0.04' -p 'a fox' -m openrouter:seedream-4.5
try 0 'image/png|"cost_usd":0.12|made-3' -p 'a fox' \
  -m openrouter:seedream-4.5 -n 3 --aspect 16:9 --resolution 2k --seed 0
try 0 image/webp -p 'a fox' -m openrouter:openai/gpt-image-2 --format webp \
  --quality high --background opaque --set output_compression=80
try 0 'image/jpeg' -p 'a fox' -m openrouter:flux.2-pro --format jpg \
  --steps 40 --guidance 3 --option only=black-forest-labs \
  --option allow_fallbacks=false --option sort=price
try 0 'image/svg' -p 'a rocket' -m openrouter:recraft-v4.1-vector
try 0 'image/svg' -p 'a rocket' -m openrouter:recraft-v4.1-vector \
  --set stream=true
try 0 'image/png|"cost_usd":0.0416|made.partial-1' -p 'a fox' \
  -m openrouter:openai/gpt-image-2 --stream
try 0 image/png -p 'a fox' -m openrouter:qwen-image-3 --set stream=true
try 0 image/png edit -p 'purple sky' -m openrouter:google/gemini-3-pro-image \
  --image fox.png --reference fox.png
try 0 image/png -p 'a fox' -m modelgates:seedream-4.5
try 2 'ModelGates does not offer images' -p 'a fox [404]' \
  -m modelgates:seedream-4.5
try 0 '"provider":"openrouter"' -p 'a fox [404:1]' -m modelgates:seedream-4.5 \
  --fallback openrouter:seedream-4.5
OPENROUTER_METADATA=true try 0 '"upstream":"Emulated"' -p 'a fox' \
  -m openrouter:seedream-4.5

# ---- prices ----

priced 1.6 video -p 'a fox' -m openrouter:veo-3.1 --duration 8 --no-audio
priced 0.24 video -p 'a fox' -m openrouter:veo-3.1-lite --duration 8 \
  --resolution 720p --no-audio
priced 2.4 video -p 'a fox' -m openrouter:veo-3.1 --duration 4 --resolution 4K
priced 1.12 video -p 'a fox' -m openrouter:kling-v3.0-pro --duration 10 \
  --no-audio
priced 0.756 video -p 'a fox' -m openrouter:seedance-2.0 --duration 5 \
  --size 1280x720
priced 0.8 video -p 'a fox' -m openrouter:wan-2.6 --duration 10 \
  --resolution 720p
priced 1 video -p 'a fox' -m openrouter:wan-2.6 --duration 10 \
  --resolution 720p --image fox.png
priced 0.73 video -p 'a fox' -m openrouter:hailuo-3 --duration 5 \
  --reference fox.png --reference fox.png
priced 0.71 video -p 'a fox' -m openrouter:grok-imagine-video-1.5 \
  --duration 5 --resolution 720p --image fox.png
priced 0.3 video -p 'a fox' -m openrouter:heygen-video-1 --duration 5 \
  --resolution 768p --reference fox.png
priced 0.08 -p 'a fox' -m openrouter:seedream-4.5 -n 2

# ---- the account, and what the gateway lists ----

ask() { # name, exit code, words that the answer has, arguments...
  name=$1 want=$2 words=$3
  shift 3
  "$gamut" "$@" >answer 2>said
  is "$name" "$want" $?
  [ -z "$words" ] || has "$name" answer "$words"
}

OPENROUTER_API_KEY=limited ask "balance" 0 'limit resets monthly' balance \
  openrouter
has "balance" answer 'of $100.50'
OPENROUTER_API_KEY=noscope ask "balance of the key alone" 0 'no limit' balance \
  openrouter
MODELGATES_API_KEY=bad ask "balance without a key" 3 '' balance modelgates
ask "usage" 0 'billed' usage --remote openrouter --period week
export XDG_CONFIG_HOME=$dir/config
for provider in modelgates openrouter; do
  ask "list of $provider" 0 google/veo-3.1 models --remote $provider
  OPENROUTER_API_KEY='' MODELGATES_API_KEY='' ask "public list of $provider" 0 \
    openai/gpt-image-2 models --remote $provider
  ask "refresh of $provider" 0 '44 models listed' models --refresh \
    --remote $provider
  is "all understood" '' "$(grep 'not understood' answer)"
done
# The gateway's own prices and limits, in place of those of the catalog.
priced 1.6 video -p 'a fox' -m openrouter:veo-3.1 --duration 8 --no-audio
priced 0.756 video -p 'a fox' -m modelgates:seedance-2.0 --duration 5 \
  --size 1280x720
priced 0.73 video -p 'a fox' -m openrouter:hailuo-3 --duration 5 \
  --reference fox.png --reference fox.png
try 2 'duration 5 is not offered' video -p x -m modelgates:veo-3.1 --duration 5
unset XDG_CONFIG_HOME

# A delivery is signed over the time, a comma and the body.
if command -v openssl >/dev/null; then
  export OPENROUTER_WEBHOOK_SECRET=hush
  printf '%s' '{"type":"video.generation.completed","data":{"id":"abc",' \
    '"status":"completed"}}' >delivery
  now=$(date +%s)
  sign() { # separator
    { printf '%s%s' "$now" "$1"; cat delivery; } |
      openssl dgst -sha256 -hmac hush -r | cut -d ' ' -f 1
  }
  printf 'X-OpenRouter-Signature: t=%s,v1=%s\n' "$now" "$(sign ,)" >headers
  ask "delivery" 0 'genuine: job abc completed' webhook verify openrouter \
    --headers headers --body delivery
  printf 'X-OpenRouter-Signature: t=%s,v1=%s\n' "$now" "$(sign .)" >headers
  ask "delivery with a dot" 3 '' webhook verify openrouter --headers headers \
    --body delivery
  unset OPENROUTER_WEBHOOK_SECRET
fi

# ---- what goes wrong ----

try 2 'Supported values: 4, 6, 8' video -p x -m modelgates:veo-3.1 \
  --duration 5 --no-check
try 2 'duration 5 is not offered' video -p x -m modelgates:veo-3.1 --duration 5
try 2 'n: Too big' -p x -m openrouter:seedream-4.5 -n 11 --no-check
try 5 'not found' -p x -m openrouter:no/such
try 6 '"status":"blocked"' video -p 'x [blocked]' -m modelgates:veo-3.1
try 6 'flagged' video -p 'x [nsfw]' -m modelgates:veo-3.1
try 8 'Provider returned' video -p 'x [fail]' -m modelgates:veo-3.1
try 8 'time to live' video -p 'x [fail:type=expired]' -m modelgates:veo-3.1
try 8 'Provider returned' video -p 'x [fail:type=dead]' -m modelgates:veo-3.1
try 130 'Job was cancelled' video -p 'x [fail:type=cancelled]' \
  -m modelgates:veo-3.1
try 0 video/mp4 video -p 'x [strange:1]' -m modelgates:veo-3.1
try 0 video/mp4 video -p 'x [empty]' -m modelgates:veo-3.1
try 0 video/mp4 video -p 'x [status:500:2]' -m modelgates:veo-3.1
try 0 video/mp4 video -p 'x [file:502:1]' -m modelgates:veo-3.1
try 5 'HTTP 410' video -p 'x [nomedia]' -m modelgates:veo-3.1
try 0 video/mp4 video -p 'x [redirect]' -m modelgates:veo-3.1
try 8 '169.254.7.7' video -p 'x [private-url]' -m modelgates:veo-3.1
try 6 '"status":"blocked"' -p 'x [blocked]' -m openrouter:openai/gpt-image-2
try 6 '"status":"blocked"' -p 'x [nsfw]' -m openrouter:openai/gpt-image-2
try 6 'Generation refused' -p 'x [blocked]' -m openrouter:openai/gpt-image-2 \
  --set stream=true
try 8 'stream ended' -p 'x [empty]' -m openrouter:openai/gpt-image-2 \
  --set stream=true
try 8 'no picture' -p 'x [empty]' -m openrouter:openai/gpt-image-2
try 8 'Provider returned' -p 'x [fail]' -m openrouter:openai/gpt-image-2
try 2 'prompt: Invalid input' -p 'x [invalid]' -m openrouter:openai/gpt-image-2
try 8 'timed out' -p 'x [524]' -m openrouter:openai/gpt-image-2
try 4 '"class":"quota"' video -p 'x [quota]' -m modelgates:veo-3.1
try 4 '"class":"quota"' video -p 'x [402:type=weight]' -m modelgates:veo-3.1
try 0 video/mp4 video -p 'x [402:1:type=in-flight:retry-after=0]' \
  -m modelgates:veo-3.1
try 6 '"status":"blocked"' video -p 'x [502:type=refusal]' -m modelgates:veo-3.1
try 0 image/png -p 'x [429:1:type=body]' -m openrouter:seedream-4.5
try 0 image/png -p 'x [529:1]' -m openrouter:seedream-4.5
try 10 'Server Error' video -p 'once [500]' -m modelgates:veo-3.1
try 10 '"maybe_charged":true' video -p 'lost [reset]' -m modelgates:veo-3.1
MODELGATES_API_KEY=bad try 3 'User not found' video -p x -m modelgates:veo-3.1
MODELGATES_API_KEY=noscope try 3 '"class":"permission"' video -p x \
  -m modelgates:veo-3.1
MODELGATES_API_KEY=locked try 4 'Insufficient credits' video -p x \
  -m modelgates:veo-3.1
MODELGATES_API_KEY='' try 3 MODELGATES_API_KEY video -p x -m modelgates:veo-3.1
curl -sS "$base/control/stats?prompts=1" >stats.json
has "behind a 500 a job may run" stats.json \
  '"once [500]":{"seen":1,"accepted":0}'
has "a lost answer is not asked for again" stats.json \
  '"lost [reset]":{"seen":1,"accepted":1}'
has "the key goes to nobody else" stats.json '"credentials_leaked":0'
finish

# ---- the emulator ----

serve --polls 2
is "public" 200 "$(curl -sS -o body -w '%{http_code}' "$(at /videos/models)")"
has "public" body '"pricing_skus":{"duration_seconds_with_audio":"0.40"'
is "a wrong key is nobody's business" 200 "$(curl -sS -o body \
  -w '%{http_code}' -H 'Authorization: Bearer bad' "$(at /images/models)")"
has "images" body '"supports_streaming":true'
is "endpoints" 200 \
  "$(api "$(at /images/models/bytedance-seed/seedream-4.5/endpoints)")"
has "endpoints" body '"cost_usd":0.04'
is "all models" 200 "$(api "$(at '/models?output_modalities=video')")"
has "all models" body '"total_count":30'
is "no key" 401 "$(curl -sS -o body -w '%{http_code}' "$(at /credits)")"
is "unknown field" 400 "$(api -d '{"model":"google/veo-3.1","prompt":"x",
  "negative_prompt":"y"}' "$(at /videos)")"
has "unknown field" body ZodError
is "capitals in a slug" 400 "$(api -d '{"model":"google/veo-3.1","prompt":"x",
  "provider":{"options":{"googleVertex":{}}}}' "$(at /videos)")"
is "a route for a video" 400 "$(api -d '{"model":"google/veo-3.1","prompt":"x",
  "provider":{"only":["google-vertex"]}}' "$(at /videos)")"
is "frame without its type" 400 "$(api -d '{"model":"google/veo-3.1",
  "prompt":"x","frame_images":[{"type":"image_url","image_url":{"url":
  "https://example.com/a.png"}}]}' "$(at /videos)")"
is "reference with a type" 400 "$(api -d '{"model":"google/veo-3.1",
  "prompt":"x","input_references":[{"type":"image_url","image_url":{"url":
  "https://example.com/a.png"},"frame_type":"first_frame"}]}' "$(at /videos)")"
is "plain http" 400 "$(api -d '{"model":"google/veo-3.1","prompt":"x",
  "callback_url":"http://example.com/hook"}' "$(at /videos)")"
is "small k" 400 "$(api -d '{"model":"google/veo-3.1","prompt":"x",
  "resolution":"4k"}' "$(at /videos)")"
is "no prompt" 400 "$(api -d '{"model":"google/veo-3.1"}' "$(at /videos)")"
is "no clip" 400 "$(api -d '{"model":"runway/aleph-2","prompt":"x"}' \
  "$(at /videos)")"
is "transparent jpeg" 400 "$(api -d '{"model":"openai/gpt-image-1","prompt":
  "x","background":"transparent","output_format":"jpeg"}' "$(at /images)")"
is "submit" 202 "$(api -d '{"model":"google/veo-3.1","prompt":"x"}' \
  "$(at /videos)")"
id=$(sed 's/.*"id":"\(gen-vid-[^"]*\)".*/\1/' body)
has "submit" body '"status":"pending"'
is "too early" 409 "$(api "$(at "/videos/$id/content?index=0")")"
is "unknown at the other" 404 \
  "$(api "$base/modelgates.ai/api/v1/videos/$id")"
for word in pending in_progress completed; do
  is "$word" 200 "$(api "$(at "/videos/$id")")"
done
has "completed" body '"unsigned_urls":["https://openrouter.ai/api/v1/videos/'
generation=$(sed 's/.*"generation_id":"\([^"]*\)".*/\1/' body)
is "content" 200 "$(api "$(at "/videos/$id/content?index=0")")"
is "no second one" 404 "$(api "$(at "/videos/$id/content?index=1")")"
is "content without a key" 401 "$(curl -sS -o body -w '%{http_code}' \
  "$(at "/videos/$id/content?index=0")")"
is "generation" 200 "$(api "$(at "/generation?id=$generation")")"
has "generation" body '"total_cost":1.6'
is "credits" 200 "$(api "$(at /credits)")"
has "credits" body '"total_credits":100.500000,"total_usage":1.600000'
is "key" 200 "$(api -H 'Authorization: Bearer limited' "$(at /key)")"
is "not for this key" 403 "$(curl -sS -o body -w '%{http_code}' \
  -H 'Authorization: Bearer noscope' "$(at /credits)")"
is "a key at the storage" 400 \
  "$(api "$base/storage.gateway-files.example/files/x")"
curl -sS "$base/control/stats" >stats.json
has "a key at the storage" stats.json '"credentials_leaked":1'
finish
exit $failed
