#!/bin/sh
# The recordings of visgate's official client against plugins/visgate, without
# sockets.
exec "$top_builddir/tests/golden/run_pure" visgate \
  "$top_srcdir/tests/golden/visgate" "$top_srcdir/catalog"
