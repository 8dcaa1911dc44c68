#!/bin/sh
# The vendors' official npm clients against the emulator: whatever they accept,
# refuse and throw there, they would do with the vendor.
#   run.sh EMULATOR FOLDER [fal openai google runway higgsfield openrouter ...]
# FOLDER takes the packages and a copy of the programs, because node looks for
# packages beside a program; nothing is written beside this file.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
emulator=${1:?} folder=${2:?}
shift 2
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

die()
{
  echo "check-clients: $*" >&2
  exit 1
}

[ -x "$emulator" ] ||
  die "there is no emulator here: libmicrohttpd and zlib are needed to build it"
command -v node >/dev/null || die "node is missing: install nodejs"
command -v npm >/dev/null || die "npm is missing: install npm"
node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' ||
  die "node $(node --version) is too old for the clients: 18 or newer is needed"

# Once; again only when the list of packages is another one.
install_clients()
{
  mkdir -p "$folder" || exit 1
  cmp -s "$here/package.json" "$folder/installed.json" && return
  rm -f "$folder/installed.json"
  cp "$here/package.json" "$folder/package.json" || exit 1
  (cd "$folder" && npm install --ignore-scripts --no-audit --no-fund \
    --no-package-lock --no-save --loglevel=error) >"$folder/npm.log" 2>&1 || {
    tail -n 5 "$folder/npm.log" >&2
    die "npm cannot install the clients (whole log: $folder/npm.log)"
  }
  cp "$here/package.json" "$folder/installed.json"
}

# One for each program: nothing that one leaves behind helps the next.
# --own-urls is for clients that follow what an answer names, and cannot be told
# that it lies elsewhere.
start_emulator()
{
  case $1 in
    google | higgsfield | openrouter | runway) urls=--own-urls ;;
    *) urls= ;;
  esac
  rm -f "$folder/ready"
  mkfifo "$folder/ready" || exit 1
  # shellcheck disable=SC2086 # an option or nothing
  "$emulator" --print-endpoints --polls 3 $urls --ready-fd 3 \
    3>"$folder/ready" >"$folder/map" 2>"$folder/emulator.log" &
  pid=$!
  read -r port <"$folder/ready" || die "$(cat "$folder/emulator.log")"
  GAMUT_ENDPOINTS=$(sed -n 1p "$folder/map")
  EMULATOR=http://127.0.0.1:$port
  export GAMUT_ENDPOINTS EMULATOR
}

stop_emulator()
{
  kill "$pid"
  wait "$pid" ||
    echo "FAIL $1: the emulator ended with $?" | tee -a "$folder/log"
  pid=
}

install_clients
for program in "$here"/*.mjs; do
  cp "$program" "$folder" || exit 1
done
if [ $# = 0 ]; then
  set -- fal openai google runway higgsfield openrouter
fi
pid=
trap '[ -z "$pid" ] || kill "$pid"' EXIT
trap 'exit 130' INT TERM
: >"$folder/log"
for name; do
  start_emulator "$name"
  { node "$folder/$name.mjs" || echo "FAIL $name: the program broke off"; } |
    tee -a "$folder/log"
  stop_emulator "$name"
done
failed=$(grep -c '^FAIL ' "$folder/log")
echo "$(grep -c '^ok ' "$folder/log") passed, $failed failed"
[ "$failed" = 0 ]
