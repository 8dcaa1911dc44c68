#!/bin/sh
# The program against the emulated OpenAI: pictures, edits, streams, videos, a
# compatible server, and what goes wrong with each.
set -u
[ -n "${GAMUT_EMULATOR:-}" ] && [ -n "${GAMUT_CLI:-}" ] || {
  echo "no emulator or no program: skipped"
  exit 77
}
dir=$(mktemp -d) pid='' failed=0
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
mkfifo "$dir/ready"
"$GAMUT_EMULATOR" --ready-fd 3 --print-endpoints --polls 2 --size 64x48 \
  3>"$dir/ready" >"$dir/map" 2>"$dir/err" &
pid=$!
read -r port <"$dir/ready" || { cat "$dir/err"; exit 1; }
GAMUT_ENDPOINTS=$(sed -n 1p "$dir/map")
OPENAI_API_KEY=sk-any GAMUT_POLL_INTERVAL=1ms GAMUT_RETRY_MAX_WAIT=1ms
XDG_CONFIG_HOME=$dir/config
export GAMUT_ENDPOINTS OPENAI_API_KEY GAMUT_POLL_INTERVAL \
  GAMUT_RETRY_MAX_WAIT XDG_CONFIG_HOME
mkdir -p "$dir/config/gamut"
cat >"$dir/config/gamut/config.json" <<'END'
{"providers": {"local": {"use": "openai",
                         "base_url": "https://compatible.example/v1"}}}
END

# exit code, words that the answer has (separated by |), arguments...
try() {
  want=$1 words=$2
  shift 2
  rm -f "$dir"/out*
  "$GAMUT_CLI" "$@" -q --json -o "$dir/out" >"$dir/json" 2>"$dir/said"
  got=$?
  [ "$got" = "$want" ] || {
    echo "FAIL $*: exit code $got, not $want: $(head -c 400 "$dir/json")"
    failed=1
  }
  old=$IFS IFS='|'
  for word in $words; do
    grep -qF -e "$word" "$dir/json" && continue
    echo "FAIL $*: no '$word' in $(head -c 900 "$dir/json")"
    failed=1
  done
  IFS=$old
}

# Pictures.  A prompt of five letters is 8 tokens, a picture 1056.
try 0 '"cost_usd":0.03172|image/png' -p "a fox" -m gpt-image
try 0 '"cost_usd":0.09508|out-3' -p "a fox" -m gpt-image -n 3
try 0 'image/jpeg' -p "a fox" -m gpt-image --format jpeg
try 0 'image/webp' -p "a fox" -m gpt-image --format webp
try 0 'image/gif' -p "a fox" -m gpt-image-2.6-flare --format gif \
  --set frame_count=2
try 0 'image/svg' -p "a fox" -m gpt-image-2.6-flare --format svg
try 2 'seed' -p "a fox" -m gpt-image --seed 1
try 2 'Invalid value' -p "a fox" -m gpt-image --no-check --size 333x333
try 2 "Unknown parameter: 'foo'" -p "a fox" -m gpt-image --set foo=1
try 2 "successor is 'gpt-image-2'" -p "a fox" -m gpt-image-1
try 5 'does not exist' -p "a fox" -m openai:gpt-image-9

# Edits: one file, several, a mask; URLs.
"$GAMUT_CLI" -p "a cat" -m gpt-image -q -o "$dir/cat.png" >/dev/null ||
  failed=1
cat=$dir/cat.png
pixel=iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQ
pixel="${pixel}DJ/pLvAAAAAElFTkSuQmCC"
cp "$cat" "$dir/large.png" && truncate -s 52428801 "$dir/large.png"
try 0 '"cost_usd":0.04068' -p "a hat" -m gpt-image --image "$cat"
try 0 '"cost_usd":0.0586' -p "a hat" -m gpt-image --image "$cat" \
  --image "$cat" --mask "$cat"
try 0 '"status":"completed"' -p "a hat" -m gpt-image-1.5 --image "$cat" \
  --set input_fidelity=high
try 2 "Unknown parameter: 'input_fidelity'" -p "a hat" -m gpt-image \
  --image "$cat" --set input_fidelity=high
try 0 '"cost_usd":0.04068' -p "a hat" -m gpt-image \
  --image https://example.com/cat.png
try 0 '"cost_usd":0.04068' -p "a hat" -m gpt-image --image - <"$cat"
try 0 '"cost_usd":0.0586' -p "a hat" -m gpt-image --image "$cat" --image - \
  --mask "$cat" <"$cat"
try 0 '"cost_usd":0.04068' -p "a hat" -m gpt-image \
  --image "data:image/png;base64,$pixel"
try 2 'takes at most 52428800 for its image' -p "a hat" -m gpt-image \
  --image "$dir/large.png"
try 2 "'standard input' has 52428801 bytes" -p "a hat" -m gpt-image \
  --image - <"$dir/large.png"
try 2 "is image/gif; gpt-image-2 takes" -p "a hat" -m gpt-image \
  --image "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs="
try 5 'No such File' -p "a hat" -m gpt-image --image "$cat" \
  --set 'images=[{"file_id":"file-none"}]'

# Streams: drafts cost 100 tokens each.
try 0 '"cost_usd":0.03772' -p "a fox" -m gpt-image --set stream=true \
  --set partial_images=2
try 6 '"status":"blocked"' -p "a fox [blocked]" -m gpt-image \
  --set stream=true --set partial_images=2
try 6 '"status":"blocked"' -p "a fox [blocked]" -m gpt-image --set stream=true
try 8 'before the picture was complete' -p "a fox [empty]" -m gpt-image \
  --set stream=true --set partial_images=2

# What goes wrong.
try 6 '"status":"blocked"' -p "a fox [blocked]" -m gpt-image
try 0 '"status":"completed"' -p "a fox [503:2]" -m gpt-image
try 0 '"status":"completed"' -p "a fox [429:1:retry-after=0]" -m gpt-image
try 4 '"class":"quota"' -p "a fox [quota]" -m gpt-image
try 4 '"class":"quota"' -m gpt-image \
  -p "a fox [400:type=billing_hard_limit_reached]"
try 10 '"maybe_charged":true' -p "a fox [run:reset]" -m gpt-image
try 8 'no picture' -p "a fox [empty]" -m gpt-image
OPENAI_API_KEY=sk-bad
try 3 'Incorrect API key' -p "a fox" -m gpt-image
OPENAI_API_KEY=sk-locked
try 4 'no prepaid credits' -p "a fox" -m gpt-image
OPENAI_API_KEY=sk-noscope
try 3 '"class":"permission"' -p "a fox" -m gpt-image
OPENAI_API_KEY=sk-any

# A server that speaks like OpenAI.
try 0 '"provider":"local"' -p "a fox" -m local:flux --seed 3 --steps 4
try 0 'blob.compatible.example' -p "a fox" -m local:flux \
  --set response_format=url
try 2 '"class":"invalid"' -p "a fox [400]" -m local:flux
try 0 '"status":"completed"' -p "a fox" -m local:sd --set stream=true
try 0 '"status":"completed"' -p "a fox" -m local:dall-e-3 --no-check

# Videos.
try 0 'video/mp4|"cost_usd":0.4' video -p "a cat" -m sora --duration 4
id=$(sed -n 's/.*"video_id":"\([^"]*\)".*/\1/p' "$dir/json")
try 0 'video/mp4' video -p "night" -m openai:sora-2 --option video="$id"
try 0 'video/mp4' video -p "bow" -m openai:sora-2 --option video="$id" \
  --option action=remix
try 0 'video/mp4' video -p "rise" -m openai:sora-2 --option video="$id" \
  --option action=extend --duration 8
try 0 '"cost_usd":0' video -p "again" -m openai:sora-2 \
  --option video="$id" --option action=fetch
try 0 'image/webp' video -p "again" -m openai:sora-2 \
  --option video="$id" --option action=fetch --option variant=thumbnail
try 2 'Inpaint image must match' video -p "turn" -m openai:sora-2 \
  --first-frame "$cat" --size 720x1280
try 6 '"status":"blocked"' video -p "a cat [blocked]" -m openai:sora-2
try 8 'internal error' video -p "a cat [fail]" -m openai:sora-2
try 0 'video/mp4' video -p "a cat [status:503:2]" -m openai:sora-2
try 0 'video/mp4' video -p "a cat [strange:1]" -m openai:sora-2
try 0 'video/mp4' video -p "a cat [file:503:1]" -m openai:sora-2
try 5 'not found' video -p "a cat [lost]" -m openai:sora-2
try 0 'video/mp4' video -p "a cat" -m local:wan --fps 24 --duration 4

if command -v curl >/dev/null; then
  curl -s "http://127.0.0.1:$port/control/stats" >"$dir/stats"
  grep -q '"credentials_leaked":0' "$dir/stats" || {
    echo "FAIL a key went where it does not belong"
    failed=1
  }
fi
exit $failed
