#!/bin/sh
# Higgsfield end to end: the CLI and plugins/higgsfield against the emulator,
# then what the emulator is strict about, with curl.
set -u
emulator=${GAMUT_EMULATOR:-} gamut=${GAMUT_CLI:-}
[ -n "$emulator" ] && [ -n "$gamut" ] && command -v curl >/dev/null || {
  echo "no emulator, no CLI or no curl: skipped"
  exit 77
}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
dir=$(mktemp -d) pid='' failed=0
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
export HIGGSFIELD_API_KEY=id HIGGSFIELD_API_SECRET=secret
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
  grep -q -- "$3" "$2" && return
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
  curl -sS -o body -w '%{http_code}' -H 'Authorization: Key id:secret' \
    -H 'Content-Type: application/json' "$@"
}
at() { echo "$base/platform.higgsfield.ai$1"; }

# ---- the CLI ----

serve --polls 3
make_it one.png 0 -p 'a fox' -m soul --aspect 9:16 --resolution 1080p
has one one.png.json '"width":1088,"height":1920'
make_it video.mp4 0 -p 'slow push in' -m dop --first-frame one.png
has video video.mp4.json '"kind":"video"'
make_it piped.mp4 0 -p 'slow push in' -m dop --first-frame - <one.png
has piped piped.mp4.json '"kind":"video"'
pixel=iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQ
make_it uri.mp4 0 -p 'slow push in' -m dop \
  --first-frame "data:image/png;base64,${pixel}DJ/pLvAAAAAElFTkSuQmCC"
make_it speech.mp4 2 -p 'hello' -m speak --first-frame one.png
make_it set.png 0 -p 'four, one withheld [nsfw:1]' -m soul-v1 -n 4
has set set.png.json '"withheld":1'
is "three of four" 3 "$(find . -name 'set-*.png' | wc -l | tr -d ' ')"
make_it old.mp4 0 -p 'pan' -m dop-lite-v1 --image one.png
make_it blocked.png 6 -p 'no [blocked]' -m soul
make_it failed.png 8 -p 'no [fail]' -m soul
has failed failed.png.json 'Generation fail message'
make_it empty.png 8 -p 'nothing [empty]' -m soul
make_it unknown.png 5 -p x -m no/such/model
has unknown unknown.png.json "no model 'no/such/model'"
make_it mode.png 5 -p x -m soul-pro
make_it rate.png 0 -p 'later [400:1:type=concurrent]' -m soul
HIGGSFIELD_API_KEY=bad
make_it auth.png 3 -p x -m soul
HIGGSFIELD_API_KEY=locked
make_it quota.png 4 -p x -m soul
HIGGSFIELD_API_KEY='' HIGGSFIELD_API_SECRET=''
make_it none.png 3 -p x -m soul
export HF_KEY=a:b
make_it key.png 0 -p x -m soul
unset HF_KEY
HIGGSFIELD_API_KEY=id HIGGSFIELD_API_SECRET=secret
make_it reset.png 0 -p 'lost [reset:1]' -m soul
make_it made.png 0 -p 'made [500:1:made]' -m soul
curl -sS "$base/control/stats?prompts=1" >stats.json
has "a lost answer is paid once" stats.json \
  '"lost \[reset:1\]":{"seen":2,"accepted":1}'
has "a wrong answer is paid once" stats.json \
  '"made \[500:1:made\]":{"seen":2,"accepted":1}'
has "the key goes to nobody else" stats.json '"credentials_leaked":0'
finish

# ---- the emulator ----

serve --polls 3
soul=$(at /higgsfield-ai/soul/standard)
is "wrong field" 422 "$(api -d '{"prompt":"x","image_size":"a"}' "$soul")"
is "wrong batch" 422 "$(api -d '{"prompt":"x","batch_size":2}' "$soul")"
is "wrong seconds" 400 "$(api -d \
  '{"prompt":"x","image_url":"https://a.b/c.png","duration":7}' \
  "$(at /kling-video/v2.1/pro/image-to-video)")"
has "wrong seconds" body 'must be one of \[5, 10\]'
is "no upload" 422 "$(api -d \
  '{"prompt":"x","image_url":"https://cdn.higgsfield.ai/input/1.png"}' \
  "$(at /higgsfield-ai/dop/lite)")"
is "keyed" 200 "$(api -H 'Idempotency-Key: k' -d '{"prompt":"x"}' "$soul")"
first=$(sed 's/.*"request_id":"\([^"]*\)".*/\1/' body)
is "keyed again" 200 "$(api -H 'Idempotency-Key: k' -d '{"prompt":"x"}' \
  "$soul")"
has "keyed again" body "$first"
is "another body" 422 "$(api -H 'Idempotency-Key: k' -d '{"prompt":"y"}' \
  "$soul")"
is "cancel" 202 "$(api -X POST "$(at "/requests/$first/cancel")")"
is "cancelled" 200 "$(api "$(at "/requests/$first/status")")"
has "cancelled" body '"status":"canceled"'
is "cancel again" 400 "$(api -X POST "$(at "/requests/$first/cancel")")"
is "v1 wants params" 422 "$(api -d '{"prompt":"x"}' "$(at \
  /v1/text2image/soul)")"
is "place" 200 "$(api -d '{"content_type":"image/png"}' \
  "$(at /files/generate-upload-url)")"
place=$base/$(sed 's|.*"upload_url":"https://\([^"]*\)".*|\1|' body)
is "all headers" 403 "$(curl -sS -o body -w '%{http_code}' -X PUT \
  -H 'Content-Type: image/png' -d x "$place")"
has "all headers" body SignatureDoesNotMatch
is "stored" 200 "$(curl -sS -o body -w '%{http_code}' -X PUT -d x \
  -H 'Content-Type: image/png' -H 'x-amz-tagging: retention=temporary' \
  "$place")"
is "key at the storage" 400 "$(api -X PUT -d x "$place")"
curl -sS "$base/control/stats" >stats.json
has "key at the storage" stats.json '"credentials_leaked":1'
finish
exit $failed
