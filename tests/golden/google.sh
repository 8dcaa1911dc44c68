#!/bin/sh
# The recordings of Google's official client against plugins/google, both of its
# providers, without sockets.
failed=0
for provider in google google-studio; do
  "$top_builddir/tests/golden/run_pure" "$provider" \
    "$top_srcdir/tests/golden/$provider" "$top_srcdir/catalog" || failed=1
done
exit $failed
