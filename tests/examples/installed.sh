# Functions for the tests of the examples: gamut installed into a prefix of the
# test's own, and found there by pkg-config as a reader of the examples finds
# it.  Source it; call `finish` at the end.
# shellcheck shell=sh disable=SC2034 # names are used by whoever sources it
set -u
work=$(mktemp -d) || exit 99
prefix=$work/usr
failed=0
emulator_pid=
trap 'clean_up' EXIT
trap 'exit 130' INT TERM

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
  echo "FAIL $*"
  failed=$((failed + 1))
}

# shows FILE WORDS: extended regular expression
shows()
{
  grep -qE -e "$2" "$1" && return
  fail "${1##*/} has no '$2':"
  sed 's/^/    /' "$1" | head -n 20
}

skip()
{
  echo "$*"
  exit 77
}

command -v pkg-config >/dev/null || skip "no pkg-config"
[ -n "${GAMUT_EMULATOR:-}" ] && [ -x "$GAMUT_EMULATOR" ] || skip "no emulator"
[ -f "$top_builddir/core/.libs/libgamut.so" ] || skip "no shared library here"

# What the outer make was told is not for this one.
unset MAKEFLAGS MFLAGS MAKELEVEL GAMUT_PLUGIN_PATH GAMUT_CATALOG_PATH
make -C "$top_builddir" install prefix="$prefix" >"$work/install.log" 2>&1 || {
  tail -n 20 "$work/install.log"
  echo "cannot be installed"
  exit 1
}
PKG_CONFIG='pkg-config --define-prefix'
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
PATH=$prefix/bin:$PATH
export PKG_CONFIG PKG_CONFIG_PATH LD_LIBRARY_PATH PATH
# Compiled in are the folders that configure was told; here it is another
# prefix.
GAMUT_CATALOG_PATH=$prefix/share/gamut/catalog
export GAMUT_CATALOG_PATH
# A program that loads a sanitized library has to be sanitized itself.
program_cc=$CC
case ${SANITIZERS:-no} in
  no | '') ;;
  *) program_cc="$CC -fsanitize=$SANITIZERS" ;;
esac

# start_emulator OPTION...
start_emulator()
{
  rm -f "$work/ready"
  mkfifo "$work/ready" || exit 99
  "$GAMUT_EMULATOR" --print-endpoints --ready-fd 3 --quiet "$@" \
    >"$work/endpoints.all" 2>"$work/emulator.log" 3>"$work/ready" &
  emulator_pid=$!
  read -r port <"$work/ready" || {
    cat "$work/emulator.log"
    echo "the emulator ended"
    exit 99
  }
  GAMUT_ENDPOINTS=$(head -n 1 "$work/endpoints.all")
  export GAMUT_ENDPOINTS
}

# stop_emulator: its exit code in $code
stop_emulator()
{
  kill "$emulator_pid" 2>/dev/null
  wait "$emulator_pid"
  code=$?
  emulator_pid=
}

is_png()
{
  [ -f "$1" ] && [ "$(head -c 4 "$1" | tail -c 3)" = PNG ] ||
    fail "$1 is no PNG"
}

finish()
{
  [ "$failed" -eq 0 ] || echo "$failed failed"
  [ "$failed" -eq 0 ]
  exit
}
