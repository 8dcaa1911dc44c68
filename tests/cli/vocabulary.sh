#!/bin/sh
# One vocabulary: the same ten requests through every provider, over HTTP, must
# look the same to the caller but for names, cost and time.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
GAMUT_RETRY_BASE=10ms
GAMUT_RETRY_MAX_WAIT=50ms
GAMUT_POLL_INTERVAL=20ms
export GAMUT_RETRY_BASE GAMUT_RETRY_MAX_WAIT GAMUT_POLL_INTERVAL
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || {
  echo "no store: skipped"
  exit 77
}
start_emulator --polls 2
agreed=0

set_keys()
{
  FAL_KEY=$1:hush-key
  GOOGLE_VERTEX_API_KEY=$1-hush-key
  GOOGLE_GEMINI_API_KEY=$1-hush-key
  HIGGSFIELD_API_KEY=$1
  HIGGSFIELD_API_SECRET=hush-key
  MODELGATES_API_KEY=mg-$1-hush-key
  OPENAI_API_KEY=sk-$1-hush-key
  OPENROUTER_API_KEY=sk-or-$1-hush-key
  RUNWAYML_API_SECRET=key_$1-hush-key
  VISGATE_API_KEY=vg-$1-hush-key
  export FAL_KEY GOOGLE_VERTEX_API_KEY GOOGLE_GEMINI_API_KEY \
    HIGGSFIELD_API_KEY HIGGSFIELD_API_SECRET MODELGATES_API_KEY \
    OPENAI_API_KEY OPENROUTER_API_KEY RUNWAYML_API_SECRET VISGATE_API_KEY
}

# compare EXIT LINE: what `run` left
compare()
{
  exits "$1"
  got=$("$top_builddir/tests/cli/plain" "$provider" <out)
  if [ "$got" = "$2" ]; then
    agreed=$((agreed + 1))
  else
    fail "a caller sees
      $got
    not
      $2"
  fi
}

# ask NAME EXIT LINE MODEL PROMPT OPTION...: a model - is none that can
ask()
{
  name=$1
  wanted_exit=$2
  wanted=$3
  model=$4
  prompt="$5"
  shift 5
  [ "$model" != - ] || return
  # The emulator counts its faults by prompt, so each provider has its own.
  run "$provider-$name" generate -m "$provider:$model" --json -q \
    -p "a fox for $provider $prompt" -o "$provider-$name.{ext}" "$@"
  compare "$wanted_exit" "$wanted"
}

# A job that another process submitted.
cancel()
{
  [ "$1" != - ] || return
  model=$1
  shift
  run "$provider-submit" submit -q -m "$provider:$model" \
    -p "a fox for $provider [never]" "$@"
  exits 0
  id=$(cat out)
  run "$provider-cancel" cancel "$id"
  exits 0
  run "$provider-cancel" status "$id" --json
  compare 0 'cancelled cancelled withheld=0 differences=0 attempts=1 repeats=0 says why'
}

done1='completed - withheld=0 differences=0 attempts=1 repeats=0'
failed1='withheld=0 differences=0 attempts=1 repeats=0 says why'

# ten PROVIDER MODEL TWO SEED VIDEO [OPTION...]: the model of most, that which
# makes two at once, that which takes seeds, that of a video from a picture
ten()
{
  provider=$1
  image=$2
  two=$3
  seed=$4
  video=$5
  shift 5
  ask simple 0 "$done1 image:image,not tall" "$image" ''
  ask two 0 "$done1 image:image,not tall image:image,not tall" "$two" '' -n 2
  ask portrait 0 "$done1 image:image,tall" "$image" '' --aspect 9:16
  ask seed 0 "$done1 image:image,not tall" "$seed" '' --seed 42
  ask blocked 6 "blocked blocked $failed1" "$image" '[blocked]'
  set_keys bad
  ask bad-key 3 "failed auth $failed1" "$image" ''
  set_keys good
  ask no-credit 4 "failed quota $failed1" "$image" '[quota]'
  ask rate 0 "${done1%0}1 image:image,not tall" "$image" \
    '[429:1:retry-after=0]'
  ask video 0 "$done1 video:video,not tall" "$video" '' --image in.png "$@"
  cancel "$video" --image in.png "$@"
}

set_keys good
run input generate -m flux -p 'a start' --set output_format=png \
  --size 1280x720 -o in.png
exits 0

ten fal fal-ai/flux/dev fal-ai/flux/dev fal-ai/flux/dev \
  fal-ai/kling-video/v2.5-turbo/pro/image-to-video
ten google gemini-3.1-flash-image imagen-4.0-generate-001 \
  gemini-3.1-flash-image veo-3.1-fast-generate-001
# Studio makes one picture at a time, and its Veo left for Vertex.
ten google-studio gemini-3.1-flash-image - gemini-3.1-flash-image -
ten higgsfield higgsfield-ai/soul/standard reve/text-to-image \
  higgsfield-ai/soul/standard higgsfield-ai/dop/lite
ten modelgates qwen/qwen-image-3 qwen/qwen-image-3 qwen/qwen-image-3 \
  runway/gen-4.5
# OpenAI has no seeds, and wants the picture to be as large as the video.
ten openai gpt-image-2 gpt-image-2 - sora-2 --size 1280x720
ten openrouter qwen/qwen-image-3 qwen/qwen-image-3 qwen/qwen-image-3 \
  runway/gen-4.5
ten runway gen4_image gpt_image_2 gen4_image gen4_turbo
ten visgate fal-ai/flux/schnell fal-ai/flux/schnell fal-ai/flux/schnell \
  runway/gen4_turbo

# What nobody there can do is refused before a cent is spent, by all alike.
for refusal in 'google-studio:gemini-3.1-flash-image -n 2' \
  'openai:gpt-image-2 --seed 42'; do
  # shellcheck disable=SC2086 # words, as meant
  refused "$refusal" 2 unsupported "${refusal%%:*}: " -p x -m $refusal
done
echo "$agreed requests of 9 providers agree"
finish
