#!/bin/sh
# The recordings of OpenRouter's official client against plugins/modelgates, at
# both of its hosts, without sockets.
failed=0
for provider in modelgates openrouter; do
  "$top_builddir/tests/golden/run_pure" "$provider" \
    "$top_srcdir/tests/golden/$provider" "$top_srcdir/catalog" || failed=1
done
exit $failed
