#!/bin/sh
# Prompt to file through the fal provider and the emulator, and every way in
# which that ends.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
GAMUT_RETRY_MAX_WAIT=10ms
GAMUT_POLL_INTERVAL=10ms
export GAMUT_RETRY_MAX_WAIT GAMUT_POLL_INTERVAL
start_emulator --polls 2

is_png()
{
  [ "$(head -c 4 "$1" | tail -c 3)" = PNG ] || fail "$1 is no PNG"
}

# What flux makes when nobody asks for a format.
is_jpeg()
{
  [ "$(head -c 10 "$1" | tail -c 4)" = JFIF ] || fail "$1 is no JPEG"
}

run picture -p 'a neon fox' -m flux -o fox.png
exits 0
prints '^fox\.png  PNG [0-9]+x[0-9]+, '
prints '^  fal:fal-ai/flux/dev \(flux\), ~?\$[0-9.]+'
says '^fal:fal-ai/flux/dev: '
is_png fox.png
if grep -q "$(printf '[\033\r]')" "$work/err"; then
  fail "a terminal's codes in a file"
fi

refused again 2 invalid "'fox.png'.*exist" -p 'a neon fox' -m flux -o fox.png
run force -p 'a neon fox' -m flux -o fox.png --force
exits 0
is_png fox.png

run named -p 'A neon fox, please' -m flux
exits 0
is_jpeg a-neon-fox-please.jpg
run named-again -p 'A neon fox, please' -m flux
exits 0
is_jpeg a-neon-fox-please_2.jpg

run several -p foxes -m flux -n 2 -o 'fox-{index}.{ext}'
exits 0
prints '^fox-1\.jpg  JPEG'
prints '^fox-2\.jpg  JPEG'
run several-plain -p foxes -m flux -n 2 -o two.png
exits 0
is_png two-1.png
is_png two-2.png

run by-name -p foxes -m flux -o out.PNG --dry-run
prints '"output_format": "png"'
run by-name-alias -p foxes -m flux -o out.jpg --dry-run
prints '"output_format": "jpeg"'
run by-name-none -p foxes -m flux -o out.webp --dry-run
grep -q output_format "$work/out" && fail "a format that flux has not"
run by-name-other -p foxes -m flux -o out.png --format jpeg --dry-run
prints '"output_format": "jpeg"'

run quiet -q -p 'quiet fox' -m flux -o quiet.png
exits 0
[ "$(cat "$work/out")" = quiet.png ] || fail "more than the path"
[ ! -s "$work/err" ] || fail "-q is not silent"

run stdout -p 'a fox' -m flux -o -
exits 0
is_jpeg "$work/out"

run json -p 'a fox' -m flux -o json.png --json
exits 0
prints '^\{.*"status": ?"completed"'
prints '"path": ?"json.png"'
[ "$(wc -l <"$work/out")" -le 1 ] || fail "more than one line"

case_name=prompt-file
printf 'from a file\n' >prompt.txt
run prompt-file -p @prompt.txt -m flux
exits 0
is_jpeg from-a-file.jpg
case_name=prompt-stdin
printf 'from a pipe\n' | "$GAMUT" -p - -m flux >"$work/out" 2>"$work/err"
code=$?
exits 0
is_jpeg from-a-pipe.jpg

run sidecar -p 'a fox' -m flux -o side.png --sidecar
exits 0
[ -s side.json ] || [ -s side.png.json ] || fail "no sidecar"

run no-download -p 'a fox' -m flux --no-download
exits 0
prints '^https://[^ ]+\.jpg  JPEG'
[ ! -e a-fox.jpg ] || fail "a file was written"

run seed -p 'a fox' -m flux -o seed.png --seed 7
exits 0
prints 'seed 7'

run video video -p 'waves at dusk' -m fal -o waves.mp4
exits 0
prints '^waves\.mp4  MP4 [0-9]+x[0-9]+, [0-9.]+ s, '

run dry -p 'a fox' -m flux --seed 7 --dry-run
exits 0
prints '^  POST https://queue\.fal\.run/fal-ai/flux/dev$'
prints '"seed": 7'
prints '^  price '
if grep -qi secret "$work/out"; then fail "the key is shown"; fi
run dry-json -p 'a fox' -m flux --dry-run --json
exits 0
prints '"links"'
# It ends as the request would, unless another model can take it.
run dry-refused -p 'a fox' -m flux --negative dogs --dry-run
exits 2
prints 'cannot be used: negative_prompt is not offered'
run dry-refused-json -p 'a fox' -m flux --negative dogs --dry-run --json
exits 2
run dry-fallback -p 'a fox' -m flux --fallback fal:fal-ai/some/other \
  --negative dogs --dry-run
exits 0

# ends NAME EXIT CLASS ARGUMENT...: the job ends so, and leaves no file
ends()
{
  name=$1 end_exit=$2 end_class=$3
  shift 3
  run "$name" -m flux -o bad.png "$@"
  exits "$end_exit"
  says "^gamut: .*\\[$end_class\\]"
  is_silent
  [ ! -e bad.png ] || fail "a file was written"
}

ends blocked 6 blocked -p 'x [blocked]'
says 'fal:fal-ai/flux/dev'
ends nsfw 6 blocked -p 'x [nsfw]'
ends rate 7 rate -p 'x [429]'
says 'status 429'
ends server 8 provider -p 'x [500]'
ends failed 8 provider -p 'x [fail]'
ends strange 10 maybe-charged -p 'x [wrongtype]' --resubmit never
ends strange-state 8 provider -p 'x [strange]'
ends reset 10 maybe-charged -p 'x [reset]' --resubmit never
says 'may have charged'
ends private 8 '(protocol|provider)' -p 'x [private-url]'
ends detached 11 detached -p 'x [never]' --timeout 300ms
says 'job [0-9A-Z]{26} goes on at the vendor'
ends between-repeats 11 detached -p 'x [429:3:retry-after=5]' --timeout 1s
says 'left before it was sent'
says 'job [0-9A-Z]{26} is sent with: gamut wait'
FAL_KEY=bad:key
ends auth 3 auth -p x
says 'gamut providers -v'
FAL_KEY=locked:key
ends quota 4 quota -p x
FAL_KEY=noscope:key
ends permission 3 permission -p x
FAL_KEY=id:hush-fal-key

run json-failed -p 'x [blocked]' -m flux --json
exits 6
prints '"status": ?"blocked"'

run fallback -p 'a fox' -m fal:fal-ai/no-such-model --fallback flux -o fall.png
exits 0
is_png fall.png
prints 'no-such-model.*\[not-found'
run all-fail -p 'x [blocked]' -m fal:fal-ai/no-such-model --fallback flux \
  -o bad.png
exits 6
says 'no-such-model.*\[not-found'
says 'flux/dev.*\[blocked'

case_name=unwritable
mkdir locked
if [ "$(id -u)" -ne 0 ]; then
  chmod 500 locked
  refused unwritable 2 invalid 'permission' -p x -m flux -o locked/fox.png
fi

case_name='no leftovers'
: >"$work/out"
find . -name '.*' ! -name . >"$work/err"
[ ! -s "$work/err" ] || fail "temporary files are left"
finish
