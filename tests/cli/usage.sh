#!/bin/sh
# What was used and what is left, as a person and as a program sees it.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || {
  echo "no store: skipped"
  exit 77
}
GAMUT_POLL_INTERVAL=10ms
XDG_STATE_HOME=$work/state
export GAMUT_POLL_INTERVAL XDG_STATE_HOME

run empty usage
exits 0
prints '^requests  0$'
prints '^cost      \$0\.00$'
run no-budget budgets
exits 0
says 'no budget is set'
run no-budget-json budgets --json
exits 0
prints '^\[\]$'

start_emulator --polls 1 --size 64x64
# ---- budgets, from a file with comments
cat >config.json <<'EOF'
{
  // what a month may cost
  "budgets": [
    { "scope": "all", "limit_usd": 0.06, "period": "month" },
    { "scope": "tag", "limit_usd": 1, "period": "week" }, /* each */
    { "scope": "user", "name": "ann", "limit_usd": 5.5, "period": "day" }
  ],
  "user": "ann"
}
EOF
make()
{
  name=$1
  shift
  run "$name" -p "a fox" -m flux -o "$name.png" --config config.json "$@"
}
make first --project spring --tag red,blue --tag red
exits 0
make second
exits 0
says 'the budget of all: \$0\.05 of \$0\.06 a month is spent or reserved; it begins anew at 20'
make third
exits 4
if grep -q 'is spent or reserved' err; then fail "warned twice"; fi
says 'the budget of all, \$0\.06 a month, has \$0\.01 left, and this costs \$0\.025; it begins anew at 20..-..-01T00:00Z .* \[quota\]'
run budgets budgets --config config.json
exits 0
prints '^all +\$0\.06 a month +spent \$0\.05 +left \$0\.01 +until 20..-..-01T00:00Z$'
prints '^tag blue +\$1\.00 a week +spent \$0\.025? '
prints '^user ann +\$5\.50 a day +spent \$0\.05 '
run budgets-json budgets --json --config config.json
prints '"scope":"all","period":"month","limit_usd":0\.06,"spent_usd":0\.05,"maybe_usd":0,"reserved_usd":0,"left_usd":0\.01'
# another provider has none to ask
run unpriced -p "a fox" -m fal:fal-ai/unheard-of -o u.png --config config.json
exits 2
says 'the price of fal-ai/unheard-of is not known, and the budget of all has to count it'
run unpriced-allowed -p "a fox" -m fal:fal-ai/unheard-of -o u.png \
  --config config.json --allow-unknown-cost
exits 0

refuse_config()
{
  printf '%s\n' "$2" >bad.json
  refused "$1" 2 invalid "$3" models --config bad.json
}
refuse_config no-array '{"budgets": {}}' "bad\.json.*'budgets' is not an array"
refuse_config scope '{"budgets": [{"scope": "team", "limit_usd": 1, "period": "day"}]}' \
  'bad\.json: budgets\[0\]\.scope: "team" is not one of all, provider, project, user, tag'
refuse_config period '{"budgets": [{"scope": "all", "limit_usd": 1, "period": "year"}]}' \
  'budgets\[0\]\.period: "year" is not one of day, week, month'

# ---- usage
run usage usage
exits 0
prints '^period    20..-..-01 to before 20..-..-01, GMT$'
prints '^requests  4: 3 succeeded, 1 failed$'
prints '^cost      \$0\.05; 1 request of unknown cost$'
run by-tag usage --by tag
prints '^red +1 +\$0\.025$'
prints '^\(none\) +3 \(1 not\) +\$0\.025 +1 request of unknown cost$'
run by-user usage --by user
prints '^ann +4 '
run by-project usage --by project --json
prints '"by":"project","groups":\[\{"name":(null|"spring"),'
run by-model usage --by model
prints '^fal:fal-ai/flux/dev +3 '
run by-day usage --by day --period year
prints "^$(date -u +%Y-%m-%d) +4 "
run by-status usage --by status --csv
prints '^status,requests,succeeded,failed,blocked,cancelled,maybe_charged,cached,open,cost_usd,'
prints '^completed,3,3,0,0,0,0,0,0,0\.05,0,0,0,1,0,[0-9]+,[0-9]+.$'
run span usage --period "$(date -u +%Y-%m-%d)..$(date -u +%Y-%m-%d)"
prints '^requests  4:'
run before usage --period 2020-01-01..2020-12-31
prints '^requests  0$'
run from usage --from 2020-01-01
prints '^requests  4:'
refused bad-period 2 invalid 'none of day, week, month, year, nor FROM\.\.TO' \
  usage --period fortnight
refused backwards 2 invalid 'ends before it begins' \
  usage --period 2026-11-02..2026-10-01
run both usage --csv --json
exits 2
run remote-by usage --remote fal --by day
exits 2
says '\-\-by and --csv are for your own books'

# ---- a picture of bars on a terminal, not with NO_COLOR, not in a pipe
LC_ALL=C.UTF-8 TERM=xterm "$top_builddir/tests/cli/pty" '' "$GAMUT" usage --by user >out
prints '█'
NO_COLOR=1 TERM=xterm "$top_builddir/tests/cli/pty" '' "$GAMUT" usage --by user >out
if grep -q '█\|##' out; then fail "bars in spite of NO_COLOR"; fi
"$GAMUT" usage --by user >out
if grep -q '█\|##' out; then fail "bars in a pipe"; fi

# ---- names from anywhere
long=$(awk 'BEGIN { for (i = 0; i < 30000; i++) printf "x" }')
wild=$(printf '<b>"fox"</b>\033[31m \342\200\256olleh \360\237\246\212, =1+1')
line=$(printf 'two\nlines')
echo '{}' >none.json
make wild --user "$wild" --project "$wild" --tag "$long" --config none.json
exits 0
make line --project "$line" --config none.json
exits 0
run wild-table usage --by project
exits 0
[ "$(awk '{ if (length > n) n = length } END { print n }' out)" -lt 120 ] ||
  fail "a name breaks the table"
if grep -q "$(printf '\033')\|$(printf '\342\200\256')" out; then
  fail "a name reaches the terminal as it is"
fi
prints '<b>"fox"</b>'
run wild-csv usage --by project --csv
grep -qF "$(printf '"<b>""fox""</b>\033[31m \342\200\256olleh \360\237\246\212, =1+1",1,1')" out ||
  fail "csv: the name is not quoted"
grep -q '^"two' out || fail "csv: a line break is not quoted"
run wild-json usage --by user --json
prints '"name":"<b>\\"fox\\"</b>\\u001b\[31m '
run long-table usage --by tag
prints '^x{37}\.\.\. +1 '
run long-json usage --by tag --json
[ "$(grep -o 'x\{30000\}' out | wc -l)" -eq 1 ] || fail "30,000 letters are cut"
run long-csv usage --by tag --csv
prints '^x+,1,1,'

# ---- lines of a batch
cat >lines.jsonl <<'EOF'
{"prompt": "one", "project": "b", "tag": ["t1", "t2"], "user": "ben"}
{"prompt": "two", "project": "b", "tag": "t1,t3"}
EOF
run batch batch lines.jsonl -m flux --out-dir made --tag all
exits 0
run batch-tags usage --by tag
prints '^t1 +2 '
prints '^t2 +1 '
prints '^all +2 '
run batch-user usage --by user
prints '^ben +1 '

# What was made is paid for, also when it is cancelled while it lies there.
XDG_STATE_HOME=$work/other-state
run left-download -p 'a fox [file:slow:4000:1]' -m flux -o left.jpg --timeout 1500ms
exits 11
id=$("$GAMUT" jobs --state fetching | cut -c 1-26)
run cancel-made cancel "$id"
exits 0
run cancelled-cost usage
exits 0
prints '^requests +1: 1 cancelled$'
prints '^cost +\$0\.025$'
finish
