#!/bin/sh
# Shell scripts of the tree under shellcheck, where there is one.
set -u
# top_srcdir and its like come from the harness: SC2154
cd "$top_srcdir" || exit 99
command -v shellcheck >/dev/null || { echo "no shellcheck"; exit 77; }
scripts="bootstrap $(find tests examples -name '*.sh' | sort)"
[ -f .ci/run ] && scripts="$scripts .ci/run"
# shellcheck disable=SC2086 # a list of files
shellcheck -S warning -e SC2154 $scripts
