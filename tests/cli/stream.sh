#!/bin/sh
# --stream: drafts that are shown and kept while the picture is made, through
# every provider that has some, and streams that break.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
OPENAI_API_KEY=sk-hush-key
GOOGLE_GEMINI_API_KEY=hush-key
GAMUT_RETRY_MAX_WAIT=10ms
GAMUT_POLL_INTERVAL=10ms
export OPENAI_API_KEY GOOGLE_GEMINI_API_KEY GAMUT_RETRY_MAX_WAIT \
  GAMUT_POLL_INTERVAL
start_emulator --polls 2 --size 64x48

# made FILE...: these files, pictures of that type, and no others
made()
{
  find . -type f ! -name endpoints ! -name endpoints.all ! -name out \
    ! -name err | sed 's|^\./||' | sort >"$work/made"
  printf '%s\n' "$@" | sort >"$work/wanted"
  cmp -s "$work/made" "$work/wanted" ||
    fail "files: $(tr '\n' ' ' <"$work/made")"
  for file in "$@"; do
    case $file in
      *.png) head -c 4 "$file" | grep -q PNG ;;
      *.jpg) [ "$(head -c 3 "$file" | od -An -tx1 | tr -d ' ')" = ffd8ff ] ;;
    esac || fail "$file is something else"
  done
  rm -f "$@" "$work/made" "$work/wanted"
}
mkdir here && cd here || exit 99

run preset -p 'a neon fox' -m gpt-image --stream -o fox.png
exits 0
says 'draft 1: fox\.partial-1\.png'
says 'draft 2: fox\.partial-2\.png'
prints '^fox\.png  PNG 64x48'
prints '^  draft 1: fox\.partial-1\.png$'
prints '^  draft 2: fox\.partial-2\.png$'
made fox.png fox.partial-1.png fox.partial-2.png

run number -p 'a neon fox' -m gpt-image --stream=3 -o fox.png
exits 0
made fox.png fox.partial-1.png fox.partial-2.png fox.partial-3.png
run none -p 'a neon fox' -m gpt-image --stream=0 -o fox.png
exits 0
cp fox.png "$work/base.png"
made fox.png
refused too-many 2 unsupported 'partials 4 is more than gpt-image-2 shows' \
  -p x -m gpt-image --stream=4 -o fox.png
refused no-number 2 invalid 'given by --stream' -p x -m gpt-image \
  --stream=two -o fox.png
run nearest -p x -m gpt-image --stream=4 --nearest -o fox.png
exits 0
prints 'differs: partials 4 became 3'
made fox.png fox.partial-1.png fox.partial-2.png fox.partial-3.png

# No other process can go on with a stream: it is not left.
run submitted submit -p x -m gpt-image --stream=1 -o fox.png
exits 0
run listed jobs --json --state ended
prints '"state":"completed".*fox\.png'
run waited wait "$(sed 's/^\[{"id":"\([^"]*\)".*/\1/' "$work/out")"
exits 0
grep -q 'none came' "$work/out" "$work/err" && fail 'a draft came'
run unfinished jobs --json --state unfinished
prints '^\[\]$'
made fox.png fox.partial-1.png

run type -p x -m gpt-image --stream=1 --format jpeg -o 'x-{index}.{ext}'
exits 0
made x-1.jpg x-1.partial-1.jpg
run several -p x -m gpt-image --stream=1 -n 2 -o two.png --resubmit never
says 'draft 1: two-1\.partial-1\.png'
rm -f -- *

run edit edit -p 'in winter' --image "$work/base.png" \
  -m gpt-image --stream=1 -o winter.png
exits 0
made winter.png winter.partial-1.png

# Never over a file, and that is no failure of the job.
echo mine >fox.partial-1.png
run kept -p x -m gpt-image --stream=2 -o fox.png
exits 0
says "draft 1 is not kept: .*'fox\.partial-1\.png'.*exist"
[ "$(cat fox.partial-1.png)" = mine ] || fail 'a file was overwritten'
rm -f fox.png fox.partial-2.png
run force -p x -m gpt-image --stream=2 -o fox.png --force
exits 0
made fox.png fox.partial-1.png fox.partial-2.png

run json -p x -m gpt-image --stream=1 -o fox.png --json
exits 0
prints '"partials":\[\{"kind":"image","path":"fox\.partial-1\.png","mime":"image/png"'
made fox.png fox.partial-1.png

run quiet -p x -m gpt-image --stream=1 -o fox.png -q
exits 0
[ "$(cat "$work/out")" = fox.png ] || fail "more than the path"
[ ! -s "$work/err" ] || fail "-q is not silent"
made fox.png fox.partial-1.png

run stdout -p x -m gpt-image --stream -o -
exits 2
says '--stream keeps drafts beside a file'
run stdout-none -p x -m gpt-image --stream=0 -o -
exits 0

run dry -p x -m gpt-image --quality low --size 1024x1024 --stream --dry-run
exits 0
prints '"stream": true'
prints '"partial_images": 2'
prints 'price .*2 drafts x \$0\.003'

# ---- fal shows drafts by their address --------------------------------------

run fal -p 'a neon fox' -m flux --stream -o fox.png
exits 0
prints '^  draft 3: fox\.partial-3\.png$'
made fox.png fox.partial-1.png fox.partial-2.png fox.partial-3.png
run fal-dry -p x -m flux --stream --dry-run
exits 0
prints 'POST https://fal\.run/fal-ai/flux/dev/stream$'
run fal-mode -p x -m flux --stream --option mode=queue -o fox.png
exits 0
prints 'differs: asked for drafts, none came'
made fox.png
refused fal-queue 2 invalid 'mode=stream passes by' -p x -m flux --stream \
  --option priority=low -o fox.png

# ---- Gemini's are among its thoughts ----------------------------------------

run google -p 'a neon fox' -m google-studio:nb-pro --stream -o fox.png \
  --set 'thinkingConfig={"includeThoughts":true}'
exits 0
made fox.png fox.partial-1.png

# ---- models without drafts ---------------------------------------------------

run without -p 'a neon fox' -m recraft --stream -o fox.png
exits 0
prints 'differs: .*recraft.* shows no drafts; it was asked without'
made fox.png
run without-dry -p x -m recraft --stream --dry-run
exits 0
prints 'shows no drafts'
prints 'POST https://queue\.fal\.run/'

# ---- streams that break ------------------------------------------------------

run broken -p 'x [truncate]' -m gpt-image --stream -o fox.png --resubmit never
exits 10
is_silent
says '\[maybe-charged\]'
says 'draft 1: fox\.partial-1\.png'
says 'may have charged'
made fox.partial-1.png
run broken-json -p 'x [truncate]' -m gpt-image --stream -o fox.png --json \
  --resubmit never
exits 10
prints '"maybe_charged":true'
prints '"partials":\[\{"kind":"image","path":"fox\.partial-1\.png"'
made fox.partial-1.png
# A cheap one is asked for again; the drafts of both count on.
run broken-cheap -p 'x [truncate:1]' -m gpt-image --stream=1 -o fox.png \
  --quality low --size 1024x1024
exits 0
made fox.png fox.partial-1.png fox.partial-2.png
run ends-early -p 'x [empty]' -m gpt-image --stream -o fox.png
exits 8
says '\[provider\]'
says 'may have charged'
made fox.partial-1.png
run refused-midway -p 'x [blocked]' -m gpt-image --stream -o fox.png
exits 6
says 'draft 1: fox\.partial-1\.png'
if grep -q 'may have charged' "$work/err"; then fail 'a refusal is an answer'; fi
made fox.partial-1.png
finish
