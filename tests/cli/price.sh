#!/bin/sh
# What a request costs: quotes, dry runs, --max-cost, what is not known.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
XDG_CONFIG_HOME=$work/config
export XDG_CONFIG_HOME
mkdir -p "$work/config/gamut/catalog"
own=$work/config/gamut/catalog/own.json

# A table, without prompt, key or inputs.
run one price -m flux -n 2
exits 0
prints '^fal:fal-ai/flux/dev +~\$0\.05 +2 outputs x 1 megapixel x \$0\.025 +fal .*, 20[0-9-]+$'
run input-not-needed price -m fal:fal-ai/kling-video/v2.1/pro/image-to-video \
  --duration 10
exits 0
prints '~\$0\.98 +10 seconds x \$0\.098'
run route price -m gpt-image-2.5 --fallback runway:gen4.5 \
  --fallback modelgates:runway/aleph-2 --fallback fal:fal-ai/no/such
exits 0
prints '^openai:gpt-image-2\.5-sunburst +unknown .*output tokens x \$30\.00 a million .* tokens that only the vendor counts'
prints '^runway:gen4\.5 +\$0\.60 +5 seconds x \$0\.12 \(60 credits\)'
prints '^modelgates:runway/aleph-2 +unknown +seconds x \$0\.28 .* length of the input'
prints '^fal:fal-ai/no/such +unknown .* the catalog does not have the model'
[ "$(wc -l <"$work/out")" -eq 4 ] || fail "not one line each"
run excludes price -m gpt-image-2 --quality high --size 1024x1024 -n 3
exits 0
prints '\$0\.633 +3 images x \$0\.211 .*without input tokens'
run verb-needs-no-prompt price -m veo3.1-fal --operation text-to-video
exits 0
prints '8 seconds x \$0\.40'

# The same for programs.
run json price -m gpt-image-2 --quality high --size 1024x1024 -n 3 --json
exits 0
prints '"n":3,"price":\{"usd":0\.633,"formula":"3 images x \$0\.211","unit":"image",'
prints '"checked":"20[0-9-]+","excludes":"input tokens","sure":true,"depends_on":\{"quality":"high",'
run json-unknown price -m gpt-image-2 --json
exits 0
prints '"price":\{"why":"priced by tokens .*; it depends on quality, size and aspect_ratio"'
if grep -q '"usd"' "$work/out"; then fail "unknown is a figure"; fi

# What --max-cost would do, and how it ends when nothing is left.
run max price -m flux --fallback runway:gen4.5 --fallback gpt-image-2 \
  --max-cost 0.05
exits 0
prints '^fal:fal-ai/flux/dev .* 20[0-9-]+$'
prints '^runway:gen4\.5 .*above --max-cost'
prints '^openai:gpt-image-2 .*refused by --max-cost: priced by tokens'
run max-unknown price -m gpt-image-2 --max-cost 0.05 --allow-unknown-cost
exits 0
run max-none price -m runway:gen4.5 --max-cost 0.05
exits 2
prints 'above --max-cost'
run max-json price -m runway:gen4.5 --max-cost 0.05 --json
exits 2
prints '"refused":"gen4\.5 would cost \$0\.60 \(5 seconds x \$0\.12\), more than max_cost \$0\.05"'

printf '{"routes":{"hero":{"links":["flux","runway:gen4.5"]}}}' >hero.json
run named price @hero --config hero.json --no-audio
exits 0
prints '^fal:fal-ai/flux/dev '
prints '^runway:gen4\.5 '

# What the model cannot do has no price.
run unsupported price -m sora --duration 7
exits 2
prints '^openai:sora-2 +- .*cannot be used: .*duration 7'
refused n 2 invalid 'n 0' price -m flux -n 0
refused no-model 2 invalid 'no model is named' price
refused no-name 5 not-found "unknown provider 'nope'" price -m nope:x

# Prices of one's own, and broken ones: the file and the key are named.
printf '{"provider":"higgsfield","credit_usd":0.0625,"models":[]}' >"$own"
run credits price -m higgsfield:soul -n 4
exits 0
prints '~\$0\.25 +4 images x \$0\.0625 \(4 credits\)'
rm "$own"
run credits-unknown price -m higgsfield:soul -n 4
exits 0
prints 'unknown +4 images x 1 credit \(4 credits\) .*"credit_usd" in a catalog file'

# broken NAME WORDS ROW
broken()
{
  printf '{"provider":"fal","models":[{"id":"x","operations":["edit"],"price":[%s]}]}' \
    "$3" >"$own"
  refused "$1" 2 invalid "own\\.json: models/0/price/0$2" price -m flux
  rm "$own"
}
broken negative "/usd: '-1' is below 0" '{"unit":"image","usd":-1}'
broken nan /usd '{"unit":"image","usd":NaN}'
broken huge '/usd: .*above' '{"unit":"image","usd":1e300}'
broken text "/usd: 'free' is not a number" '{"unit":"image","usd":"free"}'
broken none ": 'usd' is missing" '{"unit":"image"}'
broken unit '/unit' '{"unit":"hour","usd":1}'
broken minimum '/minimum' '{"unit":"image","usd":1,"minimum":-5}'
broken credits '/credits' '{"unit":"image","credits":-1}'

# Dry runs say the same, and show files by size and hash.
png=iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
FAL_KEY=id:secret
OPENAI_API_KEY=sk-x
export FAL_KEY OPENAI_API_KEY
run dry -p x -m gpt-image-2 --dry-run
exits 0
prints '^  price unknown: priced by tokens .*; output tokens x \$30\.00 a million'
run dry-input edit -p x -m flux-kontext --image "data:image/png;base64,$png" \
  --dry-run
exits 0
prints '"image_url": "data:image/png;base64,<70 bytes>"'
prints '^image data:image/png;base64,: 70 bytes, SHA-256 [0-9a-f]{64}$'
run dry-json edit -p x -m flux-kontext --image "data:image/png;base64,$png" \
  --dry-run --json
exits 0
grep -qF "\"image_url\":\"data:image/png;base64,$png\"" "$work/out" ||
  fail "the body is not as it would be sent"
prints '"inputs":\[\{"role":"image",.*"size":70,"sha256":"[0-9a-f]{64}"'
finish
