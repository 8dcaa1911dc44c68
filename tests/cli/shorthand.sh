#!/bin/sh
# The shorthands that people use: each leads to what lives today, and says so.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
FAL_KEY=id:hush-fal-key
OPENAI_API_KEY=sk-hush-key
GOOGLE_VERTEX_API_KEY=hush-key
RUNWAYML_API_SECRET=hush-key
HIGGSFIELD_API_KEY=id
HIGGSFIELD_API_SECRET=hush-key
export FAL_KEY OPENAI_API_KEY GOOGLE_VERTEX_API_KEY RUNWAYML_API_SECRET \
  HIGGSFIELD_API_KEY HIGGSFIELD_API_SECRET

# leads VERB SHORTHAND ADDRESS
leads()
{
  run "$1 $2" "$1" -p x -m "$2" --dry-run
  exits 0
  head -n 1 "$work/out" | grep -qF "$3 ($2)" ||
    fail "'$(head -n 1 "$work/out")', not '$3 ($2)'"
  run "$1 $2 --json" "$1" -p x -m "$2" --dry-run --json
  exits 0
  prints "\"resolved_from\": ?\"$2\""
}

leads generate flux fal:fal-ai/flux/dev
leads generate flux-pro fal:fal-ai/flux-pro/v1.1
leads generate flux-schnell fal:fal-ai/flux/schnell
leads generate flux2-pro fal:fal-ai/flux-2-pro
leads generate flux2-dev-turbo fal:fal-ai/flux-2/turbo
leads generate seedream fal:fal-ai/bytedance/seedream/v4.5/text-to-image
leads generate seedream-4.5 fal:fal-ai/bytedance/seedream/v4.5/text-to-image
leads generate ideogram fal:fal-ai/ideogram/v3
leads generate recraft fal:fal-ai/recraft/v3/text-to-image
leads generate nb2-fal fal:fal-ai/nano-banana-2
leads generate nb-pro-fal fal:fal-ai/nano-banana-pro
leads generate imagen4-fal fal:fal-ai/imagen4/preview
leads generate gpt-image openai:gpt-image-2
leads generate gpt-image-mini openai:gpt-image-1-mini
leads generate nb-pro google:gemini-3-pro-image
leads generate nb2 google:gemini-nano-banana-2.1
leads generate nano-banana google:gemini-2.5-flash-image
leads generate imagen4 google:imagen-4.0-generate-001
leads generate imagen4-fast google:imagen-4.0-fast-generate-001
leads generate imagen4-ultra google:imagen-4.0-ultra-generate-001
leads video fal fal:fal-ai/veo3.1
leads video runway runway:gen4.5
leads video veo3 google:veo-3.1-generate-001
leads video veo3.1 google:veo-3.1-generate-001

# Pictures lead to the family's endpoint for them, unless the model takes them
# beside its text.
run picture -p x -m flux --image https://a.test/a.png --dry-run
prints '^fal:fal-ai/flux/dev/image-to-image \(flux\), edit'
run reference -p x -m ideogram --reference https://a.test/a.png --dry-run
exits 0
prints '^fal:fal-ai/ideogram/v3 \(ideogram\), text-to-image'

# Its own id needs no other name.
run own-id -p x -m gpt-image-1.5 --dry-run
exits 0
prints '^openai:gpt-image-1\.5, '

# A job says it as well, in each of the ways.
start_emulator --polls 1
run job -p 'a fox' -m flux -o fox.png -v
exits 0
prints '^  fal:fal-ai/flux/dev \(flux\), '
says 'gamut\.request .*resolved_from=flux'
run job-json -p 'a fox' -m flux -o fox-json.png --json
exits 0
prints '"resolved_from":"flux"'
finish
