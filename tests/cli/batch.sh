#!/bin/sh
# A file of requests; killed in its midst, and gone on with.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || {
  echo "no store: skipped"
  exit 77
}
GAMUT_POLL_INTERVAL=20ms
export GAMUT_POLL_INTERVAL
start_emulator --polls 2 --size 64x64

submissions()
{
  curl -sf "$emulator_url/control/stats" |
    sed -n 's/.*"submits":{"seen":\([0-9]*\).*/\1/p'
}

counts()
{
  [ "$2" -eq "$3" ] || fail "$1: $2, not $3"
}

cat >lines.jsonl <<'END'
{"prompt": "a fox", "seed": 1}

{"prompt": "a hare", "seed": 2, "size": "512x512", "output": "hare.{ext}"}
{"prompt": "an owl", "model": "fal:fal-ai/flux/schnell", "set": {"enable_safety_checker": false}}
END
run lines batch lines.jsonl -m flux --out-dir pics
exits 0
says '3 done, 0 failed, 0 blocked'
prints '"line":1[,}]'
prints '"line":4[,}]'
counts results "$(wc -l <out)" 3
for f in pics/00001.jpg pics/hare.jpg pics/00004.jpg; do
  [ -s $f ] || fail "there is no $f"
done
run again batch lines.jsonl -m flux --out-dir pics
exits 2
says 'begun before: 3 of its 3 lines'
says '[-][-]resume'
run resume batch lines.jsonl -m flux --out-dir pics --resume
exits 0
counts results "$(wc -l <out)" 3
counts submissions "$(submissions)" 3


# An edited file pays for what is new: mended, sorted, added to, spaced and named
# otherwise; the second of two equal lines is a line of its own.
cat >edited.jsonl <<'END'
{"prompt": "an edit", "steps": 21}
{"prompt": "an edit", "steps": 22}
{"prompt": "an edit", "steps": 23
END
run edited batch edited.jsonl -m flux --out-dir edited
exits 1
says '2 done, 1 failed'
counts submissions "$(submissions)" 5
cat >edited.jsonl <<'END'
{"prompt": "an edit", "steps": 22, "output": "two.{ext}"}
{"steps":21, "prompt":"an edit"}
{"prompt": "an edit", "steps": 23}
{"prompt": "an edit", "steps": 21}
END
run mended batch edited.jsonl -m flux --out-dir edited
exits 2
says 'begun before: 2 of its 4 lines'
counts submissions "$(submissions)" 5
run mended-resume batch edited.jsonl -m flux --out-dir edited --resume
exits 0
says '4 done, 0 failed'
prints '/00001[.]jpg.*"line":2[,}]'
prints '/00002[.]jpg.*"line":1[,}]'
counts submissions "$(submissions)" 7
counts files "$(find edited -type f | wc -l)" 4
run mended-again batch edited.jsonl -m flux --out-dir edited --resume
exits 0
counts submissions "$(submissions)" 7
# Another batch is another one, whatever its lines say; its folder does not count.
mkdir moved
cp edited.jsonl moved/edited.jsonl
run moved batch moved/edited.jsonl -m flux --out-dir edited --resume
exits 0
counts submissions "$(submissions)" 7
head -n 1 edited.jsonl >other.jsonl
run other batch other.jsonl -m flux --out-dir other
exits 0
counts submissions "$(submissions)" 8

# Files in the way are seen before anything is paid: those of lines that are to
# be sent, whatever their endings turn out to be.
cat >way.jsonl <<'END'
{"prompt": "in the way 1"}
{"prompt": "in the way 2", "output": "hare.{ext}"}
{"prompt": "in the way 3", "n": 2}
END
mkdir way
touch way/00001.txt way/00001-1.jpg way/00003.jpg way/hare.jpg.json
touch way/hare.png way/00003-2.webp
run in-the-way batch way.jsonl -m flux --out-dir way
exits 2
says "line 2: 'way/hare.png' exists already .*invalid"
says 'way of 2 lines'
is_silent
counts submissions "$(submissions)" 8
rm way/hare.png way/00003-2.webp
run out-of-the-way batch way.jsonl -m flux --out-dir way
exits 0
echo '{"prompt": "in the way 4"}' >>way.jsonl
touch way/00004.png
run one-more batch way.jsonl -m flux --out-dir way --resume
exits 0
prints 'way/00005[.]jpg.*"line":4[,}]'
counts submissions "$(submissions)" 12
echo '{"prompt": "forced"}' >forced.jsonl
run forced batch forced.jsonl -m flux --out-dir way --force
exits 0
prints 'way/00001[.]jpg'
counts submissions "$(submissions)" 13

# Two lines of one name are seen before they are paid, --force or not.
cat >twins.jsonl <<'END'
{"prompt": "twin 1", "output": "z.{ext}"}
{"prompt": "twin 2", "output": "y.{ext}", "n": 2}
{"prompt": "twin 3", "output": "z.{ext}"}
{"prompt": "twin 4", "output": "z.{ext}"}
{"prompt": "twin 5", "output": "00006.{ext}"}
{"prompt": "twin 6"}
END
mkdir twins
touch twins/z.png
before=$(submissions)
for force in '' --force; do
  # shellcheck disable=SC2086 # a word or none
  run "twins$force" batch twins.jsonl -m flux --out-dir twins $force
  exits 2
  says "lines 5 and 6 both write 'twins/00006[.][{]ext[}]' .*invalid"
  says '3 lines write where another does'
  is_silent
  sed -n 1,3p twins.jsonl >pair.jsonl
  # shellcheck disable=SC2086
  run "pair$force" batch pair.jsonl -m flux --out-dir twins $force
  exits 2
  says "lines 1 and 3 both write 'twins/z[.][{]ext[}]' .*invalid"
  is_silent
done
counts submissions "$(submissions)" "$before"
# What makes names differ, and lines whose files are made already.
cat >distinct.jsonl <<'END'
{"prompt": "distinct", "output": "{job}.{ext}"}
{"prompt": "distinct", "output": "{job}.{ext}"}
{"prompt": "distinct", "output": "s-{seed}.{ext}", "seed": 1}
{"prompt": "distinct", "output": "s-{seed}.{ext}", "seed": 2}
{"prompt": "distinct", "output": "r-{seed}.{ext}"}
{"prompt": "distinct", "output": "r-{seed}.{ext}"}
{"prompt": "distinct", "output": "m-{model}.{ext}"}
{"prompt": "distinct", "output": "m-{model}.{ext}", "model": "fal:fal-ai/flux/schnell"}
{"prompt": "distinct", "output": "k.{ext}"}
{"prompt": "distinct", "output": "k.{ext}", "n": 2}
END
run distinct batch distinct.jsonl -m flux --out-dir distinct
exits 0
counts files "$(find distinct -type f | wc -l)" 11
sed 's/s-{seed}/s/' distinct.jsonl >more.jsonl
mv more.jsonl distinct.jsonl
before=$(submissions)
run distinct-made batch distinct.jsonl -m flux --out-dir distinct --resume --force
exits 0
counts submissions "$(submissions)" "$before"
echo '{"prompt": "distinct, too", "output": "s.{ext}"}' >>distinct.jsonl
run distinct-new batch distinct.jsonl -m flux --out-dir distinct --resume --force
exits 2
says 'lines 3 and 11 both write'
counts submissions "$(submissions)" "$before"
for seed in '' '--seed 7'; do
  # shellcheck disable=SC2086 # words or none
  sed -n 5,6p distinct.jsonl | "$GAMUT" batch - -m flux --out-dir seeds $seed \
    >out 2>err
  code=$? case_name="seeds $seed"
  [ -z "$seed" ] || exits 2
  [ -n "$seed" ] || exits 0
done

# Nothing remembers what was paid for: once it may be run, not gone on with.
before=$(submissions)
run no-store batch lines.jsonl -m flux --out-dir pics --resume --no-store
exits 12
says 'no store .*\[storage\]'
is_silent
case_name=no-place
XDG_STATE_HOME=/proc "$GAMUT" batch lines.jsonl -m flux --out-dir pics --resume \
  >out 2>err </dev/null
code=$?
exits 12
says 'no store .*\[storage\]'
counts submissions "$(submissions)" "$before"
echo '{"prompt": "forgotten"}' >forgotten.jsonl
run forgotten batch forgotten.jsonl -m flux --out-dir forgotten --no-store
exits 0
counts submissions "$(submissions)" $((before + 1))

cat >table.csv <<'END'
prompt,size,seed
"a fox, ""red""",512x512,1
"two
lines",,2
END
run table batch table.csv -m flux
exits 0
prints '"line":2[,}]'
prints '"line":3[,}]'
[ -s 00003.jpg ] || fail "there is no 00003.jpg"
run stdin batch - -m flux --out-dir piped
exits 2
says 'has no requests'
echo '{"prompt": "a fox"}' |
  "$GAMUT" batch - -m flux --out-dir piped >out 2>err || fail "not from a pipe"
[ -s piped/00001.jpg ] || fail "nothing of standard input"

printf '\n \t{"prompt": "behind blanks"}\n' |
  "$GAMUT" batch - -m flux --out-dir blanks >out 2>err
code=$? case_name=blanks
exits 0
[ -s blanks/00002.jpg ] || fail 'it was taken for a table'
printf 'prompt\na table\n' |
  "$GAMUT" batch - -m flux --out-dir piped-table >out 2>err
code=$? case_name=piped-table
exits 0
printf 'prompt\nin capitals\n' >TABLE.CSV
run capitals batch TABLE.CSV -m flux --out-dir capitals
exits 0
says '1 done'

# A table that is wrong somewhere is refused whole, with the place.
before=$(submissions)
bad_table()
{
  # shellcheck disable=SC2059 # it has escapes
  printf "$3" >bad.csv
  run "$1" batch bad.csv -m flux --out-dir bad
  exits 2
  says "$2"
  is_silent
}
bad_table surplus 'line 3, column 3: .*no such column' \
  'prompt,seed\na fox,1\na hare,2,3\n'
bad_table unclosed 'line 3, column 2 [(]size[)]: its quote is not closed' \
  'prompt,size\na fox,\na hare,"512x512\nan owl,\n'
bad_table doubled 'line 1, column 3 [(]prompt[)]: there is another' \
  'prompt,seed,prompt\na fox,1,b\n'
bad_table behind 'line 2, column 1 [(]prompt[)]: there is text behind' \
  'prompt,seed\n"a fox"y,1\n'
bad_table quoted-name 'line 1, column 1.*: its quote is not closed' \
  '"prompt\na fox\n'
bad_table wide 'line 1: there is a NUL byte' 'p\000r\000\n\000'
counts submissions "$(submissions)" "$before"
printf '\357\273\277prompt,seed,size,\r\n6" of a fox,7\r\na hare\r\n' >marked.csv
run marked batch marked.csv -m flux --out-dir marked
exits 0
says '2 done'
printf '\357\273\277{"prompt": "marked"}\n' >marked.jsonl
run marked-lines batch marked.jsonl -m flux --out-dir marked-lines
exits 0
counts submissions "$(submissions)" $((before + 3))

# The model comes before the fallbacks: the line's, or that of the command line.
cat >routed.jsonl <<'END'
{"prompt": "routed"}
{"prompt": "routed", "model": "flux", "fallback": "fal:fal-ai/flux-pro/v1.1-ultra"}
END
run routed batch routed.jsonl -m flux --fallback fal:fal-ai/flux/schnell \
  --out-dir routed
exits 0
says '2 done'
counts 'of the model' "$(grep -c '"model":"fal-ai/flux/dev"' out)" 2

# A line that is new keeps off the files of those that have jobs, made or not.
cat >grown.jsonl <<'END'
{"prompt": "first [never]"}
{"prompt": "second"}
END
run begun batch grown.jsonl -m flux --out-dir grown --deadline 1
exits 11
"$GAMUT" jobs --state unfinished --json >out
prints '"output":"/[^"]*/grown/00001[.][{]ext[}]"'
{
  printf '{"prompt": "%s"}\n' third fourth
  cat grown.jsonl
  echo '{"prompt": "fifth", "output": "00001.{ext}"}'
} >more.jsonl
mv more.jsonl grown.jsonl
run in-the-way-of-others batch grown.jsonl -m flux --out-dir grown --resume --deadline 1
exits 2
says "line 5: '[^']*grown/00001[.]{ext}' is to be written by a job that goes on"
sed '$d' grown.jsonl >more.jsonl
mv more.jsonl grown.jsonl
for force in '' --force; do
  # shellcheck disable=SC2086 # a word or none
  run "grown$force" batch grown.jsonl -m flux --out-dir grown --resume $force \
    --deadline 1
  exits 11
  counts files "$(find grown -type f | wc -l)" 3
  prints 'grown/00002[.]jpg.*"line":4[,}]'
done
[ -s grown/00005.jpg ] && [ -s grown/00006.jpg ] || fail 'no next numbers'

# A line that failed has no file yet: where numbers have moved, it keeps off those
# of the others.  So does one that is paid for and could not be fetched, nor when
# its address was asked for anew.
for fault in 500:1 file:404:2; do
  for force in '' --force; do
    folder=swapped-$fault$force
    printf '{"prompt": "%s %s"}\n' "bad$force" "[$fault]" "good$force" "$fault" \
      >swapped.jsonl
    before=$(submissions)
    # shellcheck disable=SC2086 # a word or none
    run "$folder" batch swapped.jsonl -m fal:fal-ai/flux/dev --out-dir "$folder" \
      $force
    exits 1
    prints '00002[.]jpg.*"line":2[,}]'
    good=$(cksum "$folder/00002.jpg")
    sort -r swapped.jsonl >moved.jsonl
    mv moved.jsonl swapped.jsonl
    # shellcheck disable=SC2086
    run "$folder-resume" batch swapped.jsonl -m fal:fal-ai/flux/dev \
      --out-dir "$folder" --resume $force
    exits 0
    prints '00002[.]jpg.*"line":1[,}]'
    prints '00003[.]jpg.*"line":2[,}]'
    [ "$(cksum "$folder/00002.jpg")" = "$good" ] || fail 'a paid file is gone'
    [ -s "$folder/00003.jpg" ] || fail 'the other is not there'
    paid=$(($(submissions) - before)) # what is made already is only fetched
    [ $fault = file:404:2 ] && counts submissions $paid 2
    [ $fault = 500:1 ] && counts submissions $paid 3
  done
done

# Lines that are wrong cost nothing and hold nobody up.
before=$(submissions)
cat >wrong.jsonl <<'END'
{"prompt": "a fox", "colour": "red"}
{"prompt": "a fox"
{"prompt": "a fox", "seed": "many"}
{"prompt": "well", "seed": 5}
{"prompt": "a\u0000b"}
{"prompt": "a fox", "tag": ["b", "a\u0000b"]}
END
run wrong batch wrong.jsonl -m flux --out-dir wrong
exits 1
says '1 done, 5 failed'
prints 'line 5: prompt: .*NUL'
prints 'line 6: tag: .*NUL'
prints 'line 1: .*colour'
prints 'line 2: it is no JSON object'
prints 'line 3: .*many'
counts submissions "$(submissions)" $((before + 1))

# A model that there is not makes no jobs.
echo '{"prompt": "of a model that there is"}' >mistyped.jsonl
run mistyped batch mistyped.jsonl -m nosuch:xx --out-dir mistyped
exits 1
prints '"status":"failed"'
run typed batch mistyped.jsonl -m flux --out-dir mistyped
exits 0

# The ledger remembers what was paid for when the jobs are no longer.
printf '{"prompt": "of a job that goes%s"}\n' '' ' [500:1]' >gone.jsonl
before=$(submissions)
GAMUT_KEEP_JOBS=0
export GAMUT_KEEP_JOBS
run gone batch gone.jsonl -m flux --out-dir gone
exits 1
counts submissions "$(submissions)" $((before + 2))
rm gone/*
run gone-again batch gone.jsonl -m flux --out-dir gone
exits 2
says 'begun before: 2 of its 2 lines'
run gone-resume batch gone.jsonl -m flux --out-dir gone --resume
exits 1
prints 'job [0-9A-Z]*, which was submitted for this, is not remembered any more'
prints '"line":2[,}]'
counts submissions "$(submissions)" $((before + 3))
unset GAMUT_KEEP_JOBS

# A full disk is said, by whichever flush it is met; a reader that went away not.
echo '{"prompt": "to a full disk"}' >full.jsonl
if [ -c /dev/full ]; then
  for verb in 'batch full.jsonl -m flux --out-dir full' \
    '-p full -m flux -o full.jpg' '-p full -m flux -o full2.jpg --json'; do
    case_name="full: $verb"
    # shellcheck disable=SC2086 # words
    "$GAMUT" $verb >/dev/full 2>err </dev/null
    code=$?
    exits 12
    says 'cannot write to standard output'
  done
fi
for verb in 'batch full.jsonl -m flux --resume --out-dir full' '-p full -m flux -o f.jpg'
do
  case_name="unread: $verb"
  # shellcheck disable=SC2086 # words
  ("$GAMUT" $verb 2>err </dev/null; echo $? >code) | true
  read -r code <code
  exits 0
  ! grep -q 'cannot write' err || fail "a closed pipe was reported"
done

run at-once batch lines.jsonl -m flux -j 0
exits 2
says "'0' is no number from 1 to"
run folder batch lines.jsonl -m flux --out-dir lines.jsonl
exits 12
says "'lines.jsonl' is no folder"
run no-file batch no-such.jsonl
exits 2
says "cannot read 'no-such.jsonl'"
run once batch lines.jsonl -m flux --timeout soon
exits 2
counts errors "$(grep -c soon err)" 1

# Beside one that runs: its lines are its own.
printf '{"prompt": "beside %s [never]"}\n' 1 2 >beside.jsonl
before=$(submissions)
"$GAMUT" batch beside.jsonl -m flux --out-dir beside -q >/dev/null 2>&1 &
pid=$!
await waiting 'beside 1'
await waiting 'beside 2'
run beside batch beside.jsonl -m flux --out-dir beside --resume
kill -9 $pid
wait $pid 2>/dev/null
exits 11
says 'line 2: job [0-9A-Z]* is under way in another process'
says '0 done, 0 failed, 0 blocked, 2 elsewhere, '
is_silent
counts submissions "$(submissions)" $((before + 2))

# Killed again and again: every line is paid for once.
i=0
while [ $i -lt 120 ]; do
  i=$((i + 1))
  echo "{\"prompt\": \"fox number $i\", \"seed\": $i}"
done >many.jsonl
before=$(submissions)
for nap in 0.3 0.2 0.4; do
  "$GAMUT" batch many.jsonl -m flux --out-dir many -j 8 --resume -q \
    --resubmit never >/dev/null 2>&1 &
  pid=$!
  sleep $nap
  kill -9 $pid
  wait $pid 2>/dev/null
done
run many batch many.jsonl -m flux --out-dir many -j 8 --resume --resubmit never
[ "$code" -le 1 ] || fail "exit code $code"
unknown=$("$GAMUT" jobs --state maybe-charged | wc -l)
counts files "$(find many -type f | wc -l)" $((120 - unknown))
[ -z "$(find many -name '*.part')" ] || fail "a half file is left"
sent=$(($(submissions) - before))
[ $sent -le 120 ] || fail "120 lines were paid for $sent times"
[ $sent -ge $((120 - unknown)) ] || fail "$sent submissions for 120 lines"
finish
