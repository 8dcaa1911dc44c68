#!/bin/sh
# What was made for a similar prompt, with OpenAI's and Google's vectors, and with
# nobody there to compare.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || {
  echo "no store: skipped"
  exit 77
}
GAMUT_POLL_INTERVAL=20ms GAMUT_CACHE_SEMANTIC=on GAMUT_CACHE_EMBEDDER=openai
OPENAI_API_KEY=sk-hush-1 GOOGLE_GEMINI_API_KEY=hush-2
GOOGLE_VERTEX_API_KEY=hush-3
export GAMUT_POLL_INTERVAL GAMUT_CACHE_SEMANTIC GAMUT_CACHE_EMBEDDER \
  OPENAI_API_KEY GOOGLE_GEMINI_API_KEY GOOGLE_VERTEX_API_KEY
start_emulator --polls 1 --size 64x64

stat()
{
  curl -sf "$emulator_url/control/stats" | sed -n "s/.*$1\\([0-9]*\\).*/\\1/p"
}

submitted()
{
  [ "$(stat '"submits":{"seen":')" -eq "$1" ] ||
    fail "submitted $(stat '"submits":{"seen":') times, not $1"
}

embedded()
{
  [ "$(stat '"embed":')" -eq "$1" ] ||
    fail "embedded $(stat '"embed":') times, not $1"
}

# fox NAME PROMPT OPTION...
fox()
{
  name=$1 prompt=$2
  shift 2
  run "$name" -p "$prompt" -m flux --seed 7 -o "$name.png" "$@"
}

long='a red fox sleeps in the deep snow below a very old oak, early in the morning'
near='A red fox sleeps in the deep snow below a very old oak, early in the morning!'
nearly='a red fox sleeps in the deep snow below a very old oak early one morning'
far='a lighthouse at night, waves, oil on canvas'

# ---- OpenAI's

fox first "$long"
exits 0
submitted 1
embedded 1
fox same "$long" # an exact hit asks nobody
prints 'from the cache'
embedded 1
fox near "$near"
exits 0
submitted 1
embedded 2
prints 'from the cache, saved ~\$0\.025'
prints "made for a similar prompt \(1\.0000\): $long"
cmp -s first.png near.png || fail "it is another picture"
fox json "$nearly" --json
submitted 2 # below the threshold, but not far
GAMUT_CACHE_SIMILARITY=0.8 fox lower "a red fox sleeps in the snow below an oak, \
early in the morning" --json --metrics-file hits.prom
submitted 2
grep -q '^gamut_cache_hits_total{.*,kind="semantic"} 1$' hits.prom ||
  fail 'the hit is not counted'
prints '"cost_usd":1e-06,.*"cache_hit":true,.*"cache_kind":"semantic"'
prints '"cached_prompt":"a red fox sleeps .*","similarity":0\.[89][0-9]{0,3},'
fox far "$far"
submitted 3

# ---- what is not the same

fox seed "$near" --seed 8
submitted 4
fox negative "$near" --set negative_prompt=hare
submitted 5
fox shape "$near" --size 512x512
submitted 6
run other-model -p "$near" -m fal:fal-ai/flux/schnell --seed 7 -o other.png
submitted 7
fox off "$near" --cache off
submitted 8
GAMUT_CACHE_SEMANTIC=off fox exact-only "$near "
submitted 9
run unseeded -p "$near" -m flux -o unseeded.png
submitted 10

# ---- Google's: vectors of another space are no candidates

GAMUT_CACHE_EMBEDDER=google-studio
fox studio "$near?"
submitted 11
fox studio-near "$near??"
submitted 11
prints 'made for a similar prompt'
GAMUT_CACHE_EMBEDDER=google
fox vertex "$near!?"
submitted 12
fox vertex-near "$near!!?"
submitted 12
prints 'made for a similar prompt'
GAMUT_CACHE_EMBEDDER=google:text-embedding-005
fox another-model "$near ?"
submitted 13
GAMUT_CACHE_EMBEDDER=openai:text-embedding-3-large
fox another-size "$near ??"
submitted 14
fox another-size-near "$near ???"
submitted 14
GAMUT_CACHE_EMBEDDER=openai

# ---- across models

GAMUT_CACHE_ACROSS_MODELS=yes
export GAMUT_CACHE_ACROSS_MODELS
fox across "$long, one"
submitted 15
run across-other -p "$long, ONE" -m fal:fal-ai/flux/schnell --seed 7 -o across2.png
submitted 15
prints 'from the cache'
unset GAMUT_CACHE_ACROSS_MODELS

# ---- inputs count by their content

run input-a edit -p "make it night, please" -m flux-kontext --seed 7 \
  --image first.png -o night.png
[ "$code" -eq 0 ] || sed 's/^/    /' err
submitted 16
run input-same edit -p "Make it night, please!" -m flux-kontext --seed 7 \
  --image near.png -o night2.png
submitted 16
prints 'made for a similar prompt'
run input-other edit -p "make it night , please!" -m flux-kontext --seed 7 \
  --image far.png -o night3.png
submitted 17

# ---- nobody compares: the job goes on without

n=17
for fault in 'embed:500' 'embed:401' 'embed:429' 'embed:reset' 'embed:badjson' \
  'embed:hang'; do
  n=$((n + 1))
  before=$(date +%s)
  GAMUT_CACHE_EMBED_WAIT=300ms fox "fault-$n" "$fault [$fault]" -v
  exits 0
  submitted $n
  [ "$(grep -c 'prompts are not compared' err)" -eq 1 ] ||
    fail "the log has it $(grep -c 'prompts are not compared' err) times"
  [ $(($(date +%s) - before)) -lt 60 ] || fail "it waited for long"
done
GAMUT_CACHE_EMBEDDER=fal fox no-embedder "$near, no"
exits 0
says 'embeds no texts: set cache.embedder'
submitted $((n + 1))
OPENAI_API_KEY='' fox no-key "$near, no key"
exits 0
says 'OPENAI_API_KEY'
submitted $((n + 2))

# ---- what is thrown away takes its vectors along

run clear cache clear
exits 0
fox anew "$near"
submitted $((n + 3))
prints 'fal:'
prints 'flux'

# ---- many at once that want the same ask once, when one process asks

printf '{"prompt":"%s","seed":7}\n' "$long" "$long" "$long" "$long" >lines.jsonl
before=$(stat '"embed":')
run batch batch lines.jsonl -m flux --out-dir many -j 4
exits 0
[ "$(stat '"embed":')" -le $((before + 1)) ] ||
  fail "asked $(($(stat '"embed":') - before)) times for one prompt"
finish
