#!/bin/sh
# Routes of the configuration: what they stand for, which of their models comes
# first, and what is wrong with those that cannot be.
. "$top_srcdir/tests/cli/common.sh"
start_emulator --polls 1 --size 64x64
XDG_CONFIG_HOME=$work/config
XDG_STATE_HOME=$work/state
OPENAI_API_KEY=sk-good
export XDG_CONFIG_HOME XDG_STATE_HOME OPENAI_API_KEY
unset GAMUT_MAX_COST GOOGLE_VERTEX_API_KEY GOOGLE_CLOUD_PROJECT
mkdir -p "$XDG_CONFIG_HOME/gamut/catalog"
config=$XDG_CONFIG_HOME/gamut/config.json

# Three models whose price and time are known, and one of which nothing is.
cat >"$XDG_CONFIG_HOME/gamut/catalog/fal.json" <<'END'
{ "provider": "fal", "models": [
  { "id": "me/dear-quick", "operations": ["text-to-image"], "latency_ms": 1000,
    "seed": false,
    "price": [ { "unit": "image", "usd": 0.10 } ] },
  { "id": "me/cheap-slow", "operations": ["text-to-image"], "latency_ms": 9000,
    "price": [ { "unit": "image", "usd": 0.01 } ] },
  { "id": "me/middling", "operations": ["text-to-image"], "latency_ms": 2000,
    "price": [ { "unit": "image", "usd": 0.02 } ] },
  { "id": "me/unknown", "operations": ["text-to-image"] } ] }
END
cat >"$config" <<'END'
{ "routes": { // with a comment
    "hero": {
      "links": ["fal:me/unknown", "fal:me/dear-quick", "fal:me/cheap-slow",
                "fal:me/middling"],
      "prefer": "cheapest", "max_cost": 0.05, "deadline": "90s",
      "on_blocked": "next" },
    "quick": { "links": ["@hero"], "prefer": "fastest" },
    "plain": { "links": ["fal:me/dear-quick", "fal:me/cheap-slow"] } } }
END

# order NAME ARGUMENT...: the models in the order in which they would be tried
order()
{
  run "$@"
  exits 0
  sed -n 's/^[0-9-]* *fal:me\/\([a-z-]*\) .*/\1/p' "$work/out" | tr '\n' ' '
}

# comes NAME ORDER ARGUMENT...
comes()
{
  wanted=$2
  name=$1
  shift 2
  got=$(order "$name" explain "$@" -p x)
  case_name=$name
  [ "$got" = "$wanted" ] || fail "the order is $got, not $wanted"
}

comes cheapest 'cheap-slow middling dear-quick unknown ' @hero
prints 'route hero: prefer cheapest, at most .0\.05 a link'
prints '1  fal:me/cheap-slow  .0\.01, 9\.0 s \(catalog\)'
prints 'first: the lowest price'
prints '-  fal:me/dear-quick'
prints 'skipped: .*max_cost'
prints '-  fal:me/unknown  price unknown, time unknown'
comes fastest 'dear-quick middling cheap-slow unknown ' @quick
comes balanced 'middling cheap-slow dear-quick unknown ' @quick \
  --prefer balanced
comes written 'dear-quick cheap-slow ' @plain
comes request-wins 'cheap-slow dear-quick ' @plain --prefer cheapest
comes by-name 'cheap-slow dear-quick ' -m fal:me/dear-quick \
  --fallback fal:me/cheap-slow --prefer cheapest
comes in-the-middle 'unknown dear-quick cheap-slow ' -m fal:me/unknown \
  --fallback @plain

# It is what is made, too; and the first model's failure leads to the second.
run made -p 'a fox' -m @hero -o made.png --json
exits 0
prints '"model":"me/cheap-slow"'
run next -p 'a fox [404:1]' -m @plain -o next.png --json
exits 0
prints '"model":"me/cheap-slow"'
prints '"attempts":\[\{"provider":"fal","model":"me/dear-quick","class":"not-found"'
run cost -p x -m @hero --max-cost 0.001 -o cost.png
exits 2
says 'max_cost'
run blocked -p '[blocked] fox' -m @hero -o blocked.png --json
exits 6
prints '"model":"me/cheap-slow","class":"blocked"'
prints '"model":"me/middling","class":"blocked"'
prints '"model":"me/dear-quick","class":"unsupported"'

# ---- what other processes know

XDG_STATE_HOME=$work/state-2
GAMUT_RETRY_ATTEMPTS=1
export GAMUT_RETRY_ATTEMPTS
i=0
while [ $i -lt 5 ]; do
  run "fails-$i" -p "a fox $i [500]" -m fal:me/dear-quick -o failed.png
  exits 8
  i=$((i + 1))
done
run open explain @plain
exits 0
prints '^-  fal:me/dear-quick'
prints 'skipped: passed over for (30|2[0-9]) s more: it failed 5 times in a row \(provider\)'
prints '^1  fal:me/cheap-slow'
run open-json explain @plain --json
prints '"breaker":\{"state":"open","failures":5,"class":"provider","left_ms":[0-9]+\}'
run passed-over -p 'a hare' -m @plain -o hare.png --json
exits 0
prints '"model":"me/cheap-slow"'
prints '"model":"me/dear-quick","class":"provider","message":"passed over for'
run last-resort -p 'a hare [404:1]' -m @plain -o hare-2.png --json
exits 0
[ -s hare-2.png ] || fail "the one that was passed over was not tried at last"
run really explain @plain --seed 7
prints 'skipped: seed is not offered by me/dear-quick'
run closed explain @plain
prints '^1  fal:me/dear-quick'
FAL_KEY=bad:secret run bad-key -p x -m fal:me/cheap-slow -o no.png
exits 3
FAL_KEY=bad:secret run key-off explain @plain
exits 0
prints 'last-resort: passed over for (600|5[0-9][0-9]) s more: the account failed 1 time in a row \(auth\)'
run key-changed explain @plain
prints '^1  fal:me/dear-quick'
GAMUT_BREAKER=no FAL_KEY=bad:secret run breaker-no explain @plain
prints '^1  fal:me/dear-quick'
XDG_STATE_HOME=$work/state
unset GAMUT_RETRY_ATTEMPTS

# ---- mistakes

wrong()
{
  printf '%s\n' "$3" >"$config"
  refused "$1" 2 invalid "$2" explain @a -p x
}

wrong itself "config.json: routes: 'a' leads to itself \(@a of @a\)" \
  '{"routes":{"a":{"links":["@a"]}}}'
wrong circle "'a' leads to itself \(@a of @b of @a\)" \
  '{"routes":{"a":{"links":["@b"]},"b":{"links":["flux","@a"]}}}'
wrong twice "'a' has 'flux' twice" '{"routes":{"a":{"links":["flux","flux"]}}}'
wrong twice-nested "has 'flux' twice" \
  '{"routes":{"a":{"links":["@b","flux"]},"b":{"links":["flux"]}}}'
wrong same-model "fal:fal-ai/flux/dev twice, as 'flux' and as 'fal:" \
  '{"routes":{"a":{"links":["flux","fal:fal-ai/flux/dev"]}}}'
wrong member "'a' has 'max_costs'.*did you mean 'max_cost'" \
  '{"routes":{"a":{"links":["flux"],"max_costs":3}}}'
wrong value "'a': max_cost: 'many' is not a number" \
  '{"routes":{"a":{"links":["flux"],"max_cost":"many"}}}'
wrong choice "prefer: 'luck' is not one of order" \
  '{"routes":{"a":{"links":["flux"],"prefer":"luck"}}}'
wrong type "'prefer' of 'a' is neither text" \
  '{"routes":{"a":{"links":["flux"],"prefer":["cheapest"]}}}'
wrong empty "'links' of 'a' must be an array of 1 to 32" \
  '{"routes":{"a":{"links":[]}}}'
wrong no-text "a link of 'a' is no text" '{"routes":{"a":{"links":[3]}}}'
wrong name "'a b' cannot be a name" '{"routes":{"a b":{"links":["flux"]}}}'
wrong no-object "'a' is not an object" '{"routes":{"a":["flux"]}}'
wrong no-route "'a': no route of the name 'x'" '{"routes":{"a":{"links":["@x"]}}}'
printf '%s\n' '{"routes":{"a":{"links":["fla:flux"]}}}' >"$config"
refused no-provider 5 not-found "unknown provider 'fla', did you mean 'fal'" \
  explain @a -p x
refused no-such-route 5 not-found "of the name 'b' is configured" \
  explain @b -p x
rm "$config"
refused no-routes 5 not-found '"routes" of config.json has them' \
  -p x -m @hero -o no.png
finish
