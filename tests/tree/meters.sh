#!/bin/sh
# Every row of the table of metrics is counted somewhere, and is in the README.
set -u
cd "$top_srcdir" || exit 99
failed=0

# row ID NAME
row()
{
  grep -rq --include='*.c' -e "GM_M_$1\\>" core || {
    echo "nothing counts $2"
    failed=1
  }
  grep -qF -e "\`$2\`" README.md || {
    echo "README.md does not tell of $2"
    failed=1
  }
}

rows=$(sed -n 's/^ *X(\([A-Z_]*\), "\(gamut_[a-z_]*\)".*/\1 \2/p' \
  core/job/meter.h)
[ "$(echo "$rows" | wc -l)" -gt 20 ] || { echo "no table"; exit 1; }
while read -r id name; do
  row "$id" "$name"
done <<LIST
$rows
LIST
exit $failed
