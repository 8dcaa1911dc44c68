#!/bin/sh
# Measures gamut beside a program over bare libcurl that does the same exchanges,
# against the emulator on loopback, and says which goals are reached.  Run by
# `make bench`.  BENCH_RUNS: runs of each (default 5).
#
# The two take turns, so that whatever else the machine does hits both; figures
# are medians.  A job is submit, 3 polls, result, download of 64 KiB (fal); an
# answer that names the file, and the download (run); or one answer with the
# picture in it as base64 (openai).
set -eu

bench=$top_builddir/tests/bench
runs=${BENCH_RUNS:-5}
polls=3
work=$(mktemp -d "${TMPDIR:-/tmp}/gamut-bench.XXXXXX")
# Files in memory: the disk would be measured otherwise.
if [ -w /dev/shm ]; then
  out=$(mktemp -d /dev/shm/gamut-bench.XXXXXX)
else
  out=$work/out
fi
emulator_pid=

stop_emulator() {
  if [ -n "$emulator_pid" ]; then
    kill "$emulator_pid" 2>/dev/null || true
    wait "$emulator_pid" 2>/dev/null || true
  fi
  emulator_pid=
}

clean() {
  stop_emulator
  rm -rf "$work" "$out"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -z "$GAMUT_EMULATOR" ]; then
  echo 'bench: the emulator is not built: libmicrohttpd is missing' >&2
  exit 1
fi

# ---- the vendor ---------------------------------------------------------

# start_emulator POLLS BYTES: sets base and endpoints
start_emulator() {
  stop_emulator
  rm -f "$work/port" "$work/map"
  "$GAMUT_EMULATOR" --quiet --print-endpoints --polls "$1" --size 256x256 \
    --image-bytes "$2" --port-file "$work/port" >"$work/map" &
  emulator_pid=$!
  while [ ! -s "$work/port" ]; do
    kill -0 "$emulator_pid" || exit 1
  done
  base=http://127.0.0.1:$(cat "$work/port")
  endpoints=$(head -n 1 "$work/map")
}

# ---- measuring ----------------------------------------------------------

# job PROGRAM API COUNT CONCURRENCY POLL_MS: a line in $work/PROGRAM
job() {
  rm -rf "$out" && mkdir -p "$out"
  "$bench/measure" "$work/$1" "$bench/$1" "$2" "$base" "$3" "$4" "$out" "$5" \
    >"$work/said"
  if [ "$(cat "$work/said")" != "done $3 failed 0 blocked 0" ]; then
    echo "bench: $1: $(cat "$work/said")" >&2
    exit 1
  fi
  if [ "$(ls "$out" | wc -l)" -ne "$3" ]; then
    echo "bench: $1: files are missing" >&2
    exit 1
  fi
}

# side_by_side API BYTES COUNT CONCURRENCY POLL_MS
side_by_side() {
  rm -f "$work/driver" "$work/limit"
  i=0
  while [ "$i" -lt "$runs" ]; do
    start_emulator "$polls" "$2"
    job limit "$1" "$3" "$4" "$5"
    start_emulator "$polls" "$2"
    job driver "$1" "$3" "$4" "$5"
    i=$((i + 1))
  done
}

# median FILE EXPRESSION-OF-FIELDS ($1 user, $2 system, $3 wall, $4 KiB)
median() {
  awk "{ print $2 }" "$1" | sort -g |
    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# ---- the table ----------------------------------------------------------

# row WHAT UNIT GAMUT LIMIT MOST: LIMIT "-" when MOST is no ratio
row() {
  awk -v what="$1" -v unit="$2" -v ours="$3" -v limit="$4" -v most="$5" 'BEGIN {
    ratio = limit == "-" ? 0 : ours / limit
    value = limit == "-" ? ours : ratio
    verdict = value <= most ? "reached" : "missed"
    printf "%-44s %9.4g %9s %6s  %9s  %s\n", what " (" unit ")", ours,
      limit == "-" ? "-" : sprintf("%.4g", limit),
      limit == "-" ? "" : sprintf("%.2fx", ratio),
      limit == "-" ? most : most "x", verdict
  }'
}

# note WHAT UNIT GAMUT LIMIT: no goal
note() {
  printf '%-44s %9.4g %9.4g\n' "$1 ($2)" "$3" "$4"
}

conditions() {
  printf 'gamut beside bare libcurl: medians of %s runs, taking turns\n' "$runs"
  sed -n 's/^model name[^:]*: */cpu: /p' /proc/cpuinfo 2>/dev/null | head -n 1
  printf 'cores: %s, load: %s, %s\n' "$(getconf _NPROCESSORS_ONLN)" \
    "$(cut -d ' ' -f 1-3 /proc/loadavg 2>/dev/null || echo unknown)" \
    "$(uname -sr)"
  printf 'libcurl: %s\n' "$(pkg-config --modversion libcurl 2>/dev/null ||
    echo unknown)"
  printf 'job: submit, %s polls, result, download of 64 KiB\n' "$polls"
  printf 'answer: one exchange; 64 at once\n\n'
  printf '%-44s %9s %9s %6s  %9s\n' what gamut limit ratio goal
}

# ---- what is measured ---------------------------------------------------

cpu() {
  side_by_side fal 65536 1000 64 20
  row 'CPU a 1,000 jobs, 64 in flight' s \
    "$(median "$work/driver" '$1 + $2')" "$(median "$work/limit" '$1 + $2')" 1.5
  GAMUT_STORE=memory
  export GAMUT_STORE
  side_by_side fal 65536 1000 64 20
  unset GAMUT_STORE
  row 'CPU a 1,000 jobs, without a store' s \
    "$(median "$work/driver" '$1 + $2')" "$(median "$work/limit" '$1 + $2')" \
    1.25
  # One after the other, each job pays alone for its commits.
  side_by_side fal 65536 100 1 20
  row 'CPU a 1,000 jobs, one at a time' s \
    "$(median "$work/driver" '($1 + $2) * 10')" \
    "$(median "$work/limit" '($1 + $2) * 10')" 1.5
  side_by_side fal 65536 2048 1024 500
  row 'CPU a 1,000 jobs, 1,024 in flight' s \
    "$(median "$work/driver" '($1 + $2) / 2.048')" \
    "$(median "$work/limit" '($1 + $2) / 2.048')" 1.5
}

# answers API BYTES COUNT WHAT MOST: one exchange instead of many, 64 at once;
# nothing is kept of them, since the limit keeps nothing.
answers() {
  GAMUT_STORE=memory
  export GAMUT_STORE
  side_by_side "$1" "$2" "$3" 64 20
  unset GAMUT_STORE
  row "CPU a 1,000 $4" s \
    "$(median "$work/driver" "(\$1 + \$2) * 1000 / $3")" \
    "$(median "$work/limit" "(\$1 + \$2) * 1000 / $3")" "$5"
  note 'the largest resident set of that' MiB \
    "$(median "$work/driver" '$4 / 1024')" "$(median "$work/limit" '$4 / 1024')"
}

many() {
  side_by_side fal 65536 1000 1000 500
  few_driver=$(median "$work/driver" '$4')
  few_limit=$(median "$work/limit" '$4')
  side_by_side fal 65536 10000 10000 500
  row 'CPU a 1,000 jobs, 10,000 in flight' s \
    "$(median "$work/driver" '($1 + $2) / 10')" \
    "$(median "$work/limit" '($1 + $2) / 10')" 1.5
  note 'wall clock of 10,000 jobs' s \
    "$(median "$work/driver" '$3')" "$(median "$work/limit" '$3')"
  note 'largest resident set, 10,000 jobs' MiB \
    "$(median "$work/driver" '$4 / 1024')" \
    "$(median "$work/limit" '$4 / 1024')"
  row 'memory a job in flight' KiB \
    "$(median "$work/driver" "(\$4 - $few_driver) / 9000")" - 4
  note 'memory a job in flight, of the limit' KiB 0 \
    "$(median "$work/limit" "(\$4 - $few_limit) / 9000")"
}

cold_start() {
  start_emulator 1 65536
  rm -rf "$XDG_STATE_HOME" # else it waits as the many jobs have taught it
  rm -f "$work/limit" "$work/cli" "$work/version"
  i=0
  while [ "$i" -lt $((4 * runs)) ]; do
    job limit fal 1 1 20
    rm -f "$out"/*
    FAL_KEY=bench:bench GAMUT_ENDPOINTS=$endpoints \
      "$bench/measure" "$work/cli" "$bench/cli" -q -p 'a neon fox' -m flux \
      -o "$out/fox.png" >/dev/null
    [ -s "$out/fox.png" ]
    "$bench/measure" "$work/version" "$bench/cli" --version >/dev/null
    i=$((i + 1))
  done
  row 'cold start, command to file' ms "$(median "$work/cli" '$3 * 1000')" \
    "$(median "$work/limit" '$3 * 1000')" 1.5
  row 'gamut --version' ms "$(median "$work/version" '$3 * 1000')" - 3
}

# instructions PROGRAM COUNT
instructions() {
  rm -rf "$out" && mkdir -p "$out"
  valgrind --tool=callgrind --callgrind-out-file="$work/callgrind" \
    "$bench/$1" fal "$base" "$2" 64 "$out" 20 2>&1 >/dev/null |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# Start-up drops out of the difference between many jobs and few.
per_job() {
  few=$(instructions "$1" 100)
  awk -v few="$few" -v many="$(instructions "$1" 500)" \
    'BEGIN { printf "%d", (many - few) / 400 }'
}

callgrind() {
  if ! command -v valgrind >/dev/null; then
    echo 'user instructions a job: valgrind is not installed'
    return
  fi
  start_emulator "$polls" 65536
  row 'user instructions a job' count "$(per_job driver)" "$(per_job limit)" 2
}

# size NAME FILE MOST
size() {
  if [ -f "$2" ] && strip -o "$work/stripped" "$2"; then
    row "$1, stripped" KiB \
      "$(wc -c <"$work/stripped" | awk '{ print $1 / 1024 }')" - "$3"
  fi
}

sizes() {
  size libgamut "$top_builddir/core/.libs/libgamut.so" 400
  size 'provider fal' "$top_builddir/plugins/.libs/fal.so" 48
}

loading() {
  i=0
  while [ "$i" -lt $((4 * runs)) ]; do
    "$bench/plugin_time" "$GAMUT_PLUGIN_PATH" fal >>"$work/loading"
    i=$((i + 1))
  done
  row 'loading a provider' us "$(median "$work/loading" '$1')" - 200
}

# figure NAME [FILE]: the median of a figure of store_time, or of another
figure() {
  sed -n "s/^$1 \([0-9.]*\) .*/\1/p" "$work/${2:-store}" | sort -g |
    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# On the disk of $TMPDIR: a commit that lasts costs what a sync costs there.
store() {
  i=0
  while [ "$i" -lt "$runs" ]; do
    rm -rf "$work/state"
    "$bench/store_time" "$GAMUT_PLUGIN_PATH" "$work/state" >>"$work/store" ||
      return 0 # no SQLite
    i=$((i + 1))
  done
  row 'store: a record, 256 in a commit' us "$(figure record_of_256)" - 10
  row 'store: a record, 16 in a commit' us "$(figure record_of_16)" - 30
  row 'store: opening it' ms "$(figure open_again)" - 2
  note 'store: commits a second, one record each' count \
    "$(figure commits_of_1)" 0
  note 'store: the same, not for power cuts' count \
    "$(figure commits_loose_of_1)" 0
  note 'store: beginning it' ms "$(figure open_first)" 0
}

quotes() {
  i=0
  while [ "$i" -lt $((4 * runs)) ]; do
    (cd "$work" && "$bench/quote_time") >>"$work/quotes"
    i=$((i + 1))
  done
  row 'CPU of a quote, catalog loaded' us "$(figure quote quotes)" - 50
  note 'CPU of a quote of four links' us "$(figure quote_of_four quotes)" 0
  note 'CPU of a quote with an input file' us "$(figure quote_with_input quotes)" 0
  note 'CPU of the first quote of a process' us "$(figure first quotes)" 0
}

# The store on the disk of $TMPDIR; nobody is there to be asked.
cached() {
  start_emulator 1 65536
  FAL_KEY=bench:bench
  GAMUT_ENDPOINTS=$endpoints
  export FAL_KEY GAMUT_ENDPOINTS
  if "$bench/cache_time" fill 1 "$out" "$work/cache"; then
    stop_emulator
    i=0
    while [ "$i" -lt "$runs" ]; do
      "$bench/cache_time" hit 200 "$out" "$work/cache" >>"$work/hits"
      GAMUT_STATE_DIR=$work/cache "$bench/measure" "$work/cached" \
        "$bench/cli" -q -p 'a neon fox' -m fal:fal-ai/flux/dev --seed 7 \
        --force -o "$out/fox.png" >/dev/null
      i=$((i + 1))
    done
    row 'a cached picture of 64 KiB' us "$(median "$work/hits" '$1')" - 1000
    note 'one of twenty takes longer than' us "$(median "$work/hits" '$2')" 0
    note 'the same, command to file' ms \
      "$(median "$work/cached" '$3 * 1000')" 0
  fi
  unset FAL_KEY GAMUT_ENDPOINTS
}

# CPU of a job's record and counters, to a log in memory; of its breakers and
# the limiter; of all four.
seeing() {
  i=0
  while [ "$i" -lt "$runs" ]; do
    "$bench/observe_time" "$out/log" >>"$work/seen"
    "$bench/guard_time" >>"$work/guarded"
    rm -f "$out/log"
    i=$((i + 1))
  done
  for one in seen guarded; do
    awk '{ sum[int((NR - 1) / 2)] += $2 }
      END { for (i in sum) print sum[i] }' "$work/$one" >"$work/$one.sums"
  done
  paste "$work/seen.sums" "$work/guarded.sums" >"$work/seeing"
  row 'log record and metrics of a job' us "$(median "$work/seeing" '$1')" - 30
  row 'breaker and limiter of a job' us "$(median "$work/seeing" '$2')" - 30
  row 'limiter, breaker, log, metrics of a job' us \
    "$(median "$work/seeing" '$1 + $2')" - 30
}

# part FILE NAME: the median of a figure of ledger_time, charge_time, vector_time
part() {
  sed -n "s/^$2 \([0-9.]*\) .*/\1/p" "$work/$1" | sort -g |
    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

charges() {
  i=0
  while [ "$i" -lt "$runs" ]; do
    "$bench/charge_time" >>"$work/charge"
    i=$((i + 1))
  done
  row 'books: reserve and settle, beside commits' us "$(part charge charge)" - 30
}

# A million rows over eleven months: filled once, asked once from a file that the
# system has in its cache.
ledger() {
  rm -rf "$work/state"
  "$bench/ledger_time" "$GAMUT_PLUGIN_PATH" "$work/state" 1000000 \
    >"$work/ledger" || return 0 # no SQLite
  row 'usage of a month, 1,000,000 rows' ms "$(part ledger month)" - 1000
  row 'usage of a month by user' ms "$(part ledger month_by_user)" - 1000
  note 'usage of all of them' ms "$(part ledger year)" 0
  note 'usage of all of them by user' ms "$(part ledger year_by_user)" 0
  rm -rf "$work/state"
}

# The nearest of 100,000 prompts of 768 numbers.
vectors() {
  i=0
  while [ "$i" -lt "$runs" ]; do
    rm -rf "$work/state"
    "$bench/vector_time" "$GAMUT_PLUGIN_PATH" "$work/state" \
      >>"$work/vectors" || return 0 # no SQLite
    i=$((i + 1))
  done
  row 'nearest of 100,000 prompts: a search' ms "$(part vectors search)" - 10
  row 'the same after another process wrote' ms "$(part vectors follow)" - 10
  note 'the same: the walk through memory alone' ms "$(part vectors walk)" 2
  note 'the same: first in a process, CPU' ms "$(part vectors first_cpu)" 0
  note 'the same: second, which loads it, CPU' ms "$(part vectors load_cpu)" 0
  note 'the same: memory' MiB "$(part vectors memory)" 1
  rm -rf "$work/state"
}

conditions
cpu
answers run 65536 1000 'answers that name a file' 1.5
answers openai 65536 1000 'answers of 64 KiB in base64' 1.5
answers openai 2097152 256 'answers of 2 MiB in base64' 1.2
many
cold_start
callgrind
sizes
loading
quotes
store
cached
charges
ledger
seeing
vectors
