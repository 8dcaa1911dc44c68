#!/bin/sh
# The recordings of OpenAI's official client against plugins/openai, without
# sockets.
exec "$top_builddir/tests/golden/run_pure" openai \
  "$top_srcdir/tests/golden/openai" "$top_srcdir/catalog"
