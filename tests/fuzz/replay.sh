#!/bin/sh
# Runs each fuzz target over its corpus: tests/fuzz/corpus/<target>/.
set -u
rc=0
for target in $FUZZ_TARGETS; do
  if "$top_builddir/tests/fuzz/fuzz_$target" \
    "$top_srcdir/tests/fuzz/corpus/$target"/*; then
    echo "$target: ok"
  else
    echo "$target: failed"
    rc=1
  fi
done
exit $rc
