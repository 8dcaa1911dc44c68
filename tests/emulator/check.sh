#!/bin/sh
# Drives the emulator with curl: every state of a job, every family of faults,
# the control URL, the replay, and many jobs at once.
#   EMULATOR (or GAMUT_EMULATOR): the program; EMULATOR_LOAD: the load program.
set -u
emulator=${EMULATOR:-${GAMUT_EMULATOR:-}}
load=${EMULATOR_LOAD:-${top_builddir:-.}/tests/emulator/load}
here=$(dirname "$0")
[ -n "$emulator" ] && command -v curl >/dev/null || {
  echo "no emulator or no curl: skipped"
  exit 77
}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
dir=$(mktemp -d) pid='' failed=0
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
key='Authorization: Key id:secret'
json='Content-Type: application/json'
flux=queue.fal.run/fal-ai/flux

serve() { # options of the emulator...
  rm -f "$dir/ready"
  mkfifo "$dir/ready"
  "$emulator" --ready-fd 3 "$@" 3>"$dir/ready" >"$dir/out" 2>"$dir/err" &
  pid=$!
  read -r port <"$dir/ready" || { cat "$dir/err"; exit 1; }
  base=http://127.0.0.1:$port
}

finish() { # leaves the exit status in $status
  kill "$pid"
  wait "$pid"
  status=$?
  pid=
}

is() { # name, wanted, got
  [ "$2" = "$3" ] && return
  echo "FAIL $1: wanted '$2', got '$3'"
  failed=1
}

has() { # name, wanted part; looks at the last answer
  case $(cat "$dir/body") in *"$2"*) return ;; esac
  echo "FAIL $1: no '$2' in: $(head -c 600 "$dir/body")"
  failed=1
}

http() { # curl arguments...; prints the status, 000 and the curl error else
  : >"$dir/body"
  curl -sS -m 60 -D "$dir/head" -o "$dir/body" -w '%{http_code}' "$@" \
    2>"$dir/curl" || printf ' curl %s' $?
}

ask() { http -H "$key" "$@"; }
submit() { ask -H "$json" -d "$2" "$base/queue.fal.run/$1"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$dir/body" | head -n 1; }
mapped() { echo "$base/${1#https://}"; }

new_job() { # endpoint, input; sets $id
  is "submit $1" 200 "$(submit "$1" "$2")"
  id=$(field request_id)
}

poll_to_end() { # app
  while :; do
    polled=$(ask "$base/queue.fal.run/$1/requests/$id/status?logs=1")
    [ "$polled" = 202 ] || break
  done
  is "polls end" 200 "$polled"
}

bytes() { wc -c <"$dir/body" | tr -d ' '; }
magic() { od -An -tx1 -N "$1" "$dir/body" | tr -d ' \n'; }
stats() { http "$base/control/stats$1" >/dev/null; }

# --- a job's life ---------------------------------------------------------
serve --polls 3 --print-endpoints --seed 42
is "map comes first" '{"https://queue.fal.run"' \
  "$(head -n 1 "$dir/out" | cut -d: -f1-2)"
is "then the address" "listening on $base" "$(sed -n 2p "$dir/out")"

new_job fal-ai/flux/dev \
  '{"prompt":"a cat","seed":7,"num_images":2,"output_format":"png"}'
is "too early" 400 "$(ask "$base/$flux/requests/$id")"
has "too early" 'Request is still in progress'
is "first poll" 202 "$(ask "$base/queue/fal-ai/flux/requests/$id/status")"
has "queued" IN_QUEUE
has "position" '"queue_position":'
is "second poll" 202 "$(ask "$base/$flux/requests/$id/status?logs=1")"
has "running" IN_PROGRESS
has "logs" '"timestamp":"20'
is "third poll" 200 "$(ask "$base/$flux/requests/$id/status")"
has "done" COMPLETED
has "metrics" inference_time
is "result" 200 "$(ask "$base/$flux/requests/$id")"
has "flags" '"has_nsfw_concepts":[false,false]'
has "seed" '"seed":7'
url=$(field url)
is "too late to cancel" 400 \
  "$(ask -X PUT -H 'Content-Length: 0' "$base/$flux/requests/$id/cancel")"
has "too late" ALREADY_COMPLETED

is "file" 200 "$(http "$(mapped "$url")")"
is "PNG" 89504e470d0a1a0a "$(magic 8)"
is "its size" 0000040000000300 "$(od -An -tx1 -j 16 -N 8 "$dir/body" |
  tr -d ' \n')"
cp "$dir/body" "$dir/whole.png"
is "range" 206 "$(http -r 100-199 "$(mapped "$url")")"
is "range length" 100 "$(bytes)"
tail -c +101 "$dir/whole.png" | head -c 100 | cmp - "$dir/body" || failed=1
is "no such range" 416 "$(http -r 99999999- "$(mapped "$url")")"
is "key at the CDN" 400 "$(ask "$(mapped "$url")")"
stats ''
has "leak is counted" '"credentials_leaked":1'
if command -v python3 >/dev/null; then
  python3 - "$dir/whole.png" <<'PY' || failed=1
import struct, sys, zlib
b = open(sys.argv[1], "rb").read()
at, idat = 8, b""
while at < len(b):
    n, t = struct.unpack(">I4s", b[at:at + 8])
    assert zlib.crc32(b[at + 4:at + 8 + n]) == \
        struct.unpack(">I", b[at + 8 + n:at + 12 + n])[0], t
    idat += b[at + 8:at + 8 + n] if t == b"IDAT" else b""
    at += 12 + n
assert at == len(b) and len(zlib.decompress(idat)) == 1025 * 768
PY
fi

new_job fal-ai/flux/dev '{"prompt":"a cat","output_format":"jpeg"}'
poll_to_end fal-ai/flux
is "jpeg" 200 "$(ask "$base/$flux/requests/$id")"
is "jpeg file" 200 "$(http "$(mapped "$(field url)")")"
is "JPEG" ffd8ff "$(magic 3)"
is "JPEG end" ffd9 "$(tail -c 2 "$dir/body" | od -An -tx1 | tr -d ' \n')"

new_job fal-ai/veo3.1 '{"prompt":"waves","duration":"4s","resolution":"1080p"}'
poll_to_end fal-ai/veo3.1
is "video" 200 "$(ask "$base/queue/fal-ai/veo3.1/requests/$id")"
is "video file" 200 "$(http "$(mapped "$(field url)")")"
is "MP4" 66747970 "$(od -An -tx1 -j 4 -N 4 "$dir/body" | tr -d ' \n')"
if command -v python3 >/dev/null; then
  python3 - "$dir/body" <<'PY' || failed=1
import struct, sys
b = open(sys.argv[1], "rb").read()
def boxes(at, end):
    while at < end:
        n, t = struct.unpack(">I4s", b[at:at + 8])
        assert n >= 8 and at + n <= end, t
        yield t.decode(), at + 8, at + n
        at += n
top = {t: (a, e) for t, a, e in boxes(0, len(b))}
moov = {t: (a, e) for t, a, e in boxes(*top["moov"])}
trak = {t: (a, e) for t, a, e in boxes(*moov["trak"])}
scale, duration = struct.unpack(">II", b[moov["mvhd"][0] + 12:][:8])
assert duration / scale == 4
w, h = struct.unpack(">II", b[trak["tkhd"][1] - 8:][:8])
assert (w >> 16, h >> 16) == (1920, 1080)
PY
fi

new_job fal-ai/flux/dev '{"prompt":"in line","sync_mode":true}'
poll_to_end fal-ai/flux
is "inline" 200 "$(ask "$base/$flux/requests/$id")"
has "data URI" '"url":"data:image/jpeg;base64,/9j/'

new_job fal-ai/flux/dev '{"prompt":"stream"}'
is "stream" 200 "$(ask -N "$base/$flux/requests/$id/status/stream?logs=1")"
is "events" 3 "$(grep -c '^data: {"status":"[A-Z_]*"' "$dir/body")"

new_job fal-ai/flux/dev '{"prompt":"stop"}'
is "cancel" 202 "$(ask -X PUT -H 'Content-Length: 0' \
  "$base/$flux/requests/$id/cancel")"
has "cancel" CANCELLATION_REQUESTED
is "cancelled status" 200 "$(ask "$base/$flux/requests/$id/status")"
has "cancelled" client_cancelled
is "cancelled result" 499 "$(ask "$base/$flux/requests/$id")"
is "wrong verb" 405 "$(ask -X POST -d '' "$base/$flux/requests/$id/cancel")"
new_job fal-ai/flux/dev '{"prompt":"stop"}'
new_job fal-ai/flux/dev '{"prompt":"stop"}'
stats '?prompt=stop'
has "at once" '"stop":{"seen":3,"accepted":3,"cancelled":1,"at_once":2}'
is "sub path kept" 404 "$(ask \
  "$base/queue.fal.run/fal-ai/flux/dev/requests/$id/status")"
is "other app" 404 "$(ask "$base/queue/fal-ai/veo3.1/requests/$id/status")"
has "not found" '{"status":"NOT_FOUND"}'

is "run" 200 "$(ask -H "$json" -d '{"prompt":"now"}' \
  "$base/run/fal-ai/flux/schnell")"
has "run" '"images":[{"url":"https://v3b.fal.media/files/b/'

# --- strict ---------------------------------------------------------------
at=$base/queue/fal-ai/flux/dev body='{"prompt":"a"}'
is "no key" 401 "$(http -H "$json" -d "$body" "$at")"
is "Bearer" 401 "$(http -H 'Authorization: Bearer a:b' -H "$json" -d "$body" \
  "$at")"
has "Bearer" 'Invalid Key Authorization header format'
is "bad key" 401 "$(http -H 'Authorization: Key bad:x' -H "$json" -d "$body" \
  "$at")"
has "bad key" 'No user found for Key ID and Secret'
is "locked" 403 "$(http -H 'Authorization: Key locked:x' -H "$json" \
  -d "$body" "$at")"
has "locked" 'Exhausted balance'
is "no such app" 404 "$(submit fal-ai/no-such-model "$body")"
has "no such app" 'Application \"no-such-model\" not found'
is "no type" 415 "$(ask -H 'Content-Type: text/plain' -d "$body" "$at")"
is "no JSON" 422 "$(submit fal-ai/flux/dev '{"prompt":')"
is "a list" 422 "$(submit fal-ai/flux/dev '[]')"
while IFS='|' read -r input part; do
  new_job fal-ai/flux/dev "$input"
  poll_to_end fal-ai/flux
  is "$input" 422 "$(ask "$base/$flux/requests/$id")"
  has "$input" "$part"
done <<'ROWS'
{}|"type":"missing"
{"prompt":5}|"type":"string_type"
{"prompt":"a","num_images":9}|"ctx":{"le":4}
{"prompt":"a","num_images":"2"}|"type":"int_type"
{"prompt":"a","num_images":1.5}|"type":"int_type"
{"prompt":"a","guidance_scale":0.5}|"ctx":{"ge":1}
{"prompt":"a","image_size":"huge"}|model_attributes_type
{"prompt":"a","image_size":{"width":0}}|"ImageSize"
{"prompt":"a","output_format":"gif"}|literal_error
{"prompt":"a","sync_mode":"yes"}|bool_type
{"prompt":"a","colour":"red"}|extra_forbidden
{"prompt":"a","image_url":"https://x/y"}|extra_forbidden
ROWS
new_job fal-ai/flux-2-pro/edit '{"prompt":"a","image_urls":"https://x/y.png"}'
poll_to_end fal-ai/flux-2-pro
is "a list even for one" 422 "$(ask "$base/queue/fal-ai/flux-2-pro/requests/$id")"
has "a list even for one" list_type
new_job some/unknown '{"anything":1}'
new_job workflows/acme/poster/x '{"prompt":"deep"}'
poll_to_end workflows/acme/poster

# --- faults by prompt -----------------------------------------------------
while IFS='|' read -r fault first second part; do
  input="{\"prompt\":\"p $fault\"}"
  is "$fault" "$first" "$(submit fal-ai/flux/dev "$input")"
  [ -z "$part" ] || has "$fault" "$part"
  is "$fault again" "$second" "$(submit fal-ai/flux/dev "$input")"
done <<'ROWS'
[429:1]|429|200|concurrent_requests_limit
[e500:1]|500|200|internal_error
[503:1]|503|200|nginx
[502:1:type=runner_incomplete_response]|502|200|runner_incomplete_response
[504:1:timeout-type=user]|504|200|
[quota:1]|403|200|Exhausted balance
[reset:1]|000 curl 56|200|
[reset-before:1]|000 curl 56|200|
[close:1]|000 curl 52|200|
[close-before:1]|000 curl 52|200|
[truncate:1]|200 curl 18|200|
[badjson:1]|200|200|
[html:1]|200|200|<html>
[wrongtype:1]|200|200|[1, 2, 3]
[empty-body:1]|200|200|
[slow:50:1]|200|200|IN_QUEUE
[trickle:1:1]|200|200|cancel_url
[run:500]|200|200|
[just prose] and [more:1|200|200|
ROWS
stats '?prompts=1'
has "reset made a job" '"p [reset:1]":{"seen":2,"accepted":2}'
has "reset-before did not" '"p [reset-before:1]":{"seen":2,"accepted":1}'
has "429 did not" '"p [429:1]":{"seen":2,"accepted":1}'
is "made" 500 "$(submit fal-ai/flux/dev '{"prompt":"[500:1:made]"}')"
stats '?prompt=%5B500:1:made%5D'
has "made" '"[500:1:made]":{"seen":1,"accepted":1}'
is "retry-after" 429 "$(submit fal-ai/flux/dev \
  '{"prompt":"[429:1:retry-after=Wed, 21 Oct 2015 07:28:00 GMT]"}')"
grep -qi '^retry-after: Wed, 21 Oct 2015 07:28:00 GMT' "$dir/head" ||
  { echo "FAIL no Retry-After"; failed=1; }
is "timeout header" 504 "$(submit fal-ai/flux/dev \
  '{"prompt":"[504:timeout-type=user]"}')"
grep -qi '^x-fal-request-timeout-type: user' "$dir/head" ||
  { echo "FAIL no timeout type"; failed=1; }
for wide in huge endless; do
  curl -s -m 60 -H "$key" -H "$json" -d "{\"prompt\":\"[$wide]\"}" "$at" \
    2>/dev/null | head -c 50000000 | wc -c | tr -d ' ' >"$dir/n"
  is "$wide" 50000000 "$(cat "$dir/n")"
done
is "bomb" 268435456 "$(curl -sS --compressed -H "$key" -H "$json" \
  -d '{"prompt":"[bomb]"}' "$at" | wc -c | tr -d ' ')"
is "hang" "000 curl 28" "$(http -m 0.2 -H "$key" -H "$json" \
  -d '{"prompt":"[hang]"}' "$at")"

while IFS='|' read -r fault code part; do
  new_job fal-ai/flux/dev "{\"prompt\":\"q $fault\",\"num_images\":2}"
  poll_to_end fal-ai/flux
  is "$fault" "$code" "$(ask "$base/$flux/requests/$id")"
  [ -z "$part" ] || has "$fault" "$part"
done <<'ROWS'
[blocked]|422|content_policy_violation
[invalid]|422|"detail":"Could not load
[nomedia]|422|no_media_generated
[nsfw]|200|"has_nsfw_concepts":[true,true]
[nsfw:1]|200|"has_nsfw_concepts":[false,true]
[empty]|200|"images":[]
[fail]|503|runner_disconnected
[fail:request_timeout]|504|request_timeout
[fail-late]|500|internal_server_error
[private-url]|200|http://169.254.7.7/
[file-url]|200|file:///etc/passwd
[cred-url]|200|user:password@
[result:429:1]|429|concurrent
[result:truncate]|200 curl 18|
[result:reset]|000 curl 56|
ROWS
new_job fal-ai/flux/dev '{"prompt":"[status:503:1] [never]"}'
is "one 503" 503 "$(ask "$base/$flux/requests/$id/status")"
for _ in 1 2 3 4 5; do
  is "never" 202 "$(ask "$base/$flux/requests/$id/status")"
done
is "never a result" 400 "$(ask "$base/$flux/requests/$id")"
new_job fal-ai/flux/dev '{"prompt":"[lost:1] [strange] [other-id]"}'
is "lost once" 404 "$(ask "$base/$flux/requests/$id/status")"
poll_to_end fal-ai/flux
has "strange" '"status":"EXPLODED","request_id":"ffffffff'
new_job fal-ai/flux/dev '{"prompt":"[stubborn]"}'
is "stubborn" 202 "$(ask -X PUT -d '' "$base/$flux/requests/$id/cancel")"
poll_to_end fal-ai/flux
is "stubborn finishes" 200 "$(ask "$base/$flux/requests/$id")"

while IFS='|' read -r fault code target; do
  new_job fal-ai/flux/dev "{\"prompt\":\"f $fault\",\"image_size\":\"square\"}"
  poll_to_end fal-ai/flux
  ask "$base/$flux/requests/$id" >/dev/null
  is "$fault" "$code" "$(http "$(mapped "$(field url)")")"
  [ -z "$target" ] || grep -qi "^location: $target" "$dir/head" ||
    { echo "FAIL $fault: no $target"; failed=1; }
done <<'ROWS'
[redirect]|302|https://v3.fal.media/files/.*hop=1
[redirect-private]|302|http://169.254.7.7/
[redirect-plain]|302|http://v3b.fal.media/
[redirect-loop]|302|https://v3b.fal.media/
[file:404]|404|
[file:503:1]|503|
[file:truncate]|200 curl 18|
[file:html]|200|
[file:close]|000 curl 52|
ROWS

# --- faults and clock by the control URL ----------------------------------
control() { http -d "$2" "$base/control/$1"; }
is "reset" 200 "$(control reset '')"
is "rule" 200 "$(control fault \
  '{"where":"submit","fault":"e429:retry-after=0","every":2,"count":1}')"
is "1st" 200 "$(submit fal-ai/flux/dev "$body")"
is "2nd" 429 "$(submit fal-ai/flux/dev "$body")"
is "4th" "200 200" "$(submit fal-ai/flux/dev "$body") $(submit \
  fal-ai/flux/dev "$body")"
is "unknown fault" 400 "$(control fault '{"fault":"meteor"}')"
is "unknown key" 400 "$(control fault '{"fault":"500","often":1}')"
is "back in time" 400 "$(control clock '{"advance_ms":-1}')"
is "job rule" 200 "$(control fault '{"fault":"blocked","after":1,"count":1}')"
new_job fal-ai/flux/dev "$body"
poll_to_end fal-ai/flux
is "spared" 200 "$(ask "$base/$flux/requests/$id")"
new_job fal-ai/flux/dev "$body"
poll_to_end fal-ai/flux
is "struck" 422 "$(ask "$base/$flux/requests/$id")"
stats ''
has "counters" '"submits":{"seen":6,"accepted":5}'
has "jobs" '"total":5,'
is "jobs" 200 "$(http "$base/control/jobs?limit=1")"
has "jobs" '"endpoint":"fal-ai/flux/dev"'
finish
is "clean exit" 0 "$status"

# --- time instead of polls; one key; padded files of one size --------------
serve --latency 600000 --key only:this --image-bytes 65536 --size 64x32 \
  --own-urls
is "other key" 401 "$(submit fal-ai/flux/dev "$body")"
key='Authorization: Key only:this'
new_job fal-ai/flux/dev "$body"
has "own URLs" "\"status_url\":\"$base/queue.fal.run/fal-ai/flux/requests/"
is "in time" 202 "$(ask "$base/$flux/requests/$id/status")"
is "half" 200 "$(control clock '{"advance_ms":300000}')"
is "half" 202 "$(ask "$base/$flux/requests/$id/status")"
has "half" IN_PROGRESS
ask "$base/$flux/requests/$id/status/stream" >"$dir/stream" &
streaming=$!
is "end" 200 "$(control clock '{"advance_ms":300000}')"
wait "$streaming"
is "stream ends with the job" 200 "$(cat "$dir/stream")"
is "after" 200 "$(ask "$base/$flux/requests/$id/status")"
is "result" 200 "$(ask "$base/$flux/requests/$id")"
has "forced size" '"width":64,"height":32'
is "padded" 200 "$(http "$(field url)")"
is "padded" 65536 "$(bytes)"
finish

# --- many at once ---------------------------------------------------------
if [ -x "$load" ]; then
  serve --latency 600000 --image-bytes 1024 --size 16x16
  "$load" "$base" 20000 || { echo "FAIL load"; failed=1; }
  stats ''
  has "all done" '"jobs":{"total":20000,"queued":0,"running":0,"completed":20000'
  finish
fi

# --- replay ---------------------------------------------------------------
play() { # body of the first submit; plays the whole recording
  sent=$1 at="$base/queue.fal.run/fal-ai/flux/dev?fal_max_queue_length=2"
  for want in "000 curl 56" 200; do
    is "replayed submit" "$want" "$(http -H 'Authorization: Key key-id:key-secret' \
      -H 'X-Fal-Queue-Priority: low' -H "$json" -d "$sent" "$at")"
  done
  has "replayed" '"request_id":"r-1"'
  for _ in 1 2; do
    is "replayed poll" 202 "$(http -H 'Authorization: Key key-id:key-secret' \
      "$base/queue.fal.run/fal-ai/flux/requests/r-1/status")"
  done
}
good='{"loras":[{"scale":1}],"num_images":2,"prompt":"a cat"}'
serve --replay "$here/recording.json" --print-endpoints
is "its hosts" "{\"https://queue.fal.run\":\"$base/queue.fal.run\",\"https://v3b.fal.media\":\"$base/v3b.fal.media\"}" \
  "$(head -n 1 "$dir/out")"
play "$good"
is "replayed file" 200 "$(http "$base/v3b.fal.media/files/b/0a/cat.png")"
is "replayed file" "2000 89504e47" "$(bytes) $(magic 4)"
http "$base/control/replay" >/dev/null
has "report" '{"next":4,"total":4,"differences":[]}'
finish
is "agrees" "0 " "$status $(cat "$dir/err")"

serve --replay "$here/recording.json"
play '{"loras":[],"num_images":3,"prompt":"a cat","extra":true}'
is "unknown" 404 "$(http "$base/queue.fal.run/else/where")"
finish
is "differs" 1 "$status"
cp "$dir/err" "$dir/body"
has "body" 'body.num_images: recorded 2, sent 3'
has "list" 'body.loras: recorded [{"scale":1.0}], sent []'
has "extra" 'body.extra: not in the recording'
has "never" 'never asked: GET https://v3b.fal.media/files/b/0a/cat.png'
has "foreign" 'not in the recording: GET'

# --- the command line -----------------------------------------------------
"$emulator" --port 7 --print-endpoints --no-serve >"$dir/body" || failed=1
has "map only" '"https://api.fal.ai":"http://127.0.0.1:7/api.fal.ai"'
"$emulator" --help >"$dir/body" || failed=1
has "help" '[PHASE:FAULT:COUNT:KEY=VALUE]'
for wrong in --nonsense --port=70000 --size=1x "--replay=$dir/none" word; do
  "$emulator" "$wrong" >/dev/null 2>&1
  is "$wrong" 2 $?
done
exit $failed
