#!/bin/sh
# Help, version and what is said of a mistake in the command line.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"

run version --version
exits 0
prints '^gamut [0-9]+\.[0-9]+\.[0-9]+$'
run version-letter models -V
exits 0
prints '^gamut [0-9]'

for option in --help -h; do
  run "$option" "$option"
  exits 0
  prints 'gamut -p "a neon fox" -m flux -o fox.png'
  prints '^  -m, --model MODEL '
  prints '^  130 cancelled'
done
run help help
exits 0
cp "$work/out" "$work/all"
run help-option --help
cmp -s "$work/out" "$work/all" || fail "'gamut help' and 'gamut --help' differ"

for verb in generate video edit models providers config doctor completion; do
  run "help $verb" help "$verb"
  exits 0
  prints "^gamut $verb - "
  prints '^  -h, --help '
  cp "$work/out" "$work/verb"
  run "$verb --help" "$verb" --help
  exits 0
  cmp -s "$work/out" "$work/verb" || fail "differs from 'gamut help $verb'"
done
run help-choices help jobs
for choice in unfinished maybe-charged working; do
  prints "[ (]${choice}[ )]"
done
run help-all --help
verbs=$(sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$work/out")
for verb in '' $verbs; do
  # shellcheck disable=SC2086 # no verb is no word
  run "help-width $verb" help $verb
  exits 0
  awk 'length > 80 { exit 1 }' "$work/out" || fail "a line is wider than 80"
done
# holds WORDS: in the text of the last help, however its lines are broken
holds()
{
  tr -s '\n ' ' ' <"$work/out" | grep -qF -e "$1" || fail "there is no '$1'"
}
run help-wait help wait
holds 'standard output (generate, video, edit)'
holds 'wait, resume and cancel: one a job'
run help-other-verb help models
if grep -q -- --seed "$work/out"; then fail "models has no --seed"; fi

# --help ends the reading: what follows is not judged.
run help-first generate --help --no-such-option
exits 0

# wrong NAME WORDS ARGUMENT...: a usage error that says WORDS
wrong()
{
  words=$2
  name=$1
  shift 2
  run "$name" "$@"
  exits 2
  is_silent
  says '^(gamut|usage): '
  says "$words"
}

wrong nothing 'usage: gamut -p'
wrong verb 'did you mean: gamut generate' genrate
wrong verb-transposed 'did you mean: gamut models' modles
wrong prompt-as-verb "a prompt goes after -p" 'a neon fox'
wrong help-verb 'did you mean: gamut doctor' help docter
wrong option 'did you mean --aspect\?' -p x --aspct 1:1
wrong option-beginning 'did you mean --negative\?' -p x --neg fog
wrong option-value 'did you mean --resolution\?' -p x --resolutoin=1K
wrong single-dash 'did you mean --model\?' -p x -model flux
wrong letter "no option '-x'" -x
wrong letter-in-cluster "no option '-x'" -qx
wrong far "no option '--frobnicate'" --frobnicate
wrong choice 'did you mean cheap\?' -p x --resubmit chepa
wrong choices 'only one of: stop, next' -p x --on-blocked=perhaps
wrong shell 'did you mean fish\?' completion fihs
wrong no-shell 'needs SHELL' completion
wrong no-value 'needs a value: --prompt TEXT' -p
wrong flag-value '--json takes no value' -p x --json=1
wrong twice '--model is given twice' -p x -m flux -m recraft
wrong other-verb "--seed has no meaning for 'gamut models'" models --seed 1
wrong word 'one word too many' -p a neon fox
wrong verb-last 'the verb comes first: gamut models' -q models
wrong dashes 'one word too many' -p x -- --seed
wrong key 'keys come from the environment' --key secret -p x
for verb in wait fetch resume cancel status logs 'jobs settle'; do
  # shellcheck disable=SC2086 # words
  wrong "empty-id $verb" 'an ID is empty' $verb ''
done
wrong blank-id 'an ID is empty' wait 01KB ' '
wrong stdout-json 'both want standard output' -p x -o - --json
wrong stdout-many 'takes one file' -p x -o - -n 2

# No escape of the user's own text reaches the terminal either.
run escape "$(printf 'a\033[31mb')"
exits 2
if grep -q "$(printf '\033')" "$work/err"; then fail "an escape was printed"; fi

# A reader that goes away is no error; a full disk is one.
case_name=closed-pipe
: >"$work/out"
("$GAMUT" --help 2>"$work/err"; echo $? >"$work/code") | true
[ ! -s "$work/err" ] || fail "a closed pipe was reported"
read -r code <"$work/code"
exits 0
if [ -c /dev/full ]; then
  case_name=full
  "$GAMUT" --help >/dev/full 2>"$work/err"
  code=$?
  exits 12
  says 'cannot write to standard output'
fi

# Without standard descriptors nothing else takes their place.
case_name=closed-descriptors
: >"$work/err"
"$GAMUT" --version <&- >&- 2>&-
code=$?
exits 0
finish
