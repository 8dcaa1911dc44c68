#!/bin/sh
# What is wrong with a request is said before anything is sent: the sentence,
# the class and the exit code, one line each.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
start_emulator --polls 1

# bad NAME EXIT CLASS WORDS ARGUMENT...: as refused, for a picture of flux
bad()
{
  name=$1 bad_exit=$2 bad_class=$3 bad_words=$4
  shift 4
  refused "$name" "$bad_exit" "$bad_class" "$bad_words" -m flux -o no.png "$@"
  [ ! -e no.png ] || fail "a file was written"
}

bad prompt-empty 2 invalid 'prompt is empty' -p ''
bad prompt-missing 2 unsupported 'needs a prompt'
head -c 1000001 /dev/zero | tr '\0' 'a' >long.txt
bad prompt-long 2 invalid 'prompt .*(long|1000000|1,000,000)' -p @long.txt
head -c 1048577 /dev/zero | tr '\0' 'a' >longer.txt
bad prompt-longer 2 invalid 'longer than 1 MiB' -p @longer.txt
printf 'a\377b' >latin.txt
bad prompt-utf8 2 invalid 'UTF-8' -p @latin.txt
bad prompt-utf8-argument 2 invalid 'UTF-8' -p "$(printf 'a\377b')"
printf 'a\0b' >nul.txt
bad prompt-nul 2 invalid 'NUL' -p @nul.txt
bad prompt-no-file 2 invalid "cannot read the prompt from 'gone.txt'" \
  -p @gone.txt
bad prompt-folder 2 invalid "cannot read the prompt from '/'" -p @/
bad n-none 2 invalid '(^|[^a-z])n .*1' -p x -n 0
bad n-many 2 invalid '(^|[^a-z])n .*100' -p x -n 10000
bad n-text 2 invalid 'n: .many. is not a whole number' -p x -n many
bad seed-negative 2 invalid 'seed' -p x --seed -1
bad seed-large 2 invalid 'seed' -p x --seed 99999999999999999999
bad size-half 2 invalid "size.*1x" -p x --size 1x
bad size-none 2 invalid 'size' -p x --size 0x0
bad aspect 2 '(invalid|unsupported)' 'aspect_ratio' -p x --aspect wide
bad duration-negative 2 invalid 'duration' -p x --duration -3
bad timeout 2 invalid 'timeout' -p x --timeout soon
bad max-cost 2 invalid 'max_cost' -p x --max-cost lots
bad max-cost-low 2 unsupported 'cost|price' -p x --max-cost 0.000001
bad set 2 invalid 'KEY=JSON' -p x --set steps
bad image-gone 2 invalid "cannot read 'gone.png'" -p x --image gone.png
bad image-folder 2 invalid 'folder' -p x --image .
echo 'no picture' >text.png
bad image-text 2 invalid "'text.png' is no" -p x --image text.png
if [ "$(id -u)" -ne 0 ]; then
  printf '\211PNG\r\n\032\n' >locked.png
  chmod 000 locked.png
  bad image-locked 2 invalid "cannot read 'locked.png'" -p x \
    --image locked.png
fi
bad url 2 invalid 'ftp://' -p x --image ftp://example.com/a.png
mkfifo pipe.png
bad image-fifo 2 invalid "'pipe.png' is no regular file.* - " -p x \
  --image pipe.png
bad uri-lies 2 invalid "'data:image/jpeg;base64,' .* bytes are image/png" \
  -p x --image data:image/jpeg\;base64,iVBORw0KGgo=
bad uri-broken 2 invalid 'no valid base64' -p x \
  --image 'data:image/png;base64,iVBO*'
bad uri-cut 2 invalid 'no valid base64' -p x \
  --image 'data:image/png;base64,iVBOR'
bad uri-text 2 invalid "is not an image but text/plain" -p x \
  --image data:,hello
bad uri-head 2 invalid 'begins no data: URI' -p x --image data:image/png
bad uri-quote 2 invalid 'begins no data: URI' -p x \
  --image 'data:image/"png;base64,iVBORw0KGgo='
bad stdin-empty 2 invalid 'standard input is empty' -p x --image -

# clash NAME WORDS ARGUMENT...: wrong usage, before anything is read
clash()
{
  clash_name=$1 clash_words=$2
  shift 2
  run "$clash_name" -m flux -o no.png "$@"
  exits 2
  says "$clash_words"
  is_silent
}
clash stdin-twice '\-\-image - and --mask - both want standard input' -p x \
  --image - --mask -
clash stdin-prompt '\-\-prompt - and --image - both' -p - --image -
clash stdin-prompt-file '\-\-prompt - and --image - both' --image - -p @-

refused out-no-folder 2 invalid "folder 'gone' does not exist" \
  -p x -m flux -o gone/fox.png
mkdir folder
refused out-folder 2 invalid "'folder' is a folder" -p x -m flux -o folder
: >old.png
refused out-exists 2 invalid "'old.png'.*exist" -p x -m flux -o old.png
[ ! -s old.png ] || fail "the file was written over"
refused out-template 2 invalid '{colour}' -p x -m flux -o 'fox-{colour}.png'

refused provider 5 not-found "fall.*fal" -p x -m fall:flux -o no.png
refused model-empty 2 invalid 'empty' -p x -m '' -o no.png
refused model-blank 2 invalid 'blank' -p x -m 'fl ux' -o no.png
run model-unknown -p x -m fal:fal-ai/no-such-model -o no.png
exits 5
says '\[not-found\]'
says 'no-such-model'

mkdir -p "$XDG_CONFIG_HOME/gamut/catalog"
overlay=$XDG_CONFIG_HOME/gamut/catalog/fal.json
cat >"$overlay" <<'END'
{ "provider": "fal", "models": [
  { "id": "fal-ai/yesterday", "names": ["yesterday"],
    "operations": ["text-to-image"], "life": "retired",
    "life_date": "2024-01-01", "successor": "fal-ai/flux/dev" } ] }
END
refused model-retired 2 unsupported "retired.*fal-ai/flux/dev" \
  -p x -m yesterday -o no.png
cat >"$overlay" <<'END'
{ "provider": "fal", "models": [
  { "id": "fal-ai/odd", "operations": ["text-to-smell"] } ] }
END
refused overlay-schema 2 invalid 'fal.json.*text-to-smell' \
  -p x -m fal-ai/odd -o no.png
printf '{ "provider": "fal",\n  "models": [ }\n' >"$overlay"
refused overlay-json 2 invalid 'fal.json.*line 2' -p x -m fal-ai/odd -o no.png
rm "$overlay"

config=$XDG_CONFIG_HOME/gamut/config.json
printf '{\n  "retry_attempts": 3\n  "timeout": "9s"\n}\n' >"$config"
refused config-json 2 invalid 'config.json.*line 3' -p x -m flux -o no.png
refused config-json-models 2 invalid 'config.json.*line 3' models
printf '{ "retry_attempt": 3 }\n' >"$config"
refused config-key 2 invalid 'retry_attempt.*retry_attempts' \
  -p x -m flux -o no.png
printf '{ "retry_attempts": "often" }\n' >"$config"
refused config-value 2 invalid 'retry_attempts.*often' -p x -m flux -o no.png
rm "$config"
refused config-gone 2 invalid 'gone.json' -p x -m flux --config gone.json \
  -o no.png

# A document of the same members as a result, with nothing in them.
run json -p '' -m flux --json
exits 2
prints '^\{"status":"failed","class":"invalid","message":".*empty",'
prints ',"artifacts":\[\],"attempts":\[\],"differences":\[\],'

FAL_KEY="$(printf 'id:sec\nret')"
refused key-newline 3 auth 'FAL_KEY' -p x -m flux -o no.png
if grep -qE 'id:|sec$|^ret' "$work/err"; then fail "the key was printed"; fi
unset FAL_KEY
refused key-missing 3 auth 'FAL_KEY' -p x -m flux -o no.png
says 'gamut providers -v'

# A name that nobody knows is the default provider's; who mistyped it hears of that.
refused model-unknown 3 auth \
  "no model 'fluxx' is known \(did you mean 'flux'\?\), .*no key for higgsfield" \
  -p x -m fluxx -o no.png

case_name='nothing paid'
: >"$work/err"
if command -v curl >/dev/null; then
  curl -sf "$emulator_url/control/stats" >"$work/out" ||
    fail "the emulator does not answer"
  prints '"accepted": ?0[,}]'
fi
[ ! -e no.png ] || fail "a file was written"
finish
