#!/bin/sh
# The recordings of fal's official clients against plugins/fal, without sockets.
exec "$top_builddir/tests/golden/run_pure" fal "$top_srcdir/tests/golden/fal" \
  "$top_srcdir/catalog"
