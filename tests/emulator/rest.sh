#!/bin/sh
# Drives the emulated fal's side services with curl: tokens, the keys of the
# webhooks and what leaves for them, models, prices, the balance.
set -u
emulator=${GAMUT_EMULATOR:-}
[ -n "$emulator" ] && command -v curl >/dev/null || {
  echo "no emulator or no curl: skipped"
  exit 77
}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
dir=$(mktemp -d) pid='' failed=0
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
mkfifo "$dir/ready"
"$emulator" --polls 2 --latency 100 --seed 1 --ready-fd 3 --quiet \
  3>"$dir/ready" >"$dir/log" &
pid=$!
read -r port <"$dir/ready" || exit 1
base=http://127.0.0.1:$port
key='Authorization: Key id:secret'
json='Content-Type: application/json'

is() { # name, wanted, got
  [ "$2" = "$3" ] && return
  echo "FAIL $1: wanted '$2', got '$3': $(head -c 300 "$dir/body")"
  failed=1
}

has() { # name, wanted part; looks at the last answer
  case $(cat "$dir/body") in *"$2"*) return ;; esac
  echo "FAIL $1: no '$2' in: $(head -c 600 "$dir/body")"
  failed=1
}

http() { # curl arguments...; prints the status
  : >"$dir/body"
  curl -sS -m 20 -o "$dir/body" -w '%{http_code}' "$@"
}
post() { http -H "$key" -H "$json" -d "$2" "$base/$1"; }

# --- tokens -----------------------------------------------------------------
tokens=rest.fal.ai/tokens/
flux=fal.run/fal-ai/flux/dev
is "no key" 401 "$(http -H "$json" -d '{}' "$base/$tokens")"
is "an owner" 422 "$(post $tokens \
  '{"allowed_apps":["fal-ai/flux"],"token_expiration":120}')"
is "no end" 422 "$(post $tokens '{"allowed_apps":["flux"]}')"
is "token" 201 "$(post $tokens \
  '{"allowed_apps":["flux"],"token_expiration":120}')"
token=$(tr -d '"' <"$dir/body")
with() { # token
  http -H "$json" -d '{"prompt":"a"}' "$base/$flux/stream?fal_jwt_token=$1"
}
is "by token" 200 "$(with "$token")"
is "forged" 401 "$(with "${token}0")"
is "another app" 401 "$(http -H "$json" -d '{"prompt":"a"}' \
  "$base/fal.run/fal-ai/veo3.1?fal_jwt_token=$token")"
http -d '{"advance_ms":121000}' "$base/control/clock" >/dev/null
is "too old" 401 "$(with "$token")"

# --- headers of a submit -----------------------------------------------------
while IFS='|' read -r want header; do
  is "$header" "$want" "$(http -H "$key" -H "$json" -H "$header" \
    -d '{"prompt":"a"}' "$base/queue.fal.run/fal-ai/flux/dev")"
done <<'ROWS'
400|X-Fal-Queue-Priority: high
400|X-Fal-Request-Timeout: 1
400|X-Fal-Request-Start-Timeout: 0.5
200|X-Fal-Request-Start-Timeout: 30.0
400|X-Fal-Object-Lifecycle-Preference: 3600
200|X-Fal-Object-Lifecycle-Preference: {"expiration_duration_seconds":3600}
400|X-Fal-Store-IO: no
400|X-Fal-Tags: team
400|X-Fal-Tags: fal.team=art
400|X-Fal-Tags: a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9,j=10,k=11
200|X-Fal-Tags: team=art,user=a b
ROWS

# --- webhooks ---------------------------------------------------------------
queue=queue.fal.run/fal-ai/flux/dev
while read -r url; do
  is "$url" 422 "$(post "$queue?fal_webhook=$url" '{"prompt":"a"}')"
done <<'ROWS'
http://caller.example.test/hook
https://127.0.0.1/hook
https://localhost/hook
https://u:p@caller.example.test/hook
caller.example.test
ROWS
if [ "$(http "$base/rest.fal.ai/.well-known/jwks.json")" = 200 ]; then
  has "keys" '"kty":"OKP","crv":"Ed25519","x":"'
  is "two of them" 2 "$(grep -o Ed25519 "$dir/body" | wc -l | tr -d ' ')"
  is "elsewhere" 400 "$(http -d '{"to":"http://example.com:80"}' \
    "$base/control/hooks")"
  is "to" 200 "$(http -d "{\"to\":\"$base\"}" "$base/control/hooks")"
  post "$queue?fal_webhook=https://a.example.test/control/none" \
    '{"prompt":"told"}' >/dev/null
  sleep 1
  http -d '{}' "$base/control/hooks" >/dev/null
  has "one has left, without a poll" '"sent":1'
  post "$queue?fal_webhook=https://a.example.test/x" '{"prompt":"[never]"}' \
    >/dev/null
  sleep 1
  http -d '{}' "$base/control/hooks" >/dev/null
  has "none of a job that never ends" '"sent":1'
fi

# --- models, prices, balance ------------------------------------------------
api=$base/api.fal.ai/v1
is "models" 200 "$(http "$api/models?limit=2&category=text-to-video")"
has "a page" '"has_more":true'
has "its kind" '"category":"text-to-video"'
next=$(sed -n 's/.*"next_cursor":"\([0-9]*\)".*/\1/p' "$dir/body")
first=$(grep -o '"endpoint_id":"[^"]*"' "$dir/body" | head -n 1)
is "next page" 200 \
  "$(http "$api/models?limit=2&category=text-to-video&cursor=$next")"
grep -qF "$first" "$dir/body" && { echo "FAIL the same page"; failed=1; }
is "one" 200 "$(http "$api/models?endpoint_id=fal-ai/flux/dev")"
has "one" '"next_cursor":null,"has_more":false'
is "wrong page" 400 "$(http "$api/models?limit=0")"
has "its words" '{"error":{"type":"validation_error","message":'
is "prices want a key" 401 "$(http "$api/models/pricing")"
is "prices" 200 "$(http -H "$key" \
  "$api/models/pricing?endpoint_id=fal-ai/flux/dev&endpoint_id=fal-ai/veo3.1")"
has "flux" '"endpoint_id":"fal-ai/flux/dev","unit_price":0.025,"unit":"megapixels","currency":"USD"'
has "veo" '"endpoint_id":"fal-ai/veo3.1","unit_price":0.4,"unit":"seconds"'
is "no such" 404 "$(http -H "$key" "$api/models/pricing?endpoint_id=a/b")"
is "estimate" 200 "$(post api.fal.ai/v1/models/pricing/estimate \
  '{"estimate_type":"unit_price","endpoints":{"fal-ai/flux/dev":{"unit_quantity":50}}}')"
has "estimate" '"total_cost":1.25,"currency":"USD"'
is "balance" 200 "$(http -H "$key" "$base/rest.fal.ai/billing/user_balance")"
has "balance" 24.50

exit $failed
