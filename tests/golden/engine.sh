#!/bin/sh
# All recordings of all vendors through the whole library: run_engine.c.
[ -n "${GAMUT_EMULATOR:-}" ] || {
  echo "no emulator: skipped"
  exit 77
}
scratch=$(mktemp -d) failed=0
trap 'rm -rf "$scratch"' EXIT
for folder in "$top_srcdir"/tests/golden/*/; do
  folder=${folder%/}
  TMPDIR=$scratch "$top_builddir/tests/golden/run_engine" "$GAMUT_EMULATOR" \
    "${folder##*/}" "$folder" || failed=1
done
exit $failed
