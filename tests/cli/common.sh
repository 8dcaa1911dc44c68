# Functions for the tests of the program.  Source it; call `finish` at the end.
# shellcheck shell=sh disable=SC2034 # names are used by whoever sources it
set -u
GAMUT=${GAMUT:-$GAMUT_CLI}
[ -x "$GAMUT" ] || { echo "no program at $GAMUT"; exit 77; }
work=$(mktemp -d) || exit 99
failed=0
case_name=
emulator_pid=
emulator_url=
trap 'clean_up' EXIT
cd "$work" || exit 99

clean_up()
{
  if [ -n "$emulator_pid" ]; then
    kill "$emulator_pid" 2>/dev/null
    wait "$emulator_pid" 2>/dev/null
  fi
  cd / && rm -rf "$work"
}

fail()
{
  echo "FAIL $case_name: $*"
  for stream in out err; do
    tail -c 2000 "$work/$stream" | tr '\r' '\n' | tail -n 8 | cat -v |
      sed "s/^/    $stream: /"
  done
  failed=$((failed + 1))
}

# run NAME ARGUMENT...: the program, its output in $work/out and $work/err
run()
{
  case_name=$1
  shift
  "$GAMUT" "$@" >"$work/out" 2>"$work/err" </dev/null
  code=$?
  hush "$work/out" "$work/err"
}

# hush FILE...: keys of the tests have "hush-" in them, and no file may.
hush()
{
  if grep -aqF -e hush- "$@" 2>/dev/null; then
    fail "a key is in $(grep -alF -e hush- "$@" 2>/dev/null | tr '\n' ' ')"
  fi
}

exits()
{
  [ "$code" -eq "$1" ] || fail "exit code $code, not $1"
}

# Extended regular expressions; case does not matter.
says()
{
  grep -qiE -e "$1" "$work/err" || fail "standard error has no '$1'"
}

prints()
{
  grep -qE -e "$1" "$work/out" || fail "standard output has no '$1'"
}

is_silent()
{
  [ ! -s "$work/out" ] || fail "standard output is not empty"
}

# await STATE WORDS: until the store has such a job
await()
{
  tries=200
  until "$GAMUT" jobs --state "$1" | grep -q "$2"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { fail "no job is $1"; return; }
    sleep 0.05
  done
}

# refused NAME EXIT CLASS WORDS ARGUMENT...
refused()
{
  wanted_exit=$2
  wanted_class=$3
  wanted_words=$4
  name=$1
  shift 4
  run "$name" "$@"
  exits "$wanted_exit"
  says "\\[$wanted_class\\]"
  says "$wanted_words"
  is_silent
}

# start_emulator OPTION...: sets GAMUT_ENDPOINTS and FAL_KEY; 77 without it
start_emulator()
{
  if [ -z "${GAMUT_EMULATOR:-}" ] || [ ! -x "$GAMUT_EMULATOR" ]; then
    echo "no emulator"
    exit 77
  fi
  mkfifo "$work/ready" || exit 99
  "$GAMUT_EMULATOR" --print-endpoints --ready-fd 3 --quiet "$@" \
    >"$work/endpoints.all" 3>"$work/ready" &
  emulator_pid=$!
  read -r port <"$work/ready" || { echo "the emulator ended"; exit 99; }
  head -n 1 "$work/endpoints.all" >"$work/endpoints"
  emulator_url=http://127.0.0.1:$port
  GAMUT_ENDPOINTS=@$work/endpoints
  FAL_KEY=id:hush-fal-key
  export GAMUT_ENDPOINTS FAL_KEY
}

# Files that are there to hold a key are called so.
finish()
{
  case_name=afterwards
  # shellcheck disable=SC2046 # names without blanks
  hush /dev/null $(find "$work" "$HOME" -type f ! -name '*.key' \
    ! -name config.json)
  [ "$failed" -eq 0 ] || echo "$failed failed"
  [ "$failed" -eq 0 ]
  exit
}
