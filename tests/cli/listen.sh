#!/bin/sh
# Deliveries of webhooks: `gamut webhook listen`, and a job that they wake.  The
# vendor is Higgsfield, whose signatures openssl can make; the polls are an hour
# apart, so whatever ends was woken.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
for tool in curl openssl; do
  command -v $tool >/dev/null || { echo "no $tool"; exit 77; }
done
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
secret=$(printf 'a secret of this very test' | openssl base64)
HIGGSFIELD_WEBHOOK_SECRET=whsec_$secret
HIGGSFIELD_API_KEY=id
HIGGSFIELD_API_SECRET=no-word-of-this
export HIGGSFIELD_WEBHOOK_SECRET HIGGSFIELD_API_KEY HIGGSFIELD_API_SECRET

# sign ID TIME BODY
sign()
{
  printf '%s.%s.%s' "$1" "$2" "$3" |
    openssl dgst -sha256 -binary -mac HMAC -macopt "hexkey:$(
      printf 'a secret of this very test' | od -An -tx1 | tr -d ' \n'
    )" | openssl base64
}

# deliver PORT ID BODY [SIGNATURE]: the status
deliver()
{
  now=$(date +%s)
  curl -sS -o "$work/answer" -w '%{http_code}' -X POST \
    -H 'Content-Type: application/json' -H "webhook-id: $2" \
    -H "webhook-timestamp: $now" \
    -H "webhook-signature: v1,${4:-$(sign "$2" "$now" "$3")}" \
    --data-binary "$3" "http://127.0.0.1:$1/higgsfield"
}

is()
{
  [ "$1" = "$2" ] || fail "$3: '$1', not '$2'"
}

# in_background NAME ARGUMENT...: waits until it listens; sets $pid and $port; its
# output is in $work/heard and $work/said
in_background()
{
  case_name=$1
  shift
  rm -f "$work/said" "$work/heard"
  "$GAMUT" "$@" >"$work/heard" 2>"$work/said" </dev/null &
  pid=$!
  for _ in $(seq 100); do
    port=$(sed -n 's|.*listening at http://127\.0\.0\.1:\([0-9]*\)/.*|\1|p' \
      "$work/said" 2>/dev/null)
    [ -n "$port" ] && return
    kill -0 $pid 2>/dev/null || break
    sleep 0.1
  done
  tail -n 5 "$work/said"
  fail "it does not listen"
  finish
}

# soon FILE PATTERN
soon()
{
  for _ in $(seq 100); do
    grep -q -e "$2" "$1" && return
    sleep 0.1
  done
  fail "no '$2' in $1"
}

# ---- the verb

done='{"status":"completed","request_id":"r1"}'
in_background verb webhook listen --port 0 higgsfield
soon "$work/said" 'listening at http://127\.0\.0\.1:[0-9]*/higgsfield$'
is "$(deliver "$port" m1 "$done")" 200 genuine
is "$(deliver "$port" m1 "$done")" 200 again
is "$(deliver "$port" m2 "$done" AAAA)" 401 forged
is "$(deliver "$port" m3 '{"status":"nsfw","request_id":"r2"}')" 200 blocked
is "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/higgsfield")" \
  405 GET
is "$(curl -s -o /dev/null -w '%{http_code}' -d x "http://127.0.0.1:$port/fal")" \
  404 'another provider'
head -c 5000000 /dev/zero | tr '\0' x >"$work/large"
is "$(curl -s -o /dev/null -w '%{http_code}' --data-binary "@$work/large" \
  "http://127.0.0.1:$port/higgsfield")" 413 'too large'
run port-in-use webhook listen --port "$port"
exits 2
says 'cannot listen on 127\.0\.0\.1:'
case_name=verb-output
kill -TERM $pid
wait $pid
is $? 0 'the end'
cat >"$work/want" <<END
higgsfield
genuine: job r1 completed
  delivery m1
higgsfield (again)
genuine: job r1 completed
  delivery m1
higgsfield: refused (401): no delivery of Higgsfield's: its signature is not of this secret
higgsfield
genuine: job r2 blocked
  delivery m3
fal: refused (404): nobody listens at that address
END
diff "$work/want" "$work/heard" || fail 'other lines'
grep -q "$secret" "$work/heard" "$work/said" && fail 'the secret is shown'

in_background json webhook listen --port 0 --json
is "$(deliver "$port" m1 "$done")" 200 genuine
soon "$work/heard" '"job":"r1"'
kill -TERM $pid
wait $pid
is "$(cat "$work/heard")" '{"job":"r1","state":"completed","delivery":"m1","repeated":false,"provider":"higgsfield","status":200}' 'the document'

refused not-listed 2 unsupported "runway has no 'webhook'" \
  webhook listen --port 0 runway
run no-port webhook listen
exits 2
says 'needs --port'
run odd-port webhook listen --port 99999
exits 2
says "'99999' is no port"
run listen-odd -p x -m soul --listen eighty
exits 2
says "'eighty' is no port"

# ---- a job that is woken

start_emulator --polls 1 --seed 7
GAMUT_POLL_INTERVAL=10ms
export GAMUT_POLL_INTERVAL
run the-id -p 'a neon fox' -m soul -o first.png --json
exits 0
id=$(sed -n 's/.*"request_id": *"\([^"]*\)".*/\1/p' "$work/out" | head -n 1)
[ -n "$id" ] || { fail 'no id'; finish; }
kill "$emulator_pid"
wait "$emulator_pid"
rm -f "$work/ready"
start_emulator --polls 1 --seed 7 --verbose 2>"$work/requests"
GAMUT_POLL_INTERVAL=1h
in_background woken -p 'a neon fox' -m soul -o fox.png --listen 0 \
  --webhook https://hooks.example.test/higgsfield
soon "$work/said" 'waiting'
body="{\"status\":\"completed\",\"request_id\":\"$id\"}"
is "$(deliver "$port" m1 "$body" AAAA)" 401 forged
soon "$work/said" 'a delivery was refused'
[ ! -e fox.png ] || fail 'a forged delivery woke it'
is "$(deliver "$port" m2 "$body")" 200 genuine
wait $pid
is $? 0 'the end'
soon "$work/heard" '^fox\.png  PNG'
soon "$work/said" 'the vendor reports the end'

# Nobody comes; the poll does.
GAMUT_POLL_INTERVAL=300ms
run lost -p 'a red fox' -m soul -o lost.png --listen 0 \
  --webhook https://hooks.example.test/higgsfield
exits 0

# ---- a job that was left

again()
{
  kill "$emulator_pid"
  wait "$emulator_pid"
  rm -f "$work/ready"
  start_emulator "$@"
}

GAMUT_POLL_INTERVAL=1h
if [ -e "$GAMUT_PLUGIN_PATH/store-sqlite.so" ]; then
  again --polls 2 --seed 7
  run left -p 'a neon fox' -m soul -o left.png --timeout 200ms
  exits 11
  in_background resumed webhook listen --port 0 --resume higgsfield
  soon "$work/said" 'going on with 1 job'
  for n in 1 2 3 4 5 6 7 8 9; do # its first poll is somewhere in two seconds
    is "$(deliver "$port" "l$n" "$body")" 200 genuine
    [ -e left.png ] && break
    sleep 0.5
  done
  soon "$work/heard" 'left\.png  PNG'
  kill -TERM $pid
  wait $pid
  is $? 0 'the end'
fi

# ---- signed with a public key, by the emulator itself

if "$GAMUT_EMULATOR" --help | grep -q -- --hooks-to; then
  again --latency 1000 --hooks-to http://127.0.0.1:1
  in_background fal video -p waves -m fal:fal-ai/veo3.1 -o waves.mp4 --listen 0 \
    --webhook https://hooks.example.test/fal
  curl -sS -o "$work/answer" -d "{\"to\":\"http://127.0.0.1:$port\"}" \
    "$emulator_url/control/hooks"
  wait $pid
  is $? 0 'the end'
  soon "$work/said" 'the vendor reports the end'
  soon "$work/heard" 'waves\.mp4  MP4'
fi
finish
