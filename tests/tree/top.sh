#!/bin/sh
# The top of the tree is a card: nothing is added to it.
set -u
cd "$top_srcdir" || exit 99
[ -e .git ] || { echo "not a checkout"; exit 77; }
command -v git >/dev/null || { echo "no git"; exit 77; }
files=$(git ls-files --cached --others --exclude-standard) ||
  { echo "git does not want to look here"; exit 77; }
others=$(printf '%s\n' "$files" | cut -d/ -f1 | sort -u |
  grep -vE '^\.' | grep -vxE 'configure\.ac|Makefile\.am|README\.md|LICENSE' |
  grep -vxE 'bootstrap|core|plugins|catalog|tests|examples')
[ -z "$others" ] && exit 0
echo "does not belong at the top: $others"
exit 1
