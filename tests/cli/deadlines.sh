#!/bin/sh
# Time that is up: of one link, whose job is cancelled before the next one tries,
# and of a whole batch, which leaves what is under way.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || {
  echo "no store: skipped"
  exit 77
}
export GAMUT_POLL_INTERVAL
start_emulator --polls 25 --size 64x64

submissions()
{
  curl -sf "$emulator_url/control/stats" |
    sed -n 's/.*"submits":{"seen":\([0-9]*\).*/\1/p'
}

is()
{
  [ "$2" -eq "$3" ] || fail "$1: $2, not $3"
}

# The last link has the time that the job needs.
GAMUT_POLL_INTERVAL=40ms
run attempt generate -p 'a fox' -m fal:fal-ai/flux/dev \
  --fallback fal:fal-ai/flux/schnell --attempt-timeout 200ms --json
exits 0
prints '"model": ?"fal-ai/flux/schnell"'
prints 'no result within attempt_timeout 0\.2 s; cancelled at the vendor'
prints '"maybe_charged": ?false'
is submissions "$(submissions)" 2

# A vendor that takes the wish and makes it all the same is not paid beside another.
before=$(submissions)
run stubborn generate -p 'a fox [cancel:stubborn]' -m fal:fal-ai/flux/dev \
  --fallback fal:fal-ai/flux/schnell --attempt-timeout 200ms --json
exits 0
prints '"model": ?"fal-ai/flux/dev"'
is submissions "$(submissions)" $((before + 1))

run explain explain -p x -m fal:fal-ai/flux/dev --fallback fal:fal-ai/flux/schnell \
  --attempt-timeout 30s
exits 0
prints 'the next one after 30\.0 s'
run wrong generate -p x -m flux --attempt-timeout soon
exits 2
says 'attempt_timeout'

# A batch: the second line never begins, the first goes on at the vendor.
cat >lines.jsonl <<'END'
{"prompt": "a fox"}
{"prompt": "a hare"}
END
before=$(submissions)
GAMUT_POLL_INTERVAL=100s
run batch batch lines.jsonl -m flux --out-dir pics -j 1 --deadline 1s
exits 11
says 'line 1 goes on as job [0-9A-Z]{26}'
says '2 of 2 lines are left'
is submissions "$(submissions)" $((before + 1))
GAMUT_POLL_INTERVAL=1ms
run resumed batch lines.jsonl -m flux --out-dir pics -j 1 --deadline 5m --resume
exits 0
is submissions "$(submissions)" $((before + 2))
is files "$(find pics -type f | wc -l)" 2
run no-time batch lines.jsonl -m flux --deadline soon
exits 2
says "deadline 'soon' is no time"
finish
