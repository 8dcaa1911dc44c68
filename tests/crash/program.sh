# Sourced by those that put a shim before the program: CRASH_SHIM, CRASH_HOW.
# shellcheck shell=sh disable=SC2034,SC2154
[ -f "$CRASH_SHIM" ] || { echo "no shim here"; exit 77; }
CRASH_SEED=${CRASH_SEED:-$(date +%Y%m%d)}
CRASH_VENDOR=$emulator_url
# The program itself, not libtool's script before it: that would be asked first.
CRASH_PROGRAM=$GAMUT
if [ -x "$top_builddir/core/cli/.libs/gamut" ]; then
  CRASH_PROGRAM=$top_builddir/core/cli/.libs/gamut
  LD_LIBRARY_PATH=$top_builddir/core/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
fi
# The sanitizers want to be the first library; behind the shim they work as well.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
export ASAN_OPTIONS CRASH_PROGRAM CRASH_SEED CRASH_SHIM CRASH_VENDOR

# bears_shim: else the test is skipped
bears_shim()
{
  case_name='shim'
  CRASH_LOG=$work/counted
  export CRASH_LOG
  LD_PRELOAD=$CRASH_SHIM "$CRASH_PROGRAM" jobs >out 2>err
  unset CRASH_LOG
  grep -q '^whole' counted && return
  echo "this build bears no shim"
  cat err
  exit 77
}
