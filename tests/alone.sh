#!/bin/sh
# Runs one test in a home of its own, without the user's keys and settings,
# and removes it afterwards.
set -u
home=$(mktemp -d "${TMPDIR:-/tmp}/gamut-test.XXXXXX") || exit 99
trap 'rm -rf "$home"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

for v in $(env | sed -n 's/^\([A-Za-z_][A-Za-z_0-9]*\)=.*/\1/p'); do
  case $v in
    GAMUT_PLUGIN_PATH | GAMUT_CATALOG_PATH | GAMUT_CLI | GAMUT_EMULATOR | \
      GAMUT_LIBEXEC_PATH) ;;
    GAMUT_* | OTEL_* | TRACEPARENT | *_API_KEY | FAL_* | HF_* | *_BASE_URL | \
      [A-Za-z]*_[Pp][Rr][Oo][Xx][Yy])
      unset "$v" ;;
  esac
done
HOME=$home
TMPDIR=$home
XDG_CONFIG_HOME=$home/.config
XDG_DATA_HOME=$home/.local/share
XDG_CACHE_HOME=$home/.cache
XDG_STATE_HOME=$home/.local/state
LC_ALL=C
TZ=UTC
export HOME TMPDIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME
export LC_ALL TZ
umask 022
"$@"
