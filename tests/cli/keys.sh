#!/bin/sh
# Several keys of one provider: which one a job gets, what happens when one is
# refused, and that a job stays with its own.
. "$top_srcdir/tests/cli/common.sh"
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || {
  echo "no store: skipped"
  exit 77
}
GAMUT_POLL_INTERVAL=20ms
export GAMUT_POLL_INTERVAL
start_emulator --polls 4 --size 64x64
XDG_CONFIG_HOME=$work/config
XDG_STATE_HOME=$work/state
export XDG_CONFIG_HOME XDG_STATE_HOME
unset FAL_KEY FAL_API_KEY FAL_KEY_ID FAL_KEY_SECRET GAMUT_MAX_COST
mkdir -p "$XDG_CONFIG_HOME/gamut"
config=$XDG_CONFIG_HOME/gamut/config.json
rest=:hush-0123456789ab

# keys NAME=KEY...: the file has these, in this order
keys()
{
  {
    printf '{ "providers": { "fal": { "keys": ['
    comma=
    for pair in "$@"; do
      printf '%s\n  {"name": "%s", "api_key": "%s%s"}' "$comma" \
        "${pair%%=*}" "${pair#*=}" "$rest"
      comma=,
    done
    echo '] } } }'
  } >"$config"
  chmod 600 "$config"
}

makes()
{
  name=$1
  shift
  run "$name" -m fal:fal-ai/flux/dev -p "$name" -o "$name.png" --json "$@"
}

# submissions N: so many were accepted since the last time
seen=0
submissions()
{
  now=$(curl -fsS "$emulator_url/control/stats" |
    sed -n 's/.*"submits":{"seen":[0-9]*,"accepted":\([0-9]*\).*/\1/p')
  [ $((now - seen)) -eq "$1" ] ||
    fail "$((now - seen)) submissions were accepted, not $1"
  seen=$now
}

# How often a file has a word.
count()
{
  grep -cE -e "$1" "$2"
}

# ---- one is refused: the other does it, at once and at the same link ---------
for row in bad=auth locked=quota noscope=permission busy=rate; do
  why=${row%%=*}
  rm -rf "$XDG_STATE_HOME"
  keys "one=$why" two=good
  : >"$work/all"
  for n in 1 2 3 4 5 6 7 8; do
    makes "$why-$n"
    exits 0
    prints '"key":"two",'
    cat "$work/out" >>"$work/all"
  done
  case_name=$why
  refusals=$(count "\"key\":\"one\"" "$work/all")
  # Refused for long, it is not asked by the next process either; a rate is
  # nothing that a process tells the next.
  [ "${row#*=}" = rate ] || [ "$refusals" -le 1 ] ||
    fail "$refusals jobs asked with the refused key"
  submissions 8
done

# In one process a key that is one too many is left alone for a while.
keys one=busy two=good
for n in 1 2 3 4 5 6; do
  echo "{\"prompt\": \"batch $n\", \"model\": \"fal:fal-ai/flux/dev\"}"
done >batch.jsonl
run rate-in-batch batch batch.jsonl -j 1 --out-dir pics -v
exits 0
refusals=$(count "key 'one'" "$work/err")
[ "$refusals" -le 1 ] || fail "$refusals jobs asked with the busy key"
submissions 6

# ---- both are ----------------------------------------------------------------
rm -rf "$XDG_STATE_HOME"
keys one=bad two=locked
makes both
[ "$code" -eq 3 ] || [ "$code" -eq 4 ] || fail "exit code $code"
prints '"key":"one"'
prints '"key":"two"'
prints "key 'one': No user found"
prints "key 'two': User is locked"
submissions 0

# ... then the next link has its turn, and others know of both keys.
OPENAI_API_KEY=sk-good-hush
export OPENAI_API_KEY
makes next-link --fallback openai:gpt-image-1-mini
exits 0
prints '"provider":"openai"'
submissions 1
unset OPENAI_API_KEY

# ---- work is shared out ---------------------------------------------------------
rm -rf "$XDG_STATE_HOME"
keys one=good two=other three=third
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
  echo "{\"prompt\": \"share $n\", \"model\": \"fal:fal-ai/flux/dev\"}"
done >share.jsonl
run shared batch share.jsonl -j 3 --out-dir shared -q
exits 0
"$GAMUT" jobs --json >"$work/out"
for one in one two three; do
  n=$(grep -oE "\"key\":\"$one\"" "$work/out" | wc -l)
  [ "$n" -eq 4 ] || fail "$n jobs of 12 had the key $one of three"
done
submissions 12

# ---- a job stays with its key -------------------------------------------------
rm -rf "$XDG_STATE_HOME"
keys one=bad two=good
run bound submit -q -m fal:fal-ai/flux/dev -p bound -o bound.png
exits 0
id=$(cat out)
run named status "$id"
exits 0
prints '^key +two$'
# ... in another order of the list, among others,
keys three=other two=good one=bad
run reordered wait "$id"
exits 0
[ -s bound.png ] || fail 'no picture'
# ... under another name, when it is the same key; and not without it.
rm -rf "$XDG_STATE_HOME"
keys two=good
run unnamed submit -q -m fal:fal-ai/flux/dev -p unnamed -o unnamed.png
id=$(cat out)
keys three=other four=another
run gone wait "$id"
exits 3
says "the key 'two' of fal, with which it was submitted, is not in the settings"
keys three=other five=good
run renamed wait "$id"
exits 0
[ -s unnamed.png ] || fail 'no picture'
submissions 2

# ---- revoked in mid flight: what was paid is not made again -------------------
rm -rf "$XDG_STATE_HOME"
keys one=revoked
makes revoked
exits 3
prints '"maybe_charged":true'
prints "key 'one': No user found"
submissions 1
rm -rf "$XDG_STATE_HOME"
keys one=revoked two=good
for n in 1 2 3 4 5 6; do
  makes "others-$n" --fallback fal:fal-ai/flux/schnell
  cat "$work/out"
done >"$work/all"
case_name=others
refusals=$(count '"key":"one"' "$work/all")
good=$(count '"status":"completed"' "$work/all")
[ "$refusals" -le 1 ] || fail "$refusals jobs had the revoked key"
[ "$good" -eq $((6 - refusals)) ] || fail "$good of them came"
submissions 6

# ---- seen, and never whole ----------------------------------------------------
keys one=good two=other
run listed config
exits 0
prints '^fal#one\.api_key +\*\*\*89ab '
prints '^fal#two\.api_key +\*\*\*89ab '
run detailed providers -v
exits 0
prints 'key +one \(\*\*\*89ab\), weight 1'
run diagnosed doctor
prints "fal is ready with key 'two'"
run explained explain -m fal:fal-ai/flux/dev --json
exits 0
prints '"key":"(one|two)"'
run asked balance 'fal#two'
exits 0
run unknown balance 'fal#three'
exits 5
says "fal has no key 'three'"
echo '{"providers": {"fal": {"keys": [{"api_key": "a'"$rest"'", "wieght": 2}]}}}' \
  >"$config"
run typo doctor
prints "fal has no key 'wieght' \\(from fal.keys\\[0\\] in "

# A budget of ours is not the fault of a key: the other one is not tried for it.
keys one=a two=b
limit='{"scope": "all", "limit_usd": 0.01, "period": "day"}'
sed "1s/{/{ \"budgets\": [$limit],/" "$config" >"$config.tight"
chmod 600 "$config.tight"
mv "$config.tight" "$config"
makes budget
exits 4
[ "$(grep -o '"class":"quota"' out | wc -l)" -eq 2 ] ||
  fail 'it was tried with more than one key'

finish
