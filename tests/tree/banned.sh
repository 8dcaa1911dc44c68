#!/bin/sh
# Functions that we do not use, each with what takes its place.  A whole word
# with a parenthesis after it counts, in code, not in comments.  getenv may
# stand behind issetugid(), which is how secure_getenv is made where it is not.
set -u
cd "$top_srcdir" || exit 99
rc=0

# check WHERE WHY NAME...
check()
{
  where=$1
  why=$2
  shift 2
  names=$(printf '%s|' "$@")
  # shellcheck disable=SC2086 # a list of folders
  for f in $(find $where -name '*.[ch]' | sort); do
    hits=$(awk -f tests/tree/strip.awk "$f" |
      sed 's/issetugid() ? NULL : getenv(//' |
      grep -nE "(^|[^A-Za-z0-9_>.])(${names%|})[[:space:]]*\(")
    [ -z "$hits" ] && continue
    printf '%s\n' "$hits" | sed "s|^|$f:|"
    echo "  $why"
    rc=1
  done
}

check 'core plugins' 'unbounded: use gm_buf or snprintf' \
  sprintf vsprintf strcpy strcat strncpy strncat gets stpcpy
check 'core plugins' 'use a cursor or gm_parse_...' \
  strtok strtok_r atoi atol atoll atof strtol strtoll strtoul strtoull sscanf
check 'core plugins' 'a list, a buffer or a fixed array' alloca
check 'core plugins' 'use secure_getenv, by gm_env' getenv
check 'core plugins' 'not safe with threads' \
  localtime gmtime ctime asctime strerror_l
check 'core plugins' 'use base/random.h' rand srand random srandom drand48
check 'core plugins' 'use sigaction, in the CLI only' signal
check 'core/base core/loop core/plugin core/store core/job core/route core/api
  plugins' 'a library does not end the process' exit _exit _Exit
check 'core/base core/loop core/plugin core/store core/job core/route core/api
  plugins' 'a library does not change the process' \
  sigaction setlocale chdir umask setenv unsetenv putenv
exit $rc
