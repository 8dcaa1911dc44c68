#!/bin/sh
# visgate end to end: the CLI and plugins/visgate against the emulator, then
# what the emulator is strict about, with curl.
set -u
emulator=${GAMUT_EMULATOR:-} gamut=${GAMUT_CLI:-}
[ -n "$emulator" ] && [ -n "$gamut" ] && command -v curl >/dev/null || {
  echo "no emulator, no CLI or no curl: skipped"
  exit 77
}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
dir=$(mktemp -d) pid='' failed=0
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
export VISGATE_API_KEY=vg-test FAL_KEY=not:sent
export GAMUT_POLL_INTERVAL=20ms GAMUT_RETRY_MAX_WAIT=50ms
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

make_it() { # name, exit status, options...
  name=$1 want=$2
  shift 2
  "$gamut" --json -o "$name" "$@" >"$name.json" 2>"$name.err"
  is "$name" "$want" $?
}

api() { # curl's options and the path; the status, body in ./body
  curl -sS -o body -w '%{http_code}' -H 'Authorization: Bearer vg-test' \
    -H 'Content-Type: application/json' "$@"
}
at() { echo "$base/visgateai.com/api/v1$1"; }

# ---- the CLI: pictures ----

serve --polls 3
make_it one.png 0 -p 'a fox' -m visgate --size 640x512
has one one.png.json '"width":640,"height":512'
has one one.png.json '"cost_usd":0.001038' # 0.3125 megapixels and the fee
has one one.png.json '"cache_hit":"false"'
make_it again.png 0 -p 'a fox' -m visgate --size 640x512
has again again.png.json '"cost_usd":0,'
has again again.png.json '"cache_hit":"true"'
has again again.png.json '"provider_cost_avoided_micro":"938"'
is "the cache's picture is the same" 0 "$(cmp one.png again.png >&2; echo $?)"
make_it wide.png 0 -p 'a fox' -m visgate --aspect 16:9
has wide wide.png.json '"width":1024,"height":576'
make_it four.png 0 -p 'four foxes' -m visgate -n 4 --seed 0 --steps 8 \
  --negative text --option include_steps=true
is "four" 4 "$(find . -name 'four-*.png' | wc -l | tr -d ' ')"
has four four.png.json 'cache_lookup'
make_it edit.png 0 -p 'at night' -m visgate:fal-ai/flux/dev/image-to-image \
  --image one.png --strength 0.6
make_it unified.png 0 -p 'a fox' -m visgate --option endpoint=generate -n 2 \
  --size 512x512
has unified unified.png.json '"mode":"managed"'
is "unified" 2 "$(find . -name 'unified-*.png' | wc -l | tr -d ' ')"
VISGATE_FAL_KEY=own:key make_it own.png 0 -p 'my fox' -m visgate \
  --option endpoint=generate
has own own.png.json '"mode":"byok"'
has own own.png.json '"cost_usd":0.0001'
make_it job.png 0 -p 'a job' -m visgate --option async=true
has job job.png.json '"request_id":"0'
make_it other.png 0 -p 'x' -m replicate/black-forest-labs/flux-schnell
make_it tall.png 0 -p 'x' -m gen4-image-visgate --aspect 9:16
has tall tall.png.json '"width":720,"height":1280'

# ---- the CLI: videos ----

make_it pan.mp4 0 -p 'slow pan' -m visgate:fal-ai/veo3 --image one.png \
  --duration 4 --aspect 9:16
has pan pan.mp4.json '"kind":"video"'
has pan pan.mp4.json 'storage.googleapis.com/visgate-outputs'
make_it own.mp4 0 -p 'quick pan' -m veo3-visgate --duration 4 \
  --option skip_gcs_upload=true
has own own.mp4.json 'https://v3b.fal.media/'
make_it wait.mp4 0 -p 'wait' -m cogvideox-5b --duration 2 --option async=false
has wait wait.mp4.json '"cost_usd":0.0401'
make_it cached.mp4 0 -p 'wait' -m cogvideox-5b --duration 2
has "a job from the cache is no job" cached.mp4.json '"cache_hit":"true"'
make_it strange.mp4 0 -p 'odd [strange:1]' -m veo3-visgate
make_it retried.mp4 0 -p 'poll [status:503:2]' -m veo3-visgate

# ---- the CLI: the account ----

"$gamut" usage --remote visgate --period week >usage
has "usage" usage 'cached       2'
has "usage" usage '  replicate                                3'
has "usage" usage '  runway/gen4_image                        1'
"$gamut" balance visgate >balance
has "balance" balance 'account      Test Org'
has "balance" balance 'no key stored with visgate'
"$gamut" keys visgate >keys
has "keys" keys 'vg-test...'
has "keys" keys '****cret'
echo rw_abcdwxyz | "$gamut" keys visgate set runway >keys
has "a key is stored" keys '****wxyz'
"$gamut" balance visgate >balance
has "and its balance" balance '1880'
echo bad-key | "$gamut" keys visgate validate fal >keys
has "not valid" keys 'not valid: Key was rejected by the provider'
"$gamut" keys visgate delete runway
is "delete" 0 $?
"$gamut" keys visgate delete runway 2>keys
is "nothing to delete" 5 $?
VISGATE_API_KEY='' "$gamut" models --remote visgate >models
is "models need no key" 0 $?
has "models" models 'runway/gen4_turbo'
VISGATE_API_KEY='' "$gamut" health visgate >health
is "health needs no key" 0 $?
has "health" health 'visgate is well'

# ---- the CLI: what goes wrong ----

make_it blocked.mp4 6 -p 'no [blocked]' -m veo3-visgate
has blocked blocked.mp4.json 'content policy violation'
make_it blocked.png 6 -p 'no [blocked]' -m visgate
make_it nsfw.png 6 -p 'no [nsfw]' -m visgate --option async=true
make_it failed.mp4 8 -p 'no [fail]' -m veo3-visgate
has failed failed.mp4.json 'internal error'
make_it empty.mp4 8 -p 'no [empty]' -m veo3-visgate
make_it null.mp4 8 -p 'no [empty]' -m cogvideox-5b --option async=false
has null null.mp4.json 'video_url is empty'
make_it empty.png 8 -p 'no [empty]' -m visgate
make_it lost.mp4 5 -p 'no [lost]' -m veo3-visgate
make_it field.png 2 -p 'x' -m visgate --set colour=red
has field field.png.json 'colour is not a parameter of this model (HTTP 422)'
make_it size.png 2 -p 'x' -m visgate --size 4096x4096
has size size.png.json 'width must be at most 2048'
make_it model.png 5 -p x -m visgate:fal-ai/nope
has model model.png.json 'Model fal-ai/nope is not supported'
make_it kind.png 2 -p x -m visgate:runway/gen4_turbo --set x=1 \
  --option endpoint=images
make_it rate.png 0 -p 'later [429:1:retry-after=0]' -m visgate
make_it quota.png 4 -p 'poor [quota]' -m visgate
make_it html.png 0 -p 'page [502:1]' -m visgate
make_it private.mp4 8 -p 'x [private-url]' -m veo3-visgate
VISGATE_FAL_KEY=bad:key make_it badown.png 8 -p x -m visgate
has badown badown.png.json 'fal does not accept the key'
VISGATE_API_KEY=vg-bad make_it auth.png 3 -p x -m visgate
VISGATE_API_KEY=vg-locked make_it locked.png 4 -p x -m visgate
VISGATE_API_KEY=vg-noscope make_it scope.png 3 -p x -m visgate
VISGATE_API_KEY='' VISGATE_FAL_KEY=a:b make_it none.png 3 -p x -m visgate
has none none.png.json 'set VISGATE_API_KEY ('
make_it reset.mp4 10 -p 'gone [reset]' -m veo3-visgate
has reset reset.mp4.json '"maybe_charged":true'
curl -sS "$base/control/stats?prompts=1" >stats.json
has "a lost answer is not paid twice" stats.json \
  '"gone [reset]":{"seen":1,"accepted":1}'
has "no key goes to the files" stats.json '"credentials_leaked":0'
finish

# ---- the emulator ----

serve --polls 2
images=$(at /images/generate) videos=$(at /videos/generate)
flux='"model":"fal-ai/flux/schnell","prompt":"x"'
size='"width":64,"height":64,"num_images":1'
veo='"model":"fal-ai/veo3","prompt":"x"'
is "images" 200 "$(api -d "{$flux,$size}" "$images")"
url=$(sed 's/.*"images":\["\([^"]*\)".*/\1/' body)
is "file" 200 "$(curl -sS -o file -w '%{http_code}' "$base/${url#https://}")"
is "key at the files" 400 "$(api "$base/${url#https://}")"
is "own key at the files" 400 "$(curl -sS -o body -w '%{http_code}' \
  -H 'X-Fal-Key: a:b' "$base/${url#https://}")"
while IFS='|' read -r status path body words; do
  is "$path $body" "$status" "$(api -d "$body" "$(at "$path")")"
  has "$path $body" body "$words"
done <<ROWS
422|/images/generate|{$flux}|width is required
422|/images/generate|{$flux,$size,"seed":"7"}|"field":"seed"
422|/images/generate|{$flux,$size,"negative_prompt":""}|negative_prompt is empty
422|/images/generate|{$flux,"width":64,"height":32,"num_images":1}|height must be at least 64
422|/images/generate|{$flux,$size,"duration_seconds":5.0}|not a parameter
422|/images/generate|[]|not a JSON object
422|/images/generate?include_steps=1|{$flux,$size}|include_steps
400|/images/generate|{$veo,$size}|makes videos: use /videos/generate
404|/images/generate|{"model":"x","prompt":"x",$size}|MODEL_NOT_FOUND
422|/generate|{$flux,"num_images":2}|belongs into params
422|/generate|{$flux,"params":{}}|params is empty
422|/generate|{"model":"fal-ai/flux/schnell"}|prompt is required
200|/generate|{$flux,"params":{"image_size":"64x64"}}|"estimated_cost_usd"
422|/videos/generate|{$veo}|duration_seconds is required
422|/videos/generate|{$veo,"duration_seconds":5.0,"skip_gcs_upload":false}|true or absent
422|/videos/generate|{$veo,"duration_seconds":5.0,"image_url":"x"}|"field":"image_url"
ROWS
is "no asynchronous generate" 400 "$(api -H 'Prefer: respond-async' \
  -d "{$flux}" "$(at /generate)")"
is "another preference" 400 "$(api -H 'Prefer: wait=5' -d "{$flux,$size}" \
  "$images")"
is "an empty own key" 400 "$(api -H 'X-Fal-Key;' -d "{$flux,$size}" \
  "$images")"
is "content type" 415 "$(curl -sS -o body -w '%{http_code}' \
  -H 'Authorization: Bearer vg-test' -d "{$flux,$size}" "$images")"
is "no key" 401 "$(curl -sS -o body -w '%{http_code}' -d '{}' "$images")"

is "job" 202 "$(api -H 'Prefer: respond-async' \
  -d "{$veo,\"duration_seconds\":4.0}" "$videos")"
has "job" body '"status":"pending"'
id=$(sed 's/.*"request_id":"\([^"]*\)".*/\1/' body)
is "poll" 200 "$(api "$(at "/requests/$id")")"
has "poll" body '"status":"processing","media_type":"video"'
is "poll" 200 "$(api "$(at "/requests/$id")")"
has "poll" body '"status":"completed"'
is "poll by POST" 405 "$(api -d '{}' "$(at "/requests/$id")")"
is "no such job" 404 "$(api "$(at /requests/00000000-0000-0000-0000-000000000000)")"
is "the cache waits for nobody" 200 "$(api -H 'Prefer: respond-async' \
  -d "{$veo,\"duration_seconds\":4.0}" "$videos")"
has "the cache" body '"cache_hit":true'

# ---- the emulated account ----

is "usage" 200 "$(api "$(at '/usage?period=month')")"
has "usage" body '"total_requests":4,"successful_requests":4'
has "usage" body '"cached_requests":1'
has "usage" body '"by_provider":{"fal":4}'
has "usage" body '"by_model":{"fal-ai/flux/schnell":2,"fal-ai/veo3":2}'
is "no such period" 422 "$(api "$(at '/usage?period=fortnight')")"
is "logs" 200 "$(api "$(at '/usage/logs?limit=1&offset=1')")"
has "logs" body '"model":"fal-ai/veo3","provider":"fal","status":"completed"'
is "dashboard" 200 "$(api "$(at '/dashboard?period=week')")"
has "dashboard" body '"total_generations":4'
is "not there" 404 "$(api "$(at /usage/dashboard)")"
is "models" 200 "$(curl -sS -o body -w '%{http_code}' \
  "$(at '/models?limit=1&media_type=video&sort=cost')")"
has "models" body '"id":"replicate/lucataco/cogvideox-5b"'
is "models want a limit" 422 "$(api "$(at /models)")"
is "one model" 200 "$(api "$(at /models/fal-ai/flux/schnell)")"
has "one model" body '"base_cost_micro":3000'
is "keys" 200 "$(api "$(at /providers/keys)")"
has "keys" body '"masked_key":"****cret"'
is "store" 200 "$(api -X PUT -d '{"provider":"runway","api_key":"rw_abcdwxyz"}' \
  "$(at /providers/keys)")"
has "store" body '****wxyz'
is "balances" 200 "$(api "$(at /providers/balances)")"
has "balances" body '"limit":10000.0,"remaining":1880.0'
is "validate" 200 "$(api -d '{"provider":"fal","api_key":"bad:key"}' \
  "$(at /providers/validate)")"
has "validate" body '"valid":false'
is "delete" 200 "$(api -X DELETE "$(at /providers/keys/runway)")"
is "delete again" 404 "$(api -X DELETE "$(at /providers/keys/runway)")"
is "api keys" 200 "$(api "$(at /api-keys)")"
has "api keys" body '"key_prefix":"vg-test"'
for path in /auth/me /billing/info /billing/stats /billing/pricing; do
  is "$path" 200 "$(api "$(at $path)")"
  is "$path without a key" 401 "$(curl -sS -o body -w '%{http_code}' \
    "$(at $path)")"
done
is "health needs no key" 200 "$(curl -sS -o body -w '%{http_code}' \
  "$(at /health)")"
curl -sS -d '{"where":"other","fault":"503","count":1}' \
  "$base/control/fault" >/dev/null
is "a fault for the account" 503 "$(api "$(at /auth/me)")"
is "and then none" 200 "$(api "$(at /auth/me)")"
curl -sS "$base/control/stats" >stats.json
has "keys at the files" stats.json '"credentials_leaked":2'
finish
exit $failed
