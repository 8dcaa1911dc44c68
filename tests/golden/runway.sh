#!/bin/sh
# The recordings of Runway's official client against plugins/runway, without
# sockets.
exec "$top_builddir/tests/golden/run_pure" runway \
  "$top_srcdir/tests/golden/runway" "$top_srcdir/catalog"
