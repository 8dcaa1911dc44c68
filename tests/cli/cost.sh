#!/bin/sh
# What a job did cost: the vendor's figure, the estimate before, the formula over
# what came; and that a record of it says the same later.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
start_emulator --latency 20
XDG_STATE_HOME=$work/state
VISGATE_API_KEY=vg-key
RUNWAYML_API_SECRET=key_1
export XDG_STATE_HOME VISGATE_API_KEY RUNWAYML_API_SECRET

# No vendor's figure: what it counted, at the catalog's price, which is at
# second hand; beside it what the catalog would have said.
run formula -p 'a fox' -m flux --size 1280x1024 -o f.png --json
exits 0
prints '"cost":\{"usd":0\.0[0-9]+,"estimated":true,"estimate_usd":0\.05,"formula_usd":0\.05,"difference_usd":-?0'
prints '"cost_usd":0\.0[0-9]+,"cost_estimated":true'

# The vendor's own, beside what the catalog thinks.
run vendor video -p waves -m runway:gen4.5 --duration 5 -o w.mp4 --json
exits 0
prints '"cost":\{"usd":[0-9.]+,"estimated":false,"estimate_usd":0\.6,"formula_usd":[0-9.]+,"difference_usd":-?[0-9.]+'
cost=$(grep -o '"cost":{"usd"[^}]*}' "$work/out")
id=$(sed 's/^{"id":"\([^"]*\)".*/\1/' "$work/out")
run record status "$id" --json
exits 0
grep -qF "$cost" "$work/out" || fail "the record has another cost than $cost"

# What the gateway's cache has is free, and what that saved is told.
run miss -p 'the same fox' -m visgate:fal-ai/flux/schnell -o m.png --json
exits 0
run hit -p 'the same fox' -m visgate:fal-ai/flux/schnell -o h.png --json
exits 0
prints '"cost":\{"usd":0(\.0)?,"estimated":false,.*"avoided_usd":0\.0[0-9]+'
prints '"cache_hit":"true"'
run verbose -p 'the same fox' -m visgate:fal-ai/flux/schnell -o v.png -v
exits 0
prints 'schnell.*, \$0\.00'
prints '^  avoided   \$0\.0'

# A failed job cost nothing that anybody knows of.
run failed -p 'x [fail]' -m flux -o no.png --json
if grep -q '"usd"' "$work/out"; then fail "a failure has a cost"; fi

# The vendors' own lists have prices.
run listed models --remote visgate
exits 0
prints 'fal-ai/flux/schnell .*\$0\.003 a megapixel'
finish
