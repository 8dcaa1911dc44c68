#!/bin/sh
# The recordings of Higgsfield's official clients against plugins/higgsfield,
# without sockets.
exec "$top_builddir/tests/golden/run_pure" higgsfield \
  "$top_srcdir/tests/golden/higgsfield" "$top_srcdir/catalog"
