#!/bin/sh
# What leaves: gamut_* from the library, one symbol from each plugin, and every
# function that a public header declares.
set -u
[ -n "$NM" ] || { echo "no nm"; exit 77; }
rc=0
lib=$top_builddir/core/.libs/libgamut.so
[ -f "$lib" ] || { echo "no shared library here"; exit 77; }

# Names of what a shared object defines; the linker's own marks left out.
exported()
{
  "$NM" -D --defined-only "$1" |
    awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
    grep -vxE '_init|_fini|__bss_start|_edata|_end' | sort -u
}

others=$(exported "$lib" | grep -v '^gamut_')
if [ -n "$others" ]; then
  echo "libgamut.so exports: $others"
  rc=1
fi

for so in "$top_builddir"/plugins/.libs/*.so; do
  [ -f "$so" ] || continue
  name=${so##*/}
  name=${name%.so}
  symbols=$(exported "$so")
  [ "$symbols" = "$(echo "$name" | tr - _)_LTX_gamut_plugin" ] && continue
  echo "$name.so exports: $symbols"
  rc=1
done

have=$(exported "$lib")
for name in $(awk -f "$top_srcdir/tests/tree/declared.awk" \
  "$top_srcdir"/core/include/gamut/*.h); do
  printf '%s\n' "$have" | grep -qxF "$name" && continue
  echo "$name: declared with GAMUT_API, not exported"
  rc=1
done
exit $rc
